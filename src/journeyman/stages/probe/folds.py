"""Folds of a probe: dealt anew where rows are few, with copies on one side, or those of the split where time orders."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, row_times
from journeyman.entities.task import Scheme, Task
from journeyman.stages.probe.quick_models import Rows

__all__ = ["LEAST_ROWS", "copies_of_pairs", "deal_folds", "folds_by_time", "sample_rows"]

IntArray = NDArray[np.int64]
LEAST_ROWS = 24
_FOLDS = 4
_LEAST_COPIED, _LEAST_VALUES = 0.05, 10


def sample_rows(table: Table, task: Task, split: Split, most: int, seed: int) -> IntArray:
    """Return positions of training rows: in order of time and spread over it where it divides them, drawn otherwise."""
    if split.scheme is Scheme.TIME:
        train = np.unique(np.concatenate([np.concatenate([f.fit, f.validate]) for f in split.folds]))
        if task.time_column is not None:
            train = train[np.argsort(row_times(table, task.time_column)[train], kind="stable")]
        spread = np.linspace(0, len(train) - 1, min(most, len(train))).astype(np.int64)
        return np.asarray(train[spread])
    if len(split.train) <= most:
        return np.asarray(split.train)
    return np.sort(np.random.default_rng(seed).choice(split.train, most, replace=False))


def folds_by_time(split: Split, chosen: IntArray) -> tuple[Fold, ...]:
    """Return the last four folds of a split by time, as places among the chosen rows."""
    places = {int(row): place for place, row in enumerate(chosen)}

    def placed(rows: IntArray) -> IntArray:
        return np.sort(np.array([places[r] for r in rows.tolist() if r in places], dtype=np.int64))

    return _usable([Fold(placed(f.fit), placed(f.validate)) for f in split.folds[-_FOLDS:]])


def deal_folds(rows: Rows, seed: int) -> tuple[Fold, ...]:
    """Return four folds with equal shares of classes, or of the order of the values; clusters stay whole.

    Examples
    --------
    >>> rows = Rows({}, (), np.arange(48.0) % 2, 2, np.arange(48))
    >>> [(len(fold.fit), int(rows.y[fold.validate].sum())) for fold in deal_folds(rows, 0)]
    [(36, 6), (36, 6), (36, 6), (36, 6)]
    """
    first, cluster = np.unique(rows.clusters, return_index=True, return_inverse=True)[1:]
    order = np.lexsort((np.random.default_rng(seed).random(len(first)), rows.y[first]))
    part = np.empty(len(first), np.int64)
    # Neighbours in the order go to different folds, the first of each four to a fold by chance.
    begins = np.random.default_rng([seed, 1]).integers(0, _FOLDS, len(first) // _FOLDS + 1)
    ranks = np.arange(len(first))
    part[order] = (ranks + begins[ranks // _FOLDS]) % _FOLDS
    side = part[cluster]
    return _usable([Fold(np.flatnonzero(side != k), np.flatnonzero(side == k)) for k in range(_FOLDS)])


def _usable(folds: list[Fold]) -> tuple[Fold, ...]:
    return tuple(f for f in folds if len(f.fit) >= LEAST_ROWS // 2 and len(f.validate) >= 2)


def copies_of_pairs(rows: Rows) -> IntArray:
    """Return the clusters, with rows of one number and one feature that agree in both as copies, where many do.

    A build leaves copies of records with a single feature where they are: that two agree may be chance.
    """
    if len(rows.columns) != 1 or rows.classes:
        return rows.clusters
    values = rows.block[rows.columns[0].name]
    codes = np.unique(values.astype(str), return_inverse=True)[1]
    pairs = np.unique(np.column_stack([codes, np.unique(rows.y, return_inverse=True)[1]]), axis=0, return_inverse=True)[
        1
    ]
    several = len(np.unique(rows.y)) >= _LEAST_VALUES and codes.max(initial=0) >= _LEAST_VALUES
    copied = 1.0 - (int(pairs.max(initial=0)) + 1) / max(len(pairs), 1)
    return np.asarray(pairs, np.int64) if several and copied >= _LEAST_COPIED else rows.clusters
