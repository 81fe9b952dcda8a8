"""How well odd rows are ranked: planted ones against rows of the table, and marked ones against each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY, are_odd
from journeyman.entities.metric import ANOMALY_LOSS, MetricWords
from journeyman.interfaces import Metric, WeightedScore
from journeyman.metrics import METRICS

__all__ = ["MARKED", "PLANTED_METRICS", "RankedRows"]

FloatArray = NDArray[np.float64]
_CHANCE = 0.5


@dataclass(frozen=True)
class RankedRows:
    """A metric of binary tasks on scores of shape (n_samples, 1), among rows of which something is known.

    Attributes
    ----------
    of : str
        Name of that metric.
    words : MetricWords
        What it is called.
    marked : bool
        Whether marked rows are judged, those marked as odd against those marked as ordinary; else planted rows against
        rows of the table that are not marked as odd.

    Examples
    --------
    >>> metric = RankedRows("roc_auc", MetricWords("ROC AUC on planted anomalies", ""))
    >>> metric.score(np.array([0.0, 1.0, 0.0]), np.array([[0.1], [0.8], [0.9]]))
    0.5
    """

    of: str
    words: MetricWords
    marked: bool = False
    kinds: frozenset[str] = frozenset({"anomaly"})
    loss: str = ANOMALY_LOSS
    greater_is_better = True
    optimum = 1.0
    on_labels = False
    by_class = False
    proportion = False

    @property
    def name(self) -> str:
        """In settings and facts."""
        return f"{'marked' if self.marked else 'planted'}_{self.of}"

    @property
    def _binary(self) -> Metric:
        return METRICS[self.of]

    @property
    def rare_cost(self) -> float:
        """What it loses where odd rows are ranked as chance ranks them."""
        return self._binary.rare_cost

    def _known_rows(self, y: FloatArray) -> NDArray[np.bool_]:
        return np.isin(y, (MARKED_ODD, MARKED_ORDINARY)) if self.marked else y != MARKED_ODD

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of predictions, shape (n_samples, 1), against what is known of rows, shape (n_samples,)."""
        rows = self._known_rows(y)
        odd = are_odd(y[rows])
        if len(np.unique(odd)) < 2:  # a few marks need not reach every part of the rows
            return _CHANCE
        return self._binary.score(odd, _as_binary(predictions[rows]))

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the score as a function of row weights."""
        rows = self._known_rows(y)
        odd = are_odd(y[rows])
        if len(np.unique(odd)) < 2:
            return lambda weights: np.full(len(weights), _CHANCE)
        inner = self._binary.weighted(odd, _as_binary(predictions[rows]))
        return None if inner is None else lambda weights: inner(weights[:, rows])

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return how far scores are from marks, shape (n_samples,)."""
        return np.abs(are_odd(y) - predictions[:, 0])

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the same score for all rows: nothing is ranked."""
        return np.array([_CHANCE])


def _as_binary(predictions: FloatArray) -> FloatArray:
    return np.column_stack([1.0 - predictions[:, 0], predictions[:, 0]])


PLANTED_METRICS = (
    RankedRows(
        "roc_auc",
        MetricWords(
            "ROC AUC on planted anomalies",
            "chance that a planted anomaly gets a higher score than a row of the table",
            "area under the ROC curve on planted anomalies",
        ),
    ),
    RankedRows(
        "average_precision",
        MetricWords(
            "Average precision on planted anomalies",
            "share of planted ones among the highest scores, over all thresholds",
            "average precision on planted anomalies",
        ),
    ),
)
MARKED = (
    RankedRows(
        "roc_auc",
        MetricWords(
            "ROC AUC on marked rows",
            "chance that a row marked as an anomaly gets a higher score than one marked as ordinary",
            "area under the ROC curve on marked rows",
        ),
        marked=True,
    ),
    RankedRows(
        "average_precision",
        MetricWords(
            "Average precision on marked rows",
            "share of anomalies among the marked rows that score highest, over all thresholds",
            "average precision on marked rows",
        ),
        marked=True,
    ),
)
