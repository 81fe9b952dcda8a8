"""Every metric of the task with its interval, beside the trivial model's on the same resamples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.evaluation import Score
from journeyman.entities.task import Task
from journeyman.interfaces import Metric
from journeyman.metrics.weighted import weighted_score
from journeyman.stages.evaluate.examined import Examined, row_losses
from journeyman.stages.evaluate.resample import draws, independent_units

__all__ = ["at_threshold", "compare"]

FloatArray = NDArray[np.float64]
_LABEL_METRICS = frozenset({"accuracy", "balanced_accuracy", "f1"})


def at_threshold(predictions: FloatArray, threshold: float | None) -> FloatArray:
    """Return binary probabilities moved so that the most probable label is the one given at the threshold.

    Examples
    --------
    >>> at_threshold(np.array([[0.8, 0.2], [0.7, 0.3]]), 0.3).argmax(axis=1)
    array([0, 1])
    """
    if threshold is None or predictions.shape[1] != 2:
        return predictions
    positive = (predictions[:, 1] >= threshold).astype(np.float64)
    return np.column_stack([1 - positive, positive])


def compare(
    metrics: Sequence[Metric], examined: Examined, task: Task, threshold: float | None, seed: int
) -> tuple[tuple[Score, ...], Score | None]:
    """Return a score for each metric, and the first metric beside "the same as the row before" where time orders rows.

    Intervals are percentiles of the bootstrap, widened for few rows, groups or blocks (Hesterberg 2015, the expanded
    percentile interval). Labels are given at the threshold, as a release gives them. Where an
    accuracy has no spread (all rows right or all wrong) its interval is the exact one of Clopper and Pearson (1934).
    """
    pairs = [(m, _answers(m, examined, threshold), examined.baselines[m.name]) for m in metrics]
    if examined.no_change is not None:
        pairs.append((metrics[0], pairs[0][1], examined.no_change))
    scorers = [(weighted_score(m, examined.y, p), weighted_score(m, examined.y, b)) for m, p, b in pairs]
    losses = row_losses(examined.y, examined.predictions, task, threshold)
    parts = [
        np.array([[model(weights), base(weights)] for model, base in scorers])
        for weights in draws(task.scheme, examined.groups, losses, seed)
    ]
    resampled = np.concatenate(parts, axis=2)
    tail = _tail(independent_units(task.scheme, examined.groups, losses))
    scores = tuple(_score(m, examined.y, (p, b), resampled[i], tail) for i, (m, p, b) in enumerate(pairs))
    return scores[: len(metrics)], scores[len(metrics)] if examined.no_change is not None else None


def _answers(metric: Metric, examined: Examined, threshold: float | None) -> FloatArray:
    return at_threshold(examined.predictions, threshold) if metric.name in _LABEL_METRICS else examined.predictions


def _tail(units: int) -> float:
    """Return the share of resamples left out on each side: 2.5 %, and less where few units make resamples too alike."""
    if units < 3:
        return 0.0
    return float(stats.norm.cdf(np.sqrt(units / (units - 1)) * stats.t.ppf(0.025, units - 1)))


def _score(
    metric: Metric, y: FloatArray, answers: tuple[FloatArray, FloatArray], resampled: FloatArray, tail: float
) -> Score:
    model, base = answers
    sign = 1.0 if metric.greater_is_better else -1.0
    value, baseline = metric.score(y, model), metric.score(y, base)
    low, high = _interval(resampled[0], tail)
    baseline_low, baseline_high = _interval(resampled[1], tail)
    gain_low, gain_high = _interval(sign * (resampled[0] - resampled[1]), tail)
    if metric.name == "accuracy" and low == high:
        low, high = _exact(round(value * len(y)), len(y))
    return Score(
        metric=metric.name,
        value=value,
        low=low,
        high=high,
        baseline=baseline,
        baseline_low=baseline_low,
        baseline_high=baseline_high,
        gain_low=gain_low,
        gain_high=gain_high,
        greater_is_better=metric.greater_is_better,
    )


def _interval(values: FloatArray, tail: float) -> tuple[float, float]:
    some = values[np.isfinite(values)]
    if not len(some):
        return float("nan"), float("nan")
    low, high = np.quantile(some, [tail, 1 - tail])
    return float(low), float(high)


def _exact(right: int, n: int) -> tuple[float, float]:
    low = float(stats.beta.ppf(0.025, right, n - right + 1)) if right else 0.0
    high = float(stats.beta.ppf(0.975, right + 1, n - right)) if right < n else 1.0
    return low, high
