"""The Theta method: half of the long trend, and the level by exponential smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.decomposition import without_seasons
from journeyman.algorithms.forecasting.frame import RuleAlgorithm
from journeyman.algorithms.forecasting.model import past_of, with_spread
from journeyman.algorithms.forecasting.past import Past
from journeyman.entities.candidate import Candidate, Refusal, Turn
from journeyman.entities.panel import Panel
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel

__all__ = ["Theta", "ThetaRule", "likelihoods", "smoothed_level"]

FloatArray = NDArray[np.float64]
_ALPHAS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
_CERTAIN = 30.0  # steps at most that choose among smoothing constants: more would choose one of two that are alike


class ThetaRule(msgspec.Struct, frozen=True, tag=True):
    """Theta after the seasonal pattern is taken off, on the plain or the logarithmic scale.

    Assimakopoulos and Nikolopoulos 2000, in the form of Hyndman and Billah 2003: simple exponential smoothing with a
    drift of half the slope of a straight line. What several smoothing constants forecast is averaged by how likely
    each of them is.

    Attributes
    ----------
    seasons : tuple of int
        The first of which a series holds enough is taken off.
    share : float
        Of the slope that the forecast follows; 0.5 is the Theta method.
    logs : bool
        Whether series of positive values are smoothed on the logarithmic scale.
    """

    seasons: tuple[int, ...] = ()
    share: float = 0.5
    logs: bool = False

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps, shape (n_series, steps)."""
        values = past.values
        positive = self.logs & (np.where(np.isfinite(values), values, 1.0).min(axis=1) > 0.0)
        values = np.where(positive[:, None], np.log(np.where(positive[:, None], values, 1.0)), values)
        ahead = np.arange(1, steps + 1)
        values, path = without_seasons(values, self.seasons, steps)
        level, gap = smoothed_level(values)
        slope = self.share * _slope(values)
        path = path + level[:, None] + slope[:, None] * (ahead - 1 + gap[:, None])
        return np.where(positive[:, None], np.exp(np.where(positive[:, None], path, 0.0)), path)

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series among many."""
        return 2e-5 + 4e-7 * length


def smoothed_level(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the level of each series by simple exponential smoothing, and how many steps it lags on a trend.

    Parameters
    ----------
    values : ndarray of shape (n_series, n_steps)
        NaN before a series begins.

    Returns
    -------
    level, lag : ndarrays of shape (n_series,)
        Means over smoothing constants, weighed by their likelihoods.

    Examples
    --------
    >>> level, lag = smoothed_level(np.array([[2.0, 2.0, 2.0, 2.0]]))
    >>> level.round(6).tolist()
    [2.0]
    """
    series, width = values.shape
    begun = np.isfinite(values).argmax(axis=1)
    first = values[np.arange(series), begun]
    level = np.repeat(first[:, None], len(_ALPHAS), axis=1)
    squares = np.zeros_like(level)
    for step in range(width):
        here = values[:, step, None]
        error = np.where(np.isfinite(here), here - level, 0.0)
        squares += error * error
        level = level + _ALPHAS * error
    length = (width - begun).astype(np.float64)
    weight = likelihoods(squares, length)
    lag = (1.0 - (1.0 - _ALPHAS) ** length[:, None]) / _ALPHAS
    return (weight * level).sum(axis=1), (weight * lag).sum(axis=1)


def likelihoods(squares: FloatArray, length: FloatArray) -> FloatArray:
    """Return weights that sum to 1 from sums of squared errors, shape (n_series, n_choices)."""
    least = squares.min(axis=1, keepdims=True)
    ratio = np.where(least > 0, squares / np.where(least > 0, least, 1.0), np.where(squares > 0, np.inf, 1.0))
    weight = ratio ** (-0.5 * np.minimum(length, _CERTAIN)[:, None])
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def _slope(values: FloatArray) -> FloatArray:
    """Return the slope of a straight line by least squares, shape (n_series,)."""
    there = np.isfinite(values)
    number = np.maximum(there.sum(axis=1), 1)
    time = np.arange(values.shape[1], dtype=np.float64) - values.shape[1] + 1
    middle = np.where(there, time, 0.0).sum(axis=1) / number
    mean = np.where(there, values, 0.0).sum(axis=1) / number
    off = np.where(there, time - middle[:, None], 0.0)
    square = (off**2).sum(axis=1)
    return np.where(
        square > 0,
        (off * np.where(there, values - mean[:, None], 0.0)).sum(axis=1) / np.where(square > 0, square, 1.0),
        0.0,
    )


@dataclass(frozen=True)
class Theta(RuleAlgorithm):
    """The Theta method for all series at once.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.MONTH, 1, 0), 12, (12,), ("shop",))
    >>> task = Task("y", "forecast", "mase", panel=panel)
    >>> [candidate.style for candidate in Theta().candidates(task, 100, ())]
    ['default', 'logs']
    """

    name: str = "theta"
    rule: ClassVar[type[ThetaRule]] = ThetaRule

    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return the plain scale first."""
        return (
            Candidate(self.name, {}, "best of the simple methods in the M3 contest", turn=Turn.EARLY),
            Candidate(self.name, {"logs": True}, "seasons that grow with the level", "logs"),
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: errors of the last origins."""
        return 0.05 + 8e-5 * min(rows, 4_000) + 1e-6 * min(rows, 300_000)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit."""
        return 2_000_000 + 120 * rows

    def fit(self, request: FitRequest) -> FittedModel:
        """Measure errors inside the history: all else is read from the history that comes with the rows."""
        past = past_of(request)
        rule = ThetaRule(past.panel.seasons, logs=bool(request.parameters.get("logs", False)))
        return with_spread(rule, past, request)
