"""Contract checks that any rule of quality can be run through."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import QualityRule, RuleContext, scope_of
from journeyman.stages.check import check as apply_rules
from journeyman.tasks import find_task_type
from journeyman.testing.kinds import KINDS
from journeyman.testing.run_all import run_all

__all__ = ["RULE_CHECKS", "check_rule", "sample_table"]

_CODE = re.compile(r"[A-Z]{2}[0-9]{3}")
_ROWS = 400
_FAILED = "DQ901"
Told = set[tuple[str, str, frozenset[str], str]]


def check_rule(rule: QualityRule, *tables: tuple[Table, Task]) -> None:
    """Run every check on tables with many faults, and on further ones of one's own, where the rule finds something.

    Raises
    ------
    AssertionError
        Naming the checks that failed, the rule and the table.

    Examples
    --------
    >>> from journeyman.quality_rules.constants import ConstantRule
    >>> check_rule(ConstantRule())
    """
    for table, task in (*(sample_table(kind) for kind in KINDS), *tables):
        run_all(f"{type(rule).__name__} on {table.name}", RULE_CHECKS, rule, table, task)


def sample_table(kind: str) -> tuple[Table, Task]:
    """Return a table with faults of many kinds, and the task.

    Gaps, hidden zeros, outliers, copies of rows and of columns, a constant, a key, a column that knows the target,
    spellings, texts, dates.

    Examples
    --------
    >>> table, task = sample_table("binary")
    >>> table.frame.shape, table.column(task.target).kind.value
    ((400, 13), 'category')
    """
    rng = np.random.default_rng(5)
    size = rng.lognormal(size=_ROWS)
    noisy = size + rng.normal(scale=0.3, size=_ROWS)
    cuts = np.quantile(noisy, [0.5] if kind == "binary" else [0.3, 0.7])
    classes = ("no", "yes") if kind == "binary" else ("a", "b", "c")
    y = noisy if kind == "regression" else np.array(classes, dtype=object)[np.digitize(noisy, cuts)]
    spelled = np.array(["north", "North", "south", "east ", "east"], dtype=object)[rng.integers(0, 5, _ROWS)]
    weight = np.where(rng.random(_ROWS) < 0.15, np.nan, 2.0 * size)
    weight[:3] = 1e9
    words = np.array([f"note {i % 90} of thing {i % 7}" for i in range(_ROWS)], dtype=object)
    words[::9] = None
    data: dict[str, tuple[Kind, object]] = {
        "size": (Kind.NUMBER, size),
        "twice": (Kind.NUMBER, 2.0 * size),
        "weight": (Kind.NUMBER, weight),
        "pressure": (Kind.INTEGER, np.where(rng.random(_ROWS) < 0.2, 0, rng.integers(60, 120, _ROWS)) * 1.0),
        "rooms": (Kind.INTEGER, rng.integers(1, 9, _ROWS) * 1.0),
        "old": (Kind.BOOLEAN, rng.integers(0, 2, _ROWS) * 1.0),
        "same": (Kind.CONSTANT, np.full(_ROWS, "x", dtype=object)),
        "id": (Kind.INTEGER, np.arange(_ROWS) * 1.0),
        "place": (Kind.CATEGORY, spelled),
        "told": (Kind.NUMBER, noisy * 3.0 + 1.0),
        "day": (Kind.DATETIME, np.datetime64("2024-01-01", "us") + np.arange(_ROWS) * np.timedelta64(6, "h")),
        "words": (Kind.TEXT, words),
        "y": (Kind.NUMBER if kind == "regression" else Kind.CATEGORY, y),
    }
    columns, frame = [], {}
    for name, (what, values) in data.items():
        held = pd.Categorical(np.asarray(values)) if what is Kind.CATEGORY else values
        categories = tuple(map(str, held.categories)) if isinstance(held, pd.Categorical) else ()
        columns.append(Column(name, what, Role.TARGET if name == "y" else Role.FEATURE, categories=categories))
        frame[name] = pd.Series(held)
    rows = pd.DataFrame(frame)
    rows.iloc[-8:] = rows.iloc[:8].to_numpy()  # copies
    labels = columns[-1].categories
    task = Task("y", kind, find_task_type(kind).default_metric, labels)
    return Table(f"a table for {kind}", rows, tuple(columns), "0" * 64, _ROWS), task


def _says_what_it_is(rule: QualityRule, table: Table, task: Task) -> None:
    assert isinstance(rule.codes, tuple), "its codes are no tuple"
    assert rule.codes, "it has no codes"
    wrong = [code for code in rule.codes if not _CODE.fullmatch(code)]
    assert not wrong, f"{wrong[:1]} is no code; write two capitals and three digits, as in DQ104"
    scope_of(rule)
    told = f"{inspect.getdoc(type(rule))} {inspect.getmodule(type(rule)).__doc__}"
    missing = [code for code in rule.codes if code not in told]
    assert not missing, f"no docstring of its class or module says what {missing[:1]} means"


def _reports_what_it_says(rule: QualityRule, table: Table, task: Task) -> None:
    for finding in _looked(rule, table, task):
        assert finding.code in rule.codes, f"it reports {finding.code}, which is none of its codes"
        assert finding.message, f"a {finding.code} has no message"
        assert "\n" not in finding.message + finding.hint, f"a {finding.code} is longer than a line"
        plain = all(type(v) in (str, int, float) for v in finding.evidence.values())
        assert plain, f"the evidence of a {finding.code} is no plain text or number"


def _repeats_itself(rule: QualityRule, table: Table, task: Task) -> None:
    assert _looked(rule, table, task) == _looked(rule, table, task), "a second look at the same table differs"


def _does_not_change_the_table(rule: QualityRule, table: Table, task: Task) -> None:
    before = table.frame.copy(deep=True)
    rule.check(table, RuleContext(task, 0))
    assert list(before) == list(table.frame), "it changes the columns of the table"
    assert before.equals(table.frame), "it changes the values of the table"


def _does_not_follow_the_order_of_columns(rule: QualityRule, table: Table, task: Task) -> None:
    turned = replace(table, frame=table.frame[list(table.frame)[::-1]], columns=table.columns[::-1])
    one, other = _finding_facts(_looked(rule, table, task)), _finding_facts(_looked(rule, turned, task))
    assert one == other, f"columns in another order give other findings: {sorted(map(str, one ^ other))[:2]}"


def _takes_any_table(rule: QualityRule, table: Table, task: Task) -> None:
    _looked(rule, _rows(table, slice(0, 0)), task)
    _looked(rule, _rows(table, slice(0, 2)), task)
    gone = table.frame.apply(lambda values: values.where(pd.Series(False, index=values.index)))
    _looked(rule, replace(table, frame=gone.astype(table.frame.dtypes)), task)
    alone = table.frame[[task.target]]
    _looked(rule, replace(table, frame=alone, columns=(table.column(task.target),)), task)


RULE_CHECKS: Mapping[str, Callable[[QualityRule, Table, Task], None]] = {
    "says what it is": _says_what_it_is,
    "reports what it says": _reports_what_it_says,
    "repeats itself": _repeats_itself,
    "does not change the table": _does_not_change_the_table,
    "does not follow the order of columns": _does_not_follow_the_order_of_columns,
    "takes any table": _takes_any_table,
}


def _looked(rule: QualityRule, table: Table, task: Task) -> tuple[Finding, ...]:
    """Return what a build would hear of a rule, which may neither fail nor do what its scope forbids."""
    found = apply_rules(table, task, [rule], 0)
    failed = next((f.message for f in found if f.code == _FAILED and _FAILED not in rule.codes), None)
    assert failed is None, failed
    return found


def _finding_facts(findings: Sequence[Finding]) -> Told:
    return {(f.code, f.severity.value, frozenset(f.subject), f.remedy.value) for f in findings}


def _rows(table: Table, rows: slice) -> Table:
    some = table.frame.iloc[rows].reset_index(drop=True)
    return replace(table, frame=some, source_rows=len(some))
