"""Which rows a rule looks at, and their values as plain arrays, so that no rule's cost grows without bound."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task

__all__ = [
    "candidate_columns",
    "codes_of",
    "group_means",
    "known_target",
    "not_applicable",
    "numbers",
    "sample_rows",
    "share",
    "target_numbers",
]

Rows = NDArray[np.int64]
FloatArray = NDArray[np.float64]


def sample_rows(n_rows: int, limit: int, seed: int) -> Rows:
    """Return at most ``limit`` row positions, drawn evenly over the table, ascending.

    Examples
    --------
    >>> sample_rows(3, 10, seed=0)
    array([0, 1, 2])
    >>> len(sample_rows(1_000_000, 500, seed=0))
    500
    """
    if n_rows <= limit:
        return np.arange(n_rows, dtype=np.int64)
    # One row from each of `limit` equal stretches: as even as systematic sampling, without its trouble with cycles.
    edges = np.linspace(0, n_rows, limit + 1).astype(np.int64)
    offsets = np.random.default_rng(seed).random(limit) * np.diff(edges)
    drawn: Rows = edges[:-1] + offsets.astype(np.int64)
    return drawn


def candidate_columns(table: Table, task: Task) -> tuple[Column, ...]:
    """Return the columns that could become features: all but the target and what the user set aside."""
    return tuple(c for c in table.features if c.name != task.target)


def numbers(table: Table, column: Column, rows: Rows | None = None) -> FloatArray:
    """Return a numeric or date column as float64 (dates in seconds since 1970), NaN where missing."""
    values = table.frame[column.name]
    if rows is not None:
        values = values.iloc[rows]
    if column.kind is Kind.DATETIME:
        micros = values.to_numpy("datetime64[us]")
        return np.where(np.isnat(micros), np.nan, micros.astype(np.int64) / 1e6)
    return values.to_numpy(np.float64)


def codes_of(table: Table, column: Column, rows: Rows | None = None) -> NDArray[np.int64]:
    """Return whole numbers from 0 that stand for the values of a column of any kind; -1 where missing."""
    values = table.frame[column.name]
    if rows is not None:
        values = values.iloc[rows]
    if column.kind.categorical:
        return np.asarray(values.cat.codes, dtype=np.int64)
    codes, _ = values.factorize(use_na_sentinel=True)
    return codes.astype(np.int64)


def target_numbers(table: Table, task: Task, rows: Rows | None = None) -> FloatArray:
    """Return the target as label numbers (classification) or values (regression), NaN where missing."""
    column = table.column(task.target)
    if task.labels:
        codes = codes_of(table, column, rows).astype(np.float64)
        codes[codes < 0] = np.nan
        return codes
    if column.kind.numeric or column.kind is Kind.DATETIME:
        return numbers(table, column, rows)
    return np.full(len(table.frame) if rows is None else len(rows), np.nan)


def known_target(table: Table, task: Task, limit: int, seed: int) -> tuple[Rows, FloatArray]:
    """Return sampled rows whose target is known, and their targets."""
    rows = sample_rows(len(table.frame), limit, seed)
    y = target_numbers(table, task, rows)
    known = np.isfinite(y)
    return rows[known], y[known]


def group_means(codes: NDArray[np.int64], values: FloatArray) -> FloatArray:
    """Return the mean of ``values`` in each group of ``codes`` (whole numbers from 0)."""
    size = int(codes.max()) + 1 if len(codes) else 0
    counts = np.bincount(codes, minlength=size)
    sums = np.bincount(codes, weights=values, minlength=size)
    return sums / np.maximum(counts, 1)


def share(value: float) -> str:
    """Write a share in words that stay honest near 0 and 1.

    Examples
    --------
    >>> share(0.25), share(0.0004), share(0.99996), share(1.0)
    ('25 %', '0.04 %', '99.996 %', '100 %')
    """
    if 0.0 < value < 0.01:
        return f"{100 * value:.2g} %"
    if 0.99 < value < 1.0:
        return f"{100 - float(f'{100 * (1.0 - value):.1g}'):.10g} %"
    return f"{100 * value:.3g} %"


def not_applicable(code: str, why: str, *subject: str) -> Finding:
    """Return the finding that a rule could not be applied."""
    return Finding(code, Severity.NOT_APPLICABLE, subject, why)
