"""The rows that a model is examined on, with its answers and those of the trivial models, in order of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.stages.evaluate.baseline import no_change, trivial

__all__ = ["Examined", "examine", "group_codes", "row_losses"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_MOST_ROWS = 50_000  # the standard error of a share is at most 0.0022 there; more rows cost time and say little


@dataclass(frozen=True)
class Examined:
    """Rows, answers, and what they are compared with.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_samples,)
        Row positions in order of time (or of the table).
    on_holdout : bool
        Whether they taught nothing to anybody.
    y : ndarray of shape (n_samples,)
        Class codes or values.
    predictions : ndarray of shape (n_samples, n_outputs)
        The model's answers.
    groups : ndarray of int64, shape (n_samples,)
        Group codes from 0; each row its own where rows are not grouped.
    baselines : dict of str to ndarray of shape (n_samples, n_outputs)
        Answers of the trivial model, by metric.
    no_change : ndarray of shape (n_samples, n_outputs) or None
        "The same as the row before"; rows in order of time only.
    """

    rows: IntArray
    on_holdout: bool
    y: FloatArray
    predictions: FloatArray
    groups: IntArray
    baselines: dict[str, FloatArray]
    no_change: FloatArray | None


def examine(
    predict: Callable[[Block], FloatArray],
    ensemble: Ensemble,
    table: Table,
    task: Task,
    split: Split,
    metrics: tuple[str, ...],
    seed: int,
) -> Examined:
    """Return the holdout rows with the model's answers, or the folds' validated rows where there is no holdout."""
    target = target_values(table, task.target)
    place = _place_in_time(table, task)
    if len(split.holdout):
        rows = split.holdout
        if len(rows) > _MOST_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(rows, _MOST_ROWS, replace=False))
        rows = rows[np.argsort(place[rows], kind="stable")]
        predictions = predict(to_block(table.frame.iloc[rows], table.features))
        taught = target[split.train]
        baselines = {m: trivial(taught, task, m, len(rows)) for m in metrics}
    else:
        rows = np.concatenate([fold.validate for fold in split.folds])
        order = np.argsort(place[rows], kind="stable")
        rows, predictions = rows[order], ensemble.predictions[order]
        # one constant for all folds: shares of each fold's own rows run against the rows left out, which would put the
        # baseline below chance and flatter the model
        baselines = {m: trivial(target[rows], task, m, len(rows)) for m in metrics}
    return Examined(
        rows=rows,
        on_holdout=bool(len(split.holdout)),
        y=target[rows],
        predictions=np.asarray(predictions, dtype=np.float64),
        groups=group_codes(table, task, rows),
        baselines=baselines,
        no_change=_repeated(table, task, split, target, place)[rows] if task.scheme is Scheme.TIME else None,
    )


def group_codes(table: Table, task: Task, rows: IntArray) -> IntArray:
    """Return codes from 0 of the groups that occur; each row its own where the task has no groups."""
    if task.group_column is None:
        return np.arange(len(rows), dtype=np.int64)
    codes, _ = pd.factorize(table.frame[task.group_column].iloc[rows], use_na_sentinel=False)
    return codes.astype(np.int64)


def row_losses(y: FloatArray, predictions: FloatArray, task: Task, threshold: float | None) -> FloatArray:
    """Return 1 for a wrong label and 0 for a right one, or the absolute error.

    Examples
    --------
    >>> from journeyman.entities.task import TaskKind
    >>> row_losses(np.array([1.0]), np.array([[3.0]]), Task("y", TaskKind.REGRESSION, "rmse"), None)
    array([2.])
    """
    if not task.kind.classification:
        return np.abs(y - predictions[:, 0])
    if threshold is not None and predictions.shape[1] == 2:
        return np.asarray(y != (predictions[:, 1] >= threshold), dtype=np.float64)
    return np.asarray(y != predictions.argmax(axis=1), dtype=np.float64)


def _place_in_time(table: Table, task: Task) -> IntArray:
    """Return each row's place when rows are put in order of time; their own order where there is no such column."""
    if task.scheme is not Scheme.TIME or task.time_column is None:
        return np.arange(len(table.frame), dtype=np.int64)
    times = to_block(table.frame, (table.column(task.time_column),))[task.time_column]
    keys = times if times.dtype != object else np.array([str(v) for v in times])
    place = np.empty(len(keys), dtype=np.int64)
    place[np.argsort(keys, kind="stable")] = np.arange(len(keys))
    return place


def _repeated(table: Table, task: Task, split: Split, target: FloatArray, place: IntArray) -> FloatArray:
    """Return the no-change answer for all rows of the table."""
    every = np.arange(len(target), dtype=np.int64)
    groups = group_codes(table, task, every) if task.group_column else np.zeros(len(target), dtype=np.int64)
    order = np.lexsort((place, groups))
    before = np.full(len(target), np.nan)
    before[order[1:]] = target[order[:-1]]
    before[order[np.r_[0, np.flatnonzero(np.diff(groups[order])) + 1]]] = np.nan
    return no_change(target[split.train], before[split.train], before, task)
