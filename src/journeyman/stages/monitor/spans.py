"""Spans whose rows arrived broken, and how a signal is told."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound
from journeyman.entities.traffic import Reference
from journeyman.tasks import task_type

__all__ = ["OWN", "Memory", "broken_spans", "completed", "end_faults", "inside", "joined"]

FloatArray = NDArray[np.float64]
Memory = Mapping[str, Mapping[str, FloatArray]]
"""What each detector remembers, by its name; and under "monitor" which spans arrived broken."""

OWN = "monitor"
_MOST_SPANS = 500


def broken_spans(memory: Memory) -> tuple[tuple[int, int], ...]:
    """Return the spans whose rows arrived broken, in milliseconds since 1970.

    Examples
    --------
    >>> broken_spans({"monitor": {"broken": np.array([[0.0, 9.0]])}}), broken_spans({})
    (((0, 9),), ())
    """
    return tuple((int(begin), int(end)) for begin, end in memory.get(OWN, {}).get("broken", ()))


def inside(times: NDArray[np.int64], spans: FloatArray) -> NDArray[np.bool_]:
    """Return which moments lie in spans, shape (n_samples,)."""
    if not len(spans):
        return np.zeros(len(times), dtype=bool)
    place = np.searchsorted(spans[:, 0], times, side="right") - 1
    return np.asarray((place >= 0) & (times < spans[np.maximum(place, 0), 1]))


def joined(spans: FloatArray, begin: int, end: int) -> FloatArray:
    """Return broken spans with one more, joined to those that it touches.

    Examples
    --------
    >>> joined(np.array([[0.0, 10.0], [20.0, 30.0]]), 28, 40).tolist()
    [[0.0, 10.0], [20.0, 40.0]]
    """
    apart = spans[spans[:, 1] < begin]
    first = min([float(begin), *spans[spans[:, 1] >= begin, 0].tolist()])
    return np.vstack([apart, [[first, float(end)]]])[-_MOST_SPANS:]


def end_faults(memory: Memory, since: int) -> Memory:
    """Return what is to be remembered once rows count as arriving as they should since some moment.

    Examples
    --------
    >>> end_faults({"monitor": {"broken": np.array([[0.0, 9.0], [20.0, 30.0]])}}, 25)["monitor"]["broken"].tolist()
    [[0.0, 9.0], [20.0, 25.0]]
    """
    if OWN not in memory:
        return memory
    broken = memory[OWN]["broken"]
    broken = broken[broken[:, 0] < since]
    return {**memory, OWN: {"broken": np.minimum(broken, float(since))}}


def completed(signal: Signal, reference: Reference, task: Task) -> str:
    """Return the message with since when, whom it hurts and what it costs."""
    since = str(np.datetime64(signal.since, "ms").astype("datetime64[m]")).replace("T", " ")
    parts = [f"since about {since} UTC"]
    if signal.alarming and signal.rung is not Tier.FEED:
        parts.append(f"it hurts {f'rows where {signal.whom}' if signal.whom else 'all rows alike, as far as is known'}")
    if signal.cost > 0 and signal.alarming:
        unit = f" of {task.target!r}" if task_type(task).traits.bound is Bound.INTERVAL else ""
        parts.append(
            f"each prediction costs {signal.cost * reference.scale:.3g}{unit} more ({task_type(task).traits.loss_name})"
        )
    said = "; ".join(parts)
    return f"{signal.message} {said[0].upper()}{said[1:]}."
