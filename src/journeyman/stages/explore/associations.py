"""Which columns the target depends on: rising, falling, or otherwise by groups of values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Discovery, Evidence, ModelAction
from journeyman.entities.column import Column
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, product_test, screen
from journeyman.stages.explore.scores import Feature, feature_values, group_values, rank_scores
from journeyman.stages.explore.wording import curve, difference, figure, mean_name, part_name, sentence_case

__all__ = ["Association", "Associations"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_GROUPS = 8
_LEVELS = 30
_MOST = 100
_LIKELY = 0.02
_ALONG = 0.8
"""Of what groups of values say, that a direction alone has to say."""

_PRIOR_ROWS = 10.0
_SHOWN_GROUPS = 6
_LEAST_PART = 0.08
"""Share of the rows that the parts of a column have at least whose means are compared."""


@dataclass(frozen=True)
class Association:
    """A column goes with an output.

    Attributes
    ----------
    column : str
        Which.
    output : int
        Position among the outputs.
    direction : float
        1 or -1 where the output rises or falls with it, 0 where groups of its values say more.
    edges : tuple of float
        Inner edges of the groups of numbers.
    group_scores : tuple of float
        What the exploring rows say of each group; categories in the order of their codes.
    """

    column: str
    output: int
    direction: float
    edges: tuple[float, ...]
    group_scores: tuple[float, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column that the statement is about."""
        return (self.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test whether the output goes with what the exploring rows say of the column's values."""
        return product_test(rows, self._scores(rows), rank_scores(rows.outputs[self.output].values))

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the mean of the target in the two parts of the column that the exploring rows set apart."""
        output, column = rows.outputs[self.output], rows.column(self.column)
        high, low = self._parts(rows)
        values = rows.values[self.column]
        effect = contrast(rows, output.values, [(high, 1.0), (low, -1.0)], "share" if output.share else output.unit)
        means = [float(output.values[mask].mean()) for mask in (high, low)]
        names = [part_name(column, values, mask) for mask in (high, low)]
        said = [figure(mean, output.share, output.unit) for mean in means]
        known = np.isfinite(values)
        several = column.kind.numeric and len(np.unique(values[known])) > 2
        way = {1.0: " It rises with the column.", -1.0: " It falls with the column."}.get(self.direction * several, "")
        sentence = (
            f"{sentence_case(mean_name(rows, output))} is {said[0]} with {names[0]} and {said[1]} with {names[1]}: "
            f"{difference(effect, output.share)}.{way}"
        )
        if effect.low <= 0 <= effect.high:
            sentence += " The ranks of the target show it, its means alone do not."
        action = (
            ModelAction(ActionKind.MONOTONE, (self.column,), self.direction) if several and self.direction else None
        )
        spread = float(output.values.std()) or 1.0
        drawn = curve(rows, output.values, column, self._drawn(rows))
        return Discovery(
            "associations",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            int(known.sum()),
            abs(evidence.statistic) / np.sqrt(max(1, known.sum())) + 1e-3 * abs(effect.value) / spread,
            action,
            (drawn,),
        )

    def _scores(self, rows: AnalysedRows) -> FloatArray:
        if self.direction:
            return self.direction * feature_values(rows, Feature(self.column))
        groups = self._groups(rows)
        scores = np.append(np.asarray(self.group_scores), 0.0)
        return np.where(groups < 0, np.nan, scores[np.minimum(groups, len(scores) - 1)])

    def _groups(self, rows: AnalysedRows) -> NDArray[np.int64]:
        values = rows.values[self.column]
        known = np.isfinite(values)
        if rows.column(self.column).kind.categorical:
            return np.where(known, np.nan_to_num(values), -1).astype(np.int64)
        return np.where(known, np.searchsorted(np.asarray(self.edges), values, side="right"), -1).astype(np.int64)

    def _parts(self, rows: AnalysedRows) -> tuple[BoolArray, BoolArray]:
        """Return the rows of the highest and of the lowest part, a fifth of the rows each, or groups that make 8%."""
        scores = self._scores(rows)
        known = np.isfinite(scores)
        if self.direction:
            low_edge, high_edge = np.quantile(scores[known], [0.2, 0.8])
            low, high = known & (scores <= low_edge), known & (scores >= high_edge)
            if not (high & low).any():
                return high, low
            above = known & (scores > low_edge)  # most rows share one value
            return (above, low) if above.any() else (high, known & (scores < high_edge))
        levels = np.unique(scores[known])

        def part(ordered: FloatArray) -> tuple[BoolArray, int]:
            mask = np.zeros(len(scores), dtype=bool)
            for place, level in enumerate(ordered, 1):
                mask |= known & (scores == level)
                if mask.sum() >= _LEAST_PART * known.sum():
                    return mask, place
            return mask, len(ordered)

        low, taken = part(levels[:-1])
        high, _ = part(levels[::-1][: len(levels) - taken])
        return high, low

    def _drawn(self, rows: AnalysedRows) -> list[BoolArray]:
        column = rows.column(self.column)
        if column.kind.categorical:
            groups = self._groups(rows)
            counts = np.bincount(groups[groups >= 0])
            return [groups == c for c in np.argsort(-counts, kind="stable")[:_SHOWN_GROUPS] if counts[c]]
        _, groups = group_values(rows, column, _SHOWN_GROUPS)
        return [groups == c for c in range(int(groups.max(initial=0)) + 1) if (groups == c).any()]


@dataclass(frozen=True)
class Associations:
    """Each column with each output: along ranks, and by groups of values (Kruskal and Wallis 1952)."""

    name: str = "associations"
    title: str = "What the target depends on"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return the columns that go with an output on these rows."""
        if not rows.outputs:
            return Proposed((), 0)
        ranked = [rank_scores(output.values) for output in rows.outputs]
        found = []
        for column in rows.columns:
            p, association = min(
                (self._best(rows, column, k, scores) for k, scores in enumerate(ranked)), key=lambda pair: pair[0]
            )
            if p * len(ranked) < _LIKELY and association is not None:
                found.append((p, association))
        found.sort(key=lambda pair: (pair[0], pair[1].column))
        return Proposed([association for _, association in found[:_MOST]], len(rows.columns) * len(ranked))

    def _best(self, rows: AnalysedRows, column: Column, output: int, b: FloatArray) -> tuple[float, Association | None]:
        edges, groups = group_values(rows, column, _GROUPS)
        known = groups >= 0
        if known.sum() < 20 or groups[known].min() == groups[known].max():
            return 1.0, None
        counts = np.bincount(groups[known])
        if column.kind.categorical and len(counts) > _LEVELS:
            rare = counts < np.sort(counts)[-_LEVELS]
        else:
            rare = np.zeros(len(counts), dtype=bool)
        centred = b[known] - b[known].mean()
        sums = np.bincount(groups[known], centred, len(counts))
        sums[rare] = 0.0
        used = (counts > 0) & ~rare
        statistic = float((sums[used] ** 2 / counts[used]).sum()) / max(float(centred.var()), 1e-300)
        by_groups = float(stats.chi2.sf(statistic, max(1, int(used.sum()) - 1)))
        scores = tuple((sums / (counts + _PRIOR_ROWS)).tolist())
        plain = Association(column.name, output, 0.0, tuple(edges.tolist()), scores)
        if column.kind.categorical:
            return by_groups, plain
        u = np.nan_to_num(feature_values(rows, Feature(column.name)))
        z = float(screen(rows, u[:, None], np.where(known, b, np.nan))[0])
        along = 2.0 * float(stats.norm.sf(abs(z)))
        # A direction is one degree of freedom: it is taken unless groups say much more than it does.
        u_known = u[known] - u[known].mean()
        r = float(u_known @ centred) / max(float(np.sqrt((u_known @ u_known) * (centred @ centred))), 1e-300)
        if along <= by_groups or len(centred) * r**2 >= _ALONG * statistic or int(used.sum()) == 2:
            if self._wavers(sums / np.maximum(counts, 1), counts, along):
                return by_groups, plain
            return along, Association(column.name, output, float(np.sign(z)) or 1.0, tuple(edges.tolist()), ())
        return by_groups, plain

    @staticmethod
    def _wavers(means: FloatArray, counts: NDArray[np.int64], p: float) -> bool:
        """Say whether the means of groups go up and down by more than chance, so that no direction is claimed."""
        errors = 1.0 / np.sqrt(np.maximum(counts, 1))
        steps, spread = np.diff(means), np.hypot(errors[1:], errors[:-1])
        return bool((steps > 3 * spread).any() and (steps < -3 * spread).any() and p > 0)
