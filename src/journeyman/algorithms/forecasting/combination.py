"""The combination: all rules, weighed by how they did from earlier origins, with the seasonal naive as the doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.autoregression import AutoregressionRule
from journeyman.algorithms.forecasting.boosting import BoostingRule, boosted_errors, trained_rule
from journeyman.algorithms.forecasting.boosting_features import FeatureMaker
from journeyman.algorithms.forecasting.frame import RuleAlgorithm
from journeyman.algorithms.forecasting.model import Origins, errors_of, fitted, past_of, sample
from journeyman.algorithms.forecasting.naive import NaiveRule
from journeyman.algorithms.forecasting.past import Past
from journeyman.algorithms.forecasting.season_choice import main_season
from journeyman.algorithms.forecasting.smoothing import SmoothingRule
from journeyman.algorithms.forecasting.spread import Errors, independent
from journeyman.algorithms.forecasting.theta import ThetaRule
from journeyman.entities.candidate import Candidate, Refusal, Turn
from journeyman.entities.panel import Panel
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel

__all__ = ["Combination", "CombinationRule", "local_rules", "weights_of"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_ORIGINS = 16
_SERIES = 500  # that weights are chosen on
_POOLED = 300  # that autoregressions of all series learn from
_PICKS = 20  # of greedy selection (Caruana et al. 2004)
_EVEN = 0.5  # of the weights go by each member's own error, whatever selection says
_POWER = 4.0  # of it
_EXPLODED = 2.0  # times the naive's error: such a member is dropped
_DOUBT = 1.5  # independent errors that the naive's weight stands for
_LEAST = 0.02  # weight below which a member is not worth its time
_CYCLES = 3


Member = NaiveRule | ThetaRule | SmoothingRule | AutoregressionRule | BoostingRule


class CombinationRule(msgspec.Struct, frozen=True, tag=True):
    """A weighted mean of what rules forecast.

    Attributes
    ----------
    members : tuple of rules
    weights : tuple of float
        Sum to 1.
    """

    members: tuple[Member, ...]
    weights: tuple[float, ...]

    def paths(self, past: Past, steps: int) -> FloatArray:
        """Return the next steps, shape (n_series, steps); a member that gives no number leaves its weight to others."""
        total, counted = np.zeros((len(past.raw), steps)), np.zeros((len(past.raw), steps))
        for member, weight in zip(self.members, self.weights, strict=True):
            path = member.paths(past, steps)
            told = np.isfinite(path)
            total += np.where(told, weight * path, 0.0)
            counted += weight * told
        return np.where(counted > 0, total / np.where(counted > 0, counted, 1.0), np.nan)

    def seconds(self, length: int, steps: int) -> float:
        """Return the expected seconds to continue one series among many."""
        return sum(member.seconds(length, steps) for member in self.members)


def local_rules(past: Past) -> list[Member]:
    """Return the rules that are tried, the naive ones first."""
    seasons, main = past.panel.seasons, main_season(past)
    some = past if len(past.raw) <= _POOLED else sample(past, 0, _POOLED)
    rules: list[Member] = [*(NaiveRule(season) for season in seasons[:2]), NaiveRule()]
    rules += [NaiveRule(season, _CYCLES) for season in seasons[:2]]
    rules += [ThetaRule(seasons), ThetaRule(seasons, logs=True), SmoothingRule(seasons)]
    shorter = [season for season in seasons if 1 < season < main][:1]
    differenced = dict.fromkeys([main, *shorter, 1])
    rules += [AutoregressionRule(seasons, season, np.empty(0)).learned(some) for season in differenced]
    rules.append(AutoregressionRule(seasons, main, np.empty(0), logs=True).learned(some))
    return rules


def weights_of(scaled: FloatArray, naive: int, apart: int) -> FloatArray:
    """Return weights of members from their errors.

    Greedy selection of the members whose mean errs least, mixed with weights by each member's own error. As much as the
    errors are few, the best naive one takes the weight of all: what a few windows say is chance.

    Parameters
    ----------
    scaled : ndarray of shape (n_members, n_series, n_origins, horizon)
        Errors in units of the series' scales; NaN where not known.
    naive : int
        How many of the first members are naive.
    apart : int
        Steps between origins.

    Returns
    -------
    ndarray of shape (n_members,)
        Sum to 1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> errors = rng.normal(size=(3, 1, 40, 4)) * np.array([2.0, 1.0, 9.0])[:, None, None, None]
    >>> weights_of(errors, 1, 4).round(2).tolist()
    [0.19, 0.81, 0.0]
    """
    known = np.asarray(np.isfinite(scaled).all(axis=0))
    errors = scaled[:, known]
    result = np.zeros(len(scaled))
    if not errors.shape[1]:
        result[0] = 1.0
        return result
    losses = np.abs(errors).mean(axis=1)
    best_naive = int(np.argmin(losses[:naive]))
    least = losses.min()
    if least <= 0.0:
        result[int(np.argmin(losses))] = 1.0
        return result
    usable = losses <= max(_EXPLODED * losses[best_naive], least)
    even = np.where(usable, (least / losses) ** _POWER, 0.0)
    even /= even.sum()
    picked = _greedy(errors[usable])
    result = _EVEN * even
    result[usable] += (1.0 - _EVEN) * picked
    doubt = _DOUBT / (_DOUBT + independent(known, apart))
    result *= 1.0 - doubt
    result[best_naive] += doubt
    result = np.where(result < _LEAST, 0.0, result)
    return np.asarray(result / result.sum())


def _greedy(errors: FloatArray) -> FloatArray:
    """Return how often each member is picked, one after the other, so that the mean of all picks errs least."""
    picks, total = np.zeros(len(errors)), np.zeros(errors.shape[1])
    for number in range(1, _PICKS + 1):
        losses = np.abs(total + errors).mean(axis=1) / number
        chosen = int(np.argmin(losses))
        picks[chosen] += 1.0
        total = total + errors[chosen]
    return np.asarray(picks / picks.sum())


@dataclass(frozen=True)
class Combination(RuleAlgorithm):
    """All rules together.

    Examples
    --------
    >>> from journeyman.entities.panel import Calendar, Panel, StepUnit
    >>> panel = Panel(Calendar(StepUnit.MONTH, 1, 0), 12, (12,))
    >>> task = Task("y", "forecast", "mase", panel=panel)
    >>> [candidate.style for candidate in Combination().candidates(task, 100, ())]
    ['default']
    """

    name: str = "forecast_combination"
    rule: ClassVar[type[CombinationRule]] = CombinationRule

    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return the one there is."""
        why = "no rule is best for all series, and their mean is seldom far from the best"
        return (Candidate(self.name, {}, why, turn=Turn.EARLY),)

    def proposed_alone(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return the one there is: it is made for a single series, too."""
        return self.proposed(panel, rows)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: all members from all origins, and two of trees."""
        horizon = task.panel.horizon if task.panel else 1
        return 1.0 + 1.2e-3 * min(rows, 4_000) + 4e-6 * min(rows, 300_000) + 4e-5 * min(rows * horizon, 60_000)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit."""
        return 300_000_000 + 200 * rows

    def fit(self, request: FitRequest) -> FittedModel:
        """Try all rules from earlier origins, and weigh them.

        Raises
        ------
        TimeoutError
            Where time was up before a rule was tried.
        """
        past = past_of(request)
        some = sample(past, request.seed, _SERIES)
        origins = Origins.of(some, _ORIGINS)
        rules = local_rules(past)
        tried: list[FloatArray] = []
        for rule in rules:
            if tried and request.out_of_time():
                break
            tried.append(errors_of(rule.paths, some, origins).scaled)
        scaled = np.array(tried)
        naive = min(len(tried), len(past.panel.seasons[:2]) + 1)
        weights = weights_of(scaled, naive, origins.apart)
        errors = _honest(scaled, naive, origins.apart)
        members = [(rule, weight) for rule, weight in zip(rules, weights.tolist(), strict=False) if weight > 0]
        with_trees = None if request.out_of_time() else self._trees(request, past, errors, origins)
        if with_trees is not None:
            trees, share, errors = with_trees
            members = [(rule, weight * (1.0 - share)) for rule, weight in members] + [(trees, share)]
        together = CombinationRule(tuple(rule for rule, _ in members), tuple(weight for _, weight in members))
        return fitted(together, Errors(errors, origins.apart), past, request)

    def _trees(
        self, request: FitRequest, past: Past, errors: FloatArray, origins: Origins
    ) -> tuple[BoostingRule, float, FloatArray] | None:
        """Return trees, their weight beside the others, and the errors of all; None where they do not help."""
        maker = FeatureMaker.of(past, main_season(past))
        some = sample(past, request.seed, _SERIES)
        own, then = boosted_errors(some, maker, request, origins)
        if not own.scaled.shape[1]:
            return None
        recent = errors[:, -len(then.back) :]
        weights = weights_of(np.array([recent, own.scaled]), 1, origins.apart)
        share = float(weights[1])
        if share < _LEAST:
            return None
        both = np.where(np.isfinite(own.scaled), (1.0 - share) * recent + share * own.scaled, recent)
        joined = np.concatenate([errors[:, : -len(then.back)], both], axis=1)
        rule = trained_rule(sample(past, request.seed, 3_000), maker, request)
        return (rule, share, joined) if rule.trees else None


def _honest(scaled: FloatArray, naive: int, apart: int) -> FloatArray:
    """Return errors of the weighted mean, those of either half of the origins with weights from the other half.

    Errors that chose the weights are smaller than those to come. A single origin has to do for both.
    """
    middle = scaled.shape[2] // 2
    if not middle:
        return _mean(scaled, weights_of(scaled, naive, apart))
    early, late = scaled[:, :, :middle], scaled[:, :, middle:]
    by_late, by_early = weights_of(late, naive, apart), weights_of(early, naive, apart)
    return np.concatenate([_mean(early, by_late), _mean(late, by_early)], axis=1)


def _mean(scaled: FloatArray, weights: FloatArray) -> FloatArray:
    """Return errors of the weighted mean; NaN where one of its members has none."""
    used = weights > 0
    return np.asarray(np.einsum("m,mnoh->noh", weights[used], scaled[used]))
