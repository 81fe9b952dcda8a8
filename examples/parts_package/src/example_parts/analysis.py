"""An analysis: whether rows with an extreme value of a column have another target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import Discovery, Evidence
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, product_test
from journeyman.stages.explore.wording import difference

__all__ = ["ExtremeRows", "ExtremeValues"]

_BEYOND = 4.0  # robust standard deviations


@dataclass(frozen=True)
class ExtremeRows:
    """Rows beyond two ends of a column have another target; the ends are those of the exploring rows."""

    column: str
    low: float
    high: float
    direction: float = 1.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column that the statement is about."""
        return (self.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test whether being beyond goes with the target."""
        return product_test(rows, self.direction * self._beyond(rows), rows.outputs[0].values)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say by how much the mean of the target differs."""
        beyond, output = self._beyond(rows) > 0, rows.outputs[0]
        effect = contrast(rows, output.values, [(beyond, 1.0), (~beyond, -1.0)], output.unit)
        said = difference(effect, output.share)
        sentence = f"Where '{self.column}' is extreme, mean '{rows.target}' differs by {said}."
        p, weight = evidence.p_value, abs(effect.value)
        return Discovery("extreme_values", self.columns, sentence, effect, p, int(beyond.sum()), weight)

    def _beyond(self, rows: AnalysedRows) -> np.ndarray:
        values = rows.values[self.column]
        return np.asarray((values < self.low) | (values > self.high), dtype=np.float64)


@dataclass(frozen=True)
class ExtremeValues:
    """Each column of numbers that has values far from its middle."""

    name: str = "extreme_values"
    title: str = "Extreme values"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return a hypothesis a column whose extreme rows seem to differ."""
        found = []
        for column in rows.columns if rows.outputs else ():
            known = rows.values[column.name][np.isfinite(rows.values[column.name])]
            if column.kind.categorical or not len(known):
                continue
            middle = float(np.median(known))
            reach = _BEYOND * 1.4826 * float(np.median(np.abs(known - middle)))
            plain = ExtremeRows(column.name, middle - reach, middle + reach)
            evidence = plain.test(rows)
            if evidence is not None and evidence.p_value < 0.05:
                direction = float(np.sign(evidence.statistic))
                found.append(ExtremeRows(column.name, plain.low, plain.high, direction))
        return Proposed(found, len(rows.columns))
