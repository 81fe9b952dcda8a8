"""Readers of one raw text of a column: the one place that says what a value means, in training and in service.

Each reader takes a raw text and returns the value as a block holds it, a missing value (NaN, -1, None), or
:data:`REFUSED` where there is a value that cannot be read (a text among numbers, a category never seen).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Final

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.clocks import CLOCKS
from journeyman.sources.parsing.dates import EPOCHS, read_date
from journeyman.sources.parsing.images import image_cell
from journeyman.sources.parsing.markers import is_missing_sign, is_missing_word
from journeyman.sources.parsing.numbers import LEDGERS, read_number
from journeyman.sources.parsing.texts import BLANKS, PLAIN, clean, number_text

__all__ = [
    "ISO_FORMATS",
    "REFUSED",
    "Cell",
    "Refused",
    "boolean_codes",
    "category_spelling",
    "cell_reader",
    "code_width",
    "date_cell",
    "date_formats",
    "is_counted_otherwise",
    "is_missing_number",
    "sentinel_moments",
    "sentinel_values",
]


class Refused:
    """The kind of :data:`REFUSED`."""


REFUSED: Final = Refused()
"""Stands for a value that is there but cannot be read."""

Cell = Callable[[str], object]
_NAN = float("nan")
_ZERO_LED = re.compile("0[0-9]")
_TRUE = ("true", "yes", "t", "y", "on", "1")
_FALSE = ("false", "no", "f", "n", "off", "0")

ISO_FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z",
)  # fmt: skip
"""Read in every column of dates, after its own formats: this is how programs write dates."""


def cell_reader(column: Column) -> Cell:
    """Return the reader of a column's raw texts.

    Examples
    --------
    >>> read = cell_reader(Column("price", Kind.NUMBER, unit="$"))
    >>> read("$1,200"), read("?"), read("cheap") is REFUSED
    (1200.0, nan, True)
    """
    if column.kind is Kind.BOOLEAN:
        return _boolean(column)
    if column.kind.numeric:
        return _number(column)
    if column.kind.categorical:
        return _category(column)
    if column.kind is Kind.DATETIME:
        return _date(column)
    return _image(column) if column.kind is Kind.IMAGE else _text(column)


def is_missing_number(text: str, column: Column) -> bool:
    """Tell whether a cleaned text stands for a missing number or date; words count, for they are no values here."""
    return text in column.missing_markers or is_missing_sign(text) or is_missing_word(text)


def sentinel_values(column: Column) -> frozenset[float]:
    """Return the numbers that stand for a missing value in a column."""
    return frozenset(float(m) for m in column.missing_markers if PLAIN.fullmatch(m))


def sentinel_moments(column: Column) -> frozenset[int]:
    """Return the dates, in microseconds since 1970, that stand for a missing value in a column."""
    read = (read_date(m, date_formats(column), column.century_start) for m in column.missing_markers)
    return frozenset(micros for micros in read if micros is not None)


def date_formats(column: Column) -> tuple[str, ...]:
    """Return all formats in which dates of a column are read."""
    return column.date_formats + tuple(f for f in ISO_FORMATS if f not in column.date_formats)


def boolean_codes(column: Column) -> dict[str, float]:
    """Return what each text, in lower case, means in a column of truth values."""
    codes = {name.lower(): float(i) for i, name in enumerate(column.categories[:2])}
    for value, names in ((0.0, _FALSE), (1.0, _TRUE)):
        for name in names:
            codes.setdefault(name, value)
    return codes


def _number(column: Column) -> Cell:
    sentinels, decimal, unit = sentinel_values(column), column.decimal, column.unit

    def read(raw: str) -> object:
        text = clean(raw)
        value = read_number(text, decimal, unit)
        if value is None:
            return _NAN if is_missing_number(text, column) else REFUSED
        return _NAN if value in sentinels else value

    return read


def code_width(categories: Sequence[str]) -> int:
    """Return the width of codes of digits that are all of one width and begin with zeros in part; 0 for others.

    Examples
    --------
    >>> code_width(("02134", "10001")), code_width(("2134", "10001")), code_width(("10", "20"))
    (5, 0, 0)
    """
    widths = {len(name) for name in categories}
    if len(widths) != 1 or not all(name.isdigit() for name in categories):
        return 0
    return widths.pop() if any(name[0] == "0" and len(name) > 1 for name in categories) else 0


def category_spelling(categories: Sequence[str]) -> str:
    """Return how a number in writing names a category: "" by its shortest text, "zeros" by its digits with zeros in
    front up to the width of the categories, "exact" not at all.

    Examples
    --------
    >>> category_spelling(("3", "4")), category_spelling(("02134", "10001")), category_spelling(("1", "1.0"))
    ('', 'zeros', 'exact')
    """
    if code_width(categories):
        return "zeros"
    return "exact" if _are_codes(categories) else ""


def is_counted_otherwise(unit: str | None) -> bool:
    """Tell whether numbers with a unit are times of day, or have words of bookkeeping for signs."""
    return unit in CLOCKS or unit in LEDGERS


def _are_codes(categories: Sequence[str]) -> bool:
    """Tell whether categories are texts of digits that a number would not tell apart, or not name."""
    numbers = [name for name in categories if PLAIN.fullmatch(name)]
    return len({float(name) for name in numbers}) < len(numbers) or any(_ZERO_LED.match(name) for name in numbers)


def _boolean(column: Column) -> Cell:
    codes, sentinels = boolean_codes(column), sentinel_values(column)
    # Columns of 0 and 1 are numbers like others, and may hold 2 one day; names such as yes and no may not.
    numbers = column.categories == ("0", "1")

    def read(raw: str) -> object:
        text = clean(raw)
        # A marker that the user named counts before a name such as "no".
        if text in column.missing_markers:
            return _NAN
        code = codes.get(text.lower())
        if code is None and PLAIN.fullmatch(text):
            number = float(text)
            if number in sentinels:
                return _NAN
            code = codes.get(number_text(number)) if math.isfinite(number) else None
            if code is None and numbers and math.isfinite(number):
                return number
        if code is None:
            return _NAN if is_missing_number(text, column) else REFUSED
        return code

    return read


def _category(column: Column) -> Cell:
    codes = {name: i for i, name in enumerate(column.categories)}
    width, by_number = code_width(column.categories), not _are_codes(column.categories)

    def read(raw: str) -> object:
        text = clean(raw)
        code = codes.get(text)
        if code is not None:
            return code
        if text in column.missing_markers or is_missing_sign(text) or is_missing_word(text):
            return -1
        if PLAIN.fullmatch(text):
            bare = number_text(float(text)) if not text.isdigit() else text
            if width and bare.isdigit():  # leading zeros that a spreadsheet has eaten
                code = codes.get(bare.zfill(width))
            elif by_number:
                code = codes.get(number_text(float(text)))
        return REFUSED if code is None else code

    return read


def date_cell(column: Column) -> Callable[[str], int | Refused | None]:
    """Return the reader of a column's dates: microseconds since 1970 in UTC, None where missing."""
    formats, century, sentinels = date_formats(column), column.century_start, sentinel_moments(column)
    scale = next((EPOCHS[f] for f in column.date_formats if f in EPOCHS), None)

    def read(raw: str) -> int | Refused | None:
        text = clean(raw)
        if text in column.missing_markers:
            return None
        if scale is not None and PLAIN.fullmatch(text):
            number = float(text) * scale
            micros = round(number) if abs(number) < 2**62 else None
        else:
            micros = read_date(text, formats, century)
        if micros is None:
            return None if is_missing_number(text, column) else REFUSED
        return None if micros in sentinels else micros

    return read


def _date(column: Column) -> Cell:
    micros_of = date_cell(column)

    def read(raw: str) -> object:
        micros = micros_of(raw)
        if isinstance(micros, Refused):
            return REFUSED
        return _NAN if micros is None else micros / 1e6

    return read


def _text(column: Column) -> Cell:
    whole = column.kind is Kind.TEXT

    def read(raw: str) -> object:
        text = raw.strip(BLANKS) if whole else clean(raw)
        return None if text in column.missing_markers or is_missing_sign(text) else text

    return read


def _image(column: Column) -> Cell:
    def read(raw: str) -> object:
        text = raw.strip(BLANKS)
        if text in column.missing_markers or is_missing_sign(text):
            return None
        try:
            return image_cell(text)
        except ValueError:
            return REFUSED

    return read
