"""Series in a long table: how their times are counted, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Calendar", "History", "Panel", "StepUnit", "TimePart", "TimeUnit"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_OFF = 0.02  # of a step that a time may be away from the grid: clocks are not read to the last second
_WEEK = 5
_EPOCH_WEEKDAY = 3  # 1970-01-01 was a Thursday


class StepUnit(StrEnum):
    """What steps of time are counted in."""

    MONTH = "month"
    """Months of the calendar; times are seconds since 1970."""
    WORKDAY = "working day"
    """Days from Monday to Friday; times are seconds since 1970."""
    SECOND = "second"
    """Seconds; times are seconds since 1970."""
    NUMBER = "number"
    """Times are numbers of their own, such as years."""
    ROW = "row"
    """The table has no times: the order of its rows is."""


class TimeUnit(StrEnum):
    """What one of several columns says of a time."""

    DATE = "date"
    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"
    WEEK = "week"
    """Of the year, as ISO 8601 counts."""
    DAY = "day"
    """Of the month; of the year where no column says the month."""
    OFFSET = "offset"
    """Numbers of hours, minutes or seconds since the day began."""


@dataclass(frozen=True)
class TimePart:
    """A column that says a part of the time, beside others.

    Attributes
    ----------
    column : str
        Its name.
    unit : TimeUnit
        What it says.
    seconds : float
        Of an offset: the seconds that one stands for, 3,600 for hours.
    first : float
        Of an offset: the number of the first one of a day, 1 where hours run from 1 to 24.
    texts : tuple of (str, float)
        How the table writes the numbers, where it writes texts: ("Jan", 1).
    """

    column: str
    unit: TimeUnit
    seconds: float = 1.0
    first: float = 0.0
    texts: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Calendar:
    """A regular grid of times.

    Attributes
    ----------
    unit : StepUnit
        What a step is counted in.
    size : float
        Units from one step to the next: 3 months are a quarter, 1,800 seconds half an hour.
    origin : float
        The time of step 0: seconds since 1970, or a number of the time column.

    Examples
    --------
    >>> quarters = Calendar(StepUnit.MONTH, 3, 0.0)
    >>> quarters.steps(np.array([0.0, 31.0, 90.0]) * 86_400)
    array([ 0., nan,  1.])
    >>> (quarters.times(np.array([1])) / 86_400).tolist()
    [90.0]
    """

    unit: StepUnit
    size: float
    origin: float

    def steps(self, times: FloatArray) -> FloatArray:
        """Return the steps of times, shape (n_samples,): whole numbers; NaN where a time is missing or off the grid."""
        known = np.isfinite(times)
        filled = np.where(known, times, self.origin)
        if self.unit is StepUnit.MONTH:
            place = (_months(filled) - _months(np.array([self.origin]))[0]) / self.size
            # The day of the month, and the hour, are those of the origin, or the last day of a shorter month.
            near = np.abs(filled - self.times(np.round(place).astype(np.int64))) <= _OFF * self.size * 30 * 86_400
            known = known & near
        elif self.unit is StepUnit.WORKDAY:
            place = (_workdays(filled) - _workdays(np.array([self.origin]))[0]) / self.size
        else:
            place = (filled - self.origin) / self.size
        whole = np.round(place)
        return np.where(known & (np.abs(place - whole) <= _OFF), whole, np.nan)

    def times(self, steps: IntArray) -> FloatArray:
        """Return the time of each step, shape (n_samples,)."""
        moved = np.asarray(steps) * self.size
        if self.unit is StepUnit.MONTH:
            return _in_month(self.origin, moved.astype(np.int64))
        if self.unit is StepUnit.WORKDAY:
            return _on_workday(self.origin, moved.astype(np.int64))
        return np.asarray(self.origin + moved, dtype=np.float64)


@dataclass(frozen=True)
class Panel:
    """What a forecast is asked for.

    Attributes
    ----------
    calendar : Calendar
        How times are counted.
    horizon : int
        Steps ahead that are forecast.
    seasons : tuple of int
        Steps after which values repeat, the most telling first; empty where there is no season.
    series : tuple of str
        Columns that tell series apart; empty for a single series.
    known : tuple of str
        Columns whose values are known ahead.
    counts : bool
        Whether values are never below nought, so that forecasts are not either.
    time_parts : tuple of TimePart
        Columns that tell the time together; empty where a single one does.
    holidays : tuple of int
        Public holidays as days since 1970, rising; those of some years to come are among them.
    """

    calendar: Calendar
    horizon: int
    seasons: tuple[int, ...] = ()
    series: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    counts: bool = False
    time_parts: tuple[TimePart, ...] = ()
    holidays: tuple[int, ...] = ()


@dataclass(frozen=True)
class History:
    """Values of all series until now, on one grid.

    Attributes
    ----------
    values : ndarray of shape (n_series, n_steps)
        NaN where there is none: before a series begins, after it ends, and in gaps.
    first : int
        Step of the first column.
    known : ndarray of shape (n_series, n_steps, n_known)
        Values of the columns that are known ahead, those of categories as codes; NaN where there is none.
    """

    values: FloatArray
    first: int
    known: FloatArray

    @property
    def end(self) -> int:
        """The first step after all that is there."""
        return self.first + int(self.values.shape[1])

    def last_steps(self) -> IntArray:
        """Return the last step of each series that has a value, shape (n_series,); ``first - 1`` where it has none.

        Examples
        --------
        >>> History(np.array([[1.0, np.nan], [np.nan, np.nan]]), 5, np.empty((2, 2, 0))).last_steps().tolist()
        [5, 4]
        """
        there = np.isfinite(self.values)
        back = there[:, ::-1].argmax(axis=1)
        return np.where(there.any(axis=1), self.end - 1 - back, self.first - 1).astype(np.int64)


def _months(seconds: FloatArray) -> IntArray:
    return seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)


def _in_month(origin: float, moved: IntArray) -> FloatArray:
    """Return the same day and hour some months later, or the last day of a month that is shorter."""
    moment = np.datetime64(int(origin), "s")
    month = moment.astype("datetime64[M]")
    offset = (moment - month.astype("datetime64[s]")).astype(np.int64)
    begins = (month + moved).astype("datetime64[s]").astype(np.int64)
    following = (month + moved + 1).astype("datetime64[s]").astype(np.int64)
    last = (month + 1).astype("datetime64[s]").astype(np.int64) - month.astype("datetime64[s]").astype(np.int64)
    day, hour = divmod(int(offset), 86_400)
    at_end = day == last // 86_400 - 1  # ends of months stay ends of months
    latest = (following - begins) // 86_400 - 1
    days = latest if at_end else np.minimum(day, latest)
    return np.asarray(begins + days * 86_400 + hour, dtype=np.float64)


def _workdays(seconds: FloatArray) -> FloatArray:
    """Return working days since 1970; weekends lie between two of them, off the grid."""
    days = np.floor(seconds / 86_400)
    monday = days + _EPOCH_WEEKDAY
    week, weekday = np.floor(monday / 7), np.mod(monday, 7)
    return np.asarray(week * _WEEK + np.where(weekday < _WEEK, weekday, _WEEK - 0.5))


def _on_workday(origin: float, moved: IntArray) -> FloatArray:
    hour = origin % 86_400
    count = _workdays(np.array([origin]))[0] + moved
    week, weekday = np.floor(count / _WEEK), np.mod(count, _WEEK)
    return np.asarray((week * 7 + weekday - _EPOCH_WEEKDAY) * 86_400 + hour)
