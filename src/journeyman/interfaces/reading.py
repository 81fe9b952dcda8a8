"""What reads tables and looks at them: sources and rules of quality."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

import pandas as pd

from journeyman.entities.file_style import FileStyle
from journeyman.entities.finding import Finding
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces.relation import Relation, TableReader

__all__ = ["QualityRule", "RuleContext", "RuleScope", "Source", "scope_of"]


class Source(Protocol):
    """A place that a table is read from; opened, so that its size is known before a row is in memory."""

    @property
    def name(self) -> str:
        """Short name, for messages."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        ...

    @property
    def style(self) -> FileStyle:
        """How the file is written, which later files are expected to be like."""
        ...

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was decided while reading; complete once all rows were read."""
        ...

    def rows(self) -> int:
        """Return the number of rows."""
        ...

    def memory(self) -> int:
        """Return the bytes that all rows are expected to take in memory, judged by the first ones."""
        ...

    def read(self, limit_rows: int | None, seed: int) -> pd.DataFrame:
        """Return raw rows: text sources as str columns, typed sources as they are.

        With ``limit_rows``, a uniform random sample of that many rows in their original order.
        """
        ...

    def batches(self) -> Iterator[Any]:
        """Yield all rows in order, some at a time, as Arrow record batches of raw columns."""
        ...

    def relation(self, reader: TableReader) -> Relation:
        """Return all rows as a relation of the engine that gives the reader, text columns as text.

        Columns are called c0, c1 ... by their place in ``names``; the source outlives the relation.
        """
        ...

    def digest(self) -> str:
        """Return a hex digest of the content."""
        ...


@dataclass(frozen=True)
class RuleContext:
    """What a quality rule may look at besides the table: the task and a seed for sampling."""

    task: Task
    seed: int


class RuleScope(StrEnum):
    """What a quality rule is given to look at; what it may decide follows from that.

    Attributes
    ----------
    COLUMNS
        All rows, the target hidden (missing in every row).
    TRAINING
        The rows that teach, with their targets: whatever sets columns aside for what they say of the target.
    WHOLE
        All rows with their targets: what decides how rows are divided, or how the target's own values are read. Such a
        rule sets no column aside.
    """

    COLUMNS = "columns"
    TRAINING = "training"
    WHOLE = "whole"


class QualityRule(Protocol):
    """A check of a table; reports findings and changes nothing."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of the findings it may report."""
        ...

    @property
    def scope(self) -> RuleScope:
        """What it is given to look at; a rule that does not say gets the rows that teach."""
        ...

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return findings; one with severity "not applicable" where the rule cannot apply."""
        ...


def scope_of(rule: QualityRule) -> RuleScope:
    """Return what a rule is given to look at."""
    return RuleScope(getattr(rule, "scope", RuleScope.TRAINING))
