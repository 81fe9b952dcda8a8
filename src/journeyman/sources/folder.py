"""A table spread over a folder of files of one format with the same columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pandas as pd
import pyarrow as pa

from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.sources.batches import drawn, file_digest, plain_table, to_frame, union_schema

__all__ = ["FolderSource", "Part"]


class Part(Source, Protocol):
    """A file of the folder."""

    @property
    def path(self) -> Path:
        """The file."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        ...

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        ...


class FolderSource:
    """Files read one after another, in the order of their names.

    Parameters
    ----------
    path : Path
        The folder.
    parts : sequence of Part
        Its files, opened.

    Raises
    ------
    SourceError
        A file has other columns than the first.
    """

    def __init__(self, path: Path, parts: Sequence[Part]) -> None:
        self.path = path
        self.name = path.name
        self._parts = tuple(parts)
        self.names = self._parts[0].names
        for part in self._parts[1:]:
            if set(part.names) != set(self.names):
                differ = sorted(set(part.names) ^ set(self.names))[0]
                raise SourceError(
                    f"{part.name} has other columns than {self._parts[0].name} (column {differ!r})",
                    hint="give a folder of files with the same columns",
                )

    @cached_property
    def _schema(self) -> pa.Schema:
        firsts = [next(part.batches(), None) for part in self._parts]
        return union_schema([f.select(list(self.names)).schema for f in firsts if f is not None])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        for part in self._parts:
            for batch in part.batches():
                table = pa.Table.from_batches([batch]).select(list(self.names))
                yield from plain_table(table, part.name).cast(self._schema).to_batches()

    @property
    def all_texts(self) -> bool:
        """Whether its files hold nothing but texts."""
        return all(getattr(part, "all_texts", False) for part in self._parts)

    def rows(self) -> int:
        """Return the number of rows."""
        return sum(part.rows() for part in self._parts)

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory."""
        return sum(part.memory() for part in self._parts)

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows; see :class:`journeyman.interfaces.Source`."""
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(drawn(self.batches(), self._schema, self.rows(), limit_rows, seed))
        return to_frame(pa.Table.from_batches(self.batches(), self._schema))

    def relation(self, backend: Any) -> Any:
        """Return all rows as an Ibis table."""
        first, *others = (part.relation(backend) for part in self._parts)
        kinds = {t.schema()[n] for t in (first, *others) for n in self.names}
        if len({tuple(t.schema()[n] for n in self.names) for t in (first, *others)}) > 1 and kinds:
            # Files that disagree on a type meet as text, which every column can be.
            first, *others = (t.mutate(**{n: t[n].cast("string") for n in self.names}) for t in (first, *others))
        out = first.select(*self.names)
        for other in others:
            out = out.union(other.select(*self.names))
        return out

    def digest(self) -> str:
        """Return the SHA-256 of the files, in order."""
        return file_digest([part.path for part in self._parts])
