"""What errors of a forecast are measured by: how far each series is from repeating itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import History, Panel

__all__ = ["own_scale", "series_scale"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_FLAT = 1e-9  # of a series' size: differences below are those of rounding
_LARGE = 1e100  # sums of larger values could overflow


def series_scale(history: History, panel: Panel, rows: IntArray | None = None) -> FloatArray:
    """Return the mean absolute error of the seasonal naive inside each series, which is never nought.

    It is the mean of ``|v[t] - v[t - m]|`` over pairs of which both are known, where m is the first season if the
    series is longer than that, and 1 else (Hyndman and Koehler 2006, the denominator of MASE). Flat series, and those
    without a pair, take the median of the others; 1 where there are no others.

    Parameters
    ----------
    history : History
        Of all series.
    panel : Panel
        For its seasons.
    rows : ndarray of shape (n_asked,) or None
        Rows of ``history.values`` that are asked for; all where None.

    Returns
    -------
    ndarray of shape (n_asked,)
        In the unit of the values.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, StepUnit
    >>> panel = Panel(Calendar(StepUnit.ROW, 1, 0), 2, (2,))
    >>> values = np.array([[1.0, 5.0, 2.0, 7.0], [3.0, 3.0, 3.0, 3.0], [np.nan, np.nan, 4.0, 8.0]])
    >>> series_scale(History(values, 0, np.empty((3, 4, 0))), panel).tolist()
    [1.5, 2.75, 4.0]
    """
    values = history.values if rows is None else history.values[rows]
    scale = own_scale(values, panel.seasons)
    usable = scale > 0
    if usable.all():
        return scale
    everybody = scale if rows is None else own_scale(history.values, panel.seasons)
    others = everybody[everybody > 0]
    return np.where(usable, scale, np.median(others) if len(others) else 1.0)


def own_scale(values: FloatArray, seasons: tuple[int, ...]) -> FloatArray:
    """Return the same of values of shape (n_series, n_steps), but nought for flat series and NaN without a pair."""
    values = np.clip(values, -_LARGE, _LARGE)
    there = np.isfinite(values)
    steps = values.shape[1]
    any_there = there.any(axis=1)
    lengths = np.where(any_there, steps - there[:, ::-1].argmax(axis=1) - there.argmax(axis=1), 0)
    scale = _mean_change(values, 1)
    if seasons and seasons[0] < steps:
        seasonal = _mean_change(values, seasons[0])
        scale = np.where((lengths > seasons[0]) & np.isfinite(seasonal), seasonal, scale)
    size = np.where(there, np.abs(values), 0.0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return np.where(scale <= _FLAT * size, 0.0, scale)


def _mean_change(values: FloatArray, lag: int) -> FloatArray:
    changes = np.abs(values[:, lag:] - values[:, :-lag])
    pairs = np.isfinite(changes)
    number = pairs.sum(axis=1)
    total = np.where(pairs, changes, 0.0).sum(axis=1)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
