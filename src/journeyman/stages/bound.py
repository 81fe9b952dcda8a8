"""Bound: how far the truth may lie from an answer, from how far it lay out of fold."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.conformal import Conformal
from journeyman.entities.task import Task

__all__ = ["COVERAGE", "bound"]

COVERAGE = 0.9


def bound(predictions: NDArray[np.float64], y: NDArray[np.float64], task: Task) -> Conformal | None:
    """Return the conformal bound of an ensemble.

    Rows that are exchangeable with those it was learned from lie within it in about ``COVERAGE`` of all cases: the
    guarantee of split conformal prediction holds for a model that did not see the scored rows, and the final model,
    fitted on all rows, is close to those that made the out-of-fold predictions but not the same. Rows of a later time
    need not be exchangeable.

    Parameters
    ----------
    predictions : ndarray of shape (n_validated, n_outputs)
        Out-of-fold probabilities or values.
    y : ndarray of shape (n_validated,)
        Class codes or values.
    task : Task
        What is predicted.

    Returns
    -------
    Conformal or None
        None where there are too few rows for such a coverage.

    References
    ----------
    Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world"; Sadinle, Lei and Wasserman 2019, "Least
    ambiguous set-valued classifiers with bounded error levels".

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> errors = np.arange(1.0, 20.0)
    >>> bound(np.zeros((19, 1)), errors, Task("y", TaskKind.REGRESSION, "mae"))
    Conformal(coverage=0.9, margin=18.0)
    """
    if task.kind.classification:
        scores = 1.0 - predictions[np.arange(len(y)), y.astype(np.int64)]
    else:
        scores = np.abs(y - predictions[:, 0])
    place = math.ceil((len(scores) + 1) * COVERAGE)
    if place > len(scores):
        return None
    margin = float(np.partition(scores, place - 1)[place - 1])
    return Conformal(COVERAGE, margin) if math.isfinite(margin) else None
