"""Columns that say the same: groups of numbers that rise and fall together, and categories that name each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import ActionKind, Discovery, Evidence, ModelAction
from journeyman.interfaces import Proposed
from journeyman.stages.explore.cluster_tests import contrast, correlation_effect, rate_test
from journeyman.stages.explore.scores import Feature, feature_matrix, feature_values
from journeyman.stages.explore.wording import difference, interval

__all__ = ["EqualCategories", "Redundancy", "RedundantGroup"]

FloatArray = NDArray[np.float64]
_STRONG = 0.95
_CLAIMED = 0.9
_ROWS = 5_000
_MOST = 20
_MOST_CATEGORIES = 40
_MOST_CODES = 200
_NAMED = 6


@dataclass(frozen=True)
class RedundantGroup:
    """Numbers whose ranks correlate by 0.9 or more with those of the first."""

    columns: tuple[str, ...]

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test that the weakest correlation is above 0.9, by the mean squared difference of ranks."""
        weakest: Evidence | None = None
        for other in self.columns[1:]:
            u, v = (_standard(feature_values(rows, Feature(name))) for name in (self.columns[0], other))
            sign = 1.0 if np.nansum(u * v) >= 0 else -1.0
            found = rate_test(rows, 1.0 - (u - sign * v) ** 2 / 2.0, _CLAIMED)
            if found is None:
                return None
            weakest = found if weakest is None or found.statistic < weakest.statistic else weakest
        if weakest is None:
            return None
        return weakest if weakest.statistic > 0 else Evidence(1.0, weakest.statistic)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say the weakest correlation of the group."""
        first = feature_values(rows, Feature(self.columns[0]))
        effects = [correlation_effect(rows, first, feature_values(rows, Feature(n))) for n in self.columns[1:]]
        weakest = min(effects, key=lambda effect: abs(effect.value))
        more = f" and {len(self.columns) - 1 - _NAMED} more" if len(self.columns) - 1 > _NAMED else ""
        others = ", ".join(f"'{name}'" for name in self.columns[1 : 1 + _NAMED]) + more
        says = "say" if len(self.columns) > 2 else "says"
        sentence = (
            f"{others} {says} much the same as '{self.columns[0]}': rank correlation {interval(weakest)}"
            f"{' at least' if len(self.columns) > 2 else ''}."
        )
        return Discovery(
            "redundancy",
            self.columns,
            sentence,
            weakest,
            evidence.p_value,
            len(rows),
            abs(weakest.value),
            ModelAction(ActionKind.DROP, self.columns[1:]) if rows.outputs else None,
        )


@dataclass(frozen=True)
class EqualCategories:
    """A column of categories that another one tells: each of its categories goes with one here.

    Attributes
    ----------
    source, told : str
        The column that tells, and the one that it tells.
    codes : tuple of int
        By code of the first, the code of the second.
    """

    source: str
    told: str
    codes: tuple[int, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Both columns that the statement is about."""
        return (self.source, self.told)

    def test(self, rows: AnalysedRows) -> Evidence | None:
        """Test that more than nine of ten rows keep to it, and more than by naming the most frequent one."""
        right = self._agreement(rows)
        values = rows.values[self.told]
        known = values[np.isfinite(values)]
        if not len(known):
            return None
        usual = float(np.bincount(known.astype(np.int64)).max()) / len(known)
        found = rate_test(rows, right, max(_CLAIMED, (1.0 + usual) / 2.0))
        return found if found is None or found.statistic > 0 else Evidence(1.0, found.statistic)

    def describe(self, rows: AnalysedRows, evidence: Evidence) -> Discovery:
        """Say in which share of the rows it holds."""
        right = self._agreement(rows)
        effect = contrast(rows, right, [(np.isfinite(right), 1.0)], "share")
        sentence = (
            f"'{self.source}' tells '{self.told}': each of its categories goes with one, in "
            f"{difference(effect, True).removeprefix('+').replace(' points', '% of the rows')}."
        )
        action = ModelAction(ActionKind.DROP, (self.told,)) if rows.outputs else None
        return Discovery(
            "redundancy", self.columns, sentence, effect, evidence.p_value, len(rows), effect.value, action
        )

    def _agreement(self, rows: AnalysedRows) -> FloatArray:
        source, told = rows.values[self.source], rows.values[self.told]
        known = np.isfinite(source) & np.isfinite(told)
        codes = np.append(np.asarray(self.codes, dtype=np.float64), -1.0)
        place = np.where(known, np.minimum(np.nan_to_num(source), len(codes) - 1), len(codes) - 1).astype(np.int64)
        known &= codes[place] >= 0
        return np.where(known, (codes[place] == told).astype(np.float64), np.nan)


def _standard(values: FloatArray) -> FloatArray:
    known = np.isfinite(values)
    return np.asarray((values - values[known].mean()) / max(float(values[known].std()), 1e-300), dtype=np.float64)


@dataclass(frozen=True)
class Redundancy:
    """Groups of columns of numbers by their rank correlations, and columns of categories that others tell."""

    name: str = "redundancy"
    title: str = "Columns that say the same"

    def propose(self, rows: AnalysedRows) -> Proposed:
        """Return groups of columns that these rows cannot tell apart."""
        numbers = [c for c in rows.columns if not c.kind.categorical and self._varies(rows.values[c.name])]
        groups = self._groups(rows, tuple(Feature(c.name) for c in numbers))
        equal = self._equal(rows)
        looked_at = len(numbers) * (len(numbers) - 1) // 2
        return Proposed([*groups[:_MOST], *equal[:_MOST]], looked_at)

    @staticmethod
    def _varies(values: FloatArray) -> bool:
        known = values[np.isfinite(values)]
        return len(known) > 2 and len(np.unique(known)) > 2

    @staticmethod
    def _groups(rows: AnalysedRows, features: tuple[Feature, ...]) -> list[RedundantGroup]:
        if len(features) < 2:
            return []
        chosen = np.linspace(0, len(rows) - 1, min(len(rows), _ROWS)).astype(np.int64)
        u = feature_matrix(rows, features)[chosen].astype(np.float32)
        scale = np.sqrt((u**2).sum(axis=0))
        r = np.abs((u / np.where(scale > 0, scale, 1.0)).T @ (u / np.where(scale > 0, scale, 1.0)))
        free, groups = np.ones(len(features), dtype=bool), list[RedundantGroup]()
        # The column with the most that repeat it stands for them: each is compared with it alone.
        for place in np.argsort(-(r > _STRONG).sum(axis=0), kind="stable"):
            members = np.flatnonzero(free & (r[place] > _STRONG))
            if not free[place] or len(members) < 2:
                continue
            free[members] = False
            others = [features[m].column for m in members if m != place]
            groups.append(RedundantGroup((features[place].column, *others)))
        return groups

    @staticmethod
    def _equal(rows: AnalysedRows) -> list[EqualCategories]:
        columns = [c for c in rows.columns if c.kind.categorical and 2 <= len(c.categories) <= _MOST_CODES]
        columns = columns[:_MOST_CATEGORIES]
        found, told = list[EqualCategories](), set[str]()
        for one in columns:
            for other in columns:
                # The finer column tells the coarser one, never the other way round; of equals the first stays.
                if (
                    one is other
                    or other.name in told
                    or one.name in told
                    or len(one.categories) < len(other.categories)
                ):
                    continue
                a, b = rows.values[one.name], rows.values[other.name]
                known = np.isfinite(a) & np.isfinite(b)
                if known.sum() < 10 * len(one.categories):
                    continue
                cells = np.zeros((len(one.categories), len(other.categories)))
                np.add.at(cells, (a[known].astype(np.int64), b[known].astype(np.int64)), 1)
                kept = cells.max(axis=1).sum() / known.sum()
                usual = cells.sum(axis=0).max() / known.sum()
                if kept > _STRONG and usual < _STRONG and kept > (1 + usual) / 2:
                    codes = np.where(cells.sum(axis=1) > 0, cells.argmax(axis=1), -1)
                    found.append(EqualCategories(one.name, other.name, tuple(codes.tolist())))
                    told.add(other.name)
        return found
