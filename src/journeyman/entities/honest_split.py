"""An honest split: on which rows a prototype's model is to learn and to be judged again, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["HonestScore", "HonestSplit", "PredictedRows", "RowDivision"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RowDivision:
    """Rows of the main table that a model learns from, and rows that judge it.

    Attributes
    ----------
    training : ndarray of int64, shape (n_training,)
        Numbers of rows from 0, ascending, each once.
    test : ndarray of int64, shape (n_test,)
    """

    training: IntArray
    test: IntArray


@dataclass(frozen=True)
class HonestSplit:
    """Divisions whose scores are worth what they say.

    Attributes
    ----------
    parts : tuple of RowDivision
        One, or several where rows are few; test parts have no row in common.
    left_out : tuple of str
        Columns of the main table that are not known when predicting: each gets one value in all rows.
    clusters : ndarray of int64, shape (n_rows,)
        Of all rows of the main table: those of one number depend on each other.
    reasons : tuple of str
        Sentences, for people.
    own_test_rows : bool
        Whether the first part is judged on the rows that the prototype was judged on, or on most of them.
    in_time : bool
        Whether test rows are later than training rows.
    """

    parts: tuple[RowDivision, ...]
    left_out: tuple[str, ...]
    clusters: IntArray
    reasons: tuple[str, ...]
    own_test_rows: bool
    in_time: bool = False


@dataclass(frozen=True)
class PredictedRows:
    """Test rows of one part, with what was predicted of them.

    Attributes
    ----------
    truth : ndarray of shape (n_test,)
        Classes or values.
    predicted : ndarray of shape (n_test,)
        Of the same kind.
    clusters : ndarray of int64, shape (n_test,)
        Rows of one number depend on each other.
    probabilities : ndarray of float64, shape (n_test, n_classes), or None
    classes : ndarray of shape (n_classes,), or None
        What the columns of ``probabilities`` stand for; sorted classes where it is None.
    """

    truth: NDArray[np.generic]
    predicted: NDArray[np.generic]
    clusters: IntArray
    probabilities: FloatArray | None = None
    classes: NDArray[np.generic] | None = None


@dataclass(frozen=True)
class HonestScore:
    """What a model is worth on rows that took no part in its making.

    Attributes
    ----------
    metric : str
        As it is called here: "accuracy", "r2".
    value : float
        Mean over the parts.
    low, high : float
        Of an interval of 95%.
    n_rows, n_units : int
        Rows that judged, and how many of them count as independent.
    """

    metric: str
    value: float
    low: float
    high: float
    n_rows: int
    n_units: int
