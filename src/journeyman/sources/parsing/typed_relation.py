"""Columns of a source as numbers or texts, by the rules that read them into memory, written as Ibis expressions.

Everything here is portable: each engine runs the same expressions.
"""

from __future__ import annotations

import re
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.clocks import CLOCKS
from journeyman.sources.parsing.dates import EPOCHS

__all__ = ["typed_relation", "typed_values"]

_DATE_PARTS = {
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "m": r"(\d{1,2})",
    "d": r"(\d{1,2})",
    "b": r"([A-Za-z]{3})[a-z]*\.?",
    "B": r"([A-Za-z]{3})[a-z]*",
    "H": r"(\d{1,2})",
    "M": r"(\d{1,2})",
    "S": r"(\d{1,2})",
}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def typed_relation(relation: Any, columns: tuple[Column, ...]) -> Any:
    """Return the relation's columns as float64 (dates as seconds since 1970) or text, missing values as null.

    Parameters
    ----------
    relation : ibis.Table
        All rows of a source.
    columns : tuple of Column
        How each is read.
    """
    return relation.select(**{c.name: typed_values(relation[c.name], c) for c in columns})


def typed_values(raw: Any, column: Column) -> Any:
    """Return one raw column of a relation as float64 (dates as seconds since 1970) or text, missing values as null."""
    kind = raw.type()
    if kind.is_string():
        return _from_text(_without_markers(raw, column), column)
    if column.kind is Kind.DATETIME:
        return _epoch(raw, kind, column)
    if _on_a_scale(column) and (kind.is_numeric() or kind.is_boolean()):
        number = (raw.cast("int8") if kind.is_boolean() else raw).cast("float64")
        return _finite(_without_numbers(number, column))
    if _on_a_scale(column):
        return _from_text(_without_markers(raw.cast("string"), column), column)
    return _without_markers(raw.cast("string"), column)


def _on_a_scale(column: Column) -> bool:
    return column.kind.numeric or column.kind is Kind.DATETIME


def _finite(number: Any) -> Any:
    return ibis.cases((number.isnan() | number.isinf(), ibis.null("float64")), else_=number)


def _without_numbers(number: Any, column: Column) -> Any:
    marks = [float(m) for m in column.missing_markers if re.fullmatch(r"[+-]?\d+(\.\d*)?", m)]
    return ibis.cases((number.isin(marks), ibis.null("float64")), else_=number) if marks else number


def _without_markers(text: Any, column: Column) -> Any:
    bare = text.strip()
    marks = sorted({"", *(m.strip() for m in column.missing_markers)})
    return ibis.cases((bare.isin(marks), ibis.null("string")), else_=bare)


def _from_text(text: Any, column: Column) -> Any:
    if column.kind is Kind.BOOLEAN:
        names = column.categories if len(column.categories) == 2 else ("0", "1")
        low = text.lower()
        return ibis.cases((low == names[0].lower(), 0.0), (low == names[1].lower(), 1.0), else_=ibis.null("float64"))
    if column.kind is Kind.DATETIME:
        return _from_date_text(text, column)
    if not column.kind.numeric:
        return text
    if column.unit in CLOCKS:
        parts = [text.re_extract(r"^(\d+):(\d\d):?(\d\d)?", i).try_cast("float64") for i in (1, 2, 3)]
        return parts[0] * 3600 + parts[1] * 60 + parts[2].fill_null(0.0)
    text = text.re_replace(r"^\((.*)\)$", r"-\1").re_replace(r"^([^-]*)-$", r"-\1").replace("\u2212", "-")
    if column.unit:
        text = text.replace(column.unit, "")
    if column.decimal == ",":
        text = text.replace(".", "").replace(",", ".")
    # whatever else is no part of a number: thousands separators, currency signs, spaces of any width
    return _finite(text.re_replace(r"[^0-9eE+\-.]", "").try_cast("float64"))


def _epoch(raw: Any, kind: dt.DataType, column: Column) -> Any:
    if kind.is_numeric():
        return _finite(raw.cast("float64") * (_epoch_scale(column) / 1e6))
    return raw.cast("timestamp").epoch_seconds().cast("float64")


def _epoch_scale(column: Column) -> float:
    """Return the microseconds of one unit."""
    return EPOCHS.get(column.date_formats[0], 1e6) if column.date_formats else 1e6


def _from_date_text(text: Any, column: Column) -> Any:
    if column.date_formats and column.date_formats[0] in EPOCHS:
        return _epoch(text.try_cast("float64"), dt.float64, column)
    found = [_by_format(text, f) for f in column.date_formats]
    found = [f for f in found if f is not None] or [text.try_cast("timestamp")]
    return ibis.coalesce(*found).epoch_seconds().cast("float64")


def _by_format(text: Any, pattern: str) -> Any | None:
    """Return the time that a ``strptime`` format reads, or null; parts that are not understood end the reading.

    Written with regular expressions because parsing functions differ between engines, and fail on the first odd row.
    """
    parts: dict[str, int] = {}
    regex = "^"
    for piece in re.findall(r"%.|[^%]+", pattern):
        if piece[0] != "%":
            regex += re.escape(piece)
            continue
        if piece[1] not in _DATE_PARTS:
            break
        parts[piece[1]] = len(parts) + 1
        regex += _DATE_PARTS[piece[1]]
    month = next((k for k in "mbB" if k in parts), None)
    year = next((k for k in "Yy" if k in parts), None)
    if month is None or year is None:
        return None

    def part(letter: str, default: str) -> Any:
        return text.re_extract(regex, parts[letter]).lpad(2, "0") if letter in parts else ibis.literal(default)

    number = part(month, "")
    if month != "m":
        name = text.re_extract(regex, parts[month]).lower()
        number = ibis.cases(*((name == m, f"{i:02d}") for i, m in enumerate(_MONTHS, start=1)), else_="")
    century = text.re_extract(regex, parts[year])
    if year == "y":
        century = ibis.cases((century >= "69", ibis.literal("19") + century), else_=ibis.literal("20") + century)
    iso = century + "-" + number + "-" + part("d", "01")
    iso = iso + " " + part("H", "00") + ":" + part("M", "00") + ":" + part("S", "00")
    return iso.try_cast("timestamp")
