"""Groups of rows that were found without labels: how many, how sure, and what each is like."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["GroupCard", "Grouping", "NumberOfGroups"]


@dataclass(frozen=True)
class NumberOfGroups:
    """What was measured of one number of groups, by the way of grouping that did best with it.

    Attributes
    ----------
    k : int
        The number.
    method : str
        Way of grouping.
    strength : float
        Prediction strength, mean over halvings of the rows (Tibshirani and Walther 2005).
    error : float
        Its standard error over halvings.
    agreement : float
        Adjusted Rand index of groups that models of two halves give the same rows, mean over halvings.
    gap : float
        By how many standard deviations the groups are tighter than those of copies of the table without groups,
        the nearer of the two kinds of copy (after Tibshirani, Walther and Hastie 2001); NaN where it was not measured.
    """

    k: int
    method: str
    strength: float
    error: float
    agreement: float
    gap: float


@dataclass(frozen=True)
class GroupCard:
    """One group in words.

    Attributes
    ----------
    name : str
        Label of the group.
    rows : int
        Rows of the table in it.
    share : float
        Of all rows.
    telling : tuple of str
        What tells its rows from the others, most telling first.
    typical : tuple of (str, str)
        Columns and values of the row nearest to the middle of the group.
    position : int
        Of that row in the table, from 0.
    confidence : float
        Mean confidence of its rows.
    stability : float
        Jaccard similarity to the most alike group of a model of resampled rows, mean over resamples (Hennig 2007).
    former : str
        What it was called in the version before, and how much of it is the same; empty where there was none.
    """

    name: str
    rows: int
    share: float
    telling: tuple[str, ...]
    typical: tuple[tuple[str, str], ...]
    position: int
    confidence: float
    stability: float
    former: str = ""


@dataclass(frozen=True)
class Grouping:
    """All that was found about groups of a table.

    Attributes
    ----------
    k : int
        Groups; 1 where none were found.
    asked : int
        Groups that were asked for; 0 where the number was to be found.
    method : str
        Way of grouping.
    runner_up : int
        The number of groups that is next best; 0 where there is none.
    curve : tuple of NumberOfGroups
        By number.
    beyond_columns, beyond_one_mode : float
        Share of copies without groups in which groups are as tight: copies whose columns were shuffled, and copies
        with one mode and the same dependence of columns.
    reason : str
        Why so many groups, in words.
    columns : tuple of str
        That groups were learned from.
    described : tuple of str
        Columns that only describe them.
    cards : tuple of GroupCard
        In the order of the labels.
    outside : float
        Share of rows of the table that are in none of the groups.
    axes : tuple of str
        What the picture's axes are.
    points : tuple of (float, float, int)
        Rows of the picture: place, and position of the card; -1 for none of the groups.
    """

    k: int
    asked: int
    method: str
    runner_up: int
    curve: tuple[NumberOfGroups, ...]
    beyond_columns: float
    beyond_one_mode: float
    reason: str
    columns: tuple[str, ...]
    described: tuple[str, ...] = ()
    cards: tuple[GroupCard, ...] = ()
    outside: float = 0.0
    axes: tuple[str, ...] = ()
    points: tuple[tuple[float, float, int], ...] = field(default=())
