"""Deal rows, or whole groups of rows, into parts that resemble each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["assign_groups", "assign_rows"]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_MOST_STRATA = 200
_GREEDY_GROUPS = 5_000


def assign_rows(strata: IntArray, shares: FloatArray, rng: np.random.Generator) -> IntArray:
    """Deal rows into parts of the given shares, each stratum as evenly as its size allows.

    A stratum with fewer rows than parts gives none to a part below one half (the holdout), so that no class is kept
    wholly from training.

    Examples
    --------
    >>> part = assign_rows(np.repeat([0, 1], [80, 20]), np.array([0.2, 0.8]), np.random.default_rng(0))
    >>> np.bincount(part), np.bincount(part[80:])
    (array([20, 80]), array([ 4, 16]))
    """
    n_rows = len(strata)
    order = rng.permutation(n_rows)
    order = order[np.argsort(strata[order], kind="stable")]
    if len(shares) == 2 and shares[0] < 0.5:
        return _hold_out(strata, order, shares[0], rng)
    # Systematic dealing along the sorted rows: positions modulo the parts, so that sizes differ by one at most.
    places = (np.arange(n_rows) + rng.integers(len(shares))) % len(shares)
    part = np.empty(n_rows, dtype=np.int64)
    part[order] = places
    return part


def _hold_out(strata: IntArray, order: IntArray, share: float, rng: np.random.Generator) -> IntArray:
    counts = np.bincount(strata)
    exact = counts * share
    take = np.floor(exact).astype(np.int64)
    wanted = round(float(exact.sum()))
    rest = exact - take + 1e-9 * rng.random(len(counts))
    rest[counts < 5] = -1.0  # too few to spare one
    take[counts < 5] = 0
    for stratum in np.argsort(-rest, kind="stable"):
        if take.sum() >= wanted or rest[stratum] < 0:
            break
        take[stratum] += 1
    part = np.ones(len(strata), dtype=np.int64)
    starts = np.cumsum(counts) - counts
    rank = np.arange(len(strata)) - starts[strata[order]]
    part[order[rank < take[strata[order]]]] = 0
    return part


def assign_groups(groups: IntArray, strata: IntArray, shares: FloatArray, rng: np.random.Generator) -> IntArray:
    """Deal whole groups into parts of the given shares, balancing rows and strata.

    Few groups are placed one by one, the largest first, where they are missed most (as in scikit-learn's
    ``StratifiedGroupKFold``); many are dealt by systematic sampling from groups sorted by stratum and size.

    Examples
    --------
    >>> groups = np.repeat(np.arange(20), 5)
    >>> part = assign_groups(groups, groups % 2, np.array([0.2, 0.8]), np.random.default_rng(0))
    >>> np.bincount(part), all(len(set(part[groups == g])) == 1 for g in range(20))
    (array([20, 80]), True)
    """
    size = int(groups.max()) + 1
    if size <= _GREEDY_GROUPS:
        return _one_by_one(groups, strata, shares, rng)[groups]
    return _systematic(groups, strata, shares, rng)[groups]


def _one_by_one(groups: IntArray, strata: IntArray, shares: FloatArray, rng: np.random.Generator) -> IntArray:
    size, kinds = int(groups.max()) + 1, int(strata.max()) + 1
    if kinds > _MOST_STRATA:
        strata, kinds = np.zeros_like(strata), 1
    cells = np.bincount(groups * kinds + strata, minlength=size * kinds).reshape(size, kinds).astype(np.float64)
    totals = np.maximum(cells.sum(axis=0), 1.0)
    rows = cells.sum(axis=1)
    whole = rows.sum()
    order = rng.permutation(size)
    order = order[np.argsort(-rows[order], kind="stable")]
    filled = np.zeros((len(shares), kinds))
    part = np.empty(size, dtype=np.int64)
    for group in order:
        after = filled + cells[group]
        # How full each part would be against its share: of the rows as a whole, and of the group's own strata.
        fullness = after.sum(axis=1) / (whole * shares)
        own = cells[group] > 0
        balance = (after[:, own] / (totals[own] * shares[:, None])).mean(axis=1)
        chosen = int(np.argmin(np.round(fullness + balance, 12)))
        part[group] = chosen
        filled[chosen] = after[chosen]
    for empty in np.flatnonzero(filled.sum(axis=1) == 0):
        crowded = int(np.argmax(np.bincount(part, minlength=len(shares))))
        smallest = min(np.flatnonzero(part == crowded), key=lambda g: (rows[g], g))
        part[smallest] = empty
    return part


def _systematic(groups: IntArray, strata: IntArray, shares: FloatArray, rng: np.random.Generator) -> IntArray:
    size = int(groups.max()) + 1
    rows = np.bincount(groups, minlength=size)
    typical = np.round(np.bincount(groups, weights=strata, minlength=size) / np.maximum(rows, 1)).astype(np.int64)
    order = rng.permutation(size)
    order = order[np.lexsort((-rows[order], typical[order]))]
    # A low-discrepancy walk over the unit interval gives every stretch of the sorted groups each part's share.
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    walk = (rng.random() + golden * np.arange(size)) % 1.0
    part = np.empty(size, dtype=np.int64)
    part[order] = np.minimum(np.searchsorted(np.cumsum(shares), walk, side="right"), len(shares) - 1)
    return part
