"""Evidence of a randomised pilot: e-processes that may be looked at every day, and the interval that goes with them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["evidence_paths", "pilot_interval", "signed_differences"]

FloatArray = NDArray[np.float64]
STAKES = np.array([0.5, 0.35, 0.25, 0.15, 0.1, 0.06, 0.035, 0.02, 0.01, 0.005])
"""Shares of wealth that betting strategies stake on each case; they start with equal parts of 1. Half is the most that
no case can bankrupt, whatever mean is tested."""


def signed_differences(values: FloatArray, treated: NDArray[np.bool_], low: float, high: float) -> FloatArray:
    """Return a number for each case whose mean is half the effect, in units of the range of values.

    With the policy it is what the case was worth less a guess, else the guess less that. A fair coin makes its mean
    half the effect whatever the guess, which is the mean of the cases before: so most of the noise goes.

    Parameters
    ----------
    values : ndarray of shape (..., n_cases)
        What each case was worth, in the order in which it was decided; between ``low`` and ``high``.
    treated : ndarray of shape (..., n_cases)
        Whether the coin gave it to the policy.

    Returns
    -------
    ndarray of shape (..., n_cases)
        Between -1 and 1.

    Examples
    --------
    >>> signed_differences(np.array([10.0, 0.0]), np.array([True, False]), 0.0, 10.0).tolist()
    [0.5, 0.75]
    """
    count = values.shape[-1]
    before = np.cumsum(values, axis=-1) - values
    guess = (before + (low + high) / 2.0) / (np.arange(count) + 1.0)
    return np.where(treated, 1.0, -1.0) * (values - guess) / (high - low)


def evidence_paths(differences: FloatArray, mean: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """Return the logarithm of the evidence after each case that the mean is above a value, and that it is below it.

    Where the mean is not above the value, the first ever exceeds log(1/alpha) with a probability of at most alpha,
    however often one looks and for whatever reason one stops (Ville's inequality); the second likewise.

    Parameters
    ----------
    differences : ndarray of shape (..., n_cases)
        Between -1 and 1.
    mean : float
        The value, between -1 and 1.

    References
    ----------
    Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting", JRSS B 86. Howard, Ramdas,
    McAuliffe and Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics
    49.

    Examples
    --------
    >>> coin = np.random.default_rng(0).random(2_000)
    >>> above, below = evidence_paths(np.where(coin < 0.6, 1.0, -1.0))
    >>> bool(above[-1] > np.log(20) > below.max())
    True
    """
    apart = differences - mean
    above = _mixture(apart)
    return above, _mixture(-apart)


def pilot_interval(differences: FloatArray, alpha: float, steps: int = 40) -> tuple[float, float]:
    """Return the ends of the interval of the mean; each is passed, at any look, with a probability of at most alpha.

    Examples
    --------
    >>> low, high = pilot_interval(np.random.default_rng(0).uniform(-0.4, 0.6, 2_000), 0.05)
    >>> low < 0.1 < high
    True
    """
    wanted = np.log(1.0 / alpha)

    def refuted(mean: float, side: int) -> bool:
        return bool(evidence_paths(differences, mean)[side].max(initial=0.0) >= wanted)

    ends = []
    for side in (0, 1):
        inside, outside = (1.0, -1.0) if side == 0 else (-1.0, 1.0)
        if not refuted(outside, side):
            ends.append(outside)
            continue
        for _ in range(steps):
            middle = (inside + outside) / 2.0
            inside, outside = (inside, middle) if refuted(middle, side) else (middle, outside)
        ends.append(outside)
    return ends[0], ends[1]


def _mixture(apart: FloatArray) -> FloatArray:
    """Return the logarithm of the mean wealth of all strategies after each case."""
    total: FloatArray | None = None
    for stake in STAKES:
        path = np.cumsum(np.log1p(np.maximum(stake * apart, -1.0 + 1e-12)), axis=-1)
        total = path if total is None else np.logaddexp(total, path)
    assert total is not None
    return np.asarray(total - np.log(len(STAKES)))
