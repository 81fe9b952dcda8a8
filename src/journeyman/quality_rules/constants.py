"""Columns that hold (nearly) one value (DQ104, DQ105), and tables with too few rows (DQ107)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.column import Kind
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules.sampling import candidate_columns, sample_rows, share, target_numbers

__all__ = ["ConstantRule", "FewRowsRule"]

_ROWS = 50_000


@dataclass(frozen=True)
class ConstantRule:
    """Find columns without a value, with one value, or with one value in nearly all rows."""

    codes: tuple[str, ...] = ("DQ104", "DQ105")
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column."""
        findings = []
        n_rows = len(table.frame)
        rows = sample_rows(n_rows, _ROWS, context.seed)
        for column in candidate_columns(table, context.task):
            values = table.frame[column.name]
            counts = values.iloc[rows].value_counts(dropna=True)
            counts = counts[counts > 0]
            if len(counts) <= 1:  # the sample cannot show what the other rows hold
                distinct = values.nunique(dropna=True)
                empty = distinct == 0
                if distinct <= 1 and (empty or not values.isna().any() or column.kind is Kind.CONSTANT):
                    findings.append(
                        Finding(
                            "DQ104",
                            Severity.NOTE,
                            (column.name,),
                            f"'{column.name}' has no value in any row."
                            if empty
                            else f"'{column.name}' has one value only ({str(counts.index[0])[:40]!r}).",
                            "It is not used: it cannot tell rows apart.",
                            {"distinct": int(distinct)},
                            Remedy.IGNORE_COLUMN,
                        )
                    )
                continue
            top = float(counts.iloc[0] / len(rows))
            if top >= 0.995 and n_rows >= 200:
                findings.append(
                    Finding(
                        "DQ105",
                        Severity.NOTE,
                        (column.name,),
                        f"'{column.name}' has the value {str(counts.index[0])[:40]!r} in {share(top)} of the rows.",
                        "It can matter for the few other rows only.",
                        {"share": round(top, 6)},
                    )
                )
        return findings


@dataclass(frozen=True)
class FewRowsRule:
    """Say so where rows are too few to learn much, or to tell a good model from a lucky one."""

    codes: tuple[str, ...] = ("DQ107",)
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one finding."""
        known = int(np.isfinite(target_numbers(table, context.task)).sum())
        features = len(candidate_columns(table, context.task))
        if known >= max(200, 5 * features):
            return []
        return [
            Finding(
                "DQ107",
                Severity.WARNING,
                (),
                f"Only {known} rows have a target, for {features} columns.",
                "Scores will have wide intervals; more rows would help more than more search.",
                {"rows": known, "columns": features},
            )
        ]
