"""Several series in one table: which columns tell them apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table
from journeyman.entities.task import Task

__all__ = ["series_codes", "series_columns"]

IntArray = NDArray[np.int64]
_SHARED = 0.05  # of the rows share their moment with another row: fewer are no panel
_TWICE = 0.01  # of the rows may stand twice: a panel with a few slips is still one
_LEAST_ROWS = 3  # of a series, in the mean
_FILLED, _FILLED_NUMBER = 0.2, 0.5  # of its moments a series is there: what comes and goes at random is a feature
_MOST_COLUMNS = 5
_MOST_ROWS = 50_000


def series_columns(table: Table, task: Task, step: IntArray) -> tuple[str, ...]:
    """Return the smallest set of columns that tells rows of one moment apart; empty where there is a single series.

    Parameters
    ----------
    table : Table
        Of any size: at most 50,000 rows of whole moments are looked at.
    task : Task
        Its target and its time are not among them.
    step : ndarray of int64, shape (n_samples,)
        The moment of each row.

    Notes
    -----
    Of sets of one size the one with the fewest series is taken. Up to two columns all sets are tried; beyond that, the
    column that parts most rows is added until none stands twice.
    """
    taken = _some_moments(step)
    moment = np.unique(step[taken], return_inverse=True)[1].astype(np.int64)
    if len(np.bincount(moment)) < 2 or (np.bincount(moment)[moment] > 1).mean() < _SHARED:
        return ()
    codes = {c.name: codes for c in table.columns if _may_name(c, task) for codes in [_codes(table, c, taken)]}
    codes = {name: found for name, found in codes.items() if 2 <= int(found.max()) + 1 <= len(taken) / _LEAST_ROWS}
    target = table.frame[task.target].iloc[taken].factorize(use_na_sentinel=False)[0].astype(np.int64)
    first = np.unique(_combination_codes([moment, target, *codes.values()]), return_index=True)[
        1
    ]  # copies tell nothing
    codes, moment = {name: found[first] for name, found in codes.items()}, moment[first]
    for size in (1, 2):
        sets = [s for s in combinations(sorted(codes), size) if _tells(table, s, codes, moment)]
        if sets:
            return min(sets, key=lambda names: (len(np.unique(_combination_codes([codes[n] for n in names]))), names))
    chosen: tuple[str, ...] = ()
    while len(chosen) < min(_MOST_COLUMNS, len(codes)):
        left = [name for name in sorted(codes) if name not in chosen]
        chosen = (*chosen, max(left, key=lambda name: _count_unique_rows((*chosen, name), codes, moment)))
        if _tells(table, chosen, codes, moment):
            for name in chosen:
                fewer = tuple(n for n in chosen if n != name)
                chosen = fewer if _tells(table, fewer, codes, moment) else chosen
            return tuple(sorted(chosen))
    return ()


def series_codes(table: Table, columns: tuple[str, ...]) -> IntArray:
    """Return the series of each row, from 0; all of them 0 where no columns tell series apart."""
    if not columns:
        return np.zeros(len(table.frame), dtype=np.int64)
    every = np.arange(len(table.frame), dtype=np.int64)
    return _combination_codes([_codes(table, table.column(name), every) for name in columns])


def _may_name(column: Column, task: Task) -> bool:
    if column.name in (task.target, task.time_column) or column.role is Role.TARGET:
        return False
    return column.kind not in (Kind.DATETIME, Kind.CONSTANT)


def _some_moments(step: IntArray) -> IntArray:
    """Return the rows of some moments in a row, the latest ones, so that each of them is whole."""
    if len(step) <= _MOST_ROWS:
        return np.arange(len(step), dtype=np.int64)
    edge = np.partition(step, len(step) - _MOST_ROWS)[len(step) - _MOST_ROWS]
    rows = np.flatnonzero(step > edge)
    return rows if len(rows) > _MOST_ROWS // 2 else np.flatnonzero(step >= edge)


def _codes(table: Table, column: Column, rows: IntArray) -> IntArray:
    return table.frame[column.name].iloc[rows].factorize(use_na_sentinel=False)[0].astype(np.int64)


def _combination_codes(codes: list[IntArray]) -> IntArray:
    """Return one code for each combination that occurs."""
    joined = codes[0]
    for more in codes[1:]:
        joined = np.unique(joined * (int(more.max()) + 1) + more, return_inverse=True)[1].astype(np.int64)
    return np.unique(joined, return_inverse=True)[1].astype(np.int64)


def _count_unique_rows(names: tuple[str, ...], codes: dict[str, IntArray], moment: IntArray) -> int:
    """Return how many rows differ from all others in moment and series."""
    return len(np.unique(_combination_codes([moment, *(codes[name] for name in names)])))


def _tells(table: Table, names: tuple[str, ...], codes: dict[str, IntArray], moment: IntArray) -> bool:
    rows = len(moment)
    if not names or _count_unique_rows(names, codes, moment) < (1 - _TWICE) * rows:
        return False
    series = _combination_codes([codes[name] for name in names])
    counts = np.bincount(series)
    if rows < _LEAST_ROWS * len(counts):
        return False
    first, last = np.full(len(counts), rows), np.zeros(len(counts), dtype=np.int64)
    np.minimum.at(first, series, moment)
    np.maximum.at(last, series, moment)
    filled = float((counts / np.maximum(last - first + 1, _LEAST_ROWS)) @ counts / rows)
    numbers = any(table.column(name).kind is Kind.NUMBER for name in names)
    return filled >= (_FILLED_NUMBER if numbers else _FILLED)
