"""How far quantiles are drawn apart so that intervals between them hold what they promise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["QuantileSpread"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class QuantileSpread:
    """The distance of each quantile from the median, times a factor; quantiles stay in order.

    Attributes
    ----------
    levels : tuple of float
        Of the first outputs, the median first; further outputs are passed on.
    factors : tuple of float
        One a level; 1 for the median.
    floor : float or None
        No quantile lies below it.
    """

    levels: tuple[float, ...]
    factors: tuple[float, ...]
    floor: float | None = None

    def adjust(self, given: FloatArray) -> FloatArray:
        """Return spread quantiles of predictions, both of shape (n_samples, n_outputs).

        Examples
        --------
        >>> spread = QuantileSpread((0.5, 0.1, 0.9), (1.0, 2.0, 1.5), 0.0)
        >>> spread.adjust(np.array([[3.0, 1.0, 5.0, 9.0]]))
        array([[3., 0., 6., 9.]])
        """
        count = len(self.levels)
        median = given[:, :1]
        apart = median + (given[:, :count] - median) * np.array(self.factors)
        if self.floor is not None:
            apart = np.maximum(apart, self.floor)
        order = np.argsort(self.levels)
        below = [k for k in order if self.levels[k] < self.levels[0]][::-1]
        above = [k for k in order if self.levels[k] > self.levels[0]]
        # away from the median, so that the median itself never moves
        apart[:, below] = np.minimum.accumulate(np.minimum(apart[:, below], apart[:, :1]), axis=1)
        apart[:, above] = np.maximum.accumulate(np.maximum(apart[:, above], apart[:, :1]), axis=1)
        return np.column_stack([apart, given[:, count:]])
