"""Monitor: one look at the traffic of a served model, tier by tier; tiers above the feed do not see faulty rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.windows import numbers
from journeyman.entities.finding import Severity
from journeyman.entities.operating import MonitorResult
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.interfaces import DriftDetector
from journeyman.stages.monitor.estimates import judge_estimate
from journeyman.stages.monitor.fault_attribution import MonitoredModel, attribute_to_faults
from journeyman.stages.monitor.lasting import LOST, follow_faults, follow_returns, lost_columns, settle_faults
from journeyman.stages.monitor.spans import OWN, Memory, broken_spans, completed, end_faults, inside, joined
from journeyman.tasks import task_type

__all__ = [
    "LOST",
    "Memory",
    "MonitoredModel",
    "attribute_to_faults",
    "broken_spans",
    "end_faults",
    "follow_faults",
    "follow_returns",
    "lost_columns",
    "monitor",
    "reset_memory",
    "settle_faults",
]

FloatArray = NDArray[np.float64]
_TIERS = tuple(Tier)
_GONE = "DR001"


def monitor(
    reference: Reference,
    task: Task,
    detectors: Sequence[DriftDetector],
    memory: Memory,
    traffic: Traffic,
    accepted: Collection[str] = (),
) -> MonitorResult:
    """Look at a span of traffic.

    Depends on its arguments only, so that a round can be replayed bit for bit. Where the feed is broken, the other
    detectors neither see the rows of the span now nor their truths later, and remember what they remembered.

    Parameters
    ----------
    reference : Reference
        Of the release that answered; rows that another one answered should be left out by whoever reads the log.
    detectors : sequence of DriftDetector
        In any order; they run in that of their tiers.
    memory : mapping of str to mapping of str to ndarray
        What this function returned for the span before; empty for the first.
    traffic : Traffic
        Rows of the span, and earlier rows whose truth came in it.
    accepted : collection of str
        Claims of the feed tier that a person has said to be right, or that have lasted: they are told, and alarm
        nobody.

    Returns
    -------
    MonitorResult
        What is to be handed on, and what was seen, the gravest first.
    """
    order = sorted(detectors, key=lambda d: (_TIERS.index(d.rung), d.name))
    broken = memory.get(OWN, {}).get("broken", np.empty((0, 2)))
    kept: dict[str, Mapping[str, FloatArray]] = {d.name: memory.get(d.name) or d.begin(reference, task) for d in order}
    sound = traffic.take(~inside(traffic.times, broken))
    signals: list[Signal] = []
    for detector in order:
        if detector.rung is not Tier.FEED and any(s.rung is Tier.FEED and s.alarming for s in signals):
            continue
        seen = traffic if detector.rung is Tier.FEED else sound
        kept[detector.name], found = detector.look(reference, task, kept[detector.name], seen)
        signals += [_accept_signal(s) if s.rung is Tier.FEED and set(s.claims) <= set(accepted) else s for s in found]
    began = [_broken_from(s, traffic) for s in signals if s.rung is Tier.FEED and s.alarming]
    if began:
        broken = joined(broken, min(began), traffic.end)
        sound = sound.take(~inside(sound.times, broken))
    kept[OWN] = {"broken": broken}
    told = tuple(replace(s, message=completed(s, reference, task)) for s in sorted(signals, key=_gravity))
    watched = judge_estimate(_summarise(reference, task, kept, traffic, sound, told), _is_refuted(memory))
    kept[OWN] = {"broken": broken, "refuted": np.array([float(watched.refuted)])}
    return MonitorResult(kept, replace(watched, accepted=tuple(sorted(accepted))))


def reset_memory(memory: Memory) -> Memory:
    """Return what is still to be remembered once another release answers: which spans arrived broken, for good.

    Examples
    --------
    >>> sorted(reset_memory({"monitor": {"broken": np.array([[0.0, 9.0]])}, "loss": {}}))
    ['monitor']
    """
    return {OWN: {"broken": memory[OWN]["broken"]}} if OWN in memory else {}


def _broken_from(signal: Signal, traffic: Traffic) -> int:
    """Return the moment from which on rows are kept out for a signal of the feed: the whole look, as a rule.

    Where values are gone since some moment within the look, that is the earliest row from which on half of them are:
    about as many rows as were lost are kept out beside them, as they may have begun to go before it was seen.
    """
    if signal.code != _GONE or signal.since <= traffic.begin or not signal.columns:
        return min(signal.since, traffic.begin)
    fresh = traffic.take(traffic.fresh)
    order = np.argsort(fresh.times, kind="stable")[::-1]
    count, begins = np.arange(1, len(order) + 1), []
    for name in signal.columns:
        values = numbers(fresh.rows[name])[order]
        gone = values < 0 if fresh.rows[name].dtype == np.int32 else np.isnan(values)
        half = order[np.cumsum(gone) * 2 >= count]
        begins.append(int(fresh.times[half[-1]]) if len(half) else traffic.begin)
    return min(signal.since, *begins)


def _accept_signal(signal: Signal) -> Signal:
    if not signal.alarming:
        return signal
    what = signal.message.partition(": ")[2] or signal.message
    return replace(signal, severity=Severity.WARNING, message=f"It counts as the normal state of the feed: {what}")


def _is_refuted(memory: Memory) -> bool:
    return bool(memory.get(OWN, {}).get("refuted", np.zeros(1))[0])


def _gravity(signal: Signal) -> tuple[int, int, float, str]:
    return signal.severity.rank, _TIERS.index(signal.rung), -signal.cost, signal.code


def _estimate(memory: Memory) -> tuple[float | None, float | None, float | None]:
    for name in sorted(memory):
        estimate = memory[name].get("estimate")
        if estimate is not None and np.isfinite(estimate).all():
            return float(estimate[0]), float(estimate[1]), float(estimate[2])
    return None, None, None


def _summarise(
    reference: Reference, task: Task, memory: Memory, traffic: Traffic, sound: Traffic, signals: tuple[Signal, ...]
) -> Watched:
    told = sound.take(sound.told)
    losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
    losses = losses[np.isfinite(losses)]
    value, least, most = _estimate(memory)
    spans = broken_spans(memory)
    rows = int(traffic.fresh.sum())
    if not len(losses):
        return Watched(signals, rows, 0, None, None, None, None, value, least, most, spans)
    mean = float(losses.mean())
    # few losses may be alike by chance: the reference's spread stands in
    spread = max(float(losses.std()), float(reference.losses.std()) if len(losses) < 30 else 0.0)
    reach = 1.96 * spread * float(np.sqrt(reference.dependence / len(losses)))
    low, high = max(0.0, mean - reach), min(1.0, mean + reach)
    return Watched(signals, rows, len(losses), mean, reference.level[0], low, high, value, least, most, spans)
