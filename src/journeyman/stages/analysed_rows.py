"""Make the rows that analyses look at: columns as numbers, outputs of the target, which rows depend on one another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.analysed_rows import AnalysedRows, Output
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table, row_times, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.quality_rules.fingerprints import row_fingerprints

__all__ = ["RowSample", "limited", "make_rows", "part_rows", "rows_reach", "sample_rows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_MOST_ROWS, _LEAST_SAMPLE = 60_000, 8_000
_CELLS = 10_000_000
_MOST_CLASSES = 6
_HEAVY = 8.0  # kurtosis from which on a few values decide the mean
_LIMITS = (0.01, 0.99)
_BLOCKS = 40
_FEWEST_IN_BLOCK = 8
_DEPENDENT = 1.4
"""Times the variance that means of blocks have where rows do not depend on their neighbours."""


@dataclass(frozen=True)
class RowSample:
    """Rows of a table that are analysed, in the order of time where there is one.

    Attributes
    ----------
    positions : ndarray of int64
        In the table.
    times : ndarray or None
        When they happened.
    ordered : bool
        Whether neighbours may depend on one another.
    """

    positions: IntArray
    times: FloatArray | None
    ordered: bool


def sample_rows(table: Table, task: Task | None, rows: IntArray, columns: int, seed: int) -> RowSample:
    """Return which of the rows are looked at: all, or as many as a minute of one core can bear.

    Parameters
    ----------
    rows : ndarray of int64
        Positions that may be looked at.
    columns : int
        How many columns will be.
    """
    most = int(np.clip(_CELLS / max(1, columns), _LEAST_SAMPLE, _MOST_ROWS))
    time = _time_column(table, task)
    by_order = task is not None and task.scheme is Scheme.TIME
    if time is not None:
        known = row_times(table, time)
        rows = rows[np.isfinite(known[rows])] if by_order else rows
        order = np.argsort(known[rows], kind="stable")
        rows = rows[order]
        times: FloatArray | None = known
    elif by_order:
        times = np.arange(len(table.frame), dtype=np.float64)
    else:
        times = None
    if len(rows) > most:
        spread = np.linspace(0, len(rows) - 1, most).astype(np.int64)
        chosen = spread if times is not None else np.sort(np.random.default_rng(seed).permutation(len(rows))[:most])
        rows = rows[chosen]
    return RowSample(rows, None if times is None else times[rows], times is not None and (by_order or task is None))


def _time_column(table: Table, task: Task | None) -> str | None:
    if task is not None and task.scheme is Scheme.TIME:
        return task.time_column
    dates = [c for c in table.columns if c.kind is Kind.DATETIME and (task is None or c.name != task.target)]
    return dates[0].name if dates else None


def make_rows(table: Table, task: Task | None, sample: RowSample, columns: tuple[Column, ...]) -> AnalysedRows:
    """Return the sampled rows as analyses see them.

    Parameters
    ----------
    columns : tuple of Column
        Those that are looked at.
    """
    frame = table.frame.iloc[sample.positions]
    values: dict[str, FloatArray] = {}
    for column in columns:
        plain = to_block(frame[[column.name]], (column,))[column.name].astype(np.float64)
        values[column.name] = np.where(np.isfinite(plain) & ~((plain < 0) & column.kind.categorical), plain, np.nan)
    outputs = () if task is None else _outputs(target_values(table, task.target)[sample.positions], table, task)
    clusters = _clusters(table, task, sample, columns)
    serial = sample.ordered and _dependent(outputs, values)
    if serial:
        blocks = max(1, min(_BLOCKS, len(frame) // _FEWEST_IN_BLOCK))
        clusters = (np.arange(len(frame)) * blocks // max(1, len(frame))).astype(np.int64)
    target = "" if task is None else task.target
    return AnalysedRows(columns, values, outputs, target, clusters, serial, sample.times)


def _outputs(y: FloatArray, table: Table, task: Task) -> tuple[Output, ...]:
    if not task.labels:
        unit = table.column(task.target).unit or ""
        return (Output(task.target, limited(y), False, unit),)
    if len(task.labels) == 2:
        return (Output(task.labels[1], y, True),)
    counts = np.bincount(y.astype(np.int64), minlength=len(task.labels))
    most = np.argsort(-counts, kind="stable")[:_MOST_CLASSES]
    return tuple(Output(task.labels[c], (y == c).astype(np.float64), True) for c in most if counts[c])


def limited(y: FloatArray) -> FloatArray:
    """Return values with the highest and the lowest hundredth limited, where a few of them decide the mean.

    Examples
    --------
    >>> limited(np.arange(200.0)).max(), limited(np.append(np.zeros(199), 1e9)).max()
    (np.float64(199.0), np.float64(0.0))
    """
    if len(y) < 10 or y.std() == 0 or float(stats.kurtosis(y / np.abs(y).max())) < _HEAVY:
        return y
    return np.clip(y, *np.quantile(y, _LIMITS))


def _clusters(table: Table, task: Task | None, sample: RowSample, columns: tuple[Column, ...]) -> IntArray:
    """Return a number a row that copies share, and members of one group."""
    n = len(sample.positions)
    if task is not None and task.scheme is Scheme.GROUPED and task.group_column is not None:
        codes, _ = table.frame[task.group_column].iloc[sample.positions].factorize(use_na_sentinel=True)
        lone = codes < 0
        codes = codes.astype(np.int64)
        codes[lone] = codes.max(initial=-1) + 1 + np.arange(int(lone.sum()))
        return codes
    looked_at = (*columns, *((table.column(task.target),) if task is not None else ()))
    if not looked_at:
        return np.arange(n)
    prints = np.unique(row_fingerprints(table, looked_at, sample.positions), return_inverse=True)[1].astype(np.int64)
    # Where columns have few values, rows agree by chance and are no copies.
    return prints if int(prints.max(initial=0)) + 1 >= n / 2 else np.arange(n)


def _dependent(outputs: tuple[Output, ...], values: dict[str, FloatArray]) -> bool:
    """Say whether neighbours in time are alike beyond a trend, by the variance of the means of blocks."""
    asked = [output.values for output in outputs] or list(values.values())
    return any(_variance_ratio(v) > _DEPENDENT for v in asked)


def _variance_ratio(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    n = len(known) // _BLOCKS * _BLOCKS
    if n < 4 * _BLOCKS or known.std() == 0:
        return 0.0
    ranks = stats.rankdata(known[:n])
    place = np.arange(n, dtype=np.float64)
    ranks = ranks - np.polyval(np.polyfit(place, ranks, 1), place)
    means = ranks.reshape(_BLOCKS, -1).mean(axis=1)
    return float(means.var(ddof=2) * (n / _BLOCKS) / max(float(ranks.var()), 1e-300))


def rows_reach(table: Table, rows: IntArray) -> str:
    """Return a digest of which rows of which table may be looked at."""
    return hashlib.sha256(table.digest.encode() + np.ascontiguousarray(rows, dtype=np.int64).tobytes()).hexdigest()[:16]


def part_rows(rows: AnalysedRows, shares: tuple[float, ...], seed: int) -> tuple[IntArray, ...]:
    """Part rows so that no cluster is in two parts; blocks of time take turns.

    Examples
    --------
    >>> rows = AnalysedRows((), {}, (), "", np.array([0, 0, 1, 2, 3, 4]))
    >>> [len(part) for part in part_rows(rows, (0.5, 0.5), 0)]
    [3, 3]
    """
    _, clusters, sizes = np.unique(rows.clusters, return_inverse=True, return_counts=True)
    wanted = np.asarray(shares) * len(clusters)
    filled = np.zeros(len(shares))
    part = np.zeros(len(sizes), dtype=np.int64)
    lone = sizes == 1
    rng = np.random.default_rng(seed)
    order = np.arange(len(sizes)) if rows.serial else rng.permutation(len(sizes))
    ordered = order if rows.serial else order[np.argsort(-sizes[order], kind="stable")]
    several = ordered if rows.serial else ordered[~lone[ordered]]
    for cluster in several:
        side = int(np.argmin((filled + sizes[cluster] / 2) / np.maximum(wanted, 1e-9)))
        part[cluster] = side
        filled[side] += sizes[cluster]
    if not rows.serial:
        rest = ordered[lone[ordered]]
        missing = np.maximum(wanted - filled, 0.0)
        cuts = np.cumsum(missing / max(missing.sum(), 1e-9) * len(rest))[:-1].round().astype(np.int64)
        for side, chosen in enumerate(np.split(rest, cuts)):
            part[chosen] = side
    return tuple(np.flatnonzero(part[clusters] == side) for side in range(len(shares)))
