"""Metrics of classes that have an order: how far off a prediction is, not only whether it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import Loss, MetricWords
from journeyman.entities.plan import median_classes

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import WeightedScore

__all__ = [
    "KAPPA",
    "ORDERED",
    "OrderedMetric",
    "WeightedKappa",
    "cumulative_errors",
    "rank_errors",
    "ranked_probability_losses",
]

FloatArray = NDArray[np.float64]


def rank_errors(y: FloatArray, predictions: FloatArray) -> FloatArray:
    """Return by how many classes the median of each row's distribution is off, shape (n_samples,).

    Examples
    --------
    >>> rank_errors(np.array([2.0, 0.0]), np.array([[0.6, 0.2, 0.2], [0.6, 0.2, 0.2]]))
    array([2., 0.])
    """
    return np.abs(median_classes(predictions) - y)


def cumulative_errors(y: FloatArray, predictions: FloatArray) -> FloatArray:
    """Return the probability up to each class less whether the label lies there, shape (n_samples, n_classes - 1).

    Examples
    --------
    >>> cumulative_errors(np.array([0.0]), np.array([[0.75, 0.25, 0.0]]))
    array([[-0.25,  0.  ]])
    """
    reached = np.cumsum(predictions, axis=1)[:, :-1]
    return reached - (y[:, None] <= np.arange(reached.shape[1]))


def ranked_probability_losses(y: FloatArray, predictions: FloatArray) -> FloatArray:
    """Return the ranked probability score of each row, between 0 and 1, shape (n_samples,).

    Squared errors of the cumulative probabilities, their mean over the thresholds between classes (Epstein 1969, "A
    scoring system for probability forecasts of ranked categories"). Proper; a near miss costs less than a far one.

    Examples
    --------
    >>> shares = np.array([[0.0, 1.0, 0.0]])
    >>> [float(ranked_probability_losses(np.array([code]), shares)[0]) for code in (1.0, 0.0)]
    [0.0, 0.5]
    """
    return np.asarray((cumulative_errors(y, predictions) ** 2).mean(axis=1))


@dataclass(frozen=True)
class OrderedMetric:
    """A metric over codes of ordered classes, shape (n_samples,), and probabilities, shape (n_samples, n_classes)."""

    name: str
    words: MetricWords
    losses: Callable[[FloatArray, FloatArray], FloatArray]
    kinds = frozenset({"ordered"})
    loss = Loss.ORDERED
    greater_is_better = False
    optimum = 0.0
    on_labels = False
    by_class = False
    proportion = False
    rare_cost = 0.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the mean loss."""
        return float(self.losses(y, predictions).mean())

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the mean loss as a function of row weights."""
        losses = self.losses(y, predictions)
        return lambda weights: (weights @ losses) / weights.sum(axis=1)

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return each row's loss, shape (n_samples,)."""
        return self.losses(y, predictions)

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the share of each class, shape (n_classes,): their median is the median class."""
        return np.bincount(y.astype(np.int64), minlength=outputs) / len(y)


class WeightedKappa(OrderedMetric):
    """Agreement beyond chance, where a miss costs the square of how far it is off (Cohen 1968, "Weighted kappa").

    Examples
    --------
    >>> y = np.array([0.0, 1.0, 2.0])
    >>> KAPPA.score(y, np.eye(3)), KAPPA.score(y, np.tile([0.0, 1.0, 0.0], (3, 1)))
    (1.0, 0.0)
    """

    greater_is_better = True
    optimum = 1.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the agreement; 0 where all labels and predictions are one class."""
        return float(self.weighted(y, predictions)(np.ones((1, len(y))))[0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the agreement as a function of row weights."""
        told = median_classes(predictions).astype(np.float64)
        parts = np.column_stack([(y - told) ** 2, y, told, y**2, told**2])

        def score(weights: FloatArray) -> FloatArray:
            off, mean, mean_told, square, square_told = (weights @ parts / weights.sum(axis=1, keepdims=True)).T
            by_chance = square + square_told - 2.0 * mean * mean_told
            agreed = np.where(by_chance > 0, 1.0 - off / np.where(by_chance > 0, by_chance, 1.0), 0.0)
            return np.asarray(
                np.round(agreed, 12) + 0.0, dtype=np.float64
            )  # chance itself is 0, without the signs of rounding

        return score


def _squared_rank_errors(y: FloatArray, predictions: FloatArray) -> FloatArray:
    return rank_errors(y, predictions) ** 2


KAPPA = WeightedKappa(
    "quadratic_weighted_kappa",
    MetricWords("Quadratic weighted kappa", "agreement beyond chance, far misses costing more"),
    _squared_rank_errors,
)

ORDERED: tuple[OrderedMetric, ...] = (
    OrderedMetric(
        "rank_error",
        MetricWords("Mean rank error", "by how many classes a prediction is off, on average", "mean rank error"),
        rank_errors,
    ),
    OrderedMetric(
        "ranked_probability_score",
        MetricWords(
            "Ranked probability score",
            "squared error of the probabilities up to each class, on average",
            "ranked probability score",
        ),
        ranked_probability_losses,
    ),
    KAPPA,
)
