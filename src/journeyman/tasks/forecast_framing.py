"""Find what a forecast is asked for: the times, the series, the calendar, the seasons, how far ahead."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Kind, Role
from journeyman.entities.panel import Calendar, History, Panel, StepUnit
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import SettingsError, SourceError
from journeyman.panels.calendars import ROWS, find_calendar, off_grid_share
from journeyman.panels.layout import grid
from journeyman.panels.seasons import calendar_seasons, find_seasons
from journeyman.panels.series_key import series_codes, series_columns
from journeyman.panels.words import step_words
from journeyman.settings import BuildSettings
from journeyman.tasks.forecast_times import Times, asked_names
from journeyman.tasks.holidays import holiday_days

__all__ = ["OPTIONS", "find_panel"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
OPTIONS = ("horizon", "series", "known", "season", "time", "holidays")
_FEWEST = 4  # points of the longest series: two to learn from, one to choose by and one to examine
_OFF = 0.2  # of the times that a grid may miss
_DAY = 86_400.0
_SHARE_AHEAD = 4  # a horizon is at most this part of the series
_TENTH = 10
_SLIPS = 0.005  # of the rows may have a time of their series that another row has, too
_MOST_CELLS = 200_000_000
_STATIC = (Kind.CATEGORY, Kind.ORDERED, Kind.BOOLEAN, Kind.IDENTIFIER)


def find_panel(table: Table, task: Task, times: Times, settings: BuildSettings) -> Panel:
    """Return what is forecast of a table.

    Raises
    ------
    SettingsError
        For an option that is none, or a horizon that the series do not hold.
    SourceError
        Where there are no regular series: irregular times, two values of one time, too few points.
    """
    y = pd.to_numeric(table.frame[task.target], errors="coerce").to_numpy(np.float64)
    known = _columns(table, task, "known", settings, times)
    named = _columns(table, task, "series", settings, times)
    usable = np.flatnonzero(np.isfinite(y) & np.isfinite(times.values))
    if not len(usable):
        raise SourceError(
            f"no row has both a time and a value of {task.target!r}", hint="name another column with --time"
        )
    series = named or _found_series(table, task, times, usable, known)
    codes = series_codes(table, series)
    if times.column is None:
        places = _places(codes)
    else:
        _refuse_twice(table, task, times, series, codes, usable, y)
        places = times.values
    calendar = _calendar(times, places[usable], codes[usable])
    step = calendar.steps(places)
    usable = usable[np.isfinite(step[usable])]
    history = _history(codes[usable], step[usable].astype(np.int64), y[usable], times, calendar)
    length = _longest(history)
    if length < _FEWEST:
        raise SourceError(
            f"the longest series has {length} {step_words(calendar, length != 1)}: too few to forecast from",
            hint=f"give {_FEWEST} or more" + (f", or other columns than {', '.join(series)}" if series else ""),
        )
    seasons = _asked_seasons(settings) or find_seasons(history, calendar)
    horizon = _horizon(settings, calendar, seasons, length)
    counts = bool(np.nanmin(history.values) >= 0.0)
    return Panel(calendar, horizon, seasons, series, known, counts, times.parts, _holidays(settings, times, usable))


def _holidays(settings: BuildSettings, times: Times, usable: IntArray) -> tuple[int, ...]:
    country = settings.task_options.get("holidays")
    if country is None:
        return ()
    if not times.dated:
        raise SettingsError(
            f"holidays={country}: the rows have no dates", hint="leave it out, or name them with --time"
        )
    first, last = (
        int(np.datetime64(int(bound(times.values[usable])), "s").astype("datetime64[Y]").astype(np.int64)) + 1970
        for bound in (np.min, np.max)
    )
    return holiday_days(country, first, last)


def _columns(table: Table, task: Task, option: str, settings: BuildSettings, times: Times) -> tuple[str, ...]:
    """Return the columns that an option names."""
    text, names = settings.task_options.get(option, ""), asked_names(settings, option)
    there = [c.name for c in table.columns]
    for name in names:
        if name not in there:
            near = difflib.get_close_matches(name, there, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the columns are {', '.join(there[:8])}"
            raise SettingsError(f"{option}={text} names a column {name!r} that {table.name} lacks", hint=hint)
        if name in (task.target, *times.columns):
            what = "target" if name == task.target else "time"
            raise SettingsError(f"{option}={text} names the {what}, {name!r}", hint="leave it out")
        kind = table.column(name).kind
        if option == "known" and not (kind.numeric or kind.categorical):
            raise SettingsError(
                f"known={text}: {name!r} is {kind.noun}, and only numbers and categories are learned from",
                hint="leave it out; calendars are known without it",
            )
    return names


def _found_series(table: Table, task: Task, times: Times, usable: IntArray, known: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that tell series apart, with those that stay the same within each; in the table's order."""
    if times.column is None:
        return ()
    rank = np.unique(times.values[usable], return_inverse=True)[1].astype(np.int64) + 1
    taken = {*known, *(part.column for part in times.parts)}
    columns = tuple(c for c in table.columns if c.name not in taken and c.role is not Role.IGNORED)
    some = replace(table, frame=table.frame.iloc[usable].reset_index(drop=True), columns=columns)
    asked = replace(task, time_column=times.column)
    key = series_columns(some, asked, rank)
    if not key:
        return ()
    codes = series_codes(some, key)
    static = [
        c.name
        for c in columns
        if c.kind in _STATIC and c.name not in (*key, task.target, times.column) and _stays(some.frame[c.name], codes)
    ]
    return tuple(c.name for c in table.columns if c.name in {*key, *static})


def _stays(values: pd.Series, codes: IntArray) -> bool:
    own = values.factorize(use_na_sentinel=False)[0].astype(np.int64)
    first = np.full(int(codes.max()) + 1, -1)
    first[codes[::-1]] = own[::-1]
    return bool((first[codes] == own).all())


def _places(codes: IntArray) -> FloatArray:
    """Return the place of each row among those of its series."""
    order = np.argsort(codes, kind="stable")
    begins = np.r_[0, np.flatnonzero(np.diff(codes[order])) + 1]
    lengths = np.diff(np.r_[begins, len(codes)])
    places = np.empty(len(codes))
    places[order] = np.arange(len(codes)) - np.repeat(begins, lengths)
    return places


def _refuse_twice(
    table: Table, task: Task, times: Times, series: Sequence[str], codes: IntArray, usable: IntArray, y: FloatArray
) -> None:
    """Refuse two values for one time of one series, with the columns that may tell them apart.

    A few slips, such as the hour for which clocks are put back, are no reason: the later value counts, and is told.
    """
    moment = np.unique(times.values[usable], return_inverse=True)[1].astype(np.int64)
    cell = codes[usable] * (int(moment.max()) + 1) + moment
    values = np.unique(y[usable], return_inverse=True)[1].astype(np.int64)
    different = np.unique(np.column_stack([cell, values]), axis=0)
    twice = len(different) - len(np.unique(cell))
    if twice <= _SLIPS * len(usable):
        return
    others = [
        c.name
        for c in table.columns
        if c.name not in (*series, task.target, *times.columns)
        and c.role is Role.FEATURE
        and c.kind in (*_STATIC, Kind.INTEGER)
        and 1 < table.frame[c.name].nunique() <= len(usable) / 3
    ]
    apart = next(
        (names for size in (1, 2) for names in combinations(others, size) if _part(table, usable, cell, names)), ()
    )
    every = (*series, *apart)
    hint = f"add --task-option series={','.join(every)}, or " if apart else ""
    where = f" of one series ({', '.join(series)})" if series else ""
    raise SourceError(
        f"{twice:,} rows have the same {times.column!r} as another row{where}, and another value",
        hint=f"{hint}sum or average the rows of one {times.column} first",
    )


def _part(table: Table, usable: IntArray, cell: IntArray, names: Sequence[str]) -> bool:
    """Say whether columns tell all rows of one cell apart."""
    own = [table.frame[n].iloc[usable].factorize(use_na_sentinel=False)[0] for n in names]
    keys = np.unique(np.column_stack([cell, *own]), axis=0)
    return len(keys) == len(cell)


def _calendar(times: Times, places: FloatArray, codes: IntArray) -> Calendar:
    if times.column is None:
        return ROWS
    calendar = find_calendar(places, codes, times.dated)
    hint = f"sum or average the rows a day, a week or a month first, or go by their order: --ignore {times.column}"
    if calendar is None:
        raise SourceError(f"no series has two rows of another {times.column!r}", hint="name another column with --time")
    off = off_grid_share(calendar, places)
    if off > _OFF:
        step = step_words(calendar, many=False)
        usual = step.removeprefix("step of ") if step.startswith("step of ") else f"a {step}"
        raise SourceError(
            f"the times of {times.column!r} are irregular: the commonest step is {usual}, and {off:.0%} of the rows "
            "are off it",
            hint=hint,
        )
    return calendar


def _history(codes: IntArray, step: IntArray, y: FloatArray, times: Times, calendar: Calendar) -> History:
    number, span = int(codes.max()) + 1, int(step.max() - step.min()) + 1
    if number * span > max(_MOST_CELLS, 100 * len(y)) or span > 1_000 * len(y):
        raise SourceError(
            f"the times of {times.column!r} are irregular: {span:,} {step_words(calendar)} lie between the first and "
            f"the last, and there are {len(y):,} rows",
            hint="sum or average the rows a day, a week or a month first",
        )
    return grid(codes, step, y, number)


def _longest(history: History) -> int:
    there = np.isfinite(history.values)
    first = there.argmax(axis=1)
    return int(np.where(there.any(axis=1), history.last_steps() - history.first - first + 1, 0).max(initial=0))


def _asked_seasons(settings: BuildSettings) -> tuple[int, ...]:
    text = settings.task_options.get("season")
    if text is None:
        return ()
    try:
        seasons = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        seasons = (0,)
    if min(seasons) < 2:
        raise SettingsError(
            f"season={text} is no number of steps after which values repeat",
            hint="give whole numbers from 2, such as 12",
        )
    return seasons


def _horizon(settings: BuildSettings, calendar: Calendar, seasons: tuple[int, ...], length: int) -> int:
    steps = step_words(calendar)
    text = settings.task_options.get("horizon")
    if text is None:
        return max(1, min(_usual_horizon(calendar, seasons, length), length // _SHARE_AHEAD))
    if not text.strip().isdigit() or int(text) < 1:
        raise SettingsError(f"horizon={text} is no number of steps ahead", hint=f"give a whole number of {steps}")
    horizon, most = int(text), length - _FEWEST + 1
    if horizon > most:
        raise SettingsError(
            f"a horizon of {horizon:,} {steps} is too long for the series: the longest has {length:,}",
            hint=f"give at most {max(1, length // _SHARE_AHEAD):,}, or a longer table",
        )
    return horizon


def _usual_horizon(calendar: Calendar, seasons: tuple[int, ...], length: int) -> int:
    size = calendar.size
    if calendar.unit is StepUnit.MONTH and size in (1, 3):
        return 12 if size == 1 else 8
    if calendar.unit is StepUnit.WORKDAY or (calendar.unit is StepUnit.SECOND and size == _DAY):
        return 30
    if calendar.unit is StepUnit.SECOND and size == 7 * _DAY:
        return 13
    if calendar.unit is StepUnit.SECOND and size in (3_600.0, 1_800.0):
        return 48
    if known := [lag for lag in calendar_seasons(calendar) if lag in seasons]:
        return known[0]
    return min(seasons) if seasons else max(1, length // _TENTH)
