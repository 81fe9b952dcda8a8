"""Metrics of forecasts; predictions are quantiles, the median first, and last the scale of each row's series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.metric import FORECAST_LOSS, MetricWords
from journeyman.interfaces import Metric, WeightedScore

__all__ = ["FORECAST_METRICS", "LEVELS", "OUTPUTS", "interval_columns"]

FloatArray = NDArray[np.float64]
LEVELS = (0.5, 0.025, 0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.975)
"""Levels of the quantiles that are forecast, the median first."""
OUTPUTS = (*(f"{level:g}" for level in LEVELS), "scale")
"""What the numbers of a forecast are."""

_DECILES = tuple(k for k, level in enumerate(LEVELS) if 0.05 < level < 0.95)


def interval_columns(coverage: float) -> tuple[int, int]:
    """Return the outputs between which a central interval of this coverage lies.

    Examples
    --------
    >>> interval_columns(0.8), interval_columns(0.95)
    ((2, 9), (1, 10))
    """
    below = (1.0 - coverage) / 2.0
    low, high = (int(np.argmin(np.abs(np.array(LEVELS) - level))) for level in (below, 1.0 - below))
    return low, high


@dataclass(frozen=True)
class _ForecastMetric:
    """What metrics of forecasts have in common: a mean of row losses, over a mean of row sizes where they have some."""

    name: str
    words: MetricWords
    kinds = frozenset({"forecast"})
    greater_is_better = False
    optimum = 0.0
    loss = FORECAST_LOSS
    on_labels = False
    by_class = False
    proportion = False
    rare_cost = 0.0

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return absolute errors over the scale of each row's series, shape (n_samples,)."""
        return np.asarray(np.abs(y - predictions[:, 0]) / predictions[:, -1])

    def score(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the score of forecasts, shape (n_samples, n_outputs), against values, shape (n_samples,)."""
        return float(self.weighted(y, predictions)(np.ones((1, len(y))))[0])

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        """Return the score as a function of row weights."""
        losses = self.row_losses(y, predictions)
        return lambda weights: np.asarray(weights @ losses / _total_weights(weights))

    def best_constant(self, y: FloatArray, outputs: int) -> FloatArray:
        """Return the quantiles of values, and their mean distance from the median, shape (n_outputs,)."""
        scale = float(np.abs(y - np.median(y)).mean())
        return np.append(np.quantile(y, LEVELS), scale if scale > 0 else 1.0)


def _total_weights(weights: FloatArray) -> FloatArray:
    """Return how much all rows count together, NaN where none does: of a few rows, some drawing leaves all out."""
    total = weights.sum(axis=1)
    return np.where(total > 0, total, np.nan)


class _AbsoluteError(_ForecastMetric):
    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        return np.abs(y - predictions[:, 0])


class _SymmetricError(_ForecastMetric):
    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        size = np.abs(y) + np.abs(predictions[:, 0])
        return np.asarray(2.0 * np.abs(y - predictions[:, 0]) / np.where(size > 0, size, 1.0))


class _WeightedQuantileLoss(_ForecastMetric):
    """Pinball losses of the deciles, doubled, over the sum of absolute values."""

    def row_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        levels = np.array(LEVELS)[list(_DECILES)]
        above = y[:, None] - predictions[:, list(_DECILES)]
        return np.asarray(2.0 * np.maximum(levels * above, (levels - 1.0) * above).mean(axis=1))

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        losses, sizes = self.row_losses(y, predictions), np.abs(y)

        def score(weights: FloatArray) -> FloatArray:
            total = weights @ sizes
            return np.asarray(weights @ losses / np.where(total > 0, total, 1.0))

        return score


@dataclass(frozen=True)
class _CoverageError(_ForecastMetric):
    """How far the share of values inside an interval is from what it promises."""

    coverage: float = 0.8

    def weighted(self, y: FloatArray, predictions: FloatArray) -> WeightedScore:
        low, high = interval_columns(self.coverage)
        held = ((y >= predictions[:, low]) & (y <= predictions[:, high])).astype(np.float64)
        return lambda weights: np.abs(weights @ held / _total_weights(weights) - self.coverage)


FORECAST_METRICS: tuple[Metric, ...] = (
    _ForecastMetric(
        "mase",
        MetricWords(
            "MASE",
            "average error, in errors that repeating the season before made inside each series",
            "mean absolute scaled error (MASE)",
        ),
    ),
    _WeightedQuantileLoss(
        "wql",
        MetricWords(
            "WQL",
            "average cost of the deciles, as a share of the size of the values",
            "weighted quantile loss (WQL)",
        ),
    ),
    _AbsoluteError("mae", MetricWords("Mean absolute error", "average size of an error", in_unit=True)),
    _SymmetricError(
        "smape",
        MetricWords(
            "sMAPE",
            "average error as a share of the mean of forecast and value",
            "symmetric error (sMAPE)",
            percent=True,
        ),
    ),
    _CoverageError(
        "coverage_error_80",
        MetricWords("80% interval, off by", "how far the share of values inside is from 80%", percent=True),
        0.8,
    ),
    _CoverageError(
        "coverage_error_95",
        MetricWords("95% interval, off by", "how far the share of values inside is from 95%", percent=True),
        0.95,
    ),
)
"""MASE (Hyndman and Koehler 2006, "Another look at measures of forecast accuracy"), the weighted quantile loss
(Gasthaus et al. 2019), and plain ones."""
