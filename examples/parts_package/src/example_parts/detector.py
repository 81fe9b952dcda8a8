"""A detector of drift: far fewer rows than in the span before (EX101)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic

__all__ = ["RowCountDetector"]

_FEW = 0.1


@dataclass(frozen=True)
class RowCountDetector:
    """Notes a span with less than a tenth of the rows of the one before; that alone alarms nobody."""

    name: str = "late_rows"
    rung: Tier = Tier.COLUMN

    def begin(self, reference: Reference, task: Task) -> Mapping[str, np.ndarray]:
        """Remember that nothing was counted yet."""
        return {"rows": np.zeros(1)}

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, np.ndarray], traffic: Traffic
    ) -> tuple[Mapping[str, np.ndarray], tuple[Signal, ...]]:
        """Compare the number of rows with that of the span before."""
        count, before = len(traffic.truths), float(memory["rows"][0])
        told: tuple[Signal, ...] = ()
        if count < _FEW * before:
            message = f"{count} rows came, after {before:.0f} in the span before."
            told = (Signal("EX101", self.rung, Severity.NOTE, message, traffic.begin, detector=self.name),)
        return {"rows": np.array([float(count)])}, told
