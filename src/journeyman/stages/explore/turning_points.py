"""Relations that turn: the target rises with a column up to a value and falls beyond it, or the other way round."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Discovery, Effect, Evidence, ModelAction
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, product_test
from journeyman.stages.explore.scores import Feature, feature_values, group_values, rank_scores
from journeyman.stages.explore.wording import curve, difference, mean_name, sentence_case, value_name

__all__ = ["TurningPoint", "TurningPoints"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_GROUPS = 12
_MOST = 15
_LEAST_SIDE = 0.1
_LIKELY = 0.05


@dataclass(frozen=True)
class TurningPoint:
    """An output rises up to a value of a column and falls beyond it (``direction`` 1), or falls and rises (-1)."""

    column: str
    output: int
    value: float
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column that the statement is about."""
        return (self.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test both sides: the larger p-value counts, since both must hold (two lines, Simonsohn 2018)."""
        u, b = feature_values(rows, Feature(self.column)), rank_scores(rows.outputs[self.output].values)
        sides = []
        for inside, sign in zip(self._sides(rows), (1.0, -1.0), strict=True):
            found = product_test(rows, np.where(inside, sign * self.direction * u, np.nan), b)
            if found is None:
                return None
            sides.append(found)
        weakest = min(sides, key=lambda side: side.statistic)
        return Evidence(weakest.p_value if weakest.statistic > 0 else 1.0, weakest.statistic)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say how the mean of the target changes on both sides."""
        output, column = rows.outputs[self.output], rows.column(self.column)
        values = rows.values[self.column]
        changes = []
        for inside in self._sides(rows):
            low, high = np.quantile(values[inside], [0.3, 0.7])
            ends = [(inside & (values >= high), 1.0), (inside & (values <= low), -1.0)]
            changes.append(contrast(rows, output.values, ends, "share" if output.share else output.unit))
        words = ("rises", "falls") if self.direction > 0 else ("falls", "rises")
        turn = value_name(column, self.value)
        sentence = (
            f"{sentence_case(mean_name(rows, output))} {words[0]} with '{self.column}' up to about {turn} and "
            f"{words[1]} beyond: {difference(changes[0], output.share)} from the lowest to the highest third below it, "
            f"{difference(changes[1], output.share)} above it."
        )
        smaller: Effect = min(changes, key=lambda effect: abs(effect.value))
        _, groups = group_values(rows, column, 8)
        drawn = curve(rows, output.values, column, [groups == g for g in range(int(groups.max()) + 1)])
        return Discovery(
            "turning_points",
            self.columns,
            sentence,
            smaller,
            evidence.p_value,
            int(np.isfinite(values).sum()),
            abs(smaller.value) / (float(output.values.std()) or 1.0),
            ModelAction(ActionKind.SIDE, self.columns, self.value),
            (drawn,),
        )

    def _sides(self, rows: AnalysedRows) -> tuple[BoolArray, BoolArray]:
        values = rows.values[self.column]
        return values <= self.value, values >= self.value


@dataclass(frozen=True)
class TurningPoints:
    """Columns of numbers whose groups have their highest or lowest mean inside."""

    name: str = "turning_points"
    title: str = "Relations that turn"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return turns that both sides of these rows show."""
        found: list[tuple[float, TurningPoint]] = []
        looked_at = 0
        for column in rows.columns:
            if column.kind.categorical:
                continue
            edges, groups = group_values(rows, column, _GROUPS)
            known, values = groups >= 0, rows.values[column.name]
            if len(edges) < 4:
                continue
            counts = np.maximum(np.bincount(groups[known]), 1)
            for k, output in enumerate(rows.outputs):
                looked_at += 1
                b = rank_scores(output.values)
                means = np.bincount(groups[known], b[known], len(counts)) / counts
                for direction in (1.0, -1.0):
                    place = int(np.argmax(direction * means))
                    share = float((groups[known] < place).mean() + 0.5 * (groups[known] == place).mean())
                    if not _LEAST_SIDE <= share <= 1 - _LEAST_SIDE:
                        continue
                    turn = TurningPoint(column.name, k, float(np.median(values[groups == place])), direction)
                    evidence = turn.test(rows)
                    if evidence is not None and evidence.statistic > 0 and evidence.p_value < _LIKELY:
                        found.append((evidence.p_value, turn))
        found.sort(key=lambda pair: (pair[0], pair[1].column))
        best = {turn.column: turn for _, turn in reversed(found)}
        ordered = [turn for _, turn in found if best[turn.column] is turn]
        return Proposed(ordered[:_MOST], looked_at)
