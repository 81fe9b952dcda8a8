"""Metrics of survival curves, on times that are known to their end or only to have been longer.

A label is a time: above zero where the event happened then, below zero where it had not happened until then (censored).
A prediction is a risk and the chance to survive each of some times, shape (n_samples, 1 + n_times).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import SURVIVAL_LOSS, MetricWords
from journeyman.entities.task import Task
from journeyman.metrics.dominance import Dominance

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import WeightedScore

__all__ = [
    "BrierScore",
    "Concordance",
    "Steps",
    "brier_losses",
    "curve_name",
    "curve_of_all",
    "kaplan_meier",
    "times_of",
    "with_risk",
]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_CURVE = "survival at "
_LEAST_SEEN = 0.05
"""Of the chance not to be censored yet: a row counts at most for twenty."""


def curve_name(time: float) -> str:
    """Return the name of the output that is the chance to survive a time.

    Examples
    --------
    >>> curve_name(12.0)
    'survival at 12'
    """
    return f"{_CURVE}{time:.6g}"


def times_of(task: Task) -> FloatArray:
    """Return the times of a task's outputs, shape (n_times,)."""
    return np.array([float(name.removeprefix(_CURVE)) for name in task.output_names[1:]])


def with_risk(curves: FloatArray) -> FloatArray:
    """Return curves with the risk before them: the mean chance that it has happened, over their times.

    Averaged curves have the averaged risk, so that models of other kinds can be combined.

    Parameters
    ----------
    curves : ndarray of shape (n_samples, n_times) or (n_times,)
        Chances to survive each time.

    Examples
    --------
    >>> with_risk(np.array([1.0, 0.5]))
    array([[0.25, 1.  , 0.5 ]])
    """
    curves = np.atleast_2d(curves)
    return np.column_stack([1.0 - curves.mean(axis=1), curves])


@dataclass(frozen=True)
class Steps:
    """A curve of survival that falls in steps: 1 before the first time.

    Attributes
    ----------
    times, values : ndarray of shape (n_steps,)
        When it falls, and what it is from then on.
    """

    times: FloatArray
    values: FloatArray

    def at(self, times: FloatArray, before: bool = False) -> FloatArray:
        """Return the curve at times, or just before them."""
        place = np.searchsorted(self.times, times, side="left" if before else "right")
        return np.asarray(np.concatenate([[1.0], self.values])[place], dtype=np.float64)


def kaplan_meier(y: FloatArray, censoring: bool = False) -> Steps:
    """Return the share that survives each time (Kaplan and Meier 1958).

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Times, those of censored rows below zero.
    censoring : bool
        Whether being censored is what is survived; of equal times the event comes first.

    Examples
    --------
    >>> curve = kaplan_meier(np.array([1.0, 2.0, -2.0, 4.0]))
    >>> curve.times, curve.values
    (array([1., 2., 4.]), array([0.75, 0.5 , 0.  ]))
    """
    times, happened = np.abs(y), y > 0
    distinct, place = np.unique(times, return_inverse=True)
    falls = np.bincount(place, ~happened if censoring else happened, len(distinct))
    leaving = np.bincount(place, minlength=len(distinct))
    at_risk = len(y) - np.cumsum(leaving) + leaving
    if censoring:
        at_risk = at_risk - np.bincount(place, happened, len(distinct))
    values = np.cumprod(1.0 - falls / np.maximum(at_risk, 1))
    fell = falls > 0
    return Steps(distinct[fell], values[fell])


def curve_of_all(y: FloatArray, times: FloatArray) -> FloatArray:
    """Return the Kaplan-Meier curve of all rows at times, shape (n_times,)."""
    return kaplan_meier(y).at(times)


def _shares(y: FloatArray, times: FloatArray, seen: Steps) -> tuple[FloatArray, FloatArray]:
    """Return the weight of each row at each time where it had happened by then, and where it had not yet."""
    own = np.maximum(seen.at(np.abs(y), before=True), _LEAST_SEEN)
    then = np.maximum(seen.at(times), _LEAST_SEEN)
    happened = (y[:, None] > 0) & (y[:, None] <= times)
    alive = np.abs(y)[:, None] > times
    return happened / own[:, None], alive / then


def brier_losses(y: FloatArray, curves: FloatArray, times: FloatArray) -> FloatArray:
    """Return each row's squared error of the chance to survive each time, weighed by the inverse chance to be seen.

    Rows that are censored before a time say nothing of it; those like them that are not say it for them (Graf,
    Schmoor, Sauerbrei and Schumacher 1999). Their mean over rows is the Brier score at each time.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Times, those of censored rows below zero.
    curves : ndarray of shape (n_samples, n_times)
        Chances to survive.
    times : ndarray of shape (n_times,)
        Of the curves.

    Examples
    --------
    >>> brier_losses(np.array([1.0, 3.0]), np.array([[0.5], [0.5]]), np.array([2.0]))
    array([[0.25],
           [0.25]])
    """
    happened, alive = _shares(y, times, kaplan_meier(y, censoring=True))
    return np.asarray(happened * curves**2 + alive * (1.0 - curves) ** 2)


@dataclass(frozen=True)
class _SurvivalMetric:
    """What metrics of survival have in common.

    Attributes
    ----------
    times : tuple of float
        Of the curves.
    """

    times: tuple[float, ...]

    kinds = frozenset({"survival"})
    loss = SURVIVAL_LOSS
    on_labels = False
    by_class = False
    proportion = False
    rare_cost = 0.0

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return Brier losses, their mean over times, shape (n_samples,)."""
        return np.asarray(brier_losses(y, predictions[:, 1:], np.array(self.times)).mean(axis=1))

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the Kaplan-Meier curve with its risk, shape (1 + n_times,)."""
        return np.asarray(with_risk(curve_of_all(y, np.array(self.times)))[0], dtype=np.float64)


class Concordance(_SurvivalMetric):
    """Harrell's C-index: of two rows of which one is known to have met the event first, how often it has more risk.

    Equal risks count one half. Of equal times, a censored row is the longer one (Harrell, Lee and Mark 1996).

    Examples
    --------
    >>> metric = Concordance((2.0,))
    >>> metric.score(np.array([1.0, -2.0, 3.0]), np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]]))
    1.0
    """

    name = "c_index"
    words = MetricWords("C-index", "chance that of two rows the one that meets the event first has the higher risk")
    greater_is_better = True
    optimum = 1.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the share of concordant pairs; NaN where none is comparable."""
        return float(self.weighted(y, predictions)(np.ones((1, len(y))))[0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the share as a function of row weights: a pair weighs what its rows weigh, multiplied."""
        times, happened = np.abs(y), y > 0
        # Longest first, of equal times censored rows first: before an event stand the rows that outlived it.
        order = np.lexsort((happened, -times))
        ends, events = y[order], np.flatnonzero(happened[order])
        outlived = np.searchsorted(-np.abs(ends), -ends[events], side="left").astype(np.int64)
        outlived += _censored_at(ends, events)
        ranks = np.unique(predictions[order, 0], return_inverse=True)[1].astype(np.int64)
        lower = Dominance(ranks, outlived, ranks[events])
        up_to = Dominance(ranks, outlived, ranks[events] + 1)

        def score(weights: FloatArray) -> FloatArray:
            sorted_weights = weights[:, order]
            own = sorted_weights[:, events]
            longer = np.cumsum(np.pad(sorted_weights, ((0, 0), (1, 0))), axis=1)[:, outlived]
            below, reached = lower.sums(sorted_weights), up_to.sums(sorted_weights)
            pairs = (own * longer).sum(axis=1)
            right = (own * (below + reached)).sum(axis=1) / 2.0
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.asarray(np.round(np.where(pairs > 0, right / pairs, np.nan), 12))

        return score


def _censored_at(ends: FloatArray, events: IntArray) -> IntArray:
    """Return for each event how many rows are censored at its very time."""
    censored = np.sort(-ends[ends < 0])
    own = ends[events]
    return (np.searchsorted(censored, own, side="right") - np.searchsorted(censored, own, side="left")).astype(np.int64)


class BrierScore(_SurvivalMetric):
    """Brier score over time: squared errors of the survival curve, their mean over its times.

    Examples
    --------
    >>> metric = BrierScore((2.0,))
    >>> metric.score(np.array([1.0, 3.0]), np.array([[0.5, 0.5], [0.5, 0.5]]))
    0.25
    """

    name = "integrated_brier_score"
    words = MetricWords(
        "Brier score over time", "squared error of the survival curve, over its times", "Brier score over time"
    )
    greater_is_better = False
    optimum = 0.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the mean over rows and times."""
        return float(self.row_losses(y, predictions).mean())

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the mean as a function of row weights, which count in the chance to be censored, too."""
        times, curves = np.array(self.times), predictions[:, 1:]
        happened, alive = (y[:, None] > 0) & (y[:, None] <= times), np.abs(y)[:, None] > times
        costs, own_costs = alive * (1.0 - curves) ** 2, (happened * curves**2).sum(axis=1)
        order = np.argsort(np.abs(y), kind="stable")
        ends, place = np.unique(np.abs(y)[order], return_inverse=True)
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        own_step = np.searchsorted(ends, np.abs(y))  # the curve just before the row's own time
        then_step = np.searchsorted(ends, times, side="right")
        censored = (y[order] < 0).astype(np.float64)

        def score(weights: FloatArray) -> FloatArray:
            sorted_weights = weights[:, order]
            leaving = np.add.reduceat(sorted_weights, starts, axis=1)
            lost = np.add.reduceat(sorted_weights * censored, starts, axis=1)
            at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1] - (leaving - lost)
            falls = 1.0 - lost / np.where(at_risk > 0, at_risk, 1.0)
            seen = np.maximum(np.cumprod(np.pad(falls, ((0, 0), (1, 0)), constant_values=1.0), axis=1), _LEAST_SEEN)
            total = (weights * own_costs / seen[:, own_step]).sum(axis=1)
            total += ((weights @ costs) / seen[:, then_step]).sum(axis=1)
            return np.asarray(total / (weights.sum(axis=1) * len(times)))

        return score
