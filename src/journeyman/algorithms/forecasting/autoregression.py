"""Linear regression of each step on the steps and seasons before it, drawn towards the seasonal naive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.decomposition import without_seasons
from journeyman.algorithms.forecasting.frame import RuleAlgorithm
from journeyman.algorithms.forecasting.model import past_of, sample, with_spread
from journeyman.algorithms.forecasting.past import Past
from journeyman.algorithms.forecasting.season_choice import main_season
from journeyman.entities.candidate import Candidate, Refusal, Turn
from journeyman.entities.panel import Panel
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel

__all__ = ["Autoregression", "AutoregressionRule"]

FloatArray = NDArray[np.float64]
_LAGS = 4  # of changes over a season
_CYCLES = 6  # of the season that are averaged at most
_MANY_CYCLES = 10.0  # from which on a pattern is taken off before: its own step hardly shows in it
_LONG = 24  # steps: of longer seasons, neighbouring steps are averaged, too
_REACHES = (2, 7)
_OWN_ROWS = 25.0  # as many steps as what all series tell weighs, against a series' own
_NONE_ROWS = 8.0  # and the seasonal naive, against what all series tell
_LEVEL = 20  # steps of a level without a season
_RECENT = 6_000
_POOLED = 300  # series that all are learned from
_LIMIT = 5.0  # mean changes: larger ones are drawn in before they teach
_CELLS = 6_000_000


class AutoregressionRule(msgspec.Struct, frozen=True, tag=True):
    """What a step differs by from the one a season before, from such differences of the last steps and seasons.

    All features are differences, so that forecasts move with the level; a penalty draws the coefficients of a series
    towards those of all series, and these towards nought, which is the seasonal naive.

    Attributes
    ----------
    seasons : tuple of int
        Of the series.
    season : int
        The one that is differenced.
    pooled : ndarray of shape (n_features,)
        Coefficients of all series; empty where they have not been learned.
    logs : bool
        Whether series of positive values are learned on the logarithmic scale.
    """

    seasons: tuple[int, ...]
    season: int
    pooled: np.ndarray
    logs: bool = False

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps, shape (n_series, steps)."""
        values, positive = self._scaled(past.values)
        values, pattern = without_seasons(values, _taken_off(self.seasons, self.season, values.shape[1]), steps)
        values = values[:, -max(_RECENT, 8 * self.season) :]
        path = np.empty_like(pattern)
        size = max(1, _CELLS // (values.shape[1] * len(self.pooled)))
        for start in range(0, len(values), size):
            rows = slice(start, start + size)
            gram, moment, unit = _sums(values[rows], self.season, self._others)
            weights = self._coefficients(gram, moment), unit
            path[rows] = _continue(values[rows], self.season, self._others, weights, steps)
        path += pattern
        return np.where(positive[:, None], np.exp(np.where(positive[:, None], path, 0.0)), path)

    def learned(self, past: Past) -> AutoregressionRule:
        """Return the same with the coefficients of all series."""
        values, _ = self._scaled(past.values)
        values, _ = without_seasons(values, _taken_off(self.seasons, self.season, values.shape[1]), 1)
        values = values[:, -max(_RECENT, 8 * self.season) :]
        number = _number(self.season, self._others)
        total, right = np.zeros((number, number)), np.zeros(number)
        size = max(1, _CELLS // (values.shape[1] * number))
        for start in range(0, len(values), size):
            gram, moment, _ = _sums(values[start : start + size], self.season, self._others)
            total, right = total + gram.sum(axis=0), right + moment.sum(axis=0)
        rows_told = float(total[-1, -1])  # the last feature is 1
        if rows_told < 1:
            return msgspec.structs.replace(self, pooled=np.zeros(number))
        penalty = _NONE_ROWS * np.diag(total) / rows_told
        penalty = penalty + 1e-9 * (1.0 + np.diag(total).max(initial=0.0))
        return msgspec.structs.replace(self, pooled=np.linalg.solve(total + np.diag(penalty), right))

    @property
    def _others(self) -> tuple[int, ...]:
        return tuple(sorted(season for season in self.seasons if 1 < season < self.season))[:2]

    def _scaled(self, values: FloatArray) -> tuple[FloatArray, NDArray[np.bool_]]:
        there = np.isfinite(values)
        positive = self.logs & (np.where(there, values, 1.0).min(axis=1) > 0.0)
        return np.where(positive[:, None], np.log(np.where(positive[:, None], values, 1.0)), values), positive

    def _coefficients(self, gram: FloatArray, moment: FloatArray) -> FloatArray:
        """Return each series' own coefficients, drawn towards those of all, shape (n_series, n_features)."""
        number = gram.shape[-1]
        diagonal = np.einsum("nii->ni", gram)
        rows = np.maximum(gram[:, -1, -1], 1.0)  # the last feature is 1
        penalty = _OWN_ROWS * diagonal / rows[:, None] + 1e-9 * (1.0 + diagonal.max(axis=1, keepdims=True))
        left = gram + penalty[:, :, None] * np.eye(number)
        return np.asarray(np.linalg.solve(left, (moment + penalty * self.pooled)[:, :, None])[:, :, 0])

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series among many."""
        return 1e-4 + 1e-6 * length + 1e-5 * steps


def _taken_off(seasons: tuple[int, ...], season: int, width: int) -> tuple[int, ...]:
    return tuple(s for s in seasons if s != season and s * _MANY_CYCLES <= width)


def _number(season: int, others: tuple[int, ...]) -> int:
    smooth = 2 * len(_REACHES) if season >= _LONG else 0
    return _LAGS + (3 if season > 1 else 1) + smooth + 2 * len(others) + 1


def _padded(values: FloatArray, season: int) -> tuple[FloatArray, int]:
    """Return values after as many unknown ones as features look back, and how many these are."""
    spare = _CYCLES * season + max(_LAGS + 1, *_REACHES, _LEVEL)
    return np.concatenate([np.full((len(values), spare), np.nan), values], axis=1), spare


def _features(padded: FloatArray, start: int, stop: int, season: int, others: tuple[int, ...]) -> FloatArray:
    """Return features of columns from ``start`` to ``stop``, shape (n_series, stop - start, n_features).

    NaN where a series has not begun early enough. The last of them is 1.
    """

    def before(lag: int) -> FloatArray:
        return padded[:, start - lag : stop - lag]

    def change(lag: int) -> FloatArray:
        return before(lag) - before(lag + season)

    base = before(season)
    columns = [change(lag) for lag in range(1, _LAGS + 1)]
    if season > 1:
        span = min(season, 48)
        columns.append(change(season))
        columns.append(_known_mean([before(cycle * season) for cycle in range(1, _CYCLES + 1)]) - base)
        columns.append(_window(padded, start, stop, 1, span) - _window(padded, start, stop, 1 + season, span))
    else:
        columns.append(_known_mean([before(lag) for lag in range(1, _LEVEL + 1)]) - base)
    if season >= _LONG:
        for reach in _REACHES:
            near = [_window(padded, start, stop, cycle * season - reach, 2 * reach + 1) for cycle in (1, 2, 3, 4)]
            columns += [near[0] - base, _known_mean(near) - base]
    for other in others:
        columns += [change(other), before(other) - base]
    return np.stack([*columns, np.ones_like(base)], axis=2)


def _window(padded: FloatArray, start: int, stop: int, lag: int, size: int) -> FloatArray:
    """Return the mean of ``size`` values that end ``lag`` columns before each column."""
    total = sum(padded[:, start - lag - k : stop - lag - k] for k in range(size))
    return np.asarray(total) / size


def _known_mean(each: list[FloatArray]) -> FloatArray:
    there = [np.isfinite(values) for values in each]
    total = sum(np.where(known, values, 0.0) for known, values in zip(there, each, strict=True))
    return np.asarray(total) / np.maximum(sum(known.astype(np.int64) for known in there), 1)


def _sums(values: FloatArray, season: int, others: tuple[int, ...]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return each series' products of features, and of features and targets, and how many steps they are of."""
    padded, spare = _padded(values, season)
    start = spare + min(season + 1, values.shape[1])
    x = _features(padded, start, padded.shape[1], season, others)
    y = padded[:, start:] - padded[:, start - season : padded.shape[1] - season]
    told = np.isfinite(x).all(axis=2) & np.isfinite(y)
    size = np.where(told, np.abs(y), 0.0).sum(axis=1) / np.maximum(told.sum(axis=1), 1)
    limit = _LIMIT * np.where(size > 0, size, 1.0)
    x, y = np.where(told[:, :, None], x, 0.0), np.where(told, y, 0.0)
    unit = np.where(size > 0, size, 1.0)
    y = np.clip(y, -limit[:, None], limit[:, None]) / unit[:, None]
    x[:, :, :-1] = np.clip(x[:, :, :-1], -2 * limit[:, None, None], 2 * limit[:, None, None]) / unit[:, None, None]
    gram = np.matmul(x.transpose(0, 2, 1), x)
    moment = np.matmul(x.transpose(0, 2, 1), y[:, :, None])[:, :, 0]
    return gram, moment, unit


def _continue(
    values: FloatArray, season: int, others: tuple[int, ...], weights: tuple[FloatArray, FloatArray], steps: int
) -> FloatArray:
    """Return the next steps, each of which is the history of those after it."""
    coefficients, unit = weights
    padded, _ = _padded(values, season)
    first = padded.shape[1]
    padded = np.concatenate([padded, np.zeros((len(values), steps))], axis=1)
    last = values[:, -1]
    constant = coefficients[:, -1] * unit
    for step in range(first, first + steps):
        x = _features(padded, step, step + 1, season, others)[:, 0, :-1]
        base = padded[:, step - season]
        base = np.where(np.isfinite(base), base, last)
        padded[:, step] = base + (np.where(np.isfinite(x), x, 0.0) * coefficients[:, :-1]).sum(axis=1) + constant
    return padded[:, first:]


@dataclass(frozen=True)
class Autoregression(RuleAlgorithm):
    """Linear autoregression for all series at once.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.MONTH, 1, 0), 12, (12,), ("shop",))
    >>> task = Task("y", "forecast", "mase", panel=panel)
    >>> [candidate.style for candidate in Autoregression().candidates(task, 100, ())]
    ['default', 'logs', 'first differences']
    """

    name: str = "autoregression"
    rule: ClassVar[type[AutoregressionRule]] = AutoregressionRule

    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return the plain scale first."""
        found = [
            Candidate(self.name, {}, "what the last steps say of the next season", turn=Turn.EARLY),
            Candidate(self.name, {"logs": True}, "changes that grow with the level", "logs"),
        ]
        if panel.seasons:
            found.append(Candidate(self.name, {"season": 1}, "a level that wanders", "first differences"))
        return found

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: errors of the last origins."""
        return 0.1 + 1e-4 * min(rows, 4_000) + 1e-6 * min(rows, 300_000)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit."""
        return 8 * 6 * _CELLS + 120 * rows

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn the coefficients of all series, and measure errors inside the history."""
        past = past_of(request)
        season = int(request.parameters.get("season", 0)) or main_season(past)
        rule = AutoregressionRule(past.panel.seasons, season, np.empty(0), bool(request.parameters.get("logs", False)))
        return with_spread(rule.learned(sample(past, request.seed, _POOLED)), past, request)
