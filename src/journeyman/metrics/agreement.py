"""Metrics of groups: how far two ways to divide the same rows agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import GROUPS_LOSS, MetricWords

if TYPE_CHECKING:  # as in journeyman.metrics.classification
    from journeyman.interfaces import WeightedScore

__all__ = ["GROUPING", "GroupingMetric", "adjusted_rand", "contingency"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def contingency(lines: IntArray, columns: IntArray, n_lines: int, n_columns: int) -> FloatArray:
    """Return how many rows have each pair of codes, shape (n_lines, n_columns)."""
    flat = np.bincount(lines * n_columns + columns, minlength=n_lines * n_columns)
    return flat.reshape(n_lines, n_columns).astype(np.float64)


def adjusted_rand(table: FloatArray) -> float:
    """Return the adjusted Rand index of a contingency table, 0 where one side has one group (Hubert and Arabie 1985).

    Examples
    --------
    >>> adjusted_rand(np.array([[5.0, 0.0], [0.0, 5.0]])), adjusted_rand(np.array([[5.0], [5.0]]))
    (1.0, 0.0)
    """
    return float(_adjusted_rands(table[None])[0])


def _adjusted_rands(tables: FloatArray) -> FloatArray:
    """Return the index of each table of shape (n_tables, n_lines, n_columns), whose cells may be weights."""

    def pairs(counts: FloatArray) -> FloatArray:
        return np.maximum(counts * (counts - 1.0), 0.0) / 2.0

    both = pairs(tables).sum(axis=(1, 2))
    lines, columns = pairs(tables.sum(axis=2)).sum(axis=1), pairs(tables.sum(axis=1)).sum(axis=1)
    every = pairs(tables.sum(axis=(1, 2)))
    expected = lines * columns / np.where(every > 0, every, 1.0)
    room = (lines + columns) / 2.0 - expected
    # Where all rows are one group on both sides, they agree on nothing.
    found = np.where(room > 1e-9, (both - expected) / np.where(room > 1e-9, room, 1.0), 0.0)
    return np.asarray(np.where(np.abs(found) < 1e-12, 0.0, found))  # chance is 0 to the last digit


@dataclass(frozen=True)
class GroupingMetric:
    """A metric over group codes ``(n_samples,)`` and probabilities; the last column, "none of these", is left out.

    Examples
    --------
    >>> found = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.3, 0.7, 0.0]])
    >>> [metric.score(np.array([0.0, 1.0, 1.0]), found) for metric in GROUPING]
    [1.0, 1.0]
    """

    name: str
    words: MetricWords
    proportion: bool
    kinds: frozenset[str] = frozenset({"groups"})
    loss: str = GROUPS_LOSS
    greater_is_better = True
    optimum = 1.0
    on_labels = False
    by_class = False
    rare_cost = 1.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of predictions, shape (n_samples, n_groups + 1), against codes, shape (n_samples,)."""
        return float(self.weighted(y, predictions)(np.ones((1, len(y))))[0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the score as a function of row weights."""
        groups = predictions.shape[1] - 1
        own, found = y.astype(np.int64), predictions[:, :groups].argmax(axis=1)
        if self.proportion:
            return _shares((own == found).astype(np.float64))
        pairs, place = np.unique(own * groups + found, return_inverse=True)
        rows = np.eye(len(pairs))[place]

        def score(weights: FloatArray) -> FloatArray:
            tables = np.zeros((len(weights), groups * groups))
            tables[:, pairs] = weights @ rows
            return _adjusted_rands(tables.reshape(-1, groups, groups))

        return score

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return one less the probability of the row's group, shape (n_samples,)."""
        return np.asarray(1.0 - predictions[np.arange(len(y)), y.astype(np.int64)])

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the share of each group: without a model all rows are one group."""
        return np.bincount(y.astype(np.int64), minlength=outputs) / len(y)


def _shares(right: FloatArray) -> Callable[[FloatArray], FloatArray]:
    return lambda weights: np.asarray(weights @ right / weights.sum(axis=1))


GROUPING = (
    GroupingMetric(
        "adjusted_rand",
        MetricWords(
            "Agreement of groups",
            "adjusted Rand index of groups that models of different rows give rows that taught neither; 1 is the same, "
            "0 is chance",
            "agreement of groups (adjusted Rand index)",
        ),
        proportion=False,
    ),
    GroupingMetric(
        "same_group",
        MetricWords("Same group", "share of rows that both models put into the same group", percent=True),
        proportion=True,
    ),
)
