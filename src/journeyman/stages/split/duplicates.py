"""Rows that are copies of one another, as groups that must not be parted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.quality_rules.fingerprints import row_fingerprints
from journeyman.quality_rules.near_images import near_images

__all__ = ["duplicates_as_groups"]

_FEWEST = 0.01
_AGREEING = 0.95
_LARGEST = 0.1
_FEWEST_RECORDS = 50
_FEWEST_RECORDS_OF_NUMBERS = 20  # that two rows agree in all columns and in a number of many values is no chance


def duplicates_as_groups(table: Table, task: Task) -> NDArray[np.int64] | None:
    """Return groups of rows with equal features, or None where there are few or they only look alike.

    In a table of few values many rows are alike by chance, and their targets differ; copies of a record agree in the
    target too. Only the latter flatter a score when they stand on both sides. Of images, near copies are groups.
    """
    features = table.features
    n_rows = len(table.frame)
    images = near_images(table)
    if images is None and (len(features) < 2 or n_rows < 20):
        return None
    if images is None:
        groups = np.unique(row_fingerprints(table, features), return_inverse=True)[1].astype(np.int64)
    else:  # that two images agree is no chance, however few do
        groups = images
    counts = np.bincount(groups)
    copied = counts[groups] > 1
    y = target_values(table, task.target)
    telling = not task.labels and len(np.unique(y)) >= _FEWEST_RECORDS_OF_NUMBERS
    fewest = _FEWEST_RECORDS_OF_NUMBERS if telling else _FEWEST_RECORDS
    least = _FEWEST * n_rows if images is None else 1
    if n_rows - len(counts) < least or counts.max() > _LARGEST * n_rows or len(counts) < fewest:
        return None
    y = y[copied]
    pairs, sizes = np.unique(np.column_stack([groups[copied], y]), axis=0, return_counts=True)
    most = np.zeros(len(counts))
    np.maximum.at(most, pairs[:, 0].astype(np.int64), sizes)
    return groups if most.sum() >= _AGREEING * copied.sum() else None
