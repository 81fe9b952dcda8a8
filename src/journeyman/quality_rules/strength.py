"""How much columns say of the target: one column alone, and many together, always out of fold."""

from __future__ import annotations

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.table import Table
from journeyman.quality_rules.sampling import Rows, codes_of, numbers

__all__ = ["Strength", "bins_of", "model_score", "one_column"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Strength:
    """What one column says of the target.

    Attributes
    ----------
    skill : float
        Share of what a constant answer gets wrong that the column puts right, out of fold: 1 - errors / errors of the
        most frequent class (classification), or R squared (regression). 1 is deterministic, 0 is nothing.
    share : float
        Share of the target's entropy (classification) or variance (regression) explained: finer than ``skill``.
    """

    skill: float
    share: float


def bins_of(table: Table, column: Column, rows: Rows, limit: int) -> IntArray:
    """Return the column cut into at most about ``limit`` bins; missing is a bin, frequent values have their own."""
    if not (column.kind.numeric or column.kind.value == "datetime"):
        codes = codes_of(table, column, rows) + 1
        counts = np.bincount(codes)
        if len(counts) > limit:
            kept = np.sort(np.argsort(-counts, kind="stable")[:limit])
            renamed = np.full(len(counts), limit, dtype=np.int64)
            renamed[kept] = np.arange(limit)
            codes = renamed[codes]
        return codes
    values = numbers(table, column, rows)
    known = np.isfinite(values)
    bins = np.zeros(len(values), dtype=np.int64)
    if not known.any():
        return bins
    present, counts = np.unique(values[known], return_counts=True)
    total = int(counts.sum())
    limit = max(4, min(limit, total // 20))
    heavy = counts * limit > total
    cut = np.diff((np.cumsum(counts) - counts) * limit // total, prepend=-1) > 0
    # A frequent value starts a bin, and so does what follows it: zero against above zero must not be blurred.
    cut |= heavy
    cut[1:] |= heavy[:-1]
    present = present[cut]
    bins[known] = np.searchsorted(present, values[known], side="right")
    return bins


def one_column(bins: IntArray, y: FloatArray, classes: int, folds: IntArray) -> Strength:
    """Judge a binned column by what the mean target of each bin says of the rows of another fold.

    Parameters
    ----------
    bins : ndarray of shape (n_samples,)
        Whole numbers from 0.
    y : ndarray of shape (n_samples,)
        Class codes, or values.
    classes : int
        Number of classes; 0 for regression.
    folds : ndarray of shape (n_samples,)
        Fold of each row.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 1000).astype(float)
    >>> folds = rng.integers(0, 3, 1000)
    >>> one_column(y.astype(np.int64), y, 2, folds).skill
    1.0
    >>> one_column(rng.integers(0, 2, 1000), y, 2, folds).share < 0.05
    True
    """
    size = int(bins.max()) + 1
    if classes == 0:
        return _regression(bins, y, folds, size)
    labels = y.astype(np.int64)
    cell = bins * classes + labels
    total = np.bincount(cell, minlength=size * classes).reshape(size, classes).astype(np.float64)
    overall = total.sum(axis=0)
    prior = overall / overall.sum()
    wrong, loss = 0, 0.0
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        own = np.bincount(cell[held], minlength=size * classes).reshape(size, classes)
        rest = total - own
        rates = (rest + prior) / (rest.sum(axis=1, keepdims=True) + 1.0)
        answer = rates.argmax(axis=1)
        wrong += int((answer[bins[held]] != labels[held]).sum())
        loss -= float(np.log(np.maximum(rates[bins[held], labels[held]], 1e-9)).sum())
    base_wrong = len(y) - overall.max()
    base_loss = -float((overall[overall > 0] * np.log(prior[overall > 0])).sum())
    return Strength(1.0 - wrong / max(float(base_wrong), 1.0), 1.0 - loss / max(base_loss, 1e-9))


def _regression(bins: IntArray, y: FloatArray, folds: IntArray, size: int) -> Strength:
    counts = np.bincount(bins, minlength=size).astype(np.float64)
    sums = np.bincount(bins, weights=y, minlength=size)
    mean = float(y.mean())
    squares = 0.0
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        rest = counts - np.bincount(bins[held], minlength=size)
        rest_sums = sums - np.bincount(bins[held], weights=y[held], minlength=size)
        answer = np.where(rest > 0, rest_sums / np.maximum(rest, 1.0), mean)
        squares += float(((y[held] - answer[bins[held]]) ** 2).sum())
    variance = float(((y - mean) ** 2).sum())
    value = 1.0 - squares / max(variance, 1e-300)
    return Strength(value, value)


def model_score(features: FloatArray, y: FloatArray, classes: int, folds: IntArray, rounds: int = 60) -> Strength:
    """Judge many columns together: a small boosted model, out of fold.

    ``features``: (n_samples, n_features), NaN where missing. Other arguments as in :func:`one_column`.
    """
    outputs = classes if classes > 2 else 1
    answers = np.zeros((len(y), outputs))
    settings: dict[str, object] = {
        "objective": "regression" if classes == 0 else "binary" if classes == 2 else "multiclass",
        "num_leaves": 15,
        "learning_rate": 0.15,
        "min_data_in_leaf": max(3, min(20, len(y) // 50)),
        "max_bin": 127,
        "feature_fraction": 0.9 if features.shape[1] < 30 else 0.5,
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "seed": 1,
    }
    if classes > 2:
        settings["num_class"] = classes
        rounds = max(10, min(rounds, 400 // classes))
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        data = lgb.Dataset(features[~held], y[~held], free_raw_data=True)
        model = lgb.train(settings, data, num_boost_round=rounds)
        answers[held] = np.asarray(model.predict(features[held], num_threads=1)).reshape(int(held.sum()), outputs)
    if classes == 0:
        residual = float(((y - answers[:, 0]) ** 2).sum())
        value = 1.0 - residual / max(float(((y - y.mean()) ** 2).sum()), 1e-300)
        return Strength(value, value)
    chances = answers if classes > 2 else np.column_stack([1.0 - answers[:, 0], answers[:, 0]])
    labels = y.astype(np.int64)
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    prior = counts / counts.sum()
    wrong = int((chances.argmax(axis=1) != labels).sum())
    loss = -float(np.log(np.clip(chances[np.arange(len(y)), labels], 1e-9, 1.0)).sum())
    base = -float((counts[counts > 0] * np.log(prior[counts > 0])).sum())
    return Strength(1.0 - wrong / max(len(y) - float(counts.max()), 1.0), 1.0 - loss / max(base, 1e-9))
