"""A table with the columns that other tables bring, read as any source is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pandas as pd

from journeyman.arrow import pa
from journeyman.engines.frames import raw_frames
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.entities.lake import LookupFile
from journeyman.interfaces import Relation, Source, TableReader
from journeyman.joiners.lookups import fetch_all, opened_lookups
from journeyman.sources.batches import source_is_typed, union_schema
from journeyman.sources.frames import FrameSource

__all__ = ["JoinedSource"]

_ROWS = 50_000


class JoinedSource:
    """The rows of a table, as many and in the same order, each with what was fetched for it.

    Parameters
    ----------
    base : Source
        The table.
    files : sequence of LookupFile
        What is looked up, in this order.

    Examples
    --------
    >>> JoinedSource(FrameSource(pd.DataFrame({"a": [1, 2]})), ()).read(None, 0)["a"].tolist()
    [1, 2]
    """

    def __init__(self, base: Source, files: Sequence[LookupFile]) -> None:
        self._base, self._files = base, tuple(files)
        self._lookups = opened_lookups(files)
        self.name = base.name
        brought = [name for one in self._lookups if one.kept for name in one.columns]
        self.names = tuple(dict.fromkeys([*base.names, *brought]))

    @property
    def base(self) -> Source:
        """The table without what is fetched."""
        return self._base

    @property
    def style(self) -> FileStyle:
        """How the table's own file is written."""
        return self._base.style

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Of the table's own reader."""
        return self._base.findings

    @property
    def all_texts(self) -> bool:
        """Whether the table's own file holds texts alone."""
        return not source_is_typed(self._base)

    def rows(self) -> int:
        """Return the number of rows, which is the table's own."""
        return self._base.rows()

    def memory(self) -> int:
        """Return the bytes that all rows are expected to take in memory."""
        return int(self._base.memory() * len(self.names) / max(len(self._base.names), 1))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows; see :class:`journeyman.interfaces.Source`."""
        return fetch_all(self._base.read(limit_rows, seed), self._lookups)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        for frame in raw_frames(self._base.batches(), _ROWS):
            yield from FrameSource(fetch_all(frame, self._lookups), self.name).batches()

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        parts = [pa.Table.from_batches([batch]) for batch in self.batches()]
        schema = union_schema([part.schema for part in parts])
        return reader.arrow(pa.concat_tables([part.cast(schema) for part in parts]))

    def digest(self) -> str:
        """Return a digest of the table and of all that is looked up."""
        digest = hashlib.sha256(self._base.digest().encode())
        for one in self._files:
            digest.update(one.content)
        return digest.hexdigest()
