"""Detectors of odd rows that learn without labels: tails of columns, distances to neighbours, a mixture of normals."""

from __future__ import annotations

import warnings

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["Detectors", "Distances", "Mixture", "Tail", "TailSums", "fit_detectors", "folded_tails"]

FloatArray = NDArray[np.float64]
_NEIGHBOUR_ROWS, _NEIGHBOURS = 4_000, 10
_MIXTURE_ROWS, _COMPONENTS = 5_000, 4
_TAIL_VALUES, _BODY_VALUES = 500, 1_000  # of each column that are kept: all of its tails, and some between them
_OF_DATES = 0.5  # standard deviations of a part of a date; columns have about one
_CELLS = 2_000_000  # distances held at a time


class Tail(msgspec.Struct, frozen=True):
    """Which share of calibrating rows reaches a value; beyond the largest it goes on to fall.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        Those that occurred, ascending and different.
    shares : ndarray of shape (n_values,)
        Of rows that reach each, one row added (the p-value of conformal prediction, Vovk et al. 2005).
    reach : float
        At so much beyond the largest value the share is half of that at it.
    """

    values: np.ndarray
    shares: np.ndarray
    reach: float

    @staticmethod
    def of(values: FloatArray) -> Tail:
        """Return the tail of calibrating values, shape (n_samples,).

        Examples
        --------
        >>> Tail.of(np.array([1.0, 2.0, 3.0])).share(np.array([0.0, 3.0, 4.0, 5.0])).round(3).tolist()
        [1.0, 0.5, 0.25, 0.167]
        """
        different, counts = np.unique(values, return_counts=True)
        reached = np.cumsum(counts[::-1])[::-1]
        spread = float(different[-1] - np.median(values))
        return Tail(different, (reached + 1.0) / (len(values) + 1.0), spread if spread > 0 else 1.0)

    def share(self, values: FloatArray) -> FloatArray:
        """Return the share for each value, above 0 and at most 1; it falls strictly beyond the smallest."""
        inside = np.interp(values, self.values, self.shares, left=1.0)
        beyond = np.maximum(values - self.values[-1], 0.0) / self.reach
        return np.asarray(inside / (1.0 + beyond))


class TailSums(msgspec.Struct, frozen=True):
    """ECOD: how far in the tails of each feature a row lies (Li et al. 2022, arXiv:2201.00382).

    The paper sums over features first and takes the greatest sum of the lower tails, of the upper ones, and of the
    tails that features are skewed to; the authors' code takes each feature's rarer tail first. Neither is better on
    most tables, so there are both.

    Attributes
    ----------
    values, below, above : ndarray of shape (n_kept,)
        Values of all features one after the other, each ascending; shares of rows up to, and from, each.
    starts : ndarray of int64, shape (n_features + 1,)
        Where the values of each feature begin.
    reach : ndarray of shape (n_features,)
        What counts as far beyond the ends.
    skewed_down : ndarray of bool, shape (n_features,)
        Whether the longer tail is the lower one.
    tailed : ndarray of bool, shape (n_features,)
        Which features have tails: the first and the last hour of a day are no odder than others.
    """

    values: np.ndarray
    below: np.ndarray
    above: np.ndarray
    starts: np.ndarray
    reach: np.ndarray
    skewed_down: np.ndarray
    tailed: np.ndarray

    @staticmethod
    def learned(x: FloatArray, tailed: NDArray[np.bool_]) -> TailSums:
        """Learn from ordinary rows, shape (n_samples, n_features)."""
        kept, below, above = [], [], []
        for column in x.T:
            different, counts = np.unique(column, return_counts=True)
            until = np.cumsum(counts)
            last = len(different) - 1
            places = np.unique(
                np.r_[
                    np.arange(min(_TAIL_VALUES, last + 1)),
                    np.linspace(0, last, min(_BODY_VALUES, last + 1)).astype(np.int64),
                    np.arange(max(0, last + 1 - _TAIL_VALUES), last + 1),
                ]
            )
            kept.append(different[places])
            below.append(until[places] / len(column))
            above.append((len(column) - until[places] + counts[places]) / len(column))
        spread = x.std(axis=0)
        return TailSums(
            np.concatenate(kept),
            np.concatenate(below),
            np.concatenate(above),
            np.cumsum([0, *map(len, kept)]).astype(np.int64),
            np.where(spread > 0, spread, 1.0),
            ((x - x.mean(axis=0)) ** 3).sum(axis=0) < 0.0,
            tailed,
        )

    def scores(self, x: FloatArray) -> FloatArray:
        """Return both sums of negative log shares, as the code and as the paper have it, shape (n_samples, 2)."""
        rarer, lower, upper, longer = (np.zeros(len(x)) for _ in range(4))
        for k in np.flatnonzero(self.tailed).tolist():
            column, own = x[:, k], slice(int(self.starts[k]), int(self.starts[k + 1]))
            values = self.values[own]
            past = np.maximum(column - values[-1], 0.0) / self.reach[k]  # beyond its ends a tail is exponential
            short = np.maximum(values[0] - column, 0.0) / self.reach[k]
            low = short - np.log(np.interp(column, values, self.below[own]))
            high = past - np.log(np.interp(column, values, self.above[own]))
            rarer += np.maximum(low, high)
            lower += low
            upper += high
            longer += low if self.skewed_down[k] else high
        return np.column_stack([rarer, np.maximum(np.maximum(lower, upper), longer)])


class Distances(msgspec.Struct, frozen=True):
    """How far the nearest rows are, in the mean (Ramaswamy et al. 2000; Angiulli and Pizzuti 2002)."""

    rows: np.ndarray
    number: int

    def score(self, x: FloatArray) -> FloatArray:
        """Return mean distances to the nearest rows."""
        squares = np.einsum("ij,ij->i", self.rows, self.rows)
        size = max(1, _CELLS // len(self.rows))
        found = [self._mean(x[start : start + size], squares) for start in range(0, len(x), size)]
        return np.concatenate(found) if found else np.empty(0)

    def _mean(self, asked: FloatArray, squares: FloatArray) -> FloatArray:
        rough = squares - 2.0 * (asked @ self.rows.T)
        taken = min(self.number + 2, len(self.rows))
        nearest = np.argpartition(rough, taken - 1, axis=1)[:, :taken]
        apart = self.rows[nearest] - asked[:, None, :]  # exact: the difference of two large squares is not
        exact = np.sort(np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)), axis=1)
        return np.asarray(exact[:, : self.number].mean(axis=1))


class Mixture(msgspec.Struct, frozen=True):
    """How thin a mixture of normal distributions is at a row.

    Attributes
    ----------
    means : ndarray of shape (n_components, n_features)
        Centres.
    factors : ndarray of shape (n_components, n_features, n_features)
        Cholesky factors of the precisions.
    constants : ndarray of shape (n_components,)
        Log weights, and what makes the densities sum to one.
    """

    means: np.ndarray
    factors: np.ndarray
    constants: np.ndarray

    def score(self, x: FloatArray) -> FloatArray:
        """Return negative log densities."""
        logs = np.empty((len(x), len(self.means)))
        for k, (mean, factor) in enumerate(zip(self.means, self.factors, strict=True)):
            logs[:, k] = self.constants[k] - 0.5 * (((x - mean) @ factor) ** 2).sum(axis=1)
        most = logs.max(axis=1)
        return np.asarray(-(most + np.log(np.exp(logs - most[:, None]).sum(axis=1))))


class Detectors(msgspec.Struct, frozen=True):
    """All of them, fitted on the same ordinary rows.

    Attributes
    ----------
    shift, scale : ndarray of shape (n_features,)
        Of what neighbours and the mixture are shown: parts of dates come unscaled, and are to count less than columns.
    """

    tails: TailSums
    distances: Distances
    mixture: Mixture
    shift: np.ndarray
    scale: np.ndarray

    def scores(self, x: FloatArray) -> FloatArray:
        """Return what each says of each row, more for odd ones, shape (n_samples, 4)."""
        folded = folded_tails((x - self.shift) * self.scale)
        return np.column_stack([self.tails.scores(x), self.distances.score(folded), self.mixture.score(folded)])


def folded_tails(x: FloatArray) -> FloatArray:
    """Return scaled features with long tails drawn in, so that one of them does not outweigh all others."""
    return np.arcsinh(x)


def fit_detectors(x: FloatArray, tailed: NDArray[np.bool_], rng: np.random.Generator) -> Detectors:
    """Fit the detectors on ordinary rows, shape (n_samples, n_features), 2 of them or more.

    ``tailed``, shape (n_features,), says which features have tails; others, such as hours, go round.
    """
    spread = x.std(axis=0)
    shift = np.where(tailed, 0.0, x.mean(axis=0))
    scale = np.where(tailed | (spread == 0.0), 1.0, _OF_DATES / np.where(spread > 0.0, spread, 1.0))
    folded, seed = folded_tails((x - shift) * scale), int(rng.integers(2**31))
    near = rng.permutation(len(x))[:_NEIGHBOUR_ROWS]
    return Detectors(
        TailSums.learned(x, tailed),
        Distances(np.ascontiguousarray(folded[near]), min(_NEIGHBOURS, len(near))),
        _mixture(folded[rng.permutation(len(x))[:_MIXTURE_ROWS]], seed),
        shift,
        scale,
    )


def _mixture(x: FloatArray, seed: int) -> Mixture:
    """Fit as many components as there are rows for, without covariances where there are too few for one."""
    # Late: a service loads this file to answer, and must not wait for scikit-learn.
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415 - see above

    rows, features = x.shape
    full = rows >= 5 * features
    components = int(np.clip(rows // (10 * features), 1, _COMPONENTS)) if full else 1
    kind = "full" if full else "diag"
    asked = GaussianMixture(components, covariance_type=kind, reg_covar=1e-3, random_state=seed, max_iter=50)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of too few steps, or of equal rows: what it found is a density all the same
        found = asked.fit(x)
    factors = found.precisions_cholesky_
    if not full:
        factors = np.array([np.diag(line) for line in factors])
    sizes = np.log(np.array([np.diag(factor) for factor in factors])).sum(axis=1)
    constants = np.log(found.weights_) + sizes - 0.5 * features * np.log(2 * np.pi)
    return Mixture(found.means_, factors, constants)
