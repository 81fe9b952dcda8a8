"""The trivial model that a score is put beside: one prediction for all rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.interfaces import Metric

__all__ = ["trivial"]

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
        Class shares, or values.

    Examples
    --------
    >>> from journeyman.metrics import METRICS
    >>> task = Task("y", "binary", "roc_auc", ("a", "b"))
    >>> trivial(np.array([0.0, 0.0, 0.0, 1.0]), task, METRICS["roc_auc"], 1)
    array([[0.75, 0.25]])
    """
    return np.tile(metric.best_constant(y, max(1, len(task.prediction_names))), (rows, 1))
