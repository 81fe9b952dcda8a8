"""What the values of a column are, case by case."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing import RowReader, UserOverride, encode, infer, infer_column, parse, read
from journeyman.sources.parsing.encoded import as_texts


def texts(*values: str, times: int = 10) -> pd.Series:
    return pd.Series(list(values) * times, dtype="str")


def codes_of(name: str, values: pd.Series, override: UserOverride | None = None) -> set[str]:
    return {r.code for r in infer(name, encode(values), override or UserOverride()).remarks}


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (("1.5", "2", "3"), Kind.NUMBER),
        (("1", "2", "30"), Kind.INTEGER),
        (("41.0", "21.0", "52.0"), Kind.INTEGER),
        (("0", "1"), Kind.BOOLEAN),
        (("0.0", "1.0"), Kind.BOOLEAN),
        (("yes", "No"), Kind.BOOLEAN),
        (("t", "f", "?"), Kind.BOOLEAN),
        (("1", "2"), Kind.INTEGER),
        (("male", "female"), Kind.CATEGORY),
        (("+", "-"), Kind.CATEGORY),
        (("low", "high", "medium"), Kind.ORDERED),
        (("1st class", "2nd class", "3rd class"), Kind.ORDERED),
        (("18-25", "26-35", "65+"), Kind.ORDERED),
        (("0", "1", "2", "3+"), Kind.ORDERED),
        (("< 1 year", "1 year", "10+ years"), Kind.ORDERED),
        (("Strongly agree", "Agree", "Disagree"), Kind.ORDERED),
        (("B+", "A", "A-", "C"), Kind.ORDERED),
        (("A", "B", "C", "D"), Kind.CATEGORY),
        (("2020-01-02", "2020-02-03", ""), Kind.DATETIME),
        (("20190323", "20190401", "20200101"), Kind.DATETIME),
        (("00000", "02208", "11300"), Kind.CATEGORY),
        (("same",), Kind.CONSTANT),
        (("", "NA", "?"), Kind.CONSTANT),
        (("x", ""), Kind.CATEGORY),
        (("red", "green", "12"), Kind.CATEGORY),
    ],
)
def test_kinds(values: tuple[str, ...], kind: Kind) -> None:
    assert infer_column("x", texts(*values)).kind is kind


@pytest.mark.parametrize(
    ("values", "unit", "decimal", "read"),
    [
        (("$1,234.50", "$7", "-$3.5"), "$", ".", [1234.5, 7.0, -3.5]),
        (("1.234,5", "12,5", "7"), None, ",", [1234.5, 12.5, 7.0]),
        (("0,125", "1,250", "0,3"), None, ",", [0.125, 1.25, 0.3]),
        (("1,250", "3,500", "12,000"), None, ".", [1250.0, 3500.0, 12000.0]),
        (("5 km", "7.5km", "8 kms"), "km", ".", [5.0, 7.5, 8.0]),
        (("12.0 oz", "16 ounces", "8 oz. can"), "oz", ".", [12.0, 16.0, 8.0]),
        (("5%", "12.5 %", "(3%)"), "%", ".", [5.0, 12.5, -3.0]),
        (("1 234", "12 000", "7 000 000"), None, ".", [1234.0, 12000.0, 7e6]),
        (("$1.5M", "$300k", "$2bn"), "$", ".", [1.5e6, 3e5, 2e9]),
        (("1,234 €", "12 €", "3 €"), "€", ".", [1234.0, 12.0, 3.0]),
        (("$(1,234.50)", "$ (7.25)", "$ -"), "$", ".", [-1234.5, -7.25, 0.0]),
        (("1,234.50 Dr", "7.25 Cr", "3.00 CR"), "Dr/Cr", ".", [-1234.5, 7.25, 3.0]),
        (("1,234.50", "7.25CR", "3.00"), "-Cr", ".", [1234.5, -7.25, 3.0]),
        (("1.234,50 S", "7,25 H", "3,00 H"), "S/H", ",", [-1234.5, 7.25, 3.0]),
        (("2.5 Cr", "3 Cr", "7 Cr"), "cr", ".", [2.5, 3.0, 7.0]),  # ten millions
        (("5 s", "3 s", "7 s"), "s", ".", [5.0, 3.0, 7.0]),
        (("Rs. 66,41,900/-", "Rs. 1,200/-", "Rs. 7/-"), "Rs", ".", [6641900.0, 1200.0, 7.0]),
        (("\u200e-١٬٢٣٤٫٥", "\u200e٧", "\u200f٣٫٢"), None, ".", [-1234.5, 7.0, 3.2]),
        (("1.5D+03", "2.5D-01", "1.0D+00"), None, ".", [1500.0, 0.25, 1.0]),
        (("1.5×10^3", "2 x 10^-2", "3×10^0"), None, ".", [1500.0, 0.02, 3.0]),
        (("1,234.5*", "7 (1)", "3 [2]"), None, ".", [1234.5, 7.0, 3.0]),
        (("ca. 12.5", "about 7", "3.25"), None, ".", [12.5, 7.0, 3.25]),
        (("'12.5", "'-7.25", "'3"), None, ".", [12.5, -7.25, 3.0]),
        (("1.2万", "7万", "3億"), None, ".", [12000.0, 70000.0, 3e8]),
        (("1,200円", "7円", "3円"), "円", ".", [1200.0, 7.0, 3.0]),
    ],
)
def test_numbers_in_writing(values: tuple[str, ...], unit: str | None, decimal: str, read: list[float]) -> None:
    series = texts(*values)
    column = infer_column("x", series)
    assert (column.kind.numeric, column.unit, column.decimal) == (True, unit, decimal)
    assert parse(series, column).head(3).tolist() == read
    assert "DQ005" in codes_of("x", series)


def test_words_that_are_no_numbers_in_writing() -> None:
    for values in (
        ("A12", "A13", "B7"),
        ("12B", "13B", "7A"),
        ("10.0.0.1", "10.0.0.2", "10.0.0.3"),
        ("1-2", "3-4", "5-9"),
    ):
        assert not infer_column("x", texts(*values)).kind.numeric
    # Two units are not one scale.
    assert not infer_column("x", texts("5 km", "300 m", "7 km", "200 m")).kind.numeric


@pytest.mark.parametrize(
    ("values", "formats", "first"),
    [
        (("13/02/2020", "01/02/2020"), ("%d/%m/%Y",), "2020-02-13"),
        (("02/13/2020", "01/02/2020"), ("%m/%d/%Y",), "2020-02-13"),
        (("3 May 2021", "12 June 2022"), ("%d %b %Y",), "2021-05-03"),
        (("May 3, 2021", "Jun 12, 2022"), ("%b %d, %Y",), "2021-05-03"),
        (("1998 Q2", "1999 Q1"), ("%Y Q%q",), "1998-04-01"),
        (("2021-05", "2022-06"), ("%Y-%m",), "2021-05-01"),
        (("2021-05-03T10:00:00Z", "2021-05-04T11:00:00+02:00"), ("%Y-%m-%dT%H:%M:%S%z",), "2021-05-03 10:00"),
        (("5/3/2021 1:05 PM", "5/13/2021 2:00 AM"), ("%m/%d/%Y %I:%M %p",), "2021-05-03 13:05"),
        (("03.05.2021 13:05", "13.05.2021 02:00"), ("%d.%m.%Y %H:%M",), "2021-05-03 13:05"),
    ],
)
def test_dates(values: tuple[str, ...], formats: tuple[str, ...], first: str) -> None:
    series = texts(*values)
    column = infer_column("x", series)
    assert (column.kind, column.date_formats) == (Kind.DATETIME, formats)
    assert parse(series, column)[0] == pd.Timestamp(first)


def test_mixed_dates_are_read_and_told() -> None:
    series = texts("2021-05-03", "4 May 2021", "05/23/2021")
    column = infer_column("x", series)
    assert parse(series, column).head(3).tolist() == [pd.Timestamp(2021, 5, d) for d in (3, 4, 23)]
    assert "DQ007" in codes_of("x", series)


def test_an_open_question_of_day_and_month_is_told_and_the_row_order_decides() -> None:
    days = pd.Series([f"{d:02d}/{m:02d}/2020" for m in range(1, 12) for d in range(1, 12)])
    assert infer_column("x", days).date_formats == ("%d/%m/%Y",)
    months = pd.Series([f"{m:02d}/{d:02d}/2020" for m in range(1, 12) for d in range(1, 12)])
    assert infer_column("x", months).date_formats == ("%m/%d/%Y",)
    assert "DQ008" in codes_of("x", days)


def test_two_digit_years_are_cut_where_there_are_none() -> None:
    old = pd.Series([f"Aug-{y % 100:02d}" for y in range(1939, 2014)])
    column = infer_column("x", old)
    years = parse(old, column).dt.year
    assert years.tolist() == list(range(1939, 2014))
    recent = pd.Series([f"Aug-{y % 100:02d}" for y in range(2015, 2025)] * 3)
    assert parse(recent, infer_column("x", recent)).dt.year.max() == 2024


def test_missing_markers_are_recognised_and_told() -> None:
    series = texts("1.5", "2.5", "n/a", "unknown", "")
    column = infer_column("x", series)
    assert set(column.missing_markers) == {"n/a", "unknown"}
    assert parse(series, column).isna().sum() == 30
    assert "DQ002" in codes_of("x", series)


def test_none_is_missing_beside_categories_but_said_so_and_a_category_in_a_target() -> None:
    series = texts("red", "green", "none")
    assert infer_column("x", series).categories == ("green", "red")
    assert "DQ003" in codes_of("x", series)
    assert infer_column("x", series, UserOverride(target=True)).categories == ("green", "none", "red")
    assert infer_column("x", texts("none", "yes")).categories == ("none", "yes")


def test_na_among_country_codes_is_namibia() -> None:
    column = infer_column("x", texts("DE", "FR", "NA", "US", "IT", "ES", "GB"))
    assert "NA" in column.categories
    assert "NA" not in infer_column("x", texts("Gd", "TA", "NA", "Fa")).categories


@pytest.mark.parametrize(
    ("values", "gone"),
    [
        (("1", "2", "3", "-999"), ("-999",)),
        (("1.5", "2", "3", "-9999"), ("-9999",)),
        (("10", "20", "35", "9999"), ("9999",)),
        (("-5", "2", "3", "-9"), ()),
        (("-1", "0", "5"), ()),
        (("0", "41310", "7000", "99999"), ()),
        (("-1000", "800", "-999", "5"), ()),
    ],
)
def test_sentinels(values: tuple[str, ...], gone: tuple[str, ...]) -> None:
    for series in (texts(*values), pd.to_numeric(texts(*values))):
        column = infer_column("x", series)
        assert column.missing_markers == gone
        assert parse(series, column).isna().sum() == 10 * len(gone)


def test_quotes_and_blanks_are_left_out() -> None:
    series = texts("'-1'", " '1'")
    column = infer_column("class", series)
    assert column.kind is Kind.INTEGER
    assert parse(series, column).head(2).tolist() == [-1.0, 1.0]
    assert infer_column("x", texts(" a", "a ", "b")).categories == ("a", "b")
    assert codes_of("x", series) == {"DQ012"}


def test_identifiers() -> None:
    n = np.arange(100)
    rng = np.random.default_rng(0)
    assert infer_column("PassengerId", pd.Series(rng.permutation(n) + 1)).kind is Kind.IDENTIFIER
    assert infer_column("instant", pd.Series((n + 1).astype(str))).kind is Kind.IDENTIFIER
    assert infer_column("year", pd.Series(n + 1900)).kind is Kind.INTEGER
    assert infer_column("population", pd.Series(np.sort(rng.pareto(1, 100) * 1e6).astype(int))).kind is Kind.INTEGER
    assert infer_column("weight_id", pd.Series(rng.normal(size=100))).kind is Kind.NUMBER
    assert infer_column("store_id", pd.Series(n % 20)).kind is Kind.INTEGER
    assert infer_column("u", pd.Series([f"{i:04x}-{i * 7:04x}" for i in n])).kind is Kind.IDENTIFIER
    assert infer_column("row", pd.Series(n), UserOverride(target=True)).kind is Kind.INTEGER


def test_free_text() -> None:
    names = pd.Series([f"Braund, Mr. Owen {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(100)])
    assert infer_column("name", names).kind is Kind.TEXT
    talk = pd.Series([f"this is what person {i % 60} had to say about it" for i in range(100)])
    assert infer_column("review", talk).kind is Kind.TEXT
    assert infer_column("label", names, UserOverride(target=True)).kind is Kind.CATEGORY


def test_a_few_texts_among_numbers_are_missing_and_told() -> None:
    series = pd.Series([str(i / 7) for i in range(100)] + ["oops"])
    column = infer_column("x", series)
    assert column.kind is Kind.NUMBER
    assert parse(series, column).isna().tolist() == [False] * 100 + [True]
    assert "DQ006" in codes_of("x", series)


def test_typed_sources() -> None:
    assert infer_column("x", pd.Series([True, False, True])).categories == ("False", "True")
    assert infer_column("x", pd.Series([1.5, np.nan, 2.0])).native
    assert infer_column("x", pd.Series([Decimal("1.5"), Decimal("2"), None])).kind is Kind.NUMBER
    ordered = pd.Series(pd.Categorical(["b", "a"], categories=["b", "a", "c"], ordered=True))
    column = infer_column("x", ordered)
    assert (column.kind, column.categories) == (Kind.ORDERED, ("b", "a"))
    assert parse(ordered, column).tolist() == ["b", "a"]
    days = pd.Series([dt.date(2020, 1, 2), dt.date(2020, 1, 3)], dtype=object)
    assert infer_column("x", days).kind is Kind.DATETIME
    zoned = pd.Series(pd.to_datetime(["2020-01-01 12:00", "2020-01-02 12:00"])).dt.tz_localize("Europe/Berlin")
    assert parse(zoned, infer_column("x", zoned))[0] == pd.Timestamp("2020-01-01 11:00")


@pytest.mark.parametrize("value", [[1], {"a": 1}, (1, 2), np.array([1])])
def test_nested_values_are_refused(value: object) -> None:
    nested = pd.Series([None, None], dtype=object)
    nested[0] = value
    with pytest.raises(TypeError, match="nested"):
        infer_column("x", nested)


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (texts("1", "2", "3"), Kind.CATEGORY, ["1", "2", "3"]),
        (texts("10", "9", "8"), Kind.ORDERED, ["10", "9", "8"]),
        (pd.Series([1, 2, 3]), Kind.CATEGORY, ["1", "2", "3"]),
        (texts("1,5", "x", "2,5"), Kind.NUMBER, [1.5, None, 2.5]),
        (texts("a", "b"), Kind.BOOLEAN, [0.0, 1.0]),
        (pd.Series([0, 86400]), Kind.DATETIME, [pd.Timestamp(1970, 1, 1), pd.Timestamp(1970, 1, 2)]),
        (pd.Series([1, 2]), Kind.IDENTIFIER, ["1", "2"]),
        (texts("red", "none"), Kind.CATEGORY, ["red", "none"]),
    ],
)
def test_the_user_overrules(values: pd.Series, kind: Kind, expected: list[object]) -> None:
    column = infer_column("x", values, UserOverride(kind=kind))
    assert column.kind is kind
    read = parse(values, column).head(len(expected))
    assert [None if pd.isna(v) else v for v in read] == expected
    if kind is Kind.ORDERED:
        assert column.categories == ("8", "9", "10")


def test_the_user_names_markers() -> None:
    column = infer_column("x", texts("1", "2", "3", "77"), UserOverride(missing=("77",)))
    assert "77" in column.missing_markers
    assert parse(pd.Series([77, 1]), column).isna().tolist() == [True, False]


def test_too_many_categories_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeyman.sources.parsing.name_kinds.MAX_CATEGORIES", 3)
    series = pd.Series(["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"] * 2 + ["e"])
    inferred = infer("x", encode(series), UserOverride())
    assert inferred.column.categories == ("a", "b", "c")
    assert [(r.code, r.rows) for r in inferred.remarks] == [("DQ016", 3)]


def test_the_order_of_rows_does_not_change_a_category() -> None:
    series = texts("b", "a", "c", "a", "?", times=3)
    assert infer_column("x", series) == infer_column("x", series.sample(frac=1, random_state=1))


def test_reading_again_what_was_read_is_stable() -> None:
    column = infer_column("x", texts("$1,200", "$900"))
    assert isinstance(column, Column)
    assert parse(pd.Series([1200.0]), column).tolist() == [1200.0]


@pytest.mark.parametrize(
    "make",
    [
        lambda rng: [f"{v:.5f}" for v in rng.normal(size=12_000)],
        lambda rng: [str(v) for v in rng.permutation(12_000)],
        lambda rng: [f"{v:06d}" for v in rng.permutation(12_000)],
        lambda rng: [str(10**17 + int(v)) for v in rng.permutation(12_000)],
        lambda rng: [*(f"{v:.5f}" for v in rng.gamma(2, size=11_990)), *["-999"] * 10],
        lambda rng: [str(20_200_101 + int(v)) for v in rng.integers(0, 28, 12_000)],
    ],
    ids=["numbers", "integers", "padded", "long", "sentinel", "days"],
)
@pytest.mark.parametrize("name", ["zip", *(pytest.param(name, marks=pytest.mark.slow) for name in ("x", "row_id"))])
def test_the_way_of_many_numbers_decides_alike(name: str, make: Callable[[np.random.Generator], list[str]]) -> None:
    values = pd.Series(make(np.random.default_rng(0)), dtype="str")
    quick = encode(values)
    slow = as_texts(quick)
    assert infer(name, quick, UserOverride()) == infer(name, slow, UserOverride())
    for column in (infer_column(name, values), infer_column(name, values, UserOverride(kind=Kind.CATEGORY))):
        pd.testing.assert_series_equal(read(quick, column).values, read(slow, column).values)


@pytest.mark.parametrize("sign", ["#NV", "#WERT!", "#¡DIV/0!", "#VALEUR!", "#ЗНАЧ!", ".A", "._", '="NA"'])
def test_what_programs_write_for_no_value(sign: str) -> None:
    series = pd.Series([*(f"{i}.5" for i in range(30)), sign, sign], dtype="str")
    column = infer_column("x", series)
    assert column.kind is Kind.NUMBER
    assert np.isnan(parse(series, column)[30:]).all()


def test_formulas_that_hold_a_text_are_the_text() -> None:
    series = texts('="007"', '="12"', '="105"')
    assert parse(series, infer_column("x", series)).head(3).tolist() == ["007", "12", "105"]


def test_signs_that_are_not_seen_make_no_other_value() -> None:
    column = infer_column("x", texts("red\u200b", "red", "\u200eblue"))
    assert column.categories == ("blue", "red")


def test_large_negative_whole_numbers_are_labels_to_the_last_digit() -> None:
    names = [str(-(2**60) - i) for i in range(3)]
    column = infer("y", encode(texts(*names)), UserOverride(target=True)).column
    assert sorted(column.categories) == sorted(names)


def test_times_that_are_labels_stay_as_they_are() -> None:
    assert infer("y", encode(texts("10:00", "11:30")), UserOverride(target=True)).column.categories == (
        "10:00",
        "11:30",
    )


@pytest.mark.parametrize("values", [[0, 1] * 30, [0.0, 1.0] * 30, ["0", "1"] * 30, ["0.0", "1.0"] * 30])
def test_numbers_that_were_0_or_1_by_chance_may_be_more_one_day(values):
    column = infer_column("pixel", pd.Series(values))
    later = pd.Series([type(values[0])(v) for v in (0, 1, 2, 16)])
    assert parse(later, column).tolist() == [0.0, 1.0, 2.0, 16.0]
    block, findings = RowReader([column]).read({"pixel": later.tolist()})
    assert (block["pixel"].tolist(), findings) == ([0.0, 1.0, 2.0, 16.0], ())


def test_words_for_yes_and_no_stay_what_they_are():
    column = infer_column("member", pd.Series(["yes", "no"] * 30))
    assert column.kind is Kind.BOOLEAN
    assert parse(pd.Series(["yes", "2"]), column).isna().tolist() == [False, True]
