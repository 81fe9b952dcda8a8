"""A column that tells when each row happened (DQ501)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Remedy, Severity, accept_option
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules import names
from journeyman.quality_rules.sampling import candidate_columns, not_applicable, numbers, sample_rows, share

__all__ = ["TimeColumnRule"]

FloatArray = NDArray[np.float64]

_ROWS = 50_000
_WRAPS = {"week": 53, "wk": 53, "month": 12, "mth": 12}


@dataclass(frozen=True)
class _Candidate:
    column: Column
    ordered: float
    why: str


@dataclass(frozen=True)
class TimeColumnRule:
    """Look for the time of the row: a date in every row that rises with the rows, or a stamp with the time of day.

    A date that is a property of the thing (birth, expiry, first appearance), that is often missing, or that neither
    orders the rows nor holds the time of day is asked about and not used.
    """

    codes: tuple[str, ...] = ("DQ501",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding with a remedy, and questions about other dates."""
        task = context.task
        dates = [c for c in candidate_columns(table, task) if c.kind is Kind.DATETIME]
        counted = [
            c
            for c in candidate_columns(table, task)
            if c.kind in (Kind.INTEGER, Kind.NUMBER) and names.is_calendar(c.name) and not names.is_identifier(c.name)
        ]
        if not dates and not counted:
            return [not_applicable("DQ501", "no column holds dates or counts time")]
        strong = [found for c in dates if (found := _date(table, c)) is not None]
        strong += [found for c in counted if (found := _counter(table, c)) is not None]
        if strong:
            # The one that orders the rows; among equals, the earliest in time is when the row began.
            best = min(
                strong, key=lambda f: (f.column.kind is not Kind.DATETIME, -round(f.ordered, 2), _middle(table, f))
            )
            return [_use(best)]
        return [_ask(table, task, c) for c in dates]


def _date(table: Table, column: Column) -> _Candidate | None:
    values = numbers(table, column)
    known = np.isfinite(values)
    distinct = len(np.unique(values[known]))
    if known.mean() < 0.99 or names.is_attribute_date(column.name) or distinct < 10:
        return None
    ordered = _ordered(values[known])
    if ordered >= 0.95:
        return _Candidate(column, ordered, f"{share(ordered)} of the rows come in its order")
    part = values[known][sample_rows(int(known.sum()), _ROWS, 0)]
    timed = float(np.mean(part % 86_400 != 0))
    if timed >= 0.5 and len(np.unique(part)) >= 0.5 * len(part):
        return _Candidate(column, ordered, "it stamps each row with a date and a time of day")
    return None


def _counter(table: Table, column: Column) -> _Candidate | None:
    """Judge numbers named like a unit of time: they never go back (1, 2, 3 ...), or count weeks beyond the 53rd."""
    values = numbers(table, column)
    if not np.isfinite(values).all() or len(values) < 30:
        return None
    steps = np.diff(values)
    said = names.words(column.name)
    unit = said[-1]
    beyond = _WRAPS.get(unit) if len(said) <= 2 else None  # "week", "order_week", but not "hours per week"
    if beyond and column.kind is Kind.INTEGER and values.max() > beyond and len(np.unique(values)) >= 20:
        return _Candidate(column, _ordered(values), f"it counts {unit}s on without starting again")
    if len(np.unique(values)) >= 20 and (steps >= 0).all():
        return _Candidate(column, 1.0, "it rises with the rows")
    return None


def _ordered(values: FloatArray) -> float:
    """Return the share of steps from row to row that do not go against the main direction."""
    steps = np.diff(values)
    return float(max(np.mean(steps >= 0), np.mean(steps <= 0))) if len(steps) and (steps != 0).any() else 0.0


def _middle(table: Table, found: _Candidate) -> float:
    return float(np.nanmedian(numbers(table, found.column)))


def _use(found: _Candidate) -> Finding:
    name = found.column.name
    return Finding(
        "DQ501",
        Severity.WARNING,
        (name,),
        f"'{name}' tells when each row happened: {found.why}.",
        "Models are judged on later rows than they learned from; "
        f"if time does not matter here, add `{accept_option('DQ501', name)}`.",
        {"ordered": round(found.ordered, 4), "why": found.why},
        Remedy.USE_AS_TIME,
    )


def _ask(table: Table, task: Task, column: Column) -> Finding:
    gone = float(table.frame[column.name].isna().mean())
    return Finding(
        "DQ501",
        Severity.NOTE,
        (column.name,),
        f"'{column.name}' holds dates, but neither orders the rows nor stamps them with a time of day"
        + (f" ({share(gone)} missing)." if gone else "."),
        f"If '{task.target}' is to be predicted for later dates, say --time '{column.name}'.",
        {"missing": round(gone, 6)},
    )
