"""Columns that could be predicted, and why the others are no use cases."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table
from journeyman.entities.use_case import RefusedTarget

__all__ = ["possible_targets"]

_LEAST_LABELS = 30
_MOST_CLASSES = 60
_LEAST_OF_CLASS = 2
_ROWS_PER_VALUE = 3
_MOST_ROWS = 5_000
_MANY = 20
_IDENTIFIES = re.compile(r"(?:^|[_\W])(?:id|ids|uuid|guid)(?:$|[_\W])|[a-z]I[Dd]$", re.ASCII)
_REASONS = {
    Kind.IDENTIFIER: "it tells rows apart, and nothing about them can be learned from others",
    Kind.CONSTANT: "it has the same value in every row",
    Kind.TEXT: "it holds free texts, which are no classes",
    Kind.DATETIME: "it holds dates; a number of days until then could be a target",
    Kind.IMAGE: "it holds images",
}


def possible_targets(table: Table) -> tuple[tuple[str, ...], tuple[RefusedTarget, ...]]:
    """Return the columns that could be predicted, in the order of the table, and the others with the reason.

    Parameters
    ----------
    table : Table
        As ingested, without a target.

    Examples
    --------
    >>> frame = pd.DataFrame({"x": np.arange(40.0) % 7, "one": np.ones(40)})
    >>> columns = (Column("x", Kind.INTEGER), Column("one", Kind.CONSTANT))
    >>> targets, refused = possible_targets(Table("t", frame, columns, "", 40))
    >>> targets, refused[0].reason
    (('x',), 'it has the same value in every row')
    """
    frame = table.frame
    if len(frame) > _MOST_ROWS:
        frame = frame.iloc[np.linspace(0, len(frame) - 1, _MOST_ROWS).astype(np.int64)]
    codes = {c.name: _codes(frame[c.name]) for c in table.columns if c.kind not in _REASONS}
    targets, refused = [], []
    for column in table.columns:
        reason = _REASONS.get(column.kind) or _unfit(column, frame[column.name]) or _looked_up(column, codes)
        if reason:
            refused.append(RefusedTarget(table.name, column.name, reason))
        else:
            targets.append(column.name)
    return tuple(targets), tuple(refused)


def _codes(values: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return values.factorize(use_na_sentinel=True)[0].astype(np.int64)


def _unfit(column: Column, values: pd.Series) -> str:
    """Return why a column of values that could be learned cannot be here, or nothing."""
    known = values.dropna()
    if len(known) < _LEAST_LABELS:
        return f"only {len(known)} of its rows have a value"
    counts = known.value_counts()
    counts = counts[counts > 0]
    if len(counts) < 2:
        return "it has the same value in every row that has one"
    if column.kind is Kind.INTEGER and len(counts) == len(known) and _is_count(known):
        return "it numbers the rows"
    if column.kind in (Kind.INTEGER, Kind.NUMBER) and len(counts) > _MANY and _IDENTIFIES.search(column.name):
        return "its name says that it identifies something, and nothing depends on such a number"
    if not column.kind.categorical:
        return ""
    if len(counts) > _MOST_CLASSES:
        return f"it has {len(counts)} classes, too many for the rows of each"
    if int((counts >= _LEAST_OF_CLASS).sum()) < 2:
        return f"all its classes but one have fewer than {_LEAST_OF_CLASS} rows"
    return ""


def _is_count(known: pd.Series) -> bool:
    values = np.sort(known.to_numpy(np.float64))
    return bool(values[-1] - values[0] < 1.5 * len(values))


def _looked_up(column: Column, codes: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]]) -> str:
    """Return which column says the same in other words, or nothing: then no model is needed."""
    own = codes[column.name]
    for name, other in codes.items():
        if name == column.name:
            continue
        both = (own >= 0) & (other >= 0)
        if both.sum() < max(_LEAST_LABELS, 0.9 * (own >= 0).sum()):
            continue
        values = len(np.unique(other[both]))
        if both.sum() < _ROWS_PER_VALUE * values or len(np.unique(own[both])) < 2:
            continue
        if len(np.unique(np.column_stack([own[both], other[both]]), axis=0)) == values:
            return f"rows of one '{name}' all have the same value of it: it can be looked up instead"
    return ""
