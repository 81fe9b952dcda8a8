"""What training reads and what a served row reads is the same, whatever comes in."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block, to_block
from journeyman.errors import SchemaError
from journeyman.sources.parsing import RowReader, UserOverride, infer_column, parse
from journeyman.sources.parsing.dates import read_date, read_dates, readable_by
from journeyman.sources.parsing.reading import plain_numbers
from journeyman.sources.parsing.separators import count_few_votes, count_votes
from journeyman.sources.parsing.texts import PLAIN

import pyarrow as pa  # isort: skip

COLUMNS = (
    Column("x", Kind.NUMBER, missing_markers=("-999", "gone")),
    Column("x", Kind.NUMBER, unit="$"),
    Column("x", Kind.NUMBER, unit="km", decimal=","),
    Column("x", Kind.INTEGER),
    Column("x", Kind.BOOLEAN, categories=("0", "1")),
    Column("x", Kind.BOOLEAN, categories=("No", "Yes"), missing_markers=("t",)),
    Column("x", Kind.CATEGORY, categories=("1", "True", "a", "b c", "none"), missing_markers=("unknown",)),
    Column("x", Kind.ORDERED, categories=("low", "mid", "high")),
    Column("x", Kind.DATETIME, date_formats=("%d/%m/%Y", "%b-%y"), century_start=1914),
    Column("x", Kind.DATETIME, date_formats=("%d/%m/%Y",), missing_markers=("01/01/1900",)),
    Column("x", Kind.DATETIME, date_formats=("epoch_s",)),
    Column("x", Kind.DATETIME, native=True),
    Column("x", Kind.TEXT),
    Column("x", Kind.IDENTIFIER, missing_markers=("none",)),
    Column("x", Kind.CONSTANT),
)

WORDS = st.sampled_from(
    [
        *("", " ", "?", "NA", "n/a", "-", "none", "None", "unknown", "gone", "-999", "-999.0", "1", "1.0", "01", "+1"),
        *("1e3", "1e400", "nan", "inf", "-inf", "0x1F", "1_000", "1,234.5", "1.234,5", "$5", "$1,200", "5 km", "7km"),
        *(
            "5 kg",
            "12%",
            "(3)",
            "90+",
            "<5",
            "true",
            "True",
            "FALSE",
            "yes",
            "no",
            "t",
            "a",
            " a",
            "'a'",
            '"b c"',
            "''",
        ),
        *("low", "high", "3/4/2020", "31/12/1999", "31/02/2020", "01/01/1900", "Aug-62", "Mar-05", "2020-01-02"),
        *("2020-01-02 03:04:05", "2020-01-02T03:04:05.123456+02:00", "1553372469", "1e20", "٣", "1٠", "\ufeffa"),
        *("a\u00a0", "\x1f1"),
    ]
)
NUMBERS = st.one_of(st.integers(-(10**20), 10**20), st.floats(allow_nan=True, allow_infinity=True), st.booleans())
MOMENTS = st.datetimes(min_value=dt.datetime(1678, 1, 1), max_value=dt.datetime(2261, 1, 1))
VALUES = st.one_of(WORDS, st.text(max_size=12), NUMBERS, MOMENTS, st.dates(), st.none())


def same(one: Block, two: Block) -> None:
    assert one.keys() == two.keys()
    for name in one:
        assert one[name].dtype == two[name].dtype
        if one[name].dtype == object:
            assert list(one[name]) == list(two[name])
        else:
            np.testing.assert_array_equal(one[name], two[name])


def both(raw: list[Any], series: pd.Series, column: Column) -> None:
    trained = to_block(pd.DataFrame({"x": parse(series, column)}), (column,))
    served, _ = RowReader((column,)).read({"x": raw})
    same(trained, served)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: f"{c.kind}-{c.unit or c.decimal}-{len(c.missing_markers)}")
@given(raw=st.lists(VALUES, max_size=30))
@settings(max_examples=25)
@pytest.mark.slow
def test_any_objects(column: Column, raw: list[Any]) -> None:
    both(raw, pd.Series(raw, dtype=object), column)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: f"{c.kind}-{c.unit or c.decimal}-{len(c.missing_markers)}")
@given(raw=st.lists(st.one_of(WORDS, st.text(max_size=12)), max_size=30))
@settings(max_examples=25)
def test_texts(column: Column, raw: list[str]) -> None:
    both(raw, pd.Series(raw, dtype="str"), column)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: f"{c.kind}-{c.unit or c.decimal}-{len(c.missing_markers)}")
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool", "boolean", "Int64", "datetime64[us]"])
@given(data=st.data())
@settings(max_examples=6)
@pytest.mark.slow
def test_typed_columns(column: Column, dtype: str, data: st.DataObject) -> None:
    values: st.SearchStrategy[Any] = {
        "float64": st.floats() | st.sampled_from([-999.0, 1.0, 0.0, 1.5e9]),
        "float32": st.floats(width=32),
        "int64": st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -999, 1553372469]),
        "bool": st.booleans(),
        "boolean": st.booleans() | st.none(),
        "Int64": st.integers(-(2**53), 2**53) | st.none(),
        "datetime64[us]": MOMENTS | st.none(),
    }[dtype]
    raw = data.draw(st.lists(values, max_size=12))
    series = pd.Series(raw, dtype=dtype)
    both(series.tolist(), series, column)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda c: f"{c.kind}-{c.unit or c.decimal}-{len(c.missing_markers)}")
@pytest.mark.slow
def test_many_rows_take_the_fast_ways_to_the_same_values(column: Column) -> None:
    rng = np.random.default_rng(0)
    days = (np.datetime64("1950-01-01") + rng.integers(0, 40_000, 3000)).astype("datetime64[D]").astype(object)
    raw = [f"{v:.4f}" for v in rng.normal(size=3000) * 1e4]
    raw += [f"${v:,.2f}" for v in rng.gamma(2, 900, size=3000)] + [
        f"{v:.3f}".replace(".", ",") for v in rng.normal(size=3000)
    ]
    raw += [d.strftime("%d/%m/%Y") for d in days] + [d.strftime("%b-%y") for d in days] + [str(d) for d in days]
    raw += ["99/99/2020", "0,125", "$0,125", "$", "", "NA", "'7'"]
    both(raw, pd.Series(raw, dtype="str"), column)
    categorical = pd.Series(raw, dtype="category")
    both(raw, categorical, column)


@given(text=st.text(alphabet="0123456789.eE+-, _xnaif", max_size=9))
@settings(max_examples=500)
@pytest.mark.slow
def test_plain_numbers_are_what_python_reads(text: str) -> None:
    value = plain_numbers(pa.array([text], type=pa.large_string()))[0]
    expected = float(text) if PLAIN.fullmatch(text) else math.nan
    assert (math.isnan(value) and not math.isfinite(expected)) or value == expected


ANY_TIME = st.datetimes(min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30))
FORMATS = [
    *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y", "%m/%d/%y", "%d %b %Y", "%b %d, %Y", "%a, %d %b %Y", "%Y Q%q"),
    *("%Y-%m-%dT%H:%M:%S%z", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d", "%b-%y", "%Y-%m-%d %H:%M:%S.%f"),
]


@pytest.mark.parametrize("form", [*FORMATS[:3], *(pytest.param(form, marks=pytest.mark.slow) for form in FORMATS[3:])])
@given(
    moment=st.datetimes(min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30)), junk=st.text(max_size=6)
)
@settings(max_examples=40)
def test_dates_alone_and_by_the_million(form: str, moment: dt.datetime, junk: str) -> None:
    text = moment.strftime(form.replace("%q", str((moment.month + 2) // 3)).replace("%z", "+05:30"))
    one = read_date(text, (form,), 1969)
    other = read_date(text[:-1] + junk, (form,), 1969)
    many = read_dates(pa.array([text, text[:-1] + junk] * 2100, type=pa.large_string()), (form,), 1969)
    nat = np.iinfo(np.int64).min
    assert many[:2].tolist() == [nat if one is None else one, nat if other is None else other]


def test_python_agrees_on_dates() -> None:
    for form in ("%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d %b %Y", "%b %d, %Y"):
        moment = dt.datetime(2003, 11, 9, 17, 45, 12)
        text = moment.strftime(form)
        expected = dt.datetime.strptime(text, form)
        assert form in readable_by(text)
        assert read_date(text, (form,), 1969) == (expected - dt.datetime(1970, 1, 1)) // dt.timedelta(microseconds=1)


def test_what_was_inferred_reads_what_it_was_inferred_from() -> None:
    raw = pd.Series(["1,5 kg", "2,25 kg", "?", "1.000,0 kg"] * 10)
    column = infer_column("weight", raw, UserOverride())
    assert (column.kind, column.unit, column.decimal) == (Kind.NUMBER, "kg", ",")
    assert parse(raw, column).head(4).fillna(-1).tolist() == [1.5, 2.25, -1.0, 1000.0]


def test_a_row_reader_refuses_what_it_cannot_use() -> None:
    reader = RowReader((Column("age", Kind.INTEGER), Column("sex", Kind.CATEGORY, categories=("f",))))
    with pytest.raises(SchemaError, match=r"lacks column 'age'.*did you mean 'Age'"):
        reader.read({"Age": [1], "sex": ["f"]})
    with pytest.raises(SchemaError, match="2 values where others have 1"):
        reader.read({"age": [1], "sex": ["f", "f"]})
    with pytest.raises(SchemaError, match="'sex' holds a nested value"):
        reader.read({"age": [1], "sex": [["f"]]})


def test_a_row_reader_tells_what_it_could_not_read() -> None:
    reader = RowReader((Column("age", Kind.INTEGER), Column("sex", Kind.CATEGORY, categories=("f",))))
    block, findings = reader.read({"age": ["old", "?", 3], "sex": ["m", None, "f"]})
    assert [f.code for f in findings] == ["PR102", "PR103"]
    assert [f.evidence["rows"] for f in findings] == [1, 1]
    assert block["sex"].tolist() == [-1, -1, 0]
    np.testing.assert_array_equal(block["age"], [np.nan, np.nan, 3.0])


def test_a_flood_of_new_categories_does_not_grow_the_memory_without_bound() -> None:
    reader = RowReader((Column("sex", Kind.CATEGORY, categories=("f",)),))
    reader.read({"sex": [str(i) for i in range(10_000)]})
    assert len(reader._plans[0].remembered) <= 4096


@given(st.lists(st.text(alphabet="0123456789.,' €eE-−٣a", max_size=9), max_size=4))
def test_a_few_texts_tell_the_same_decimal_sign_without_arrow(texts: list[str]) -> None:
    assert count_few_votes(texts) == count_votes(pa.array(texts, type=pa.large_string()))
