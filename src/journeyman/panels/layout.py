"""Rows of a long table as cells of a grid: which series, which step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.panel import Calendar, History, StepUnit
from journeyman.entities.table import Block, Table, row_times
from journeyman.entities.task import Task

__all__ = ["Cells", "cells_of", "grid", "joined_keys", "nearest_steps", "series_texts", "split_key", "spoken_key"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_BETWEEN = "\x1f"  # of the parts of a key: no text that people write holds it
_EPOCH_WEEKDAY = 3
_DAY = 86_400.0


@dataclass(frozen=True)
class Cells:
    """Where rows stand.

    Attributes
    ----------
    series : ndarray of int64, shape (n_samples,)
        Number of the series, from 0.
    step : ndarray of int64, shape (n_samples,)
        Step on the calendar.
    keys : tuple of str
        What each series is called (see :func:`spoken_key`).
    """

    series: IntArray
    step: IntArray
    keys: tuple[str, ...]

    def history(self, values: FloatArray, rows: IntArray) -> History:
        """Return the values of some rows on the grid, all series of the table in their order."""
        return grid(self.series[rows], self.step[rows], values[rows], len(self.keys))


def cells_of(table: Table, task: Task) -> Cells:
    """Return where the rows of a table stand that was made ready for forecasts."""
    panel = task.panel
    assert panel is not None  # of forecasts alone
    block = {name: table.frame[name].to_numpy(object) for name in panel.series}
    joined = joined_keys(block, panel.series, len(table.frame))
    codes, names = pd.factorize(joined, sort=True)
    assert task.time_column is not None  # made up where the table has none
    step = nearest_steps(panel.calendar, row_times(table, task.time_column), 0)
    return Cells(codes.astype(np.int64), step, tuple(spoken_key(str(name)) for name in names))


def joined_keys(block: Block, columns: Sequence[str], rows: int) -> NDArray[np.object_]:
    """Return one text a row that is the same for rows of one series, shape (n_samples,).

    Examples
    --------
    >>> block = {"a": np.array(["x", None], dtype=object), "b": np.array(["1", "2"], dtype=object)}
    >>> [spoken_key(key) for key in joined_keys(block, ("a", "b"), 2)]
    ['x, 1', '(none), 2']
    """
    if not columns:
        return np.full(rows, "", dtype=object)
    parts = [["" if v is None else str(v) for v in block[name].tolist()] for name in columns]
    return np.array([_BETWEEN.join(each) for each in zip(*parts, strict=True)], dtype=object)


def spoken_key(key: str) -> str:
    """Return the name of a series as people read it."""
    return ", ".join(part or "(none)" for part in key.split(_BETWEEN)) if key else ""


def split_key(key: str, parts: int) -> tuple[str | None, ...]:
    """Return the values of the columns that a key was joined of; None where one was missing.

    Examples
    --------
    >>> split_key(joined_keys({"a": np.array(["x"]), "b": np.array([None])}, ("a", "b"), 1)[0], 2)
    ('x', None)
    """
    return tuple(part or None for part in key.split(_BETWEEN)) if parts else ()


def series_texts(values: pd.Series, column: Column) -> NDArray[np.object_]:
    """Return the values of a column that tells series apart as texts, as raw rows are read; None where missing.

    Examples
    --------
    >>> series_texts(pd.Series([1.0, np.nan]), Column("shop", Kind.INTEGER)).tolist()
    ['1', None]
    """
    if column.kind is Kind.BOOLEAN and len(column.categories) == 2:
        return np.array([None if pd.isna(v) else column.categories[int(v)] for v in values], dtype=object)
    if column.kind.numeric:
        return np.array(
            [None if pd.isna(v) else str(int(v)) if float(v).is_integer() else repr(float(v)) for v in values],
            dtype=object,
        )
    return np.array([None if pd.isna(v) else str(v) for v in values.astype(object)], dtype=object)


def grid(series: IntArray, step: IntArray, values: FloatArray, number: int, known: FloatArray | None = None) -> History:
    """Return values on the smallest grid that holds their steps.

    Parameters
    ----------
    series, step : ndarray of int64, shape (n_samples,)
        Where each stands; of two in one place the later counts.
    values : ndarray of shape (n_samples,)
        May be NaN.
    number : int
        Of series.
    known : ndarray of shape (n_samples, n_known), optional
        Columns that are known ahead.

    Examples
    --------
    >>> grid(np.array([0, 0]), np.array([4, 6]), np.array([1.0, 3.0]), 1).values
    array([[ 1., nan,  3.]])
    """
    first = int(step.min()) if len(step) else 0
    steps = int(step.max()) - first + 1 if len(step) else 0
    table = np.full((number, steps), np.nan)
    table[series, step - first] = values
    width = 0 if known is None else known.shape[1]
    ahead = np.full((number, steps, width), np.nan)
    if known is not None:
        ahead[series, step - first] = known
    return History(table, first, ahead)


def nearest_steps(calendar: Calendar, times: FloatArray, missing: int) -> IntArray:
    """Return the nearest step of each time, and ``missing`` where there is none, shape (n_samples,).

    Examples
    --------
    >>> days = Calendar(StepUnit.SECOND, 86_400.0, 0.0)
    >>> nearest_steps(days, np.array([0.0, 90_000.0, np.nan]), 9).tolist()
    [0, 1, 9]
    """
    exact = calendar.steps(times)
    known = np.isfinite(times)
    filled = np.where(known, times, calendar.origin)
    if calendar.unit is StepUnit.MONTH:
        place = (_months(filled) - _months(np.array([calendar.origin]))[0]) / calendar.size
    elif calendar.unit is StepUnit.WORKDAY:
        days = np.floor(filled / _DAY)
        weekday = np.mod(days + _EPOCH_WEEKDAY, 7)
        moved = np.where(weekday >= 5, days + 7 - weekday, days) * _DAY + np.mod(calendar.origin, _DAY)
        place = np.nan_to_num(calendar.steps(moved), nan=float(missing))
    else:
        place = (filled - calendar.origin) / calendar.size
    near = np.clip(np.round(place), -(2.0**40), 2.0**40)
    return np.where(known, np.where(np.isfinite(exact), exact, near), float(missing)).astype(np.int64)


def _months(seconds: FloatArray) -> FloatArray:
    return seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64).astype(np.float64)
