"""A table: a frame by reference, its columns, and a digest computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role

__all__ = ["Block", "Table", "row_times", "target_values", "to_block"]

Block = dict[str, NDArray[np.generic]]
"""Columns as plain arrays, one of ``(n_samples,)`` each, the form in which rows are prepared and scored: float64 for
numbers and booleans, int32 codes for categories (-1 missing or unseen), float64 seconds since 1970 for dates (NaN
missing), object of str and None for text."""


@dataclass(frozen=True)
class Table:
    """Rows in canonical form (see :class:`Column` for the types), or a sample of them where they do not fit in memory.

    Attributes
    ----------
    name : str
        Short name of where it came from ("adult.csv.gz").
    frame : pandas.DataFrame of shape (n_samples, n_columns)
        Held by reference; nobody writes to it. Index 0..n-1.
    columns : tuple of Column
        In the order of the frame.
    digest : str
        Hex digest of the source's content.
    source_rows : int
        Rows in the source; larger than ``len(frame)`` when the frame is a sample.
    weights : ndarray of shape (n_samples,), or None
        How much each row counts, 1 in the mean; None where all count alike.
    planted : int
        Rows at the end that were made up to examine a model; no statistic is to speak of them.
    posed : mapping of str to object
        What a kind of task without a target has found out while it posed the examination, under its name, as plain
        texts, numbers, lists and mappings.
    """

    name: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    digest: str
    source_rows: int
    weights: NDArray[np.float64] | None = None
    planted: int = 0
    posed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def real_rows(self) -> int:
        """Rows that were not made up; they come first."""
        return len(self.frame) - self.planted

    @property
    def sampled(self) -> bool:
        """Whether the frame is a sample of a larger source."""
        return self.source_rows > self.real_rows

    def without_planted(self) -> Table:
        """Return what the source held: without rows that were made up, and without the target that marks them."""
        if not self.planted:
            return self
        columns = tuple(c for c in self.columns if c.role is not Role.TARGET)
        frame = self.frame[[c.name for c in columns]].iloc[: self.real_rows]
        return replace(self, frame=frame, columns=columns, planted=0)

    @property
    def features(self) -> tuple[Column, ...]:
        """Columns that a model may use."""
        return tuple(c for c in self.columns if c.role is Role.FEATURE)

    def weights_of(self, rows: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Return the weights of those rows; None where all rows count alike."""
        return None if self.weights is None else self.weights[rows]

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def with_role(self, role: Role) -> Column | None:
        """Return the first column that plays this part."""
        return next((c for c in self.columns if c.role is role), None)


def to_block(frame: pd.DataFrame | Mapping[str, pd.Series], columns: tuple[Column, ...]) -> Block:
    """Turn canonical frame columns into plain arrays.

    Parameters
    ----------
    frame : pandas.DataFrame of shape (n_samples, n_columns), or a mapping of str to pandas.Series
        A canonical frame, or its columns by name.
    columns : tuple of Column
        Which columns to take.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.0, 2.0], "c": pd.Categorical(["x", None], categories=["x"])})
    >>> to_block(frame, (Column("a", Kind.NUMBER), Column("c", Kind.CATEGORY, categories=("x",))))
    {'a': array([1., 2.]), 'c': array([ 0, -1], dtype=int32)}
    """
    block: Block = {}
    for column in columns:
        values = frame[column.name]
        if column.kind.categorical:
            block[column.name] = values.cat.codes.to_numpy(np.int32)
        elif column.kind is Kind.DATETIME:
            micros = values.to_numpy("datetime64[us]")
            seconds = micros.astype(np.int64) / 1e6
            block[column.name] = np.where(np.isnat(micros), np.nan, seconds)
        elif column.kind.numeric:
            block[column.name] = values.to_numpy(np.float64)
        else:
            block[column.name] = values.to_numpy(object)
    return block


def target_values(table: Table, target: str) -> NDArray[np.float64]:
    """Return the target of a repaired table as class codes or values, shape (n_samples,)."""
    return to_block(table.frame, (table.column(target),))[target].astype(np.float64)


def row_times(table: Table, name: str) -> NDArray[np.float64]:
    """Return when each row happened by a column, as numbers that rise with time, shape (n_samples,); NaN where missing.

    Dates are seconds since 1970, numbers are themselves. Texts that are all numbers are those numbers; other texts
    ("2020-Q1") are ranked as they sort.

    Examples
    --------
    >>> frame = pd.DataFrame({"week": np.array(["9", "10", None], dtype=object)})
    >>> row_times(Table("t", frame, (Column("week", Kind.TEXT),), "", 3), "week")
    array([ 9., 10., nan])
    """
    column = table.column(name)
    values = to_block(table.frame, (column,))[name]
    if values.dtype == object:
        texts = table.frame[name]
        numbers = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64)
        if np.isfinite(numbers).sum() == texts.notna().sum():
            return numbers
        values = texts.factorize(sort=True, use_na_sentinel=True)[0]
    times = values.astype(np.float64)
    return np.where(times < 0, np.nan, times) if values.dtype.kind == "i" else times
