"""Ways of grouping rows, all of which end in the same frozen form: centres, and the shape of what lies around them."""

from __future__ import annotations

import warnings
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["METHODS", "Method", "Partition", "partition"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_WARD_ROWS = 600  # a tree of all pairs is squared in these
_LEAST_VARIANCE = 1e-2  # of features with variance 1: what is flatter than that is rounding
_STEPS = 60


class Method(StrEnum):
    """A way of grouping."""

    TIED = "Gaussian mixture, one shape for all groups"
    FULL = "Gaussian mixture, a shape for each group"
    KMEANS = "k-means"
    WARD = "Ward's tree"


METHODS = tuple(Method)
"""In the order of the numbers that stand for them in a task's options."""


class Partition(msgspec.Struct, frozen=True):
    """Groups as normal distributions; those of k-means and Ward's tree are balls of one size.

    Attributes
    ----------
    means : ndarray of shape (n_groups, n_features)
        Centres.
    factors : ndarray of shape (n_groups, n_features, n_features)
        Cholesky factors of the precisions.
    constants : ndarray of shape (n_groups,)
        Log weights, and what makes densities sum to one.
    """

    means: np.ndarray
    factors: np.ndarray
    constants: np.ndarray

    def distances(self, x: FloatArray) -> FloatArray:
        """Return squared Mahalanobis distances to the centres, shape (n_samples, n_groups)."""
        found = np.empty((len(x), len(self.means)))
        for k, (mean, factor) in enumerate(zip(self.means, self.factors, strict=True)):
            found[:, k] = (((x - mean) @ factor) ** 2).sum(axis=1)
        return found

    def memberships(self, x: FloatArray) -> FloatArray:
        """Return the probability of each group, shape (n_samples, n_groups)."""
        logs = self.constants - 0.5 * self.distances(x)
        shares = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def bayesian_criterion(self, x: FloatArray, parameters: int) -> float:
        """Return the Bayesian information criterion of rows, less is better (Schwarz 1978)."""
        logs = self.constants - 0.5 * self.distances(x)
        most = logs.max(axis=1)
        likelihood = float((most + np.log(np.exp(logs - most[:, None]).sum(axis=1))).sum())
        likelihood -= 0.5 * x.size * np.log(2.0 * np.pi)
        return float(parameters * np.log(len(x)) - 2.0 * likelihood)

    def assign(self, x: FloatArray) -> IntArray:
        """Return the likeliest group of each row, shape (n_samples,)."""
        return np.asarray((self.constants - 0.5 * self.distances(x)).argmax(axis=1), dtype=np.int64)


def partition(x: FloatArray, k: int, method: Method, seed: int, starts: int = 2) -> Partition:
    """Group rows.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Prepared rows, at least ``k`` of them.
    k : int
        Groups.
    method : Method
        How.
    seed : int
        Of the starts.
    starts : int
        Of k-means; a mixture also starts from Ward's tree, and the likelier one is kept (Fraley and Raftery 2002).

    Examples
    --------
    >>> rows = np.r_[np.zeros((20, 2)), np.full((20, 2), 9.0)]
    >>> partition(rows, 2, Method.KMEANS, 0).assign(rows)[[0, 19, 20]].tolist() in ([0, 0, 1], [1, 1, 0])
    True
    """
    if k == 1:
        return _balls(x, np.zeros(len(x), dtype=np.int64), 1) if method in (Method.KMEANS, Method.WARD) else _normal(x)
    if method is Method.WARD:
        return _balls(x, _ward(x, k, seed), k)
    nearest = _kmeans(x, k, seed, starts)
    if method is Method.KMEANS:
        return _balls(x, nearest, k)
    return _mixture(x, k, method, (nearest, _ward(x, k, seed)), seed)


def _kmeans(x: FloatArray, k: int, seed: int, starts: int) -> IntArray:
    from sklearn.cluster import KMeans  # noqa: PLC0415 - a service loads this file to answer, without scikit-learn

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of fewer different rows than groups: some groups are then empty
        return np.asarray(KMeans(k, n_init=starts, random_state=seed, max_iter=_STEPS).fit_predict(x), dtype=np.int64)


def _ward(x: FloatArray, k: int, seed: int) -> IntArray:
    """Return groups of Ward's tree over some of the rows; the others go to the nearest centre."""
    from scipy.cluster.hierarchy import fcluster, linkage  # noqa: PLC0415 - see _kmeans

    rows = np.arange(len(x))
    if len(x) > _WARD_ROWS:
        rows = np.random.default_rng(seed).permutation(len(x))[:_WARD_ROWS]
    tree = linkage(x[rows], "ward")
    # As scipy's cut_tree, which takes many times as long, where no two distances are equal: all mergers but the last,
    # and groups in the order in which rows show them.
    joined = fcluster(tree, len(tree) - k, "monocrit", monocrit=np.arange(len(tree), dtype=np.float64))
    _, first, codes = np.unique(joined, return_index=True, return_inverse=True)
    codes = np.argsort(np.argsort(first))[codes].astype(np.int64)
    if len(rows) == len(x):
        return np.asarray(codes)
    return _balls(x[rows], codes, k).assign(x)


def _balls(x: FloatArray, codes: IntArray, k: int) -> Partition:
    """Return groups as balls of one size, of equal weight: the nearest centre is the likeliest."""
    means = _means(x, codes, k)
    within = float(((x - means[codes]) ** 2).mean())
    precision = 1.0 / np.sqrt(max(within, _LEAST_VARIANCE))
    return Partition(means, np.tile(np.eye(x.shape[1]) * precision, (k, 1, 1)), np.zeros(k))


def _means(x: FloatArray, codes: IntArray, k: int) -> FloatArray:
    """Return the middle of each group; that of all rows where it has none."""
    counts = np.bincount(codes, minlength=k)
    means = np.empty((k, x.shape[1]))
    for j, column in enumerate(x.T):
        sums = np.bincount(codes, column, minlength=k)
        means[:, j] = np.where(counts > 0, sums / np.maximum(counts, 1), column.mean())
    return means


def _normal(x: FloatArray) -> Partition:
    covariance = np.atleast_2d(np.cov(x.T, bias=True)) + _LEAST_VARIANCE * np.eye(x.shape[1])
    factor = np.linalg.inv(np.linalg.cholesky(covariance)).T
    return Partition(x.mean(axis=0)[None], factor[None], np.zeros(1))


def _mixture(x: FloatArray, k: int, method: Method, starts: tuple[IntArray, ...], seed: int) -> Partition:
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415 - see _kmeans

    best, likeliest = None, -np.inf
    for codes in starts:
        shares = np.bincount(codes, minlength=k) + 1.0
        asked = GaussianMixture(
            k,
            covariance_type="tied" if method is Method.TIED else "full",
            reg_covar=_LEAST_VARIANCE,
            means_init=_means(x, codes, k),
            weights_init=shares / shares.sum(),
            precisions_init=_within(x, codes, k, tied=method is Method.TIED),
            max_iter=_STEPS,
            random_state=seed,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of too few steps: what it found are groups all the same
            found = asked.fit(x)
        if found.lower_bound_ > likeliest:
            best, likeliest = found, found.lower_bound_
    assert best is not None
    factors = best.precisions_cholesky_
    factors = np.tile(factors, (k, 1, 1)) if factors.ndim == 2 else factors
    sizes = np.log(np.array([np.diag(factor) for factor in factors])).sum(axis=1)
    return Partition(best.means_, np.ascontiguousarray(factors), np.log(best.weights_) + sizes)


def _within(x: FloatArray, codes: IntArray, k: int, *, tied: bool) -> FloatArray:
    """Return precisions of the rows around their centres: of all groups together, or of each."""
    width = x.shape[1]
    least = _LEAST_VARIANCE * np.eye(width)
    rest = x - _means(x, codes, k)[codes]
    shared = rest.T @ rest / len(x) + least
    if tied:
        return np.asarray(np.linalg.inv(shared))
    own = np.empty((k, width, width))
    for j in range(k):
        part = rest[codes == j]
        own[j] = part.T @ part / len(part) + least if len(part) > 2 * width else shared
    return np.asarray(np.linalg.inv(own), dtype=np.float64)
