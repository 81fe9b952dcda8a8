"""Row losses: what one live answer cost, between 0 and 1, so that a sum of them can be bet on.

Classes: the Brier score, halved for several classes (Brier 1950): it lies between 0 and 1 by itself, is proper, and one
row that was sure and wrong costs at most 1, whereas its log loss has no bound. Numbers: the absolute error over a scale
of the reference's own errors, cut off at 1; without a bound no statement under continuous looking holds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task

__all__ = ["bounded_losses", "loss_name", "loss_scale", "said_uncertainty"]

FloatArray = NDArray[np.float64]
_REACH = 4.0  # errors beyond four times what nine rows of ten stay below cost no more than that


def loss_scale(truths: FloatArray, answers: FloatArray, task: Task) -> float:
    """Return the error that counts as 1, in the target's unit; 1.0 for classes.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> loss_scale(np.zeros(4), np.full((4, 1), 2.5), Task("y", TaskKind.REGRESSION, "mae"))
    10.0
    """
    if task.kind.classification:
        return 1.0
    errors = np.abs(truths - answers[:, 0])
    errors = errors[np.isfinite(errors)]
    scale = _REACH * float(np.quantile(errors, 0.9)) if len(errors) else 0.0
    if scale > 0:
        return scale
    return float(errors.max()) if len(errors) and errors.max() > 0 else 1.0


def bounded_losses(truths: FloatArray, answers: FloatArray, task: Task, scale: float) -> FloatArray:
    """Return each row's loss, shape (n_samples,), from 0 to 1; NaN where there is no truth or no answer.

    Parameters
    ----------
    truths : ndarray of shape (n_samples,)
        Class codes or values; NaN where none has come.
    answers : ndarray of shape (n_samples, n_classes) or (n_samples, 1)
        Probabilities or values.
    scale : float
        From ``loss_scale``, of the reference.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> task = Task("y", TaskKind.BINARY, "roc_auc", ("no", "yes"))
    >>> bounded_losses(np.array([1.0, np.nan]), np.array([[0.5, 0.5], [0.1, 0.9]]), task, 1.0)
    array([0.25,  nan])
    """
    if not task.kind.classification:
        return np.asarray(np.minimum(np.abs(truths - answers[:, 0]) / scale, 1.0))
    known = np.isfinite(truths)
    codes = np.where(known, truths, 0).astype(np.int64)
    happened = (codes[:, None] == np.arange(answers.shape[1])).astype(np.float64)
    losses = ((answers - happened) ** 2).sum(axis=1) / 2.0
    return np.asarray(np.where(known, np.clip(losses, 0.0, 1.0), np.nan))


def said_uncertainty(answers: FloatArray, task: Task) -> FloatArray:
    """Return what a row's loss goes along with before its truth is known, shape (n_samples,).

    Classes: the loss that probabilities predict of themselves. Numbers: the answer.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> said_uncertainty(np.array([[0.5, 0.5], [0.0, 1.0]]), Task("y", TaskKind.BINARY, "roc_auc", ("no", "yes")))
    array([0.25, 0.  ])
    """
    if not task.kind.classification:
        return answers[:, 0]
    return np.asarray((1.0 - (answers**2).sum(axis=1)) / 2.0)


def loss_name(task: Task) -> str:
    """Return what the mean of the losses is called."""
    return "Brier score" if task.kind.classification else "mean absolute error"
