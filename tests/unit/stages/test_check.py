"""Check applies every rule, sorts what they found, and survives a rule that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.quality_rules import BUILT_IN
from journeyman.stages.check import check

TASK = Task("y", "regression", "rmse")
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


@dataclass
class Watches:
    """Remembers the targets that it was given to look at."""

    scope: RuleScope
    remedy: Remedy = Remedy.NONE
    codes: tuple[str, ...] = ("XX002",)
    seen: tuple[float, ...] = ()

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        self.seen = tuple(table.frame["y"])
        assert not table.sampled
        return [Finding("XX002", Severity.NOTE, ("a",), "seen", remedy=self.remedy)]


FOUR = Table(
    "t",
    pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "y": [10.0, 20.0, 30.0, 40.0]}),
    (Column("a", Kind.NUMBER), Column("y", Kind.NUMBER, Role.TARGET)),
    digest="0" * 64,
    source_rows=4,
)


def test_a_rule_sees_what_its_scope_allows() -> None:
    rules = [Watches(scope) for scope in (RuleScope.COLUMNS, RuleScope.TRAINING, RuleScope.WHOLE)]
    check(FOUR, TASK, rules, 0, np.array([2, 0]))
    assert np.isnan(rules[0].seen).all()
    assert len(rules[0].seen) == 4
    assert rules[1].seen == (30.0, 10.0)
    assert rules[2].seen == (10.0, 20.0, 30.0, 40.0)


def test_a_rule_that_names_no_scope_sees_the_rows_that_teach() -> None:
    nameless = Watches(RuleScope.TRAINING)
    del nameless.scope
    check(FOUR, TASK, [nameless], 0, np.array([3]))
    assert nameless.seen == (40.0,)


@pytest.mark.parametrize(
    ("scope", "remedy"), [(RuleScope.WHOLE, Remedy.IGNORE_COLUMN), (RuleScope.TRAINING, Remedy.USE_AS_TIME)]
)
def test_a_rule_may_not_decide_what_its_scope_forbids(scope: RuleScope, remedy: Remedy) -> None:
    assert [f.code for f in check(FOUR, TASK, [Watches(scope, remedy)], 0)] == ["DQ901"]


def test_targets_of_the_holdout_decide_no_column() -> None:
    """Whatever stands in the targets of the rows kept for the end, no column is judged otherwise."""
    rng = np.random.default_rng(1)
    x, n = rng.normal(size=(600, 3)), 600
    y = x[:, 0] + 0.01 * rng.normal(size=n)
    y[400:] = rng.normal(size=200)  # the first column leaks, but for rows of the holdout
    frame = pd.DataFrame({"leak": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})
    columns = tuple(Column(c, Kind.NUMBER, Role.TARGET if c == "y" else Role.FEATURE) for c in frame)
    judging = [rule for rule in BUILT_IN if rule.scope is not RuleScope.WHOLE]
    found = []
    for holdout in (y[400:], rng.permutation(y[400:]), x[400:, 0]):
        table = Table("t", frame.assign(y=np.concatenate([y[:400], holdout])), columns, "0", n)
        found.append(check(table, TASK, judging, 0, np.arange(400)))
    assert found[0] == found[1] == found[2]
    whole = check(Table("t", frame, columns, "0", n), TASK, judging, 0)
    assert whole != found[0], "the rows of the holdout would have been seen"
