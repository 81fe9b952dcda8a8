"""The size of the error that is usual for a row, learned from the errors of out-of-fold predictions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.conformal import ErrorFactor, ErrorScale
from journeyman.entities.table import Block

__all__ = ["Binned", "best_power", "bin_columns", "fit_error_scale"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_BINS = 12
_LEAST_IN_BIN = 20
_MOST_CATEGORIES = 60
_STEPS, _MOST_COLUMNS = 10, 40
_SHRINK = 6.0  # rows of the usual error that each bin is given besides its own
_LARGEST = 6.0  # times the usual error: a single row says no more, so that one outlier makes no factor
_POWERS = tuple(k / 10 for k in range(12))
_LEAST_GAIN = 4.0  # of log-likelihood beyond one for each bin


@dataclass(frozen=True)
class Binned:
    """A column cut into bins.

    Attributes
    ----------
    column : str
        Its name; empty for the prediction itself.
    at : ndarray of shape (n_bins,)
        Mean value of each bin; empty for categories.
    code : ndarray of int64, shape (n_samples,)
        Bin of each row; the last one, ``bins``, is of missing values.
    bins : int
        Number of bins.
    values : ndarray of shape (n_samples,)
        As a block holds them.
    """

    column: str
    at: FloatArray
    code: IntArray
    bins: int
    values: NDArray[np.generic]

    def factor(self, logarithm: FloatArray) -> ErrorFactor:
        """Return a factor of this column from one logarithm a bin, shape (n_bins + 1,)."""
        *known, unknown = logarithm.tolist()
        return ErrorFactor(self.column, tuple(self.at.tolist()), tuple(known), unknown)


def bin_columns(columns: Sequence[Column], block: Block, predictions: FloatArray) -> tuple[Binned, ...]:
    """Cut the prediction and every column that can be cut into bins of about equal counts, finer at the ends."""
    found = [_binned("", predictions)]
    for column in columns:
        values = block[column.name]
        if column.kind.categorical:
            if len(column.categories) <= _MOST_CATEGORIES:
                codes = values.astype(np.int64)
                known = (codes >= 0) & (codes < len(column.categories))
                size = len(column.categories)
                found.append(Binned(column.name, np.empty(0), np.where(known, codes, size), size, values))
        elif column.kind.numeric or column.kind is Kind.DATETIME:
            found.append(_binned(column.name, values.astype(np.float64)))
    return tuple(b for b in found if b.bins > 1)


def _binned(name: str, values: FloatArray) -> Binned:
    known = np.isfinite(values)
    some = values[known]
    if not len(some):
        return Binned(name, np.empty(0), np.zeros(len(values), dtype=np.int64), 0, values)
    count = int(np.clip(len(some) // _LEAST_IN_BIN, 2, _BINS))
    shares = np.linspace(0, 1, count + 1)[1:-1]
    ends = np.array([0.01, 0.03]) if len(some) >= 40 * _LEAST_IN_BIN else np.empty(0)
    cuts = np.unique(np.quantile(some, np.unique(np.r_[ends, shares, 1 - ends])))
    code = np.searchsorted(cuts, values, side="right").astype(np.int64)
    _, code[known] = np.unique(code[known], return_inverse=True)
    bins = int(code[known].max()) + 1
    code[~known] = bins
    at = np.bincount(code[known], some) / np.bincount(code[known])
    return Binned(name, np.maximum.accumulate(at), code, bins, values)


def fit_error_scale(binned: Sequence[Binned], errors: FloatArray, rows: IntArray) -> ErrorScale:
    """Return the scale that makes absolute errors of some rows most likely, a factor at a time.

    A Laplace distribution whose scale is a product of factors is fitted by forward stagewise regression: at each step
    the column that raises the likelihood most is taken (Friedman, Hastie and Tibshirani 2000), until none does so by
    more than its bins would by chance.

    Parameters
    ----------
    binned : sequence of Binned
        Columns of all rows.
    errors : ndarray of shape (n_samples,)
        Absolute errors of all rows.
    rows : ndarray of int64, shape (n_rows,)
        Those that are learned from.
    """
    own = errors[rows]
    least = 1e-6 * float(own.mean()) or 1e-300
    base = float(np.log(max(float(own.mean()), least)))
    total = np.full(len(rows), base)
    factors: dict[str, tuple[Binned, FloatArray]] = {}
    usable = list(binned)
    for step in range(_STEPS):
        relative = np.minimum(own / np.exp(total), _LARGEST)
        tried = [(b, *_step(b, relative, rows)) for b in usable]
        if step == 0 and len(tried) > _MOST_COLUMNS:
            tried = sorted(tried, key=lambda t: (-t[2], t[0].column))[:_MOST_COLUMNS]
            usable = [t[0] for t in tried]
        best, logarithm, gain = max(tried, key=lambda t: t[2], default=(None, np.empty(0), 0.0))
        if best is None or gain <= _LEAST_GAIN:
            break
        total += best.factor(logarithm).of(best.values[rows])
        before = factors.get(best.column, (best, np.zeros(len(logarithm))))[1]
        factors[best.column] = (best, before + logarithm)
    low, high = (float(q) for q in np.quantile(total, [0.0005, 0.9995]))
    return ErrorScale(base, tuple(b.factor(logs) for b, logs in factors.values()), low, high)


def best_power(errors: FloatArray, sizes: FloatArray) -> float:
    """Return the power of sizes, at most 1.1, that makes errors most likely: below 1 where they are told badly.

    Parameters
    ----------
    errors : ndarray of shape (n_samples,)
        Absolute errors.
    sizes : ndarray of shape (n_samples,)
        What other rows told of them.

    Examples
    --------
    >>> sizes = np.array([1.0, 4.0, 9.0])
    >>> best_power(sizes**0.5, sizes), best_power(np.ones(3), sizes)
    (0.5, 0.0)
    """
    logarithm = np.log(sizes) - float(np.log(sizes).mean())
    costs = [math.log(float((errors / np.exp(power * logarithm)).mean())) for power in _POWERS]
    return _POWERS[int(np.argmin(costs))]


def _step(b: Binned, relative: FloatArray, rows: IntArray) -> tuple[FloatArray, float]:
    """Return the best logarithms of a column's factor, and by how much they raise the likelihood beyond chance."""
    code = b.code[rows]
    counts = np.bincount(code, minlength=b.bins + 1).astype(np.float64)
    sums = np.bincount(code, relative, b.bins + 1)
    usual = float(relative.mean())
    factor = (sums + _SHRINK * usual) / (counts + _SHRINK)
    logarithm = np.log(np.maximum(factor, 1e-12))
    gain = float((sums - sums / np.maximum(factor, 1e-12) - counts * logarithm).sum())
    return logarithm, gain - int((counts > 0).sum())
