"""How far quantiles have to be drawn apart so that intervals held what they promise in past windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.spread import QuantileSpread

__all__ = ["calibrated_spread"]

FloatArray = NDArray[np.float64]
_FEWEST = 10  # values below which nothing is learned
_TRUSTED, _TRUSTED_NARROWER = 30.0, 200.0
"""Values that weigh as much as the models' own spread, to widen it and to narrow it: the same windows have chosen the
models, whose errors there flatter."""
_LEAST, _MOST = 0.5, 4.0
_NEAR = 1e-9  # of a quantile's distance from the median, as a share of its scale: it says nothing of a spread


def calibrated_spread(
    y: FloatArray, predictions: FloatArray, levels: Sequence[float], floor: float | None
) -> QuantileSpread | None:
    """Return one factor a pair of levels; None where there is too little to learn from.

    A value's score is its distance from the median over that of the quantile on its side; the interval between two
    levels holds a share of values if its factor is that quantile of the scores (Romano, Patterson and Candès 2019, with
    a factor instead of a margin, so that wide intervals grow by more than narrow ones). Series and steps are pooled,
    since each is measured by its own quantile; factors are drawn towards 1 where values are few.

    Parameters
    ----------
    y : ndarray of shape (n_validated,)
        Values of past windows.
    predictions : ndarray of shape (n_validated, n_outputs)
        Quantiles, the median first, of models that did not know them; further outputs are not looked at.
    levels : sequence of float
        Of the quantiles.
    floor : float or None
        That no quantile lies below.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y, told = rng.normal(size=2_000), np.tile([0.0, -0.64, 0.64], (2_000, 1))  # half as wide as it should be
    >>> [round(f, 1) for f in calibrated_spread(y, told, (0.5, 0.1, 0.9), None).factors]
    [1.0, 2.0, 2.0]
    """
    count = len(y)
    if count < _FEWEST:
        return None
    factors = dict.fromkeys(levels, 1.0)
    median = predictions[:, 0]
    for low in sorted((level for level in levels if level < levels[0]), reverse=True):
        high = next((level for level in levels if abs(level - (1.0 - low)) < 1e-9), None)
        if high is None:
            continue
        below = median - predictions[:, list(levels).index(low)]
        above = predictions[:, list(levels).index(high)] - median
        apart = np.abs(y - median)
        width = np.where(y < median, below, above)
        size = np.maximum(np.abs(median), 1.0)
        told = width > _NEAR * size
        scores = np.where(told, apart / np.where(told, width, 1.0), np.where(apart > _NEAR * size, np.inf, 0.0))
        share = min(1.0, (high - low) * (1.0 + 1.0 / count))
        found = float(np.quantile(scores, share, method="higher"))
        found = _MOST if not np.isfinite(found) else min(max(found, _LEAST), _MOST)
        trust = count / (count + (_TRUSTED if found > 1.0 else _TRUSTED_NARROWER))
        factors[low] = factors[high] = float(np.exp(trust * np.log(found)))
    return QuantileSpread(tuple(levels), tuple(factors[level] for level in levels), floor)
