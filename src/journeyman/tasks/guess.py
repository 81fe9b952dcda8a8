"""Guess the kind of task from the target's values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.errors import TargetError
from journeyman.sources.parsing.names import is_class_code

__all__ = ["guess_kind"]

_MANY_VALUES = 20
_MANY_CODES = 100


def guess_kind(values: pd.Series, column: Column) -> tuple[str, str]:
    """Decide between classes (reported as multiclass; two are binary) and a value, with the reason."""
    if column.kind is Kind.DATETIME:
        raise TargetError(f"the target {column.name!r} is a date", hint="predict a number of days instead")
    if column.kind is Kind.BOOLEAN:
        return "binary", "The target is yes or no"
    if not column.kind.numeric:
        return "multiclass", "The target holds categories"
    numbers, counts = np.unique(values.dropna().to_numpy(np.float64), return_counts=True)
    if len(numbers) == 2:
        return "binary", "The target has two values"
    if len(numbers) < 2:
        return "regression", "The target is a number"
    return _numbers(numbers, counts, column)


def _numbers(numbers: NDArray[np.float64], counts: NDArray[np.int64], column: Column) -> tuple[str, str]:
    many = len(numbers)
    if not bool((numbers == np.floor(numbers)).all()):
        return "regression", f"The target has fractions ({many} values)"
    low, high = float(numbers[0]), float(numbers[-1])
    named = is_class_code(column.name)
    if many > _MANY_VALUES:
        gapless = high - low + 1 == many and low in (0.0, 1.0)
        even = counts.max() <= 3 * counts.min() and counts.min() >= 10
        if named and gapless and even and many <= _MANY_CODES:
            return "multiclass", f"{many} codes without gaps, about equally frequent, in a column named so"
        return "regression", f"The target has {many} different whole numbers"
    if not named and counts.sum() < 5 * many:
        return "regression", f"{many} whole numbers in only {counts.sum()} rows"
    if not named and high - low > 10 * many:
        return "regression", f"{many} whole numbers, scattered from {low:g} to {high:g}"
    # Events that happen at random leave such frequencies; codes of classes hardly ever do.
    if not named and low == 0 and bool((counts[1:] * 2 <= counts[:-1]).all()):
        return "regression", "whole numbers from 0, each at most half as frequent as the one before: counts"
    return "multiclass", f"The target has {many} different whole numbers"
