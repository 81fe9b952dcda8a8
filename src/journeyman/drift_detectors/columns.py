"""Column by column: what has changed, for diagnosis only (DR301); a changed column alone hurts nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.effects import column_effects
from journeyman.drift_detectors.windows import append, compared_columns, recall, window_rows
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic

__all__ = ["ColumnsDetector"]

FloatArray = NDArray[np.float64]
_MOST_TOLD = 5


@dataclass(frozen=True)
class ColumnsDetector:
    """Effect sizes of each column over the latest rows, beyond chance for all columns together."""

    name: str = "columns"
    rung: Tier = Tier.COLUMN

    def begin(self, reference: Reference, task: Task) -> Mapping[str, FloatArray]:
        """Return an empty window."""
        return {"since": np.zeros(len(compared_columns(reference)))}

    def look(
        self, reference: Reference, task: Task, memory: Mapping[str, FloatArray], traffic: Traffic
    ) -> tuple[Mapping[str, FloatArray], tuple[Signal, ...]]:
        """Compare the latest rows with the reference; what the model relies on most is told first."""
        fresh = traffic.take(traffic.fresh)
        columns = compared_columns(reference)
        window = append({k: v for k, v in memory.items() if k.startswith("row:")}, fresh.rows, window_rows(reference))
        effects = column_effects(reference, recall(window), columns, reference.dependence)
        changed = {e.column: e for e in effects if e.changed}
        since = np.array(
            [
                (before or float(traffic.begin)) if column.name in changed else 0.0
                for column, before in zip(columns, memory["since"].tolist(), strict=True)
            ]
        )
        began = {column.name: int(moment) for column, moment in zip(columns, since.tolist(), strict=True)}
        order = sorted(changed.values(), key=lambda e: (-e.low * reference.importance.get(e.column, 0.0), -e.low))
        signals = tuple(
            Signal(
                code="DR301",
                rung=self.rung,
                severity=Severity.NOTE,
                message=f"{effect.words}.",
                since=began[effect.column],
                columns=(effect.column,),
                detector=self.name,
                evidence={
                    "size": effect.size,
                    "beyond_chance": effect.low,
                    "importance": reference.importance.get(effect.column, 0.0),
                },
            )
            for effect in order[:_MOST_TOLD]
        )
        return {**window, "since": since}, signals
