"""Exponential smoothing with damped trends and seasons that change: many constants at once, averaged by likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
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

__all__ = ["Smoothing", "SmoothingRule"]

FloatArray = NDArray[np.float64]
_LEVEL = (0.02, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
_TREND = ((0.0, 1.0), (0.05, 0.9), (0.2, 0.9), (0.05, 0.98))  # share of the level's constant, and damping
_SEASON = (0.0, 0.05, 0.15, 0.35)
_CHANGING = 4.0  # cycles from which on a season may change
_RECENT = 3_000  # steps that are smoothed, or six cycles
_CELLS = 4_000_000  # of seasonal states that are held at a time
_CERTAIN = 60.0  # steps at most that choose among constants
_COST = 1.0  # log-likelihood that each constant must bring


class SmoothingRule(msgspec.Struct, frozen=True, tag=True):
    """Level, damped trend and season by exponential smoothing (Holt 1957, Winters 1960, Gardner and McKenzie 1985).

    Constants are not optimised: forecasts of a grid of them are averaged by their likelihoods (Kolassa 2011), on the
    plain and, for positive values, the logarithmic scale.

    Attributes
    ----------
    seasons : tuple of int
        Patterns of all of them are taken off; the longest of which a series holds enough cycles may change.
    logs : str
        "never", "always" for positive values, or "both", which lets the likelihood decide.
    trends : bool
        Whether there are trends.
    """

    seasons: tuple[int, ...] = ()
    logs: str = "both"
    trends: bool = True

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps, shape (n_series, steps)."""
        values = past.values
        there = np.isfinite(values)
        positive = np.where(there, values, 1.0).min(axis=1) > 0.0
        if self.logs == "never" or not positive.any():
            return self._smoothed(values, steps)[0]
        logs = np.log(np.where(positive[:, None], values, np.where(there, 1.0, np.nan)))
        on_logs, of_logs = self._smoothed(logs, steps)
        if self.logs == "always" and positive.all():
            return np.exp(on_logs)
        plain, of_plain = self._smoothed(values, steps)
        # The density of a value is that of its logarithm divided by the value.
        length = np.maximum(there.sum(axis=1), 1)
        share = np.minimum(length, _CERTAIN) / length
        of_logs = of_logs - share * np.where(there & positive[:, None], logs, 0.0).sum(axis=1)
        weight = 1.0 if self.logs == "always" else 1.0 / (1.0 + np.exp(np.clip(of_plain - of_logs, -50, 50)))
        weight = np.where(positive, weight, 0.0)[:, None]
        return weight * np.exp(np.where(positive[:, None], on_logs, 0.0)) + (1.0 - weight) * plain

    def _smoothed(self, values: FloatArray, steps: int) -> tuple[FloatArray, FloatArray]:
        """Return the next steps, and the best log-likelihood of each series."""
        rest, pattern = without_seasons(values, self.seasons, steps)
        changing = max((s for s in self.seasons if s * _CHANGING <= values.shape[1]), default=1)
        recent = max(_RECENT, 6 * changing)
        spare = max(0, rest.shape[1] - recent)
        size = max(1, _CELLS // (changing * len(_LEVEL) * len(_TREND) * len(_SEASON)))
        path, likelihood = np.empty_like(pattern), np.empty(len(values))
        for start in range(0, len(values), size):
            rows = slice(start, start + size)
            path[rows], likelihood[rows] = _averaged(rest[rows, spare:], changing, steps, self.trends)
        return path + pattern, likelihood

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series among many."""
        return 1e-4 + 3e-6 * length


def _averaged(values: FloatArray, season: int, steps: int, trends: bool) -> tuple[FloatArray, FloatArray]:
    """Return the average of what the grid forecasts, shape (n_series, steps), and the best log-likelihoods."""
    grid = np.array(
        [
            (a, a * b, phi, c * (1.0 - a))
            for a, (b, phi), c in product(_LEVEL, _TREND if trends else _TREND[:1], _SEASON if season > 1 else (0.0,))
        ]
    )
    alpha, beta, phi, gamma = grid.T
    series, width = values.shape
    begun = np.isfinite(values).argmax(axis=1)
    head = np.minimum(begun[:, None] + np.arange(max(3, min(season, 12))), width - 1)
    level = np.repeat(np.median(values[np.arange(series)[:, None], head], axis=1)[:, None], len(grid), axis=1)
    trend, pattern = np.zeros_like(level), np.zeros((season, *level.shape))
    squares = np.zeros_like(level)
    limit = _limit(values)[:, None]
    for step in range(width):
        here = values[:, step, None]
        place = step % season
        ahead = level + phi * trend
        error = here - ahead - pattern[place] if season > 1 else here - ahead
        error = np.where(np.isfinite(error), error, 0.0)
        squares += np.minimum(error * error, limit * limit)
        held = np.clip(error, -limit, limit)
        level = ahead + alpha * held
        trend = phi * trend + beta * held
        if season > 1:
            pattern[place] += gamma * held
    length = np.maximum(width - begun, 1).astype(np.float64)
    number = 1.0 + (beta > 0) + (gamma > 0)
    variance = squares / length[:, None]
    floor = 1e-12 * np.maximum(limit, 1e-12) ** 2
    capped = np.minimum(length, _CERTAIN)[:, None]
    likelihood = -0.5 * capped * np.log(np.maximum(variance, floor)) - _COST * number
    best = likelihood.max(axis=1)
    weight = np.exp(likelihood - best[:, None])
    weight /= weight.sum(axis=1, keepdims=True)
    path = np.empty((series, steps))
    damping = np.zeros_like(phi)
    mean_pattern = np.einsum("sng,ng->ns", pattern, weight) if season > 1 else None
    mean_level = (weight * level).sum(axis=1)
    for step in range(steps):
        damping = damping + phi ** (step + 1)
        path[:, step] = mean_level + (weight * trend) @ damping
        if mean_pattern is not None:
            path[:, step] += mean_pattern[:, (width + step) % season]
    return path, best


def _limit(values: FloatArray) -> FloatArray:
    """Return an error beyond which a step teaches no more: outliers must not move a level by much."""
    changes = np.abs(np.diff(values, axis=1))
    if not changes.shape[1]:
        return np.ones(len(values))
    known = np.isfinite(changes)
    number = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, changes, 0.0).sum(axis=1) / number
    return np.where(mean > 0, 4.0 * mean, 1.0)


@dataclass(frozen=True)
class Smoothing(RuleAlgorithm):
    """Exponential smoothing for all series at once.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.MONTH, 1, 0), 12, (12,), ("shop",))
    >>> task = Task("y", "forecast", "mase", panel=panel)
    >>> [candidate.style for candidate in Smoothing().candidates(task, 100, ())]
    ['default', 'no trend']
    """

    name: str = "smoothing"
    rule: ClassVar[type[SmoothingRule]] = SmoothingRule

    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return damped trends first."""
        return (
            Candidate(self.name, {}, "levels, trends and seasons that move", turn=Turn.EARLY),
            Candidate(self.name, {"trends": False}, "trends that do not last", "no trend"),
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: errors of the last origins."""
        return 0.1 + 3e-4 * min(rows, 4_000) + 1e-5 * min(rows, 300_000)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit."""
        return 20 * 8 * _CELLS // 4 + 120 * rows

    def fit(self, request: FitRequest) -> FittedModel:
        """Measure errors inside the history: all else is read from the history that comes with the rows."""
        past = past_of(request)
        told = request.parameters
        rule = SmoothingRule(past.panel.seasons, str(told.get("logs", "both")), bool(told.get("trends", True)))
        return with_spread(rule, past, request)
