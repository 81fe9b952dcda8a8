"""Rows without truths: whether they have moved from the reference, and what that is expected to cost.

One classifier tells live rows from the reference's. It learns from the rows before a look and is asked about the rows
of the look, so that its answers can be bet on: a two-sample test that may be looked at for ever (Podkopaev and Ramdas
2023, arXiv:2305.00143; Pandeva et al. 2022, arXiv:2210.13027). The same answers are density ratios, and the
reference's losses weighted by them estimate the loss on live rows, the part that the model's answers tell of
themselves being taken from the live answers (doubly robust). Moved rows alone alarm nobody: the estimated loss has to
rise beyond its own doubt. Truths that land on such rows correct the estimate. What no row shows, a relation that has
changed, it cannot see; that takes truths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.affected_segments import growing_segment
from journeyman.drift_detectors.e_detector import LOOKS, advance, bettors, evidence
from journeyman.drift_detectors.effects import column_effects, responsible
from journeyman.drift_detectors.loss import bar, shown
from journeyman.drift_detectors.windows import append, compared_columns, numbers, recall, weightiest, window_rows
from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.tasks import task_type

__all__ = ["RowsDetector"]

FloatArray = NDArray[np.float64]
_PIECE, _MOST_PIECES = 400, 4  # rows of one look, and looks of one span
_LEAST_WINDOW = 100
_MOST_REFERENCE = 2_000
_ROUNDS = 30
_LEAST_RUNS = 20
_ALIKE = 0.02  # how much surer the classifier has to be of live rows, of 1
_SURE = 3.5  # standard errors that an estimated rise must be beyond
_TRUTHS = 30.0  # that the estimate's word counts for beside truths on such rows
_FADE = 0.9
_UNLIKE = 0.3
_BETS = ("wealth", "lead", "since", "total", "count")
_TREES = {
    "objective": "binary",
    "num_leaves": 8,
    "learning_rate": 0.15,
    "min_data_in_leaf": 20,
    "lambda_l2": 5.0,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "feature_pre_filter": False,
    "verbosity": -1,
    "seed": 0,
}


@dataclass(frozen=True)
class _Judged:
    """What the classifiers say: of some of the reference's rows, out of fold, and of live rows."""

    before: FloatArray
    live: FloatArray
    taken: NDArray[np.int64]


@dataclass(frozen=True)
class _Estimate:
    """The loss on live rows, estimated: by how much it differs from the reference's, and the standard error of that."""

    rise: float
    error: float


@dataclass(frozen=True)
class RowsDetector:
    """A domain classifier: moved rows, and the loss they are expected to cost (DR201, DR202, DR203)."""

    name: str = "rows"
    rung: Tier = Tier.ESTIMATE

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return bettors who have seen nothing, and an empty window."""
        return {
            **bettors(),
            "window:said": np.empty(0),
            "told": np.zeros(2),
            "unlike": np.zeros(2),
            "harmful": np.zeros(1),
            "estimate": np.full(3, np.nan),
        }

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Bet on the rows of the span, some at a time, and estimate their loss."""
        fresh = traffic.take(traffic.fresh)
        used = [c for c in compared_columns(reference) if reference.used(c.name) and c.kind is not Kind.DATETIME]
        columns = weightiest(used, reference)
        if not columns or not len(reference.losses):
            return memory, ()
        kept = dict(memory)
        pieces = [np.arange(i, min(i + _PIECE, len(fresh.ids))) for i in range(0, len(fresh.ids), _PIECE)]
        estimate: _Estimate | None = None
        for piece in pieces[-_MOST_PIECES:]:
            kept, estimate = _piece(reference, task, columns, kept, fresh.take(piece))
        if estimate is None:
            return kept, ()
        moved = evidence({name: kept[name] for name in _BETS})
        kept["told"] = _shift_signal(reference, task, kept, traffic, estimate, moved.since if moved.alarm else None)
        ratio = _ratio(reference, kept["told"])
        mean = reference.level[0]
        value = float(np.clip((mean + estimate.rise) * ratio, 0.0, 1.0))
        error = estimate.error * ratio
        kept["estimate"] = np.clip([value, value - 1.96 * error, value + 1.96 * error], 0.0, 1.0)
        harmful = moved.alarm and value - mean - _SURE * error > bar(reference) - mean
        kept["harmful"] = np.array([kept["harmful"][0] + 1.0 if harmful else 0.0])
        if not moved.alarm:
            return kept, ()
        return kept, (_signal(self.name, reference, task, columns, kept),)


def _piece(
    reference: Reference, task: Task, columns: Sequence[Column], memory: Mapping[str, FloatArray], rows: Traffic
) -> tuple[dict[str, FloatArray], _Estimate | None]:
    """Bet on some rows with what the rows before them taught, then let them into the window."""
    kept = dict(memory)
    most = window_rows(reference)
    window = recall(memory)
    said = task_type(task).uncertainty(rows.answers)
    estimate = None
    if len(memory["window:said"]) >= _LEAST_WINDOW and len(rows.ids):
        judged = _judge(reference, columns, window, rows.rows)
        usual = judged.before
        error = float(usual.std()) * float(np.sqrt(reference.dependence / len(usual)))
        height = float(np.clip(usual.mean() + 3.0 * error + _ALIKE, 1e-6, 1.0 - 1e-6))
        values = judged.live
        group = max(1, round(reference.dependence))
        if group > 1:  # neighbours are alike: their mean counts once
            values = np.array([part.mean() for part in np.array_split(values, max(1, len(values) // group))])
        moved = advance({name: memory[name] for name in _BETS}, values, height, float(rows.times.min()))
        kept.update(moved)
        far = float((judged.live > max(0.75, float(np.quantile(usual, 0.995)))).sum())
        kept["unlike"] = memory["unlike"] * _FADE + np.array([far, len(judged.live)])
        everyone = np.concatenate([memory["window:said"], said])
        estimate = _estimate(reference, task, judged, everyone[-most:])
    kept.update(append({k: v for k, v in memory.items() if k.startswith("row:")}, rows.rows, most))
    kept["window:said"] = np.concatenate([memory["window:said"], said])[-most:]
    return kept, estimate


def _judge(reference: Reference, columns: Sequence[Column], window: Block, rows: Block) -> _Judged:
    """Ask two classifiers: each learned from every second run of the reference's rows and is asked about the rest."""
    whole = len(reference.losses)
    taken = np.linspace(0, whole - 1, min(whole, _MOST_REFERENCE)).astype(np.int64)
    before, past, live = (
        np.column_stack([numbers(block[c.name]) for c in columns])
        for block in ({n: reference.rows[n][taken] for n in reference.rows}, window, rows)
    )
    categorical = [k for k, c in enumerate(columns) if c.kind.categorical]
    for table in (before, past, live):  # LightGBM takes a code of -1 for missing, with a warning
        for k in categorical:
            table[:, k] = np.where(table[:, k] < 0, np.nan, table[:, k])
    run = max(1, min(reference.run, whole // _LEAST_RUNS))  # all rows may have followed one another: then parts do
    half = (taken // run) % 2 == 0
    own, others = np.zeros(len(before)), np.zeros(len(live))
    recent = np.arange(len(past)) % 2 == 0
    for learn, some in ((half, recent), (~half, ~recent)):
        n_before, n_live = int(learn.sum()), int(some.sum())
        x = np.vstack([before[learn], past[some]])
        y = np.concatenate([np.zeros(n_before), np.ones(n_live)])
        weight = np.concatenate([np.full(n_before, (n_before + n_live) / (2 * n_before)), np.ones(n_live)])
        weight[n_before:] = (n_before + n_live) / (2 * n_live)
        data = lightgbm.Dataset(x, y, weight=weight, categorical_feature=categorical, params=_TREES)
        booster = lightgbm.train(dict(_TREES), data, num_boost_round=_ROUNDS)
        own[~learn] = np.asarray(booster.predict(before[~learn], num_threads=1))
        others += np.asarray(booster.predict(live, num_threads=1)) / 2.0
    return _Judged(own, others, taken)


def _estimate(reference: Reference, task: Task, judged: _Judged, said: FloatArray) -> _Estimate:
    """Return the doubly robust estimate of the rise of the mean loss, from the live answers and the density ratios."""
    losses = reference.losses[judged.taken]
    own = task_type(task).uncertainty(reference.answers[judged.taken])
    edges = np.unique(np.quantile(own, np.linspace(0, 1, 11)[1:-1]))
    place = np.searchsorted(edges, own, side="right")
    count = np.bincount(place, minlength=len(edges) + 1)
    means = np.bincount(place, losses, minlength=len(edges) + 1) / np.maximum(count, 1)
    means = np.where(count > 0, means, losses.mean())
    expected, live = means[place], means[np.searchsorted(edges, said, side="right")]
    ratios = judged.before / np.clip(1.0 - judged.before, 0.05, 1.0)
    ratios = ratios / ratios.sum()
    missed = losses - expected
    rise = float(live.mean() - expected.mean() + (ratios * missed).sum() - missed.mean())
    parts = ratios * (missed - float((ratios * missed).sum())) - (losses - losses.mean()) / len(losses)
    variance = float((parts**2).sum()) + float(live.var()) / len(live)
    return _Estimate(rise, float(np.sqrt(variance * reference.dependence)))


def _shift_signal(
    reference: Reference,
    task: Task,
    memory: Mapping[str, FloatArray],
    traffic: Traffic,
    estimate: _Estimate,
    since: float | None,
) -> FloatArray:
    """Return the sum of measured losses on rows since they moved, and of estimated ones, older ones fading."""
    if since is None:
        return np.zeros(2)
    told = traffic.take(traffic.told & (traffic.times >= since))
    losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
    losses = losses[np.isfinite(losses)]
    expected = max(0.0, reference.level[0] + estimate.rise) * len(losses)
    return np.asarray(memory["told"] * _FADE + np.array([float(losses.sum()), expected]))


def _ratio(reference: Reference, told: FloatArray) -> float:
    """Return measured over estimated loss so far, near 1 while few truths have come."""
    prior = _TRUTHS * max(reference.level[0], 1e-9)
    return float((told[0] + prior) / (told[1] + prior))


def _signal(
    name: str, reference: Reference, task: Task, columns: Sequence[Column], memory: Mapping[str, FloatArray]
) -> Signal:
    """Say whether moved rows are expected to hurt, are beyond what can be judged, or do no harm."""
    moved = evidence({n: memory[n] for n in _BETS})
    rows = recall(memory)
    effects = column_effects(reference, rows, columns, reference.dependence)
    named = responsible(effects, reference.importance)
    mean = reference.level[0]
    value, low, high = memory["estimate"].tolist()
    said = "; ".join(e.words for e in effects if e.column in named[:3]) or "no single column stands out"
    figures = [shown(v, reference, task) for v in (value, low, high, mean)]
    between = f"{figures[0]} (95% interval {figures[1]} to {figures[2]}), {figures[3]} when the model was released"
    unlike = float(memory["unlike"][0] / max(1.0, memory["unlike"][1]))
    hurt = None
    loss = task_type(task).traits.loss_name
    if memory["harmful"][0] >= 2:
        code, severity = "DR201", Severity.ERROR
        message = f"Rows have moved to where the model errs more: estimated {loss} {between}; {said}."
        hurt = growing_segment(reference, rows, [c for c in columns if c.name in named])
        if hurt is not None:
            message += f" There are more rows where {hurt.words}, a hard place: {shown(hurt.loss, reference, task)}."
    elif unlike > _UNLIKE:
        code, severity = "DR202", Severity.WARNING
        message = (
            f"{unlike:.0%} of the rows are unlike nearly all that the model was judged on; {said}. "
            "What that costs cannot be told without labels."
        )
    else:
        code, severity = "DR203", Severity.NOTE
        message = f"Rows have moved, and no harm is expected of it: estimated {loss} {between}; {said}."
    return Signal(
        code=code,
        rung=Tier.ESTIMATE,
        severity=severity,
        message=message,
        since=int(moved.since),
        columns=named,
        whom=hurt.words if hurt else "",
        cost=max(0.0, value - mean) if code == "DR201" else 0.0,
        detector=name,
        evidence={
            "estimate": value,
            "low": low,
            "high": high,
            "reference": mean,
            "log_e_value": moved.log_value,
            "unlike": unlike,
            "looks_a_false_alarm": LOOKS,
        },
    )
