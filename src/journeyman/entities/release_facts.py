"""What is known of a release as typed tables, for workbooks and tools of business intelligence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from journeyman.arrow import pa
from journeyman.entities.column import Column
from journeyman.entities.plan import Plan
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.table import Block
from journeyman.entities.task import Task

__all__ = ["FactColumn", "FactKind", "FactTable", "ReleaseFacts", "unique_names"]


class FactKind(StrEnum):
    """What the cells of a column of facts are; each may be missing."""

    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    MOMENT = "moment"
    """A date and time in UTC."""


@dataclass(frozen=True)
class FactColumn:
    """A column of facts.

    Attributes
    ----------
    name : str
        Unique in its table, whatever the case of its letters.
    kind : FactKind
        Arrow type: float64, int64, bool, string, or timestamp in microseconds without zone (UTC).
    about : str
        What it holds, in a sentence.
    measure : bool
        Whether it is to be summed up or averaged; else it divides rows into parts.
    unit : str
        Of its numbers; empty where not known.
    """

    name: str
    kind: FactKind
    about: str = ""
    measure: bool = False
    unit: str = ""


@dataclass(frozen=True)
class FactTable:
    """A table of facts: ``rows`` has the columns in their order and of their kinds."""

    name: str
    about: str
    columns: tuple[FactColumn, ...]
    rows: pa.Table

    def column(self, name: str) -> FactColumn:
        """Return the column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True)
class ReleaseFacts:
    """A release with predicted rows, as a reader of tables wants it.

    Attributes
    ----------
    name, version
        Of the model.
    created : str
        When it was built, ISO 8601, UTC.
    written : datetime
        When these facts were gathered, UTC, without zone.
    task : Task
        What is predicted.
    words : tuple of (str, str)
        The verdict in words: a caption and a sentence each.
    rows_from : str
        Where the rows of ``scores`` come from, in words.
    scores, drivers, findings, metrics, monitoring : FactTable
        Rows with predictions; what the model rests on, greatest first; what was noticed; scores with intervals; live
        predictions by period, empty where there are none.
    prediction, label : str
        Columns of ``scores``: what is predicted, and what came; the second empty where no label is known.
    plan : Plan
        All that the release does to a row.
    columns : tuple of Column
        What a row must bring.
    profiles : tuple of ColumnProfile
        What these were like in the training table.
    typical : Block
        One row of medians and most frequent names.
    """

    name: str
    version: int
    created: str
    written: datetime
    task: Task
    words: tuple[tuple[str, str], ...]
    rows_from: str
    scores: FactTable
    drivers: FactTable
    findings: FactTable
    metrics: FactTable
    monitoring: FactTable
    prediction: str
    label: str
    plan: Plan
    columns: tuple[Column, ...]
    profiles: tuple[ColumnProfile, ...] = ()
    typical: Block = field(default_factory=dict)

    @property
    def tables(self) -> tuple[FactTable, ...]:
        """All tables, the rows with predictions first."""
        return (self.scores, self.drivers, self.findings, self.metrics, self.monitoring)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names that differ even where the case of letters does not count; earlier ones keep theirs.

    Examples
    --------
    >>> unique_names(["Row", "price", "row", ""])
    ['Row', 'price', 'row (2)', 'column']
    """
    taken: set[str] = set()
    found = []
    for name in names:
        plain = " ".join(name.split()) or "column"
        chosen, number = plain, 1
        while chosen.lower() in taken:
            number += 1
            chosen = f"{plain} ({number})"
        taken.add(chosen.lower())
        found.append(chosen)
    return found
