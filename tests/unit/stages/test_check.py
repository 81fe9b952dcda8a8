"""Check applies every rule, sorts what they found, and survives a rule that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task, TaskKind
from journeyman.interfaces import RuleContext
from journeyman.stages.check import check

TASK = Task("y", TaskKind.REGRESSION, "rmse")
TABLE = Table(
    "t", pd.DataFrame({"y": [1.0, 2.0]}), (Column("y", Kind.NUMBER, Role.TARGET),), digest="0" * 64, source_rows=2
)


@dataclass(frozen=True)
class Says:
    codes: tuple[str, ...]
    severity: Severity

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        return [Finding(code, self.severity, (), f"{code} {context.seed}") for code in self.codes]


@dataclass(frozen=True)
class Fails:
    codes: tuple[str, ...] = ("XX001",)

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        raise ZeroDivisionError("no rows")


def test_gravest_first_then_by_code() -> None:
    rules = [Says(("B2", "B1"), Severity.NOTE), Says(("C1",), Severity.ERROR), Says(("A1",), Severity.NOT_APPLICABLE)]
    found = check(TABLE, TASK, rules, seed=5)
    assert [f.code for f in found] == ["C1", "B1", "B2", "A1"]
    assert found == check(TABLE, TASK, rules[::-1], seed=5)
    assert found[0].message == "C1 5"


def test_a_rule_that_raises_is_a_finding() -> None:
    found = check(TABLE, TASK, [Fails(), Says(("B1",), Severity.NOTE)], seed=0)
    assert [f.code for f in found] == ["DQ901", "B1"]
    assert "ZeroDivisionError: no rows" in found[0].message


def test_an_interrupt_is_not_a_finding() -> None:
    class Interrupted(Fails):
        def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(TABLE, TASK, [Interrupted()], seed=0)
