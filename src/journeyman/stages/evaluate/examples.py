"""Example rows: a few predictions of the examined rows that were best, typical and worst."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.anomaly import PLANTED
from journeyman.entities.evaluation import ExampleRow

__all__ = ["example_rows", "strangest_rows"]

FloatArray = NDArray[np.float64]
_EACH, _STRANGEST = 2, 10


def example_rows(
    rows: NDArray[np.int64], y: FloatArray, predictions: FloatArray, errors: FloatArray
) -> tuple[ExampleRow, ...]:
    """Return two rows each with the smallest, the median and the largest error; fewer where rows are few.

    Parameters
    ----------
    rows : ndarray of shape (n_samples,)
        Positions in the table.
    y, predictions : ndarray of shape (n_samples,) and (n_samples, n_outputs)
        Class codes or values, and what was predicted.
    errors : ndarray of shape (n_samples,)
        How far each is off.
    """
    order = np.argsort(errors, kind="stable")
    if len(order) < 3 * _EACH:
        return ()
    middle = (len(order) - _EACH) // 2
    places = {"best": order[:_EACH], "typical": order[middle : middle + _EACH], "worst": order[::-1][:_EACH]}
    return tuple(
        ExampleRow(kind, int(rows[i]), float(y[i]), tuple(float(p) for p in predictions[i]))
        for kind, chosen in places.items()
        for i in chosen
    )


def strangest_rows(rows: NDArray[np.int64], y: FloatArray, predictions: FloatArray) -> tuple[ExampleRow, ...]:
    """Return the ten rows of the table whose first output is highest; parameters as for ``example_rows``."""
    real = np.flatnonzero(y != PLANTED)
    order = real[np.argsort(-predictions[real, 0], kind="stable")][:_STRANGEST]
    return tuple(ExampleRow("strangest", int(rows[i]), 0.0, tuple(predictions[i].tolist())) for i in order)
