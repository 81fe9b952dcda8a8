"""A metric: the share of predictions within a half of the value."""

from __future__ import annotations

import numpy as np

from journeyman.entities.metric import Loss, MetricWords
from journeyman.metrics.regression import RegressionMetric

__all__ = ["within_half"]


def share_within(y: np.ndarray, predictions: np.ndarray) -> float:
    """Return the share of predictions, shape (n_samples,), within 0.5 of the values ``y``."""
    return float((np.abs(predictions - y) <= 0.5).mean())


def within_half() -> RegressionMetric:
    """Return the metric."""
    words = MetricWords("Within a half", "share of predictions within 0.5 of the value", percent=True)
    return RegressionMetric("within_half", words, True, share_within, Loss.ABSOLUTE)
