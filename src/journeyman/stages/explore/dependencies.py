"""Which columns go together, where no target is named: ranks of numbers, and shares of categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import Discovery, Evidence
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, correlation_effect, product_test
from journeyman.stages.explore.scores import Feature, feature_matrix, feature_values, features_of
from journeyman.stages.explore.wording import difference, figure, interval, part_name

__all__ = ["Dependencies", "Dependency"]

FloatArray = NDArray[np.float64]
_ROWS = 10_000
_ROWS_WIDE = 3_000
_WIDE = 600
_MOST = 40
_SAME = 0.95
_LIKELY = 1.0


@dataclass(frozen=True)
class Dependency:
    """A feature of one column goes with a feature of another."""

    first: Feature
    second: Feature
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """Both columns that the statement is about."""
        return (self.first.column, self.second.column)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test their product."""
        return product_test(rows, self.direction * feature_values(rows, self.first), feature_values(rows, self.second))

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the rank correlation of numbers, or the share of a category in parts of the other column."""
        u, v = feature_values(rows, self.first), feature_values(rows, self.second)
        correlation = correlation_effect(rows, u, v)
        known = np.isfinite(u) & np.isfinite(v)
        if self.first.code is None and self.second.code is None:
            way = "rises" if correlation.value > 0 else "falls"
            sentence = (
                f"'{self.first.column}' {way} with '{self.second.column}': rank correlation {interval(correlation)}."
            )
            effect = correlation
        else:
            marked, other = (self.first, self.second) if self.first.code is not None else (self.second, self.first)
            values, others = rows.values[marked.column], rows.values[other.column]
            marks = np.where(known, (values == marked.code).astype(np.float64), np.nan)
            if other.code is not None:
                high = known & (others == other.code)
                low = known & ~high
            else:
                ends = np.quantile(others[known], [1 / 3, 2 / 3])
                high, low = known & (others >= ends[1]), known & (others <= ends[0])
                low = low & ~high if (low & ~high).any() else known & ~high
            effect = contrast(rows, marks, [(high, 1.0), (low, -1.0)], "share")
            column = rows.column(other.column)
            said = [figure(float(np.nanmean(marks[mask])), True) for mask in (high, low)]
            name = part_name(rows.column(marked.column), values, values == marked.code)
            sentence = (
                f"{name} in {said[0]} of the rows where "
                f"{part_name(column, others, high)} and in {said[1]} where {part_name(column, others, low)}: "
                f"{difference(effect, True)}."
            )
        return Discovery(
            "dependencies",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            int(known.sum()),
            abs(correlation.value),
        )


@dataclass(frozen=True)
class Dependencies:
    """All pairs of features at once by a product of matrices; only where there is no target to depend on."""

    name: str = "dependencies"
    title: str = "Columns that go together"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return the strongest pairs; those that say the same are the redundancy's."""
        features = features_of(rows)
        if rows.outputs or len(features) < 2:
            return Proposed((), 0)
        most = _ROWS if len(features) <= _WIDE else _ROWS_WIDE
        chosen = np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)
        u = feature_matrix(rows, features)[chosen].astype(np.float32)
        scale = np.sqrt((u**2).sum(axis=0))
        u /= np.where(scale > 0, scale, 1.0)
        r = u.T @ u
        first, second = np.triu_indices(len(features), 1)
        names = np.array([feature.column for feature in features])
        other = names[first] != names[second]
        first, second = first[other], second[other]
        strength = r[first, second]
        best: dict[frozenset[str], Dependency] = {}
        order = np.argsort(-np.abs(strength), kind="stable")
        for place in order[: 20 * _MOST]:
            one, two = features[first[place]], features[second[place]]
            size = float(strength[place])
            chance = 2 * len(first) * float(stats.norm.sf(abs(size) * np.sqrt(len(chosen))))
            same = abs(size) > _SAME and one.code is None and two.code is None
            if chance > _LIKELY or same or frozenset((one.column, two.column)) in best:
                continue
            best[frozenset((one.column, two.column))] = Dependency(one, two, float(np.sign(size)))
            if len(best) == _MOST:
                break
        return Proposed(list(best.values()), len(first))
