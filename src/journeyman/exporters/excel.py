"""An Excel workbook of a release: verdict, scores, drivers, findings, and a sheet to try other values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.entities.candidate import Refusal, needs_extra
from journeyman.entities.release_facts import FactColumn, FactKind, FactTable, ReleaseFacts
from journeyman.errors import ReleaseError
from journeyman.exporters.what_if_sheet import write_what_if
from journeyman.reports.words import number

__all__ = ["ExcelExporter"]

_MOST_TEXT = 32_000  # characters; a cell holds 32,767
_WIDEST = 60
_PLAIN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Text of a table stays text, whatever it begins with: a cell that says =1+1 is data, and nothing may run of it."""


@dataclass(frozen=True)
class ExcelExporter:
    """Writes one workbook, NAME.xlsx, with tables that filter, native charts, and formulas that people can follow.

    Every formula comes with its value, for programs that show a workbook without computing it.

    References
    ----------
    https://xlsxwriter.readthedocs.io/working_with_formulas.html (formula results)

    Examples
    --------
    >>> ExcelExporter().refreshed
    ('*',)
    """

    name: str = "excel"
    most_rows: int = 100_000
    refreshed: tuple[str, ...] = ("*",)

    def can_write(self) -> Refusal | None:
        """Return None, or that XlsxWriter is not installed."""
        return None if find_spec("xlsxwriter") is not None else needs_extra("excel")

    def write(self, facts: ReleaseFacts, folder: Path) -> None:
        """Write the workbook."""
        # Here and not above: XlsxWriter is an extra.
        import xlsxwriter  # noqa: PLC0415  # the one place that imports it

        with xlsxwriter.Workbook(folder / _file(facts), _PLAIN) as book:
            book.set_properties({"title": f"{facts.name} {facts.version}", "created": facts.written})
            style = _styles(book)
            _write_verdict(book, style, facts)
            _write_table(book, style, "Scores", facts.scores)
            _write_drivers(book, style, facts)
            findings = _write_table(book, style, "Findings", facts.findings)
            for row, texts in enumerate(facts.findings.rows.to_pylist(), start=1):
                findings.set_row(row, max(_height(text or "", _WIDEST) for text in texts.values()))
            if facts.monitoring.rows.num_rows:
                _write_monitoring(book, style, facts.monitoring)
            write_what_if(book, style, facts)
            for sheet in book.worksheets():
                sheet.set_landscape()
                sheet.fit_to_pages(1, 0)

    def check(self, facts: ReleaseFacts, folder: Path) -> None:
        """Read the workbook back: as many rows as were predicted, predictions as they were, no formula among them."""
        from openpyxl import load_workbook  # noqa: PLC0415  # it takes half a second to load

        book = load_workbook(folder / _file(facts), read_only=True)
        try:
            rows = list(book["Scores"].iter_rows(values_only=True))
        finally:
            book.close()
        header = [str(name) for name in rows[0]]
        place = header.index(_heading(facts.prediction))
        told = [row[place] for row in rows[1:]]
        wanted = facts.scores.rows[facts.prediction].to_pylist()
        same = len(told) == len(wanted) and all(_same(a, b) for a, b in zip(told, wanted, strict=True))
        if not same:
            raise ReleaseError(
                f"{_file(facts)} reads back with other predictions than were written",
                hint="report this with the versions of Journeyman and XlsxWriter",
            )


def _same(read: object, wanted: object) -> bool:
    if isinstance(wanted, float) and isinstance(read, int | float):
        return math.isclose(read, wanted, rel_tol=1e-12, abs_tol=1e-300)
    return read == (wanted or None)


def _file(facts: ReleaseFacts) -> str:
    return f"{facts.name}.xlsx"


def _styles(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 16}),
        "head": book.add_format({"bold": True, "bottom": 1}),
        "caption": book.add_format({"bold": True, "valign": "top"}),
        "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        "note": book.add_format({"italic": True, "font_color": "#555555", "text_wrap": True, "valign": "top"}),
        "input": book.add_format({"bg_color": "#FFF6D6", "border": 1, "border_color": "#C9B458"}),
        "input text": book.add_format(
            {"bg_color": "#FFF6D6", "border": 1, "border_color": "#C9B458", "num_format": "@"}
        ),
        "input date": book.add_format(
            {"bg_color": "#FFF6D6", "border": 1, "border_color": "#C9B458", "num_format": "yyyy-mm-dd", "align": "left"}
        ),
        "answer": book.add_format({"bold": True, "font_size": 14, "bg_color": "#E3F1E5", "border": 1}),
        "answer number": book.add_format(
            {"bold": True, "font_size": 14, "bg_color": "#E3F1E5", "border": 1, "num_format": "#,##0.00##"}
        ),
        "share": book.add_format({"num_format": "0.0%"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        **{f"decimals {d}": book.add_format({"num_format": f"#,##0{'.' if d else ''}{'0' * d}"}) for d in range(7)},
    }


def _write_verdict(book: Any, style: dict[str, Any], facts: ReleaseFacts) -> None:
    sheet = book.add_worksheet("Verdict")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.write_string(0, 0, f"{facts.name} {facts.version}", style["title"])
    row = 2
    for caption, text in (*facts.words, ("Written", f"{facts.written:%Y-%m-%d %H:%M} UTC")):
        sheet.write_string(row, 0, caption, style["caption"])
        sheet.write_string(row, 1, text, style["wrap"])
        sheet.set_row(row, _height(text, 95))
        row += 1
    sheet.write_string(row + 1, 0, "All scores", style["head"])
    sheet.write_string(row + 1, 1, facts.metrics.about, style["note"])
    values = facts.metrics.rows.to_pydict()
    for i, score in enumerate(values["score"]):
        value, low, high, base = (number(values[n][i], 4) for n in ("value", "low", "high", "without a model"))
        said = f"{value} ({low} to {high}); without a model {base}; {values['better'][i]} is better"
        sheet.write_string(row + 2 + i, 0, score, style["caption"])
        sheet.write_string(row + 2 + i, 1, said, style["wrap"])


def _height(text: str, width: int) -> float:
    """Return the points that a wrapped text takes; not every program fits rows to texts by itself."""
    return 15.0 * max(1, math.ceil(len(text) / width))


def _heading(name: str) -> str:
    return name[:250]


def _write_table(book: Any, style: dict[str, Any], title: str, table: FactTable) -> Any:
    """Write a sheet with one table that can be filtered and sorted."""
    sheet = book.add_worksheet(title)
    values = [table.rows[column.name].to_pylist() for column in table.columns]
    count = table.rows.num_rows
    for place, (column, cells) in enumerate(zip(table.columns, values, strict=True)):
        shown = style.get(_style(column, cells, title))
        _write_cells(sheet, place, column.kind, cells, shown)
        longest = max((len(str(v)) for v in cells[:500] if v is not None), default=0)
        width = min(_WIDEST, max(len(column.name) + 4, 12 if column.kind is FactKind.NUMBER else longest + 2))
        sheet.set_column(place, place, width, shown)
    headers = [{"header": _heading(column.name)} for column in table.columns]
    options = {"columns": headers, "name": f"{title}Table", "style": "Table Style Light 1"}
    sheet.add_table(0, 0, max(1, count), len(headers) - 1, options)
    sheet.freeze_panes(1, 0)
    return sheet


def _style(column: FactColumn, cells: list[Any], title: str) -> str:
    if column.kind is FactKind.MOMENT:
        return "date" if all(v is None or v.time() == datetime.min.time() for v in cells) else "moment"
    if column.kind is FactKind.TEXT and title == "Findings":
        return "wrap"
    if column.kind is not FactKind.NUMBER:
        return ""
    if column.name == "share" or column.name.startswith("probability of "):
        return "share"
    sizes = [abs(v) for v in cells if v]
    middle = float(np.median(sizes)) if sizes else 0.0
    return f"decimals {min(6, max(0, 3 - math.floor(math.log10(middle))))}" if middle > 0 else ""


def _write_cells(sheet: Any, place: int, kind: FactKind, cells: list[Any], shown: Any) -> None:
    for row, value in enumerate(cells, start=1):
        if value is None:
            continue
        if kind is FactKind.TEXT:
            sheet.write_string(row, place, value[:_MOST_TEXT], shown)
        elif kind is FactKind.BOOLEAN:
            sheet.write_boolean(row, place, value, shown)
        elif kind is FactKind.MOMENT:
            if value.year >= 1900:
                sheet.write_datetime(row, place, value, shown)
            else:  # Excel knows no earlier dates
                sheet.write_string(row, place, value.isoformat(sep=" "), shown)
        else:
            sheet.write_number(row, place, value, shown)


def _write_drivers(book: Any, style: dict[str, Any], facts: ReleaseFacts) -> None:
    sheet = _write_table(book, style, "Drivers", facts.drivers)
    count = min(15, facts.drivers.rows.num_rows)
    if not count:
        return
    chart = book.add_chart({"type": "bar"})
    names, shares = ([c.name for c in facts.drivers.columns].index(name) for name in ("column", "share"))
    chart.add_series(
        {
            "name": "share of importance",
            "categories": ["Drivers", 1, names, count, names],
            "values": ["Drivers", 1, shares, count, shares],
            "fill": {"color": "#3B6EA5"},
            "gap": 40,
        }
    )
    chart.set_title({"name": "What predictions rest on", "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#DDDDDD"}}})
    chart.set_size({"width": 620, "height": 80 + 26 * count})
    sheet.insert_chart(facts.drivers.rows.num_rows + 2, 1, chart)


def _write_monitoring(book: Any, style: dict[str, Any], table: FactTable) -> None:
    sheet = _write_table(book, style, "Monitoring", table)
    names = [column.name for column in table.columns]
    chart = book.add_chart({"type": "line"})
    count = table.rows.num_rows
    for name, colour in (("score", "#3B6EA5"), ("score when built", "#999999")):
        place = names.index(name)
        chart.add_series(
            {
                "name": name,
                "categories": ["Monitoring", 1, 0, count, 0],
                "values": ["Monitoring", 1, place, count, place],
                "line": {"color": colour, "width": 2},
            }
        )
    chart.set_title({"name": "Score of live predictions", "name_font": {"size": 12}})
    chart.set_x_axis({"date_axis": True, "num_format": "yyyy-mm-dd"})
    chart.set_size({"width": 720, "height": 320})
    sheet.insert_chart(1, len(names) + 1, chart)
