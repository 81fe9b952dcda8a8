"""A profile: statistics of every column over all rows of the source, and how columns relate to the target."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.column import Kind

__all__ = ["ColumnProfile", "Profile"]


@dataclass(frozen=True)
class ColumnProfile:
    """Statistics of one column.

    Attributes
    ----------
    name, kind
        The column.
    missing : int
        Rows without a value.
    distinct : int
        Distinct values (estimated where the table is large).
    mean, std, minimum, maximum, skew : float or None
        Moments, numbers only (dates: seconds since 1970).
    quantiles : tuple of float
        At 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99; numbers and dates only.
    bin_edges, bin_counts : tuples
        Histogram: ``len(bin_edges) == len(bin_counts) + 1``; numbers and dates only.
    top_values, top_counts : tuples
        Most frequent values first, at most 20; categories, booleans and texts only.
    association : float or None
        Strength of the relation with the target alone, 0 to 1 (on the profile's sample, training rows only).
    """

    name: str
    kind: Kind
    missing: int
    distinct: int
    mean: float | None = None
    std: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    skew: float | None = None
    quantiles: tuple[float, ...] = ()
    bin_edges: tuple[float, ...] = ()
    bin_counts: tuple[int, ...] = ()
    top_values: tuple[str, ...] = ()
    top_counts: tuple[int, ...] = ()
    association: float | None = None


@dataclass(frozen=True)
class Profile:
    """Statistics of a table.

    Attributes
    ----------
    rows : int
        Rows of the source.
    trained_rows : int
        Rows held in memory, from which models learn.
    columns : tuple of ColumnProfile
        One a column, target included.
    correlations : tuple of (str, str, float)
        Strongest pairs of numbers, Pearson, at most 50.
    """

    rows: int
    trained_rows: int
    columns: tuple[ColumnProfile, ...]
    correlations: tuple[tuple[str, str, float], ...] = ()
