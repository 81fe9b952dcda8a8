"""How far a column's values have moved from the reference's: an effect size, and how much of it is beyond chance.

The size is the largest difference of the two distribution functions (numbers; a missing one counts as the least), or
the total variation distance (categories). A test alone would call every trifle drift once there are rows enough, and
a size alone would call noise drift while there are few: so the size has to be large *after* what chance can do is
taken off, for all columns together (Massart 1990 for the bound; Bonferroni for the columns).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["LEAST", "Effect", "column_effects", "distance", "responsible", "variation"]

FloatArray = NDArray[np.float64]
LEAST = 0.1
"""A difference of the distribution functions that is worth a word: one row in ten is elsewhere."""
_ALPHA = 1e-3
_MOST_NAMED = 5


@dataclass(frozen=True)
class Effect:
    """What has become of a column.

    Attributes
    ----------
    column : str
        Its name.
    size, low : float
        Effect size from 0 to 1, and the part of it that chance does not explain.
    words : str
        What changed, with figures.
    """

    column: str
    size: float
    low: float
    words: str

    @property
    def changed(self) -> bool:
        """Whether it is worth a word."""
        return self.low > LEAST


def distance(first: FloatArray, second: FloatArray) -> float:
    """Return the largest difference of two empirical distribution functions; NaN counts as the least value.

    Examples
    --------
    >>> distance(np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.0, 3.0]))
    0.333...
    """
    if not len(first) or not len(second):
        return 0.0
    a, b = (np.sort(np.nan_to_num(v, nan=-np.inf, posinf=np.inf, neginf=-np.inf)) for v in (first, second))
    points = np.concatenate([a, b])
    below = np.searchsorted(a, points, "right") / len(a) - np.searchsorted(b, points, "right") / len(b)
    return float(np.abs(below).max())


def variation(first: FloatArray, second: FloatArray) -> tuple[float, float]:
    """Return the total variation distance of codes, and what chance alone makes of it in the mean.

    Examples
    --------
    >>> variation(np.array([0.0, 0.0]), np.array([1.0, 1.0]))[0]
    1.0
    """
    codes, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    a = np.bincount(place[: len(first)], minlength=len(codes)) / max(1, len(first))
    b = np.bincount(place[len(first) :], minlength=len(codes)) / max(1, len(second))
    pooled = np.bincount(place, minlength=len(codes)) / max(1, len(place))
    spread = pooled * (1.0 - pooled) * (1.0 / max(1, len(first)) + 1.0 / max(1, len(second)))
    return float(np.abs(a - b).sum()) / 2.0, float(np.sqrt(2.0 / np.pi * spread).sum()) / 2.0


def column_effects(
    reference: Reference, rows: Block, columns: Sequence[Column], dependence: float = 1.0
) -> tuple[Effect, ...]:
    """Return each column's effect, the largest first.

    Parameters
    ----------
    rows : Block
        Live rows.
    dependence : float
        Live rows that count as one.
    """
    count = len(next(iter(rows.values()), np.empty(0)))
    if not count or not columns:
        return ()
    reach = float(np.sqrt(np.log(2.0 * len(columns) / _ALPHA) / 2.0))
    found = []
    for column in columns:
        live, before = numbers(rows[column.name]), numbers(reference.rows[column.name])
        chance = reach * float(np.sqrt(dependence / len(live) + 1.0 / len(before)))
        if column.kind.categorical:
            size, usual = variation(live, before)
            low = size - usual * float(np.sqrt(dependence)) - chance
        else:
            size = distance(live, before)
            low = size - chance
        words = _words(column, live, before) if low > LEAST else ""
        found.append(Effect(column.name, size, max(0.0, low), words))
    return tuple(sorted(found, key=lambda e: (-e.low, -e.size, e.column)))


def responsible(effects: Sequence[Effect], importance: Mapping[str, float]) -> tuple[str, ...]:
    """Return the changed columns that matter, the weightiest first: what moved most of what the model relies on.

    Examples
    --------
    >>> moved = [Effect("a", 0.5, 0.4, ""), Effect("b", 0.3, 0.2, ""), Effect("c", 0.9, 0.8, "")]
    >>> responsible(moved, {"a": 0.1, "b": 0.9, "c": 0.0})
    ('b', 'a')
    """
    weights = {e.column: e.low * (importance.get(e.column, 0.0) if importance else 1.0) for e in effects if e.changed}
    names = sorted((name for name, weight in weights.items() if weight > 0), key=lambda name: (-weights[name], name))
    return tuple(names[:_MOST_NAMED])


def _words(column: Column, live: FloatArray, before: FloatArray) -> str:
    if column.kind.categorical:
        codes = np.unique(np.concatenate([live, before]))
        each = [(float((live == code).mean()), float((before == code).mean()), int(code)) for code in codes]
        now, was, code = max(each, key=lambda s: abs(s[0] - s[1]))
        name = "missing or never seen" if code < 0 else f"'{_name(column, code)}'"
        return f"{column.name!r} is {name} in {now:.0%} of the rows, {was:.0%} before"
    lost = float(np.isnan(live).mean()), float(np.isnan(before).mean())
    if abs(lost[0] - lost[1]) > LEAST:
        return f"{column.name!r} is missing in {lost[0]:.0%} of the rows, {lost[1]:.0%} before"
    now, was = (float(np.nanmedian(v)) if np.isfinite(v).any() else float("nan") for v in (live, before))
    if column.kind is Kind.BOOLEAN:
        shares = f"{np.nanmean(live):.0%} of the rows, {np.nanmean(before):.0%} before"
        return f"{column.name!r} is {_name(column, 1)} in {shares}"
    if column.kind is Kind.DATETIME:
        days = [str(np.datetime64(int(v), "s"))[:10] for v in (now, was) if np.isfinite(v)]
        return f"{column.name!r} lies about {' now, before about '.join(days)}"
    if now == was:
        spans = [np.nanquantile(v, [0.1, 0.9]) for v in (live, before)]
        return (
            f"{column.name!r} lies mostly between {spans[0][0]:.4g} and {spans[0][1]:.4g}, "
            f"before between {spans[1][0]:.4g} and {spans[1][1]:.4g}"
        )
    return f"{column.name!r} has a median of {now:.4g}, {was:.4g} before"


def _name(column: Column, code: int) -> str:
    return column.categories[code] if 0 <= code < len(column.categories) else str(code)
