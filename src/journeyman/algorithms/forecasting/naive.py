"""What a series was last, or one season before: what any forecast must beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.frame import RuleAlgorithm
from journeyman.algorithms.forecasting.model import past_of, with_spread
from journeyman.algorithms.forecasting.past import Past
from journeyman.entities.candidate import Candidate, Refusal, Turn
from journeyman.entities.panel import Panel
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel

__all__ = ["NaiveRule", "SeasonalNaive"]

FloatArray = NDArray[np.float64]
_CYCLES = 3  # of a season that a mean is taken of


class NaiveRule(msgspec.Struct, frozen=True, tag=True):
    """The value one season before, the mean of several seasons, the last value, or the last value and a drift.

    Attributes
    ----------
    season : int
        Steps; 1 repeats the last value. A series that is shorter falls back to that, too.
    cycles : int
        Seasons that are averaged; fewer where a series has not so many.
    drift : bool
        Whether the mean change of the history is added at each step.
    """

    season: int = 1
    cycles: int = 1
    drift: bool = False

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps, shape (n_series, steps).

        Examples
        --------
        >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
        >>> values = np.array([[1.0, 2.0, 3.0, 6.0]])
        >>> past = Past(values, np.array([3]), Panel(Calendar(StepUnit.ROW, 1, 0), 3), np.empty((1, 4, 0)))
        >>> NaiveRule(2).paths(past, 3).tolist(), NaiveRule(2, 2).paths(past, 2).tolist()
        ([[3.0, 6.0, 3.0]], [[2.0, 4.0]])
        >>> NaiveRule(drift=True).paths(past, 2).round(2).tolist()
        [[7.67, 9.33]]
        """
        values = past.values
        width = values.shape[1]
        last = values[:, -1:]
        ahead = np.arange(1, steps + 1)
        if self.season > width:
            path = np.repeat(last, steps, axis=1)
        else:
            cycles = max(1, min(self.cycles, width // self.season))
            seasons = values[:, width - cycles * self.season :].reshape(len(values), cycles, self.season)
            whole = np.isfinite(seasons)
            number = whole.sum(axis=1)
            mean = np.where(whole, seasons, 0.0).sum(axis=1) / np.maximum(number, 1)
            pattern = np.where(number > 0, mean, last)
            path = pattern[:, (ahead - 1) % self.season]
        if self.drift:
            begun = np.isfinite(values).argmax(axis=1)
            first = values[np.arange(len(values)), begun]
            slope = (last[:, 0] - first) / np.maximum(width - 1 - begun, 1)
            path = path + slope[:, None] * ahead
        return path

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series among many."""
        return 1e-6 + 2e-8 * length


@dataclass(frozen=True)
class SeasonalNaive(RuleAlgorithm):
    """The seasonal naive of each season, the mean of the last seasons, the last value, and the last value and a drift.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.MONTH, 1, 0), 12, (12,), ("shop",))
    >>> task = Task("y", "forecast", "mase", panel=panel)
    >>> [candidate.style for candidate in SeasonalNaive().candidates(task, 100, ())]
    ['season 12', 'mean of seasons 12', 'last value', 'drift']
    """

    name: str = "seasonal_naive"
    rule: ClassVar[type[NaiveRule]] = NaiveRule

    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return one for each season first."""
        each = [
            Candidate(self.name, {"season": season}, why, f"season {season}", turn=Turn.EARLY)
            for season in panel.seasons
            for why in ["the value one season before: what any forecast must beat"]
        ]
        each += [
            Candidate(
                self.name,
                {"season": season, "cycles": _CYCLES},
                "the mean of the last seasons is less noisy than the last one",
                f"mean of seasons {season}",
            )
            for season in panel.seasons
        ]
        last = Candidate(self.name, {}, "the last value: what a random walk is best forecast by", "last value")
        drift = Candidate(self.name, {"drift": True}, "the last value and the mean change", "drift")
        return (*each, last, drift)

    def proposed_alone(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return the usual one: there is a model within a second, whatever becomes of the combination."""
        usual = self.proposed(panel, rows)
        return usual if isinstance(usual, Refusal) else [replace(usual[0], turn=Turn.FALLBACK)]

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: errors of the last origins."""
        return 0.02 + 1e-6 * min(rows, 300_000)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit."""
        return 2_000_000 + 100 * rows

    def fit(self, request: FitRequest) -> FittedModel:
        """Measure errors inside the history."""
        told = request.parameters
        rule = NaiveRule(int(told.get("season", 1)), int(told.get("cycles", 1)), bool(told.get("drift", False)))
        return with_spread(rule, past_of(request), request)
