"""What changes over time: levels of the target and of columns, and relations that fade or turn."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Curve, Discovery, Evidence, Level, ModelAction
from journeyman.interfaces import Hypothesis, Proposed
from journeyman.stages.explore.cluster_tests import contrast, detrended, product_test, screen
from journeyman.stages.explore.scores import Feature, feature_matrix, feature_values, features_of, rank_scores, spline
from journeyman.stages.explore.wording import difference, figure, mean_name, part_name, sentence_case

__all__ = ["ChangingLevel", "ChangingRelation", "Stability"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_MOST_COLUMNS = 15
_MOST_RELATIONS = 15
_LIKELY = 0.02
_LEAST_BLOCKS = 8
_LEAST_EFFECTIVE = 5.0
_PERIODS = 6


def _time_scores(rows: AnalysedRows) -> FloatArray:
    assert rows.times is not None  # who asks has looked
    return rank_scores(rows.times)


def _periods(rows: AnalysedRows, number: int) -> list[BoolArray]:
    u = _time_scores(rows)
    edges = (np.arange(1, number) / number - 0.5) * math.sqrt(12.0)
    groups = np.where(np.isfinite(u), np.searchsorted(edges, u), -1)
    return [groups == k for k in range(number)]


def _trend_test(rows: AnalysedRows, values: FloatArray) -> Evidence | None:
    """Test a trend over time.

    Where blocks of time depend on each other, two tests have to agree, and the larger p-value counts. Their means are
    regressed on time, and the blocks that they are worth are told by the autocorrelation of what the trend leaves, with
    the bias of short series taken off (Kendall 1954). And the mean step from block to block is compared with how steps
    differ, which holds for a random walk, whose wandering looks like a trend to all other tests.
    """
    if not rows.serial:
        return product_test(rows, _time_scores(rows), values)
    known = np.isfinite(values) & np.isfinite(_time_scores(rows))
    _, blocks = np.unique(rows.clusters[known], return_inverse=True)
    counts = np.bincount(blocks)
    n = len(counts)
    if n < _LEAST_BLOCKS:
        return None
    y = np.bincount(blocks, values[known]) / counts
    x = np.bincount(blocks, _time_scores(rows)[known]) / counts
    order = np.argsort(x, kind="stable")
    x, y = x[order] - x.mean(), y[order] - y.mean()
    slope = float(x @ y) / max(float(x @ x), 1e-300)
    rest = y - slope * x
    total = float(rest @ rest)
    if total <= 0:
        return None
    rho = float(rest[1:] @ rest[:-1]) / total
    rho = min(0.999, max(0.0, rho + (1.0 + 3.0 * rho) / n + 1.0 / n))
    effective = n * (1 - rho) / (1 + rho)
    if effective < _LEAST_EFFECTIVE:
        return None
    error = math.sqrt(total / (n - 2) / float(x @ x) * n / effective)
    steps = np.diff(y)
    spread = float(steps.std(ddof=1))
    if spread <= 0:
        return None
    by_steps = float(steps.mean()) / (spread / math.sqrt(len(steps)))
    t, freedom = slope / error, max(effective - 2, 2.0)
    p = max(2 * float(stats.t.sf(abs(t), freedom)), 2 * float(stats.t.sf(abs(by_steps), len(steps) - 1)))
    return Evidence(p if t * by_steps > 0 else 1.0, t)


@dataclass(frozen=True)
class ChangingLevel:
    """An output, or a feature of a column, rises or falls with time."""

    column: str
    code: int | None
    output: int | None
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The column; none where it is the target."""
        return () if self.output is not None else (self.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test the trend."""
        return None if rows.times is None else _trend_test(rows, self.direction * self._values(rows))

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the mean in the first and in the last third of the time."""
        periods, thirds = _periods(rows, _PERIODS), _periods(rows, 3)
        values, share, unit, name = self._raw(rows)
        effect = contrast(rows, values, [(thirds[2], 1.0), (thirds[0], -1.0)], "share" if share else unit)
        said = [figure(float(np.nanmean(values[mask])), share, unit) for mask in (thirds[0], thirds[2])]
        sentence = (
            f"{sentence_case(name)} changes over time: {said[0]} in the first third of the time and {said[1]} in the "
            f"last, {difference(effect, share)}."
        )
        levels = tuple(_level(rows, values, mask, f"{k + 1} of {_PERIODS}") for k, mask in enumerate(periods))
        return Discovery(
            "stability",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            int(np.isfinite(values).sum()),
            abs(effect.value) / (float(np.nanstd(values)) or 1.0),
            ModelAction(ActionKind.FADING, ()) if self.output is not None else None,
            (Curve("", levels),),
        )

    def _values(self, rows: AnalysedRows) -> FloatArray:
        if self.output is not None:
            return rank_scores(rows.outputs[self.output].values)
        return feature_values(rows, Feature(self.column, self.code))

    def _raw(self, rows: AnalysedRows) -> tuple[FloatArray, bool, str, str]:
        """Return values, whether they are marks, their unit, and what their mean is called."""
        if self.output is not None:
            output = rows.outputs[self.output]
            return output.values, output.share, output.unit, mean_name(rows, output)
        column, values = rows.column(self.column), rows.values[self.column]
        if self.code is None:
            return values, False, column.unit or "", f"mean '{self.column}'"
        marks = np.where(np.isfinite(values), (values == self.code).astype(np.float64), np.nan)
        return marks, True, "", f"share of {part_name(column, values, values == self.code)}"


@dataclass(frozen=True)
class ChangingRelation:
    """How an output goes with a feature is another early and late."""

    feature: Feature
    output: int
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The one column that the statement is about."""
        return (self.feature.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test the product of the feature and time; in blocks, the relation of each against its time."""
        if rows.times is None:
            return None
        u, y = feature_values(rows, self.feature), rows.outputs[self.output].values
        time = _time_scores(rows)
        if rows.serial:
            # Within a block time stands still: the mean time of the block alone.
            _, blocks = np.unique(rows.clusters, return_inverse=True)
            counts = np.bincount(blocks)
            time = (np.bincount(blocks, np.nan_to_num(time)) / counts)[blocks]
            centred = detrended(np.nan_to_num(u), blocks)
            overall = float(centred @ y) / max(float(centred @ centred), 1e-300)
            return product_test(rows, self.direction * centred * time, y - overall * centred)
        design = np.hstack([spline(rows, self.feature), np.column_stack([time, time**2, np.abs(time)])])
        return product_test(rows, self.direction * u * time, y, np.nan_to_num(design))

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the difference between the high and the low part of the column, early and late."""
        output, column = rows.outputs[self.output], rows.column(self.feature.column)
        values = rows.values[self.feature.column]
        known = np.isfinite(values)
        if self.feature.code is None:
            middle = float(np.median(values[known]))
            high = known & (values > middle) if (values[known] > middle).any() else known & (values >= middle)
        else:
            high = known & (values == self.feature.code)
        low, (early, late) = known & ~high, _periods(rows, 2)
        unit = "share" if output.share else output.unit
        sides = [contrast(rows, output.values, [(high & p, 1.0), (low & p, -1.0)], unit) for p in (early, late)]
        groups = [(high & late, 1.0), (low & late, -1.0), (high & early, -1.0), (low & early, 1.0)]
        effect = contrast(rows, output.values, groups, unit)
        sentence = (
            f"What '{column.name}' says of '{rows.target}' changes over time: {mean_name(rows, output)} differs by "
            f"{difference(sides[0], output.share)} between {part_name(column, values, high)} and "
            f"{part_name(column, values, low)} in the first half of the time, and by "
            f"{difference(sides[1], output.share)} in the second."
        )
        drawn = tuple(
            Curve(
                name,
                tuple(_level(rows, output.values, mask & p, part_name(column, values, mask)) for mask in (low, high)),
            )
            for name, p in (("first half", early), ("second half", late))
        )
        return Discovery(
            "stability",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            int(known.sum()),
            abs(effect.value) / (float(output.values.std()) or 1.0),
            ModelAction(ActionKind.FADING, ()),
            drawn,
        )


def _level(rows: AnalysedRows, values: FloatArray, mask: BoolArray, name: str) -> Level:
    mean = contrast(rows, values, [(mask, 1.0)])
    return Level(name, mean.value, mean.low, mean.high, int(mask.sum()))


@dataclass(frozen=True)
class Stability:
    """Trends of the target and of columns, and products of columns with time."""

    name: str = "stability"
    title: str = "What changes over time"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return what seems to change on these rows; nothing where no column tells the time."""
        if rows.times is None or not np.isfinite(rows.times).any():
            return Proposed((), 0)
        features = tuple(f for f in features_of(rows) if not self._tells_time(rows, f))
        levels: list[tuple[float, ChangingLevel]] = []
        for k, output in enumerate(rows.outputs):
            evidence = _trend_test(rows, rank_scores(output.values))
            if evidence is not None and evidence.p_value < _LIKELY:
                change = ChangingLevel(rows.target, None, k, math.copysign(1.0, evidence.statistic))
                levels.append((evidence.p_value, change))
        columns: list[tuple[float, ChangingLevel]] = []
        for feature in features:
            evidence = _trend_test(rows, feature_values(rows, feature))
            if evidence is not None and evidence.p_value * max(1, len(features)) < 1:
                change = ChangingLevel(feature.column, feature.code, None, math.copysign(1.0, evidence.statistic))
                columns.append((evidence.p_value, change))
        relations = self._relations(rows, features)
        columns.sort(key=lambda pair: (pair[0], pair[1].column))
        levels.sort(key=lambda pair: pair[0])
        once: dict[str, ChangingLevel] = {}
        for _, change in columns:
            once.setdefault(change.column, change)
        proposed: list[Hypothesis] = [*(one for _, one in levels[:1]), *list(once.values())[:_MOST_COLUMNS], *relations]
        return Proposed(proposed, len(rows.outputs) + len(features) * (1 + len(rows.outputs)))

    @staticmethod
    def _tells_time(rows: AnalysedRows, feature: Feature) -> bool:
        """Say whether a column is the time in other words: it would change over itself."""
        if feature.code is not None or rows.times is None:
            return False
        u, time = feature_values(rows, feature), _time_scores(rows)
        known = np.isfinite(u) & np.isfinite(time)
        return bool(known.sum() > 2 and abs(float(np.corrcoef(u[known], time[known])[0, 1])) > 0.99)

    @staticmethod
    def _relations(rows: AnalysedRows, features: tuple[Feature, ...]) -> list[ChangingRelation]:
        if not features:
            return []
        time = np.nan_to_num(_time_scores(rows))
        matrix = feature_matrix(rows, features)
        found: list[tuple[float, ChangingRelation]] = []
        for k, output in enumerate(rows.outputs):
            y = output.values - output.values.mean()
            z = screen(rows, (matrix * time[:, None]), y)
            for place in np.argsort(-np.abs(z), kind="stable")[: 2 * _MOST_RELATIONS]:
                relation = ChangingRelation(features[place], k, float(np.sign(z[place])) or 1.0)
                evidence = relation.test(rows)
                if evidence is not None and evidence.statistic > 0 and evidence.p_value * len(features) < 1:
                    found.append((evidence.p_value, relation))
        found.sort(key=lambda pair: (pair[0], pair[1].columns))
        once: dict[str, ChangingRelation] = {}
        for _, relation in found:
            once.setdefault(relation.feature.column, relation)
        return list(once.values())[:_MOST_RELATIONS]
