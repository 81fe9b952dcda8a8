"""Metrics of scikit-learn's names as functions of row weights: thousands of resamples of the same rows at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.honest_split import PredictedRows
from journeyman.errors import InputError
from journeyman.metrics import resampled

__all__ = ["WeightedMetric", "is_loss", "metric_name", "weighted_metric"]

FloatArray = NDArray[np.float64]
WeightedMetric = Callable[[FloatArray], FloatArray]
"""Weights (n_resamples, n_rows) to scores (n_resamples,)."""

_OTHER_NAMES = {
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "root_mean_squared_error": "rmse",
    "mean_absolute_percentage_error": "mape",
    "median_absolute_error": "median_absolute_error",
    "mean_squared_log_error": "msle",
    "root_mean_squared_log_error": "rmsle",
    "neg_mean_squared_error": "mse",
    "neg_root_mean_squared_error": "rmse",
    "neg_mean_absolute_error": "mae",
    "neg_log_loss": "log_loss",
    "cross_entropy": "log_loss",
    "explained_variance": "r2",
    "roc_auc_ovr": "roc_auc",
    "auc": "roc_auc",
    "brier_score_loss": "brier",
    "average_precision": "average_precision",
    "classification_report": "accuracy",
    "confusion_matrix": "accuracy",
    "matthews_corrcoef": "mcc",
    "zero_one_loss": "error_rate",
}
_AVERAGES = ("micro", "macro", "weighted", "binary")
_OF_VALUES = frozenset(("mse", "mae", "rmse", "mape", "median_absolute_error", "msle", "rmsle", "r2"))
_OF_PROBABILITIES = frozenset(("roc_auc", "log_loss", "brier", "average_precision"))
_OF_CLASSES = frozenset(("accuracy", "balanced_accuracy", "error_rate", "f1", "precision", "recall", "mcc"))


def metric_name(metric: str, part: PredictedRows) -> str:
    """Return the plain name of a metric: "accuracy" of "sklearn.metrics.accuracy_score", "f1 macro".

    The score of a model itself is an accuracy where it tells classes, and R² where it tells values.

    Raises
    ------
    InputError
        Where no such metric is known here.

    Examples
    --------
    >>> part = PredictedRows(np.array([0.5, 1.5]), np.array([0.4, 1.0]), np.arange(2))
    >>> [metric_name(m, part) for m in ("sklearn.metrics.mean_squared_error", "Ridge.score", "f1_score macro")]
    ['mse', 'r2', 'f1 macro']
    """
    called, _, average = metric.partition(" ")
    leaf = called.rpartition(".")[2]
    if leaf in ("score", "cross_val_score", "cross_validate", "evaluate", "best_score_"):
        return "accuracy" if _tells_classes(part) else "r2"
    plain = _OTHER_NAMES.get(leaf, leaf)
    plain = _OTHER_NAMES.get(plain.removesuffix("_score"), plain.removesuffix("_score"))
    for one in _AVERAGES:
        if plain.endswith(f"_{one}"):
            plain, average = plain.removesuffix(f"_{one}"), one
    if plain not in _OF_VALUES | _OF_PROBABILITIES | _OF_CLASSES:
        known = ", ".join(sorted(_OF_VALUES | _OF_PROBABILITIES | _OF_CLASSES))
        raise InputError(f"the metric {metric!r} cannot be judged again", hint=f"use one of {known}")
    return f"{plain} {average}" if average and plain in ("f1", "precision", "recall") else plain


def is_loss(name: str) -> bool:
    """Return whether less is better, by a metric's plain name.

    Examples
    --------
    >>> [is_loss(name) for name in ("rmse", "r2", "f1 macro", "log_loss")]
    [True, False, False, True]
    """
    return name in (_OF_VALUES - {"r2"}) or name in ("log_loss", "brier", "error_rate")


def _tells_classes(part: PredictedRows) -> bool:
    if part.probabilities is not None or part.truth.dtype.kind not in "iuf":
        return True
    whole = [np.asarray(values, dtype=np.float64) for values in (part.truth, part.predicted)]
    return all(bool((values % 1 == 0).all()) for values in whole)


def weighted_metric(name: str, part: PredictedRows) -> WeightedMetric:
    """Return a metric, by its plain name, as a function of row weights.

    Raises
    ------
    InputError
        Where it needs probabilities that are not there.

    Examples
    --------
    >>> part = PredictedRows(np.array([1.0, 2.0]), np.array([1.0, 4.0]), np.arange(2))
    >>> weighted_metric("mae", part)(np.array([[1.0, 1.0], [3.0, 1.0]]))
    array([1. , 0.5])
    """
    plain, _, average = name.partition(" ")
    if plain in _OF_VALUES:
        return _of_values(plain, part)
    if plain in _OF_PROBABILITIES:
        return _of_probabilities(plain, part)
    return _of_classes(plain, average, part)


def _mean(losses: FloatArray) -> WeightedMetric:
    return lambda w: (w @ losses) / w.sum(axis=1)


def _of_values(name: str, part: PredictedRows) -> WeightedMetric:
    truth, told = (np.asarray(values, dtype=np.float64) for values in (part.truth, part.predicted))
    match name:
        case "mse" | "rmse":
            score = _mean((truth - told) ** 2)
        case "mae":
            score = _mean(np.abs(truth - told))
        case "mape":
            score = _mean(np.abs(truth - told) / np.maximum(np.abs(truth), np.finfo(np.float64).eps))
        case "msle" | "rmsle":
            with np.errstate(invalid="ignore"):
                score = _mean((np.log1p(truth) - np.log1p(told)) ** 2)
        case "median_absolute_error":
            return resampled.median_absolute_error(truth, told[:, None])
        case _:
            return resampled.r2(truth, told[:, None])
    return (lambda w: np.sqrt(score(w))) if name.startswith("r") else score


def _of_probabilities(name: str, part: PredictedRows) -> WeightedMetric:
    classes = np.unique(part.truth) if part.classes is None else part.classes
    if part.probabilities is None:
        if name != "roc_auc" or len(classes) != 2:
            raise InputError(f"{name} needs probabilities", hint="use a model with predict_proba")
        told = (part.predicted == classes[1]).astype(np.float64)  # as a program does that gives labels to it
        columns = np.column_stack([1 - told, told])
    else:
        columns = np.asarray(part.probabilities, dtype=np.float64)
        columns = np.column_stack([1 - columns, columns]) if columns.ndim == 1 else columns
    codes = (part.truth[:, None] == classes[None, :]).argmax(axis=1).astype(np.float64)
    match name:
        case "log_loss":
            return resampled.log_loss(codes, columns)
        case "brier":
            return resampled.brier(codes, columns)
        case "average_precision":
            return resampled.average_precision(codes, columns)
        case _ if len(classes) == 2:
            return resampled.roc_auc(codes, columns)
        case _:
            return _one_against_rest(codes, columns)


def _one_against_rest(codes: FloatArray, columns: FloatArray) -> WeightedMetric:
    each = [
        resampled.roc_auc((codes == k).astype(np.float64), np.column_stack([1 - columns[:, k], columns[:, k]]))
        for k in range(columns.shape[1])
        if (codes == k).any()
    ]
    return lambda w: np.asarray(np.nanmean([one(w) for one in each], axis=0))


def _of_classes(name: str, average: str, part: PredictedRows) -> WeightedMetric:
    truth, told = part.truth, part.predicted
    if truth.dtype.kind != told.dtype.kind:
        truth, told = _alike(truth), _alike(told)
    right = (truth == told).astype(np.float64)
    if name == "accuracy" or average == "micro":
        return _mean(right)
    if name == "error_rate":
        return _mean(1 - right)
    classes = np.unique(np.concatenate([truth, told]))
    true = (truth[:, None] == classes).astype(np.float64)
    given = (told[:, None] == classes).astype(np.float64)
    if name == "mcc":
        return _matthews(true, given)
    binary = average == "binary" or (not average and len(classes) <= 2 and name != "balanced_accuracy")
    return _averaged(name, "binary" if binary else average or "macro", true, given)


def _alike(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return classes as numbers where all are numbers, and as texts otherwise."""
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        return values.astype(str)


def _averaged(name: str, average: str, true: FloatArray, given: FloatArray) -> WeightedMetric:
    both = true * given

    def score(w: FloatArray) -> FloatArray:
        hits, occurs, told = w @ both, w @ true, w @ given
        below = {"precision": told, "f1": (occurs + told) / 2}.get(name, occurs)
        with np.errstate(divide="ignore", invalid="ignore"):
            each = np.where(below > 0, hits / below, 0.0)
        if average == "binary":
            return np.asarray(each[:, -1])
        there = occurs > 0 if name == "balanced_accuracy" else (occurs + told) > 0
        weight = occurs if average == "weighted" else there.astype(np.float64)
        return np.asarray((each * weight).sum(axis=1) / weight.sum(axis=1))

    return score


def _matthews(true: FloatArray, given: FloatArray) -> WeightedMetric:
    """Correlation of classes told and true, after Gorodkin (2004)."""
    both = (true * given).sum(axis=1)

    def score(w: FloatArray) -> FloatArray:
        n, occurs, told = w.sum(axis=1), w @ true, w @ given
        above = (w @ both) * n - (occurs * told).sum(axis=1)
        below = np.sqrt((n**2 - (occurs**2).sum(axis=1)) * (n**2 - (told**2).sum(axis=1)))
        return np.where(below > 0, above / np.where(below > 0, below, 1.0), 0.0)

    return score
