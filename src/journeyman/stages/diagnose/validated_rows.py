"""What a diagnosis looks at: out-of-fold answers of some training rows, their losses, and two halves of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.split import Split
from journeyman.entities.table import Table, row_times, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.tasks import task_type

__all__ = ["ValidatedRows", "gather_validated_rows"]

FloatArray = NDArray[np.float64]
_MOST_ROWS = 12_000
_TINY = 1e-7


@dataclass(frozen=True)
class ValidatedRows:
    """Validated rows; none of them taught the model that answered it.

    Attributes
    ----------
    columns : tuple of Column
        Features whose values conditions can be made of.
    block : mapping of str to ndarray of shape (n_samples,)
        Their values as float64, NaN where missing.
    y : ndarray of shape (n_samples,)
        Class codes or values.
    answers : ndarray of shape (n_samples, n_outputs)
        Out of fold.
    loss : ndarray of shape (n_samples,)
        Log loss, or absolute error.
    first : ndarray of bool, shape (n_samples,)
        Rows that find; the others confirm. Rows of one group, and copies of a record, are on one side.
    when : ndarray of shape (n_samples,)
        Where they stand in time, or in the order of the table.
    task : Task
        What is predicted.
    clusters : ndarray of int64, shape (n_samples,)
        Rows of one code, of one group or copies of one record, err alike.
    """

    columns: tuple[Column, ...]
    block: Mapping[str, FloatArray]
    y: FloatArray
    answers: FloatArray
    loss: FloatArray
    first: NDArray[np.bool_]
    when: FloatArray
    task: Task
    clusters: NDArray[np.int64]

    @property
    def residuals(self) -> FloatArray:
        """What the answers miss, shape (n_samples, n_outputs)."""
        return task_type(self.task).residuals(self.y, self.answers)


def gather_validated_rows(table: Table, split: Split, task: Task, best: Ensemble, seed: int) -> ValidatedRows:
    """Gather at most 12,000 validated rows of an ensemble."""
    rng = np.random.default_rng(seed)
    rows = np.concatenate([fold.validate for fold in split.folds])
    fold = np.repeat(np.arange(len(split.folds)), [len(fold.validate) for fold in split.folds])
    taken = np.sort(rng.permutation(len(rows))[:_MOST_ROWS])
    rows, fold, answers = rows[taken], fold[taken], best.predictions[taken]
    y = target_values(table, task.target)[rows]
    columns = tuple(c for c in table.features if c.kind.numeric or c.kind.categorical or c.kind is Kind.DATETIME)
    block = {name: _numbers(values) for name, values in to_block(table.frame.iloc[rows], columns).items()}
    halves = rng.random(len(rows)) < 0.5
    if (task.scheme is Scheme.GROUPED or split.copies is not None) and len(split.folds) > 1:
        halves = fold % 2 == 0
    loss, when, clusters = _losses(y, answers, task), _when(table, task, rows), _clusters(table, split, task, rows)
    return ValidatedRows(columns, block, y, answers, loss, halves, when, task, clusters)


def _numbers(values: NDArray[np.generic]) -> FloatArray:
    numbers = values.astype(np.float64)
    return np.where(numbers < 0, np.nan, numbers) if values.dtype == np.int32 else numbers  # a code of -1 is missing


def _losses(y: FloatArray, answers: FloatArray, task: Task) -> FloatArray:
    if task.labels:
        return np.asarray(-np.log(np.clip(answers[np.arange(len(y)), y.astype(np.int64)], _TINY, 1.0)))
    return task_type(task).misses(y, answers)


def _clusters(table: Table, split: Split, task: Task, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    if task.scheme is Scheme.GROUPED and task.group_column is not None:
        return table.frame[task.group_column].iloc[rows].factorize(use_na_sentinel=False)[0].astype(np.int64)
    if split.copies is not None:
        return np.unique(split.copies[rows], return_inverse=True)[1].astype(np.int64)
    return np.arange(len(rows), dtype=np.int64)


def _when(table: Table, task: Task, rows: NDArray[np.int64]) -> FloatArray:
    if task.scheme is not Scheme.TIME or task.time_column is None:
        return np.asarray(rows, dtype=np.float64)
    return np.asarray(np.nan_to_num(row_times(table, task.time_column)[rows], nan=-np.inf))
