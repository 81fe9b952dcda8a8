"""Deal rows to parts that judge in turn: whole groups, or one stretch of time after another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.honest_split import RowDivision

__all__ = ["divide_groups", "divide_in_time"]

IntArray = NDArray[np.int64]
_LEAST_TRAINING = 0.3  # of the rows: below, a model of earlier rows says little of one that learns from all


def divide_groups(
    every: IntArray, first: IntArray, clusters: IntArray, sizes: tuple[int, int, int]
) -> tuple[RowDivision, ...]:
    """Return parts of whole clusters: the first as given, the others drawn at random from the other rows.

    Parameters
    ----------
    every, first : ndarray of int64
        All rows, and those of the first test part: none where it is drawn as well.
    clusters : ndarray of int64, shape (n_rows,)
        Of the whole table.
    sizes : tuple of (int, int, int)
        Rows of a test part, number of parts at most, and the seed.

    Examples
    --------
    >>> rows = np.arange(6)
    >>> made = divide_groups(rows, np.array([0, 1]), rows, (2, 2, 0))
    >>> [len(part.test) for part in made], made[0].training.tolist()
    ([2, 2], [2, 3, 4, 5])
    """
    size, most, seed = sizes
    tests, rest = [first] if len(first) else [], np.setdiff1d(every, first)
    units = np.unique(clusters[rest])
    order = np.random.default_rng(seed).permutation(len(units))
    place = np.empty(len(units), dtype=np.int64)
    place[order] = np.arange(len(units))
    at = place[np.searchsorted(units, clusters[rest])]
    ends = np.cumsum(np.bincount(at, minlength=len(units)))
    used = 0
    while len(tests) < most and used < len(units):
        before = int(ends[used - 1]) if used else 0
        upto = int(np.searchsorted(ends, before + size)) + 1
        upto = min(max(upto, used + 1), len(units))
        test = rest[(at >= used) & (at < upto)]
        if tests and len(test) < size / 2:
            break
        tests.append(test)
        used = upto
    parts = (_part(every, test, clusters) for test in tests)
    return tuple(part for part in parts if len(part.training) and len(part.test))


def _part(every: IntArray, test: IntArray, clusters: IntArray) -> RowDivision:
    apart = np.isin(clusters[every], clusters[test])
    return RowDivision(every[~apart], np.sort(test))


def divide_in_time(order: IntArray, clusters: IntArray, sizes: tuple[int, int]) -> tuple[RowDivision, ...]:
    """Return parts whose test rows are a stretch of time, the latest first, and whose training rows came before.

    Parameters
    ----------
    order : ndarray of int64
        Rows from the earliest to the latest.
    clusters : ndarray of int64, shape (n_rows,)
        Rows of one number do not stand on both sides.
    sizes : tuple of (int, int)
        Rows of a test part, and number of parts at most.

    Examples
    --------
    >>> rows = np.arange(10)
    >>> [(part.training.tolist(), part.test.tolist()) for part in divide_in_time(rows, rows, (3, 2))]
    [([0, 1, 2, 3, 4, 5, 6], [7, 8, 9]), ([0, 1, 2, 3], [4, 5, 6])]
    """
    size, most = sizes
    parts: list[RowDivision] = []
    end = len(order)
    while len(parts) < most and end:
        start = max(0, end - size)
        test, earlier = order[start:end], order[:start]
        earlier = earlier[~np.isin(clusters[earlier], clusters[test])]
        if parts and (len(earlier) < _LEAST_TRAINING * len(order) or len(test) < size / 2):
            break
        parts.append(RowDivision(np.sort(earlier), np.sort(test)))
        end = start
    return tuple(part for part in parts if len(part.training) and len(part.test))
