"""The tables that a release looks its rows up in: Parquet files of its folder, and how rows are found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from journeyman.entities.lake import Join, LookupFile
from journeyman.errors import ReleaseError
from journeyman.joiners.lookups import Lookup, fetch_all, opened_lookups
from journeyman.sources.frames import frame_of
from journeyman.stores.facts import decode, encode

__all__ = ["ReleaseJoins", "framed", "lookup_files", "read_joins", "refuse_joins"]

_JOINS = "joins.msgpack"


@dataclass(frozen=True)
class _Stored:
    join: Join
    file: str
    kept: bool


def lookup_files(files: Sequence[LookupFile]) -> dict[str, bytes]:
    """Return the files of a release that hold its tables; none where it looks nothing up."""
    if not files:
        return {}
    stored = tuple(_Stored(one.join, f"lookups/{k}.parquet", one.kept) for k, one in enumerate(files))
    return {_JOINS: encode(stored), **{s.file: one.content for s, one in zip(stored, files, strict=True)}}


def read_joins(files: Mapping[str, bytes]) -> ReleaseJoins:
    """Return what a release looks up, by its files."""
    if _JOINS not in files:
        return ReleaseJoins(())
    stored: tuple[_Stored, ...] = decode(files[_JOINS], tuple[_Stored, ...])
    kept = tuple(LookupFile(s.join, files[s.file], s.kept) for s in stored)
    return ReleaseJoins(opened_lookups(kept), kept)


@dataclass(frozen=True)
class ReleaseJoins:
    """Tables that are looked up one after the other, and the files that they came from; none without joins."""

    lookups: tuple[Lookup, ...]
    files: tuple[LookupFile, ...] = ()

    @cached_property
    def brought(self) -> frozenset[str]:
        """Columns that rows need not bring, since they are fetched."""
        return frozenset(name for lookup in self.lookups for name in lookup.columns)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns that rows must bring to be looked up."""
        joins = [lookup.join for lookup in self.lookups]
        keys = [key.base.name for join in joins for key in join.keys]
        times = [join.time.name for join in joins if join.time is not None]
        return tuple(name for name in dict.fromkeys([*keys, *times]) if name not in self.brought)

    def fetched(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return raw rows with what is fetched for them; columns that they bring under such a name are replaced.

        Raises
        ------
        SchemaError
            Where a column lacks by which a table is joined.
        """
        if not self.lookups:
            return frame
        own = frame[[name for name in frame.columns if str(name) not in self.brought]]
        return fetch_all(own.set_axis([str(name).strip() for name in own.columns], axis=1), self.lookups)

    def widened(self, rows: object) -> object:
        """Return rows of any form with what is fetched for them; as they are where nothing is looked up."""
        return self.fetched(framed(rows)) if self.lookups else rows

    def fetched_rows(self, rows: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
        """Return rows one by one with what is fetched for them; a key that a row lacks is missing."""
        if not self.lookups or not rows:
            return list(rows)
        keys = {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in self.needed}
        frame = fetch_all(pd.DataFrame(keys, index=pd.RangeIndex(len(rows))), self.lookups)
        names = [name for name in frame.columns if name in self.brought]
        columns = [[_plain_value(value) for value in frame[name].tolist()] for name in names]
        told = zip(*columns, strict=True) if columns else iter([()] * len(rows))
        return [{**row, **dict(zip(names, values, strict=True))} for row, values in zip(rows, told, strict=True)]


def _plain_value(value: object) -> object:
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    return value.isoformat() if isinstance(value, pd.Timestamp) else value


def framed(rows: object) -> pd.DataFrame:
    """Return rows of any form, a mapping of lists and a list of mappings among them, as a frame."""
    if isinstance(rows, Mapping) or (isinstance(rows, Sequence) and not isinstance(rows, str)):
        rows = pd.DataFrame(rows)
    return frame_of(rows, "the table")


def refuse_joins(name: str, joins: ReleaseJoins, what: str) -> None:
    """Refuse what knows nothing of the tables that a release looks up.

    Raises
    ------
    ReleaseError
        Naming the first table.
    """
    if joins.lookups:
        table = joins.lookups[0].join.table
        raise ReleaseError(
            f"{name} fetches columns from {table}, which {what} cannot do",
            hint="use `journeyman predict` or `journeyman serve`, or build without --lake",
        )
