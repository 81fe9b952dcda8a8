"""What kind of answer a target asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError, TargetError
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.sources.parsing import canonical_label, label_order, label_texts, merged_labels
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest

RNG = np.random.default_rng(0)
SETTINGS = BuildSettings(source="<frame>", target="y", name="m")


def framed(values: Sequence[object], settings: BuildSettings = SETTINGS) -> Task:
    frame = pd.DataFrame({"x": RNG.normal(size=len(values)), settings.target: pd.Series(list(values))})
    return frame_task(ingest(FrameSource(frame), settings).table, settings)


@pytest.mark.parametrize(
    ("values", "kind", "labels", "types"),
    [
        ([0, 1] * 20, "binary", ("0", "1"), "int"),
        ([1, 2] * 20, "binary", ("1", "2"), "int"),
        (["'-1'", "'1'"] * 20, "binary", ("-1", "1"), "str"),
        ([True, False] * 20, "binary", ("False", "True"), "bool"),
        (["yes", "no"] * 20, "binary", ("no", "yes"), "str"),
        (["TRUE", "FALSE"] * 20, "binary", ("FALSE", "TRUE"), "str"),
        (["good", "bad"] * 20, "binary", ("bad", "good"), "str"),
        (["churned", "not churned"] * 20, "binary", ("not churned", "churned"), "str"),
        (["+", "-"] * 20, "binary", ("-", "+"), "str"),
        (["a", "b", "c"] * 20, "multiclass", ("a", "b", "c"), "str"),
        (["mild", "none", "severe"] * 20, "multiclass", ("none", "mild", "severe"), "str"),
        ([3, 4, 5, 6, 10] * 20, "multiclass", ("3", "4", "5", "6", "10"), "int"),
        ([" <=50K", " <=50K.", " >50K", " >50K."] * 20, "binary", ("<=50K", ">50K"), "str"),
        (["Yes", "yes ", "No"] * 20, "binary", ("No", "Yes"), "str"),
        (list(range(40)) * 5, "regression", (), "int"),
        ([1.5, 2.5, 3.5] * 20, "regression", (), "float"),
        ([5, 10, 100, 1000, 5000] * 20, "regression", (), "int"),
        (list(range(15)) * 2, "regression", (), "int"),
        ([0] * 100 + [1] * 20 + [2] * 3, "regression", (), "int"),
        ([0] * 60 + [1] * 50 + [2] * 40, "multiclass", ("0", "1", "2"), "int"),
    ],
)
def test_kinds(values: list[object], kind: str, labels: tuple[str, ...], types: str) -> None:
    task = framed(values)
    assert (task.kind, task.labels, task.label_types) == (kind, labels, types)
    assert task.reason
    assert task.metric == {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}[kind]


def test_names_help_where_numbers_do_not() -> None:
    named = replace(SETTINGS, target="class")
    assert framed(list(range(40)) * 20, named).kind == "multiclass"
    assert framed(list(range(40)) * 20).kind == "regression"
    assert framed([0] * 100 + [1] * 20 + [2] * 3, named).kind == "multiclass"
    assert framed(list(RNG.integers(0, 1000, 300)), named).kind == "regression"


def test_the_settings_overrule() -> None:
    assert framed([3, 4, 5] * 20, replace(SETTINGS, task="regression")).kind == "regression"
    assert framed([1.5, 2.5, 3.5] * 20, replace(SETTINGS, task="multiclass")).labels == ("1.5", "2.5", "3.5")
    assert framed([0, 1] * 20, replace(SETTINGS, task="multiclass")).kind == "binary"
    assert framed([0, 1] * 20, replace(SETTINGS, metric="accuracy")).metric == "accuracy"
    assert framed([0, 1] * 20, replace(SETTINGS, time="x")).scheme is Scheme.TIME
    grouped = framed([0, 1] * 20, replace(SETTINGS, group="x"))
    assert (grouped.scheme, grouped.group_column) == (Scheme.GROUPED, "x")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0] * 30, "is constant: every row is '1'"),
        (["a"] * 30, "is constant"),
        (["yes", "Yes", "yes."] * 10, "is constant"),
        ([None] * 30, "missing in every row"),
        (["?"] * 30, "missing in every row"),
        (["a"] * 29 + ["b"], "only one row of class 'b'"),
        ([0] * 29 + [1], "only one row of class '1'"),
        ([f"person number {i}" for i in range(40)], "no classes"),
        (pd.date_range("2020-01-01", periods=30).tolist(), "is a date"),
        ([i * 1e160 + 0.5 for i in range(30)], "reaches 2.9e\\+161"),
    ],
)
def test_what_cannot_be_predicted(values: list[object], words: str) -> None:
    with pytest.raises(TargetError, match=words):
        framed(values)


def test_tasks_that_do_not_fit() -> None:
    with pytest.raises(TargetError, match="only numbers can be estimated"):
        framed(["a", "b"] * 20, replace(SETTINGS, task="regression"))
    with pytest.raises(TargetError, match="3 classes where two are wanted"):
        framed(["a", "b", "c"] * 20, replace(SETTINGS, task="binary"))
    with pytest.raises(SettingsError, match="no task 'prophecy'"):
        framed([0, 1] * 20, replace(SETTINGS, task="prophecy"))


def test_a_rare_class_among_many_is_no_error() -> None:
    assert framed(["a"] * 20 + ["b"] * 20 + ["c"]).labels == ("a", "b", "c")


def test_labels_and_codes_agree_with_the_table() -> None:
    frame = pd.DataFrame({"x": range(6), "y": ["b", "a", "b.", "A a", "a a", None]})
    table = ingest(FrameSource(frame), SETTINGS).table
    spelled = label_texts(table.frame["y"], table.column("y"))
    assert spelled.tolist() == ["b", "a", "b.", "A a", "a a", None]
    merged = merged_labels({str(k): int(v) for k, v in spelled.value_counts().items()})
    assert merged == {"A a": "A a", "a a": "A a", "a": "a", "b": "b", "b.": "b"}


def test_equal_labels_share_a_canonical_form() -> None:
    assert canonical_label(" Yes.") == canonical_label("yes")
    assert canonical_label("a") != canonical_label("A")
    assert canonical_label("...") == "..."
    assert label_order(["b", "a", "c"]) == ("a", "b", "c")
