"""Rows that are copies of one another, as groups that must not be parted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.quality_rules.fingerprints import row_fingerprints

__all__ = ["duplicates_as_groups"]

_FEWEST = 0.01
_AGREEING = 0.95
_LARGEST = 0.1
_FEWEST_RECORDS = 50
_FEWEST_RECORDS_OF_NUMBERS = 20  # that two rows agree in all columns and in a number of many values is no chance


def duplicates_as_groups(table: Table, task: Task) -> NDArray[np.int64] | None:
    """Return groups of rows with equal features, or None where there are few or they only look alike.

    In a table of few values many rows are alike by chance, and their targets differ; copies of a record agree in the
    target too. Only the latter flatter a score when they stand on both sides.
    """
    features = table.features
    n_rows = len(table.frame)
    if len(features) < 2 or n_rows < 20:
        return None
    marks = row_fingerprints(table, features)
    groups = np.unique(marks, return_inverse=True)[1].astype(np.int64)
    counts = np.bincount(groups)
    copied = counts[groups] > 1
    y = target_values(table, task.target)
    telling = not task.labels and len(np.unique(y)) >= _FEWEST_RECORDS_OF_NUMBERS
    fewest = _FEWEST_RECORDS_OF_NUMBERS if telling else _FEWEST_RECORDS
    if n_rows - len(counts) < _FEWEST * n_rows or counts.max() > _LARGEST * n_rows or len(counts) < fewest:
        return None
    y = y[copied]
    pairs, sizes = np.unique(np.column_stack([groups[copied], y]), axis=0, return_counts=True)
    most = np.zeros(len(counts))
    np.maximum.at(most, pairs[:, 0].astype(np.int64), sizes)
    return groups if most.sum() >= _AGREEING * copied.sum() else None
