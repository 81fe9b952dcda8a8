"""Metrics of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import Loss, MetricWords
from journeyman.metrics import resampled

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import WeightedScore

__all__ = ["REGRESSION", "RegressionMetric", "relative_weights", "weighted_median"]

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
    words: MetricWords
    greater_is_better: bool
    function: Callable[[FloatArray, FloatArray], float]
    loss: Loss
    resampled: Callable[[FloatArray, FloatArray], WeightedScore] | None = None
    kinds: frozenset[str] = frozenset({"regression"})

    on_labels = False
    by_class = False
    proportion = False
    rare_cost = 0.0

    @property
    def optimum(self) -> float:
        """The score of predictions without a fault."""
        return 1.0 if self.greater_is_better else 0.0

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of predictions, shape (n_samples, n_outputs), against labels, shape (n_samples,)."""
        return self.function(y, predictions[:, 0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore | None:
        """Return the score as a function of row weights, where its form is known."""
        return None if self.resampled is None else self.resampled(y, predictions)

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return squared, absolute or relative errors, shape (n_samples,); a true value of 0 has no relative one."""
        errors = predictions[:, 0] - y
        if self.loss is Loss.SQUARED:
            return errors**2
        return np.asarray(np.abs(errors) * (relative_weights(y) if self.loss is Loss.RELATIVE else 1.0))

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the mean, the median, or the median weighted by the inverse of values, shape (1,)."""
        if self.loss is Loss.SQUARED:
            return np.array([float(y.mean())])
        if self.loss is Loss.RELATIVE and (y != 0).any():
            return np.array([weighted_median(y, relative_weights(y))])
        return np.array([float(np.median(y))])


def relative_weights(y: FloatArray) -> FloatArray:
    """Return by what an absolute error is to be multiplied to be a share of the true value, shape (n_samples,).

    Examples
    --------
    >>> relative_weights(np.array([2.0, -4.0, 0.0]))
    array([0.5 , 0.25, 0.  ])
    """
    some = y != 0
    return np.divide(1.0, np.abs(y), out=np.zeros(len(y)), where=some)


def weighted_median(values: FloatArray, weights: FloatArray) -> float:
    """Return the value below which half of the weight lies.

    Examples
    --------
    >>> weighted_median(np.array([1.0, 2.0, 9.0]), np.array([1.0, 1.0, 5.0]))
    9.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


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
    RegressionMetric(
        "rmse",
        MetricWords(
            "RMSE", "typical size of an error, large ones weighing more", "root mean squared error", in_unit=True
        ),
        False,
        _rmse,
        Loss.SQUARED,
        resampled.rmse,
    ),
    RegressionMetric(
        "mae",
        MetricWords("Mean absolute error", "average size of an error", "mean absolute error", in_unit=True),
        False,
        _mae,
        Loss.ABSOLUTE,
        resampled.mae,
    ),
    RegressionMetric(
        "median_absolute_error",
        MetricWords("Median absolute error", "half of all errors are smaller", "median absolute error", in_unit=True),
        False,
        _median_absolute_error,
        Loss.ABSOLUTE,
        resampled.median_absolute_error,
    ),
    RegressionMetric(
        "r2",
        MetricWords(
            "R²", "share of the target's variance that is explained; 1 is perfect", "share of variance explained (R²)"
        ),
        True,
        _r2,
        Loss.SQUARED,
        resampled.r2,
    ),
    RegressionMetric(
        "mape",
        MetricWords(
            "Mean percentage error",
            "average error relative to the true value",
            "mean absolute percentage error",
            percent=True,
        ),
        False,
        _mape,
        Loss.RELATIVE,
        resampled.mape,
    ),
)
