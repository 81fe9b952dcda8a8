"""Explain: how the model's answer moves with each of its most important columns, on rows it learned from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.evaluation import Dependence, Evaluation, Explanation
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.tasks import task_type

__all__ = ["EXPLAINING_SECONDS", "MOST_DRAWN", "drawn_answers", "explain"]

FloatArray = NDArray[np.float64]
_COLUMNS, _ROWS, _GRID = 6, 300, 20
_FEWEST_ROWS = 30
MOST_DRAWN = _COLUMNS * _ROWS * _GRID
EXPLAINING_SECONDS = 2.0
"""Dependence asks for so many answers, fewer where they would take longer."""


def explain(
    predict: Callable[[Block], FloatArray],
    table: Table,
    task: Task,
    split: Split,
    evaluation: Evaluation,
    answers: int,
    seed: int,
) -> Explanation:
    """Return the partial dependence of the answer on at most 6 columns (Friedman 2001).

    For each of at most 20 values of a column, all of at most 300 training rows are given that value and the mean
    answer is taken. Texts and identifiers have no values to go along, and are left out.

    Parameters
    ----------
    predict : callable
        Block of feature columns to probabilities or values.
    table, task, split
        What is predicted from which rows; holdout rows are not touched.
    evaluation : Evaluation
        Its importances choose the columns; without them, the table's first columns are taken.
    answers : int
        That may be asked for: slow models are given fewer rows.
    seed : int
        Which training rows.
    """
    if not task_type(task).traits.explained:
        return Explanation(())
    rows = split.train
    most = _most_rows(answers)
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
    block = to_block(table.frame.iloc[rows], table.features)
    output, label = _output(table, task, split)
    drawable = {c.name: c for c in table.features if not _is_text(c)}
    ranked = [i.column for i in evaluation.importances if i.column in drawable and i.mean > 0] or list(drawable)
    drawn = [_dependence(predict, block, drawable[name], output, label) for name in ranked[:_COLUMNS]]
    return Explanation(tuple(d for d in drawn if d is not None))


def drawn_answers(rows: int, answers: int) -> int:
    """Return how many answers ``explain`` asks for at most where it is allowed so many; some it needs in any case.

    Examples
    --------
    >>> drawn_answers(5_000, 100_000), drawn_answers(5_000, 0)
    (36000, 3600)
    """
    return _COLUMNS * _GRID * min(rows, _most_rows(answers))


def _most_rows(answers: int) -> int:
    return min(_ROWS, max(_FEWEST_ROWS, answers // (_COLUMNS * _GRID)))


def _is_text(column: Column) -> bool:
    return column.kind in (Kind.TEXT, Kind.IDENTIFIER, Kind.CONSTANT, Kind.IMAGE)


def _output(table: Table, task: Task, split: Split) -> tuple[int, str]:
    """Return which answer is drawn: the value, the positive class, or the most frequent of several classes."""
    if not task.labels:
        return 0, task.target
    if len(task.labels) == 2:
        return 1, task.labels[1]
    codes = target_values(table, task.target)[split.train].astype(np.int64)
    most = int(np.bincount(codes, minlength=len(task.labels)).argmax())
    return most, task.labels[most]


def _dependence(
    predict: Callable[[Block], FloatArray], block: Block, column: Column, output: int, label: str
) -> Dependence | None:
    values = block[column.name]
    grid = _grid(values, column)
    if len(grid) < 2:
        return None
    n = len(values)
    every = {name: np.tile(v, len(grid)) for name, v in block.items()}
    every[column.name] = np.repeat(grid, n).astype(values.dtype)
    mean = predict(every)[:, output].reshape(len(grid), n).mean(axis=1)
    return Dependence(column.name, _labels(grid, column), tuple(grid.tolist()), tuple(mean.tolist()), label)


def _grid(values: NDArray[np.generic], column: Column) -> FloatArray:
    """Return the most frequent categories in code order, or distinct quantiles from 1 % to 99 %."""
    numbers = values.astype(np.float64)
    if column.kind.categorical:
        codes, counts = np.unique(numbers[numbers >= 0], return_counts=True)
        return np.sort(codes[np.lexsort((codes, -counts))[:_GRID]])
    known = numbers[~np.isnan(numbers)]
    distinct = np.unique(known)
    if len(distinct) <= _GRID:
        return distinct
    return np.unique(np.quantile(known, np.linspace(0.01, 0.99, _GRID)))


def _labels(grid: FloatArray, column: Column) -> tuple[str, ...]:
    if column.kind.categorical or (column.kind is Kind.BOOLEAN and len(column.categories) == 2):
        return tuple(column.categories[int(code)] for code in grid)
    return ()
