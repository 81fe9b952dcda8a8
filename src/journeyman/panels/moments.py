"""When rows happened, on a calendar: whole steps of time, and the seasons that values may repeat after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Kind
from journeyman.entities.table import Table, row_times
from journeyman.entities.task import Task

__all__ = ["Moments", "hidden_season", "moments_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_DAY = 86_400.0
_MONTH = 26 * _DAY  # steps that are longer are counted in months of the calendar
_REGULAR = 0.9
_MOST_STEPS = 20  # times as many as there are moments: a grid that is emptier is none
_STEPS = (4, 5, 7, 12, 24, 48, 52, 96, 168, 336)  # usual numbers of steps in a season, where no calendar says it
_CORRELATED = 0.2
_AS_HIGH = 0.85


@dataclass(frozen=True)
class Moments:
    """The time of each row.

    Attributes
    ----------
    step : ndarray of int64, shape (n_samples,)
        Whole steps since before the first moment, at least 1; 0 where the time is missing.
    seasons : tuple of (int, str)
        Steps after which values may repeat, and that span in words ("one year"); the same words may come twice.
    unit : str
        What a step is, in words and in the plural ("months", "rows", "steps").
    """

    step: IntArray
    seasons: tuple[tuple[int, str], ...]
    unit: str


def moments_of(table: Table, task: Task) -> Moments:
    """Return the time of all rows of a table that time divides.

    A date is counted in months where rows are a month or more apart, else in the usual distance of two moments, or in
    seconds where they come irregularly. Other times (years, week numbers, texts that sort) are counted as they are.
    """
    if task.time_column is None:
        return _count_times(np.arange(len(table.frame), dtype=np.float64), "rows")
    times = row_times(table, task.time_column)
    return _dated(times) if table.column(task.time_column).kind is Kind.DATETIME else _count_times(times, "steps")


def _dated(seconds: FloatArray) -> Moments:
    known = np.isfinite(seconds)
    distinct = np.unique(seconds[known])
    if len(distinct) < 3:
        return Moments(np.where(known, np.searchsorted(distinct, seconds) + 1, 0), (), "steps")
    apart = np.diff(distinct)
    usual = float(np.median(apart))
    if usual >= _MONTH:
        months = np.where(known, seconds, distinct[0]).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        step, unit, offsets = months - months[known].min() + 1, "months", [(12.0, "one year")]
        usual = max(1.0, round(usual / (30.4 * _DAY)))
    else:
        multiple = apart / usual
        regular = float((np.abs(multiple - np.round(multiple)) < 0.05).mean()) >= _REGULAR
        size = usual if regular else 1.0
        step = np.round((np.where(known, seconds, distinct[0]) - distinct[0]) / size).astype(np.int64) + 1
        unit = "steps" if regular else "seconds"
        offsets = [(_DAY / size, "one day"), (7 * _DAY / size, "one week")]
        offsets += [(364 * _DAY / size, "one year"), (365 * _DAY / size, "one year")]  # the same weekday, the same date
        usual = usual / size
    half = int(step[known].max()) // 2
    seasons = [(round(lag), words) for lag, words in offsets if 1.5 * usual < lag <= half]
    return Moments(np.where(known, step, 0), tuple(dict.fromkeys(seasons)), unit)


def _count_times(times: FloatArray, unit: str) -> Moments:
    """Count whole numbers as they are, all others by their rank."""
    known = np.isfinite(times)
    distinct = np.unique(times[known])
    whole = bool((distinct == np.round(distinct)).all())
    if whole and len(distinct) and np.ptp(distinct) < _MOST_STEPS * len(distinct):
        step = np.where(known, times - distinct[0] + 1, 0).astype(np.int64)
    else:
        step = np.where(known, np.searchsorted(distinct, times) + 1, 0).astype(np.int64)
    half = int(step.max(initial=0)) // 2
    return Moments(step, tuple((lag, f"{lag} {unit}") for lag in _STEPS if lag <= half), unit)


def hidden_season(moments: Moments, y: FloatArray) -> tuple[tuple[int, str], ...]:
    """Return the lag, if any, at which the mean of a moment goes along with itself most, after the nearest ones.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Values of the rows of ``moments``.

    Notes
    -----
    The autocorrelation of the changes from step to step, so that a trend is no season; the first lag at which it has
    come back after a fall (Box and Jenkins 1970).

    Examples
    --------
    >>> rows = np.arange(330)
    >>> hidden_season(Moments(rows + 1, (), "rows"), np.sin(rows * 2 * np.pi / 33))
    ((33, '33 rows'),)
    """
    known = moments.step > 0
    size = int(moments.step.max(initial=0))
    steps = np.unique(moments.step[known])
    if len(steps) < 12 or size > _MOST_STEPS * len(steps):
        return ()
    counts = np.bincount(moments.step[known], minlength=size + 1)[1:]
    sums = np.bincount(moments.step[known], y[known], size + 1)[1:]
    filled = np.interp(np.arange(size), np.flatnonzero(counts), (sums / np.maximum(counts, 1))[counts > 0])
    change = np.diff(filled)
    change = change - change.mean()
    n = len(change)
    spectrum = np.abs(np.fft.rfft(change, 1 << (2 * n - 1).bit_length())) ** 2
    covariance = np.fft.irfft(spectrum)[: n // 2 + 1]
    if covariance[0] <= 0:
        return ()
    correlation = covariance / covariance[0] * n / (n - np.arange(len(covariance)))
    fallen = np.flatnonzero(correlation < max(0.1, 2 / np.sqrt(n)) / 2)
    if not len(fallen):
        return ()
    rest = correlation[fallen[0] :]
    if rest.max() < max(_CORRELATED, 3 / np.sqrt(n)):
        return ()
    near = np.flatnonzero(rest >= _AS_HIGH * rest.max())  # a season comes again after twice its length, too
    first = near[: 1 + int(np.argmax(np.r_[np.diff(near) > 1, True]))]
    lag = int(fallen[0]) + int(first[rest[first].argmax()])
    if lag < 2:
        return ()
    words = f"{lag // 12} years" if moments.unit == "months" and lag % 12 == 0 else f"{lag} {moments.unit}"
    return ((lag, words),)
