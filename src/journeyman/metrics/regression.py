"""Metrics of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import TaskKind

__all__ = ["REGRESSION", "RegressionMetric"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RegressionMetric:
    """A metric over values ``(n_samples,)`` and answers ``(n_samples, 1)``, in the unit of the target unless said.

    Examples
    --------
    >>> mae = next(m for m in REGRESSION if m.name == "mae")
    >>> mae.score(np.array([1.0, 2.0]), np.array([[1.0], [4.0]]))
    1.0
    """

    name: str
    greater_is_better: bool
    function: Callable[[FloatArray, FloatArray], float]
    kinds: frozenset[TaskKind] = frozenset({TaskKind.REGRESSION})

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score."""
        return self.function(y, predictions[:, 0])


def _rmse(y: FloatArray, p: FloatArray) -> float:
    return float(np.sqrt(np.mean((p - y) ** 2)))


def _mae(y: FloatArray, p: FloatArray) -> float:
    return float(np.mean(np.abs(p - y)))


def _median_absolute_error(y: FloatArray, p: FloatArray) -> float:
    return float(np.median(np.abs(p - y)))


def _r2(y: FloatArray, p: FloatArray) -> float:
    """Share of variance explained; NaN where the target does not vary."""
    total = float(np.sum((y - y.mean()) ** 2))
    return float(1 - np.sum((p - y) ** 2) / total) if total else float("nan")


def _mape(y: FloatArray, p: FloatArray) -> float:
    """Mean absolute error as a share of the true value, over rows whose true value is not zero."""
    some = y != 0
    return float(np.mean(np.abs((p[some] - y[some]) / y[some]))) if some.any() else float("nan")


REGRESSION: tuple[RegressionMetric, ...] = (
    RegressionMetric("rmse", False, _rmse),
    RegressionMetric("mae", False, _mae),
    RegressionMetric("median_absolute_error", False, _median_absolute_error),
    RegressionMetric("r2", True, _r2),
    RegressionMetric("mape", False, _mape),
)
