"""Tests and intervals that hold where rows depend on one another, tails are heavy and groups are small."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows
from journeyman.entities.analysis import Effect, Evidence

__all__ = ["contrast", "correlation_effect", "detrended", "product_test", "rate_test", "screen"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
_LEAST_ROWS = 20
_LEAST_CLUSTERS = 8
_LEAST_FREEDOM = 10.0
"""Degrees of freedom below which a handful of rows decide, and no p-value of theirs can be trusted."""
_MOST_SKEWED = 0.7
"""Skewness under the null beyond which a handful of rows decide, too: simulated p-values are too small then."""

_ROWS_A_NUISANCE = 8
_CHUNK = 256


def product_test(
    rows: AnalysedRows, first: FloatArray, second: FloatArray, nuisance: FloatArray | None = None
) -> Evidence | None:
    """Test whether two numbers go together, beyond what nuisance columns say of each.

    The sum of the products of residuals over each cluster is zero in expectation under the null hypothesis; a t test
    asks whether it is, with the degrees of freedom of Satterthwaite (1946), which fall where few clusters carry the
    variance. Where every row stands alone, the skewness of the permutation distribution is heeded as well, and the
    larger p-value counts. Where clusters are blocks of time, each is freed of its level and its trend first, so that
    two series that merely drift do not go together (Ibragimov and Müller 2010).

    Parameters
    ----------
    first, second : ndarrays of shape (n_samples,)
        NaN leaves a row out.
    nuisance : ndarray of shape (n_samples, n_nuisances), optional
        What both are freed of by least squares.

    Returns
    -------
    Evidence or None
        None where rows, or those that carry the variance, are too few.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = AnalysedRows((), {}, (), "", np.arange(500))
    >>> x = rng.normal(size=500)
    >>> product_test(rows, x, x + rng.normal(size=500)).p_value < 1e-10
    True
    """
    known = np.isfinite(first) & np.isfinite(second)
    columns = 0 if nuisance is None else nuisance.shape[1]
    if known.sum() < _LEAST_ROWS + _ROWS_A_NUISANCE * columns:
        return None
    _, clusters = np.unique(rows.clusters[known], return_inverse=True)
    a, b = _freed(first[known], clusters, rows.serial), _freed(second[known], clusters, rows.serial)
    if nuisance is not None and columns:
        z = np.column_stack([_freed(column, clusters, rows.serial) for column in nuisance[known].T])
        a, b = _residual(a, z), _residual(b, z)
    if not (_varies(a, first[known]) and _varies(b, second[known])):
        return None
    sums = np.bincount(clusters, a * b).astype(np.float64)
    return _mean_test(sums, columns, rows.serial, None if rows.serial else _null_moments(a, b, clusters))


def rate_test(rows: AnalysedRows, values: FloatArray, null: float) -> Evidence | None:
    """Test whether the mean of values over rows is greater than a figure; NaN leaves a row out."""
    known = np.isfinite(values)
    if known.sum() < _LEAST_ROWS:
        return None
    _, clusters = np.unique(rows.clusters[known], return_inverse=True)
    sums = np.bincount(clusters, values[known] - null).astype(np.float64)
    if float(np.ptp(values[known])) < 1e-12 and float(values[known][0]) > null > 0:
        return Evidence(null ** len(sums), math.sqrt(len(sums)))  # all of so many, each of which might have failed
    return _mean_test(sums, 0, True, None)


def _mean_test(sums: FloatArray, columns: int, serial: bool, moments: tuple[float, float] | None) -> Evidence | None:
    """Return the t test of the mean of independent sums; the larger p-value where moments of the null are known."""
    n = len(sums)
    squares = float((sums**2).sum())
    if n < _LEAST_CLUSTERS or squares <= 0:
        return None
    spread = float(sums.std(ddof=1))
    if spread <= 1e-12 * math.sqrt(squares / n):
        return None
    t = float(sums.mean()) / (spread / math.sqrt(n))
    kurtosis = n * float((sums**4).sum()) / squares**2
    freedom = min(n - 1.0 - columns, 2.0 * n / max(kurtosis - 1.0, 1e-9))
    if freedom < (_LEAST_CLUSTERS - 1 - columns if serial else _LEAST_FREEDOM) or freedom < 3:
        return None
    p = 2.0 * float(stats.t.sf(abs(t), freedom))
    if moments is not None:
        variance, skewness = moments
        if abs(skewness) > _MOST_SKEWED:
            return None
        z = float(sums.sum()) / math.sqrt(variance)
        p = max(p, min(1.0, 2.0 * float(stats.pearson3.sf(abs(z), math.copysign(1.0, z) * skewness))))
    return Evidence(min(1.0, p), t)


def _null_moments(a: FloatArray, b: FloatArray, clusters: NDArray[np.intp]) -> tuple[float, float]:
    """Return variance and skewness of the sum of products where neither side knows of the other.

    Where a few large clusters happen to hold no rare value of both, the sums themselves show too little variance. So it
    is put together of what each side alone shows: its variance, and how alike it is within a cluster.
    """
    sizes = np.bincount(clusters).astype(np.float64)
    pairs = float((sizes * (sizes - 1.0)).sum())
    one, two = (float((v**2).mean()) for v in (a, b))
    variance, alike = len(a) * one * two, 0.0
    if pairs > 0:
        shared = [_shared(v, clusters) / pairs for v in (a, b)]
        within = max(0.0, shared[0]) * max(0.0, shared[1])
        variance += pairs * within
        alike = min(1.0, math.sqrt(within / (one * two)))
    thirds = float((a**3).mean()) * float((b**3).mean())
    third = thirds * float((sizes * (1.0 + (sizes - 1.0) * alike) ** 2).sum())
    return variance, third / variance**1.5


def _shared(values: FloatArray, clusters: NDArray[np.intp]) -> float:
    """Return the sum of the products of each two rows of a cluster."""
    return float((np.bincount(clusters, values) ** 2).sum() - (values**2).sum())


def _residual(values: FloatArray, z: FloatArray) -> FloatArray:
    norms = np.sqrt((z**2).sum(axis=0))
    used = z[:, norms > 1e-12 * max(1.0, float(norms.max(initial=0.0)))]
    if not used.shape[1]:
        return values
    scaled = used / np.sqrt((used**2).sum(axis=0))
    gram = scaled.T @ scaled + 1e-9 * np.eye(scaled.shape[1])
    return np.asarray(values - scaled @ np.linalg.solve(gram, scaled.T @ values), dtype=np.float64)


def _varies(freed: FloatArray, before: FloatArray) -> bool:
    return bool(freed.std() > 1e-6 * max(float(before.std()), 1e-300))


def _freed(values: FloatArray, clusters: NDArray[np.int64], serial: bool) -> FloatArray:
    return detrended(values, clusters) if serial else np.asarray(values - values.mean(), dtype=np.float64)


def detrended(values: FloatArray, blocks: NDArray[np.int64]) -> FloatArray:
    """Return values less the level and the trend of each block of rows in the order of time.

    Examples
    --------
    >>> detrended(np.array([1.0, 2.0, 3.0, 9.0, 8.0, 7.0]), np.array([0, 0, 0, 1, 1, 1])).round(6).tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    counts = np.maximum(np.bincount(blocks), 1).astype(np.float64)
    order = np.arange(len(values), dtype=np.float64)
    t = order - (np.bincount(blocks, order) / counts)[blocks]
    v = values - (np.bincount(blocks, values) / counts)[blocks]
    slopes = np.bincount(blocks, t * v) / np.maximum(np.bincount(blocks, t * t), 1e-300)
    return np.asarray(v - slopes[blocks] * t, dtype=np.float64)


def screen(rows: AnalysedRows, features: FloatArray, target: FloatArray) -> FloatArray:
    """Return how far each feature goes with a target, in standard errors, shape (n_features,); for choosing only.

    Parameters
    ----------
    features : ndarray of shape (n_samples, n_features)
        Centred; 0 where missing.
    """
    b = np.where(np.isfinite(target), target, 0.0)
    known = np.isfinite(target)
    b = np.where(known, b - b[known].mean() if known.any() else 0.0, 0.0)
    if not rows.serial:
        variance = (features**2).T @ (b**2)
        return np.asarray(features.T @ b / np.sqrt(np.maximum(variance, 1e-300)), dtype=np.float64)
    _, blocks = np.unique(rows.clusters, return_inverse=True)
    b = detrended(b, blocks)
    sums = np.zeros((int(blocks.max()) + 1, features.shape[1]))
    for block in range(len(sums)):
        sums[block] = features[blocks == block].T @ b[blocks == block]
    spread = sums.std(axis=0, ddof=1) / math.sqrt(len(sums))
    return np.asarray(sums.mean(axis=0) / np.maximum(spread, 1e-300), dtype=np.float64)


def contrast(
    rows: AnalysedRows, values: FloatArray, groups: Sequence[tuple[BoolArray, float]], unit: str = ""
) -> Effect:
    """Return a weighted sum of the means of values over groups of rows, with an interval of 95% over clusters.

    Parameters
    ----------
    groups : sequence of (mask, weight)
        Such as the mean over some rows with weight 1, less that over others with weight -1.

    Examples
    --------
    >>> rows = AnalysedRows((), {}, (), "", np.arange(6))
    >>> high = np.array([False, False, False, True, True, True])
    >>> contrast(rows, np.array([1.0, 2.0, 3.0, 5.0, 6.0, 7.0]), [(high, 1.0), (~high, -1.0)]).value
    4.0
    """
    influence, total = np.zeros(len(values)), 0.0
    known = np.isfinite(values)
    for mask, weight in groups:
        there = mask & known
        if not there.any():
            return Effect(math.nan, math.nan, math.nan, unit)
        mean = float(values[there].mean())
        total += weight * mean
        influence[there] += weight * (values[there] - mean) / there.sum()
    _, clusters = np.unique(rows.clusters, return_inverse=True)
    sums = np.bincount(clusters, influence)
    used = sums[np.bincount(clusters, (influence != 0).astype(np.float64)) > 0]
    n = max(len(used), 2)
    error = math.sqrt(float((used**2).sum()) * n / (n - 1))
    reach = float(stats.t.ppf(0.975, n - 1)) * error
    return Effect(total, total - reach, total + reach, unit)


def correlation_effect(rows: AnalysedRows, first: FloatArray, second: FloatArray) -> Effect:
    """Return the correlation of two numbers with an interval of 95% (Fisher 1915), which counts clusters as rows."""
    known = np.isfinite(first) & np.isfinite(second)
    r = float(np.clip(np.corrcoef(first[known], second[known])[0, 1], -1 + 1e-12, 1 - 1e-12))
    reach = 1.96 / math.sqrt(max(len(np.unique(rows.clusters[known])) - 3, 1))
    z = math.atanh(r)
    return Effect(r, math.tanh(z - reach), math.tanh(z + reach), "correlation")
