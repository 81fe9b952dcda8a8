"""Find the regular grid that times lie on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import Calendar, StepUnit

__all__ = ["ROWS", "find_calendar", "off_grid_share"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ROWS = Calendar(StepUnit.ROW, 1.0, 0.0)
_DAY = 86_400.0
_MONTH = 27 * _DAY  # the shortest step that is counted in months
_WEEKEND = 0.01  # of the days are on a weekend, at most, where only working days are counted
_MOST_MONTHS = 60
_EPOCH_WEEKDAY = 3


def find_calendar(times: FloatArray, codes: IntArray, dated: bool) -> Calendar | None:
    """Return the grid of the commonest step from one time of a series to the next.

    Parameters
    ----------
    times : ndarray of shape (n_samples,)
        Seconds since 1970 where ``dated``, else numbers such as years; all known.
    codes : ndarray of int64, shape (n_samples,)
        Series of each row.

    Returns
    -------
    Calendar or None
        None where there is no step: no series has two times.

    Examples
    --------
    >>> quarters = np.array([0.0, 90.0, 181.0, 273.0, 365.0]) * 86_400
    >>> calendar = find_calendar(quarters, np.zeros(5, dtype=np.int64), True)
    >>> calendar.unit.value, calendar.size
    ('month', 3.0)
    """
    order = np.lexsort((times, codes))
    when, whose = times[order], codes[order]
    apart = np.diff(when)[(whose[1:] == whose[:-1]) & (np.diff(when) > 0)]
    if not len(apart):
        return None
    usual = _commonest(apart)
    if not dated:
        return Calendar(StepUnit.NUMBER, usual, _origin(when, usual))
    if float(np.median(apart)) >= _MONTH and (months := _in_months(when, whose)) is not None:
        return months
    if usual == _DAY and _skips_weekends(when):
        return Calendar(StepUnit.WORKDAY, 1.0, float(when.min()))
    return Calendar(StepUnit.SECOND, usual, _origin(when, usual))


def off_grid_share(calendar: Calendar, times: FloatArray) -> float:
    """Return the share of known times that the grid does not hold.

    Examples
    --------
    >>> off_grid_share(Calendar(StepUnit.NUMBER, 1.0, 0.0), np.array([1.0, 2.5]))
    0.5
    """
    known = times[np.isfinite(times)]
    return float(np.isnan(calendar.steps(known)).mean()) if len(known) else 1.0


def _commonest(apart: NDArray[np.floating]) -> float:
    values, counts = np.unique(np.round(apart, 6), return_counts=True)
    return float(values[counts.argmax()])


def _origin(times: FloatArray, size: float) -> float:
    """Return the earliest time of those that share the commonest place within a step."""
    phase = np.round(np.mod(times, size), 6)
    phase = np.where(phase >= size - 1e-6, 0.0, phase)
    return float(times[phase == _commonest(phase)].min())


def _in_months(times: FloatArray, codes: IntArray) -> Calendar | None:
    """Return a grid of months, where the times have the same day of the month, or all are its last day."""
    moments = times.astype("datetime64[s]")
    months = moments.astype("datetime64[M]")
    begins, following = months.astype("datetime64[s]"), (months + 1).astype("datetime64[s]")
    day = (moments - begins).astype(np.int64) // int(_DAY)
    last = (following - moments).astype(np.int64) <= _DAY
    number = months.astype(np.int64)
    apart = np.diff(number)[(codes[1:] == codes[:-1]) & (np.diff(number) > 0)]
    if not len(apart):
        return None
    size = _commonest(apart.astype(np.float64))
    if size > _MOST_MONTHS:
        return None
    usual_day = _commonest(day.astype(np.float64))
    fits = last if last.mean() > 0.5 else day == usual_day
    if fits.mean() < 0.5:  # a step that is no month, such as 30 days
        return None
    place = np.mod(number[fits], int(size))
    origin = times[fits][place == _commonest(place.astype(np.float64))].min()
    return Calendar(StepUnit.MONTH, size, float(origin))


def _skips_weekends(times: FloatArray) -> bool:
    days = np.unique(np.floor(times / _DAY))
    weekday = np.mod(days + _EPOCH_WEEKDAY, 7)
    return len(days) >= 10 and bool((weekday >= 5).mean() <= _WEEKEND)
