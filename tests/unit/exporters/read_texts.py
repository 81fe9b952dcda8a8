"""Texts of columns of each kind, and what a reader of the scoring plan must read of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.cells import cell_reader

__all__ = ["COLUMNS", "TEXTS", "wrongly_read"]

TEXTS = (
    *(
        "",
        " ",
        "7",
        " 7\t",
        "+7",
        "-0",
        "007",
        "7.",
        ".5",
        "1e3",
        "1E-2",
        "1e999",
        "inf",
        "nan",
        "0x10",
        "1_000",
        "abc",
    ),
    *(
        "1,234",
        "1,234.5",
        "1 234",
        "1'234'567",
        "0,123",
        "1.234",
        "1.234,5",
        "1.23",
        "12.3456",
        "-1,234",
        "0.1234567890123456789",
    ),
    *(
        "$7",
        "$ 1,200.50",
        "7 $",
        "7 km",
        "7km",
        '"7"',
        "'7'",
        '="007"',
        '"',
        "True",
        "False",
        "true",
        "YES",
        "no",
        "NEIN",
        "Да",
    ),
    *(
        "-9",
        "-9.0",
        "Bern",
        " Bern ",
        "bern",
        "3",
        "3.0",
        "+3",
        "03",
        "2134",
        "02134",
        "2134.0",
        "?",
        "n/a",
        "1",
        "0",
        "1e16",
    ),
    *("2024-05-31", "2024-02-30", "2024-05-31 12:30:45", "2024-05-31T12:30:45.1234567Z", "2024-05-31T10:00:00+05:30"),
    *("31/05/2024", "1/2/2024", "05/31/2024", "31.05.24", "31.05.68", "31.05.69", "5 sep. 2024", "5 September 2024"),
    *("May 5, 2024 01:30 PM", "may. 5, 2024 12:05 am", "13:30", "20240531", "1717158645", "0001-01-01", "9999-12-31"),
    *(
        "2024-05-31T23:59:59.999999",
        "2024-05-31T10:00:00-0330",
        "1800-01-01T00:00:00.1",
        "2024-05",
        "1,5",
        "1.5",
        "1,234,567",
        "12,34,567",
    ),
    *(
        "2024-05-31T24:00:00",
        "2024-05-31T24:00:01",
        "1,2345e2",
        "\u00a07\u200b",
        "179769313486231570" + "0" * 291,
        "0." + "0" * 400 + "1",
    ),
    *("9007199254740993", "2.2250738585072011e-308", "1717158645.5", "1.5e-7", "-$5", "1.234.567", "1.234.567,8"),
)
COLUMNS = (
    Column("plain", Kind.NUMBER),
    Column("marked", Kind.INTEGER, missing_markers=("-9", "abc")),
    Column("dollars", Kind.NUMBER, unit="$"),
    Column("far", Kind.NUMBER, unit="km"),
    Column("comma", Kind.NUMBER, decimal=","),
    Column("garden", Kind.BOOLEAN, categories=("no", "yes")),
    Column("garten", Kind.BOOLEAN, categories=("nein", "ja")),
    Column("сад", Kind.BOOLEAN, categories=("Нет", "да")),
    Column("bit", Kind.BOOLEAN, categories=("0", "1"), missing_markers=("-9",)),
    Column("city", Kind.CATEGORY, categories=("Bern", "3", "abc", "1e+16", "1.5e-07")),
    Column("code", Kind.CATEGORY, categories=("02134", "10001")),
    Column("exact", Kind.CATEGORY, categories=("3", "3.0", "03")),
    Column("marked city", Kind.CATEGORY, categories=("Bern", "3"), missing_markers=("bern", "+3")),
    Column("day", Kind.DATETIME, date_formats=("%d/%m/%Y", "%d.%m.%y"), missing_markers=("1/2/2024",)),
    Column("named", Kind.DATETIME, date_formats=("%d %b %Y", "%b %d, %Y %I:%M %p")),
    Column("short", Kind.DATETIME, date_formats=("%Y%m%d",)),
    Column("month", Kind.DATETIME, date_formats=("%Y-%m",)),
    Column("stamp", Kind.DATETIME, date_formats=("epoch_s",)),
)
_READ_MORE = frozenset(("-$5", "12,34,567"))
"""Numbers that Journeyman reads and the scoring plan does not: the last has groups as in India."""


def wrongly_read(found: Sequence[Sequence[float]]) -> list[str]:
    """Return which values of TEXTS, column by column, are not those that Journeyman itself reads."""
    wrong = []
    for column, values in zip(COLUMNS, found, strict=True):
        read = cell_reader(column)
        nothing = -1.0 if column.kind.categorical else math.nan
        for text, value in zip(TEXTS, values, strict=True):
            own = read(text)
            wanted = float(own) if isinstance(own, int | float) else nothing
            same = (math.isnan(value) and math.isnan(wanted)) or (
                value == wanted and math.copysign(1, value) == math.copysign(1, wanted)
            )
            if not same and not (column.kind.numeric and text in _READ_MORE):
                wrong.append(f"{column.name}: {text!r} is {value}, and {wanted} was expected")
    return wrong
