"""Times, durations, and dates with names of months in many languages."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from journeyman.entities.column import Kind
from journeyman.sources.parsing import infer_column, months, parse
from journeyman.sources.parsing.dates import read_date, read_dates, readable_by


def texts(*values: str, times: int = 10) -> pd.Series:
    return pd.Series(list(values) * times, dtype="str")


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (("10:30", "0:05", "24:00"), [37800, 300, 86400]),
        (("7:28:52", "113:00:01", "00:00:00"), [26932, 406801, 0]),
        (("9:05 PM", "12:00 am", "12:30 p.m."), [75900, 0, 45000]),
        (("59:30", "1:02:03", "44:10"), [3570, 3723, 2650]),
        (("10:30", "10:30:15", "9:00"), [37800, 37815, 32400]),
        (("0 days 01:00:00", "2 days 00:00:01", "1 day 03:00:00"), [3600, 172801, 97200]),
        (("1h 30m", "45 min", "2 h 5 min"), [5400, 2700, 7500]),
        (("PT1H30M", "P1DT2H", "PT5S"), [5400, 93600, 5]),
        (("14h30", "9 h 05", "0h00"), [52200, 32700, 0]),
        (("-0:30", "1:15", "0:45"), [-1800, 4500, 2700]),
        (("03:45.2", "1:02.5", "0:59.9"), [225.2, 62.5, 59.9]),
        (("7 AM", "11 PM", "12 AM"), [25200, 82800, 0]),
        (("2 05:44:31.000000000", "0 00:00:01.5", "1 01:00:00"), [193471, 1.5, 90000]),
        (("53 Std. 44 Min.", "1 Std. 5 Min.", "7 Min."), [193440, 3900, 420]),
    ],
)
def test_times_are_seconds(values: tuple[str, ...], seconds: list[float]) -> None:
    series = texts(*values)
    column = infer_column("x", series)
    assert column.kind in (Kind.NUMBER, Kind.INTEGER)
    np.testing.assert_allclose(parse(series, column).head(3), seconds)


def test_times_that_all_differ_are_no_identifiers_and_many_are_read_alike() -> None:
    seconds = np.random.default_rng(0).permutation(200_000)[:3000]
    series = pd.Series([f"{s // 3600}:{s // 60 % 60:02d}:{s % 60:02d}" for s in seconds])
    column = infer_column("took", series)
    assert column.kind is Kind.INTEGER
    assert np.array_equal(parse(series, column), seconds)
    clocks = pd.Series([dt.time(10, 30), dt.time(0, 0, 5), None] * 10, dtype=object)
    assert parse(clocks, infer_column("at", clocks))[:2].tolist() == [37800, 5]


@pytest.mark.parametrize(
    "values", [("5 min", "10 min", "7 min"), ("16:9", "4:3", "21:9"), ("P1", "P2", "P3"), ("a:b", "c:d", "e")]
)
def test_other_things_are_no_times(values: tuple[str, ...]) -> None:
    assert infer_column("x", texts(*values)).unit not in ("h:min:s", "min:s")


def test_each_language_has_twelve_months_and_none_contradicts_another() -> None:
    meant: dict[str, set[int]] = {}
    for language in months._LANGUAGES.split(";"):
        assert len(language.split()) == 12, language
        for number, words in enumerate(language.split(), 1):
            for word in words.split("|"):
                meant.setdefault(word, set()).add(number)
    assert {word: numbers for word, numbers in meant.items() if len(numbers) > 1} == {}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15. Mär 2023", "2023-03-15"),
        ("3. Mai 2023", "2023-05-03"),
        ("31. Okt. 2022", "2022-10-31"),
        ("1er janvier 2024", "2024-01-01"),
        ("14 août 2021", "2021-08-14"),
        ("14 aout 2021", "2021-08-14"),
        ("15 de marzo de 2024", "2024-03-15"),
        ("5 de maio de 2024", "2024-05-05"),
        ("2 giugno 2020", "2020-06-02"),
        ("28 mei 2019", "2019-05-28"),
        ("1 maj 2019", "2019-05-01"),
        ("9 października 2018", "2018-10-09"),
        ("23 Şubat 2022", "2022-02-23"),
        ("7 мая 2020", "2020-05-07"),
        ("March 3rd, 2020", "2020-03-03"),
        ("05MAR2024", "2024-03-05"),
        ("2024年5月7日", "2024-05-07"),
        ("2024-W05", "2024-01-29"),
        ("2020-W53-5", "2021-01-01"),
        ("1998 Q1", "1998-01-01"),
        ("Q3/1998", "1998-07-01"),
        ("4Q98", "1998-10-01"),
        ("2024-05", "2024-05-01"),
        ("2024-02-28 24:00:00", "2024-02-29"),
        ("31.12.2023 24:00", "2024-01-01"),
    ],
)
def test_dates_as_people_write_them(text: str, day: str) -> None:
    formats = readable_by(text)
    assert formats
    expected = np.datetime64(day, "us").astype(np.int64)
    assert read_date(text, formats[:1], 1969) == expected
    assert read_dates(pa.array([text] * 5000, type=pa.large_string()), formats[:1], 1969).tolist() == [expected] * 5000


def test_a_column_of_such_dates_is_one() -> None:
    months = ("15. Mär 2023", "3. Mai 2023", "31. Okt 2022")
    for values in (months, ("2024-W05", "2024-W06", "2023-W52"), ("1998 Q1", "1998 Q2", "1999 Q4")):
        series = texts(*values)
        column = infer_column("x", series)
        assert column.kind is Kind.DATETIME
        assert parse(series, column).notna().all()


@pytest.mark.parametrize("scale", [1, 10**3, 10**6, 10**9])
def test_moments_since_1970_are_dates_however_the_column_is_called(scale: int) -> None:
    moments = pd.Series((1_700_000_000 + 3600 * np.arange(50)) * scale)
    for name in ("created_at", "x") if scale < 10**6 else ("created_at",):
        for given in (moments, moments.astype(str)):
            column = infer_column(name, given)
            assert column.kind is Kind.DATETIME
            assert parse(given, column)[1] == pd.Timestamp("2023-11-14 23:13:20")
    assert infer_column("order_id", moments).kind is Kind.IDENTIFIER


def test_months_in_digits_are_dates() -> None:
    period = pd.Series([202311, 202312, 202401] * 5)
    assert parse(period, infer_column("month", period))[2] == pd.Timestamp("2024-01-01")
    assert infer_column("population", period).kind is Kind.INTEGER


MOMENTS = [
    "2022-10-08 15:52:48,000",
    "20221008T155248",
    "20221008T155248Z",
    "08OCT2022:15:52:48",
    "08-OCT-22 03.52.48.000000 PM",
    "08/Oct/2022:17:52:48 +0200",
    "Sat Oct 08 15:52:48 2022",
    "Sat Oct 08 15:52:48 UTC 2022",
    "2022年10月8日 15時52分48秒",
    "Sat Oct 08 2022 15:52:48 GMT+0000 (Coordinated Universal Time)",
    "2022-10-08T17:52:48+02:00[Europe/Berlin]",
    "2022-10-08 17:52:48 CEST",
    "08/10/2022 03:52:48 p. m.",
    "08.10.2022 15.52.48",
    "08.10.2022 um 15:52:48 Uhr",
    "10/8/2022, 3:52:48\u202fPM",
]
DAYS = {
    "8. 10. 2022": 8,
    "2022. 10. 08.": 8,
    "2022 10 08": 8,
    "08/10/2022 à 00:00": 8,
    "KW 40/2022": 3,
    "2022W406": 8,
    "4. Quartal 2022": 1,
}


@pytest.mark.parametrize("text", MOMENTS)
def test_moments_as_programs_write_them(text: str) -> None:
    many = read_dates(pa.array([text] * 5000), readable_by(text), 1969)
    for read in (read_date(text, readable_by(text), 1969), int(many[0])):
        assert read is not None
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=read)
        assert moment.replace(month=10, day=8) == dt.datetime(2022, 10, 8, 15, 52, 48)


@pytest.mark.parametrize("text", DAYS)
def test_days_weeks_and_quarters(text: str) -> None:
    read = read_date(text, readable_by(text)[:1], 1969)
    assert read == int((dt.datetime(2022, 10, DAYS[text]) - dt.datetime(1970, 1, 1)).total_seconds()) * 1_000_000


def test_half_years() -> None:
    assert read_date("2022-H2", readable_by("2022-H2"), 1969) == read_date("2022-07-01", ("%Y-%m-%d",), 1969)
