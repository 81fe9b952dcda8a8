"""Bootstrap weights: how often each row is drawn. Rows that depend on each other are drawn together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Units", "block_length", "draws", "independent_units", "leave_out"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_CELLS = 10_000_000  # weights in all: about a second for all metrics of a task
_CHUNK = 2_000_000  # weights at a time: what the resampling may hold in memory
_FEWEST, _MOST = 200, 1_000
_LEFT_OUT = 200


@dataclass(frozen=True)
class Units:
    """What is drawn whole: a row, the copies of a record, a group, or all rows of a moment.

    Attributes
    ----------
    clusters : ndarray of int64, shape (n_samples,)
        Codes from 0, each of which occurs; rows of one code are drawn together.
    in_time : bool
        Whether codes rise with time: then neighbours depend on each other, too, and are drawn in blocks.
    """

    clusters: IntArray
    in_time: bool = False

    @property
    def count(self) -> int:
        """Number of clusters that are drawn with replacement."""
        return int(self.clusters.max()) + 1 if len(self.clusters) else 0

    def length(self, losses: FloatArray) -> int:
        """Return how many neighbouring clusters are drawn together."""
        return block_length(self.means(losses)) if self.in_time else 1

    def means(self, losses: FloatArray) -> FloatArray:
        """Return the mean loss of each cluster, shape (count,)."""
        rows = np.bincount(self.clusters, minlength=self.count)
        return np.asarray(np.bincount(self.clusters, losses, self.count) / np.maximum(rows, 1))

    def blocks(self, losses: FloatArray) -> IntArray:
        """Return codes of rows that may depend on each other, shape (n_samples,): the cluster, or a block of them."""
        return np.asarray(self.clusters // self.length(losses), dtype=np.int64)


def block_length(losses: FloatArray) -> int:
    """Return the length of blocks that keep the dependence between neighbours.

    The automatic choice of Politis and White (2004, corrected 2009) for the circular bootstrap, between the cube
    root of the number of rows and a twelfth of it.

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
    least = max(1, round(n ** (1 / 3)))
    most = max(least, n // 12)
    centred = np.nan_to_num(losses - np.nanmean(losses))
    variance = float(centred @ centred) / n
    if n < 40 or variance <= 0:
        return int(min(least, max(1, n // 5)))
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


def independent_units(units: Units, losses: FloatArray) -> int:
    """Return how many clusters, or blocks of them, are drawn.

    Examples
    --------
    >>> independent_units(Units(np.array([0, 0, 1])), np.zeros(3))
    2
    """
    return max(1, round(units.count / units.length(losses)))


def draws(units: Units, losses: FloatArray, seed: int) -> Iterator[FloatArray]:
    """Yield weights, some resamples at a time, each of shape (n_resamples, n_samples).

    Parameters
    ----------
    units : Units
        What is drawn whole; in time, circular blocks of neighbours are drawn.
    losses : ndarray of shape (n_samples,)
        Loss of each row; sets the length of the blocks.
    seed : int
        Randomness.

    Notes
    -----
    Multinomial weights are the bootstrap of Efron (1979); blocks are the circular bootstrap of Politis and Romano
    (1992); whole clusters are drawn as in Field and Welsh (2007), "Bootstrapping clustered data".
    """
    n, count = len(losses), units.count
    rng = np.random.default_rng(seed)
    wanted = int(np.clip(_CELLS // max(n, 1), _FEWEST, _MOST))
    at_once = max(1, _CHUNK // max(n, 1))
    length = units.length(losses)
    alone = count == n and bool((units.clusters == np.arange(n)).all())
    for start in range(0, wanted, at_once):
        many = min(at_once, wanted - start)
        weights = _blocks(rng, count, length, many) if length > 1 else _units(rng, count, many)
        yield weights if alone else weights[:, units.clusters]


def leave_out(units: Units, losses: FloatArray) -> Iterator[FloatArray]:
    """Yield weights that leave a part of the units out, one part after the other: the jackknife of at most 200 parts.

    In chunks as ``draws`` does, each of shape (n_parts_of_it, n_samples).
    """
    code = units.blocks(losses)
    count = int(code.max()) + 1
    parts = min(count, _LEFT_OUT)
    part = code * parts // count
    at_once = max(1, _CHUNK // max(len(losses), 1))
    for start in range(0, parts, at_once):
        yield (part != np.arange(start, min(start + at_once, parts))[:, None]).astype(np.float64)


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
