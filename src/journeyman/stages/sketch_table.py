"""Sketch: the columns of a table become hashes of their distinct values, by which tables are compared."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import ColumnSketch, KeyForm
from journeyman.joiners.keys import hashes_of, key_texts
from journeyman.sources.parsing import infer_column

__all__ = ["MOST_HASHES", "sketch_table"]

MOST_HASHES = 1_000_000
"""Distinct values of a column that are kept; of columns with more, those with the smallest hashes."""

_SAMPLE = 200
_DATED = re.compile(r"\d{1,4}[-/. ]\w{1,9}[-/., ]\s?\d{1,4}.*|\d{8}|\d{4}-\d{2}|\w{3,9}\.? \d{1,2},? \d{4}.*")
_LONG = 80  # characters: longer ones are texts, which nobody joins by
_NO_NUMBERS = np.zeros(0, dtype=np.uint64)


def sketch_table(frame: pd.DataFrame, thorough: bool = False) -> tuple[ColumnSketch, ...]:
    """Return what is kept of each column of a raw table.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_rows, n_columns)
        Raw rows.
    thorough : bool
        Whether kinds are decided from all values, as a build decides them, in ten times the time.

    Examples
    --------
    >>> [(s.name, s.distinct, s.unique) for s in sketch_table(pd.DataFrame({"id": ["A1", "a-1", "B2"]}))]
    [('id', 2, False)]
    """
    sketches = []
    for name in map(str, frame.columns):
        try:
            column = infer_column(name, frame[name]) if thorough else _quick_column(name, frame[name])
            sketches.append(_sketch(frame[name], column))
        except TypeError:
            continue  # nested values: nothing to join by
    return tuple(sketches)


def _quick_column(name: str, values: pd.Series) -> Column:
    """Return what a column seems to be by some of its values."""
    if values.dtype.kind in "iufbM":
        return infer_column(name, values.head(_SAMPLE))
    present = pd.unique(values.dropna())
    sample = [str(v) for v in present[:_SAMPLE].tolist()]
    dated = sum(bool(_DATED.fullmatch(v.strip())) for v in sample)
    if sample and dated > 0.8 * len(sample):
        return infer_column(name, pd.Series(sample))
    numbers = pd.to_numeric(pd.Series(sample, dtype=object), errors="coerce").notna()
    if sample and numbers.mean() > 0.9:
        return Column(name, Kind.NUMBER)
    return Column(name, Kind.TEXT if sample and np.mean([len(v) for v in sample]) > _LONG else Kind.CATEGORY)


def _sketch(values: pd.Series, column: Column) -> ColumnSketch:
    rows, present = len(values), int(values.notna().sum())
    if column.kind in (Kind.IMAGE, Kind.CONSTANT) or (column.kind is Kind.TEXT and _is_long(values)):
        return ColumnSketch(column, rows, present, min(present, 1), _NO_NUMBERS)
    distinct = pd.Series(pd.unique(values.dropna()))
    whole = False
    if column.kind.numeric:
        numbers = pd.to_numeric(distinct, errors="coerce").to_numpy(np.float64, na_value=np.nan)
        numbers = numbers[np.isfinite(numbers)]
        whole = bool(len(numbers)) and bool((numbers == np.floor(numbers)).all())
        if len(numbers) and not whole:  # measured, so nobody's key
            return ColumnSketch(column, rows, present, len(distinct), _NO_NUMBERS)
    form = KeyForm.MOMENT if column.kind is Kind.DATETIME else KeyForm.FOLDED
    hashes = hashes_of(key_texts(distinct, column, form))
    complete = len(hashes) <= MOST_HASHES
    return ColumnSketch(column, rows, present, len(hashes), hashes[:MOST_HASHES], complete, whole)


def _is_long(values: pd.Series) -> bool:
    return bool(np.mean([len(str(v)) for v in values.dropna().head(_SAMPLE)] or [0]) > _LONG)
