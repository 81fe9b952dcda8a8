"""Choose: proposals are judged by what they tell that the columns do not, and those that say the same are cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task, TaskKind
from journeyman.interfaces import Matrix

__all__ = ["judge", "residuals", "uncorrelated"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ROUNDS = 40
_BINS = 16


def residuals(x: Matrix, y: FloatArray, task: Task, seed: int) -> tuple[FloatArray, FloatArray]:
    """Fit a small model on each half of the rows.

    Returns
    -------
    residuals : ndarray of shape (n_outputs, n_samples)
        What the model of the other half leaves unexplained.
    importance : ndarray of shape (n_features,)
        Gain by feature.
    """
    halves = np.random.default_rng(seed).permutation(len(y)) % 2
    importance = np.zeros(x.values.shape[1])
    left: FloatArray | None = None
    for half in (0, 1):
        inside = halves == half
        booster = fit_small(x.values[~inside], y[~inside], x.categorical, task, seed)
        raw = np.asarray(booster.predict(x.values[inside], num_threads=1))
        truth = y[inside]
        if task.kind is TaskKind.MULTICLASS:
            rest = (truth[:, None] == np.arange(raw.shape[1])) - raw
        else:
            rest = (truth - raw)[:, None]
        if left is None:
            left = np.empty((rest.shape[1], len(y)))
        left[:, inside] = rest.T
        importance += booster.feature_importance("gain")
    assert left is not None
    return left, importance


def fit_small(x: FloatArray, y: FloatArray, categorical: tuple[int, ...], task: Task, seed: int, **more: Any) -> Any:
    settings: Mapping[str, Any] = {
        "learning_rate": 0.15,
        "num_leaves": 15,
        "min_data_in_leaf": max(2, min(20, len(y) // 50)),
        "feature_fraction": 0.7,
        "num_threads": 1,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        "max_bin": 63,
        "objective": {
            TaskKind.BINARY: "binary",
            TaskKind.MULTICLASS: "multiclass",
            TaskKind.REGRESSION: "regression",
        }[task.kind],
        **({"num_class": len(task.labels)} if task.kind is TaskKind.MULTICLASS else {}),
        **more,
    }
    data = lightgbm.Dataset(x, y, categorical_feature=list(categorical), params={"verbosity": -1, "max_bin": 63})
    return lightgbm.train(dict(settings), data, num_boost_round=_ROUNDS)


def judge(features: FloatArray, rest: FloatArray, seed: int) -> FloatArray:
    """Return how much of the residuals' spread each feature tells, shape (n_features,); noise tells 0 on average.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
        Proposals.
    rest : ndarray of shape (n_outputs, n_samples)
        Residuals of a model of the columns.

    Notes
    -----
    Residuals are averaged by bins of the feature in one half of the rows and in the other; the product of the two
    averages, weighed by the rows of the bin, is an unbiased estimate of the spread between bins.
    """
    rows = len(features)
    halves = np.random.default_rng(seed).permutation(rows) % 2
    scale = rest.std(axis=1).clip(1e-300)[:, None]
    rest = (rest - rest.mean(axis=1, keepdims=True)) / scale
    picked = np.linspace(0, rows - 1, min(rows, 1000)).astype(np.int64)
    scores = np.zeros(features.shape[1])
    for i, values in enumerate(np.ascontiguousarray(features.T)):
        few = values[picked]
        few = few[~np.isnan(few)]
        if not len(few):
            continue
        edges = np.unique(np.quantile(few, np.arange(1, _BINS) / _BINS))
        bins = np.where(np.isnan(values), len(edges) + 1, edges.searchsorted(values))
        cells = bins + (_BINS + 2) * halves
        counts = np.bincount(cells, minlength=2 * (_BINS + 2)).reshape(2, -1)
        for output in rest:
            sums = np.bincount(cells, output, 2 * (_BINS + 2)).reshape(2, -1)
            means = sums / np.maximum(counts, 1)
            scores[i] += float((counts.sum(axis=0) * means[0] * means[1]).sum())
    return scores / rows


def uncorrelated(order: IntArray, features: FloatArray, known: FloatArray, most: int, limit: float) -> list[int]:
    """Return at most that many features in the given order, without those that rank rows as an earlier one does."""
    rows = np.linspace(0, len(features) - 1, min(len(features), 2000)).astype(np.int64)
    kept_ranks = [_ranks(column) for column in known[rows].T]
    kept: list[int] = []
    stack = np.array(kept_ranks).reshape(len(kept_ranks), len(rows))
    for position in order.tolist():
        ranks = _ranks(features[rows, position])
        if not ranks.any() or (len(stack) and np.abs(stack @ ranks).max() > limit):
            continue
        stack = np.vstack([stack, ranks])
        kept.append(position)
        if len(kept) == most:
            break
    return kept


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks, centred, of length 1; ties get their mean, missing values the middle."""
    known = ~np.isnan(values)
    ranks = np.zeros(len(values))
    _, inverse, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks[known] = (ends - (counts - 1) / 2.0)[inverse]
    ranks[known] -= ranks[known].mean() if known.any() else 0.0
    length = float(np.sqrt((ranks**2).sum()))
    return ranks / length if length > 0 else ranks
