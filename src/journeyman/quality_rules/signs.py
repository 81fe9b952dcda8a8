"""Signs that a strong column is no feature but the answer in another form, or was written down with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.quality_rules import names
from journeyman.quality_rules.sampling import Rows, codes_of, numbers

__all__ = ["sign_of"]

FloatArray = NDArray[np.float64]
_EXCEPTIONS = 0.002  # share of the rows that may break a rule: typing errors
_FEW_VALUES = 50  # of a column that spells classes out
_FEWEST = 10  # rows, for a part of them to count as a part
_AGREE = 0.995
_ADDED = frozenset(["total", "cost", "loss", "claim", "claims", "duration", "actual", "reason", "response", "elapsed"])
"""Words of things that may be known only afterwards, and as often are a feature."""


def sign_of(table: Table, task: Task, column: Column, rows: Rows, y: FloatArray) -> str:
    """Return what speaks against a strong column besides its strength, in words; empty where nothing does.

    Its name says that it is the answer or comes after it; its values are the target's in another form (a copy, another
    unit, other names of the classes); or it is filled in only where the target has a certain value.

    Parameters
    ----------
    rows, y : ndarray of shape (n_samples,)
        Rows of the table, and their class codes or values.
    """
    by_name = _by_name(column.name, task.target)
    if by_name:
        return by_name
    numeric = column.kind.numeric or column.kind is Kind.DATETIME
    values = numbers(table, column, rows) if numeric else codes_of(table, column, rows).astype(np.float64)
    known = np.isfinite(values) & ((values >= 0) if not numeric else True)
    filled = _filled_with(values, known, y, task)
    if filled:
        return filled
    if task.labels:
        # A number that passes a threshold is a feature; one that has as many values as there are classes is a code.
        return _names_classes(values, known, y, len(task.labels) if numeric else _FEW_VALUES)
    return _follows(values[known], y[known]) if numeric and known.mean() > 0.5 else ""


def _by_name(name: str, target: str) -> str:
    common = names.shared_words(name, target)
    if common:
        return f"shares the word '{common[0]}' with the target"
    after = [word for word in names.words(name) if names.is_afterwards(word) and word not in _ADDED]
    return "has the name of something known only afterwards" if after or names.is_outcome(name) else ""


def _filled_with(values: FloatArray, known: NDArray[np.bool_], y: FloatArray, task: Task) -> str:
    """Say that a column is filled in, or not zero, exactly where the target has, or has not, one value."""
    usual, counts = np.unique(y, return_counts=True)
    answer = usual[int(counts.argmax())]
    there = y != answer
    if not _is_part(there):
        return ""
    if _is_part(~known) and max(_agreement(known, there), _agreement(~known, there)) >= _AGREE:
        return f"is filled in exactly where '{task.target}' has, or has not, a certain value"
    present = known & (values != 0.0)
    # A zero that stands for "none" goes with a target that is none.
    zero = not task.labels and answer == 0.0 and _is_part(~present)
    if zero and _agreement(present, there) >= _AGREE and len(np.unique(values[known])) > 2:
        return f"differs from zero exactly where '{task.target}' does"
    return ""


def _is_part(flags: NDArray[np.bool_]) -> bool:
    return _FEWEST <= int(flags.sum()) <= len(flags) - _FEWEST


def _agreement(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return the smaller share of rows of either that the other has as well."""
    both = float((one & other).sum())
    return both / max(1.0, float(one.sum()), float(other.sum()))


def _names_classes(values: FloatArray, known: NDArray[np.bool_], y: FloatArray, most: int) -> str:
    """Say that a column of few values spells the classes out."""
    places = np.where(known, np.unique(np.where(known, values, -1.0), return_inverse=True)[1] + 1, 0)
    levels = int(places.max()) + 1
    if levels > most + 1:
        return ""
    classes = int(y.max()) + 1
    cross = np.bincount(places * classes + y.astype(np.int64), minlength=levels * classes).reshape(levels, classes)
    wrong = len(y) - int(cross.max(axis=1).sum())
    return "has few values, each of which stands for one class" if wrong <= _EXCEPTIONS * len(y) else ""


def _follows(values: FloatArray, y: FloatArray) -> str:
    """Say that a column is the target in another form: the one rises, or falls, with the other without exception."""
    if len(values) < 2 or np.ptp(values) == 0.0:
        return ""
    if np.array_equal(values, y):
        return "is a copy of the target"
    slope, offset = np.polyfit(values, y, 1)
    off = np.abs(slope * values + offset - y) > 1e-6 * max(float(np.abs(y).max()), 1e-300)
    if off.mean() <= _EXCEPTIONS:
        return "is the target in another unit, or a copy of it"
    order = np.lexsort((y, values))
    steps = np.diff(y[order])
    risen = np.diff(values[order]) > 0
    for sign in (1.0, -1.0):
        if not risen.any():
            break
        # Of equal values the target may take several: rounded figures.
        low, high = _extremes(values[order], sign * y[order])
        if float((high[:-1] > low[1:]).mean()) <= _EXCEPTIONS and len(low) >= 0.02 * len(steps):
            return "rises and falls with the target without exception"
    return ""


def _extremes(values: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the least and the greatest target of each distinct value; ``values`` are sorted."""
    starts = np.flatnonzero(np.concatenate([[True], np.diff(values) > 0]))
    return np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
