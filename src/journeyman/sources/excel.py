"""Tables in workbooks: the first sheet of an .xlsx file."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from journeyman.errors import SourceError
from journeyman.sources.batches import file_digest
from journeyman.sources.frames import FrameSource
from journeyman.sources.parsing.texts import text_of

__all__ = ["ExcelSource"]


class ExcelSource(FrameSource):
    """The first sheet of a workbook, whose first row that is not empty holds the names.

    Parameters
    ----------
    path : Path
        The file.

    Raises
    ------
    SourceError
        The file is no workbook, or its first sheet no table.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        header, rows = _sheet(path)
        names = [str(n).strip() if n is not None and str(n).strip() else f"Unnamed: {i}" for i, n in enumerate(header)]
        if len(set(names)) < len(names):
            twice = next(n for i, n in enumerate(names) if n in names[:i])
            raise SourceError(
                f"{path.name} has two columns named {twice!r}", hint="give every column a name of its own"
            )
        if not rows:
            raise SourceError(f"{path.name} has a header but no rows", hint="give a table with rows")
        columns = list(zip(*rows, strict=True))
        super().__init__(pa.table([_column(c) for c in columns], names=names), path.name)

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])


def _sheet(path: Path) -> tuple[Sequence[Any], Sequence[Sequence[Any]]]:
    """Return the header and the rows, all of one width, without empty rows and columns at the edges."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if any(v is not None for v in row)]
        finally:
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError, IndexError) as error:
        raise SourceError(f"{path.name} is damaged or no .xlsx workbook", hint="save it again as .xlsx") from error
    if not rows:
        raise SourceError(f"the first sheet of {path.name} is empty", hint="put the table on the first sheet")
    widest = max(max(i for i, v in enumerate(row) if v is not None) for row in rows) + 1
    filled = [(tuple(row) + (None,) * widest)[:widest] for row in rows]
    return filled[0], list(filled[1:])


def _column(values: Sequence[Any]) -> pa.Array:
    """Return cells as numbers, truth values or moments where they all are such, else as text."""
    kinds = {type(v) for v in values if v is not None}
    if kinds and kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values]) if float in kinds else pa.array(values)
    if kinds == {bool}:
        return pa.array(values)
    if kinds and kinds <= {dt.datetime, dt.date}:
        moments = [dt.datetime(v.year, v.month, v.day) if type(v) is dt.date else v for v in values]
        return pa.array(moments, type=pa.timestamp("us"))
    return pa.array([text_of(v) for v in values], type=pa.string())
