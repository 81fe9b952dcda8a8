"""A rule of quality: amounts below zero (EX001)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.interfaces import RuleContext, RuleScope

__all__ = ["NegativeAmountRule"]


@dataclass(frozen=True)
class NegativeAmountRule:
    """Find columns called an amount that hold numbers below zero."""

    codes: tuple[str, ...] = ("EX001",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return one finding a column."""
        findings = []
        for column in table.features:
            if not column.kind.numeric or "amount" not in column.name.lower():
                continue
            below = int((table.frame[column.name] < 0).sum())
            if below:
                told = f"'{column.name}' is below zero in {below} rows."
                hint = "Check whether these are refunds."
                findings.append(Finding("EX001", Severity.WARNING, (column.name,), told, hint, {"rows": below}))
        return findings
