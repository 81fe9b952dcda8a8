"""Which columns are keys, fix each other or come in an order, by a sample of rows with strong support only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations, permutations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import DependencyRule, KeyRule, OrderRule
from journeyman.entities.table import Table, to_block
from journeyman.stages.contract.counts import on_a_scale

__all__ = ["find_dependencies", "find_keys", "find_orders"]

IntArray = NDArray[np.int64]

_LEAST_ROWS = 50
_SUPPORT = 30.0  # pairs of rows that independent columns would double, of which none did
_SURE = -40.0  # logarithm of the probability that a dependency is a coincidence
_PER_VALUE = 5  # rows of each value that fixes another, in the mean
_MOST_COLUMNS = 60
_REVERSED = 0.1  # share of rows that an order would be broken in, were the columns paired by chance
_WHOLE_ROWS = 200_000


def find_keys(table: Table) -> tuple[KeyRule, ...]:
    """Return single columns that repeat no value, else pairs of columns, else the whole row.

    A measurement that happens to repeat no value is no key: numbers with fractions are left out. Pairs count where
    independent columns would have shown at least 30 pairs of equal rows.
    """
    columns = [c for c in table.columns if c.kind not in (Kind.NUMBER, Kind.IMAGE, Kind.CONSTANT, Kind.BOOLEAN)]
    rows = len(table.frame)
    if rows < _LEAST_ROWS:
        return ()
    codes = {c.name: _codes(table, c) for c in columns}
    keys = [
        KeyRule((c.name,))
        for c in columns
        if _distinct(codes[c.name]) == rows and (c.kind is not Kind.INTEGER or _is_counted(table, c))
    ]
    if keys:
        return tuple(keys)
    for first, second in combinations([c.name for c in columns[:_MOST_COLUMNS]], 2):
        a, b = codes[first], codes[second]
        if a.min() < 0 or b.min() < 0 or _chance_pairs(a, b) < _SUPPORT:
            continue
        if _distinct(a * (int(b.max()) + 1) + b) == rows:
            return (KeyRule((first, second)),)
    if table.source_rows <= _WHOLE_ROWS and len(table.columns) > 1:
        whole = table.frame.dropna()
        if len(whole) >= _LEAST_ROWS and not bool(whole.duplicated().any()):
            return (KeyRule(tuple(c.name for c in table.columns)),)
    return ()


def _is_counted(table: Table, column: Column) -> bool:
    """Return whether whole numbers are a count of rows rather than amounts that happen to differ."""
    values = to_block(table.frame, (column,))[column.name].astype(np.float64)
    return bool(np.ptp(values) < 10.0 * len(values))


def _codes(table: Table, column: Column) -> IntArray:
    return np.asarray(table.frame[column.name].factorize()[0], dtype=np.int64)


def _distinct(codes: IntArray) -> int:
    """Return how many values there are; a missing one makes it no key."""
    return 0 if codes.min() < 0 else len(np.unique(codes))


def _pairs(codes: IntArray) -> float:
    counts = np.bincount(codes).astype(np.float64)
    return float((counts * (counts - 1)).sum() / 2)


def _chance_pairs(a: IntArray, b: IntArray) -> float:
    rows = len(a)
    return _pairs(a) * _pairs(b) / (rows * (rows - 1) / 2)


def find_dependencies(table: Table) -> tuple[DependencyRule, ...]:
    """Return which column's value is fixed by another's, where coincidence is out of the question.

    Were the two independent, rows of one value would all agree with the probability that rows at random do.
    """
    columns = [c for c in table.columns if c.kind.categorical or c.kind in (Kind.INTEGER, Kind.BOOLEAN, Kind.TEXT)]
    codes = {c.name: _codes(table, c) for c in columns[:_MOST_COLUMNS]}
    codes = {n: c for n, c in codes.items() if c.max() >= 1 and (c.max() + 1) * _PER_VALUE <= len(c)}
    found = []
    for given, fixed in permutations(codes, 2):
        a, b = codes[given], codes[fixed]
        known = (a >= 0) & (b >= 0)
        if known.sum() >= _LEAST_ROWS and _is_fixed(a[known], b[known]):
            found.append(DependencyRule(given, fixed))
    return tuple(found)


def _is_fixed(a: IntArray, b: IntArray) -> bool:
    pairs = np.unique(a * (int(b.max()) + 1) + b)
    sizes = np.bincount(a)
    if len(pairs) != np.count_nonzero(sizes):
        return False
    agreeing = float((np.bincount(b) / len(b)) @ (np.bincount(b) / len(b)))
    if agreeing >= 1.0:
        return False
    return float((sizes[sizes > 1] - 1).sum()) * math.log(agreeing) < _SURE


def find_orders(table: Table) -> tuple[OrderRule, ...]:
    """Return which number is never greater than another, where pairs at random would often be the other way about."""
    columns = [c for c in table.columns if on_a_scale(c.kind)][:_MOST_COLUMNS]
    block = to_block(table.frame, tuple(columns))
    found = []
    for lesser, greater in permutations(columns, 2):
        if (lesser.kind is Kind.DATETIME) is not (greater.kind is Kind.DATETIME):
            continue
        a, b = block[lesser.name].astype(np.float64), block[greater.name].astype(np.float64)
        known = np.isfinite(a) & np.isfinite(b)
        a, b = a[known], b[known]
        if len(a) < 2 * _LEAST_ROWS or bool((a > b).any()) or bool((a == b).all()):
            continue
        if float(np.mean(np.sort(b).searchsorted(a) / len(b))) >= _REVERSED:
            found.append(OrderRule(lesser.name, greater.name))
    return _without_chains(found)


def _without_chains(orders: Sequence[OrderRule]) -> tuple[OrderRule, ...]:
    """Leave out what follows from two others: a below c, of a below b and b below c."""
    pairs = {(o.lesser, o.greater) for o in orders}
    names = {name for pair in pairs for name in pair}
    return tuple(
        o
        for o in orders
        if not any((o.lesser, between) in pairs and (between, o.greater) in pairs for between in names)
    )
