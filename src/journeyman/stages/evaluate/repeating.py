"""What one would say who only repeats the past of the same series: the baseline where time orders the rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Split
from journeyman.entities.task import Task
from journeyman.panels.moments import Moments, hidden_season
from journeyman.tasks import task_type

__all__ = ["Repeated", "repeated"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_SEASONS = 4  # rules beside "the previous value": more would find a season in noise


@dataclass(frozen=True)
class Repeated:
    """A rule that repeats the past.

    Attributes
    ----------
    words : str
        "repeating the value of one year before".
    answers : ndarray of shape (n_samples, n_outputs)
        What it says of the examined rows. Nothing of the same moment or later is used.
    """

    words: str
    answers: FloatArray


def repeated(
    task: Task, split: Split, y: FloatArray, moments: Moments, series: IntArray, rows: IntArray
) -> tuple[Repeated, ...]:
    """Return the rules for some rows: the previous value of their series, and the one of a season before.

    Parameters
    ----------
    y : ndarray of shape (n_table,)
        Class codes or values of all rows of the table.
    moments, series
        Of all rows of the table; rows of one series and one moment count as one.
    rows : ndarray of int64, shape (n_samples,)
        Rows to answer.

    Notes
    -----
    A season ago is the last value of the series that is at least so old (seasonal naive; Hyndman and Athanasopoulos
    2021, "Forecasting", 5.2). Of the calendar's seasons and the one that the training rows show, those that come
    nearest to the training rows are taken.
    """
    past = _Past(series, moments.step, y, bool(task.labels))
    train = split.train
    found = [*moments.seasons, *hidden_season(Moments(moments.step[train], (), moments.unit), y[train])]
    lags = dict(reversed(found))
    errors = {lag: past.error(train, lag) for lag in lags}
    best = sorted((lag for lag in lags if np.isfinite(errors[lag])), key=lambda lag: (errors[lag], lag))[:_SEASONS]
    own, whose = (" of the same series", "same series' ") if series.any() else ("", "")
    each = [(1, f"repeating the previous value{own}")]
    each += [(lag, f"repeating the {whose}value of {lags[lag]} before") for lag in best]
    rules = []
    for lag, words in each:
        answers = task_type(task).repeat_previous(y[train], past.value(train, lag), past.value(rows, lag), task)
        rules.append(Repeated(words, answers))
    return tuple(rules)


class _Past:
    """Looks up the last value of a series that is at least some steps old."""

    def __init__(self, series: IntArray, step: IntArray, y: FloatArray, labels: bool) -> None:
        self._series, self._step, self._y, self._labels = series, step, y, labels
        self._span = int(step.max(initial=0)) + 1
        moment, place = np.unique(series * self._span + step, return_inverse=True)
        if labels:  # the last row of a moment; numbers that share one are averaged
            self._values = np.zeros(len(moment))
            self._values[place] = y
        else:
            self._values = np.bincount(place, y) / np.bincount(place)
        self._moment = moment

    def value(self, rows: IntArray, lag: int) -> FloatArray:
        """Return the value ``lag`` steps before rows, or the last one before that; NaN where there is none."""
        begin = self._series[rows] * self._span
        wanted = self._step[rows] - lag
        at = np.searchsorted(self._moment, begin + wanted, side="right") - 1
        there = (wanted >= 0) & (at >= 0) & (self._moment[at] >= begin)
        return np.where(there, self._values[at], np.nan)

    def error(self, rows: IntArray, lag: int) -> float:
        """Return the mean error of repeating on some rows; NaN where none of them has such a past."""
        missed = self.value(rows, lag) - self._y[rows]
        missed = missed[np.isfinite(missed)]
        if not len(missed):
            return float("nan")
        return float((missed != 0).mean() if self._labels else np.abs(missed).mean())
