"""Tables made for one rule at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.interfaces import QualityRule, RuleContext

Make = Callable[..., Table]
Run = Callable[..., list[Finding]]


def _column(name: str, values: Any, role: Role) -> tuple[Column, Any]:
    if isinstance(values, pd.Categorical):
        return Column(name, Kind.CATEGORY, role, categories=tuple(str(c) for c in values.categories)), values
    array = np.asarray(values)
    if np.issubdtype(array.dtype, np.datetime64):
        return Column(name, Kind.DATETIME, role), array.astype("datetime64[us]")
    if array.dtype == object or array.dtype.kind in "US":
        texts = pd.Series(array.astype(object))
        distinct = texts.nunique()
        if distinct <= 1:
            return Column(name, Kind.CONSTANT, role), texts
        if distinct > 0.9 * len(texts):
            kind = Kind.TEXT if texts.astype(str).str.contains(" ").mean() > 0.5 else Kind.IDENTIFIER
            return Column(name, kind, role), texts
        category = pd.Categorical(texts)
        return Column(name, Kind.CATEGORY, role, categories=tuple(str(c) for c in category.categories)), category
    number = array.astype(np.float64)
    whole = bool((number[np.isfinite(number)] % 1 == 0).all())
    return Column(name, Kind.INTEGER if whole else Kind.NUMBER, role), number


@pytest.fixture
def make_table() -> Make:
    """Return a maker of canonical tables from plain columns."""

    def make(data: Mapping[str, Any], target: str = "y") -> Table:
        columns, frame = [], {}
        for name, values in data.items():
            column, canonical = _column(name, values, Role.TARGET if name == target else Role.FEATURE)
            columns.append(column)
            frame[name] = canonical
        table = pd.DataFrame(frame)
        return Table("made", table, tuple(columns), "0" * 64, len(table))

    return make


@pytest.fixture
def run_rule() -> Run:
    """Return a function that applies a rule and drops what was not applicable."""

    def run(rule: QualityRule, table: Table, target: str = "y", code: str | None = None) -> list[Finding]:
        found = rule.check(table, RuleContext(draft(table, target), seed=0))
        assert all(f.code in rule.codes for f in found)
        return [f for f in found if f.severity is not Severity.NOT_APPLICABLE and code in (None, f.code)]

    return run


def draft(table: Table, target: str) -> Task:
    column = table.column(target)
    if column.kind.numeric:
        return Task(target, "regression", "rmse")
    kind = "binary" if len(column.categories) == 2 else "multiclass"
    return Task(target, kind, "log_loss", column.categories)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)
