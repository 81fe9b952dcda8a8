"""Why values are missing: whether a column's missing values go with the target, or with another column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Discovery, Evidence, Level, ModelAction
from journeyman.entities.analysis import Curve as DrawnCurve
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, product_test, screen
from journeyman.stages.explore.scores import Feature, feature_matrix, feature_values, features_of, rank_scores
from journeyman.stages.explore.wording import difference, figure, mean_name, part_name

__all__ = ["MissingWithColumn", "MissingWithTarget", "Missingness"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_SHARES = (0.02, 0.98)
_MOST = 25
_LIKELY = 0.02


def _gaps(rows: AnalysedRows, column: str) -> FloatArray:
    return np.asarray(~np.isfinite(rows.values[column]), dtype=np.float64)


@dataclass(frozen=True)
class MissingWithTarget:
    """Rows that lack a column have another target."""

    column: str
    output: int
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The column with missing values."""
        return (self.column,)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test whether what is missing goes with the ranks of the output."""
        scores = rank_scores(rows.outputs[self.output].values)
        return product_test(rows, self.direction * _gaps(rows, self.column), scores)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the mean of the target with and without the column."""
        output = rows.outputs[self.output]
        gone = _gaps(rows, self.column) > 0
        unit = "share" if output.share else output.unit
        effect = contrast(rows, output.values, [(gone, 1.0), (~gone, -1.0)], unit)
        said = [figure(float(output.values[mask].mean()), output.share, output.unit) for mask in (gone, ~gone)]
        sentence = (
            f"'{self.column}' is missing in {figure(float(gone.mean()), True)} of the rows, and that says something: "
            f"{mean_name(rows, output)} is {said[0]} where it is missing and {said[1]} elsewhere, "
            f"{difference(effect, output.share)}."
        )
        drawn = DrawnCurve(
            "", tuple(_level(rows, output.values, m, n) for m, n in ((gone, "missing"), (~gone, "there")))
        )
        return Discovery(
            "missingness",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            len(rows),
            abs(effect.value) / (float(output.values.std()) or 1.0),
            ModelAction(ActionKind.GAPS, self.columns),
            (drawn,),
        )


@dataclass(frozen=True)
class MissingWithColumn:
    """Whether a column is missing goes with a feature of another column, or with what that one lacks.

    Attributes
    ----------
    column : str
        The column with missing values.
    other : Feature
        A feature of another one.
    gaps : bool
        Whether it is the other's missing values, not its feature, that they go with.
    direction : float
        1 or -1.
    """

    column: str
    other: Feature
    gaps: bool
    direction: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The column with missing values, and the other one."""
        return (self.column, self.other.column)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test whether what is missing goes with the other column."""
        other = _gaps(rows, self.other.column) if self.gaps else feature_values(rows, self.other)
        return product_test(rows, _gaps(rows, self.column), self.direction * other)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say which share is missing in two parts of the other column."""
        gone, values = _gaps(rows, self.column), rows.values[self.other.column]
        high, low = self._parts(values)
        effect = contrast(rows, gone, [(high, 1.0), (low, -1.0)], "share")
        column = rows.column(self.other.column)
        names = (
            [f"'{column.name}' missing", f"'{column.name}' there"]
            if self.gaps
            else [part_name(column, values, mask) for mask in (high, low)]
        )
        said = [figure(float(gone[mask].mean()), True) for mask in (high, low)]
        if self.gaps:
            together = "are missing together" if self.direction > 0 else "are hardly ever missing together"
            sentence = (
                f"'{self.column}' and '{column.name}' {together}: '{self.column}' lacks in {said[0]} of the rows "
                f"that lack '{column.name}' and in {said[1]} of the others, {difference(effect, True)}."
            )
        else:
            sentence = (
                f"'{self.column}' is missing in {said[0]} of the rows where {names[0]} and in {said[1]} where "
                f"{names[1]}: {difference(effect, True)}."
            )
        drawn = DrawnCurve("", tuple(_level(rows, gone, m, n) for m, n in ((high, names[0]), (low, names[1]))))
        return Discovery(
            "missingness",
            self.columns,
            sentence,
            effect,
            evidence.p_value,
            len(rows),
            abs(effect.value),
            ModelAction(ActionKind.GAPS, (self.column,)) if rows.outputs else None,
            (drawn,),
        )

    def _parts(self, values: FloatArray) -> tuple[BoolArray, BoolArray]:
        known = np.isfinite(values)
        if self.gaps:
            return ~known, known
        if self.other.code is not None:
            return known & (values == self.other.code), known & (values != self.other.code)
        low, high = np.quantile(values[known], [1 / 3, 2 / 3])
        if low == high:
            return known & (values > low) if (values[known] > low).any() else known & (values >= low), known & (
                values <= low
            )
        return known & (values >= high), known & (values <= low)


def _level(rows: AnalysedRows, values: FloatArray, mask: BoolArray, name: str) -> Level:
    mean = contrast(rows, values, [(mask, 1.0)])
    return Level(name, mean.value, mean.low, mean.high, int(mask.sum()))


@dataclass(frozen=True)
class Missingness:
    """Columns of which 2% to 98% are missing, beside the target and beside every other column (Rubin 1976)."""

    name: str = "missingness"
    title: str = "Why values are missing"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return what missing values go with on these rows."""
        shares = {c.name: float(_gaps(rows, c.name).mean()) for c in rows.columns}
        lacking = [name for name, share in shares.items() if _SHARES[0] <= share <= _SHARES[1]]
        if not lacking:
            return Proposed((), 0)
        features = features_of(rows)
        with_gaps = [Feature(name) for name in lacking]
        matrix = feature_matrix(rows, features)
        gaps = np.column_stack([_gaps(rows, name) - shares[name] for name in lacking])
        beside_target: list[tuple[float, MissingWithTarget]] = []
        beside_columns: list[tuple[float, MissingWithColumn]] = []
        for place, name in enumerate(lacking):
            for k, output in enumerate(rows.outputs):
                z = float(screen(rows, gaps[:, [place]], rank_scores(output.values))[0])
                p = 2 * float(stats.norm.sf(abs(z)))
                if p < _LIKELY:
                    beside_target.append((p, MissingWithTarget(name, k, float(np.sign(z)))))
            z_all = np.concatenate([screen(rows, matrix, gaps[:, place]), screen(rows, gaps, gaps[:, place])])
            others = [*features, *with_gaps]
            z_all[[i for i, feature in enumerate(others) if feature.column == name]] = 0.0
            for start, end in ((0, len(features)), (len(features), len(others))):
                if start == end:
                    continue
                best = start + int(np.argmax(np.abs(z_all[start:end])))
                p = 2 * float(stats.norm.sf(abs(float(z_all[best])))) * (end - start)
                if p < 1:
                    direction = float(np.sign(z_all[best]))
                    found = MissingWithColumn(name, others[best], best >= len(features), direction)
                    beside_columns.append((p, found))
        # One output a column: the one that says most.
        strongest: dict[str, tuple[float, MissingWithTarget]] = {}
        for p, with_target in sorted(beside_target, key=lambda pair: pair[0]):
            strongest.setdefault(with_target.column, (p, with_target))
        ranked = sorted(strongest.values(), key=lambda pair: pair[0])[:_MOST]
        mutual: dict[tuple[bool, frozenset[str]], tuple[float, MissingWithColumn]] = {}
        for p, one in sorted(beside_columns, key=lambda pair: pair[0]):
            key = frozenset(one.columns) if one.gaps else frozenset([f"{one.column}\0", one.other.column])
            mutual.setdefault((one.gaps, key), (p, one))  # that two lack the same rows is one statement
        ranked_columns = sorted(mutual.values(), key=lambda pair: pair[0])[:_MOST]
        looked_at = len(lacking) * (len(rows.outputs) + len(features) + len(lacking))
        return Proposed([*(one for _, one in ranked), *(one for _, one in ranked_columns)], looked_at)
