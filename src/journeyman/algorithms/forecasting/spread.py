"""How far series end up from their forecasts: quantiles of errors made inside the history."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["Errors", "Spread", "independent"]

FloatArray = NDArray[np.float64]

_BELOW = np.array([0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45])
_LEVELS = np.r_[_BELOW, 0.5, 1.0 - _BELOW[::-1]]
_MANY = 1e6  # degrees of freedom that are as good as a normal distribution's
_OWN_SHAPE = 60.0  # independent errors from which on the two tails are told apart
_NORMAL_SHAPE = 20.0  # independent errors that a normal distribution weighs as much as
_FEWEST = 3.0  # degrees of freedom of the heaviest tails that are assumed
_LATER = 1.05  # times earlier errors that later ones are taken to be: series change
_WITHOUT = 1.5  # of the seasonal naive's error: assumed where nothing could be measured


@dataclass(frozen=True)
class Errors:
    """Errors of forecasts from earlier origins inside the history.

    Attributes
    ----------
    scaled : ndarray of shape (n_series, n_origins, horizon)
        What came minus what was forecast, in units of each series' scale at the time; NaN where not known.
    apart : int
        Steps from one origin to the next.
    """

    scaled: FloatArray
    apart: int


class Spread(msgspec.Struct, frozen=True):
    """Quantiles of scaled errors: one shape for all steps, and how it widens with the step.

    Attributes
    ----------
    widths : ndarray of shape (horizon,)
        Mean absolute error at each step, in units of the series' scale; never falls from step to step.
    levels, quantiles : ndarray of shape (n_levels,)
        Of errors in units of their width, ascending.
    """

    widths: np.ndarray
    levels: np.ndarray
    quantiles: np.ndarray

    @staticmethod
    def learned(errors: Errors) -> Spread:
        """Learn from errors that were made.

        Errors of all series, origins and steps are pooled: each step alone has too few. Errors from origins close to
        one another are much alike, so that they count for fewer, and the fewer there are the heavier the tails: by
        Student's t distribution with as many degrees of freedom, which is what makes intervals of normal errors with an
        estimated variance exact.

        Examples
        --------
        >>> rng = np.random.default_rng(0)
        >>> spread = Spread.learned(Errors(rng.normal(size=(50, 10, 4)), 4))
        >>> spread.ends(np.array([0.1, 0.9]), np.array([1])).round(1).tolist()
        [[-1.3, 1.3]]
        """
        scaled = errors.scaled
        horizon = scaled.shape[2]
        known = np.isfinite(scaled)
        if not known.any():
            return Spread(np.full(horizon, _WITHOUT), _LEVELS, _students(_LEVELS, _FEWEST))
        widths = _widths(np.abs(scaled), known)
        pooled = np.sort((scaled / widths)[known])
        free = independent(known, errors.apart)
        return Spread(widths, _LEVELS, _quantiles(pooled, free))

    def ends(self, levels: FloatArray, steps: NDArray[np.int64]) -> FloatArray:
        """Return quantiles of the scaled error at steps ahead (1 is the next), shape (n_samples, n_levels)."""
        horizon = len(self.widths)
        inside = self.widths[np.clip(steps, 1, horizon) - 1]
        width = inside * np.sqrt(np.maximum(steps / horizon, 1.0))
        return np.asarray(width[:, None] * np.interp(levels, self.levels, self.quantiles))


def _widths(sizes: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Return mean absolute errors by step, smoothed over steps, which never fall and never are nought."""
    number = known.sum(axis=(0, 1))
    total = np.where(known, sizes, 0.0).sum(axis=(0, 1))
    everywhere = total.sum() / number.sum()
    mean = np.where(number > 0, total / np.maximum(number, 1), everywhere)
    steps = np.arange(len(mean), dtype=np.float64)
    near = np.exp(-0.5 * ((steps[:, None] - steps) / max(1.0, len(mean) / 6)) ** 2) * np.maximum(number, 1e-9)
    smooth = near @ mean / near.sum(axis=1)
    return np.maximum(_never_falling(smooth), 1e-9)


def _never_falling(values: FloatArray) -> FloatArray:
    """Return the closest sequence that never falls (pool adjacent violators)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    return np.concatenate([np.full(size, mean) for mean, size in blocks])


def independent(known: NDArray[np.bool_], apart: int) -> float:
    """Return about how many independent errors there are: one for each span of one horizon and series."""
    _, origins, horizon = known.shape
    spans = 1.0 + (origins - 1) * min(1.0, apart / horizon)
    share = known.any(axis=2).mean(axis=1).sum()  # series, those with fewer origins in part
    return float(max(1.0, spans * share))


def _quantiles(pooled: FloatArray, free: float) -> FloatArray:
    """Return quantiles at ``_LEVELS`` and their complements of errors in order."""
    inflation = _students(_BELOW, max(_FEWEST, free)) / _students(_BELOW, _MANY)
    told = free / (free + _NORMAL_SHAPE)
    normal = -_students(_BELOW, _MANY) * np.abs(pooled).mean() * np.sqrt(np.pi / 2.0)
    both = told * np.quantile(np.abs(pooled), 1.0 - 2.0 * _BELOW) + (1.0 - told) * normal
    own = free / (free + _OWN_SHAPE)
    low, high = np.quantile(pooled, _BELOW), np.quantile(pooled, 1.0 - _BELOW)
    below = np.maximum(_LATER * inflation * ((1.0 - own) * both - own * low), 0.0)
    above = np.maximum(_LATER * inflation * ((1.0 - own) * both + own * high), 0.0)
    return np.asarray(np.r_[-below, 0.0, above[::-1]])


def _students(levels: FloatArray, free: float) -> FloatArray:
    """Return quantiles of Student's t distribution."""
    # Late: a service loads this file to answer, and must not wait for SciPy.
    from scipy.special import stdtrit  # noqa: PLC0415 - see above

    return np.asarray(stdtrit(free, levels))
