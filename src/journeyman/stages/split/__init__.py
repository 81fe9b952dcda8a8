"""Divide rows into those that teach, those that examine each candidate, and those kept for the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError
from journeyman.stages.split.by_time import time_division
from journeyman.stages.split.duplicates import duplicates_as_groups
from journeyman.stages.split.stratified_assignment import assign_groups, assign_rows
from journeyman.tasks import task_type

__all__ = ["fold_count", "folds_only", "follow_split", "holdout_rows", "split"]

IntArray = NDArray[np.int64]

_FEWEST_FOR_HOLDOUT = 120
_MANY_FOLDS_BELOW = 2_000
_FEWEST_GROUPS = 10  # of which a fifth can be kept for the end
_FEWEST_GROUPS_KEPT = 5  # with fewer in the holdout nobody can say how much its score depends on which they are


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
        With an empty holdout below 120 rows, below 10 groups, and where fewer than 5 groups would be in it. Rows that
        are copies of one another count as one.

    Raises
    ------
    SettingsError
        Where the delay of labels leaves too little to learn from.

    Notes
    -----
    A scheme that cannot be followed (all rows of one time, a single group, one class only among the rows that would
    teach) falls back to the next simpler one: ``Split.scheme`` is the one that was made, and ``follow_split`` brings
    it to all who come later.
    """
    y = target_values(table, task.target)
    strata = task_type(task).strata(y)
    if task.scheme is Scheme.TIME:
        by_time = time_division(table, task, y, holdout_rows(len(y)), fold_count(len(y)))
        if by_time is not None:
            return by_time
        if task.label_delay > 0:
            raise SettingsError(
                "with that delay too few labels are known before the rows that are kept for the end",
                hint="give a shorter --delay, or a table over a longer time",
            )
        return _dealt(table, task, strata, seed, "time cannot divide these rows, so they are dealt at random")
    return _dealt(table, task, strata, seed)


def folds_only(table: Table, task: Task, seed: int) -> Split:
    """Divide all rows into shuffled folds, for callers who keep rows for the end themselves."""
    strata = task_type(task).strata(target_values(table, task.target))
    return _dealt(table, task, strata, seed, keep=False)


def follow_split(task: Task, findings: Sequence[Finding], division: Split) -> tuple[Task, tuple[Finding, ...]]:
    """Return the task with the scheme that was really made, and the findings that say so.

    Everything after the split (evaluation, verdict, reference, report, release) reads the task: a table that could not
    be divided by time is not judged as one that was.

    Examples
    --------
    >>> asked = Task("y", "regression", "rmse", scheme=Scheme.TIME, time_column="when")
    >>> made = Split(Scheme.SHUFFLED, np.arange(9), np.arange(0), (), "time cannot divide these rows")
    >>> task, findings = follow_split(asked, (), made)
    >>> task.scheme.value, task.time_column, findings[0].code
    ('shuffled', None, 'DQ607')
    """
    if division.scheme is task.scheme:
        return task, tuple(findings)
    why = division.reason.split(";")[0]
    followed = replace(task, scheme=division.scheme, time_column=None, group_column=None, reason=why)
    column = task.time_column if task.scheme is Scheme.TIME else task.group_column
    by = f"'{column}'" if column else "their order"
    told = Finding(
        "DQ607",
        Severity.WARNING,
        (column,) if column else (),
        f"The rows were to be divided by {by}, but {why}.",
        "Name another column with --time or --group where new rows will be of a later time or of other groups.",
        {"wanted": task.scheme.value, "made": division.scheme.value},
    )
    kept = [f for f in findings if f.code != "DQ605"]
    return followed, tuple(sorted([*kept, told], key=lambda f: f.severity.rank))


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


def _dealt(table: Table, task: Task, strata: IntArray, seed: int, said: str = "", keep: bool = True) -> Split:
    n_rows = len(strata)
    rng = np.random.default_rng(seed)
    groups, scheme, why = _groups(table, task)
    grouped = scheme is Scheme.GROUPED
    reasons = [part for part in (said, *why) if part]
    kinds = n_rows if groups is None else int(groups.max()) + 1
    # Copies say nothing new: what they are copies of is counted.
    records = n_rows if grouped else kinds
    kept = np.zeros(n_rows, dtype=bool)
    if keep and kinds >= _FEWEST_GROUPS and (share := holdout_rows(records) / records) > 0:
        shares = np.array([share, 1.0 - share])
        side = assign_rows(strata, shares, rng) if groups is None else assign_groups(groups, strata, shares, rng)
        kept = side == 0
        if groups is not None and len(np.unique(groups[kept])) < _FEWEST_GROUPS_KEPT:
            kept[:] = False
    train = np.flatnonzero(~kept)
    folds = min(fold_count(records), kinds)
    even = np.full(folds, 1.0 / folds)
    if groups is None:
        part = assign_rows(strata[train], even, rng)
    else:
        inner = np.unique(groups[train], return_inverse=True)[1].astype(np.int64)
        even = even if int(inner.max()) + 1 >= folds else np.full(max(2, int(inner.max()) + 1), 1.0)
        part = assign_groups(inner, strata[train], even / even.sum(), rng)
    numbers = [k for k in range(len(even)) if (part == k).any()]
    divided = tuple(Fold(train[part != k], train[part == k]) for k in numbers)
    balance = task_type(task).traits.strata_name
    reasons.append(
        f"{int(kept.sum())} of {n_rows} rows are kept for the end, {len(divided)} folds, stratified by {balance}"
    )
    return Split(scheme, train, np.flatnonzero(kept), divided, "; ".join(reasons), None if grouped else groups)


def _groups(table: Table, task: Task) -> tuple[IntArray | None, Scheme, tuple[str, ...]]:
    """Return the group of each row (None where every row stands for itself), the scheme, and why."""
    failed: tuple[str, ...] = ()
    if task.scheme is Scheme.GROUPED and task.group_column is not None:
        codes, _ = table.frame[task.group_column].factorize(use_na_sentinel=True)
        codes = codes.astype(np.int64)
        lone = codes < 0  # a row without a group belongs to no other
        codes[lone] = codes.max(initial=-1) + 1 + np.arange(int(lone.sum()))
        if codes.max() >= 1:
            return codes, Scheme.GROUPED, (f"rows of one '{task.group_column}' stay on one side",)
        failed = (f"'{task.group_column}' has one value only and cannot divide rows",)
    copies = duplicates_as_groups(table, task) if task.copies_together else None
    if copies is None:
        return None, Scheme.SHUFFLED, failed
    return copies, Scheme.SHUFFLED, (*failed, "rows that are copies of one another stay on one side")
