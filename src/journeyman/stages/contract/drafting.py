"""Which statements about a column are worth counting, by a sample of its rows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy.stats import gamma

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, LearnedCount, RowTest
from journeyman.entities.table import Table, to_block
from journeyman.stages.contract.counts import NAMED, on_a_scale

__all__ = ["believed_limits", "draft_rule", "text_pattern"]

FloatArray = NDArray[np.float64]

_SHARES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_FEW_NUMBERS = 20  # whole numbers that are codes rather than amounts
_REPEATED = 5.0  # rows of a value, in the mean, before its values count as all there are
_TAILS = (10, 30, 100, 300)
_DOUBT = 0.05  # with which a tail is heavier than it looks
_LEAST_TEXTS = 30
_LONGEST_PATTERN = 60


def draft_rule(table: Table, column: Column, storage: str, chance: float) -> ColumnRule:
    """Return a column's rule with every count at 0.

    Parameters
    ----------
    table : Table
        Rows in memory; a sample of larger tables.
    storage : str
        Of what type a typed file held the column.
    chance : float
        The probability of a single number beyond the limits among as many rows as the source has.
    """
    common = [LearnedCount(RowTest.MISSING, None, 0), LearnedCount(RowTest.UNREADABLE, None, 0)]
    if on_a_scale(column.kind):
        return _scale_rule(table, column, storage, chance, common)
    texts = [str(v) for v in table.frame[column.name].dropna().tolist()]
    if column.kind is Kind.IMAGE or not texts:
        return ColumnRule(column, storage, learned=tuple(common))
    distinct = len(set(texts))
    if not column.kind.categorical and column.kind not in (Kind.BOOLEAN, Kind.CONSTANT):
        closed = distinct * _REPEATED <= len(texts) and distinct <= _FEW_NUMBERS
    else:
        closed = distinct <= NAMED and (distinct * 2 <= len(texts) or distinct == 1)
    if closed:
        return ColumnRule(column, storage, closed=True, learned=tuple(common))
    lengths = np.array([len(t) for t in texts], dtype=np.float64)
    for edge in _edges(lengths):
        common += [LearnedCount(RowTest.SHORTER, edge, 0), LearnedCount(RowTest.LONGER, edge, 0)]
    pattern = text_pattern(texts)
    if pattern:
        common.append(LearnedCount(RowTest.UNLIKE, None, 0))
    return ColumnRule(column, storage, pattern=pattern, learned=tuple(common))


def _scale_rule(table: Table, column: Column, storage: str, chance: float, common: list[LearnedCount]) -> ColumnRule:
    values = to_block(table.frame, (column,))[column.name].astype(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return ColumnRule(column, storage, learned=tuple(common))
    limits = believed_limits(values, max(table.source_rows, len(values)), chance)
    distinct = len(np.unique(values))
    few = column.kind is Kind.INTEGER and distinct <= _FEW_NUMBERS and distinct * _REPEATED <= len(values)
    if column.kind is Kind.DATETIME:  # later rows come later: that is no fault
        common.append(LearnedCount(RowTest.BELOW, float(values.min()), 0))
        return ColumnRule(column, storage, learned=tuple(common))
    for edge in [float(values.min()), float(values.max())] if few else _edges(values):
        common += [LearnedCount(RowTest.BELOW, edge, 0), LearnedCount(RowTest.ABOVE, edge, 0)]
    return ColumnRule(column, storage, closed=few, limits=limits, learned=tuple(common))


def _edges(values: FloatArray) -> list[float]:
    """Return values of the sample to compare with: the least, the greatest, and those at nine shares of the rows."""
    inner = np.quantile(values, _SHARES, method="inverted_cdf")
    return sorted({float(values.min()), float(values.max()), *map(float, inner)})


def believed_limits(values: FloatArray, rows: int, chance: float) -> tuple[float, float] | None:
    """Return bounds that so many further values all keep, but for a chance, by how their extremes lie apart.

    The distances of the most extreme values from the median are taken for a Pareto tail, the heaviest that is usual:
    one over its exponent is the mean logarithm of distances over the k-th (Hill 1975), k times which has a gamma
    distribution, so that the estimate gets an upper bound. Of several k the heaviest tail counts. A lighter tail is
    nearer than the bounds, so they err towards belief.

    Parameters
    ----------
    values : ndarray of shape (n_samples,)
        Finite numbers.
    rows : int
        How many further values are to keep the bounds.
    chance : float
        Probability that one does not.

    Returns
    -------
    (float, float) or None
        None where too few values say anything.

    Examples
    --------
    >>> low, high = believed_limits(np.random.default_rng(0).normal(50, 10, 1000), 1000, 1e-4)
    >>> low < -50 and 150 < high < 50_000
    True
    """
    middle = float(np.median(values))
    ends = []
    for sign in (-1.0, 1.0):
        distances = np.sort(sign * (values - middle))[::-1]
        distances = distances[distances > 0]
        reach = _tail_reach(distances, len(values), rows, chance)
        if reach is None:
            return None
        ends.append(middle + sign * reach)
    return _rounded(ends[0], -1.0), _rounded(ends[1], 1.0)


def _rounded(value: float, sign: float) -> float:
    """Return a bound with three figures, rounded outwards."""
    if value == 0.0 or not math.isfinite(value):
        return value
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
    return float(f"{sign * math.ceil(sign * value / step) * step:.6g}")


def _tail_reach(distances: FloatArray, seen: int, rows: int, chance: float) -> float | None:
    reaches = []
    for k in _TAILS:
        if len(distances) < 4 * k or k > max(_TAILS[0], math.sqrt(seen)):
            break  # a longer part of the values is no tail
        base = float(distances[k])
        exponent = float(np.mean(np.log(distances[:k] / base))) * k / _doubted(k)
        reaches.append(math.log(base) + max(exponent, 0.05) * math.log(k / seen * rows / chance))
    return math.exp(min(max(reaches), 700.0)) if reaches else None


@cache
def _doubted(k: int) -> float:
    """Return what the sum of k exponential values exceeds but for the doubt: k of a few, and slow to find."""
    return float(gamma.ppf(_DOUBT, k))


def text_pattern(texts: Sequence[str]) -> str:
    """Return a regular expression for the form that all texts have in common, "" where there is none worth naming.

    Runs of digits, small and large letters count as such, with their lengths; all other signs stand for themselves.

    Examples
    --------
    >>> text_pattern([f"AB-{i:04d}" for i in range(40)])
    '[A-Z]{2}-[0-9]{4}'
    >>> text_pattern(["a text of words", "other words"] * 20)
    ''
    """
    if len(texts) < _LEAST_TEXTS or max(map(len, texts)) > _LONGEST_PATTERN:
        return ""
    shapes = {tuple(_runs(t)) for t in texts}
    classes = {tuple(c for c, _ in shape) for shape in shapes}
    if len(classes) != 1:
        return ""
    (form,) = classes
    if not any(c in _CLASSES for c in form) or " " in form:
        return ""
    parts = []
    for k, sign in enumerate(form):
        lengths = sorted({shape[k][1] for shape in shapes})
        often = f"{{{lengths[0]}}}" if len(lengths) == 1 else "+"
        parts.append((sign if sign in _CLASSES else _SPECIAL.sub(r"\\\g<0>", sign)) + ("" if often == "{1}" else often))
    return "".join(parts)


_CLASSES = ("[0-9]", "[A-Z]", "[a-z]")
_SPECIAL = re.compile(r"[\\^$.|?*+()\[\]{}]")


def _runs(text: str) -> list[tuple[str, int]]:
    return [(sign, len(list(run))) for sign, run in groupby(text, _class)]


def _class(sign: str) -> str:
    if sign.isascii() and sign.isalnum():
        return "[0-9]" if sign.isdigit() else "[A-Z]" if sign.isupper() else "[a-z]"
    return sign
