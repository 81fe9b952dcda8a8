"""Rows that an analysis looks at: columns as numbers, what is predicted, and which rows depend on one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column

__all__ = ["AnalysedRows", "Output"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Output:
    """One number a row that columns may tell something of: the target, or whether a row has a class.

    Attributes
    ----------
    name : str
        The target's name, or the class.
    values : ndarray of shape (n_samples,)
        In the target's unit, extreme values limited; 1.0 and 0.0 for a class.
    share : bool
        Whether means of it are shares of rows.
    unit : str
        Unit of the values; "" where none is known.
    """

    name: str
    values: FloatArray
    share: bool
    unit: str = ""


@dataclass(frozen=True)
class AnalysedRows:
    """Some rows of a table, as analyses see them.

    Attributes
    ----------
    columns : tuple of Column
        Those that are looked at: numbers, dates, booleans and categories.
    values : mapping of str to ndarray of shape (n_samples,)
        Of each column: numbers, seconds since 1970, or codes of categories; NaN where missing.
    outputs : tuple of Output
        Of the target; empty where none is named.
    target : str
        Its name; "" where none is named.
    clusters : ndarray of int64, shape (n_samples,)
        Rows of one number may depend on one another: copies, members of a group, neighbours in time.
    serial : bool
        Whether clusters are blocks of rows that follow one another in time, each of which has a level of its own.
    times : ndarray of shape (n_samples,) or None
        When rows happened, as numbers that rise with time; None where no column says so.
    scores : dict
        What analyses have worked out of these rows and share, such as ranks.
    """

    columns: tuple[Column, ...]
    values: Mapping[str, FloatArray]
    outputs: tuple[Output, ...]
    target: str
    clusters: IntArray
    serial: bool = False
    times: FloatArray | None = None
    scores: dict[str, FloatArray] = field(default_factory=dict, compare=False, repr=False)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.clusters)

    def take(self, rows: IntArray) -> AnalysedRows:
        """Return those rows."""
        return replace(
            self,
            values={name: values[rows] for name, values in self.values.items()},
            outputs=tuple(replace(output, values=output.values[rows]) for output in self.outputs),
            clusters=self.clusters[rows],
            times=None if self.times is None else self.times[rows],
            scores={},
        )

    def column(self, name: str) -> Column:
        """Return the column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)
