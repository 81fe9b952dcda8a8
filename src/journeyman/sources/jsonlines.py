"""Tables in JSON lines: one record a line, read through DuckDB, which takes each key as a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pandas as pd

from journeyman.arrow import pa
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.sources.batches import check_names, drawn, file_digest, plain_table, to_frame, width
from journeyman.sources.encodings import find_encoding, transcode
from journeyman.sources.scratch import room_for, scratch_folder
from journeyman.sources.views import one_file, place, quoted, text_view

__all__ = ["JsonLinesSource"]

_BATCH = 65_536
_PLACED = "placed.jsonl"
_KEPT = frozenset(["BIGINT", "UBIGINT", "HUGEINT", "DOUBLE", "BOOLEAN"])


class JsonLinesSource:
    """One file of JSON lines.

    Parameters
    ----------
    path : Path
        The file, unpacked.
    name : str
        What the user calls it.
    asked, expected : FileStyle
        What the user says of it, and how the training table was written; only the encoding counts.

    Raises
    ------
    SourceError
        The file is empty, a line is no JSON record, or a column holds nested values.
    """

    def __init__(self, path: Path, name: str, asked: FileStyle, expected: FileStyle) -> None:
        self.path = path
        self.name = name
        self.style = FileStyle()
        self.findings: tuple[Finding, ...] = ()
        encoding = find_encoding(path, asked.encoding, expected.encoding) if path.stat().st_size else None
        if encoding is None or not _has_text(path):
            raise SourceError(f"{name} is empty", hint="give a table with rows")
        self._lines = path
        if encoding.name not in ("utf-8", "utf-8-sig") or encoding.strays:
            self._lines = scratch_folder(self) / "utf-8.jsonl"
            with room_for(name), self._lines.open("wb") as out:
                out.writelines(transcode(path, encoding.name))
        found = self._described()
        self.names = tuple(found)
        if _may_collide(self.names):
            self.names = self._with_keys_by_place()
            found = dict(zip(self.names, self._described().values(), strict=True))
        check_names(self.names, self.name)
        columns = [place(i) for i in range(len(self.names))] if self._keys_are_positions else list(self.names)
        for column, (key, kind) in zip(columns, found.items(), strict=True):
            if kind.startswith(("STRUCT", "MAP", "UNION")) or kind.endswith("]"):
                raise self._nested(key)
            if kind == "JSON":
                self._check_mixed(column, key)
        # Dates stay texts: how they are read is ours to decide and to tell. So do columns of several types.
        kinds = [k if k in _KEPT else "VARCHAR" for k in found.values()]
        kept = ", ".join(f"{quoted(c)}: {quoted(k)}" for c, k in zip(columns, kinds, strict=True))
        scan = f"read_json({one_file(self._lines)}, format='newline_delimited', columns={{{kept}}})"
        chosen = ", ".join(f"{_quote_identifier(c)} AS {place(i)}" for i, c in enumerate(columns))
        self._query = f"SELECT {chosen} FROM {scan}"

    @property
    def _keys_are_positions(self) -> bool:
        """Whether the keys of the file that is read are places of columns."""
        return self._lines.name == _PLACED

    def _with_keys_by_place(self) -> tuple[str, ...]:
        """Write the lines again with c0, c1 ... for keys: DuckDB takes Age and age for one; return the keys."""
        decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
        keys: dict[str, str] = {}
        copy = scratch_folder(self) / _PLACED
        try:
            with room_for(self.name), copy.open("wb") as out, self._lines.open("rb") as lines:
                for line in lines:
                    if not line.strip():
                        continue
                    record = decoder.decode(line.removeprefix(b"\xef\xbb\xbf"))
                    for key in record:
                        keys.setdefault(key, place(len(keys)))
                    out.write(msgspec.json.encode({keys[key]: value for key, value in record.items()}) + b"\n")
        except msgspec.MsgspecError as error:
            raise self._complaint(error) from error
        self._lines = copy
        return tuple(keys)

    def _nested(self, name: str) -> SourceError:
        return SourceError(
            f"column {name!r} of {self.name} holds nested values",
            hint="spread it over plain columns, or leave it out",
        )

    def _check_mixed(self, column: str, name: str) -> None:
        """Refuse a column of several types where one is a list or a record."""
        nested = (
            f"SELECT count(*) FROM {self._guess} WHERE json_type({_quote_identifier(column)}) IN ('OBJECT', 'ARRAY')"
        )
        if self._run(nested).fetchall()[0][0]:
            raise self._nested(name)

    @property
    def _guess(self) -> str:
        return (
            f"read_json({one_file(self._lines)}, format='newline_delimited', sample_size=-1, maximum_depth=2, "
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
                named = pa.Table.from_batches([batch]).rename_columns(list(self.names))
                yield from plain_table(named, self.name).to_batches()
        except duckdb.Error as error:
            raise self._complaint(error) from error

    @cached_property
    def _rows(self) -> int:
        with self._lines.open("rb") as lines:
            return sum(1 for line in lines if line.strip())

    def rows(self) -> int:
        """Return the number of rows, counted by the lines that hold something."""
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
        """Return all rows as an Ibis table, columns named by their place."""
        return text_view(backend, self._query, self)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])


def _has_text(path: Path) -> bool:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            if block.strip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"):
                return True
    return False


def _may_collide(names: Sequence[str]) -> bool:
    """Say whether two keys may differ by case alone: then DuckDB has called the second one age_1."""
    lower = {name.lower() for name in names}
    return any(name.rpartition("_")[2].isdigit() and name.rpartition("_")[0].lower() in lower for name in names)


def _quote_identifier(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
