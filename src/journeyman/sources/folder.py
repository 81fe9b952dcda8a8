"""A table spread over a folder of files of one format, as Spark and Hive write it: empty parts, key=value folders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from journeyman.arrow import pa
from journeyman.engines.frames import check_names, draw_rows, to_frame
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, Source, TableReader, place
from journeyman.sources.batches import file_digest, plain_table, union_schema

__all__ = ["FolderSource", "Part"]


class Part(Source, Protocol):
    """A file of the folder."""

    @property
    def path(self) -> Path:
        """Path of the file, absolute."""
        ...


class FolderSource:
    """Files read one after another, in the order of their names.

    Parameters
    ----------
    path : Path
        The folder.
    parts : sequence of Part
        Its files, opened.
    keys : sequence of mapping of str to str or None
        For each file, columns that its folders name: ``year=2024/month=5/part-0.csv``.
    optional : bool
        Whether a file may lack columns, as records of JSON may.

    Raises
    ------
    SourceError
        A file has other columns than the first.
    """

    def __init__(
        self, path: Path, parts: Sequence[Part], keys: Sequence[Mapping[str, str | None]], optional: bool = False
    ) -> None:
        self.path = path
        self.name = path.name
        self._parts = tuple(parts)
        self._keys = tuple(keys)
        first = self._parts[0]
        own = tuple(dict.fromkeys(n for part in self._parts for n in part.names)) if optional else first.names
        self._own = own
        named = tuple(dict.fromkeys(k for key in self._keys for k in key if k not in own))
        self._folders = named
        self.names = (*own, *named)
        check_names(self.names, self.name)
        for part in self._parts[1:] if not optional else ():
            if set(part.names) != set(own):
                differ = sorted(set(part.names) ^ set(own))[0]
                raise SourceError(
                    f"{part.name} has other columns than {first.name} (column {differ!r})",
                    hint="give a folder of files with the same columns",
                )

    @property
    def style(self) -> FileStyle:
        """How the first file is written."""
        return self._parts[0].style

    @property
    def parts(self) -> tuple[Part, ...]:
        """Its files."""
        return self._parts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was decided while reading each file."""
        return tuple(finding for part in self._parts for finding in part.findings)

    @cached_property
    def _schema(self) -> pa.Schema:
        """The schema of all rows: that of the files together, and texts for what folders name."""
        empty = [part for part in self._parts if not part.rows()]
        firsts = [next(part.batches(), None) for part in self._parts if part not in empty]
        given = [self._with_all(f).schema for f in firsts if f is not None]
        own = union_schema(given) if given else pa.schema([pa.field(n, pa.string()) for n in self._own])
        return pa.schema([*own, *(pa.field(n, pa.string()) for n in self._folders)])

    def _with_all(self, batch: pa.RecordBatch) -> pa.Table:
        """Return rows of a file with all columns that files have, in one order."""
        columns = [batch.column(n) if n in batch.schema.names else pa.nulls(batch.num_rows) for n in self._own]
        return pa.Table.from_arrays(columns, names=list(self._own))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        for part, key in zip(self._parts, self._keys, strict=True):
            if not part.rows():
                continue
            for batch in part.batches():
                table = plain_table(self._with_all(batch), part.name)
                for name in self._folders:
                    table = table.append_column(name, pa.array([key.get(name)] * table.num_rows, pa.string()))
                yield from table.cast(self._schema).to_batches()

    @property
    def all_texts(self) -> bool:
        """Whether its files hold nothing but texts."""
        return all(getattr(part, "all_texts", False) for part in self._parts)

    def rows(self) -> int:
        """Return the number of rows."""
        return sum(part.rows() for part in self._parts)

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory."""
        return sum(part.memory() for part in self._parts if part.rows())

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows; see :class:`journeyman.interfaces.Source`."""
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(draw_rows(self.batches(), self._schema, self.rows(), limit_rows, seed))
        return to_frame(pa.Table.from_batches(self.batches(), self._schema))

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation, columns named by their place."""
        tables = [self._relation(reader, i) for i in range(len(self._parts)) if self._parts[i].rows()]
        if len({tuple(t.schema().values()) for t in tables}) > 1:
            # Files that disagree on a type meet as text, which every column can be.
            tables = [t.select(**{n: t[n].cast("string") for n in t.columns}) for t in tables]
        out = tables[0]
        for other in tables[1:]:
            out = out.union(other)
        return out

    def _relation(self, reader: TableReader, number: int) -> Relation:
        # A second and 100 MB that only tables beyond memory need.
        import ibis  # noqa: PLC0415  # see the line above

        part, key = self._parts[number], self._keys[number]
        table = part.relation(reader)
        columns: dict[str, Any] = {}
        for i, name in enumerate(self.names):
            if i < len(self._own):
                has = name in part.names
                columns[place(i)] = table[place(part.names.index(name))] if has else ibis.null("string")
            else:
                value = key.get(name)
                columns[place(i)] = ibis.null("string") if value is None else ibis.literal(value, "string")
        return table.select(**columns)

    def digest(self) -> str:
        """Return the SHA-256 of the files, in order."""
        return file_digest([part.path for part in self._parts])
