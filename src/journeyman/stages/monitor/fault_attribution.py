"""Undo: whether a known way to break a feed explains why the model has become worse.

Where a column wanders about by itself, nothing in the rows tells a changed unit, or two columns that were exchanged,
from drift. The truths do: the model answers as well as ever once the change is undone. Drift is not undone like that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.column_swap import in_place, measured, wander
from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.unit_conversions import CONVERSIONS, plausible_conversions
from journeyman.drift_detectors.windows import numbers
from journeyman.entities.finding import Severity
from journeyman.entities.operating import MonitorResult
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.stages.monitor.spans import OWN, Memory, completed, inside, joined
from journeyman.tasks import task_type

__all__ = ["MonitoredModel", "attribute_to_faults"]

FloatArray = NDArray[np.float64]
_NAME = "undo"
_FEWEST, _MOST = 30, 400  # rows with truths that a verdict rests on, the latest
_POOLED = (100, 200, 400)  # of the latest, beside as many before them, where a look alone tells too little
_COLUMNS = 8  # the most important ones: a change of one that matters little does not make the model worse
_CLOSER = 0.1  # to the reference, in the distance of the distribution functions, that undoing must bring a column
_CHANCE = 1e-4  # that truths seem better with a change undone that changes nothing, over all changes tried
_WORSE = 2.0  # standard errors above the looks before from which something is to be explained
_LEFT = 0.2  # of what the model has become worse that may stay unexplained; noise may hide more,
_EXPLAINED = 0.5  # but so much must be explained: half of a rise is what some exchange undoes of any drift


@dataclass(frozen=True)
class _Change:
    """A column in another unit, or two columns in one another's place (``way`` is -1 then)."""

    first: str
    second: str
    way: int

    def undone(self, rows: Block) -> Block:
        if self.way < 0:
            return {**rows, self.first: rows[self.second], self.second: rows[self.first]}
        return {**rows, self.first: CONVERSIONS[self.way].undone(numbers(rows[self.first]))}

    @property
    def code(self) -> str:
        return "DR003" if self.way < 0 else "DR004"

    @property
    def words(self) -> str:
        if self.way < 0:
            return f"{self.first!r} and {self.second!r} arrive in one another's place"
        return f"{self.first!r} arrives in another unit ({CONVERSIONS[self.way].words})"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.first, self.second) if self.way < 0 else (self.first,)

    def signal(self, since: int, evidence: dict[str, float]) -> Signal:
        message = _message(self, evidence)
        return Signal(
            self.code, Tier.FEED, Severity.ERROR, message, since, self.columns, detector=_NAME, evidence=evidence
        )

    def accepted(self, watched: Watched) -> bool:
        return set(self.signal(0, {}).claims) <= set(watched.accepted)


@dataclass(frozen=True)
class MonitoredModel:
    """A model whose traffic is watched.

    Attributes
    ----------
    reference : Reference
        What it was like when it was made.
    task : Task
        What it predicts.
    predict : callable
        Block to predictions, (n_samples, n_classes) or (n_samples, 1).
    """

    reference: Reference
    task: Task
    predict: Callable[[Block], FloatArray]


def attribute_to_faults(
    model: MonitoredModel,
    feeds: Collection[str],
    before: Memory,
    looked: MonitorResult,
    traffic: Traffic,
    latest: Callable[[], Traffic],
) -> MonitorResult:
    """Return what a look has seen, with a broken feed in place of what it explains.

    A verdict needs truths that are worse than those of the looks before by four standard errors, and better with the
    change undone than without it (paired, with a probability of 1e-4 by chance over all changes tried), by at least
    four fifths of what they are worse. From then on rows count as broken until truths say that the model does better
    without.

    Parameters
    ----------
    model : MonitoredModel
        The release that answered.
    feeds : collection of str
        Names of the detectors of the feed, which go on; the others forget what they saw of broken rows.
    before : mapping
        What was remembered before the look.
    looked : MonitorResult
        From ``monitor``.
    traffic : Traffic
        As ``monitor`` was shown it.
    latest : callable
        Gives the latest rows with truths, of broken spans none, by when these came; asked for where a tier above the
        feed alarms, since more rows tell more.
    """
    reference, task, answer = model.reference, model.task, model.predict
    memory, watched = looked
    own = before.get(_NAME, {"held": np.empty((0, 4)), "losses": np.empty(0)})
    held, lately = own["held"], own["losses"]
    if any(s.rung is Tier.FEED and s.alarming for s in watched.signals):
        return MonitorResult({**memory, _NAME: own}, watched)
    spans = memory[OWN]["broken"]
    told = traffic.take(traffic.told)
    change = _held(held, reference)
    if change is not None and change.accepted(watched):
        held, change = held[:0], None  # a person has said that rows are to come so
    if change is not None:
        since = held[0, 3]
        told = told.take(told.times >= since)
        if len(told.times) >= _FEWEST and not _is_still_better(reference, task, answer, change, _latest(told)):
            return MonitorResult({**memory, _NAME: {"held": held[:0], "losses": lately}}, watched)
        evidence: dict[str, float] = {}
        begin = int(since)
    else:
        told = _latest(told.take(~inside(told.times, spans)))
        found = _explained(reference, lately, task, answer, told)
        if found is None and any(s.alarming for s in watched.signals):
            found, told = _explained_by_more(reference, task, answer, latest())
        if found is None or found[0].accepted(watched):
            losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
            lately = np.concatenate([lately, losses[np.isfinite(losses)]])[-_MOST:]
            return MonitorResult({**memory, _NAME: {"held": held, "losses": lately}}, watched)
        change, evidence = found
        alarms = [s.since for s in watched.signals if s.alarming and s.rung is not Tier.FEED]
        begin = min([int(told.times.min()), *alarms])
    signal = change.signal(begin, evidence)
    spans = joined(spans, begin, traffic.end)
    names = [c.name for c in reference.columns]
    place = [names.index(change.first), names.index(change.second), change.way, begin]
    kept = {name: value for name, value in memory.items() if name in feeds}
    kept |= {OWN: {"broken": spans}, _NAME: {"held": np.array([place], dtype=np.float64), "losses": lately}}
    signals = (
        replace(signal, message=completed(signal, reference, task)),
        *(s for s in watched.signals if s.rung in (Tier.FEED, Tier.COLUMN)),
    )
    told_spans = tuple((int(a), int(b)) for a, b in spans.tolist())
    watched = replace(
        watched, signals=signals, labels=0, loss=None, reference=None, low=None, high=None, broken=told_spans
    )
    return MonitorResult(kept, watched)


def _message(change: _Change, evidence: dict[str, float]) -> str:
    if not evidence:
        return f"{change.words}; no label shows yet that this is over."
    figures = f"{evidence['loss']:.3g} as rows came, {evidence['undone']:.3g} with that undone"
    return f"{change.words}: the loss is {figures}, and it was {evidence['before']:.3g} before."


def _held(held: FloatArray, reference: Reference) -> _Change | None:
    """Return the change that counts since an earlier look; None where there is none."""
    if not len(held):
        return None
    names = [c.name for c in reference.columns]
    first, second, way, _ = held[0].tolist()
    return _Change(names[int(first)], names[int(second)], int(way))


def _latest(told: Traffic) -> Traffic:
    return told.take(np.arange(len(told.times))[-_MOST:])


def _explained(
    reference: Reference, lately: FloatArray, task: Task, answer: Callable[[Block], FloatArray], told: Traffic
) -> tuple[_Change, dict[str, float]] | None:
    """Return the change that explains why these truths are worse than those before, and the figures; None for none."""
    count = len(told.times)
    if count < _FEWEST:
        return None
    raw = task_type(task).live_losses(told.truths, told.answers, reference.scale)
    if int(np.isfinite(raw).sum()) < _FEWEST:  # classes that the model never met have no loss
        return None
    level, error = reference.level
    if len(lately) >= _FEWEST:  # a stream that has moved on is compared with where it was
        level, error = float(lately.mean()), float(lately.std() * np.sqrt(reference.dependence / len(lately)))
    spread_before = max(float(reference.losses.std()), float(lately.std()) if len(lately) >= _FEWEST else 0.0)
    noise = float(np.hypot(error, spread_before * np.sqrt(reference.dependence / count)))
    excess = float(np.nanmean(raw)) - level
    if excess <= _WORSE * noise:
        return None
    changes = list(_plausible(reference, told.rows))
    best: tuple[float, _Change] | None = None
    for change in changes:
        undone = task_type(task).live_losses(told.truths, answer(change.undone(told.rows)), reference.scale)
        spread = float(np.nanstd(raw - undone)) * float(np.sqrt(reference.dependence / count))
        gain, left = float(np.nanmean(raw - undone)), float(np.nanmean(undone)) - level
        sure = gain > stats.norm.isf(_CHANCE / len(changes)) * spread
        mostly = gain >= _EXPLAINED * excess  # whatever noise there is
        if sure and mostly and left <= max(2.0 * noise, _LEFT * excess) and (best is None or gain > best[0]):
            best = gain, change
    if best is None:
        return None
    gain, change = best
    return change, {"loss": excess + level, "undone": excess + level - gain, "before": level, "truths": count}


def _explained_by_more(
    reference: Reference, task: Task, answer: Callable[[Block], FloatArray], told: Traffic
) -> tuple[tuple[_Change, dict[str, float]] | None, Traffic]:
    """Return what explains the latest truths beside as many before, and the rows it was told by."""
    told = told.take(np.arange(len(told.times))[-2 * _MOST :])
    losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
    for count in _POOLED:
        some = told.take(np.arange(len(told.times))[-count:])
        if 2 * count <= len(told.times):
            found = _explained(reference, losses[-2 * count : -count], task, answer, some)
            if found is not None:
                return found, some
    return None, told


def _plausible(reference: Reference, rows: Block) -> Iterator[_Change]:
    """Yield the changes which, undone, bring important columns nearer to the reference."""
    every = [c.name for c in reference.columns if measured(c, reference)]
    columns = sorted((n for n in every if reference.used(n)), key=lambda n: -reference.importance.get(n, 0.0))[
        :_COLUMNS
    ]
    usual = {name: numbers(reference.rows[name]) for name in every}
    live = {name: numbers(rows[name]) for name in every}
    own = {name: distance(live[name], usual[name]) for name in every}
    for name in columns:
        if own[name] <= wander(usual[name], reference, len(live[name])):
            continue  # it has been as far away by itself
        for number in plausible_conversions(name):
            if distance(CONVERSIONS[number].undone(live[name]), usual[name]) < own[name] - _CLOSER:
                yield _Change(name, name, number)
    # An important column may have changed places with one that the model does not use.
    for place, first in enumerate(columns):
        for second in (name for name in every if name not in columns[: place + 1]):
            crossed = distance(live[first], usual[second]), distance(live[second], usual[first])
            nearer = max(crossed) < max(own[first], own[second]) - _CLOSER
            if nearer and not in_place(reference, rows, (first, second), every):
                yield _Change(first, second, -1)


def _is_still_better(
    reference: Reference, task: Task, answer: Callable[[Block], FloatArray], change: _Change, told: Traffic
) -> bool:
    """Say whether the model still does better with the change undone, on these truths."""
    raw = task_type(task).live_losses(told.truths, told.answers, reference.scale)
    undone = task_type(task).live_losses(told.truths, answer(change.undone(told.rows)), reference.scale)
    return float(np.nanmean(raw - undone)) > 0.0
