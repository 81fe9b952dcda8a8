"""The trivial models that a score is put beside: one answer for all rows, and "the same as the row before"."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.interfaces import Metric

__all__ = ["no_change", "trivial"]

FloatArray = NDArray[np.float64]


def trivial(y: FloatArray, task: Task, metric: Metric, rows: int) -> FloatArray:
    """Return the best answer that knows no column, for each of ``rows`` rows.

    Parameters
    ----------
    y : ndarray of shape (n_train,)
        Class codes or values of rows that teach.
    task : Task
        What is predicted.
    metric : Metric
        Whose best constant it is.
    rows : int
        How many rows to answer.

    Returns
    -------
    ndarray of shape (rows, n_outputs)
        Class shares, or one value.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> from journeyman.metrics import METRICS
    >>> task = Task("y", TaskKind.BINARY, "roc_auc", ("a", "b"))
    >>> trivial(np.array([0.0, 0.0, 0.0, 1.0]), task, METRICS["roc_auc"], 1)
    array([[0.75, 0.25]])
    """
    return np.tile(metric.best_constant(y, max(1, len(task.labels))), (rows, 1))


def no_change(y_train: FloatArray, before_train: FloatArray, before: FloatArray, task: Task) -> FloatArray:
    """Return what one would say who knows the previous row's answer and nothing else.

    For numbers, that answer itself. For labels, how often each label followed that label in the training rows, so
    that probabilities can be scored, too (a first-order Markov chain, one row of each kind added).

    Parameters
    ----------
    y_train, before_train : ndarray of shape (n_train,)
        Answers of the training rows and of the row before each; NaN where there is none.
    before : ndarray of shape (n_samples,)
        Answer of the row before each examined row; NaN where there is none.
    task : Task
        What is predicted.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> task = Task("y", TaskKind.REGRESSION, "rmse")
    >>> no_change(np.array([1.0, 3.0]), np.array([np.nan, 1.0]), np.array([5.0, np.nan]), task)
    array([[5.], [2.]])
    """
    if not task.kind.classification:
        return np.where(np.isnan(before), y_train.mean(), before)[:, None]
    k = len(task.labels)
    counts = np.ones((k + 1, k))  # the last line answers rows without a row before
    source = np.where(np.isnan(before_train), k, before_train).astype(np.int64)
    np.add.at(counts, (source, y_train.astype(np.int64)), 1.0)
    counts[k] += np.bincount(y_train.astype(np.int64), minlength=k)
    shares = counts / counts.sum(axis=1, keepdims=True)
    return np.asarray(shares[np.where(np.isnan(before), k, before).astype(np.int64)])
