"""Tables in text files: .csv, .tsv, .txt, packed or not, any delimiter and encoding; every value stays text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv

from journeyman.errors import SourceError
from journeyman.sources.batches import check_names, drawn, file_digest, to_frame, width
from journeyman.sources.dialects import sniffed, transcoded
from journeyman.sources.scratch import room_for, scratch_folder
from journeyman.sources.views import quoted, text_view

__all__ = ["TextSource"]

_BLOCK = 4 << 20
_FIRST = 1 << 20


class TextSource:
    """One text file.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SourceError
        The file is empty, has no rows, two columns of one name, or is no text.
    """

    all_texts = True

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self._dialect = sniffed(path)
        check_names(self._dialect.names, self.name)
        self._schema = pa.schema([pa.field(n, pa.string()) for n in self._dialect.names])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._dialect.names

    @cached_property
    def _plain(self) -> Path:
        """The file unpacked and in UTF-8, which both readers take; a copy only where it is not so itself."""
        if self.path.suffix.lower() != ".gz" and self._dialect.encoding in ("utf-8", "utf-8-sig"):
            return self.path
        plain = scratch_folder(self) / "table.csv"
        with room_for(self.name), plain.open("wb") as out:
            out.writelines(transcoded(self.path, self._dialect.encoding))
        return plain

    def _options(self) -> tuple[pa_csv.ParseOptions, pa_csv.ConvertOptions]:
        parse = pa_csv.ParseOptions(delimiter=self._dialect.delimiter, newlines_in_values=True)
        texts = dict.fromkeys(self.names, pa.string())
        return parse, pa_csv.ConvertOptions(column_types=texts, strings_can_be_null=False, check_utf8=True)

    def _reading(self, block: int) -> pa_csv.ReadOptions:
        # The header is ours already; its line is skipped as a row, since a name may hold a line break.
        return pa_csv.ReadOptions(column_names=list(self.names), skip_rows_after_names=1, block_size=block)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield all rows, some at a time."""
        parse, convert = self._options()
        try:
            with pa_csv.open_csv(self._plain, self._reading(_BLOCK), parse, convert) as reader:
                yield from reader
        except pa.ArrowInvalid as error:
            raise self._complaint(error) from error

    @cached_property
    def _rows(self) -> int:
        parse, convert = self._options()
        convert.include_columns = [self.names[0]]
        try:
            with pa_csv.open_csv(self._plain, self._reading(_BLOCK), parse, convert) as reader:
                return sum(batch.num_rows for batch in reader)
        except pa.ArrowInvalid as error:
            raise self._complaint(error) from error

    def rows(self) -> int:
        """Return the number of rows."""
        return self._rows

    def memory(self) -> int:
        """Return the bytes the table is expected to take in memory, judged by its first rows."""
        with self._plain.open("rb") as file:
            head = file.read(_FIRST)
        size = self._plain.stat().st_size
        if size > len(head):
            head = head[: head.rfind(b"\n") + 1]
        parse, convert = self._options()
        try:
            first = pa_csv.read_csv(io.BytesIO(head), self._reading(_FIRST + 1), parse, convert)
        except pa.ArrowInvalid:
            return 4 * size
        return int(size / max(1, len(head)) * first.num_rows * width(first))

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows as str columns; see :class:`journeyman.interfaces.Source`."""
        if limit_rows is not None and limit_rows < self.rows():
            return to_frame(drawn(self.batches(), self._schema, self.rows(), limit_rows, seed))
        parse, convert = self._options()
        try:
            table = pa_csv.read_csv(self._plain, self._reading(_BLOCK), parse, convert)
        except pa.ArrowInvalid as error:
            raise self._complaint(error) from error
        return to_frame(table)

    def relation(self, backend: Any) -> Any:
        """Return all rows as an Ibis table of text columns; an empty text is NULL."""
        columns = ", ".join(f"{quoted(n)}: 'VARCHAR'" for n in self.names)
        delimiter = self._dialect.delimiter.replace("\t", "\\t")
        return text_view(
            backend,
            f"SELECT * FROM read_csv({quoted(str(self._plain))}, auto_detect=false, header=true, "
            f"delim={quoted(delimiter)}, quote='\"', escape='\"', max_line_size=67108864, columns={{{columns}}})",
            self,
        )

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])

    def _complaint(self, error: Exception) -> SourceError:
        """Say in one line what the reader stumbled over."""
        ragged = self._ragged()
        if ragged is not None:
            line, fields = ragged
            return SourceError(
                f"{self.name} is ragged: line {line} has {fields} {'field' if fields == 1 else 'fields'} "
                f"where the header has {len(self.names)}",
                hint="quote values that hold the delimiter, or repair that line",
            )
        if "UTF8" in str(error):
            return SourceError(f"{self.name} is in a broken encoding (UTF-8 was expected)", hint="save it as UTF-8")
        return SourceError(f"{self.name} cannot be read as a table ({_first_line(error)})", hint="repair the file")

    def _ragged(self) -> tuple[int, int] | None:
        """Return the line where the first row of another width begins and its fields."""
        csv.field_size_limit(1 << 30)
        with self._plain.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=self._dialect.delimiter)
            line = 1
            for row in reader:
                if row and len(row) != len(self.names):
                    return line, len(row)
                line = reader.line_num + 1
        return None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120]
