"""Prepared features, as models are shown them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import History

__all__ = ["Matrix"]


@dataclass(frozen=True)
class Matrix:
    """Prepared features.

    Attributes
    ----------
    values : ndarray of float64, shape (n_samples, n_features)
        Missing values are NaN where the preparation keeps them.
    names : tuple of str
        One a feature.
    categorical : tuple of int
        Positions of features that hold category codes (whole numbers from 0; NaN where missing or unseen).
    history : History or None
        What series have come to until now, where features say which step of which series a row is.
    sparse : SciPy CSR array of float32, shape (n_samples, n_sparse_features), or None
        Many further features, nearly all of them nought in a row, such as weights of n-grams. Algorithms that do not
        name a preparation that makes them never meet them.
    blocks : tuple of (str, int)
        What the sparse features are, block by block, and how many each block has.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    categorical: tuple[int, ...] = ()
    history: History | None = None
    sparse: Any = None  # SciPy is loaded by what makes such features, not by every model that predicts
    blocks: tuple[tuple[str, int], ...] = ()

    def take(self, rows: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Matrix:
        """Return those rows.

        Examples
        --------
        >>> Matrix(np.array([[1.0], [2.0]]), ("a",)).take(np.array([False, True])).values.tolist()
        [[2.0]]
        """
        sparse = None if self.sparse is None else self.sparse[rows]
        kept = np.ascontiguousarray(self.values[rows])
        return Matrix(kept, self.names, self.categorical, self.history, sparse, self.blocks)
