"""Reversals: over all rows a column goes one way with the target, within the groups of another the other way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Curve, Discovery, Effect, Evidence, ModelAction
from journeyman.entities.column import Column
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, product_test
from journeyman.stages.explore.scores import Feature, feature_matrix, feature_values, features_of, group_values
from journeyman.stages.explore.wording import curve, difference, mean_name, part_name

__all__ = ["Reversal", "Reversals", "within_groups"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_GROUPS = 5
_MOST_LEVELS = 12
_LEAST_LEVEL = 20
_MOST = 12
_LEAST_Z = 2.5
_MOST_GROUPINGS = 300


@dataclass(frozen=True)
class Reversal:
    """An output goes with a feature in one direction, and within the groups of a column in the other.

    Attributes
    ----------
    feature : Feature
        What goes with the output.
    within : str
        The column whose values make the groups.
    direction : float
        Of the relation over all rows.
    edges : tuple of float
        Inner edges of the groups of a column of numbers.
    """

    feature: Feature
    within: str
    output: int
    direction: float
    edges: tuple[float, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that goes with the output, and the one within whose groups it turns."""
        return (self.feature.column, self.within)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test both relations: the larger p-value counts, since both must hold."""
        u, y = self.direction * feature_values(rows, self.feature), rows.outputs[self.output].values
        groups = self._groups(rows)
        overall = product_test(rows, np.where(groups >= 0, u, np.nan), y)
        inner = product_test(rows, -within_groups(u, groups), within_groups(y, groups))
        if overall is None or inner is None:
            return None
        weakest = min((overall, inner), key=lambda side: side.statistic)
        return Evidence(weakest.p_value if weakest.statistic > 0 else 1.0, weakest.statistic)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the difference over all rows, and the mean difference within the groups."""
        output, column = rows.outputs[self.output], rows.column(self.feature.column)
        groups, values = self._groups(rows), rows.values[self.feature.column]
        unit = "share" if output.share else output.unit
        known = np.isfinite(values) & (groups >= 0)
        if self.feature.code is None:
            middle = float(np.median(values[known]))
            high = known & (values > middle) if (values[known] > middle).any() else known & (values >= middle)
        else:
            high = known & (values == self.feature.code)
        low = known & ~high
        overall = contrast(rows, output.values, [(high, 1.0), (low, -1.0)], unit)
        inner = _mean_within(rows, output.values, (high, low), groups, unit)
        name = part_name(column, values, high)
        other = part_name(column, values, low)
        sentence = (
            f"Reversal: over all rows {mean_name(rows, output)} differs by {difference(overall, output.share)} between "
            f"{name} and {other}, but within groups of '{self.within}' by {difference(inner, output.share)} on average."
        )
        return Discovery(
            "reversals",
            self.columns,
            sentence,
            inner,
            evidence.p_value,
            int(known.sum()),
            abs(inner.value) / (float(output.values.std()) or 1.0),
            ModelAction(ActionKind.DIFFERENCE, self.columns)
            if column.kind.numeric
            else ModelAction(ActionKind.CROSS, self.columns),
            _curves(rows, output.values, (column, rows.column(self.within)), groups),
        )

    def _groups(self, rows: AnalysedRows) -> IntArray:
        return _grouping(rows, rows.column(self.within), self.edges)


def _grouping(rows: AnalysedRows, column: Column, edges: tuple[float, ...]) -> IntArray:
    """Return the group of each row; -1 where the value is missing or too rare."""
    values = rows.values[column.name]
    known = np.isfinite(values)
    if column.kind.categorical or not edges:
        codes = np.where(known, np.nan_to_num(values), -1).astype(np.int64)
    else:
        codes = np.where(known, np.searchsorted(np.asarray(edges), values, side="right"), -1).astype(np.int64)
    counts = np.bincount(codes + 1)
    return np.where(counts[codes + 1] >= _LEAST_LEVEL, codes, -1)


def within_groups(values: FloatArray, groups: IntArray) -> FloatArray:
    """Return values less the mean of their group; NaN outside of groups.

    Examples
    --------
    >>> within_groups(np.array([1.0, 3.0, 10.0]), np.array([0, 0, -1])).tolist()
    [-1.0, 1.0, nan]
    """
    known = np.isfinite(values) & (groups >= 0)
    counts = np.bincount(groups[known], minlength=max(1, int(groups.max(initial=0)) + 1))
    sums = np.bincount(groups[known], values[known], len(counts))
    result = np.full(len(values), np.nan)
    result[known] = values[known] - (sums / np.maximum(counts, 1))[groups[known]]
    return result


def _mean_within(
    rows: AnalysedRows,
    y: FloatArray,
    parts: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    groups: IntArray,
    unit: str,
) -> Effect:
    """Return the mean over groups of the difference between two parts, weighted by what each group can tell."""
    found = []
    for group in np.unique(groups[groups >= 0]):
        sides = [part & (groups == group) for part in parts]
        n, m = (int(side.sum()) for side in sides)
        if min(n, m) >= 3:
            found.append((n * m / (n + m), sides))
    total = sum(weight for weight, _ in found) or 1.0
    chosen = [(side, sign * w / total) for w, sides in found for side, sign in zip(sides, (1.0, -1.0), strict=True)]
    return contrast(rows, y, chosen, unit)


def _curves(rows: AnalysedRows, y: FloatArray, columns: tuple[Column, Column], groups: IntArray) -> tuple[Curve, ...]:
    column, within = columns
    _, parts = group_values(rows, column, 5)
    codes = np.unique(parts[parts >= 0])[:5]
    drawn = [curve(rows, y, column, [parts == c for c in codes], "all rows")]
    counts = np.bincount(groups[groups >= 0])
    for group in np.sort(np.argsort(-counts, kind="stable")[:5]):
        mask = groups == group
        if mask.any():
            name = part_name(within, rows.values[within.name], mask)
            drawn.append(curve(rows, y, column, [parts == c for c in codes], name, mask))
    return tuple(one for one in drawn if len(one.levels) > 1)


@dataclass(frozen=True)
class Reversals:
    """Each feature within the groups of each other column (Simpson 1951)."""

    name: str = "reversals"
    title: str = "Relations that turn around within groups"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return pairs whose relation has one sign over all of these rows and the other within groups."""
        features = features_of(rows)
        if not features or not rows.outputs:
            return Proposed((), 0)
        u = feature_matrix(rows, features)
        names = np.array([feature.column for feature in features])
        found: list[tuple[float, Reversal]] = []
        looked_at = 0
        groupings = rows.columns[:_MOST_GROUPINGS]
        for k, output in enumerate(rows.outputs):
            y = output.values - output.values.mean()
            overall = _z(u, y)
            strong = np.flatnonzero(np.abs(overall) > _LEAST_Z)
            if not len(strong):
                continue
            for column in groupings:
                edges, _ = group_values(rows, column, _GROUPS)
                groups = _grouping(rows, column, tuple(edges.tolist()))
                levels = np.unique(groups[groups >= 0])
                if not 2 <= len(levels) <= _MOST_LEVELS:
                    continue
                looked_at += len(strong)
                inner = _z(_centred(u[:, strong], groups), np.nan_to_num(within_groups(output.values, groups)))
                turned = (np.sign(inner) == -np.sign(overall[strong])) & (np.abs(inner) > _LEAST_Z)
                for place in np.flatnonzero(turned & (names[strong] != column.name)):
                    pair = Reversal(
                        features[strong[place]],
                        column.name,
                        k,
                        float(np.sign(overall[strong[place]])),
                        tuple(edges.tolist()),
                    )
                    weakest = min(abs(float(overall[strong[place]])), abs(float(inner[place])))
                    found.append((2 * float(stats.norm.sf(weakest)), pair))
        found.sort(key=lambda pair: (pair[0], pair[1].columns))
        return Proposed([pair for _, pair in found[:_MOST]], looked_at)


def _centred(u: FloatArray, groups: IntArray) -> FloatArray:
    """Return features less their mean in each group; 0 outside of groups."""
    result = np.zeros_like(u)
    for group in np.unique(groups[groups >= 0]):
        inside = groups == group
        result[inside] = u[inside] - u[inside].mean(axis=0)
    return result


def _z(u: FloatArray, y: FloatArray) -> FloatArray:
    return np.asarray(u.T @ y / np.sqrt(np.maximum((u**2).T @ y**2, 1e-300)), dtype=np.float64)
