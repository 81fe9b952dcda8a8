"""ADWIN on the losses of the truths that came: a second voter, which says when the mean changed (Bifet 2007).

Bifet and Gavalda 2007, "Learning from time-changing data with adaptive windowing": the window grows while its parts
have one mean and drops its older part when they have not. Kept as an exponential histogram of a few dozen buckets, in
arrays, so that a round of the loop can be replayed; river's is compiled and keeps its state to itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.loss import bar, in_arrival_order, shown
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.tasks import task_type

__all__ = ["Adwin", "AdwinDetector"]

FloatArray = NDArray[np.float64]
_BUCKETS = 5  # of one size, before two become one of twice the size
_EVERY = 32  # values between two checks
_LEAST, _GRACE = 5, 10  # values in each part, and in all, before it is checked
_DELTA = 0.002


@dataclass
class Adwin:
    """The window: buckets from the oldest to the latest.

    Attributes
    ----------
    sizes, totals, squares : list of float
        Of each bucket: number of values, their sum, and their squared distance from its mean.
    seen : int
        Values so far.

    Examples
    --------
    >>> window = Adwin()
    >>> [i for i, x in enumerate([0.0] * 300 + [1.0] * 300) if window.add(x)][:1], round(window.mean, 1)
    ([319], 1.0)
    """

    sizes: list[float] = field(default_factory=list)
    totals: list[float] = field(default_factory=list)
    squares: list[float] = field(default_factory=list)
    seen: int = 0

    @property
    def mean(self) -> float:
        """Mean of the window."""
        count = sum(self.sizes)
        return sum(self.totals) / count if count else 0.0

    def add(self, value: float) -> bool:
        """Take a value in; return whether the mean changed, and the older part was dropped."""
        self.sizes.append(1.0)
        self.totals.append(value)
        self.squares.append(0.0)
        self.seen += 1
        self._compress()
        changed = False
        if self.seen % _EVERY == 0:
            while self._differs():
                del self.sizes[0], self.totals[0], self.squares[0]
                changed = True
        return changed

    def _compress(self) -> None:
        """Join the two oldest buckets of each size of which there is one too many."""
        size, end = 1.0, len(self.sizes)
        while True:
            start = end
            while start > 0 and self.sizes[start - 1] == size:
                start -= 1
            if end - start <= _BUCKETS:
                return
            first, second = self.totals[start], self.totals[start + 1]
            between = (first - second) ** 2 / (2.0 * size)
            self.sizes[start : start + 2] = [2.0 * size]
            self.totals[start : start + 2] = [first + second]
            self.squares[start : start + 2] = [self.squares[start] + self.squares[start + 1] + between]
            size, end = 2.0 * size, start + 1

    def _differs(self) -> bool:
        """Say whether some older part of the window has another mean than the rest, beyond the bound of the paper."""
        sizes, totals = np.array(self.sizes), np.array(self.totals)
        count, total = float(sizes.sum()), float(totals.sum())
        if count <= _GRACE or len(sizes) < 2:
            return False
        mean = total / count
        spread = (sum(self.squares) + float((sizes * (totals / sizes - mean) ** 2).sum())) / count
        older = np.cumsum(sizes)[:-1]
        newer = count - older
        apart = np.abs(np.cumsum(totals)[:-1] / older - (total - np.cumsum(totals)[:-1]) / newer)
        harmonic = 1.0 / np.maximum(older - _LEAST + 1.0, 1.0) + 1.0 / np.maximum(newer - _LEAST + 1.0, 1.0)
        confidence = np.log(2.0 * np.log(count) / _DELTA)
        bound = np.sqrt(2.0 * harmonic * spread * confidence) + 2.0 / 3.0 * confidence * harmonic
        usable = (older >= _LEAST) & (newer >= _LEAST)
        return bool((usable & (apart > bound)).any())


@dataclass(frozen=True)
class AdwinDetector:
    """ADWIN as a second voter (DR102): it warns, and alone never alarms, for it gives no rate of false alarms."""

    name: str = "adwin"
    rung: Tier = Tier.LOSS

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return an empty window."""
        return _stored_memory(Adwin(), (0.0, 0.0), (0.0, 0.0))

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Take the truths that came in; warn while the window's mean is beyond the bar after a rise."""
        told = in_arrival_order(traffic)
        losses = task_type(task).live_losses(told.truths, told.answers, reference.scale)
        buckets = memory["buckets"]
        sizes, totals, squares = (buckets[:, k].tolist() for k in range(3))
        window = Adwin(sizes, totals, squares, int(memory["seen"][0]))
        risen, since = bool(memory["risen"][0]), float(memory["risen"][1])
        size = max(1, round(reference.dependence))
        sum_held, held = float(memory["rest"][0]), int(memory["rest"][1])
        for loss, when in zip(losses.tolist(), told.times.tolist(), strict=True):
            if loss != loss:
                continue
            held, sum_held = held + 1, sum_held + loss
            if held < size:
                continue
            before = window.mean
            if window.add(sum_held / held):
                risen, since = window.mean > before, float(when)
            held, sum_held = 0, 0.0
        kept = _stored_memory(window, (sum_held, float(held)), (float(risen), since))
        if not risen or window.mean <= bar(reference):
            return kept, ()
        mean, loss = reference.level[0], task_type(task).traits.loss_name
        message = (
            f"The {loss} of the latest {int(sum(window.sizes) * size)} labels has one mean, "
            f"{shown(window.mean, reference, task)}, after a rise; it was {shown(mean, reference, task)} "
            "when the model was released."
        )
        signal = Signal(
            code="DR102",
            rung=self.rung,
            severity=Severity.WARNING,
            message=message,
            since=int(since),
            cost=max(0.0, window.mean - mean),
            detector=self.name,
            evidence={"loss": window.mean, "reference": mean, "truths": int(sum(window.sizes) * size)},
        )
        return kept, (signal,)


def _stored_memory(window: Adwin, rest: tuple[float, float], risen: tuple[float, float]) -> dict[str, FloatArray]:
    buckets = np.array([window.sizes, window.totals, window.squares], dtype=np.float64).T.reshape(-1, 3)
    seen = np.array([float(window.seen)])
    return {"buckets": buckets, "seen": seen, "rest": np.array(rest), "risen": np.array(risen)}
