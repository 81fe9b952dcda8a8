"""Tables in text files, of any delimiter and encoding; every value stays text.

A file that plain readers read alike is read as it lies. Any other is written again first, once, and read from there:
whichever engine reads then, it sees the same rows (docs/decisions/0043).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from journeyman.arrow import pa, pa_csv
from journeyman.engines.frames import check_names, draw_rows, to_frame, width
from journeyman.entities.file_style import NO_QUOTE, FileStyle
from journeyman.entities.finding import Finding
from journeyman.errors import SourceError
from journeyman.interfaces import Relation, TableReader
from journeyman.sources.batches import file_digest
from journeyman.sources.dialects import Layout, find_layout, headless
from journeyman.sources.encodings import find_encoding, transcode
from journeyman.sources.fixed_width import divided, find_columns
from journeyman.sources.note_findings import text_findings
from journeyman.sources.rewrite import Rewritten, rewrite
from journeyman.sources.scan import count_plain_rows
from journeyman.sources.scratch import room_for, scratch_folder

__all__ = ["TextSource"]

_BLOCK = 4 << 20
_FIRST = 1 << 20
_PARTED = "parted.txt"


@dataclass(frozen=True)
class _Plain:
    """A text that every reader reads alike: in UTF-8, its header first, its quotes doubled."""

    path: Path
    delimiter: str
    rows: int


class TextSource:
    """One text file.

    Parameters
    ----------
    path : Path
        The file, unpacked.
    name : str
        What the user calls it.
    asked, expected : FileStyle
        What the user says of it, and how the training table was written.
    layout : Layout, optional
        How it is laid out, where that is known: of a piece of a file, which must be read as the whole is.

    Raises
    ------
    SourceError
        The file is empty, has two columns of one name, or is no text.
    """

    all_texts = True

    def __init__(
        self, path: Path, name: str, asked: FileStyle, expected: FileStyle, layout: Layout | None = None
    ) -> None:
        self.path = path
        self.name = name
        if not path.stat().st_size:
            raise SourceError(f"{name} is empty", hint="give a table with a header and rows")
        self._encoding = find_encoding(path, asked.encoding, expected.encoding)
        self._expected = expected
        self._layout = layout or find_layout(self._utf8, name, asked, expected)
        single = layout is None and len(self.names) == 1 and asked.delimiter is None
        places = find_columns(self._utf8) if single else None
        if places is not None:
            parted = scratch_folder(self) / _PARTED
            with room_for(name), parted.open("wb") as out:
                out.writelines(divided(self._utf8, places))
            self._utf8 = parted
            self._layout = find_layout(parted, name, replace(asked, delimiter="\t", quote=NO_QUOTE), expected)
        self._rewritten: Rewritten | None = None
        check_names(self.names, name)
        self._schema = pa.schema([pa.field(n, pa.string()) for n in self.names])

    def without_header(self, names: tuple[str, ...]) -> TextSource | None:
        """Return the same file read as rows only, below names that another file gives; None where it has a header."""
        layout = headless(self._layout, names)
        if layout is None:
            return None
        self._layout = layout
        self._schema = pa.schema([pa.field(n, pa.string()) for n in names])
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._layout.names

    @property
    def divisible_layout(self) -> Layout | None:
        """How any piece of its lines below its header is read; None where that depends on what is around them."""
        parted = self._utf8 != self.path or len(self.names) == 1
        return None if parted or self._layout.moved or not self._layout.dialect.plain else self._layout

    @property
    def style(self) -> FileStyle:
        """How the file is written."""
        dialect = self._layout.dialect
        if self._utf8.name == _PARTED:  # it has none
            return FileStyle(self._encoding.name.replace("utf-8-sig", "utf-8"))
        quote = None if dialect.quote == '"' else dialect.quote or NO_QUOTE
        return FileStyle(self._encoding.name.replace("utf-8-sig", "utf-8"), dialect.delimiter, quote)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed while reading, which may grow while rows are read."""
        return text_findings(self.name, self._encoding, self._layout, self._rewritten, self._expected)

    @cached_property
    def _utf8(self) -> Path:
        """The text in UTF-8; a copy only where it is not so itself."""
        if self._encoding.name in ("utf-8", "utf-8-sig") and not self._encoding.strays:
            return self.path
        copy = scratch_folder(self) / "utf-8.txt"
        with room_for(self.name), copy.open("wb") as out:
            out.writelines(transcode(self.path, self._encoding.name))
        return copy

    @property
    def _plain_layout(self) -> _Plain:
        rows = None if self._rewritten is not None else self._plain_row_count
        if rows is not None:
            return _Plain(self._utf8, self._layout.dialect.delimiter, rows)
        done = self._write_again()
        return _Plain(done.path, done.delimiter, done.rows)

    @cached_property
    def _plain_row_count(self) -> int | None:
        return count_plain_rows(self._utf8, self._layout)

    def _write_again(self) -> Rewritten:
        if self._rewritten is None:
            with room_for(self.name):
                out = scratch_folder(self) / "table.csv"
                self._rewritten = rewrite(self._utf8, self.name, self._layout, out)
        return self._rewritten

    def _options(self, plain: _Plain) -> tuple[pa_csv.ParseOptions, pa_csv.ConvertOptions]:
        parse = pa_csv.ParseOptions(delimiter=plain.delimiter, newlines_in_values=True)
        texts = dict.fromkeys(self.names, pa.string())
        return parse, pa_csv.ConvertOptions(column_types=texts, strings_can_be_null=False, check_utf8=True)

    def _reading(self, block: int) -> pa_csv.ReadOptions:
        # The header is ours already; its line is skipped as a row, since a name may hold a line break.
        return pa_csv.ReadOptions(column_names=list(self.names), skip_rows_after_names=1, block_size=block)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        done = 0
        while True:
            plain = self._plain_layout
            try:
                for batch in _skipping(self._stream(plain), done):
                    done += batch.num_rows
                    yield batch
            except pa.ArrowInvalid as error:
                self._mend(error)
            else:
                return

    def _stream(self, plain: _Plain) -> Iterator[pa.RecordBatch]:
        if plain.rows:
            parse, convert = self._options(plain)
            with pa_csv.open_csv(plain.path, self._reading(_BLOCK), parse, convert) as reader:
                yield from reader

    def _mend(self, error: pa.ArrowInvalid) -> None:
        """Let a text that the reader stumbles over be written again, which says where it cannot be read.

        Raises
        ------
        SourceError
            It cannot be read, or was written again already.
        """
        if self._rewritten is not None:
            raise SourceError(
                f"{self.name} cannot be read as a table ({str(error).splitlines()[0][:120]})", hint="repair the file"
            ) from error
        self._write_again()

    def rows(self) -> int:
        """Return the number of rows, counted by line ends outside of quotes and not by the reader."""
        return self._plain_layout.rows

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory, judged by its first rows."""
        plain = self._plain_layout
        with plain.path.open("rb") as file:
            head = file.read(_FIRST)
        size = plain.path.stat().st_size
        if size > len(head):
            head = head[: head.rfind(b"\n") + 1]
        parse, convert = self._options(plain)
        try:
            first = pa_csv.read_csv(io.BytesIO(head), self._reading(_FIRST + 1), parse, convert)
        except pa.ArrowInvalid:
            return 4 * size
        return int(size / max(1, len(head)) * first.num_rows * width(first))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows as str columns; see :class:`journeyman.interfaces.Source`."""
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(draw_rows(self.batches(), self._schema, self.rows(), limit_rows, seed))
        plain = self._plain_layout
        if not plain.rows:
            return to_frame(self._schema.empty_table())
        parse, convert = self._options(plain)
        try:
            table = pa_csv.read_csv(plain.path, self._reading(_BLOCK), parse, convert)
        except pa.ArrowInvalid as error:
            self._mend(error)
            return self.read(limit_rows, seed)
        if table.num_rows != plain.rows:
            raise SourceError(
                f"{self.name} has {plain.rows:,} rows, but {table.num_rows:,} were read",
                hint="look for quotes that are not closed, or give --quote none",
            )
        return to_frame(table)

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as texts; an empty text is null."""
        plain = self._plain_layout
        return reader.text(plain.path, len(self.names), plain.delimiter)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])


def _skipping(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches without the rows that were given already."""
    for batch in batches:
        if rows >= batch.num_rows:
            rows -= batch.num_rows
            continue
        yield batch.slice(rows) if rows else batch
        rows = 0
