"""Tables in JSON lines: one record a line, read through DuckDB, which takes each key as a column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from journeyman.errors import SourceError
from journeyman.sources.batches import check_names, drawn, file_digest, plain_table, to_frame, width
from journeyman.sources.dialects import opened
from journeyman.sources.views import quoted, text_view

__all__ = ["JsonLinesSource"]

_BATCH = 65_536
_KEPT = frozenset(["BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "BOOLEAN"])


class JsonLinesSource:
    """One file of JSON lines, packed or not.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SourceError
        The file is empty, a line is no JSON record, or a column holds nested values.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        try:
            with opened(path) as file:
                empty = not file.read(4096).strip()
        except (EOFError, OSError) as error:
            raise SourceError(f"{path.name} is a damaged gzip file", hint="pack or copy it again") from error
        if empty:
            raise SourceError(f"{path.name} is empty", hint="give a table with rows")
        found = self._described()
        self.names = tuple(found)
        check_names(self.names, self.name)
        for name, kind in found.items():
            if kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
                raise self._nested(name)
            if kind == "JSON":
                self._check_mixed(name)
        # Dates stay texts: how they are read is ours to decide and to tell. So do columns of several types.
        kept = ", ".join(f"{quoted(n)}: {quoted(k if k in _KEPT else 'VARCHAR')}" for n, k in found.items())
        self._scan = f"read_json({quoted(str(self.path))}, format='newline_delimited', columns={{{kept}}})"
        self._query = f"SELECT * FROM {self._scan}"

    def _nested(self, name: str) -> SourceError:
        return SourceError(
            f"column {name!r} of {self.name} holds nested values",
            hint="spread it over plain columns, or leave it out",
        )

    def _check_mixed(self, name: str) -> None:
        """Refuse a column of several types where one is a list or a record."""
        column = '"' + name.replace('"', '""') + '"'
        nested = f"SELECT count(*) FROM {self._guess} WHERE json_type({column}) IN ('OBJECT', 'ARRAY')"
        if self._run(nested).fetchall()[0][0]:
            raise self._nested(name)

    @property
    def _guess(self) -> str:
        return (
            f"read_json({quoted(str(self.path))}, format='newline_delimited', sample_size=-1, maximum_depth=2, "
            "convert_strings_to_integers=false, map_inference_threshold=-1)"
        )

    def _run(self, query: str) -> Any:
        try:
            return duckdb.connect().sql(query)
        except duckdb.Error as error:
            raise self._complaint(error) from error

    def _complaint(self, error: Exception) -> SourceError:
        words = str(error).splitlines()[0]
        at = words.rfind(" in line ")
        line = words[at:].split(".")[0].split(":")[0] if at >= 0 else ""
        return SourceError(
            f"{self.name} is no table of JSON lines: a record cannot be read{line}",
            hint="write one JSON object a line",
        )

    def _described(self) -> dict[str, str]:
        try:
            found = duckdb.connect().execute(f"DESCRIBE SELECT * FROM {self._guess}").fetchall()
        except duckdb.Error as error:
            raise self._complaint(error) from error
        return {str(name): str(kind) for name, kind, *_ in found}

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        connection = duckdb.connect()
        try:
            reader: Any = connection.execute(self._query).to_arrow_reader(_BATCH)
            for batch in reader:
                yield from plain_table(pa.Table.from_batches([batch]), self.name).to_batches()
        except duckdb.Error as error:
            raise self._complaint(error) from error

    @cached_property
    def _rows(self) -> int:
        return int(self._run(f"SELECT count(*) FROM {self._scan}").fetchall()[0][0])

    def rows(self) -> int:
        """Return the number of rows."""
        return self._rows

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory, judged by its first rows."""
        first = next(self.batches(), None)
        return 0 if first is None else self.rows() * width(pa.Table.from_batches([first]))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows, typed as they are; see :class:`journeyman.interfaces.Source`."""
        batches = self.batches()
        first = next(batches, None)
        if first is None:
            return pd.DataFrame({n: [] for n in self.names})
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(drawn(self.batches(), first.schema, self.rows(), limit_rows, seed))
        return to_frame(pa.Table.from_batches([first, *batches]))

    def relation(self, backend: Any) -> Any:
        """Return all rows as an Ibis table."""
        return text_view(backend, self._query, self)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])
