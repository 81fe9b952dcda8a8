"""Encodings of categories by the target, smoothed, and out of fold for the rows that taught them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task

__all__ = ["encode_by_target", "inner_folds", "target_outputs"]

FloatArray = NDArray[np.float64]
_SMOOTHING = 10.0  # rows' worth of belief in the overall mean (Micci-Barreca 2001)
_INNER_FOLDS = 5


def target_outputs(y: FloatArray, task: Task) -> FloatArray:
    """Return numbers to average, shape (n_samples, n_outputs): class indicators, or values standardised."""
    if not task.labels:
        spread = float(y.std()) or 1.0
        outputs = (y - float(y.mean())) / spread
        return outputs.reshape(-1, 1)
    if len(task.labels) == 2:
        return np.asarray(y == 1, dtype=np.float64).reshape(-1, 1)
    return np.asarray(y[:, None] == np.arange(len(task.labels)), dtype=np.float64)


def inner_folds(rows: int, seed: int) -> NDArray[np.int64]:
    """Return a fold number for each training row."""
    folds = np.arange(rows) % _INNER_FOLDS
    return np.random.default_rng(seed).permutation(folds)


def encode_by_target(
    codes: NDArray[np.int32], size: int, outputs: FloatArray, folds: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Return the table of smoothed means by code and the out-of-fold encodings of the training rows.

    Parameters
    ----------
    codes : ndarray of shape (n_samples,)
        Category codes; -1 is missing.
    size : int
        Number of categories.
    outputs : ndarray of shape (n_samples, n_outputs)
        What is averaged.
    folds : ndarray of shape (n_samples,)
        Fold of each row.

    Returns
    -------
    table : ndarray of shape (size + 1, n_outputs)
        The last row is for missing and unseen codes.
    encoded : ndarray of shape (n_samples, n_outputs)
        Each row encoded without the rows of its own fold.

    References
    ----------
    Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes".

    Examples
    --------
    >>> codes, outputs = np.array([0, 0, -1], dtype=np.int32), np.array([[1.0], [1.0], [0.0]])
    >>> table, encoded = encode_by_target(codes, 1, outputs, folds=np.array([0, 1, 0]))
    >>> table.shape, encoded.shape
    ((2, 1), (3, 1))
    """
    slots = np.where(codes < 0, size, codes)
    n_outputs = outputs.shape[1]

    def sums(rows: NDArray[np.bool_] | slice) -> tuple[FloatArray, FloatArray]:
        counts = np.bincount(slots[rows], minlength=size + 1).astype(np.float64)
        totals = np.column_stack(
            [np.bincount(slots[rows], weights=outputs[rows, k], minlength=size + 1) for k in range(n_outputs)]
        )
        return counts, np.asarray(totals, dtype=np.float64)

    def means(counts: FloatArray, totals: FloatArray) -> FloatArray:
        overall = totals.sum(axis=0) / max(counts.sum(), 1.0)
        return np.asarray((totals + _SMOOTHING * overall) / (counts + _SMOOTHING)[:, None], dtype=np.float64)

    counts, totals = sums(slice(None))
    table = means(counts, totals)
    encoded = np.empty_like(outputs)
    for fold in range(int(folds.max()) + 1):
        inside = folds == fold
        c, t = sums(inside)
        encoded[inside] = means(counts - c, totals - t)[slots[inside]]
    return table, encoded
