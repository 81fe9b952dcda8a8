"""Metrics of weighted rows; of many weightings of the same rows at once, so that hundreds of resamples are cheap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.interfaces import Metric

__all__ = ["WeightedScore", "score_rows", "weighted_score"]

FloatArray = NDArray[np.float64]
WeightedScore = Callable[[FloatArray], FloatArray]
"""Weights (n_resamples, n_samples) to scores (n_resamples,); NaN where a resample has no score."""


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
    known = _KNOWN.get(metric.name)
    if known is not None:
        score = known(y, predictions)
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


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _mean(values: FloatArray) -> WeightedScore:
    return lambda w: _ratio(w @ values, w.sum(axis=1))


def _log_loss(y: FloatArray, p: FloatArray) -> WeightedScore:
    chosen = p[np.arange(len(y)), y.astype(np.int64)] / p.sum(axis=1)
    return _mean(-np.log(np.clip(chosen, 1e-7, 1.0)))


def _accuracy(y: FloatArray, p: FloatArray) -> WeightedScore:
    return _mean((p.argmax(axis=1) == y).astype(np.float64))


def _brier(y: FloatArray, p: FloatArray) -> WeightedScore:
    truth = np.zeros_like(p)
    truth[np.arange(len(y)), y.astype(np.int64)] = 1.0
    return _mean(((p - truth) ** 2).sum(axis=1) / 2)


def _balanced_accuracy(y: FloatArray, p: FloatArray) -> WeightedScore:
    member = (y[:, None] == np.arange(p.shape[1])).astype(np.float64)
    right = member * (p.argmax(axis=1) == y)[:, None]

    def score(w: FloatArray) -> FloatArray:
        recall = _ratio(w @ right, w @ member)
        return np.asarray(np.nanmean(recall, axis=1))

    return score


def _f1(y: FloatArray, p: FloatArray) -> WeightedScore:
    classes = np.array([1]) if p.shape[1] == 2 else np.arange(p.shape[1])
    true = (y[:, None] == classes).astype(np.float64)
    given = (p.argmax(axis=1)[:, None] == classes).astype(np.float64)
    binary = p.shape[1] == 2

    def score(w: FloatArray) -> FloatArray:
        occurs = w @ true
        f1 = np.nan_to_num(_ratio(2 * (w @ (true * given)), occurs + w @ given))
        if binary:
            return f1[:, 0]
        return _ratio((f1 * (occurs > 0)).sum(axis=1), (occurs > 0).sum(axis=1).astype(np.float64))

    return score


def _tied(scores: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order from the highest score down and the first position of each run of equal scores."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    return order, np.r_[0, np.flatnonzero(np.diff(ordered)) + 1]


def _roc_auc(y: FloatArray, p: FloatArray) -> WeightedScore:
    order, starts = _tied(p[:, 1])
    positive = (y[order] == 1).astype(np.float64)

    def score(w: FloatArray) -> FloatArray:
        ordered = w[:, order]
        wins = np.add.reduceat(ordered * positive, starts, axis=1)
        rest = np.add.reduceat(ordered, starts, axis=1) - wins
        below = rest.sum(axis=1, keepdims=True) - np.cumsum(rest, axis=1)
        return _ratio((wins * (below + rest / 2)).sum(axis=1), wins.sum(axis=1) * rest.sum(axis=1))

    return score


def _average_precision(y: FloatArray, p: FloatArray) -> WeightedScore:
    order, starts = _tied(p[:, 1])
    positive = (y[order] == 1).astype(np.float64)

    def score(w: FloatArray) -> FloatArray:
        ordered = w[:, order]
        wins = np.add.reduceat(ordered * positive, starts, axis=1)
        rows = np.cumsum(np.add.reduceat(ordered, starts, axis=1), axis=1)
        precision = np.cumsum(wins, axis=1) / np.maximum(rows, 1e-12)
        return _ratio((wins * precision).sum(axis=1), wins.sum(axis=1))

    return score


def _rmse(y: FloatArray, p: FloatArray) -> WeightedScore:
    mean = _mean((p[:, 0] - y) ** 2)
    return lambda w: np.sqrt(mean(w))


def _mae(y: FloatArray, p: FloatArray) -> WeightedScore:
    return _mean(np.abs(p[:, 0] - y))


def _median_absolute_error(y: FloatArray, p: FloatArray) -> WeightedScore:
    error = np.abs(p[:, 0] - y)
    order = np.argsort(error, kind="stable")
    ordered = error[order]

    def score(w: FloatArray) -> FloatArray:
        reached = np.cumsum(w[:, order], axis=1)
        total = np.round(reached[:, -1])
        low = (reached <= ((total - 1) // 2)[:, None]).sum(axis=1)
        high = (reached <= (total // 2)[:, None]).sum(axis=1)
        last = len(ordered) - 1
        return np.asarray((ordered[np.minimum(low, last)] + ordered[np.minimum(high, last)]) / 2)

    return score


def _r2(y: FloatArray, p: FloatArray) -> WeightedScore:
    centred = y - y.mean()
    columns = np.column_stack([(p[:, 0] - y) ** 2, centred**2, centred, np.ones(len(y))])

    def score(w: FloatArray) -> FloatArray:
        error, square, total, rows = (w @ columns).T
        spread = square - total**2 / rows
        # a resample whose target does not vary leaves rounding, not zero
        return 1 - _ratio(error, np.where(spread > 1e-12 * square, spread, 0.0))

    return score


def _mape(y: FloatArray, p: FloatArray) -> WeightedScore:
    some = y != 0
    share = np.zeros(len(y))
    share[some] = np.abs((p[some, 0] - y[some]) / y[some])
    counted = some.astype(np.float64)
    return lambda w: _ratio(w @ share, w @ counted)


_KNOWN: dict[str, Callable[[FloatArray, FloatArray], WeightedScore]] = {
    "roc_auc": _roc_auc,
    "log_loss": _log_loss,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "average_precision": _average_precision,
    "brier": _brier,
    "rmse": _rmse,
    "mae": _mae,
    "median_absolute_error": _median_absolute_error,
    "r2": _r2,
    "mape": _mape,
}
