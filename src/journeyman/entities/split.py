"""A split: which rows teach, which examine each candidate, and which are kept for the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Scheme

__all__ = ["Fold", "Split"]


@dataclass(frozen=True)
class Fold:
    """One division of the training rows.

    Attributes
    ----------
    fit : ndarray of int64, shape (n_fit,)
        Rows that a candidate learns from.
    validate : ndarray of int64, shape (n_validate,)
        Rows that score it.
    """

    fit: NDArray[np.int64]
    validate: NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """All divisions of a table; numbers are row positions.

    Attributes
    ----------
    scheme : Scheme
        What the division follows.
    train : ndarray of int64, shape (n_train,)
        Rows that teach the model which is judged, ascending: those outside the holdout; by time, only those whose
        label was known when the holdout began.
    holdout : ndarray of int64, shape (n_holdout,)
        Read once, by ``evaluate`` only. Empty where rows are too few: then out-of-fold predictions stand in.
    folds : tuple of Fold
        Divisions of ``train``. Shuffled and grouped folds validate each row once; folds by time validate later rows.
    reason : str
        Why so, in words.
    copies : ndarray of int64, shape (n_samples,), or None
        Rows of one number are copies of one another and stay on one side; None where rows were not told apart so.
    """

    scheme: Scheme
    train: NDArray[np.int64]
    holdout: NDArray[np.int64]
    folds: tuple[Fold, ...]
    reason: str
    copies: NDArray[np.int64] | None = None
