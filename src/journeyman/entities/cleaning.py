"""What cleaning speaks of: a table of plain texts, evidence against its cells, suspects, patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "CellChange",
    "CleaningRequest",
    "Correction",
    "Evidence",
    "RemovedRow",
    "StepGain",
    "SuspectCell",
    "TableReview",
    "TextColumn",
    "TextTable",
    "WrongLabel",
    "column_evidence",
    "text_table",
]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int32]


@dataclass(frozen=True)
class TextColumn:
    """A column exactly as it is written: its distinct texts, and which of them each row holds.

    Attributes
    ----------
    name : str
    values : tuple of str
        Distinct texts, in order of appearance.
    codes : ndarray of int32, shape (n_rows,)
        Index into ``values``.
    """

    name: str
    values: tuple[str, ...]
    codes: IntArray

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Rows that hold each value, shape (n_values,)."""
        return np.bincount(self.codes, minlength=len(self.values)).astype(np.int64)

    def text(self, row: int) -> str:
        """Return the text of a row's cell."""
        return self.values[int(self.codes[row])]


@dataclass(frozen=True)
class TextTable:
    """A table of texts.

    Attributes
    ----------
    name : str
        Short name of where it came from.
    columns : tuple of TextColumn
    delimiter : str
        Between the cells of its file; a comma where it came from no such file.
    """

    name: str
    columns: tuple[TextColumn, ...]
    delimiter: str = ","

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.columns[0].codes) if self.columns else 0

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    def row(self, number: int) -> tuple[str, ...]:
        """Return the texts of a row."""
        return tuple(column.text(number) for column in self.columns)

    def take(self, rows: NDArray[np.int64]) -> TextTable:
        """Return some rows, in the order given."""
        columns = []
        for column in self.columns:
            kept, codes = np.unique(column.codes[rows], return_inverse=True)
            columns.append(
                TextColumn(column.name, tuple(column.values[k] for k in kept), codes.reshape(-1).astype(np.int32))
            )
        return TextTable(self.name, tuple(columns))


def text_table(name: str, frame: pd.DataFrame) -> TextTable:
    """Return a frame as a table of texts; a missing value is the empty text, any other as ``str`` writes it.

    Examples
    --------
    >>> table = text_table("t.csv", pd.DataFrame({"size": ["12 oz", "12", "12"]}))
    >>> table.columns[0].values, table.columns[0].counts.tolist()
    (('12 oz', '12'), [1, 2])
    """
    columns = []
    for place, heading in enumerate(frame.columns):
        series = frame.iloc[:, place]
        codes, values = pd.factorize(series.astype(object).where(series.notna(), ""))
        texts, again = np.unique(np.array([str(v) for v in values] or [""], dtype=object), return_inverse=True)
        order = pd.unique(again[codes])  # different objects may be written alike
        rank = np.zeros(len(texts), np.int32)
        rank[order] = np.arange(len(order), dtype=np.int32)
        columns.append(TextColumn(str(heading), tuple(texts[order]), rank[again[codes]].astype(np.int32)))
    return TextTable(name, tuple(columns))


@dataclass(frozen=True)
class Evidence:
    """What one detector says of one column's cells.

    Attributes
    ----------
    column : int
        Index of the column.
    probability : ndarray of float32, shape (n_rows,)
        Of being wrong as the detector sees it; 0 where it suspects nothing.
    features : ndarray of float32, shape (n_rows, n_features)
        What a model that learns from labelled rows may read; the same number of them for each column.
    proposals : tuple of str
        Texts that it would put in place.
    proposed : ndarray of int32, shape (n_rows,)
        Index into ``proposals``, -1 where it proposes nothing.
    reason : str
        Why, as a phrase after the cell's text; ``{proposal}`` stands for what is proposed.
    """

    column: int
    probability: FloatArray
    features: FloatArray
    proposals: tuple[str, ...]
    proposed: IntArray
    reason: str

    def proposal(self, row: int) -> str | None:
        """Return what is proposed for a row's cell."""
        place = int(self.proposed[row])
        return None if place < 0 else self.proposals[place]


def column_evidence(
    table: TextTable,
    place: int,
    probability: NDArray[Any],
    features: NDArray[Any],
    reason: str,
    proposals: Sequence[str | None] = (),
) -> Evidence:
    """Return evidence that depends on a cell's text alone, spread over the rows that hold it.

    Parameters
    ----------
    table : TextTable
    place : int
        Index of the column.
    probability : ndarray of shape (n_values,)
    features : ndarray of shape (n_values, n_features)
    reason : str
    proposals : sequence of str or None, length n_values or 0
    """
    column = table.columns[place]
    kept: dict[str, int] = {}
    of_values = np.full(len(column.values), -1, np.int32)
    for value, proposal in enumerate(proposals):
        if proposal is not None:
            of_values[value] = kept.setdefault(proposal, len(kept))
    return Evidence(
        place,
        np.asarray(probability, np.float32)[column.codes],
        np.asarray(features, np.float32)[column.codes],
        tuple(kept),
        of_values[column.codes],
        reason,
    )


@dataclass(frozen=True)
class CleaningRequest:
    """What is wanted of a table.

    Attributes
    ----------
    target : str or None
        Column to predict; cleaning steps are proved by what they gain for it.
    labels : int
        Rows to label, beyond those whose labels are given.
    seed : int
    """

    target: str | None = None
    labels: int = 0
    seed: int = 0


@dataclass(frozen=True)
class Correction:
    """A labelled row: what each of its cells should be.

    Attributes
    ----------
    row : int
        0-based data row.
    values : tuple of str
        Right texts, one a column; a cell is wrong where its text differs.
    """

    row: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class SuspectCell:
    """A cell judged wrong.

    Attributes
    ----------
    row : int
        0-based data row.
    column : str
    value : str
        As it is written.
    probability : float
        Of being wrong.
    suggestion : str or None
        What it probably should be.
    confidence : float
        Of the suggestion, given that the cell is wrong; 0 without one.
    reason : str
    """

    row: int
    column: str
    value: str
    probability: float
    suggestion: str | None
    confidence: float
    reason: str


@dataclass(frozen=True)
class WrongLabel:
    """A label of the target that the other columns contradict.

    Attributes
    ----------
    row : int
        0-based data row.
    given : str
        As it is written.
    likely : str
    probability : float
        Out-of-fold probability of the likely label.
    """

    row: int
    given: str
    likely: str
    probability: float


@dataclass(frozen=True)
class StepGain:
    """What a cleaning step was worth out of fold.

    Attributes
    ----------
    name : str
    cells : int
        Cells or rows that it changes.
    gain : float
        Share of the loss on other rows that the step takes off.
    p_value : float
        That it takes nothing off, one-sided.
    accepted : bool
    note : str
        Verdict as a sentence.
    """

    name: str
    cells: int
    gain: float
    p_value: float
    accepted: bool
    note: str


@dataclass(frozen=True)
class CellChange:
    """A cell's text before and after."""

    row: int
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class RemovedRow:
    """A row that is left out, with its texts."""

    row: int
    values: tuple[str, ...]


@dataclass(frozen=True)
class TableReview:
    """What was found in a table, and which changes of it are proved.

    Attributes
    ----------
    table : str
        Its name.
    rows, columns : int
    looked : int
        Rows that were looked at; fewer than ``rows`` where the table is long.
    suspects : tuple of SuspectCell
        By row and column.
    labelled : tuple of int
        Rows that were labelled.
    steps : tuple of StepGain
        Candidates of cleaning with what they were worth for the target; empty without one.
    wrong_labels : tuple of WrongLabel
        By falling probability.
    changes : tuple of CellChange
        Proved by the target or by labelled rows.
    removed : tuple of RemovedRow
        Rows whose removal is proved.
    notes : tuple of str
        What was left out, and why.
    """

    table: str
    rows: int
    columns: int
    looked: int
    suspects: tuple[SuspectCell, ...]
    labelled: tuple[int, ...] = ()
    steps: tuple[StepGain, ...] = ()
    wrong_labels: tuple[WrongLabel, ...] = ()
    changes: tuple[CellChange, ...] = ()
    removed: tuple[RemovedRow, ...] = ()
    notes: tuple[str, ...] = ()
