"""Pairs of columns that matter together: the effect of one depends on the other, also where neither matters alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Curve, Discovery, Evidence, ModelAction
from journeyman.entities.column import Column
from journeyman.interfaces import Proposed
from journeyman.stages.explore.additive import additive_residual
from journeyman.stages.explore.cluster_tests import contrast, detrended, product_test
from journeyman.stages.explore.scores import Feature, feature_matrix, feature_values, features_of, group_values, spline
from journeyman.stages.explore.wording import curve, difference, mean_name, part_name

__all__ = ["Interaction", "Interactions"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_MOST = 20
_MOST_PAIRS = 60
"""Pairs of the screening that are tested on the exploring rows, too."""

_LIKELY = 3.0
"""Expected number of pairs that look as strong by chance, up to which a pair is proposed."""

_ROWS = 6_000
_ROWS_WIDE = 3_000
_WIDE = 600
_PART = 1 / 3


@dataclass(frozen=True)
class Interaction:
    """The product of two features goes with an output, beyond what each column says by itself."""

    first: Feature
    second: Feature
    output: int
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """Both columns that the statement is about."""
        return (self.first.column, self.second.column)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test the product beside smooth functions of both columns."""
        product = self.direction * feature_values(rows, self.first) * feature_values(rows, self.second)
        design = np.hstack([spline(rows, self.first), spline(rows, self.second)])
        return product_test(rows, product, rows.outputs[self.output].values, design)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the effect of the first column in the low and in the high part of the second."""
        output = rows.outputs[self.output]
        a_low, a_high = _parts(rows, self.first)
        b_low, b_high = _parts(rows, self.second)
        unit = "share" if output.share else output.unit
        groups = [(a_high & b_high, 1.0), (a_low & b_high, -1.0), (a_high & b_low, -1.0), (a_low & b_low, 1.0)]
        effect = contrast(rows, output.values, groups, unit)
        inner = [contrast(rows, output.values, [(a_high & b, 1.0), (a_low & b, -1.0)], unit) for b in (b_low, b_high)]
        first, second = rows.column(self.first.column), rows.column(self.second.column)
        ends = [part_name(first, rows.values[first.name], mask) for mask in (a_low, a_high)]
        places = [part_name(second, rows.values[second.name], mask) for mask in (b_low, b_high)]
        sentence = (
            f"'{first.name}' and '{second.name}' matter together: between {ends[0]} and {ends[1]}, "
            f"{mean_name(rows, output)} changes by {difference(inner[0], output.share)} where {places[0]}, but by "
            f"{difference(inner[1], output.share)} where {places[1]}; the difference is "
            f"{difference(effect, output.share)}."
        )
        return Discovery(
            "interactions",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            int((np.isfinite(rows.values[first.name]) & np.isfinite(rows.values[second.name])).sum()),
            abs(effect.value) / (float(output.values.std()) or 1.0),
            ModelAction(ActionKind.CROSS, self.columns),
            _curves(rows, output.values, first, [(places[0], b_low), (places[1], b_high)]),
        )


def _parts(rows: AnalysedRows, feature: Feature) -> tuple[BoolArray, BoolArray]:
    """Return the rows in the low and the high third of a feature; of a category, the others and those that have it."""
    values = rows.values[feature.column]
    known = np.isfinite(values)
    if feature.code is not None:
        return known & (values != feature.code), known & (values == feature.code)
    low, high = np.quantile(values[known], [_PART, 1 - _PART])
    if low == high:
        middle = float(values[known].mean())
        return known & (values <= middle), known & (values > middle)
    return known & (values <= low), known & (values >= high)


def _curves(rows: AnalysedRows, y: FloatArray, column: Column, parts: list[tuple[str, BoolArray]]) -> tuple[Curve, ...]:
    _, groups = group_values(rows, column, 5)
    codes = np.unique(groups[groups >= 0])
    if column.kind.categorical and len(codes) > 5:
        counts = np.bincount(groups[groups >= 0])
        codes = np.sort(np.argsort(-counts, kind="stable")[:5])
    return tuple(curve(rows, y, column, [groups == c for c in codes], name, mask) for name, mask in parts)


@dataclass(frozen=True)
class Interactions:
    """All pairs of features at once: a product of matrices says how each pair's product goes with what is left."""

    name: str = "interactions"
    title: str = "Columns that matter together"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return pairs whose product goes with what a sum of functions of each column leaves of an output."""
        features = features_of(rows)
        if len(features) < 2 or not rows.outputs:
            return Proposed((), 0)
        most = _ROWS if len(features) <= _WIDE else _ROWS_WIDE
        chosen = np.linspace(0, len(rows) - 1, min(len(rows), most)).astype(np.int64)
        u = feature_matrix(rows, features)[chosen].astype(np.float32)
        first, second = np.triu_indices(len(features), 1)
        same = np.array([f.column for f in features])
        other = same[first] != same[second]
        first, second = first[other], second[other]
        pairs = len(first)
        found: list[tuple[float, Interaction]] = []
        for k, output in enumerate(rows.outputs):
            rest = additive_residual(rows, output.values)
            if rows.serial:
                rest = detrended(rest, np.unique(rows.clusters, return_inverse=True)[1])
            z = _pair_scores(u, rest[chosen].astype(np.float32))[first, second]
            for place in np.argsort(-np.abs(z), kind="stable")[:_MOST_PAIRS]:
                pair = Interaction(features[first[place]], features[second[place]], k, float(np.sign(z[place])) or 1.0)
                evidence = pair.test(rows)
                if evidence is None or evidence.statistic <= 0:
                    continue
                chance = 2 * pairs * float(stats.norm.sf(abs(float(z[place]))))
                if min(chance, evidence.p_value * pairs) < _LIKELY and evidence.p_value < 0.05:
                    found.append((evidence.p_value, pair))
        found.sort(key=lambda pair: (pair[0], pair[1].columns))
        best: dict[frozenset[str], Interaction] = {}
        for _, pair in found:
            best.setdefault(frozenset(pair.columns), pair)
        return Proposed(list(best.values())[:_MOST], pairs * len(rows.outputs))


def _pair_scores(u: NDArray[np.float32], rest: NDArray[np.float32]) -> FloatArray:
    """Return how far each pair's product goes with the rest, in standard errors, shape (n_features, n_features)."""
    total = (u * rest[:, None]).T @ u
    mean = u.T @ u / len(u)
    total = total - float(rest.mean()) * len(u) * mean
    squares = u**2
    variance = (squares * (rest**2)[:, None]).T @ squares
    return np.asarray(total / np.sqrt(np.maximum(variance, 1e-12)), dtype=np.float64)
