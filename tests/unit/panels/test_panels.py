"""Series in long tables: grids, seasons, naive forecasts, and how times are written."""

from __future__ import annotations

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.panel import Calendar, History, Panel, StepUnit
from journeyman.panels.calendars import find_calendar, off_grid_share
from journeyman.panels.layout import grid, nearest_steps
from journeyman.panels.naive import naive_forecast
from journeyman.panels.seasons import calendar_seasons, find_seasons
from journeyman.panels.words import panel_words, step_words, write_times

DAY = 86_400.0


def seconds(*texts: str) -> np.ndarray:
    return np.array(texts, dtype="datetime64[s]").astype(np.float64)


def one(values: np.ndarray) -> History:
    return History(np.asarray(values, dtype=float)[None, :], 0, np.empty((1, len(values), 0)))


def test_a_gap_is_no_step_and_the_commonest_step_wins() -> None:
    days = np.delete(np.arange(100), [10, 11, 12, 40, 77]) * DAY
    calendar = find_calendar(days, np.zeros(len(days), dtype=np.int64), True)
    assert calendar is not None
    assert (calendar.unit, calendar.size) == (StepUnit.SECOND, DAY)
    assert off_grid_share(calendar, days) == 0.0


def test_series_that_begin_on_other_days_share_one_grid_of_months() -> None:
    times = np.r_[seconds("2020-01-31", "2020-02-29", "2020-03-31"), seconds("2019-11-30", "2019-12-31", "2020-01-31")]
    calendar = find_calendar(times, np.repeat([0, 1], 3), True)
    assert calendar is not None
    assert calendar.unit is StepUnit.MONTH
    assert off_grid_share(calendar, times) == 0.0
    assert calendar.steps(times).tolist() == [2, 3, 4, 0, 1, 2]


def test_a_series_without_two_times_has_no_step() -> None:
    assert find_calendar(np.array([1.0, 2.0]), np.array([0, 1]), False) is None


@pytest.mark.parametrize(
    ("calendar", "seasons"),
    [
        (Calendar(StepUnit.MONTH, 1, 0.0), (12,)),
        (Calendar(StepUnit.MONTH, 12, 0.0), ()),
        (Calendar(StepUnit.WORKDAY, 1, 0.0), (5, 261)),
        (Calendar(StepUnit.SECOND, 3_600, 0.0), (24, 168)),
        (Calendar(StepUnit.SECOND, 60, 0.0), (1_440, 10_080)),
        (Calendar(StepUnit.SECOND, 7 * DAY, 0.0), (52,)),
        (Calendar(StepUnit.NUMBER, 1, 0.0), ()),
    ],
)
def test_calendars_have_their_seasons(calendar: Calendar, seasons: tuple[int, ...]) -> None:
    assert calendar_seasons(calendar) == seasons


def test_a_day_and_a_week_of_half_hours_are_found_without_a_calendar() -> None:
    steps = np.arange(336 * 6)
    week = np.where(steps % 336 < 240, 10.0, 0.0)
    values = week + 5 * np.sin(steps * 2 * np.pi / 48) + np.random.default_rng(0).normal(0, 0.3, len(steps))
    assert set(find_seasons(one(values), Calendar(StepUnit.ROW, 1, 0.0))) == {48, 336}


def test_noise_has_no_season_and_a_random_walk_has_none() -> None:
    calendar = Calendar(StepUnit.NUMBER, 1, 0.0)
    found = [find_seasons(one(np.random.default_rng(s).normal(size=200)), calendar) for s in range(40)]
    walks = [find_seasons(one(np.random.default_rng(s).normal(size=200).cumsum()), calendar) for s in range(40)]
    assert sum(bool(f) for f in found) <= 4
    assert sum(bool(f) for f in walks) <= 4


def test_a_cycle_of_years_is_found_beside_the_months() -> None:
    steps = np.arange(12 * 90)
    values = 50 + 40 * np.sin(steps * 2 * np.pi / 120) + np.random.default_rng(0).normal(0, 15, len(steps))
    assert 120 in find_seasons(one(values), Calendar(StepUnit.MONTH, 1, 0.0))


@pytest.mark.parametrize(
    "values",
    [np.full(30, np.nan), np.full(30, 3.0), np.r_[np.full(29, np.nan), 5.0], np.full(30, 1e12), np.arange(30.0)],
    ids=["nothing", "constant", "one value", "large", "a line"],
)
def test_naive_forecasts_are_finite_and_in_order_whatever_the_history(values: np.ndarray) -> None:
    levels = np.array([0.1, 0.5, 0.9])
    told = naive_forecast(one(values), (4, 12), 6, np.r_[np.zeros(8), np.nan], np.arange(25, 34), levels).quantiles
    assert np.isfinite(told).all()
    assert (np.diff(told, axis=1) >= 0).all()


def test_each_series_repeats_itself_as_it_did_best() -> None:
    rng = np.random.default_rng(0)
    seasonal, walk = np.tile([1.0, 9.0, 4.0, 6.0], 10) + rng.normal(0, 0.1, 40), rng.normal(size=40).cumsum()
    history = History(np.vstack([seasonal, walk]), 0, np.empty((2, 40, 0)))
    told = naive_forecast(history, (4,), 4, np.repeat([0.0, 1.0], 4), np.tile(np.arange(40, 44), 2), np.array([0.5]))
    assert told.lags.tolist() == [4] * 4 + [1] * 4
    np.testing.assert_allclose(told.quantiles[:4, 0], seasonal[36:])
    np.testing.assert_allclose(told.quantiles[4:, 0], walk[-1])


def test_weekends_and_odd_times_have_a_nearest_step() -> None:
    workdays = Calendar(StepUnit.WORKDAY, 1, seconds("2024-01-05")[0])  # a Friday
    asked = np.r_[seconds("2024-01-05", "2024-01-06", "2024-01-08"), np.nan]
    assert nearest_steps(workdays, asked, 99).tolist() == [0, 1, 1, 99]
    months = Calendar(StepUnit.MONTH, 1, seconds("2024-01-01")[0])
    assert nearest_steps(months, seconds("2024-03-14"), 0).tolist() == [2]


def test_a_grid_holds_series_that_begin_and_end_apart() -> None:
    history = grid(np.array([0, 0, 1]), np.array([3, 5, 4]), np.array([1.0, 2.0, 7.0]), 3)
    assert history.first == 3
    np.testing.assert_array_equal(history.values, [[1.0, np.nan, 2.0], [np.nan, 7.0, np.nan], [np.nan, np.nan, np.nan]])


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (("%Y-%m",), "2024-05"),
        (("%b %Y",), "May 2024"),
        (("%m/%d/%Y",), "05/06/2024"),
        (("%Y Q%q",), "2024 Q2"),
        (("%G W%V",), "2024 W19"),
        (("epoch_s",), 1_714_953_600),
        ((), "2024-05-06"),
    ],
)
def test_times_are_written_as_the_table_writes_them(form: tuple[str, ...], text: object) -> None:
    column = Column("t", Kind.DATETIME, date_formats=form)
    assert write_times(seconds("2024-05-06"), column) == [text]


def test_what_was_found_is_one_sentence() -> None:
    half_hours = Panel(Calendar(StepUnit.SECOND, 1_800.0, 0.0), 48, (336, 48), ("site",), ("holiday",))
    said = panel_words(half_hours, 2, ("2024-01-01", "2024-02-01"))
    assert said == (
        "2 series of half-hours, 2024-01-01 to 2024-02-01; found by site; seasons 336 and 48; known ahead: holiday; "
        "48 half-hours ahead"
    )
    assert step_words(Calendar(StepUnit.SECOND, 900.0, 0.0)) == "quarters of an hour"
    assert step_words(Calendar(StepUnit.WORKDAY, 1, 0.0), many=False) == "working day"
