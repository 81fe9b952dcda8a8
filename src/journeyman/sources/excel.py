"""Tables in workbooks: .xlsx and .xlsm by openpyxl; .xls, .xlsb and .ods by calamine."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from journeyman.arrow import pa
from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding, Severity
from journeyman.errors import SourceError
from journeyman.sources.batches import file_digest
from journeyman.sources.frames import FrameSource
from journeyman.sources.parsing.texts import text_of
from journeyman.sources.unit_rows import count_unit_rows

__all__ = ["ExcelSource"]

Row = tuple[Any, ...]
Range = tuple[tuple[int, int], tuple[int, int]]
_OPENPYXL = (".xlsx", ".xlsm")
_BAD = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError, IndexError, TypeError)
_MOST_BEFORE = 60
_SHOWN = 5
_DAY_0, _LAST_DAY = dt.datetime(1899, 12, 30), 2_958_466
_MERGED = re.compile(rb'<mergeCell ref="([A-Z0-9:]+)"')


@dataclass(frozen=True)
class _Sheet:
    """A sheet: whether people see it, what it holds, what cells are merged, and what formulas lack a result.

    ``merged`` gives ranges of rows and columns, counted from 0, both ends included; ``unknown`` the number of formulas
    without a result and the first one's place.
    """

    name: str
    visible: bool
    rows: Callable[[], list[Row]]
    merged: Callable[[], list[Range]]
    unknown: Callable[[], tuple[int, str]] = field(default=lambda: (0, ""))


class ExcelSource(FrameSource):
    """The first visible sheet of a workbook that holds a table, or the one that is asked for.

    Parameters
    ----------
    path : Path
        The file, unpacked.
    name : str
        What the user calls it.
    asked, expected : FileStyle
        What the user says, and where the training table was: only the sheet counts.

    Raises
    ------
    SourceError
        The file is no workbook, or holds no table.
    """

    def __init__(self, path: Path, name: str, asked: FileStyle, expected: FileStyle) -> None:
        self.path = path
        sheets = _sheets(path, name)
        sheet, rows = _chosen(sheets, name, asked.sheet, expected.sheet)
        rows, notes = _without_notes(rows)
        above, header, below = _split_header(_filled(rows))
        header, units, below = _join_header_lines(header, below)
        names = [str(n).strip() if n is not None and str(n).strip() else f"Unnamed: {i}" for i, n in enumerate(header)]
        if len(set(names)) < len(names):
            twice = next(n for i, n in enumerate(names) if n in names[:i])
            raise SourceError(f"{name} has two columns named {twice!r}", hint="give every column a name of its own")
        if not below:
            raise SourceError(f"{name} has a header but no rows", hint="give a table with rows")
        unknown, where = sheet.unknown()
        columns = [_column(c) for c in zip(*below, strict=True)]
        super().__init__(pa.table(columns, names=names), name)
        self.style = FileStyle(sheet=sheet.name if len(sheets) > 1 else None)
        self.findings = (
            *_about_choice(name, sheets, sheet, asked.sheet or expected.sheet, above),
            *_about_rows(name, above, units, notes),
            *_about_formulas(name, unknown, where),
            *_about_merged(name, _with_merged(sheet.rows(), merged) if (merged := sheet.merged()) else 0),
        )

    def digest(self) -> str:
        """Return the SHA-256 of the file."""
        return file_digest([self.path])


def _sheets(path: Path, name: str) -> list[_Sheet]:
    try:
        found = _by_openpyxl(path) if path.suffix.lower() in _OPENPYXL else _by_calamine(path)
    except _BAD as error:
        raise _damaged(path, name) from error
    if not found:
        raise SourceError(f"{name} holds no sheet with cells", hint="put the table on a sheet of its own")
    return found


def _damaged(path: Path, name: str) -> SourceError:
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        locked = file.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" and suffix in _OPENPYXL
    if locked:
        return SourceError(
            f"{name} is locked with a password, or an old .xls workbook", hint="save it as .xlsx without a password"
        )
    return SourceError(f"{name} is damaged or no {suffix} workbook", hint="save it again as .xlsx")


def _by_openpyxl(path: Path) -> list[_Sheet]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        states = [(s.title, s.sheet_state == "visible") for s in book.worksheets]
    finally:
        book.close()

    def rows(title: str) -> list[Row]:
        again = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = again[title]
            sheet.reset_dimensions()  # what other programs write there may be wrong
            return [tuple(row) for row in sheet.iter_rows(values_only=True)]
        finally:
            again.close()

    def unknown(title: str) -> tuple[int, str]:
        plain = openpyxl.load_workbook(path, read_only=True)
        results = openpyxl.load_workbook(path, read_only=True, data_only=True)
        count, first = 0, ""
        try:
            for formulas, values in zip(plain[title].iter_rows(), results[title].iter_rows(), strict=False):
                for formula, value in zip(formulas, values, strict=False):
                    if formula.data_type == "f" and value.value is None:
                        count += 1
                        first = first or str(formula.coordinate)
        finally:
            plain.close()
            results.close()
        return count, first

    def merged(title: str) -> list[Range]:
        again = openpyxl.load_workbook(path, read_only=True)
        try:
            # Without its cells, which a sheet in this mode does not keep, openpyxl tells no ranges; its text does.
            part = again[title]._worksheet_path
        finally:
            again.close()
        with zipfile.ZipFile(path) as archive:
            text = archive.read(part)
        found = _MERGED.findall(text[max(0, text.rfind(b"</sheetData>")) :])
        bounds = [range_boundaries(r.decode()) for r in found]
        return [((top - 1, left - 1), (bottom - 1, right - 1)) for left, top, right, bottom in bounds]

    quiet = not _has_formulas(path)
    return [_Sheet(t, v, _later(rows, t), _later(merged, t), _none if quiet else _later(unknown, t)) for t, v in states]


def _later(function: Callable[[str], Any], title: str) -> Callable[[], Any]:
    return lambda: function(title)


def _none() -> tuple[int, str]:
    return 0, ""


def _has_formulas(path: Path) -> bool:
    """Look for formulas in the sheets' text, which is far quicker than to read their cells again."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with archive.open(name) as sheet:
                    rest = b""
                    while block := sheet.read(1 << 20):
                        if b"<f>" in rest + block or b"<f " in rest + block:
                            return True
                        rest = block[-3:]
    return False


def _by_calamine(path: Path) -> list[_Sheet]:
    # Rust that only old and open formats need.
    import python_calamine as calamine  # noqa: PLC0415  # see the line above

    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except calamine.CalamineError as error:
        raise ValueError(str(error)) from error

    def rows(title: str) -> list[Row]:
        cells = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
        return [tuple(_cell(v) for v in row) for row in cells]

    def merged(title: str) -> list[Range]:
        return list(book.get_sheet_by_name(title).merged_cell_ranges or [])

    visible = calamine.SheetVisibleEnum.Visible
    return [
        _Sheet(s.name, s.visible == visible, _later(rows, s.name), _later(merged, s.name))
        for s in book.sheets_metadata
        if s.typ == calamine.SheetTypeEnum.WorkSheet
    ]


def _cell(value: Any) -> Any:
    """Return a cell as openpyxl would: nothing for an empty one, whole numbers as such."""
    if value == "":
        return None
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _chosen(sheets: Sequence[_Sheet], name: str, asked: str | None, expected: str | None) -> tuple[_Sheet, list[Row]]:
    """Return the sheet that is read and its rows."""
    titles = [s.name for s in sheets]
    if asked is not None and asked not in titles:
        near = difflib.get_close_matches(asked, titles, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(map(repr, titles[:_SHOWN]))}"
        raise SourceError(f"{name} has no sheet {asked!r}", hint=hint)
    for wanted in (asked, expected):
        if wanted in titles:
            sheet = sheets[titles.index(wanted)]
            rows = _read(sheet, name)
            filled = _filled(rows)
            if filled or wanted == asked:
                if not filled:
                    raise SourceError(f"the sheet {sheet.name!r} of {name} is empty", hint="name another with --sheet")
                return sheet, rows
    best: tuple[_Sheet, list[Row]] | None = None
    for sheet in sorted(sheets, key=lambda s: not s.visible):
        rows = _read(sheet, name)
        filled = _filled(rows)
        if _is_table(filled):
            return sheet, rows
        if filled and best is None and sheet.visible:
            best = sheet, rows
    if best is None:
        raise SourceError(f"no sheet of {name} holds a table", hint="put the table on a sheet, names in its first row")
    return best


def _read(sheet: _Sheet, name: str) -> list[Row]:
    try:
        rows = sheet.rows()
        _with_merged(rows, sheet.merged())
        return rows
    except _BAD as error:
        raise SourceError(f"the sheet {sheet.name!r} of {name} is damaged", hint="save the workbook again") from error


def _with_merged(rows: list[Row], ranges: Sequence[Range]) -> int:
    """Give every row that a merged cell goes over its value; return how many such cells there were."""
    first = next((i for i, row in enumerate(rows) if any(_there(v) for v in row)), len(rows))
    count = 0
    for (top, left), (bottom, right) in ranges:
        # One that goes over columns is a title, and one in the first row a header.
        if left != right or top <= first or top == bottom or top >= len(rows) or left >= len(rows[top]):
            continue
        count += 1
        for i in range(top + 1, min(bottom + 1, len(rows))):
            row = rows[i] + (None,) * (left + 1 - len(rows[i]))
            rows[i] = (*row[:left], rows[top][left], *row[left + 1 :])
    return count


def _filled(rows: Sequence[Row]) -> list[Row]:
    """Return rows that hold something, of one width, without empty columns at the edges."""
    some = [row for row in rows if any(_there(v) for v in row)]
    if not some:
        return []
    first = min(next(i for i, v in enumerate(row) if _there(v)) for row in some)
    last = max(max(i for i, v in enumerate(row) if _there(v)) for row in some) + 1
    return [(row + (None,) * last)[first:last] for row in some]


def _there(value: Any) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _is_table(rows: Sequence[Row]) -> bool:
    """Say whether a sheet is a table: two columns or more are filled in several rows, as no cover sheet's are."""
    _, header, below = _split_header(rows) if rows else ((), (), ())
    wide = [row for row in below if sum(_there(v) for v in row) >= min(2, len(header))]
    return len(header) >= 2 and len(wide) >= 2 and sum(_there(v) for v in header) >= 2 and 2 * len(wide) > len(below)


def _split_header(rows: Sequence[Row]) -> tuple[Sequence[Row], Row, list[Row]]:
    """Return what stands above the header, the header, and the rows: a title fills fewer cells than a header does."""
    counts = sorted(sum(_there(v) for v in row) for row in rows)
    usual = counts[len(counts) // 2]
    for i, row in enumerate(rows[:_MOST_BEFORE]):
        there = sum(_there(v) for v in row)
        if there > max(1, usual // 2) or usual == 1:
            return rows[:i], row, list(rows[i + 1 :])
    return (), rows[0], list(rows[1:])


def _without_notes(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Part a sheet from notes and small tables that stand below an empty row: they fill half as many cells or fewer."""
    counts = [sum(_there(v) for v in row) for row in rows]
    usual = sorted(n for n in counts if n)[sum(n > 0 for n in counts) // 2]
    last = max(i for i, n in enumerate(counts) if n > usual // 2)
    gap = next((i for i in range(last + 1, len(rows)) if not counts[i]), len(rows))
    return list(rows[:gap]), [row for row in rows[gap:] if any(_there(v) for v in row)]


def _join_header_lines(header: Row, below: list[Row]) -> tuple[Row, list[Row], list[Row]]:
    """Return the header with a second line of names below it, rows of units, and the rows."""
    if not below:
        return header, [], below
    first = below[0]
    blank = [i for i, v in enumerate(header) if not _there(v)]
    named = all(v is None or isinstance(v, str) for v in first) and all(_there(first[i]) for i in blank)
    numbers = any(isinstance(row[i], (int, float)) for row in below[1:] for i, v in enumerate(first) if _there(v))
    if blank and named and numbers:
        joined: list[Any] = []
        for i, (group, name) in enumerate(zip(header, first, strict=True)):
            group = (
                group if _there(group) or i == 0 else header[max((k for k in range(i) if _there(header[k])), default=0)]
            )
            joined.append(f"{group} {name}" if _there(name) and _there(group) else group if _there(group) else name)
        return tuple(joined), [], below[1:]
    texts = [["" if v is None else str(v) for v in row] for row in below[:60]]
    count = count_unit_rows(texts)
    return header, below[:count], below[count:]


def _about_choice(
    name: str, sheets: Sequence[_Sheet], sheet: _Sheet, wanted: str | None, above: Sequence[Row]
) -> Iterator[Finding]:
    others = [s.name for s in sheets if s.name != sheet.name]
    if others and wanted != sheet.name:
        shown = ", ".join(map(repr, others[:_SHOWN])) + (", ..." if len(others) > _SHOWN else "")
        hidden = "" if sheet.visible else " (hidden)"
        message = f"Of {name} the sheet {sheet.name!r}{hidden} was read; it has {shown}, too."
        severity = Severity.NOTE if sheet.visible else Severity.WARNING
        yield Finding("DQ036", severity, (), message, f"Name another with --sheet, as in --sheet {others[0]!r}.")


def _about_rows(name: str, above: Sequence[Row], units: Sequence[Row], notes: Sequence[Row]) -> Iterator[Finding]:
    places = ((above, "above the header"), (units, "that go on with the header"), (notes, "behind the table"))
    for rows, place in places:
        if rows:
            text = " ".join(str(v) for v in rows[0] if _there(v))[:40]
            lines = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} {place} ({text!r})"
            hint = "Take them out of the sheet where they are no part of the table."
            yield Finding("DQ034", Severity.NOTE, (), f"{name} has {lines}, left out.", hint)


def _about_formulas(name: str, count: int, where: str) -> Iterator[Finding]:
    if count:
        message = (
            f"{name} has {count:,} {'formula' if count == 1 else 'formulas'} without a result (first in {where}): "
            "the program that wrote it did not calculate them, and they were read as missing."
        )
        hint = "Open the workbook in Excel or LibreOffice and save it, then it holds the results."
        yield Finding("DQ037", Severity.WARNING, (), message, hint, {"formulas": count})


def _about_merged(name: str, count: int) -> Iterator[Finding]:
    if count:
        message = (
            f"{name} has {count:,} merged {'cell' if count == 1 else 'cells'} over several rows, read in each of them."
        )
        yield Finding("DQ036", Severity.NOTE, (), message, "Write the value into every row where that is wrong.")


def _column(values: Sequence[Any]) -> pa.Array:
    """Return cells as numbers, truth values or moments where they all are such, else as text."""
    kinds = {type(v) for v in values if v is not None}
    if kinds == {dt.datetime, int}:  # some cells of a column of dates lost their format
        days = [v for v in values if type(v) is int]
        if 2 * len(days) < len(values) and all(0 < v < _LAST_DAY for v in days):
            values = [_DAY_0 + dt.timedelta(days=v) if type(v) is int else v for v in values]
            kinds = {dt.datetime}
    if kinds and kinds <= {int, float}:
        return pa.array([None if v is None else float(v) for v in values]) if float in kinds else pa.array(values)
    if kinds == {bool}:
        return pa.array(values)
    if kinds and kinds <= {dt.datetime, dt.date}:
        moments = [dt.datetime(v.year, v.month, v.day) if type(v) is dt.date else v for v in values]
        return pa.array(moments, type=pa.timestamp("us"))
    return pa.array([text_of(v) for v in values], type=pa.string())
