"""Rows as the prediction log holds them: JSON as it came, before anybody reads it as a model's columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.prediction import Refused

__all__ = ["LoggedRow", "LoggedSpan"]


@dataclass(frozen=True)
class LoggedRow:
    """An answered row.

    Attributes
    ----------
    id : int
        Of the prediction.
    version : int
        Release that answered.
    row, output : str
        JSON, as recorded.
    truth : str or None
        JSON of the label that holds; None where none had come.
    labelled : int
        When that came, in milliseconds since 1970, never before the row itself; -1 where none had come.
    shadows : mapping of int to str
        By release: JSON of what a challenger would have answered.
    """

    id: int
    version: int
    row: str
    output: str
    truth: str | None = None
    labelled: int = -1
    shadows: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LoggedSpan:
    """What the log holds of a span.

    Attributes
    ----------
    begin, end : int
        Milliseconds since 1970.
    total : int
        Rows that were answered in the span.
    labels : int
        Labels that came in the span.
    rows : tuple of LoggedRow
        Rows of the span, and earlier ones whose label came in it, by id; of many, a sample.
    ids : ndarray of int64, shape (n_rows,)
        Of the rows of the span among them.
    refused : tuple of Refused
        Rows that came in the span and could not be answered, one entry a release, reason and column.
    """

    begin: int
    end: int
    total: int
    labels: int
    rows: tuple[LoggedRow, ...]
    ids: NDArray[np.int64]
    refused: tuple[Refused, ...] = ()
