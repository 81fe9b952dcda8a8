"""What would raise the probability of a use case, and what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.dataset import Dataset
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.use_case import GroupRates, Probe
from journeyman.stages.case_remarks import objections, suggestions


def data(positive: int = 40, missing: float = 0.0) -> Dataset:
    y = pd.Categorical(["yes"] * positive + ["no"] * (200 - positive), categories=["no", "yes"])
    x = np.where(np.arange(200) < 200 * missing, np.nan, np.arange(200.0))
    columns = (Column("x", Kind.NUMBER), Column("y", Kind.CATEGORY, Role.TARGET, categories=("no", "yes")))
    rows = np.arange(200)
    split = Split(Scheme.SHUFFLED, rows, rows[:0], (Fold(rows[:100], rows[100:]),), "")
    task = Task("y", "binary", "roc_auc", ("no", "yes"))
    return Dataset(Table("t", pd.DataFrame({"x": x, "y": y}), columns, "", 200), task, split)


PLAIN = Probe("linear", 0.3, 0.04, 0.2, 0.3, 0.2, 200, 200, 200, 1, 0.0, 2, 40, False, 150, (), 0.8, 0.5, {"x": 0.3})


def probe_of(**facts: Any) -> Probe:
    return replace(PLAIN, **facts)


def kinds(probe: Probe | None, findings: tuple[Finding, ...] = (), leaks: tuple[str, ...] = ()) -> list[str]:
    return [one.kind for one in objections(probe, data(), findings, leaks)]


def test_nothing_speaks_against_a_plain_case() -> None:
    assert kinds(probe_of()) == []


def test_each_objection_has_its_cause() -> None:
    asked = Finding("DQ303", Severity.WARNING, ("x",), "'x' may be known only after 'y' is.")
    assert kinds(probe_of(), (asked,)) == ["known afterwards"]
    assert kinds(probe_of(), (asked,), ("x",)) == ["known afterwards"], "a column is told of once"
    assert kinds(probe_of(rarest=3)) == ["rare class"]
    assert kinds(probe_of(classes=0, rarest=2)) == ["extreme values"]
    assert kinds(probe_of(clusters=50)) == ["few rows"]
    assert kinds(probe_of(trend=0.4)) == ["no time stamp"]
    assert kinds(probe_of(ordered=True, worst_fold=-0.3)) == ["moves with time"]
    rates = GroupRates("sex", "female", 0.1, "male", 0.4, 0.2, 0.3)
    assert kinds(probe_of(groups=(rates,))) == ["group treated otherwise"]
    assert kinds(probe_of(groups=(GroupRates("sex", "female", 0.3, "male", 0.33, 0.3, 0.3),))) == []
    assert kinds(None) == ["few rows"]


def test_three_positive_rows_are_named() -> None:
    told = objections(probe_of(rarest=3), data(positive=3), (), ())
    assert told[0].message == "'yes' has only 3 rows among the 200 looked at."


def test_what_would_raise_it_comes_by_gain() -> None:
    found = suggestions(probe_of(doubted=0.1, doubted_loss=0.5), data(missing=0.3), 0.05, {"shops": ("shop",)})
    assert [one.kind for one in found] == ["labels", "column", "rows", "column", "join"]
    gains = [one.gain for one in found if one.gain is not None]
    assert gains == sorted(gains, reverse=True)
    nothing = suggestions(probe_of(gain=-0.01, importances={}), data(), 0.0, {})
    assert [one.message for one in nothing] == [
        "No column tells of it beyond noise so far: it needs another one, not more rows."
    ]
