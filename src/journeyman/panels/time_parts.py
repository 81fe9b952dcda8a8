"""Times that stand in several columns: a date and an hour; a year, a month and a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import StepUnit, TimePart, TimeUnit
from journeyman.entities.table import Block
from journeyman.entities.task import Task

__all__ = ["joined_times", "key_columns", "part_numbers", "separated_times"]

FloatArray = NDArray[np.float64]
_DAY = 86_400.0
_MOST = {TimeUnit.YEAR: 9999, TimeUnit.QUARTER: 4, TimeUnit.MONTH: 12, TimeUnit.WEEK: 53}
_MONTHS_OF = {TimeUnit.MONTH: 1, TimeUnit.QUARTER: 3}


def key_columns(task: Task) -> tuple[str, ...]:
    """Return the columns that name a row of series: those that tell series apart, and those of its time.

    Empty where a task is of no series, or the order of the rows is their time.

    Examples
    --------
    >>> key_columns(Task("y", "regression", "rmse"))
    ()
    """
    panel, time = task.panel, task.time_column
    if panel is None or time is None or panel.calendar.unit is StepUnit.ROW:
        return ()
    return (*panel.series, *(tuple(part.column for part in panel.time_parts) or (time,)))


def part_numbers(values: NDArray[np.generic], part: TimePart) -> FloatArray:
    """Return the numbers that a column says, shape (n_samples,); NaN where it says none.

    Examples
    --------
    >>> month = TimePart("m", TimeUnit.MONTH, texts=(("Jan", 1.0), ("Feb", 2.0)))
    >>> part_numbers(np.array(["Feb", "1", None, "?"], dtype=object), month).tolist()
    [2.0, 1.0, nan, nan]
    """
    if values.dtype != object and not part.texts:
        return values.astype(np.float64)
    known = dict(part.texts)
    if values.dtype != object:
        return np.array([known.get(f"{v:g}", np.nan) for v in values.tolist()], dtype=np.float64)
    return np.array([known.get(str(v), _digits(v)) for v in values.tolist()], dtype=np.float64)


def joined_times(parts: Sequence[TimePart], block: Mapping[str, NDArray[np.generic]]) -> FloatArray:
    """Return seconds since 1970, shape (n_samples,); NaN where a part is missing, or there is no such time.

    Parameters
    ----------
    block : mapping of str to ndarray of shape (n_samples,)
        The columns; dates as seconds since 1970.

    Examples
    --------
    >>> parts = TimePart("y", TimeUnit.YEAR), TimePart("m", TimeUnit.MONTH), TimePart("h", TimeUnit.OFFSET, 3600.0)
    >>> block = {"y": np.array([1970, 1970]), "m": np.array([1, 13]), "h": np.array([5, 5])}
    >>> joined_times(parts, block).tolist()
    [18000.0, nan]
    """
    told: dict[TimeUnit, FloatArray] = {
        part.unit: part_numbers(block[part.column], part) for part in parts if part.unit is not TimeUnit.OFFSET
    }
    begins = told[TimeUnit.DATE] if TimeUnit.DATE in told else _days(told) * _DAY
    for part in parts:
        if part.unit is TimeUnit.OFFSET:
            begins = begins + (part_numbers(block[part.column], part) - part.first) * part.seconds
    return np.asarray(begins, dtype=np.float64)


def separated_times(parts: Sequence[TimePart], times: FloatArray) -> Block:
    """Return the columns that say some times: the inverse of :func:`joined_times`.

    Examples
    --------
    >>> parts = TimePart("d", TimeUnit.DATE), TimePart("h", TimeUnit.OFFSET, 3600.0, 1.0)
    >>> {name: values.tolist() for name, values in separated_times(parts, np.array([90_000.0])).items()}
    {'d': [86400.0], 'h': [2.0]}
    """
    day = np.floor(times / _DAY)
    left = times - day * _DAY
    numbers: dict[str, FloatArray] = {}
    units = {part.unit for part in parts}
    for part in sorted(parts, key=lambda p: -p.seconds):
        if part.unit is TimeUnit.OFFSET:
            count = np.floor(left / part.seconds + 1e-6)
            left = left - count * part.seconds
            numbers[part.column] = count + part.first
        else:
            numbers[part.column] = day * _DAY if part.unit is TimeUnit.DATE else _calendar_number(day, part.unit, units)
    return {part.column: _as_written(numbers[part.column], part) for part in parts}


def _as_written(numbers: FloatArray, part: TimePart) -> NDArray[np.generic]:
    if not part.texts:
        return numbers
    known = {number: text for text, number in reversed(part.texts)}
    return np.array([known.get(number, f"{number:g}") for number in numbers.tolist()], dtype=object)


def _digits(value: object) -> float:
    digits = "".join(filter(str.isdigit, str(value)))
    return float(digits) if digits and value is not None else float("nan")


def _days(told: Mapping[TimeUnit, FloatArray]) -> FloatArray:
    """Return days since 1970 of years and what parts them."""
    year = told[TimeUnit.YEAR]
    valid = np.isfinite(year) & (year >= 1)
    for unit, numbers in told.items():
        valid &= np.isfinite(numbers) & (numbers == np.floor(numbers)) & (numbers >= 1)
        valid &= numbers <= _MOST.get(unit, 366)
    years = np.where(valid, year, 1970.0)
    if TimeUnit.WEEK in told:
        fourth = (years - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64) + 3
        monday = fourth - np.mod(fourth + 3, 7)  # the week of 4 January is the first one
        return np.where(valid, monday + 7 * (told[TimeUnit.WEEK] - 1), np.nan)
    months = (years - 1970) * 12
    for unit, size in _MONTHS_OF.items():
        months = months + size * (np.where(valid, told.get(unit, np.ones(len(years))), 1.0) - 1)
    first = months.astype(np.int64).astype("datetime64[M]")
    days = first.astype("datetime64[D]").astype(np.float64)
    if TimeUnit.DAY in told:
        day = told[TimeUnit.DAY]
        if not told.keys() & _MONTHS_OF.keys():
            return np.where(valid, days + day - 1, np.nan)
        valid &= day <= ((first + 1).astype("datetime64[D]").astype(np.float64) - days)
        days = days + np.where(valid, day, 1.0) - 1
    return np.where(valid, days, np.nan)


def _calendar_number(day: FloatArray, unit: TimeUnit, units: set[TimeUnit]) -> FloatArray:
    """Return what a unit counts of days since 1970."""
    if TimeUnit.WEEK in units and unit in (TimeUnit.YEAR, TimeUnit.WEEK):
        thursday = day - np.mod(day + 3, 7) + 3  # a week is of the year of its Thursday
        year = _year(thursday)
        begins = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.float64)
        return year if unit is TimeUnit.YEAR else np.floor((thursday - begins) / 7) + 1
    if unit is TimeUnit.YEAR:
        return _year(day)
    dates = day.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    number = np.mod(month.astype(np.int64), 12)
    if unit is TimeUnit.DAY:
        within = month if units & _MONTHS_OF.keys() else dates.astype("datetime64[Y]")
        return np.asarray((dates - within.astype("datetime64[D]")).astype(np.float64) + 1)
    return np.asarray(number // _MONTHS_OF[unit] + 1, dtype=np.float64)


def _year(day: FloatArray) -> FloatArray:
    return np.asarray(day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.float64) + 1970)
