"""Metrics of weighted rows; of many weightings of the same rows at once, so that hundreds of resamples are cheap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.interfaces import Metric, WeightedScore

__all__ = ["score_rows", "weighted_score"]

FloatArray = NDArray[np.float64]


def score_rows(metric: Metric, y: FloatArray, predictions: FloatArray, weights: FloatArray | None) -> float:
    """Return the score of rows that count by their weights; the metric's own where there are none.

    Parameters
    ----------
    y, predictions : ndarray of shape (n_samples,) and (n_samples, n_outputs)
        Labels and predictions.
    weights : ndarray of shape (n_samples,), or None
        How much each row counts.

    Examples
    --------
    >>> from journeyman.metrics import METRICS
    >>> score_rows(METRICS["mae"], np.array([0.0, 0.0]), np.array([[1.0], [3.0]]), np.array([0.5, 1.5]))
    2.5
    """
    if weights is None:
        return metric.score(y, predictions)
    return float(weighted_score(metric, y, predictions)(weights[None])[0])


def weighted_score(metric: Metric, y: FloatArray, predictions: FloatArray) -> WeightedScore:
    """Return the metric as a function of row weights.

    The vectorised form is used only where it gives what the metric itself gives with every row once; any other
    metric is scored on repeated rows, one resample after another.

    Parameters
    ----------
    metric : Metric
        Which metric.
    y, predictions : ndarray of shape (n_samples,) and (n_samples, n_outputs)
        Truth and answers.

    Examples
    --------
    >>> from journeyman.metrics import METRICS
    >>> score = weighted_score(METRICS["mae"], np.array([0.0, 0.0]), np.array([[1.0], [3.0]]))
    >>> score(np.array([[1.0, 1.0], [0.0, 2.0]]))
    array([2., 3.])
    """
    score = metric.weighted(y, predictions)
    if score is not None:
        ours = float(score(np.ones((1, len(y))))[0])
        theirs = metric.score(y, predictions)
        if np.isclose(ours, theirs, rtol=1e-9, atol=1e-12, equal_nan=True):
            return score
    return _by_repeating(metric, y, predictions)


def _by_repeating(metric: Metric, y: FloatArray, predictions: FloatArray) -> WeightedScore:
    def score(weights: FloatArray) -> FloatArray:
        scores = np.empty(len(weights))
        for number, row in enumerate(weights):
            rows = np.repeat(np.arange(len(y)), row.astype(np.int64))
            scores[number] = metric.score(y[rows], predictions[rows])
        return scores

    return score
