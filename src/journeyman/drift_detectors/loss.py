"""The loss on the truths that came: an alarm that stays valid however often it is looked at.

The bar is the reference's mean loss, plus what is tolerated, plus the doubt about that mean itself, for it is estimated
too. Values are means of as many truths as count for one where neighbours err alike (a rainy week is one event, not a
thousand). Where labels come rather for hard answers than for easy ones, the bar rises by what that alone adds, so that
partial labels do not look like harm. Late labels count when they come: who has come before whom does not matter to a
bet that was settled before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.affected_segments import affected_segment
from journeyman.drift_detectors.e_detector import LOOKS, Evidence, advance, bettors, evidence
from journeyman.drift_detectors.effects import column_effects, distance, responsible, variation
from journeyman.drift_detectors.windows import append, compared_columns, recall, window_rows
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.tasks import task_type

__all__ = ["LossDetector", "bar", "in_arrival_order", "shown"]

FloatArray = NDArray[np.float64]
_TOLERATED = 0.05  # of the reference's loss: so little more is not worth an alarm
_ERRORS = 2.0  # standard errors of the reference's mean
_STRATA = 10
_FADE = 0.99  # of what is remembered of how labels are chosen, at each look


def bar(reference: Reference) -> float:
    """Return the mean loss that the reference and its doubt still explain, above 0 and below 1.

    Examples
    --------
    >>> calm = Reference({}, np.empty((0, 1)), np.empty(0), np.empty(0), mean=0.2, error=0.01)
    >>> round(bar(calm), 3)
    0.23
    """
    mean, error = reference.level
    return float(np.clip(mean * (1.0 + _TOLERATED) + _ERRORS * error, 1e-6, 1.0 - 1e-6))


def in_arrival_order(traffic: Traffic) -> Traffic:
    """Return the rows whose truth came in the span, in the order in which the truths came."""
    told = traffic.take(traffic.told)
    return told.take(np.lexsort((told.ids, told.labelled)))


def shown(loss: float, reference: Reference, task: Task) -> str:
    """Return a mean loss in the unit that people know: a Brier score, or an error in the target's unit.

    Examples
    --------
    >>> errors = Reference({}, np.empty((0, 1)), np.empty(0), np.empty(0), scale=200.0)
    >>> shown(0.1234, errors, Task("y", "regression", "mae"))
    '24.7'
    """
    return f"{loss * reference.scale:.3g}"


@dataclass(frozen=True)
class LossDetector:
    """An e-detector on the loss of the truths that came (DR101)."""

    name: str = "loss"
    rung: Tier = Tier.LOSS

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return bettors who have seen nothing, and an empty window."""
        return {
            **bettors(),
            "rest": np.zeros(2),
            "asked": np.zeros(_STRATA),
            "labelled": np.zeros(_STRATA),
            "window:loss": np.empty(0),
            "window:truth": np.empty(0),
        }

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Bet on the truths that came; see the module."""
        told = in_arrival_order(traffic)
        losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
        usable = np.isfinite(losses)
        told, losses = told.take(usable), losses[usable]
        height = min(bar(reference) + _chosen(reference, task, memory), 1.0 - 1e-6)
        values, rest = _grouped(memory["rest"], losses, max(1, round(reference.dependence)))
        moment = float(np.quantile(told.times, 0.05, method="lower")) if len(losses) else 0.0
        names = ("wealth", "lead", "since", "total", "count")
        moved = advance({n: memory[n] for n in names}, values, height, moment)
        most = window_rows(reference)
        kept: dict[str, FloatArray] = {
            **moved,
            **append(memory, told.rows, most),
            "rest": rest,
            "asked": memory["asked"] * _FADE + _counts(reference, task, traffic.answers[traffic.fresh]),
            "labelled": memory["labelled"] * _FADE + _counts(reference, task, told.answers),
            "window:loss": np.concatenate([memory["window:loss"], losses])[-most:],
            "window:truth": np.concatenate([memory["window:truth"], told.truths])[-most:],
        }
        known = evidence(moved)
        signals = (_signal(self.name, reference, task, kept, known),) if known.alarm else ()
        return kept, signals


def _counts(reference: Reference, task: Task, answers: FloatArray) -> FloatArray:
    """Return how many answers fall into each stratum of the reference's answers."""
    if not len(answers):
        return np.zeros(_STRATA)
    return np.bincount(_strata(reference, task, answers), minlength=_STRATA).astype(np.float64)


def _strata(reference: Reference, task: Task, answers: FloatArray) -> NDArray[np.int64]:
    def said(of: FloatArray) -> FloatArray:
        return of[:, 1] if len(task.labels) == 2 else task_type(task).uncertainty(of)

    edges = np.quantile(said(reference.answers), np.linspace(0, 1, _STRATA + 1)[1:-1])
    return np.searchsorted(edges, said(answers), side="right").astype(np.int64)


def _chosen(reference: Reference, task: Task, memory: Mapping[str, FloatArray]) -> float:
    """Return by how much the loss of labelled rows exceeds that of all rows because of which rows are labelled.

    Told from the looks before this one, so that the bar is set before the values are seen.
    """
    asked, labelled = memory["asked"], memory["labelled"]
    if min(asked.sum(), labelled.sum()) < 10 * _STRATA or not len(reference.losses):
        return 0.0
    place = _strata(reference, task, reference.answers)
    inside = np.bincount(place, minlength=_STRATA)
    overall = float(reference.losses.mean())
    means = np.bincount(place, reference.losses, minlength=_STRATA) / np.maximum(inside, 1)
    usual = np.where(inside > 0, means, overall)
    return max(0.0, float(((labelled / labelled.sum() - asked / asked.sum()) * usual).sum()))


def _grouped(rest: FloatArray, losses: FloatArray, size: int) -> tuple[FloatArray, FloatArray]:
    """Return means of so many losses one after the other, and the sum and number of those that wait for more.

    Examples
    --------
    >>> _grouped(np.array([1.0, 1.0]), np.array([0.0, 0.5]), 2)
    (array([0.5]), array([0.5, 1. ]))
    """
    if size == 1:
        return losses, np.zeros(2)
    waiting, total = int(rest[1]), float(rest[0])
    if waiting + len(losses) < size:
        return np.empty(0), np.array([total + float(losses.sum()), waiting + len(losses)], dtype=np.float64)
    first = size - waiting
    whole = first + (len(losses) - first) // size * size
    means = np.concatenate(
        [[(total + losses[:first].sum()) / size], losses[first:whole].reshape(-1, size).mean(axis=1)]
    )
    left = losses[whole:]
    return means, np.array([float(left.sum()), len(left)], dtype=np.float64)


def _signal(name: str, reference: Reference, task: Task, memory: Mapping[str, FloatArray], known: Evidence) -> Signal:
    """Say what has become worse, in whom, and what has changed there."""
    count = int(known.count * max(1, round(reference.dependence)))
    recent = slice(-max(1, min(count, len(memory["window:loss"]))), None)
    losses, truths = memory["window:loss"][recent], memory["window:truth"][recent]
    rows = {column: values[recent] for column, values in recall(memory).items()}
    columns = compared_columns(reference)
    effects = column_effects(reference, rows, columns, reference.dependence)
    moved = responsible(effects, reference.importance)
    hurt = affected_segment(reference, rows, losses, columns)
    target = _target_moved(reference, task, truths)
    mean = reference.level[0]
    named = ((task.target,) if target else ()) + ((hurt.column,) if hurt else ()) + moved
    loss = task_type(task).traits.loss_name
    message = (
        f"The {loss} is {shown(known.mean, reference, task)} over the latest {count} labels, "
        f"{shown(mean, reference, task)} when the model was released."
    )
    if hurt is not None:
        inside, usual = (shown(value, reference, task) for value in (hurt.loss, hurt.before))
        message += f" It is worst where {hurt.words}: {inside} in {hurt.rows} rows, {usual} before."
    said = [*([target] if target else []), *(e.words for e in effects if e.column in moved[:2])]
    if said:
        message += f" What else has changed: {'; '.join(said)}."
    return Signal(
        code="DR101",
        rung=Tier.LOSS,
        severity=Severity.ERROR,
        message=message,
        since=int(known.since),
        columns=tuple(dict.fromkeys(named)),
        whom=hurt.words if hurt else "",
        cost=max(0.0, known.mean - mean),
        detector=name,
        evidence={
            "loss": known.mean,
            "reference": mean,
            "bar": bar(reference),
            "truths": count,
            "log_e_value": known.log_value,
            "looks_a_false_alarm": LOOKS,
        },
    )


def _target_moved(reference: Reference, task: Task, truths: FloatArray) -> str:
    """Return how the truths themselves have moved, in words; empty where that is not beyond chance."""
    before = reference.truths
    if len(truths) < 20 or not len(before):
        return ""
    reach = float(np.sqrt(np.log(2.0 / 1e-3) / 2.0))
    chance = reach * float(np.sqrt(reference.dependence / len(truths) + 1.0 / len(before)))
    if not task.labels:
        if distance(truths, before) - chance <= 0.05:
            return ""
        return f"the median of {task.target!r} is {np.median(truths):.4g}, {np.median(before):.4g} before"
    size, usual = variation(truths, before)
    if size - usual - chance <= 0.05:
        return ""
    codes = range(len(task.labels))
    code = max(codes, key=lambda k: abs(float((truths == k).mean()) - float((before == k).mean())))
    return (
        f"{task.target!r} is {task.labels[code]} in {(truths == code).mean():.0%} of the labels, "
        f"{(before == code).mean():.0%} before"
    )
