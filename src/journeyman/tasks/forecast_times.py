"""Find when the rows of a table of series happened: one column of times, several that tell a time together, or none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.panel import TimePart, TimeUnit
from journeyman.entities.table import Table, row_times, to_block
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.panels.layout import series_texts
from journeyman.panels.series_key import series_codes, series_columns
from journeyman.panels.time_parts import joined_times, part_numbers
from journeyman.settings import BuildSettings
from journeyman.sources.parsing.clocks import CLOCKS
from journeyman.sources.parsing.months import MONTH_NAMES

__all__ = ["Times", "asked_names", "find_time", "part_values"]

FloatArray = NDArray[np.float64]
_NAMES = frozenset(
    ("date", "time", "timestamp", "datetime", "ds", "year", "yr", "quarter", "month", "week", "day", "hour", "period")
)
_DAY = 86_400.0
_FEWEST = 4
_TIMED = 0.99  # of the rows have a time, where several columns tell it
_ALONE = 0.95  # of the rows have a time of their own, where one column is enough
_WORDS = {
    TimeUnit.YEAR: ("year", "yr", "yyyy"),
    TimeUnit.QUARTER: ("quarter", "qtr", "q"),
    TimeUnit.MONTH: ("month", "mnth", "mon", "mm"),
    TimeUnit.WEEK: ("week", "wk", "isoweek"),
    TimeUnit.DAY: ("day", "dom", "dd", "dayofmonth", "dayofyear", "doy", "yday"),
}
_HOURS = ("hour", "hr", "hh", "hourending", "hourofday", "he", "hhmm", "time", "timeofday")
_MINUTES = ("minute", "min", "mins", "minutes")
_HIGHEST = {TimeUnit.QUARTER: 4, TimeUnit.MONTH: 12, TimeUnit.WEEK: 53, TimeUnit.DAY: 366}
_YEARS = (1000, 2999)
_SPAN = re.compile(
    r"\s*([0-9]{1,2})(?::([0-5][0-9]))?\s*(?:-|\u2013|to)\s*[0-9]{1,2}(?::[0-5][0-9])?\s*"
)  # from hour to hour


@dataclass(frozen=True)
class Times:
    """When rows happened.

    Attributes
    ----------
    column : str or None
        Column of times, or the names of several; None where the order of the rows is their time.
    values : ndarray of shape (n_samples,)
        Numbers that rise with time; NaN where missing.
    dated : bool
        Whether they are seconds since 1970.
    parts : tuple of TimePart
        Columns that tell the time together; empty where one does, or none.
    """

    column: str | None
    values: FloatArray
    dated: bool
    parts: tuple[TimePart, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table that tell the time."""
        return tuple(part.column for part in self.parts) or (() if self.column is None else (self.column,))


def find_time(table: Table, task: Task, settings: BuildSettings) -> Times:
    """Return the times of the rows: of the named columns, or of those that hold dates and hours, or else their order.

    Columns tell the time together where one alone leaves rows of one time that no column tells apart.

    Raises
    ------
    SettingsError
        Where several columns hold dates, or the named one holds no times.
    """
    if asked := asked_names(settings, "time"):
        return _named_parts(table, asked)
    name = settings.time or next((c.name for c in table.columns if c.role is Role.TIME), None)
    if name is None:
        series = asked_names(settings, "series")
        usable = [
            c
            for c in table.columns
            if c.role is Role.FEATURE and c.name not in (settings.target, *series, *asked_names(settings, "known"))
        ]
        dates = [c.name for c in usable if c.kind is Kind.DATETIME]
        if len(dates) > 1:
            raise SettingsError(
                f"{len(dates)} columns hold dates: {', '.join(map(repr, dates[:4]))}", hint=f"add --time {dates[0]}"
            )
        if (together := _found_parts(table, task, usable, series)) is not None:
            return together
        counted = [c.name for c in usable if c.name.lower() in _NAMES and _counts_time(table.frame[c.name], c)]
        name = dates[0] if dates else counted[0] if len(counted) == 1 else None
    if name is None:
        return Times(None, np.arange(len(table.frame), dtype=np.float64), False)
    column = table.column(name)
    if column.kind is Kind.DATETIME or column.kind.numeric:
        return Times(name, row_times(table, name), column.kind is Kind.DATETIME)
    numbers = pd.to_numeric(table.frame[name].astype(object), errors="coerce").to_numpy(np.float64)
    if not np.isfinite(numbers).mean() > 0.5:
        raise SettingsError(
            f"the time column {name!r} holds no dates or numbers, but {column.kind.noun} such as "
            f"{str(table.frame[name].dropna().iloc[0])[:30]!r}",
            hint="write its times as 2024-05-17, 2024-05, 2024 Q2 or 2024 W20, or name another with --time",
        )
    return Times(name, numbers, False)


def asked_names(settings: BuildSettings, option: str) -> tuple[str, ...]:
    """Return the columns that an option names, in its order."""
    return tuple(part.strip() for part in settings.task_options.get(option, "").split(",") if part.strip())


def part_values(table: Table, part: TimePart) -> NDArray[np.generic]:
    """Return a column that tells a part of the time as a block holds it: numbers, or texts where it holds texts."""
    column = table.column(part.column)
    if column.kind is Kind.DATETIME or (column.kind.numeric and column.kind is not Kind.BOOLEAN):
        return to_block(table.frame, (column,))[part.column]
    return series_texts(table.frame[part.column], column)


def _counts_time(values: pd.Series, column: Column) -> bool:
    """Say whether numbers named like a unit of time never go back within the table, or start again."""
    if column.kind in (Kind.CATEGORY, Kind.ORDERED, Kind.IDENTIFIER, Kind.TEXT):
        values = pd.to_numeric(values.astype(object), errors="coerce")
    elif not column.kind.numeric:
        return False
    numbers = values.to_numpy(np.float64)
    whole = np.isfinite(numbers).mean() > 0.99 and bool((np.floor(numbers) == numbers)[np.isfinite(numbers)].all())
    return whole and len(np.unique(numbers)) >= _FEWEST


def _named_parts(table: Table, names: Sequence[str]) -> Times:
    columns = {column.name: column for column in table.columns}
    for name in names:
        if name not in columns:
            raise SettingsError(
                f"time={','.join(names)} names a column {name!r} that {table.name} lacks",
                hint=f"the columns are {', '.join(list(columns)[:8])}",
            )
    parts = [part for name in names if (part := _part(table, columns[name], named=True)) is not None]
    begins = {part.unit for part in parts} & {TimeUnit.DATE, TimeUnit.YEAR}
    times = _times_together(table, parts) if begins and len(parts) == len(names) else None
    if times is None:
        raise SettingsError(
            f"{', '.join(map(repr, names))} tell no time together",
            hint="name a date and an hour, or a year and a month, as in --task-option time=date,hour",
        )
    return times


def _found_parts(table: Table, task: Task, usable: Sequence[Column], series: tuple[str, ...]) -> Times | None:
    """Return the times that several columns tell; None where one is enough, or none does."""
    found = [part for column in usable if (part := _part(table, column)) is not None]
    offsets = [part for part in found if part.unit is TimeUnit.OFFSET]
    dates = [part for part in found if part.unit is TimeUnit.DATE]
    years = [part for part in found if part.unit is TimeUnit.YEAR]
    within = list({part.unit: part for part in reversed(found) if part.unit in _HIGHEST}.values())
    if dates:
        parts = [*dates, *offsets]
        if (part_numbers(part_values(table, dates[0]), dates[0]) % _DAY > 0).any():
            return None  # times of day stand in it already
    elif len(years) == 1:
        months = any(part.unit in (TimeUnit.MONTH, TimeUnit.QUARTER) for part in within)
        parts = [*years, *(p for p in within if not (p.unit is TimeUnit.WEEK and months)), *offsets]
    else:
        return None
    if len(parts) == 1 or len({(part.unit, part.seconds) for part in parts}) < len(parts):
        return None
    times = _times_together(table, parts)
    if times is None:
        return None
    if _is_enough(table, task, parts, series):
        first = parts[0]
        numbers = part_numbers(part_values(table, first), first)
        return Times(first.column, numbers, False) if first.unit is TimeUnit.YEAR else None
    order = {column.name: place for place, column in enumerate(table.columns)}
    ordered = tuple(sorted(times.parts, key=lambda part: order[part.column]))
    return replace(times, column=" ".join(part.column for part in ordered), parts=ordered)


def _times_together(table: Table, parts: Sequence[TimePart]) -> Times | None:
    """Return the times that columns tell together; None where they tell few of them."""
    values = joined_times(parts, {part.column: part_values(table, part) for part in parts})
    if np.isfinite(values).mean() < _TIMED:
        return None
    return Times(" ".join(part.column for part in parts), values, True, tuple(parts))


def _is_enough(table: Table, task: Task, parts: Sequence[TimePart], series: tuple[str, ...]) -> bool:
    """Say whether the first column alone tells the time: rows of one value of it are of different series."""
    own = part_numbers(part_values(table, parts[0]), parts[0])
    usable = np.flatnonzero(np.isfinite(own) & table.frame[task.target].notna().to_numpy())
    moment = np.unique(own[usable], return_inverse=True)[1].astype(np.int64)
    if series:
        known = {column.name for column in table.columns}
        codes = series_codes(table, tuple(name for name in series if name in known))[usable]
        moment = codes * (int(moment.max(initial=0)) + 1) + moment
    if len(np.unique(moment)) >= _ALONE * len(usable):
        return True
    if series:
        return False
    names = {part.column for part in parts}
    others = tuple(c for c in table.columns if c.name not in names and c.role is not Role.IGNORED)
    some = replace(table, frame=table.frame.iloc[usable].reset_index(drop=True), columns=others)
    return bool(series_columns(some, task, moment + 1))


def _part(table: Table, column: Column, named: bool = False) -> TimePart | None:
    """Return what a column says of the time by its name and its values; None where it says nothing."""
    if column.kind is Kind.DATETIME:
        return TimePart(column.name, TimeUnit.DATE)
    if column.kind.numeric and column.unit in CLOCKS:
        seconds = to_block(table.frame, (column,))[column.name].astype(np.float64)
        within = bool((np.isnan(seconds) | ((seconds >= 0) & (seconds < _DAY))).all())
        return TimePart(column.name, TimeUnit.OFFSET) if within else None
    word = re.sub("[^a-z]", "", column.name.lower())
    unit = next((unit for unit, words in _WORDS.items() if word in words), None)
    offset = next((size for size, words in ((3_600.0, _HOURS), (60.0, _MINUTES)) if word in words), None)
    if unit is None and offset is None and not named:
        return None
    part = TimePart(column.name, unit or TimeUnit.OFFSET, offset or 3_600.0)
    values = part_values(table, part)
    if values.dtype == object or (part.unit is TimeUnit.OFFSET and _are_clocks(values)):
        part = replace(part, texts=_texts(values, part))
    numbers = part_numbers(values, part)
    known = numbers[np.isfinite(numbers)]
    whole = bool((known == np.floor(known)).all()) or part.unit is TimeUnit.OFFSET
    if len(known) < _TIMED * len(numbers) or not len(known) or not whole:
        return None
    low, high = float(known.min()), float(known.max())
    if part.unit is TimeUnit.YEAR:
        return part if _YEARS[0] <= low and high <= _YEARS[1] else None
    if part.unit is not TimeUnit.OFFSET:
        return part if low >= 1 and high <= _HIGHEST[part.unit] else None
    most = 24 if part.seconds == 3_600.0 else 60
    if low >= 1 and high == most and most == 24:
        part = replace(part, first=1.0)  # hours that end
    return part if low >= 0 and high < most + part.first else None


def _are_clocks(values: NDArray[np.generic]) -> bool:
    """Say whether numbers are hours and minutes without a colon: 30, 100, 2330."""
    numbers = values.astype(np.float64)
    known = numbers[np.isfinite(numbers)]
    return len(known) > 0 and 100 <= known.max() <= 2359 and known.min() >= 0 and bool((known % 100 < 60).all())


def _texts(values: NDArray[np.generic], part: TimePart) -> tuple[tuple[str, float], ...]:
    """Return how a column writes numbers: as it was seen, and all months where it writes their names."""
    if part.unit is TimeUnit.OFFSET and values.dtype != object:
        clocks = np.unique(values[np.isfinite(values.astype(np.float64))]).astype(np.float64).tolist()
        return tuple((f"{clock:g}", clock // 100 + clock % 100 / 60) for clock in clocks)
    seen = list(dict.fromkeys(str(v) for v in values.tolist() if v is not None))[:400]
    if (
        part.unit is TimeUnit.OFFSET
        and (spans := {text: _SPAN.fullmatch(text) for text in seen})
        and all(spans.values())
    ):
        return tuple((text, int(m[1]) + int(m[2] or 0) / 60) for text, m in spans.items() if m is not None)
    if part.unit is TimeUnit.MONTH and seen and not any(char.isdigit() for char in "".join(seen)):
        named = {text: MONTH_NAMES.get(text.lower().rstrip(".")) for text in seen}
        table = {text: float(number) for text, number in named.items() if number is not None}
        style = "%B" if any(len(text) > 4 for text in seen) else "%b"
        for number in sorted({*range(1, 13)} - {int(n) for n in table.values()}):
            table[pd.Timestamp(2000, number, 1).strftime(style)] = float(number)
        return tuple(table.items())
    return tuple((text, float(part_numbers(np.array([text], dtype=object), part)[0])) for text in seen)
