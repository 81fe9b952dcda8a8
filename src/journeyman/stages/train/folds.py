"""Rows prepared for learning: those of each fold, and those of a final fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, row_times, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.interfaces import (
    FittedPreparation,
    Matrix,
    Preparation,
)
from journeyman.transformers.derived import derived_columns, with_derived

__all__ = ["Folds", "FoldsInTurn", "PreparedFold", "PreparedRows", "fit_preparation", "prepare_folds", "take"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PreparedFold:
    """A fold's rows, prepared by what its training rows taught; ``shared`` is for :class:`FitRequest`.

    ``when`` holds the times of the training rows where they are divided by time; ``w_fit`` and ``w_valid`` the weights
    of rows where they do not count alike.
    """

    x_fit: Matrix
    y_fit: FloatArray
    x_valid: Matrix
    y_valid: FloatArray
    shared: dict[str, Any] = field(default_factory=dict)
    when: FloatArray | None = None
    w_fit: FloatArray | None = None
    w_valid: FloatArray | None = None


class Folds(Protocol):
    """Prepared folds: a list of them, or :class:`FoldsInTurn`."""

    def __len__(self) -> int:
        """Number of folds."""
        ...

    def __getitem__(self, position: int, /) -> PreparedFold:
        """Return the prepared rows of one fold."""
        ...


@dataclass(frozen=True)
class FoldsInTurn:
    """Folds of which each is prepared when it is asked for and none is kept, where memory is short."""

    number: int
    prepare: Callable[[int], PreparedFold]

    def __len__(self) -> int:
        """Return the number of folds."""
        return self.number

    def __getitem__(self, position: int) -> PreparedFold:
        """Return a fold, prepared now: none is kept."""
        return self.prepare(position)


def take(block: Block, rows: NDArray[np.int64]) -> Block:
    """Return those rows of a block."""
    return {name: values[rows] for name, values in block.items()}


def _times(table: Table, task: Task, rows: NDArray[np.int64]) -> FloatArray | None:
    """Return when rows happened, in any unit; None where they are not divided by time."""
    if task.scheme is not Scheme.TIME:
        return None
    if task.time_column is None:
        return rows.astype(np.float64)
    return np.asarray(np.nan_to_num(row_times(table, task.time_column), nan=-np.inf)[rows])


def prepare_folds(
    preparation: Preparation,
    table: Table,
    task: Task,
    split: Split,
    seed: int,
    threads: int | None,
    derived: Sequence[Folds] = (),
) -> Folds:
    """Fit a preparation inside each fold; every candidate that asks for it shares the result.

    Parameters
    ----------
    threads : int or None
        Folds prepared side by side; None prepares each when it is asked for, and keeps none.
    derived : sequence of Folds
        Features of the same folds that the preparation finds as further columns (docs/decisions/0018).
    """
    block, y = to_block(table.frame, table.features), target_values(table, task.target)

    def prepare(position: int) -> PreparedFold:
        fold = split.folds[position]
        fit, validate, columns = take(block, fold.fit), take(block, fold.validate), table.features
        for folds in derived:
            made = folds[position]
            fit, validate = with_derived(fit, made.x_fit), with_derived(validate, made.x_valid)
            columns = (*columns, *derived_columns(made.x_fit))
        y_fit = y[fold.fit]
        fitted, x_fit = preparation.fit(fit, columns, y_fit, task, seed)
        when = _times(table, task, fold.fit)
        return PreparedFold(
            x_fit,
            y_fit,
            fitted.transform(validate),
            y[fold.validate],
            when=when,
            w_fit=table.weights_of(fold.fit),
            w_valid=table.weights_of(fold.validate),
        )

    if threads is None:
        return FoldsInTurn(len(split.folds), prepare)
    with ThreadPoolExecutor(max(1, min(threads, len(split.folds)))) as pool:
        return list(pool.map(prepare, range(len(split.folds))))


@dataclass(frozen=True)
class PreparedRows:
    """Prepared rows: what was learned, the features and the target; ``shared`` is for :class:`FitRequest`."""

    fitted: FittedPreparation
    x: Matrix
    y: FloatArray
    shared: dict[str, Any] = field(default_factory=dict)
    when: FloatArray | None = None
    weights: FloatArray | None = None


def fit_preparation(
    preparation: Preparation,
    table: Table,
    task: Task,
    rows: NDArray[np.int64],
    seed: int,
    derived: Matrix | None = None,
) -> PreparedRows:
    """Fit a preparation on all given rows; ``derived`` holds further columns for these rows."""
    block, y = take(to_block(table.frame, table.features), rows), target_values(table, task.target)[rows]
    columns = table.features
    if derived is not None:
        block, columns = with_derived(block, derived), (*columns, *derived_columns(derived))
    fitted, x = preparation.fit(block, columns, y, task, seed)
    return PreparedRows(fitted, x, y, when=_times(table, task, rows), weights=table.weights_of(rows))
