"""Every built-in rule of quality through the public checks, and broken ones beside them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.table import Table
from journeyman.interfaces import QualityRule, RuleContext, RuleScope
from journeyman.quality_rules import BUILT_IN
from journeyman.stages.check import check as apply_rules
from journeyman.testing.kinds import KINDS
from journeyman.testing.rule_checks import check_rule, sample_table

LOOKS = itertools.count()


@pytest.mark.parametrize("rule", BUILT_IN, ids=lambda r: type(r).__name__)
def test_built_in(rule: QualityRule) -> None:
    check_rule(rule)


def test_the_tables_have_something_to_find() -> None:
    """Else a rule would keep the contract by being silent."""
    found = {f.code for kind in KINDS for f in apply_rules(*sample_table(kind), BUILT_IN, 0)}
    assert len(found) >= 12, sorted(found)


@dataclass(frozen=True)
class FirstColumn:
    """Reports XY001, the name of a column, without a fault or with the one that it is told."""

    fault: str = ""
    codes: tuple[str, ...] = ("XY001",)
    scope: RuleScope = RuleScope.COLUMNS

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        name = table.columns[0].name if self.fault == "order" else min(c.name for c in table.columns)
        if self.fault == "empty" and not len(table.frame):
            raise ZeroDivisionError
        if self.fault == "write" and len(table.frame):
            table.frame.loc[0, "size"] = 0.0
        code = "XY009" if self.fault == "code" else "XY001"
        message = f"look {next(LOOKS)}" if self.fault == "repeat" else f"'{name}' is there."
        remedy = Remedy.DROP_ROWS if self.fault == "remedy" else Remedy.NONE
        return [Finding(code, Severity.NOTE, (name,), message, remedy=remedy)]


def test_a_rule_without_a_fault() -> None:
    check_rule(FirstColumn())


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (FirstColumn(codes=()), "says what it is: it has no codes"),
        (FirstColumn(codes=("x1",)), "says what it is: .* is no code"),
        (FirstColumn(codes=("XY001", "XY002")), "says what it is: no docstring .*XY002"),
        (FirstColumn("code"), "reports what it says: it reports XY009"),
        (FirstColumn("repeat"), "repeats itself: a second look"),
        (FirstColumn("write"), "does not change the table: it changes the values"),
        (FirstColumn("order"), "does not follow the order of columns: columns in another order"),
        (FirstColumn("empty"), "takes any table: The rule FirstColumn .* failed: ZeroDivisionError"),
        (FirstColumn("remedy", scope=RuleScope.TRAINING), "needs WHOLE"),
    ],
)
def test_a_fault_is_told(rule: FirstColumn, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_rule(rule)
