"""What a two-class model would do at each threshold: the table behind a choice by costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.evaluation import ThresholdCounts

__all__ = ["threshold_counts"]

FloatArray = NDArray[np.float64]
_MOST = 200


def threshold_counts(y: FloatArray, positive: FloatArray) -> ThresholdCounts | None:
    """Count true and false positives at up to 200 thresholds, spread over the rows by their probability.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Class codes, 0 or 1.
    positive : ndarray of shape (n_samples,)
        Probability of class 1.

    Returns
    -------
    ThresholdCounts or None
        None where one class does not occur.

    Examples
    --------
    >>> counts = threshold_counts(np.array([0.0, 1.0, 1.0]), np.array([0.2, 0.4, 0.9]))
    >>> counts.thresholds, counts.true_positives, counts.false_positives
    ((0.0, 0.2, 0.4, 0.9, 1.0), (2, 2, 2, 1, 0), (1, 1, 0, 0, 0))
    """
    positives = int((y == 1).sum())
    if not 0 < positives < len(y):
        return None
    values = np.unique(positive)
    if len(values) > _MOST:
        values = np.unique(np.quantile(positive, np.linspace(0, 1, _MOST), method="lower"))
    thresholds = np.unique(np.concatenate([[0.0], values, [1.0]]))
    ranked = {kind: np.sort(positive[y == kind]) for kind in (0, 1)}
    # A row is called positive from the threshold on.
    above = {kind: len(ranked[kind]) - np.searchsorted(ranked[kind], thresholds, side="left") for kind in (0, 1)}
    return ThresholdCounts(
        tuple(float(t) for t in thresholds),
        tuple(int(n) for n in above[1]),
        tuple(int(n) for n in above[0]),
        positives,
        len(y) - positives,
    )
