"""What a kind of task offers besides whose rows are steps of series over time."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.conformal import Conformal
from journeyman.entities.repaired import Repaired
from journeyman.entities.split import Split
from journeyman.entities.spread import QuantileSpread
from journeyman.entities.table import Table
from journeyman.entities.task import Task

__all__ = ["ArrangesSeries"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@runtime_checkable
class ArrangesSeries(Protocol):
    """A kind of task whose rows are steps of series: it says how they are laid out, divided and repeated."""

    def arrange(self, table: Table, task: Task) -> Repaired:
        """Return the table with its columns' parts set and rows that cannot be placed left out, and what that was."""
        ...

    def describe_series(self, table: Table, task: Task) -> str:
        """Say in one sentence what was found in an arranged table."""
        ...

    def divide(self, table: Table, task: Task) -> Split:
        """Return windows of time, each examined by what was known before it.

        Raises
        ------
        InputError
            Where the series are too short.
        """
        ...

    def repeat_past(self, table: Table, task: Task, known: IntArray, asked: IntArray) -> FloatArray:
        """Return what repeating the past of the same series says of some rows, shape (n_samples, n_outputs).

        Parameters
        ----------
        known, asked : ndarray of int64
            Positions of rows that have happened, and of those to answer.
        """
        ...

    def spread(self, y: FloatArray, predictions: FloatArray, task: Task) -> QuantileSpread | None:
        """Return how the quantiles of an ensemble are to be spread so that intervals hold; None to leave them."""
        ...

    def bound(self, task: Task) -> Conformal:
        """Return the interval that predictions bring along."""
        ...
