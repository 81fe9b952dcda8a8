"""A small, quick LightGBM model: what columns tell by themselves, and what they leave to be told."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Link, Task
from journeyman.interfaces import Matrix

__all__ = ["fit_small", "residuals"]

FloatArray = NDArray[np.float64]
_ROUNDS = 40
_MOST_TREES = 240  # many classes get fewer rounds
_OBJECTIVES = {Link.LOGISTIC: "binary", Link.SOFTMAX: "multiclass", Link.IDENTITY: "regression"}


def fit_small(
    x: FloatArray,
    y: FloatArray,
    categorical: tuple[int, ...],
    task: Task,
    feature_fraction: float,
    learning_rate: float,
) -> Any:
    """Return a LightGBM booster of some forty small trees.

    Parameters
    ----------
    x, y : ndarrays of shape (n_samples, n_features) and (n_samples,)
        Training rows.
    categorical : tuple of int
        Positions of codes.
    feature_fraction : float
        Share of the features that each tree may use.
    learning_rate : float
        Of each tree; a low one leaves the trees alike, so that chance does not decide which feature gets the gain.
    """
    # Late: what a release has learned answers without it, and a service must not wait for what only training needs.
    import lightgbm  # noqa: PLC0415 - see above

    classes = len(task.labels) if len(task.labels) > 2 else 1
    settings = {
        "objective": _OBJECTIVES[task.link],
        "num_class": classes,
        "learning_rate": learning_rate,
        "num_leaves": 15,
        "min_data_in_leaf": max(2, min(20, len(y) // 50)),
        "feature_fraction": feature_fraction,
        "max_bin": 63,
        "num_threads": 1,  # folds are prepared side by side
        "seed": 0,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(x, y, categorical_feature=list(categorical), params={"verbosity": -1, "max_bin": 63})
    return lightgbm.train(settings, data, num_boost_round=min(_ROUNDS, max(5, _MOST_TREES // classes)))


def residuals(x: Matrix, y: FloatArray, task: Task, seed: int) -> tuple[FloatArray, FloatArray]:
    """Fit a small model on each half of the rows, for the other half.

    Returns
    -------
    residuals : ndarray of shape (n_outputs, n_samples)
        What the model of the other half leaves unexplained.
    importance : ndarray of shape (n_features,)
        Gain by feature.
    """
    halves = np.random.default_rng(seed).permutation(len(y)) % 2
    importance = np.zeros(x.values.shape[1])
    truth = y[:, None]
    if len(task.labels) > 2:
        truth = np.asarray(truth == np.arange(len(task.labels)), dtype=np.float64)
    rest = np.zeros_like(truth)
    for half in (0, 1):
        inside = halves == half
        if inside.all() or not inside.any():
            continue
        booster = fit_small(x.values[~inside], y[~inside], x.categorical, task, 0.7, 0.15)
        importance += booster.feature_importance("gain")
        answers = np.asarray(booster.predict(x.values[inside], num_threads=1)).reshape(-1, truth.shape[1])
        answers = answers - answers.mean(axis=0)
        wanted = truth[inside] - truth[inside].mean(axis=0)
        # A small model is too sure of itself; what it is too sure of would look like something left to tell.
        slope = (wanted * answers).sum(axis=0) / np.maximum((answers**2).sum(axis=0), 1e-300)
        rest[inside] = wanted - np.clip(slope, 0.0, 1.0) * answers
    return rest.T, importance
