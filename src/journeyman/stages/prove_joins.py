"""Prove joins: whether fetched columns repeat the target, and whether they gain more than noise of the same shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing import encode, infer_column, read

__all__ = ["SMALLEST_P", "calm_labels", "noise_p_value", "read_typed", "repeated_target", "target_codes"]

SMALLEST_P = 1e-12
"""That a t-test of some ten draws of noise may claim; below, its tail says nothing."""

_MOST_CLASSES = 20
_REPEATS, _CORRELATED = 0.98, 0.995
_LEAST_COMPARED = 20
_FEW_LEVELS = 50
_ROUNDING = 1e-9
_FAR = 5.0
_TAIL = 4.0
"""Degrees of freedom of the tail that gains of noise are allowed: their kurtosis may be as high as can be."""

_USELESS = (Kind.CONSTANT, Kind.IMAGE)


def read_typed(frame: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the columns of a raw frame as numbers, dates, categories and texts; constants are left out."""
    typed = {}
    for name in map(str, frame.columns if names is None else names):
        try:
            encoded = encode(frame[name])
            column = infer_column(name, frame[name])
        except TypeError:
            continue
        if column.kind not in _USELESS:
            typed[name] = read(encoded, column).values
    return pd.DataFrame(typed, index=pd.RangeIndex(len(frame)))


def target_codes(values: pd.Series, column: Column) -> tuple[NDArray[np.float64], int]:
    """Return a raw target as numbers, NaN where it is missing, and the number of classes; 0 for values.

    Examples
    --------
    >>> target_codes(pd.Series(["no", "yes", None]), Column("y", Kind.CATEGORY))
    (array([ 0.,  1., nan]), 2)
    """
    if column.kind in (Kind.NUMBER, Kind.INTEGER):
        numbers = np.asarray(pd.to_numeric(read(encode(values), column).values, errors="coerce"), dtype=np.float64)
        levels = np.unique(numbers[np.isfinite(numbers)])
        if column.kind is Kind.NUMBER or len(levels) > 2:
            return numbers, 0
    codes, labels = pd.factorize(values.astype(object).where(values.notna(), None), sort=False)
    if len(labels) > _MOST_CLASSES:  # the rare ones together
        counts = np.bincount(codes[codes >= 0], minlength=len(labels))
        order = np.argsort(-counts, kind="stable")
        place = np.full(len(labels), _MOST_CLASSES - 1)
        place[order[: _MOST_CLASSES - 1]] = np.arange(_MOST_CLASSES - 1)
        codes, labels = np.where(codes < 0, -1, place[codes]), labels[:_MOST_CLASSES]
    return np.where(codes < 0, np.nan, codes).astype(np.float64), len(labels)


def repeated_target(typed: pd.DataFrame, target: NDArray[np.float64], classes: int) -> str:
    """Return the first fetched column that says the target itself, under whatever name; "" where none does.

    Parameters
    ----------
    typed : pandas.DataFrame of shape (n_samples, n_columns)
        Fetched columns as ``read_typed`` gives them.
    target : ndarray of shape (n_samples,)
        Class codes or values, NaN where missing.
    classes : int
        0 for values.

    Examples
    --------
    >>> y = np.arange(40.0)
    >>> repeated_target(pd.DataFrame({"a": np.cos(y), "result": 2 * y + 1}), y, 0)
    'result'
    """
    for name in typed:
        values = typed[name]
        both = values.notna().to_numpy() & np.isfinite(target)
        if both.sum() < _LEAST_COMPARED or np.ptp(target[both]) == 0:
            continue
        if _says(values[both], target[both], classes):
            return str(name)
    return ""


def _says(values: pd.Series, target: NDArray[np.float64], classes: int) -> bool:
    if values.dtype.kind in "fiub" and not classes:
        told = values.to_numpy(np.float64)
        if np.ptp(told) == 0:
            return False
        ranks = stats.spearmanr(told, target).statistic
        return bool((told == target).mean() > _REPEATS or abs(ranks) > _CORRELATED)
    if not classes:
        return False
    levels = pd.factorize(values)[0]
    if levels.max() >= _FEW_LEVELS:
        return False
    table = np.zeros((levels.max() + 1, classes))
    np.add.at(table, (levels, target.astype(np.int64)), 1.0)
    usual = table.sum(axis=0).max() / len(target)
    right = table.max(axis=1).sum() / len(target)
    return bool(1.0 - right < (1.0 - _REPEATS) * (1.0 - usual))


def calm_labels(labels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers on a scale on which single rows do not outweigh the others; as they are where none does.

    Far from the median, in quartile ranges, the scale is logarithmic on both sides. With squared errors a few disasters
    would decide which noise gains most, and gains of noise would have heavy tails.

    Examples
    --------
    >>> calm_labels(np.array([1.0, 2.0, 3.0])).tolist()
    [1.0, 2.0, 3.0]
    >>> calm_labels(np.array([1.0, 2.0, 3.0, 1e6, -1e6])).round(1).tolist()
    [-0.5, 0.0, 0.5, 13.8, -13.8]
    """
    off = labels - np.median(labels)
    low, high = np.quantile(off, [0.25, 0.75])
    scale = float(high - low) or float(np.abs(off).mean())
    if not scale or np.abs(off).max() <= _FAR * scale:
        return labels
    return np.asarray(np.arcsinh(off / scale), dtype=np.float64)


def noise_p_value(gain: float, noise: Sequence[float]) -> float:
    """Return the probability that one more draw of noise would gain as much.

    Some ten draws tell of more than one in eleven because their distribution is taken as known: as normal, by Student's
    t for one more value, or as Student's t with 4 degrees of freedom of the same spread, whichever makes the gain less
    surprising. For draws whose tails are heavier still, or long to the right only, it is too small; gains of noise on
    the labels of :func:`calm_labels` are not like that (``benchmarks/search_lake.py``).

    Parameters
    ----------
    gain : float
        Of the columns in question.
    noise : sequence of float
        Of the same table with its rows permuted among the keys, at least two.

    References
    ----------
    Whitmore 1986, "Prediction limits for a univariate normal observation", The American Statistician 40.

    Examples
    --------
    >>> noise_p_value(0.0, [-1.0, 0.0, 1.0])
    0.5
    >>> noise_p_value(9.0, [-1.0, 0.0, 1.0]) < 0.02
    True
    """
    draws = np.asarray(noise, dtype=np.float64)
    spread = float(draws.std(ddof=1)) * np.sqrt(1.0 + 1.0 / len(draws))
    if spread <= _ROUNDING * max(np.abs(draws).max(), _ROUNDING):  # all draws alike, but for rounding
        return SMALLEST_P if gain > draws.max() + _ROUNDING else 1.0
    off = (gain - draws.mean()) / spread
    heavy = stats.t.sf(off * np.sqrt(_TAIL / (_TAIL - 2.0)), _TAIL)
    return max(float(stats.t.sf(off, len(draws) - 1)), float(heavy) if off > 0 else 0.0, SMALLEST_P)
