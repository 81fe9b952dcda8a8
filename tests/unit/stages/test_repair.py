"""Repair does what findings call for, and what the settings say where they differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Remedy, Severity, open_findings
from journeyman.entities.repaired import Repaired
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError, SourceError, TargetError
from journeyman.settings import BuildSettings
from journeyman.stages.repair import repair

N = 60
SETTINGS = BuildSettings("t.csv", "y", "m")
LABELS = ("<=50K", "<=50K.", ">50K")


def table() -> Table:
    frame = pd.DataFrame(
        {
            "a": np.arange(N, dtype=float),
            "leak": np.arange(N, dtype=float) % 3,
            "id": pd.Series([f"m{i // 3}_{i}" for i in range(N)], dtype=object),
            "when": np.datetime64("2020-01-01", "us") + np.arange(N) * np.timedelta64(1, "D"),
            "const": pd.Series(["k"] * N, dtype=object),
            "y": pd.Categorical.from_codes(np.arange(N) % 3, categories=pd.Index(LABELS, dtype=object)),
        }
    )
    columns = (
        Column("a", Kind.NUMBER),
        Column("leak", Kind.INTEGER),
        Column("id", Kind.IDENTIFIER),
        Column("when", Kind.DATETIME),
        Column("const", Kind.CONSTANT),
        Column("y", Kind.CATEGORY, Role.TARGET, categories=LABELS),
    )
    return Table("t.csv", frame, columns, "0" * 64, N)


TASK = Task("y", "multiclass", "log_loss", LABELS)


def finding(code: str, remedy: Remedy, *subject: str, **evidence: str) -> Finding:
    return Finding(code, Severity.WARNING, subject, "seen", evidence=evidence, remedy=remedy)


LEAK = finding("DQ301", Remedy.IGNORE_COLUMN, "leak")
GROUP = finding("DQ503", Remedy.USE_AS_GROUP, "id", derive="before the last '_'")
TIME = finding("DQ501", Remedy.USE_AS_TIME, "when")
ORDER = finding("DQ502", Remedy.USE_ROW_ORDER)
MERGE = Finding("DQ404", Severity.WARNING, ("y",), "", evidence={"<=50K.": "<=50K"}, remedy=Remedy.MERGE_LABELS)


def roles(repaired: Repaired) -> dict[str, Role]:
    return {c.name: c.role for c in repaired.table.columns}


def run(*findings: Finding, **settings: Any) -> Repaired:
    return repair(table(), TASK, findings, replace(SETTINGS, **settings))


def test_leaks_identifiers_and_constants_are_set_aside() -> None:
    done = run(LEAK)
    assert [c.name for c in done.table.features] == ["a", "when"]
    assert done.task.scheme is Scheme.SHUFFLED
    told = next(f for f in done.findings if f.code == "DQ602")
    assert set(told.subject) == {"leak", "id", "const"}


@pytest.mark.parametrize(
    "settings", [{"accept": ("DQ301",)}, {"accept": ("DQ301:leak",)}, {"roles": {"leak": "feature"}}]
)
def test_settings_overrule_a_finding(settings: dict[str, Any]) -> None:
    assert roles(run(LEAK, **settings))["leak"] is Role.FEATURE


def test_a_doubt_without_a_remedy_can_be_accepted_too() -> None:
    doubt = Finding("DQ303", Severity.WARNING, ("a",), "may be known only afterwards")
    told = [f for f in run(doubt, accept=("DQ303:a",)).findings if f.code == "DQ601"]
    assert [(f.subject, f.evidence["code"]) for f in told] == [(("a",), "DQ303")]
    assert open_findings([doubt, *told]) == tuple(told)


def test_who_accepts_copies_has_them_divided_at_random() -> None:
    assert run().task.copies_together
    assert not run(accept=("DQ306",)).task.copies_together


def test_accepting_another_column_changes_nothing() -> None:
    assert roles(run(LEAK, accept=("DQ301:a", "DQ305")))["leak"] is Role.IGNORED


def test_roles_named_in_the_settings() -> None:
    done = run(roles={"a": "ignored"})
    assert roles(done)["a"] is Role.IGNORED


def test_labels_are_merged_and_two_are_a_binary_task() -> None:
    done = run(MERGE)
    assert done.task.labels == ("<=50K", ">50K")
    assert (done.task.kind, done.task.metric) == ("binary", "roc_auc")
    assert list(done.table.frame["y"].cat.categories) == ["<=50K", ">50K"]
    assert target_values(done.table, "y").tolist()[:3] == [0.0, 0.0, 1.0]


def test_a_metric_named_by_the_user_stays() -> None:
    assert run(MERGE, metric="accuracy").task.metric == "log_loss"  # the draft holds what the user named


def test_labels_that_the_draft_joined_can_be_kept_apart() -> None:
    joined = replace(TASK, kind="binary", metric="roc_auc", labels=("<=50K", ">50K"))
    done = repair(table(), joined, [MERGE], replace(SETTINGS, accept=("DQ404",)))
    assert (done.task.labels, done.task.kind, done.task.metric) == (LABELS, "multiclass", "log_loss")


def test_rows_without_a_target_are_left_out() -> None:
    whole = table()
    frame = whole.frame.copy()
    frame.loc[::2, "y"] = np.nan
    done = repair(replace(whole, frame=frame), TASK, [], SETTINGS)
    assert len(done.table.frame) == N // 2
    assert list(done.table.frame.index) == list(range(N // 2))
    assert done.table.frame["a"].tolist() == list(range(1, N, 2))
    assert "DQ603" in [f.code for f in done.findings]


def test_a_date_divides_and_stays_a_feature() -> None:
    done = run(TIME, GROUP, ORDER)
    assert (done.task.scheme, done.task.time_column) == (Scheme.TIME, "when")
    assert roles(done)["when"] is Role.FEATURE


def test_groups_are_derived_and_come_before_mere_order() -> None:
    done = run(ORDER, GROUP)
    name = "id (before the last '_')"
    assert (done.task.scheme, done.task.group_column) == (Scheme.GROUPED, name)
    assert done.table.frame[name].tolist()[:4] == ["m0", "m0", "m0", "m1"]
    assert (roles(done)[name], roles(done)["id"]) == (Role.GROUP, Role.IGNORED)


def test_row_order_as_time() -> None:
    done = run(ORDER)
    assert (done.task.scheme, done.task.time_column) == (Scheme.TIME, None)
    assert run(ORDER, accept=("DQ502",)).task.scheme is Scheme.SHUFFLED


def test_what_the_user_says_of_time_and_group_comes_first() -> None:
    assert run(TIME, group="leak").task.group_column == "leak"
    done = run(GROUP, time="a")
    assert (done.task.time_column, roles(done)["a"]) == ("a", Role.FEATURE)
    assert roles(run(group="leak"))["leak"] is Role.GROUP


def test_something_to_predict_from_is_always_left() -> None:
    every = [finding("DQ301", Remedy.IGNORE_COLUMN, "leak"), finding("DQ305", Remedy.IGNORE_COLUMN, "a", "when")]
    done = run(*every)
    assert [c.name for c in done.table.features] == ["leak"]
    assert "DQ604" in [f.code for f in done.findings]


def test_nothing_to_predict_from_is_an_error() -> None:
    whole = table()
    bare = replace(whole, columns=whole.columns[-2:], frame=whole.frame[["const", "y"]])
    with pytest.raises(SourceError, match="no column is left"):
        repair(bare, TASK, [], SETTINGS)


@pytest.mark.parametrize(
    ("values", "words"),
    [([None] * N, "missing in every row"), (["u"] * N, "constant"), (["u"] * (N - 1) + ["v"], "only one row")],
)
def test_targets_that_cannot_be_predicted(values: list[str | None], words: str) -> None:
    whole = table()
    frame = whole.frame.assign(y=pd.Categorical(values, categories=["u", "v"]))
    with pytest.raises(TargetError, match=words):
        repair(replace(whole, frame=frame), replace(TASK, labels=("u", "v")), [], SETTINGS)


def test_a_number_to_estimate() -> None:
    whole = table()
    columns = tuple(replace(c, role=Role.TARGET if c.name == "a" else Role.FEATURE) for c in whole.columns)
    draft = Task("a", "regression", "rmse")
    done = repair(replace(whole, columns=columns), draft, [], replace(SETTINGS, target="a"))
    assert done.table.frame["a"].dtype == np.float64
    with pytest.raises(TargetError, match="only numbers can be estimated"):
        repair(whole, replace(draft, target="y"), [], SETTINGS)


def test_the_table_that_came_in_is_untouched() -> None:
    whole = table()
    before = whole.frame.copy(deep=True)
    repair(whole, TASK, [LEAK, GROUP, MERGE], SETTINGS)
    pd.testing.assert_frame_equal(whole.frame, before)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"delay": "7d"}, "not divided by time"),
        ({"delay": "7d", "in_order": True}, "the rows have no time column"),
        ({"delay": "7", "time": "when"}, "without a unit"),
        ({"delay": "7d", "time": "a"}, "'a' holds no dates"),
    ],
)
def test_a_delay_that_does_not_fit_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        run(**settings)


def test_a_delay_is_counted_in_the_unit_of_the_time() -> None:
    assert run(delay="1d", time="when").task.label_delay == 86_400
    ordered = run(delay="200", in_order=True).task
    assert (ordered.scheme, ordered.time_column, ordered.label_delay) == (Scheme.TIME, None, 200)
