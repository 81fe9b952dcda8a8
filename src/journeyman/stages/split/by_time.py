"""Divide rows by time: the last ones are kept for the end, and folds examine later rows than they learn from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, row_times
from journeyman.entities.task import Scheme, Task

__all__ = ["time_division"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_FEWEST_FOLDS = 3


def time_division(table: Table, task: Task, y: FloatArray, holdout: int, folds: int) -> Split | None:
    """Return a division by time, or None where time cannot divide the rows.

    Windows expand: with k folds the training rows are cut into k + 2 stretches, the first two teach the first fold,
    and each fold examines the stretch after those it learned from. Rows of one moment stay together where that moves
    a boundary by less than half a stretch. Rows without a time count as the oldest. Labels that are known only a while
    after their row teach nothing that happens in that while: before each fold, and before the holdout, such rows are
    left out (purging, Lopez de Prado 2018, "Advances in Financial Machine Learning", chapter 7).
    """
    when = _times(table, task)
    order = np.argsort(when, kind="stable")
    times = when[order]
    n_rows = len(times)
    folds = max(_FEWEST_FOLDS, min(folds, 5))
    if times[0] == times[-1] or n_rows < 4 * (folds + 2):
        return None
    cut = _boundary(times, n_rows - holdout, max(1, holdout // 2)) if holdout else n_rows
    taught = _count_labelled(times, cut, task.label_delay) if cut < n_rows else cut
    if not _teaches(y[order[:taught]], task):
        return None
    edges = [round(k * taught / (folds + 2)) for k in range(folds + 3)]
    step = taught // (folds + 2)
    moved = [0, *(_boundary(times[:taught], edge, step // 2) for edge in edges[1:-1]), taught]
    divided = []
    for start, end in pairwise(moved[2:]):
        fit = order[: _count_labelled(times, start, task.label_delay)]
        if start < end and _teaches(y[fit], task):
            divided.append(Fold(np.sort(fit), np.sort(order[start:end])))
    if len(divided) < _FEWEST_FOLDS:
        return None
    by = f"by '{task.time_column}'" if task.time_column else "by the order of the rows"
    unknown = int((~np.isfinite(when)).sum())
    reason = (
        f"divided by time, {by}: the last {n_rows - cut} of {n_rows} rows are kept for the end, {len(divided)} folds "
        "examine later rows than they learn from"
    )
    if taught < cut:
        reason += f"; {cut - taught} rows before those teach nothing, since their labels were not known by then"
    if unknown:
        reason += f"; {unknown} rows without a time count as the oldest"
    return Split(Scheme.TIME, np.sort(order[:taught]), np.sort(order[cut:]), tuple(divided), reason)


def _times(table: Table, task: Task) -> FloatArray:
    """Return when each row happened, as numbers that rise with time; missing is before all others."""
    if task.time_column is None:
        return np.arange(len(table.frame), dtype=np.float64)
    times = row_times(table, task.time_column)
    return np.where(np.isfinite(times), times, -np.inf)


def _count_labelled(times: FloatArray, start: int, delay: float) -> int:
    """Return how many of the rows before ``start`` had their label when that row happened."""
    return int(np.searchsorted(times[:start], times[start] - delay, side="right")) if delay > 0 else start


def _boundary(times: FloatArray, wanted: int, reach: int) -> int:
    """Return the place nearest to ``wanted`` where a new moment begins, or ``wanted`` where none is within reach."""
    low, high = max(1, wanted - reach), min(len(times) - 1, wanted + reach)
    if high < low:
        return wanted
    begins = np.flatnonzero(times[low : high + 1] != times[low - 1 : high]) + low
    return int(begins[np.argmin(np.abs(begins - wanted))]) if len(begins) else wanted


def _teaches(y: FloatArray, task: Task) -> bool:
    """Say whether rows hold at least two classes (two values)."""
    return len(y) >= 2 and bool((y != y[0]).any())
