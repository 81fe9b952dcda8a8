"""Labelled rows: what a retraining and its back-tests learn from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block

__all__ = ["Labelled"]


@dataclass(frozen=True)
class Labelled:
    """Rows with their truths, in the order in which the truths came; rows of a broken feed are not among them.

    Attributes
    ----------
    rows : Block
        The model's columns.
    truths : ndarray of shape (n_samples,)
        Class codes or values.
    asked : ndarray of shape (n_samples,)
        When each row was asked about, in milliseconds since 1970; 0 for rows of the first build.
    labelled : ndarray of shape (n_samples,)
        When its truth came, never falling; 0 for rows of the first build.
    """

    rows: Block
    truths: NDArray[np.float64]
    asked: NDArray[np.int64]
    labelled: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.truths)

    def take(self, index: NDArray[np.int64]) -> Labelled:
        """Return some of the rows, in that order."""
        rows = {name: values[index] for name, values in self.rows.items()}
        return Labelled(rows, self.truths[index], self.asked[index], self.labelled[index])
