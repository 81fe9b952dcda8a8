"""Bootstrap weights: how often each row is drawn, by rows, by groups or by blocks of neighbours in time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Scheme

__all__ = ["block_length", "draws", "independent_units"]

FloatArray = NDArray[np.float64]
_CELLS = 10_000_000  # weights in all: about a second for all metrics of a task
_CHUNK = 2_000_000  # weights at a time: what the resampling may hold in memory
_FEWEST, _MOST = 200, 500


def block_length(losses: FloatArray) -> int:
    """Return the length of blocks that keep the dependence between neighbours.

    The automatic choice of Politis and White (2004, corrected 2009) for the circular bootstrap, between the cube
    root of the number of rows and a twentieth of it.

    Parameters
    ----------
    losses : ndarray of shape (n_samples,)
        The quantity whose mean is resampled, in order of time.

    Examples
    --------
    >>> block_length(np.random.default_rng(0).normal(size=1000))
    10
    """
    n = len(losses)
    least, most = max(1, round(n ** (1 / 3))), max(1, n // 20)
    centred = np.nan_to_num(losses - np.nanmean(losses))
    variance = float(centred @ centred) / n
    if n < 40 or variance <= 0:
        return int(min(least, most))
    reach = min(n // 4, 10 + int(np.sqrt(n)) * 2)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.abs(np.fft.rfft(centred, size)) ** 2
    covariance = np.fft.irfft(spectrum, size)[: reach + 1] / n
    quiet = 2 * np.sqrt(np.log10(n) / n)
    loud = np.flatnonzero(np.abs(covariance[1:] / covariance[0]) > quiet) + 1
    lag = min(2 * int(loud[-1]) if len(loud) else 1, reach)
    k = np.arange(1, lag + 1)
    taper = np.clip(2 * (1 - k / lag), 0, 1) if lag > 1 else np.ones(1)
    g = 2 * float(np.sum(taper * k * covariance[1 : lag + 1]))
    long_run = float(covariance[0] + 2 * np.sum(taper * covariance[1 : lag + 1]))
    best = (2 * g**2 / (4 / 3 * long_run**2)) ** (1 / 3) * n ** (1 / 3) if long_run > 0 else least
    return int(np.clip(round(best), least, max(least, most)))


def independent_units(scheme: Scheme, groups: NDArray[np.int64], losses: FloatArray) -> int:
    """Return how many rows, groups or blocks are drawn.

    Examples
    --------
    >>> independent_units(Scheme.GROUPED, np.array([0, 0, 1]), np.zeros(3))
    2
    """
    if scheme is Scheme.GROUPED:
        return int(groups.max()) + 1
    return round(len(losses) / block_length(losses)) if scheme is Scheme.TIME else len(losses)


def draws(scheme: Scheme, groups: NDArray[np.int64], losses: FloatArray, seed: int) -> Iterator[FloatArray]:
    """Yield weights, some resamples at a time, each of shape (n_resamples, n_samples).

    Parameters
    ----------
    scheme : Scheme
        Shuffled rows are drawn one by one, grouped rows by whole groups, rows in time by circular blocks.
    groups : ndarray of int64, shape (n_samples,)
        Group codes from 0; used by a grouped scheme only.
    losses : ndarray of shape (n_samples,)
        Loss of each row in order of time; sets the length of the blocks.
    seed : int
        Randomness.

    Notes
    -----
    Multinomial weights are the bootstrap of Efron (1979); blocks are the circular bootstrap of Politis and Romano
    (1992).
    """
    n = len(losses)
    rng = np.random.default_rng(seed)
    wanted = int(np.clip(_CELLS // max(n, 1), _FEWEST, _MOST))
    at_once = max(1, _CHUNK // max(n, 1))
    length = block_length(losses) if scheme is Scheme.TIME else 1
    for start in range(0, wanted, at_once):
        count = min(at_once, wanted - start)
        if scheme is Scheme.GROUPED:
            yield _units(rng, int(groups.max()) + 1, count)[:, groups]
        elif length > 1:
            yield _blocks(rng, n, length, count)
        else:
            yield _units(rng, n, count)


def _units(rng: np.random.Generator, n: int, count: int) -> FloatArray:
    weights = np.empty((count, n))
    for row in range(count):
        weights[row] = np.bincount(rng.integers(0, n, n), minlength=n)
    return weights


def _blocks(rng: np.random.Generator, n: int, length: int, count: int) -> FloatArray:
    blocks = max(1, round(n / length))
    weights = np.empty((count, n))
    for row in range(count):
        starts = rng.integers(0, n, blocks)
        begins = np.bincount(starts, minlength=2 * n + 1)
        ends = np.bincount(starts + length, minlength=2 * n + 1)
        covered = np.cumsum(begins - ends)
        weights[row] = covered[:n] + covered[n : 2 * n]
    return weights
