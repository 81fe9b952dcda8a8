"""Columns that name the row and say nothing of it: identifiers (DQ305) and official split columns (DQ304)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Finding, Remedy, Severity, accept_option
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules import names
from journeyman.quality_rules.sampling import candidate_columns, numbers, sample_rows, share

__all__ = ["IdentifierRule", "SplitColumnRule"]

_ROWS = 200_000
_PARTS = frozenset(
    ["train", "training", "test", "testing", "valid", "validation", "val", "dev", "eval", "evaluation", "holdout"]
)


@dataclass(frozen=True)
class IdentifierRule:
    """Find columns with another value in every row that are names and not measurements.

    A whole number counts when it runs 1, 2, 3 ... along the rows, or is (nearly) unique and named like an identifier;
    a text, when it is unique and a single word.
    """

    codes: tuple[str, ...] = ("DQ305",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding an identifier."""
        findings = []
        for column in candidate_columns(table, context.task):
            why = self._why(table, column, context.seed)
            if why:
                findings.append(
                    Finding(
                        "DQ305",
                        Severity.NOTE,
                        (column.name,),
                        f"'{column.name}' identifies rows: {why}.",
                        f"It is not used; to use it, add `{accept_option('DQ305', column.name)}`.",
                        {"why": why},
                        Remedy.IGNORE_COLUMN,
                    )
                )
        return findings

    def _why(self, table: Table, column: Column, seed: int) -> str | None:
        values = table.frame[column.name]
        n_rows = len(values)
        if n_rows < 20:
            return None
        if column.kind is Kind.INTEGER:
            return _whole_numbers(table, column)
        if column.kind not in (Kind.TEXT, Kind.IDENTIFIER, Kind.CATEGORY):
            return None
        if column.kind is Kind.CATEGORY and len(values.cat.categories) < 0.9 * n_rows:
            return None
        part = values.iloc[sample_rows(n_rows, _ROWS, seed)].dropna().astype(object)
        if len(part) < 0.5 * min(n_rows, _ROWS):
            return None
        distinct = part.nunique() / len(part)
        words = np.array([len(str(text).split()) for text in part.iloc[:2000]])
        one_word = float((words <= 1).mean())
        named = names.is_identifier(column.name)
        if distinct >= 0.99 and (one_word >= 0.9 or (named and float(words.mean()) < 4)):
            return f"{share(distinct)} of its values differ and are single words"
        if column.kind is Kind.IDENTIFIER and (distinct >= 0.9 or named):
            return f"it was read as an identifier ({column.reason or share(distinct) + ' of its values differ'})"
        return None


def _whole_numbers(table: Table, column: Column) -> str | None:
    values = numbers(table, column)
    known = values[np.isfinite(values)]
    if len(known) < 0.95 * len(values):
        return None
    named = names.is_identifier(column.name)
    steps = np.diff(known)
    if not named and names.is_calendar(column.name):
        return None
    # Rows taken out of a numbered table leave gaps in the numbers, never repeats or turns.
    rising = bool((steps > 0).all() or (steps < 0).all())
    span = abs(known[-1] - known[0]) + 1
    if rising and (span <= 1.02 * len(known) or (span <= 3 * len(known) and (named or known.min() in (0, 1)))):
        return "it numbers the rows in order"
    if not named and rising and np.ptp(np.abs(steps)) == 0:
        return "it rises by the same step from row to row"
    distinct = len(np.unique(known)) / len(known)
    if named and distinct >= 0.9:
        return f"{share(distinct)} of its values differ, and its name says so"
    if distinct == 1.0 and len(known) >= 200 and known.min() in (0, 1) and known.max() <= 1.02 * len(known):
        return "it is a numbering of the rows in another order"
    return None


@dataclass(frozen=True)
class SplitColumnRule:
    """Find columns that say which rows were once meant for training and which for testing."""

    codes: tuple[str, ...] = ("DQ304",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a split column."""
        findings = []
        for column in candidate_columns(table, context.task):
            if column.kind.categorical or (column.kind is Kind.BOOLEAN and column.categories):
                levels = [str(c) for c in column.categories or table.frame[column.name].cat.categories]
            elif column.kind in (Kind.TEXT, Kind.IDENTIFIER):
                levels = [str(v) for v in table.frame[column.name].iloc[:5000].dropna().unique()[:10]]
            else:
                continue
            parts = {level.strip().strip("'\"").lower() for level in levels}
            if 2 <= len(parts) <= 4 and parts <= _PARTS and any(p.startswith("train") for p in parts):
                findings.append(
                    Finding(
                        "DQ304",
                        Severity.WARNING,
                        (column.name,),
                        f"'{column.name}' says how rows were once divided ({', '.join(sorted(parts))}).",
                        "It is not used, and rows are divided anew; "
                        f"to use it, add `{accept_option('DQ304', column.name)}`.",
                        {"values": ", ".join(sorted(parts))},
                        Remedy.IGNORE_COLUMN,
                    )
                )
        return findings
