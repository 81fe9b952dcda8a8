"""Divide rows into those that teach, those that examine each candidate, and those kept for the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Scheme, Task
from journeyman.stages.split.by_time import time_division
from journeyman.stages.split.copies import copies_as_groups
from journeyman.stages.split.dealing import deal_groups, deal_rows, strata_of

__all__ = ["fold_count", "folds_only", "holdout_rows", "split"]

IntArray = NDArray[np.int64]

_FEWEST_FOR_HOLDOUT = 120
_MANY_FOLDS_BELOW = 2_000


def split(table: Table, task: Task, seed: int) -> Split:
    """Divide the rows of a repaired table as its task says.

    Shuffled rows are dealt so that every part has its share of each class, or of each tenth of the values. Groups
    stay whole. By time, the holdout is the last rows, and each fold is examined on rows later than those it learned
    from. Rows that are copies of one another stay on one side where there are many.

    Parameters
    ----------
    table : Table
        Repaired: the target is known in every row.
    task : Task
        With its scheme, and its time or group column.
    seed : int
        Decides which rows go where.

    Returns
    -------
    Split
        With an empty holdout below 120 rows (below 10 groups, too).

    Notes
    -----
    A scheme that cannot be followed (all rows of one time, a single group, one class only among the rows that would
    teach) falls back to the next simpler one; the reason says so.
    """
    y = target_values(table, task.target)
    strata = strata_of(y, task.kind.classification)
    if task.scheme is Scheme.TIME:
        by_time = time_division(table, task, y, holdout_rows(len(y)), fold_count(len(y)))
        if by_time is not None:
            return by_time
        said = "time cannot divide these rows, so they are dealt at random"
        return _dealt(table, task, strata, seed, said, holdout_rows(len(y)))
    return _dealt(table, task, strata, seed, "", holdout_rows(len(y)))


def folds_only(table: Table, task: Task, seed: int) -> Split:
    """Divide all rows into shuffled folds, for callers who keep rows for the end themselves."""
    strata = strata_of(target_values(table, task.target), task.kind.classification)
    return _dealt(table, task, strata, seed, "", 0)


def holdout_rows(n_rows: int) -> int:
    """Return how many rows to keep for the end.

    Examples
    --------
    >>> [holdout_rows(n) for n in (100, 1_000, 4_999, 6_000, 50_000, 1_000_000)]
    [0, 200, 1000, 1000, 5000, 50000]
    """
    if n_rows < _FEWEST_FOR_HOLDOUT:
        return 0
    if n_rows < 5_000:
        return round(0.2 * n_rows)
    return min(max(1_000, n_rows // 10), 50_000)


def fold_count(n_rows: int) -> int:
    """Return the number of folds: 8 where rows are few and fits cheap, 2 where rows are many.

    Even numbers, since folds run side by side, one a core.

    Examples
    --------
    >>> [fold_count(n) for n in (6, 100, 1_999, 2_000, 200_000, 200_001)]
    [3, 8, 8, 4, 4, 2]
    """
    if n_rows < _MANY_FOLDS_BELOW:
        return max(2, min(8, n_rows // 2))
    return 4 if n_rows <= 200_000 else 2


def _dealt(table: Table, task: Task, strata: IntArray, seed: int, said: str, holdout: int) -> Split:
    n_rows = len(strata)
    rng = np.random.default_rng(seed)
    groups, why = _groups(table, task)
    reasons = [part for part in (said, why) if part]
    folds = fold_count(n_rows)
    if groups is not None:
        kinds = int(groups.max()) + 1
        if kinds < 10:
            holdout = 0
        folds = min(folds, kinds)
    if holdout:
        share = np.array([holdout / n_rows, 1.0 - holdout / n_rows])
        side = deal_rows(strata, share, rng) if groups is None else deal_groups(groups, strata, share, rng)
        kept = side == 0
    else:
        kept = np.zeros(n_rows, dtype=bool)
    train = np.flatnonzero(~kept)
    even = np.full(folds, 1.0 / folds)
    if groups is None:
        part = deal_rows(strata[train], even, rng)
    else:
        inner = np.unique(groups[train], return_inverse=True)[1].astype(np.int64)
        even = even if int(inner.max()) + 1 >= folds else np.full(max(2, int(inner.max()) + 1), 1.0)
        part = deal_groups(inner, strata[train], even / even.sum(), rng)
    numbers = [k for k in range(len(even)) if (part == k).any()]
    divided = tuple(Fold(train[part != k], train[part == k]) for k in numbers)
    grouped = groups is not None and task.scheme is Scheme.GROUPED
    balance = "class" if task.kind.classification else "deciles of the target"
    reasons.append(
        f"{int(kept.sum())} of {n_rows} rows are kept for the end, {len(divided)} folds, stratified by {balance}"
    )
    scheme = Scheme.GROUPED if grouped else Scheme.SHUFFLED
    copies = None if task.scheme is Scheme.GROUPED else groups
    return Split(scheme, train, np.flatnonzero(kept), divided, "; ".join(reasons), copies)


def _groups(table: Table, task: Task) -> tuple[IntArray | None, str]:
    """Return the group of each row, or None where every row stands for itself."""
    if task.scheme is Scheme.GROUPED and task.group_column is not None:
        codes, _ = table.frame[task.group_column].factorize(use_na_sentinel=True)
        codes = codes.astype(np.int64)
        lone = codes < 0  # a row without a group belongs to no other
        codes[lone] = codes.max(initial=-1) + 1 + np.arange(int(lone.sum()))
        if codes.max() >= 1:
            return codes, f"rows of one '{task.group_column}' stay on one side"
        return None, f"'{task.group_column}' has one value only and cannot divide rows"
    copies = copies_as_groups(table, task) if task.copies_together else None
    if copies is None:
        return None, ""
    return copies, "rows that are copies of one another stay on one side"
