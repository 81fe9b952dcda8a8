"""Recollect: whether the truths of rows that were met before are worth more than the model's answer to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.lookup_gain import LookupGain
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble
from journeyman.tasks import task_type
from journeyman.transformers.duplicate_lookup import blend_labels

__all__ = ["measure_lookup"]

FloatArray = NDArray[np.float64]
Losses = Callable[[FloatArray, FloatArray, Task], FloatArray]
"""Row losses of truths (n_samples,) and answers (n_samples, n_outputs)."""

PRIORS = (3.0, 1.0, 0.3, 0.1, 0.05)
"""The smallest prior keeps 5% weight on the model against one label, because duplicates to come may disagree."""
_FEWEST_GROUPS = 20
_ERRORS = 3.0


def measure_lookup(losses: Losses, chosen: Ensemble, table: Table, task: Task, split: Split) -> LookupGain | None:
    """Measure what the truths of a row's copies add to answers of models that saw none of them.

    Copies stay on one side of every division, so that the score tells of rows that nobody has met. A row to come may
    be one that was met all the same; this says what to answer then.

    Parameters
    ----------
    losses : callable
        Each row's loss as the metric counts it.
    chosen : Ensemble
        With its out-of-fold predictions.
    split : Split
        Whose ``copies`` say which rows are copies.

    Returns
    -------
    Recollection or None
        None where the kind of task has none, or copies do not stay together, are few, or add nothing beyond three
        standard errors (of groups of copies, which are not independent inside).
    """
    rows = np.concatenate([fold.validate for fold in split.folds])
    if split.copies is None or not len(rows) or not task_type(task).traits.looked_up:
        return None
    _, group = np.unique(split.copies[rows], return_inverse=True)
    sizes = np.bincount(group)
    copied = np.flatnonzero(sizes[group] > 1)
    if len(np.unique(group[copied])) < _FEWEST_GROUPS:
        return None
    y, answers = target_values(table, task.target)[rows], chosen.predictions
    told = _labels_as_predictions(y, answers.shape[1])
    totals = np.zeros((len(sizes), answers.shape[1]))
    np.add.at(totals, group, told)
    others, counts = (totals[group] - told)[copied], (sizes[group] - 1)[copied]
    before = losses(y, answers, task)
    after = {}
    for prior in PRIORS:
        given = answers.copy()
        given[copied] = blend_labels(others, counts, answers[copied], prior)
        after[prior] = losses(y, given, task)
    best = min(PRIORS, key=lambda prior: float(after[prior][copied].mean()))
    gain = np.bincount(group[copied], (before - after[best])[copied], minlength=len(sizes))[sizes > 1]
    if gain.mean() <= _ERRORS * gain.std() / np.sqrt(len(gain)):
        return None
    mean = [float(loss[copied].mean()) for loss in (before, after[best])]
    return LookupGain(best, len(copied), len(copied) / len(rows), *mean)


def _labels_as_predictions(y: FloatArray, outputs: int) -> FloatArray:
    """Return truths as answers that are sure, shape (n_samples, n_outputs)."""
    if outputs == 1:
        return y[:, None]
    return np.eye(outputs)[y.astype(np.int64)]
