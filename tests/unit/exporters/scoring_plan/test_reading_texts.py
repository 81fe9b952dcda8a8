"""The reader of the plan reads texts as Journeyman's own readers do, but for what the page says it does not read."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import ParseStep
from journeyman.exporters.python_project.texts import Column as Reader
from journeyman.exporters.python_project.texts import read_column
from journeyman.exporters.scoring_plan.columns import plan_column
from journeyman.exporters.scoring_plan.draft import CannotSay
from journeyman.exporters.scoring_plan.text_form import text_word
from journeyman.sources.parsing import RowReader

ONE_TEXT = (
    "0|-0.0|1e-35|1e300|-1e300|5e-324|1e999|inf|nan|abc|| 12 |+7|007|.5|3.|1,234|1,234.5|12,34|1,2|1,23|1,2345|"
    "12 345.5|1'234'567|1_000|-1,234|1.234|1.234,5|12,5|1,5e-05|1.5e-05|'12'|=\"007\"|True|False|-9|-9.0|--5|5-5|1 2|"
    "\u00a05|1e5|1E-2|$12|12 $|-$5|1,234,56|0,123|1,2,3|1.2.3|e5|.|,|-|+"
)
NUMBERS = ONE_TEXT.split("|")
COLUMNS = (
    Column("plain", Kind.NUMBER, missing_markers=("-9", "none")),
    Column("comma", Kind.NUMBER, decimal=","),
    Column("money", Kind.NUMBER, unit="$"),
    Column("whole", Kind.INTEGER),
    Column("yes", Kind.BOOLEAN, categories=("no", "yes"), missing_markers=("n",)),
    Column("bit", Kind.BOOLEAN, categories=("0", "1"), missing_markers=("-1",)),
    Column("turned", Kind.BOOLEAN, categories=("true", "false")),
    Column("names", Kind.CATEGORY, categories=("a", "b b", "None", "-", "3", "2.5"), missing_markers=("b",)),
    Column("codes", Kind.CATEGORY, categories=("01234", "10001")),
    Column("spelled", Kind.CATEGORY, categories=("1", "1.0", "01")),
    Column(
        "day", Kind.DATETIME, date_formats=("%d.%m.%y", "%b %d, %Y"), century_start=1950, missing_markers=("01.01.00",)
    ),
    Column("hour", Kind.DATETIME, date_formats=("%m/%d/%Y %I:%M %p",)),
    Column("since", Kind.DATETIME, date_formats=("epoch_ms",)),
)
TEXTS = {
    "names": "a|b b|b|none|None|-|3|3.0|+3|03|2.50|2.5|nan|| a |'a'|\"b b\"|B B",
    "codes": "01234|1234|1234.0|10001|10001.0|01234.0|abc|",
    "spelled": "1|1.0|01|1.00|+1|",
    "yes": "yes|YES|no|n|y|1|0|1.0|true|OFF|2|abc||'yes'",
    "bit": "0|1|1.0|2|-1|-1.0|yes|inf|0.5|1e300|",
    "turned": "true|false|1|0|yes|no|T|",
    "day": "31.12.49|31.12.50|01.01.00|1.1.00|May 3, 2024|may 3, 2024|January 31, 1999|Feb 30, 2024|2000-01-01|"
    "2024-02-29|2024-02-30|2024-05-31T10:00:00+05:30|2024-05-31T10:00:00.123456Z|2024-05-31 10:00:00.5|"
    "2024-05-31 12:30||abc",
    "hour": "5/31/2024 1:05 PM|05/31/2024 12:00 am|13/1/2024 1:00 PM|5/31/2024 13:00 PM",
    "since": "0|1700000000123|-1.5|2.5|3.5|1e30|2024-05-31|",
}


def reader(column: Column) -> Reader:
    """Return the reader of a column as a project has it."""
    made = plan_column(column)
    words = [text_word(made.name), made.kind, made.decimal, text_word(made.unit), "0", "1", "2", str(made.century)]
    return read_column(words, [made.categories, made.missing, made.formats])


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: c.name)
def test_texts_are_read_alike(column: Column) -> None:
    texts = TEXTS[column.name].split("|") if column.name in TEXTS else NUMBERS
    wanted = RowReader((column,)).read({column.name: texts})[0][column.name]
    told = np.array([reader(column).value(text) for text in texts])
    unlike = ~((told == wanted) | (np.isnan(told) & np.isnan(wanted)))
    assert [(texts[i], told[i], wanted[i]) for i in np.flatnonzero(unlike)] == []


@pytest.mark.parametrize(
    ("column", "given", "wanted"),
    [
        (COLUMNS[0], [1.5, float("inf"), -9, None, float("nan"), True], [1.5, np.nan, np.nan, np.nan, np.nan, 1.0]),
        (COLUMNS[4], [True, False, "yes", None], [1.0, 0.0, 1.0, np.nan]),
        (COLUMNS[7], ["a", 3, 3.0, 2.5, None], [0.0, 4.0, 4.0, 5.0, -1.0]),
    ],
)
def test_typed_values_are_read(column: Column, given: list[object], wanted: list[float]) -> None:
    assert np.array_equal([reader(column).value(one) for one in given], wanted, equal_nan=True)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (Column("t", Kind.NUMBER, unit="h:min:s"), r"numbers written as h:min:s \(t\)"),
        (Column("t", Kind.NUMBER, unit="Dr/Cr"), "numbers written as Dr/Cr"),
        (Column("d", Kind.DATETIME, date_formats=("%Y Q%q",)), r"dates written as %Y Q%q \(d\)"),
        (Column("p", Kind.IMAGE), r"images \(p\)"),
    ],
)
def test_what_has_no_words_is_refused_by_name(column: Column, reason: str) -> None:
    with pytest.raises(CannotSay, match=reason):
        plan_column(column)
    assert ParseStep((column,)).columns  # it is a column that a release may have
