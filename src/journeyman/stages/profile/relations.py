"""How columns relate: to the target, each alone, and numbers to each other. On training rows, never the holdout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Task

__all__ = ["associations", "correlations", "training_rows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ROWS = 50_000
_GROUPS = 20
_COLUMNS = 300
_PAIRS = 50
_LEAST_ROWS = 10


def training_rows(split: Split | None, rows: int) -> IntArray:
    """Return at most 50,000 training rows, evenly spread, so that an order in time is kept; of all without a split."""
    train = np.arange(rows, dtype=np.int64) if split is None else split.train
    if len(train) <= _ROWS:
        return train
    return train[np.linspace(0, len(train) - 1, _ROWS).astype(np.int64)]


def associations(table: Table, task: Task, rows: IntArray) -> dict[str, float]:
    """Return how much each column alone tells about the target, 0 to 1.

    Values are put into at most 20 groups (quantiles, the most frequent categories, missing). For labels, Theil's
    uncertainty coefficient I(X; Y) / H(Y) (Theil 1970), with the bias of small tables taken off (Miller 1955); for
    numbers, the share of variance between groups, adjusted (epsilon squared, Kelley 1935), on ranks, so that a few
    great values do not decide. Columns of texts that hardly repeat are left out.
    """
    y = target_values(table, task.target)[rows]
    found = {}
    for column in table.columns:
        groups = None if column.name == task.target else _groups(table, column, rows)
        if groups is None:
            continue
        strength = _uncertainty(groups, y.astype(np.int64)) if task.labels else _epsilon(groups, y)
        found[column.name] = float(np.clip(strength, 0.0, 1.0))
    return found


def _groups(table: Table, column: Column, rows: IntArray) -> IntArray | None:
    # The column first: rows of the whole frame would be copied once for each column.
    values = to_block(table.frame[[column.name]].iloc[rows], (column,))[column.name]
    if values.dtype == object:
        texts, codes = np.unique(np.array(["" if v is None else str(v) for v in values]), return_inverse=True)
        if len(texts) > 0.5 * len(values):
            return None
        return _most_frequent(codes.astype(np.int64))
    if column.kind.categorical:
        return _most_frequent(values.astype(np.int64) + 1)
    numbers = values.astype(np.float64)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return None
    edges = np.unique(np.quantile(known, np.linspace(0, 1, _GROUPS)[1:-1]))
    groups = np.searchsorted(edges, numbers, side="right") + 1
    groups[np.isnan(numbers)] = 0
    return groups.astype(np.int64)


def _most_frequent(codes: IntArray) -> IntArray:
    """Return codes with all but the most frequent put together."""
    counts = np.bincount(codes)
    if len(counts) <= _GROUPS:
        return codes
    renamed = np.full(len(counts), _GROUPS - 1)
    top = np.lexsort((np.arange(len(counts)), -counts))[: _GROUPS - 1]
    renamed[top] = np.arange(len(top))
    return renamed[codes].astype(np.int64)


def _entropy(counts: FloatArray, n: int) -> float:
    some = counts[counts > 0]
    return float(-(some / n) @ np.log(some / n)) + (len(some) - 1) / (2 * n)


def _uncertainty(groups: IntArray, y: IntArray) -> float:
    n, labels = len(y), int(y.max()) + 1
    cells = np.bincount(groups * labels + y, minlength=labels).astype(np.float64)
    h_y = _entropy(np.bincount(y).astype(np.float64), n)
    h_x = _entropy(np.bincount(groups).astype(np.float64), n)
    return (h_x + h_y - _entropy(cells, n)) / h_y if h_y > 0 else 0.0


def _epsilon(groups: IntArray, y: FloatArray) -> float:
    ranks = np.argsort(np.argsort(y, kind="stable"), kind="stable").astype(np.float64)
    _, places = np.unique(y, return_inverse=True)
    ranks = (np.bincount(places, ranks) / np.bincount(places))[places]
    counts = np.bincount(groups).astype(np.float64)
    used = counts > 0
    n, k = len(y), int(used.sum())
    total = float(np.sum((ranks - ranks.mean()) ** 2))
    if total == 0 or n <= k:
        return 0.0
    means = np.bincount(groups, ranks)[used] / counts[used]
    between = float(counts[used] @ (means - ranks.mean()) ** 2)
    return 1 - (total - between) / (n - k) / (total / (n - 1))


def correlations(table: Table, rows: IntArray) -> tuple[tuple[str, str, float], ...]:
    """Return the strongest pairs of numbers, Pearson over rows that have both, at most 50, at most 300 columns."""
    columns = [c for c in table.columns if c.kind in (Kind.NUMBER, Kind.INTEGER)][:_COLUMNS]
    if len(columns) < 2:
        return ()
    names = [c.name for c in columns]
    block = to_block(table.frame[names].iloc[rows], tuple(columns))
    x = np.column_stack([block[c.name].astype(np.float64) for c in columns])
    x[~np.isfinite(x)] = np.nan
    known = ~np.isnan(x)
    counts = np.maximum(known.sum(axis=0), 1)
    x = np.where(known, x, 0.0)
    largest = np.abs(x).max(axis=0, initial=0.0)
    x /= np.where(largest > 0, largest, 1.0)  # so that squares of the largest and the smallest numbers are numbers
    x = np.where(known, x - x.sum(axis=0) / counts, 0.0)
    scale = np.sqrt((x**2).sum(axis=0) / counts)
    x /= np.where(scale > 0, scale, 1.0)
    m = known.astype(np.float64)
    n = np.maximum(m.T @ m, 1.0)
    mean = x.T @ m / n  # of the first column over rows that have both
    covariance = x.T @ x / n - mean * mean.T
    variance = np.maximum((x**2).T @ m / n - mean**2, 0.0)
    below = np.sqrt(variance * variance.T)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.where((below > 1e-9) & (n >= _LEAST_ROWS), covariance / below, 0.0)
    first, second = np.triu_indices(len(columns), 1)
    strength = np.clip(r[first, second], -1, 1)
    some = np.flatnonzero(strength)
    if len(some) > _PAIRS:  # names break ties, so all that are as strong as the last one are looked at
        least = np.sort(np.abs(strength[some]))[-_PAIRS]
        some = some[np.abs(strength[some]) >= least]
    pairs = [(names[first[i]], names[second[i]], float(strength[i])) for i in some.tolist()]
    return tuple(sorted(pairs, key=lambda p: (-abs(p[2]), p[0], p[1]))[:_PAIRS])
