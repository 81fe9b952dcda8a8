"""Built-in metrics as functions of row weights: many weightings of the same rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import WeightedScore

__all__ = [
    "accuracy",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "f1",
    "log_loss",
    "mae",
    "mape",
    "median_absolute_error",
    "r2",
    "rmse",
    "roc_auc",
]

FloatArray = NDArray[np.float64]


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _mean(values: FloatArray) -> WeightedScore:
    return lambda w: _ratio(w @ values, w.sum(axis=1))


def log_loss(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Mean negative log probability of what happened."""
    chosen = p[np.arange(len(y)), y.astype(np.int64)] / p.sum(axis=1)
    return _mean(-np.log(np.clip(chosen, 1e-7, 1.0)))


def accuracy(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Share of right labels."""
    return _mean((p.argmax(axis=1) == y).astype(np.float64))


def brier(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Mean squared error of probabilities."""
    truth = np.zeros_like(p)
    truth[np.arange(len(y)), y.astype(np.int64)] = 1.0
    return _mean(((p - truth) ** 2).sum(axis=1) / 2)


def balanced_accuracy(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Mean recall over the classes that occur."""
    member = (y[:, None] == np.arange(p.shape[1])).astype(np.float64)
    right = member * (p.argmax(axis=1) == y)[:, None]

    def score(w: FloatArray) -> FloatArray:
        recall = _ratio(w @ right, w @ member)
        return np.asarray(np.nanmean(recall, axis=1))

    return score


def f1(y: FloatArray, p: FloatArray) -> WeightedScore:
    """F1 of the positive class, or the mean over classes."""
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


def _tie_groups(scores: FloatArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the order from the highest score down and the first position of each run of equal scores."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    return order, np.r_[0, np.flatnonzero(np.diff(ordered)) + 1]


def roc_auc(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Area under the ROC curve by ranks."""
    order, starts = _tie_groups(p[:, 1])
    positive = (y[order] == 1).astype(np.float64)

    def score(w: FloatArray) -> FloatArray:
        ordered = w[:, order]
        wins = np.add.reduceat(ordered * positive, starts, axis=1)
        rest = np.add.reduceat(ordered, starts, axis=1) - wins
        below = rest.sum(axis=1, keepdims=True) - np.cumsum(rest, axis=1)
        return _ratio((wins * (below + rest / 2)).sum(axis=1), wins.sum(axis=1) * rest.sum(axis=1))

    return score


def average_precision(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Area under precision over recall."""
    order, starts = _tie_groups(p[:, 1])
    positive = (y[order] == 1).astype(np.float64)

    def score(w: FloatArray) -> FloatArray:
        ordered = w[:, order]
        wins = np.add.reduceat(ordered * positive, starts, axis=1)
        rows = np.cumsum(np.add.reduceat(ordered, starts, axis=1), axis=1)
        precision = np.cumsum(wins, axis=1) / np.maximum(rows, 1e-12)
        return _ratio((wins * precision).sum(axis=1), wins.sum(axis=1))

    return score


def rmse(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Root mean squared error."""
    mean = _mean((p[:, 0] - y) ** 2)
    return lambda w: np.sqrt(mean(w))


def mae(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Mean absolute error."""
    return _mean(np.abs(p[:, 0] - y))


def median_absolute_error(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Median absolute error; weights are whole numbers."""
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


def r2(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Share of variance explained."""
    centred = y - y.mean()
    columns = np.column_stack([(p[:, 0] - y) ** 2, centred**2, centred, np.ones(len(y))])

    def score(w: FloatArray) -> FloatArray:
        error, square, total, rows = (w @ columns).T
        spread = square - total**2 / rows
        # a resample whose target does not vary leaves rounding, not zero
        return 1 - _ratio(error, np.where(spread > 1e-12 * square, spread, 0.0))

    return score


def mape(y: FloatArray, p: FloatArray) -> WeightedScore:
    """Mean absolute error as a share of the true value."""
    some = y != 0
    share = np.zeros(len(y))
    share[some] = np.abs((p[some, 0] - y[some]) / y[some])
    counted = some.astype(np.float64)
    return lambda w: _ratio(w @ share, w @ counted)
