"""A lake of tables: what is known of each, how one of them is joined, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column

__all__ = [
    "END",
    "KEY",
    "START",
    "ColumnSketch",
    "Join",
    "JoinKey",
    "JoinVerdict",
    "KeyForm",
    "KeyMatch",
    "LakeRequest",
    "LakeSearch",
    "LakeTable",
    "Listed",
    "LookupFile",
    "SearchedLake",
]

KEY, START, END = "__key__", "__start__", "__end__"
"""Columns of a table that is ready to be looked up, besides those that it brings."""


class KeyForm(StrEnum):
    """How the values of a key are compared.

    Attributes
    ----------
    EXACT
        As they are written, without blanks around them; 7 is 7.0.
    FOLDED
        Without case, accents, signs, blanks and leading noughts.
    MOMENT
        As moments, however they are written.
    """

    EXACT = "exact"
    FOLDED = "folded"
    MOMENT = "moment"


@dataclass(frozen=True)
class Listed:
    """A table that lies in a lake.

    Attributes
    ----------
    name : str
        Within the lake, without its ending.
    location : str
        What a source is opened by, relative to the lake where that is a folder.
    query : str or None
        SQL, where the lake is a database.
    size : int
        Bytes; 0 where that is not known.
    modified : float
        Seconds since 1970; 0 where that is not known.
    licence : str
        As a file beside it says; empty where none does.
    """

    name: str
    location: str
    query: str | None = None
    size: int = 0
    modified: float = 0.0
    licence: str = ""


@dataclass(frozen=True)
class ColumnSketch:
    """The distinct values of a column, as hashes.

    Attributes
    ----------
    column : Column
        Its name, kind, and how its values are read.
    rows, present, distinct : int
        Rows of the table, those with a value, and how many values differ once they are folded.
    hashes : ndarray of uint64, sorted
        Of the folded values; where ``complete`` is false the smallest ones only.
    complete : bool
        Whether all distinct values are among the hashes.
    whole : bool
        Whether all values are whole numbers, which columns of other things share by chance.
    """

    column: Column
    rows: int
    present: int
    distinct: int
    hashes: NDArray[np.uint64]
    complete: bool = True
    whole: bool = False

    @property
    def name(self) -> str:
        """Of the column."""
        return self.column.name

    @property
    def unique(self) -> bool:
        """Whether hardly a value is there twice."""
        return self.distinct >= 0.98 * max(self.present, 1)


@dataclass(frozen=True)
class LakeTable:
    """A table of a lake as its profile keeps it; ``error`` says why it cannot be read."""

    listed: Listed
    rows: int = 0
    columns: tuple[ColumnSketch, ...] = ()
    error: str = ""

    @property
    def name(self) -> str:
        """Within the lake."""
        return self.listed.name


@dataclass(frozen=True)
class JoinKey:
    """A column of the base table and the one of the other table that holds the same values."""

    base: Column
    other: Column
    form: KeyForm = KeyForm.EXACT


@dataclass(frozen=True)
class KeyMatch:
    """What two tables share: what a joiner is asked to make a join of.

    Attributes
    ----------
    table : LakeTable
        The other table.
    keys : tuple of JoinKey
        By which its rows are found; none where time alone does.
    unique : bool
        Whether a key has one row at most.
    time : Column or None
        When a row of the base table happened.
    times : tuple of Column
        Columns of the other table that say when its rows were known.
    span : tuple of Column
        From when and until when its rows hold, where two columns say so.
    via : str
        Name of the table that brings the keys, where the base table does not have them.
    """

    table: LakeTable
    keys: tuple[JoinKey, ...]
    unique: bool
    time: Column | None = None
    times: tuple[Column, ...] = ()
    span: tuple[Column, ...] = ()
    via: str = ""


@dataclass(frozen=True)
class Join:
    """How the columns of a table are fetched for a row.

    Attributes
    ----------
    table, listed
        Its name, and where it lies.
    kind : str
        Name of the joiner.
    keys : tuple of JoinKey
        As in :class:`KeyMatch`.
    time : Column or None
        Of the base table, where time decides which row is taken.
    starts : tuple of Column
        Of the other table: the latest of them says from when a row counts.
    end : Column or None
        Until when it counts.
    columns : tuple of Column
        Those of the other table that it reads to bring what it brings.
    via : str
        As in :class:`KeyMatch`.
    """

    table: str
    listed: Listed
    kind: str
    keys: tuple[JoinKey, ...]
    columns: tuple[Column, ...]
    time: Column | None = None
    starts: tuple[Column, ...] = ()
    end: Column | None = None
    via: str = ""

    @property
    def words(self) -> str:
        """By what it is joined, to be read: "dest = faa"."""
        pairs = [k.base.name if k.base.name == k.other.name else f"{k.base.name} = {k.other.name}" for k in self.keys]
        if self.time is not None:
            if self.end is not None:
                pairs.append(f"{self.starts[0].name} <= {self.time.name} < {self.end.name}")
            else:
                pairs.append(f"{' and '.join(c.name for c in self.starts)} < {self.time.name}")
        return ", ".join(pairs)


@dataclass(frozen=True)
class JoinVerdict:
    """What came of a table of the lake.

    Attributes
    ----------
    table : str
        Its name.
    join : Join or None
        How it was joined; None where it shares no key, or cannot be read.
    match_rate : float
        Share of the base table's rows that found a partner.
    lost : int
        Rows of the base table that found none.
    unused : int
        Rows of the other table that no row of the base table asked for.
    gain : float or None
        Out of fold, as a share of the loss without it; None where it was not measured.
    p_value : float or None
        That columns which say nothing would gain as much.
    accepted : bool
        Whether it is joined.
    reason : str
        Why, in a sentence.
    newest : str
        Day of its newest row by its own dates, or of its file; empty where neither is known.
    licence : str
        As :class:`Listed` says.
    seconds : float
        That it took to judge.
    """

    table: str
    join: Join | None
    reason: str
    accepted: bool = False
    match_rate: float = 0.0
    lost: int = 0
    unused: int = 0
    gain: float | None = None
    p_value: float | None = None
    newest: str = ""
    licence: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class LakeSearch:
    """What a search of a lake has found.

    Attributes
    ----------
    lake, base, target : str
        Where it was searched, for which table, and what is to be predicted.
    tables, read : int
        Tables of the lake, and how many of them were read anew; the others are known from before.
    verdicts : tuple of JoinVerdict
        The accepted ones first, then by what they gain.
    joins : tuple of Join
        What is joined, in this order; those that lead to another table bring its keys alone.
    rows : int
        Of the base table.
    loss, joined_loss : float
        Out of fold without joins and with all accepted ones; NaN where nothing was measured.
    measure : str
        What the loss is.
    seconds : float
        Of the whole search.
    notes : tuple of str
        What else there is to be said, a sentence each.
    """

    lake: str
    base: str
    target: str
    tables: int
    read: int
    rows: int
    verdicts: tuple[JoinVerdict, ...] = ()
    joins: tuple[Join, ...] = ()
    loss: float = float("nan")
    joined_loss: float = float("nan")
    measure: str = ""
    seconds: float = 0.0
    notes: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class LakeRequest:
    """What is searched for.

    Attributes
    ----------
    lake : str
        A folder, a SQLite file or a database URL.
    target : str
        Column to predict.
    time : str or None
        Column of the base table that says when a row happened: nothing from later is joined.
    seed : int
        Of samples and of noise.
    """

    lake: str
    target: str
    time: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class LookupFile:
    """A table that is looked up, as a release keeps it.

    Attributes
    ----------
    join : Join
        How its rows are found.
    content : bytes
        A Parquet file.
    kept : bool
        Whether its columns are learned from; else they only lead to another table.
    """

    join: Join
    content: bytes
    kept: bool = True


@dataclass(frozen=True)
class SearchedLake:
    """What was found in a lake, and the tables that are looked up because of it, in this order."""

    search: LakeSearch
    lookups: tuple[LookupFile, ...] = ()
