"""How much weight lies before a place and below a rank, for many rows and many weightings at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dominance"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class Dominance:
    """Sums of weights over rows that stand before a place and rank below a bound.

    Places are cut into pieces whose lengths are powers of two, each sorted by rank once, so that a query is a few
    look-ups in cumulative sums: n log n for all rows, where pairs would be n squared.

    Parameters
    ----------
    ranks : ndarray of int64, shape (n_samples,)
        From 0, by place.
    before, below : ndarray of int64, shape (n_queries,)
        The places and ranks that the rows of each query stay before and below.

    Examples
    --------
    >>> held = Dominance(np.array([2, 0, 1]), np.array([2, 3]), np.array([2, 2]))
    >>> held.sums(np.array([[1.0, 1.0, 1.0], [0.0, 5.0, 0.5]]))
    array([[1. , 2. ],
           [5. , 5.5]])
    """

    def __init__(self, ranks: IntArray, before: IntArray, below: IntArray) -> None:
        self._queries = len(before)
        self._levels: list[tuple[IntArray, IntArray, IntArray, IntArray]] = []
        count, most = len(ranks), int(ranks.max(initial=0)) + 2
        place = np.arange(count, dtype=np.int64)
        for level in range(count.bit_length()):
            asked = np.flatnonzero((before >> level) & 1)
            if not len(asked):
                continue
            keys = (place >> level) * most + ranks
            order = np.argsort(keys, kind="stable")
            piece = (before[asked] >> level) - 1
            reached = np.searchsorted(keys[order], piece * most + np.minimum(below[asked], most - 1))
            self._levels.append((order, asked, (piece << level).astype(np.int64), reached.astype(np.int64)))

    def sums(self, weights: FloatArray) -> FloatArray:
        """Return the sum of each query, shape (n_weightings, n_queries), of weights (n_weightings, n_samples)."""
        total = np.zeros((len(weights), self._queries))
        for order, asked, begin, reached in self._levels:
            sums = np.cumsum(np.pad(weights[:, order], ((0, 0), (1, 0))), axis=1)
            total[:, asked] += sums[:, reached] - sums[:, begin]
        return total
