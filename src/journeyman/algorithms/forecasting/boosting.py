"""Boosted trees over all series: one model for all steps ahead, which learns from every origin of every series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.boosting_features import FeatureMaker
from journeyman.algorithms.forecasting.frame import RuleAlgorithm
from journeyman.algorithms.forecasting.model import Origins, errors_of, fitted, past_of, sample
from journeyman.algorithms.forecasting.past import Past
from journeyman.algorithms.forecasting.season_choice import main_season
from journeyman.algorithms.forecasting.spread import Errors
from journeyman.algorithms.lightgbm_library import StoredTrees
from journeyman.entities.candidate import Candidate, Refusal
from journeyman.entities.panel import Panel
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel

__all__ = ["BoostingRule", "SeriesTrees", "boosted_errors", "trained_rule"]

FloatArray = NDArray[np.float64]
_ROWS = 60_000  # that trees learn from at most
_SERIES = 3_000
_LEAST_ROWS = 60
_LIMIT = 6.0  # scales: larger differences are drawn in before they teach
_CHUNK = 200_000  # rows that are answered at a time
_SETTINGS = {
    "objective": "regression_l1",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 20,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.7,
    "lambda_l2": 1.0,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_ROUNDS = 200


class BoostingRule(msgspec.Struct, frozen=True, tag=True):
    """What a step differs by from the one a season before, in units of the series' scale, by trees.

    Steps ahead are forecast directly, each from what was known at the origin and what is known ahead of its own time.

    Attributes
    ----------
    maker : FeatureMaker
        What trees are shown.
    trees : bytes
        In LightGBM's text format; empty where there was too little to learn from.
    """

    maker: FeatureMaker
    trees: bytes

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps, shape (n_series, steps)."""
        series = len(past.raw)
        origin = past.raw.shape[1] - 1
        reach = max(1, past.panel.horizon)
        values = past.values
        result = np.empty((series, steps))
        size = max(1, _CHUNK // steps)
        ahead = np.arange(1, steps + 1)
        for start in range(0, series, size):
            some = past.some(slice(start, start + size))
            rows = np.repeat(np.arange(len(some.raw)), steps)
            k = np.tile(ahead, len(some.raw))
            x, base, unit = self.maker.features(some, values[start : start + size], (rows, np.full(len(k), origin), k))
            x[:, 0] = np.minimum(x[:, 0], reach)
            change = _stored(self.trees).predict(x) if self.trees else 0.0
            result[start : start + size] = (base + change * unit).reshape(len(some.raw), steps)
        return result

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series among many."""
        return 2e-5 + 1e-8 * length + steps * _ROUNDS * 5e-8


@lru_cache(maxsize=8)
def _stored(text: bytes) -> StoredTrees:
    return StoredTrees(text)


def trained_rule(past: Past, maker: FeatureMaker, request: FitRequest) -> BoostingRule:
    """Learn from all origins of the series that their horizons follow inside the history.

    Raises
    ------
    TimeoutError
        Where time was up before the first round.
    """
    # Late: a service loads this file to answer, and must not wait for what only training needs.
    import lightgbm  # noqa: PLC0415 - see above

    rng = np.random.default_rng(request.seed)
    where = _drawn(past, rng)
    if len(where[0]) < _LEAST_ROWS:
        return BoostingRule(maker, b"")
    x, base, unit = maker.features(past, past.values, where)
    came = past.raw[where[0], where[1] + where[2]]
    y = np.clip((came - base) / unit, -_LIMIT, _LIMIT)
    told = np.isfinite(y)
    if told.sum() < _LEAST_ROWS:
        return BoostingRule(maker, b"")
    if request.out_of_time():
        raise TimeoutError("no time to boost")
    settings = {**_SETTINGS, "seed": request.seed, "num_threads": request.threads if told.sum() > 30_000 else 1}
    if told.sum() < 2_000:
        settings |= {"min_data_in_leaf": 10, "num_leaves": 7}
    data = lightgbm.Dataset(x[told], y[told], categorical_feature=list(maker.categorical), params={"verbosity": -1})
    booster = lightgbm.train(settings, data, num_boost_round=int(request.parameters.get("rounds", _ROUNDS)))
    return BoostingRule(maker, booster.model_to_string().encode())


def _drawn(past: Past, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return rows, origins and steps ahead to learn from, drawn at random among those with a known outcome."""
    there = np.isfinite(past.raw)
    begun = np.where(there.any(axis=1), there.argmax(axis=1), past.raw.shape[1])
    width, horizon = past.raw.shape[1], past.panel.horizon
    season = min(max(past.panel.seasons, default=1), width // 3)
    first = begun + max(2, season)
    room = np.maximum(width - 1 - first, 0)  # origins from which one step at least is known
    total = room.sum() * horizon
    if total == 0:
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    if total <= 2 * _ROWS:
        rows = np.repeat(np.arange(len(room)), room * horizon)
        place = np.concatenate([np.arange(number * horizon) for number in room])
        origins, steps = first[rows] + place // horizon, place % horizon + 1
    else:
        rows = rng.choice(len(room), 2 * _ROWS, p=room / room.sum())
        origins = first[rows] + (rng.random(len(rows)) * room[rows]).astype(np.int64)
        steps = rng.integers(1, horizon + 1, len(rows))
    known = origins + steps < width
    rows, origins, steps = rows[known], origins[known], steps[known]
    if len(rows) > _ROWS:
        some = np.sort(rng.permutation(len(rows))[:_ROWS])
        rows, origins, steps = rows[some], origins[some], steps[some]
    return rows, origins, steps


def boosted_errors(past: Past, maker: FeatureMaker, request: FitRequest, origins: Origins) -> tuple[Errors, Origins]:
    """Return errors from the last origins of trees that learned from what was before them, and these origins."""
    horizon, width = past.panel.horizon, past.raw.shape[1]
    held = min(max(2 * horizon, width // 5), max(width // 2, 1))
    back = tuple(number for number in origins.back if number <= held) or origins.back[-1:]
    then = Origins(back, origins.apart, origins.least)
    if not back:
        return Errors(np.full((len(past.raw), 0, horizon), np.nan), 1), then
    rule = trained_rule(past.cut(back[0]), maker, request)
    return errors_of(rule.paths, past, then), then


@dataclass(frozen=True)
class SeriesTrees(RuleAlgorithm):
    """Boosted trees over all series.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.MONTH, 1, 0), 12, (12,), ("shop",))
    >>> task = Task("y", "forecast", "mase", panel=panel)
    >>> [candidate.style for candidate in SeriesTrees().candidates(task, 100, ())]
    ['default', 'level']
    """

    name: str = "series_trees"
    rule: ClassVar[type[BoostingRule]] = BoostingRule

    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return changes over a season first, and what differs from the level where there is a season."""
        if rows < _LEAST_ROWS:
            return Refusal(f"fewer than {_LEAST_ROWS} values")
        found = [Candidate(self.name, {}, "what all series and what is known ahead tell")]
        if panel.seasons:
            found.append(Candidate(self.name, {"season": 1}, "levels instead of changes", "level"))
        return found

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of two fits: one of them tells the errors of the last origins."""
        horizon = task.panel.horizon if task.panel else 1
        return 0.3 + 5e-5 * min(rows * horizon, _ROWS) + 1e-6 * rows

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit."""
        return 60_000_000 + 120 * rows + 2 * 8 * 40 * _CHUNK

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost twice: on what was known before the last origins, to measure errors, and on everything."""
        past = past_of(request)
        season = int(request.parameters.get("season", 0)) or main_season(past)
        maker = FeatureMaker.of(past, season)
        some = sample(past, request.seed, _SERIES)
        errors, _ = boosted_errors(sample(past, request.seed, 1_000), maker, request, Origins.of(past, 16))
        return fitted(trained_rule(some, maker, request), errors, past, request)
