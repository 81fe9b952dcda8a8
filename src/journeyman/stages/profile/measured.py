"""What is measured of a column, wherever its rows are."""

from __future__ import annotations

import math
from dataclasses import dataclass

from journeyman.entities.column import Column, Kind

__all__ = ["SHARES", "TOP", "UNREPEATED", "Bins", "Measured", "bins_of", "is_measured", "of_moments"]

SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
"""Quantiles that a profile holds."""

TOP = 20
"""Most frequent values that a profile holds."""

UNREPEATED = 100_000
"""Distinct values from which a column that hardly repeats has no "most frequent" ones."""

_BINS = 20


@dataclass(frozen=True)
class Measured:
    """What one pass says of a column; moments are those of its numbers."""

    count: int
    distinct: int
    mean: float | None = None
    std: float | None = None
    skew: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    quantiles: tuple[float, ...] = ()


@dataclass(frozen=True)
class Bins:
    """Bins of equal width between two values."""

    low: float
    high: float
    number: int


def is_measured(column: Column) -> bool:
    """Return whether the column's values lie on a scale: numbers, booleans and dates."""
    return column.kind.numeric or column.kind is Kind.DATETIME


def bins_of(column: Column, measured: Measured) -> Bins | None:
    """Return 20 bins, or one a value where whole numbers are few; None where the values do not differ.

    Examples
    --------
    >>> bins_of(Column("k", Kind.INTEGER), Measured(9, 3, minimum=0.0, maximum=2.0))
    Bins(low=-0.5, high=2.5, number=3)
    """
    low, high = measured.minimum, measured.maximum
    if low is None or high is None or not math.isfinite(high - low) or low == high:
        return None
    if column.kind is Kind.INTEGER and high - low < _BINS:
        return Bins(low - 0.5, high + 0.5, round(high - low) + 1)
    return Bins(low, high, _BINS)


def of_moments(
    count: int,
    distinct: int,
    moments: tuple[float, float, float],
    anchor: tuple[float, float],
    ends: tuple[float, float],
    quantiles: tuple[float, ...],
) -> Measured:
    """Return what the mean, the mean square and the mean cube of anchored values say of a column.

    Parameters
    ----------
    anchor : (float, float)
        The centre that was taken off each value, and the scale it was then divided by.
    ends : (float, float)
        The least and the greatest value.
    """
    (z1, z2, z3), (centre, scale) = moments, anchor
    if not all(abs(z) < 1e100 for z in moments):  # numbers so far apart that nothing can be said of their powers
        return Measured(count, distinct, minimum=ends[0], maximum=ends[1], quantiles=quantiles)
    variance = max(z2 - z1**2, 0.0)
    if variance <= 1e-14 * max(z2, 1e-300) or ends[0] == ends[1]:
        variance = 0.0
    third = z3 - 3 * z1 * z2 + 2 * z1**3
    return Measured(
        count,
        distinct,
        mean=centre + scale * z1,
        std=scale * math.sqrt(variance * count / (count - 1)) if count > 1 else None,
        skew=third / variance**1.5 if variance > 0 else None,
        minimum=ends[0],
        maximum=ends[1],
        quantiles=quantiles,
    )
