"""Copies of rows without groups: what groups have to be tighter than."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import isotonic_regression

__all__ = ["one_mode", "shuffled", "unimodal_values"]

FloatArray = NDArray[np.float64]
_MOST_BINS = 48
_FLAT = 1e-10


def shuffled(x: FloatArray, blocks: tuple[tuple[int, ...], ...], rng: np.random.Generator) -> FloatArray:
    """Return rows whose columns know nothing of each other.

    A column with two humps has them still: that alone is no group of rows. Features of one column (a category's) go
    together.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Rows.
    blocks : tuple of tuple of int
        Features of each column.
    """
    copy = np.empty_like(x)
    for features in blocks:
        copy[:, list(features)] = x[rng.permutation(len(x))][:, list(features)]
    return copy


def one_mode(x: FloatArray, count: int, rng: np.random.Generator) -> Iterator[FloatArray]:
    """Yield copies with the same covariance of columns, which have one hump each.

    Normal scores of the same rank correlation (a Gaussian copula), given values of the nearest density with one mode,
    and turned a little until the covariance is the same: correlated, skewed and long-tailed columns have no groups yet.
    """
    rows, width = x.shape
    scores = stats.norm.ppf((stats.rankdata(x, axis=0) - 0.5) / rows)
    with np.errstate(invalid="ignore", divide="ignore"):  # of a column with one value
        correlation = np.nan_to_num(np.atleast_2d(np.corrcoef(scores.T)))
    values, vectors = np.linalg.eigh(correlation)
    root = vectors * np.sqrt(np.clip(values, 1e-10, None))
    densities = [unimodal_values(column) for column in x.T]
    wanted = np.atleast_2d(np.cov(x.T))
    for _ in range(count):
        ranks = stats.norm.cdf(rng.normal(size=(rows, width)) @ root.T)
        copy = np.column_stack([np.interp(u, *density) for u, density in zip(ranks.T, densities, strict=True)])
        yield x.mean(axis=0) + (copy - copy.mean(axis=0)) @ _between(np.atleast_2d(np.cov(copy.T)), wanted)


def _between(own: FloatArray, wanted: FloatArray) -> FloatArray:
    """Return the least change that gives rows of one covariance the other (Gelbrich 1990).

    Without it copies would be a little rounder than the rows, which alone makes groups of long clouds tighter.
    """
    root = _root(own, 0.5)
    back = _root(own, -0.5)
    return np.asarray(back @ _root(root @ wanted @ root, 0.5) @ back)


def _root(matrix: FloatArray, power: float) -> FloatArray:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    return np.asarray((vectors * np.clip(values, _FLAT, None) ** power) @ vectors.T)


def unimodal_values(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distribution function of the nearest density with one mode, as shares and the values that reach them.

    A histogram of as many rows a bar, made to rise to one bar and fall from it (pool adjacent violators); the bar is
    the one where that changes the least.

    Examples
    --------
    >>> shares, edges = unimodal_values(np.r_[np.linspace(0, 1, 100), np.linspace(9, 10, 100)])
    >>> bool(np.interp(5.0, edges, shares) - np.interp(4.0, edges, shares) > 0.05)
    True
    """
    bins = int(np.clip(np.sqrt(len(values)), 4, _MOST_BINS))
    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, bins + 1)))
    if len(edges) < 3:
        return np.linspace(0.0, 1.0, len(edges)) if len(edges) > 1 else np.zeros(1), edges
    counts = np.histogram(values, edges)[0]
    wide = np.diff(edges)
    density = counts / (len(values) * wide)
    best, least = density, np.inf
    for mode in range(len(density)):
        left = isotonic_regression(density[: mode + 1], weights=wide[: mode + 1]).x
        right = isotonic_regression(density[mode:], weights=wide[mode:], increasing=False).x
        fitted = np.r_[left[:-1], max(left[-1], right[0]), right[1:]]
        changed = float((wide * (fitted - density) ** 2).sum())
        if changed < least:
            best, least = fitted, changed
    mass = np.r_[0.0, np.cumsum(best * wide)]
    return mass / mass[-1], edges
