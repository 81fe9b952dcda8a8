"""Unfamiliar rows: without labels, whether more rows than before are unlike those that the model learned from (DR204).

What a model without a target calls odd, or in none of its groups, it calls so of a known share of ordinary rows. A look
counts as one value, the share of its rows, however many they are: rows of one disturbance come together, and would
count as many otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.e_detector import advance, bettors, evidence
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.interfaces import TellsUnfamiliarRows
from journeyman.tasks import task_type

__all__ = ["CODE", "UnfamiliarRowsDetector", "usual_share"]

FloatArray = NDArray[np.float64]
CODE = "DR204"
_LEAST_ROWS = 30  # of a look; fewer wait for the next ones
_LEAST_CHANGED = 200  # rows since it began: fewer are an incident, and too few to learn from
_LOOKS = 1_000  # latest ones, whose rows are counted
_TIMES, _ERRORS, _LEAST_BAR, _MOST_BAR = 2.0, 3.0, 0.02, 0.9


@dataclass(frozen=True)
class UnfamiliarRowsDetector:
    """Shares of rows that are unlike the learned ones, against twice the share that is usual."""

    name: str = "unfamiliar"
    rung: Tier = Tier.ESTIMATE

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return bettors who have seen nothing, and no rows that wait."""
        return {**bettors(), "waiting": np.zeros(3), "looks": np.zeros((0, 2))}

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Bet against the rows' share of unfamiliar ones; other kinds of task are passed over."""
        kind = task_type(task)
        if not isinstance(kind, TellsUnfamiliarRows):
            return memory, ()
        answers = traffic.take(traffic.fresh).answers
        answers = answers[np.isfinite(answers).all(axis=1)]
        unlike = float(kind.unfamiliar(answers, task).sum()) if len(answers) else 0.0
        rows, odd, began = memory["waiting"]
        began = began if rows else float(traffic.begin)
        rows, odd, usual = rows + len(answers), odd + unlike, usual_share(kind, reference, task)
        if rows < _LEAST_ROWS:
            kept: Mapping[str, FloatArray] = {**memory, "waiting": np.array([rows, odd, began])}
        else:
            bar = float(np.clip(_TIMES * usual, _LEAST_BAR, _MOST_BAR))
            looks = np.vstack([memory["looks"], [began, rows]])[-_LOOKS:]
            kept = {**advance(memory, np.array([odd / rows]), bar, began), "looks": looks, "waiting": np.zeros(3)}
        told = evidence(kept)
        count = float(kept["looks"][kept["looks"][:, 0] >= told.since, 1].sum())
        if not told.alarm or count < _LEAST_CHANGED:
            return kept, ()
        signal = Signal(
            CODE,
            self.rung,
            Severity.ERROR,
            f"{told.mean:.0%} of {count:,.0f} rows are unlike those that the model learned from; usual is {usual:.1%}.",
            int(told.since),
            detector=self.name,
            evidence={"share": told.mean, "usual": usual, "rows": count},
        )
        return kept, (signal,)


def usual_share(kind: TellsUnfamiliarRows, reference: Reference, task: Task) -> float:
    """Return the share of rows that are unlike the learned ones while nothing has changed, rather more than less.

    What the task allows for or what the reference shows, whichever is more, and what chance adds to that.
    """
    count = max(1, len(reference.answers))
    shown = float(kind.unfamiliar(reference.answers, task).mean()) if len(reference.answers) else 0.0
    share = max(kind.unfamiliar_share(task), shown)
    return share + _ERRORS * float(np.sqrt(share * (1.0 - share) / count)) / _TIMES
