"""What is known of a mean after some rows: a distribution whose interval bears rare disasters and heavy tails."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.case_rows import RowSampling
from journeyman.entities.decided_case import ValueEstimate

__all__ = ["LEVEL", "estimate_mean", "mean_draws"]

FloatArray = NDArray[np.float64]
LEVEL = 0.9
"""Of intervals: its low end is above nought exactly where the probability of that is .95."""

_ALONE = RowSampling()
_DRAWS = 2_000
_AT_ONCE = 4_000_000  # gamma variates that are drawn at a time
_MOST_WEIGHTS = 6_000
_ENDS = 1_500  # greatest and least values that keep a weight of their own where values are pooled


def mean_draws(
    values: FloatArray,
    ends: Sequence[float] = (),
    *,
    clusters: NDArray[np.int64] | None = None,
    dependence: float = 1.0,
    seed: int = 0,
    draws: int = _DRAWS,
) -> FloatArray:
    """Return draws from the distribution of a mean, shape (draws,).

    Rows get random weights (the Bayesian bootstrap), and so does half an observation at each end of what a row could
    have been worth. Of two values this is Jeffreys' interval of a share: an outcome that has not come in so many rows
    is not taken to be impossible. Where amounts have a long tail, the half at the greatest loss stands for the rows
    that were not drawn.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        One a row.
    ends : sequence of float
        Least and greatest value that a row could have had.
    clusters : ndarray of shape (n_samples,), optional
        Rows of one number get one weight.
    dependence : float
        So many neighbouring rows tell as much as one.
    seed : int
        Of the weights.

    References
    ----------
    Rubin 1981, "The Bayesian bootstrap", Annals of Statistics 9. Brown, Cai and DasGupta 2001, "Interval estimation for
    a binomial proportion", Statistical Science 16 (Jeffreys' interval). Learned-Miller and Thomas 2019, "A new
    confidence interval for the mean of a bounded random variable", arXiv 1905.06208 (a whole observation at one end is
    Gaffke's bound, which holds for sure and is wider).

    Examples
    --------
    >>> never = mean_draws(np.zeros(500), (0.0, 1.0))
    >>> bool(np.quantile(never, 0.95) > 0.002)
    True
    """
    values = np.asarray(values, dtype=np.float64)
    sizes = np.ones(len(values))
    if clusters is not None:
        codes = np.unique(clusters, return_inverse=True)[1]
        sizes = np.bincount(codes).astype(np.float64)
        values = np.bincount(codes, values) / sizes
    counts, values, sizes = _pooled(values, sizes)
    typical = float(counts @ sizes / counts.sum()) if len(values) else 1.0
    half = np.full(len(ends), 0.5)
    counts = np.concatenate([counts, half])
    values = np.concatenate([values, np.asarray(ends, dtype=np.float64)])
    sizes = np.concatenate([sizes, np.full(len(ends), typical)])
    rng = np.random.default_rng(seed)
    parts, left = [], draws
    while left > 0:
        now = min(left, max(1, _AT_ONCE // len(counts)))
        weights = rng.standard_gamma(counts, (now, len(counts))) * sizes
        parts.append(weights @ values / weights.sum(axis=1))
        left -= now
    found = np.concatenate(parts)
    if dependence > 1.0:
        centre = found.mean()
        found = centre + (found - centre) * np.sqrt(dependence)
    return found


def estimate_mean(
    values: FloatArray,
    ends: Sequence[tuple[float, float]] = (),
    sampling: RowSampling = _ALONE,
    hurdle: float = 0.0,
) -> ValueEstimate:
    """Return a mean less a hurdle, with its 90% interval and the probability that it is above nought.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        One a row.
    ends : sequence of (float, float)
        Least and greatest value that a row could have had, one pair a class, or one for all.
    sampling : RowSampling
        How rows stand for the cases to come. A class without rows counts as if one lay at both of its ends.
    hurdle : float
        What is subtracted.

    Examples
    --------
    >>> found = estimate_mean(np.array([1.0, 2.0, 3.0, 4.0] * 50), [(1.0, 4.0)])
    >>> found.mean, round(found.low, 1), round(found.high, 1), found.probability
    (2.5, 2.4, 2.6, 1.0)
    """
    seed, told = sampling.seed, sampling.clusters
    if sampling.strata is None:
        both = (min(low for low, _ in ends), max(high for _, high in ends)) if ends else ()
        draws = mean_draws(values, both, clusters=told, dependence=sampling.dependence, seed=seed)
        mean = float(np.mean(values))
    else:
        draws, mean = np.zeros(_DRAWS), 0.0
        for code, share in enumerate(sampling.shares):
            part = sampling.strata == code
            inner, own = values[part], None if told is None else told[part]
            pair = ends[code % len(ends)] if ends else ()
            drawn = mean_draws(inner, pair, clusters=own, dependence=sampling.dependence, seed=seed + 1 + code)
            draws = draws + share * drawn
            mean += share * (float(inner.mean()) if len(inner) else float(np.mean(pair)))
    draws = draws - hurdle
    tail = (1.0 - LEVEL) / 2.0
    low, high = (float(v) for v in np.quantile(draws, (tail, 1.0 - tail)))
    if float(np.ptp(draws)) == 0.0:  # nothing is at stake: neither above nor below
        return ValueEstimate(mean - hurdle, low, high, float(low > 0.0))
    return ValueEstimate(mean - hurdle, low, high, float((draws > 0.0).mean()))


def _pooled(values: FloatArray, sizes: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return counts, values and sizes, equal ones together; of very many different values those in the middle, too."""
    pairs, counts = np.unique(np.column_stack([values, sizes]), axis=0, return_counts=True)
    values, sizes, weights = pairs[:, 0], pairs[:, 1], counts.astype(np.float64)
    if len(values) <= _MOST_WEIGHTS:
        return weights, values, sizes
    inner = np.linspace(_ENDS, len(values) - _ENDS, _MOST_WEIGHTS - 2 * _ENDS + 1).astype(np.int64)[:-1]
    starts = np.concatenate([np.arange(_ENDS), inner, np.arange(len(values) - _ENDS, len(values))])
    total = np.add.reduceat(weights, starts)
    size = np.add.reduceat(weights * sizes, starts) / total
    return total, np.add.reduceat(weights * sizes * values, starts) / (total * size), size
