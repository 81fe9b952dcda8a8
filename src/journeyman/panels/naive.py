"""Forecasts that repeat the past of the same series: what a model has to beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import History

__all__ = ["NaiveForecast", "naive_forecast"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_STEPS_JUDGED = 8
_LARGE = 1e100


@dataclass(frozen=True)
class NaiveForecast:
    """What repeating the past says of some steps.

    Attributes
    ----------
    lags : ndarray of int64, shape (n_samples,)
        After how many steps the series of each row repeats itself best; 1 for its last value.
    quantiles : ndarray of shape (n_samples, n_levels)
        Normal ones around the repeated value, as wide as the series was wrong with it before.
    """

    lags: IntArray
    quantiles: FloatArray


def naive_forecast(
    history: History, seasons: tuple[int, ...], horizon: int, row: FloatArray, step: IntArray, levels: FloatArray
) -> NaiveForecast:
    """Repeat for each series its last value, or that of a season before, whichever was better until now.

    Parameters
    ----------
    row : ndarray of shape (n_samples,)
        Rows of the history that are asked for; NaN for series that it does not have, which get the median of all.
    step : ndarray of int64, shape (n_samples,)
        Steps that are asked for.
    levels : ndarray of shape (n_levels,)
        Of the quantiles.

    References
    ----------
    Hyndman and Athanasopoulos 2021, "Forecasting: principles and practice", 5.2 and 5.5 (the seasonal naive, and how
    its error grows with every season ahead).

    Examples
    --------
    >>> past = History(np.array([[1.0, 5.0, 1.0, 5.0, 1.0, 5.0]]), 0, np.empty((1, 6, 0)))
    >>> naive_forecast(past, (2,), 2, np.array([0.0, 0.0]), np.array([6, 7]), np.array([0.5])).quantiles.tolist()
    [[1.0], [5.0]]
    """
    values = np.clip(history.values, -_LARGE, _LARGE)
    candidates = [1, *(lag for lag in seasons if lag < values.shape[1])]
    errors = np.array([_error(values, lag, horizon) for lag in candidates])
    best = np.where(np.isfinite(errors).any(axis=0), np.nan_to_num(errors, nan=np.inf).argmin(axis=0), 0)
    spreads = np.array([_spread(values, lag) for lag in candidates])
    spread = np.nan_to_num(spreads[best, np.arange(len(best))])
    known = np.isfinite(row)
    place = np.where(known, row, 0).astype(np.int64)
    if not len(values):
        return NaiveForecast(np.ones(len(row), dtype=np.int64), np.zeros((len(row), len(levels))))
    lag = np.array(candidates, dtype=np.int64)[best[place]]
    end = history.last_steps()[place]
    ahead = np.maximum(step - end, 1)
    times = -(-ahead // lag)
    point = _before(history.first, values, place, np.where(step > end, step - lag * times, step), lag)
    middle = _middle(values)
    point = np.where(known, np.where(np.isfinite(point), point, middle), middle)
    width = np.where(known, spread[place] * np.sqrt(times), float(np.median(spread)))
    # Here: a service loads this file to answer, and needs no naive forecast.
    from scipy.special import ndtri  # noqa: PLC0415 - see above

    return NaiveForecast(np.where(known, lag, 1), point[:, None] + width[:, None] * ndtri(levels))


def _error(values: FloatArray, lag: int, horizon: int) -> FloatArray:
    """Return each series' mean absolute error over the steps of a horizon; NaN where none is known."""
    judged = np.unique(np.linspace(1, horizon, min(horizon, _STEPS_JUDGED)).astype(np.int64))
    backs, counts = np.unique(-(-judged // lag) * lag, return_counts=True)
    total, number = np.zeros(len(values)), np.zeros(len(values))
    for back, count in zip(backs.tolist(), counts.tolist(), strict=True):
        if back >= values.shape[1]:
            continue
        apart = np.abs(values[:, back:] - values[:, :-back])
        there = np.isfinite(apart)
        own = there.sum(axis=1)
        mean = np.where(there, apart, 0.0).sum(axis=1) / np.maximum(own, 1)
        total += np.where(own > 0, count * mean, 0.0)
        number += np.where(own > 0, count, 0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def _spread(values: FloatArray, lag: int) -> FloatArray:
    """Return the root mean square of changes after one lag; NaN where none is known."""
    apart = values[:, lag:] - values[:, :-lag]
    there = np.isfinite(apart)
    own = there.sum(axis=1)
    return np.where(own > 0, np.sqrt(np.square(np.where(there, apart, 0.0)).sum(axis=1) / np.maximum(own, 1)), np.nan)


def _before(first: int, values: FloatArray, row: IntArray, step: IntArray, lag: IntArray) -> FloatArray:
    """Return the value at a step or, in a gap, some whole lags before it, else the last one before; NaN where none."""
    steps = values.shape[1]
    there = np.isfinite(values)
    latest = np.maximum.accumulate(np.where(there, np.arange(steps), -1), axis=1)
    at = np.minimum(step - first, steps - 1)
    found = np.full(len(row), np.nan)
    for back in range(4):
        cell = at - back * lag
        usable = np.isnan(found) & (cell >= 0)
        found[usable] = values[row[usable], cell[usable]]
    last = latest[row, np.maximum(at, 0)]
    return np.where(np.isnan(found) & (last >= 0) & (at >= 0), values[row, np.maximum(last, 0)], found)


def _middle(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0
