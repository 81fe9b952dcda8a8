"""Pieces of files, as a cluster's workers get them, read as the whole table is read on one machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from journeyman.arrow import pa, pc
from journeyman.entities.file_style import AS_FOUND, FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Source
from journeyman.sources import open_source
from journeyman.sources.batches import plain_table
from journeyman.sources.dialects import Layout
from journeyman.sources.jsonlines import JsonLinesSource
from journeyman.sources.text import TextSource

__all__ = [
    "FilePieces",
    "JsonPieces",
    "PieceReader",
    "RowPieces",
    "TextPieces",
    "WholeFiles",
    "kinds_of_piece",
    "merged_kinds",
]

Batches = Iterator[pa.RecordBatch]
_UTF8 = FileStyle(encoding="utf-8")
_UINT64 = (20, 0)
"""Precision and scale of the decimals that Spark reads unsigned numbers of 64 bits as."""


class PieceReader(Protocol):
    """Turns what the cluster read into raw columns, as a source gives them."""

    def read(self, start: int, pieces: Batches, name: str, noticed: list[Finding]) -> Batches:
        """Yield the rows of a piece that begins at a byte of a file with this name.

        ``noticed`` gets what was decided while it was read, once all rows are.

        Raises
        ------
        SourceError
            It cannot be read, or gave another number of rows than it has.
        """
        ...


@dataclass(frozen=True)
class FilePieces:
    """Pieces of files whose folders name columns, as ``year=2024`` does.

    Attributes
    ----------
    reader : PieceReader
        Reads what is in the files.
    names : mapping of int to str
        The name of each file, by its key.
    keys : mapping of int to mapping
        What its folders name.
    """

    reader: PieceReader
    names: Mapping[int, str]
    keys: Mapping[int, Mapping[str, str | None]] = field(default_factory=dict)

    def read(self, key: int, start: int, pieces: Batches, noticed: list[Finding]) -> Batches:
        """Yield the rows of a piece with the columns that its folders name, as texts behind the others."""
        folders = sorted({name for named in self.keys.values() for name in named})
        told = self.keys.get(key, {})
        for batch in self.reader.read(start, pieces, self.names[key], noticed):
            table = pa.Table.from_batches([batch])
            for name in folders:
                if name not in batch.schema.names:
                    table = table.append_column(name, pa.array([told.get(name)] * table.num_rows, pa.string()))
            yield from table.to_batches()


@dataclass(frozen=True)
class RowPieces:
    """Rows of Parquet files, as Spark's reader gives them."""

    def read(self, start: int, pieces: Batches, name: str, noticed: list[Finding]) -> Batches:
        """Yield plain columns."""
        for batch in pieces:
            table = pa.Table.from_batches([batch])
            for i, column in enumerate(table.schema):
                if pa.types.is_decimal(column.type) and (column.type.precision, column.type.scale) == _UINT64:
                    table = table.set_column(i, column.name, pc.cast(table.column(i), pa.uint64()))
            yield from plain_table(table, name).to_batches()


@dataclass(frozen=True)
class TextPieces:
    """Lines of texts that are all laid out alike.

    Attributes
    ----------
    layout : Layout
        Of every file.
    header : bytes
        Its first line, with its end.
    """

    layout: Layout
    header: bytes

    def read(self, start: int, pieces: Batches, name: str, noticed: list[Finding]) -> Batches:
        """Yield columns of texts."""
        with tempfile.TemporaryDirectory(prefix="journeyman-piece-") as folder:
            path = Path(folder) / "piece.csv"
            _write_lines(path, pieces, self.header if start else b"")
            yield from _checked(TextSource(path, name, _UTF8, AS_FOUND, self.layout), name)


@dataclass(frozen=True)
class JsonPieces:
    """JSON lines.

    Attributes
    ----------
    kinds : mapping
        Kinds of each file's columns, by the file's name: a file has one kind a column, whatever its pieces hold.
    schema : pyarrow.Schema
        Of all files together.
    """

    kinds: Mapping[str, Mapping[str, str]]
    schema: pa.Schema

    def read(self, start: int, pieces: Batches, name: str, noticed: list[Finding]) -> Batches:
        """Yield typed columns."""
        with tempfile.TemporaryDirectory(prefix="journeyman-piece-") as folder:
            path = Path(folder) / "piece.jsonl"
            _write_lines(path, pieces, b"")
            if not _has_lines(path):
                return
            source = JsonLinesSource(path, name, _UTF8, AS_FOUND, self.kinds[name])
            for batch in _checked(source, name):
                absent = pa.nulls(batch.num_rows)
                columns = [batch.column(n) if n in batch.schema.names else absent for n in self.schema.names]
                table = pa.Table.from_arrays(columns, names=self.schema.names)
                yield from table.cast(self.schema).to_batches()


@dataclass(frozen=True)
class WholeFiles:
    """Files that are read whole, of any kind that is read on one machine."""

    asked: FileStyle
    expected: FileStyle

    def read(self, start: int, pieces: Batches, name: str, noticed: list[Finding]) -> Batches:
        """Yield the columns that the file's own source gives."""
        with tempfile.TemporaryDirectory(prefix="journeyman-piece-") as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(next(pieces).column(0)[0].as_buffer())
            for _ in pieces:  # there is one
                pass
            source = open_source(str(path), None, self.asked, self.expected)
            yield from _checked(source, name)
            noticed.extend(source.findings)


def kinds_of_piece(name: str, pieces: Batches) -> dict[str, str]:
    """Return the kinds of the columns of a piece of JSON lines, without those that hold nothing."""
    with tempfile.TemporaryDirectory(prefix="journeyman-piece-") as folder:
        path = Path(folder) / "piece.jsonl"
        _write_lines(path, pieces, b"")
        if not _has_lines(path):
            return {}
        source = JsonLinesSource(path, name, _UTF8, AS_FOUND)
        empty = {n for n, kind in source.kinds.items() if kind == "string"}
        for batch in source.batches() if empty else ():
            empty = {n for n in empty if batch.column(n).null_count == batch.num_rows}
            if not empty:
                break
        return {n: kind for n, kind in source.kinds.items() if n not in empty}


def _checked(source: Source, name: str) -> Batches:
    rows = 0
    for batch in source.batches():
        rows += batch.num_rows
        yield batch
    there = source.rows()
    if rows != there:
        raise SourceError(
            f"a piece of {name} has {there:,} rows, but {rows:,} were read",
            hint="look for quotes that are not closed, or give --quote none",
        )


def _write_lines(path: Path, pieces: Batches, header: bytes) -> None:
    with path.open("wb") as out:
        out.write(header)
        for batch in pieces:
            lines = batch.column(0)
            lines = lines.view(pa.large_binary() if pa.types.is_large_string(lines.type) else pa.binary())
            ended = pc.binary_join_element_wise(lines, b"\n", b"")
            offsets = memoryview(ended.buffers()[1]).cast("q" if pa.types.is_large_binary(ended.type) else "i")
            out.write(memoryview(ended.buffers()[2])[offsets[ended.offset] : offsets[ended.offset + len(ended)]])


def _has_lines(path: Path) -> bool:
    with path.open("rb") as lines:
        return any(line.strip() for line in lines)


def merged_kinds(found: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return the kinds of a file's columns from those of its pieces, as they are found of the whole.

    Examples
    --------
    >>> merged_kinds([{"a": "int64", "b": "int64"}, {"a": "float64", "b": "bool", "c": "string"}])
    {'a': 'float64', 'b': 'string', 'c': 'string'}
    """
    kinds: dict[str, set[str]] = {}
    for one in found:
        for name, kind in one.items():
            kinds.setdefault(name, set()).add(kind)
    return {name: _merged(some) for name, some in kinds.items()}


def _merged(kinds: set[str]) -> str:
    whole = {"int64", "uint64", "int128"}
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds <= whole:
        return "int128"
    return "float64" if kinds <= whole | {"float64"} else "string"
