"""The kind of task without a target: its options, the rows that it plants, and what it says of predictions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import journeyman
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.errors import InputError, SettingsError
from journeyman.interfaces import PosesExamination, TaskType
from journeyman.settings import BuildSettings
from journeyman.tasks import check_target, find_task_type, fitting_metrics, metric_of, task_type
from journeyman.tasks.anomaly import Anomaly

SETTINGS = BuildSettings("t.csv", None, "t", task="anomaly")


def table(rows: int = 200) -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "size": rng.normal(10.0, 2.0, rows),
            "pieces": rng.poisson(5.0, rows).astype(float),
            "colour": pd.Categorical(rng.choice(["red", "blue"], rows), categories=["blue", "red"]),
            "words": np.array([f"some words {k}" for k in range(rows)], dtype=object),
        }
    )
    kinds = (Kind.NUMBER, Kind.INTEGER, Kind.CATEGORY, Kind.TEXT)
    columns = [Column(str(n), k, Role.FEATURE) for n, k in zip(frame, kinds, strict=True)]
    columns[2] = replace(columns[2], categories=("blue", "red"))
    return Table("t", frame, tuple(columns), "", rows)


def posed(rows: int = 200) -> tuple[Table, Task]:
    task = Anomaly().frame(table(rows), SETTINGS, "")
    return Anomaly().pose(table(rows), task, 0), task


def test_it_is_found_by_name_and_keeps_both_contracts() -> None:
    kind: TaskType = find_task_type("anomaly")
    assert isinstance(kind, PosesExamination)
    assert not kind.needs_target


def test_a_table_that_has_such_a_column_gets_another_target() -> None:
    given = table()
    taken = replace(given, columns=(*given.columns, Column("anomaly score", Kind.NUMBER)))
    assert Anomaly().frame(taken, SETTINGS, "").target == "anomaly score_"


def test_planted_rows_come_last_and_differ_from_rows_of_the_table() -> None:
    found, task = posed()
    assert found.planted == 100
    assert found.real_rows == 200
    assert target_values(found, task.target).tolist() == [0.0] * 200 + [1.0] * 100
    assert found.column("words").role is Role.IGNORED
    pd.testing.assert_frame_equal(found.frame.iloc[:200][list(table().frame)], table().frame)
    assert found.frame["colour"].dtype == table().frame["colour"].dtype
    known = set(map(tuple, table().frame[["size", "pieces", "colour"]].to_numpy()))
    strange = [tuple(row) not in known for row in found.frame.iloc[200:][["size", "pieces", "colour"]].to_numpy()]
    assert np.mean(strange) > 0.7
    assert (found.frame["pieces"] % 1 == 0).all()
    low, high = table().frame["size"].min(), table().frame["size"].max()
    assert (~found.frame["size"].iloc[200:].between(low, high)).any()


def test_what_the_source_held_is_given_back() -> None:
    found, task = posed()
    real = found.without_planted()
    assert list(real.frame) == list(table().frame)
    assert len(real.frame) == 200
    assert task.target not in {c.name for c in real.columns}
    assert not found.sampled
    assert replace(found, source_rows=210).sampled


def test_texts_alone_and_few_rows_are_refused() -> None:
    given = table()
    texts = replace(given, columns=tuple(replace(c, kind=Kind.TEXT) for c in given.columns))
    with pytest.raises(InputError, match="only texts and dates are left"):
        Anomaly().pose(texts, Anomaly().frame(given, SETTINGS, ""), 0)
    with pytest.raises(InputError, match="5 rows are too few"):
        Anomaly().frame(table(5), SETTINGS, "")


@pytest.mark.parametrize(("text", "share"), [("0.05", 0.05), ("2%", 0.02), (None, 0.01)])
def test_the_share_of_false_alarms_is_read(text: str | None, share: float) -> None:
    options = {} if text is None else {"false_alarms": text}
    task = Anomaly().frame(table(), replace(SETTINGS, task_options=options), "")
    assert task.options["false_alarms"] == pytest.approx(share)
    flagged = Anomaly().named_outputs(np.array([[1.0 - 1.1 * share], [1.0 - 0.9 * share]]), task)["flagged"]
    assert flagged.tolist() == [False, True]


@pytest.mark.parametrize("text", ["0", "2", "-0.1", "some", "nan", "100%"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=f"false_alarms={text} is no share"):
        Anomaly().frame(table(), replace(SETTINGS, task_options={"false_alarms": text}), "")


def test_a_target_is_refused_where_there_is_none_and_asked_for_where_there_is() -> None:
    check_target(SETTINGS)
    with pytest.raises(SettingsError, match="has no target, and 'size' was named"):
        check_target(replace(SETTINGS, target="size"))
    with pytest.raises(SettingsError, match="no column to predict was named"):
        check_target(replace(SETTINGS, task="binary"))


def test_metrics_are_those_of_planted_rows() -> None:
    _, task = posed()
    assert set(fitting_metrics(task)) == {"planted_roc_auc", "planted_average_precision"}
    y, scores = np.array([0.0, 0.0, 1.0]), np.array([[0.2], [0.9], [0.8]])
    metric = metric_of(task)
    assert metric.score(y, scores) == 0.5
    weighted = metric.weighted(y, scores)
    assert weighted is not None
    assert weighted(np.array([[1.0, 0.0, 1.0]])).tolist() == [1.0]
    constant = np.tile(metric.best_constant(y, 1), (3, 1))
    assert metric.score(y, constant) == 0.5


def test_marks_are_read_as_true_or_false() -> None:
    _, task = posed()
    read = task_type(task).label_reader(task)
    assert [read(v) for v in (1, 0, True, 1.0)] == [1.0, 0.0, 1.0, 1.0]
    assert np.isnan(read(0.5))
    assert np.isnan(read("odd"))


def test_options_from_python_need_not_be_texts() -> None:
    frame = pd.DataFrame({"a": np.arange(50.0), "y": np.arange(50.0)})
    with pytest.raises(InputError, match="false_alarms=2 is no share"):
        journeyman.build(frame, target=None, task="anomaly", task_options={"false_alarms": 2})
    with pytest.raises(InputError, match="levels"):
        journeyman.build(frame, target="y", task="quantiles", task_options={"levels": [0.1, 1.5]})


def test_marks_are_known_to_the_model_and_no_column_of_it() -> None:
    given = table()
    marks = np.full(200, "", dtype=object)
    marks[:30], marks[30:60] = "yes", "No"
    frame = given.frame.assign(seen=marks)
    given = replace(given, frame=frame, columns=(*given.columns, Column("seen", Kind.CATEGORY, Role.FEATURE)))
    task = Anomaly().frame(given, replace(SETTINGS, task_options={"marks": "seen"}), "")
    assert task.metric == "marked_roc_auc"  # 30 of either mark are enough to be judged by
    found = Anomaly().pose(given, task, 0)
    assert "seen" not in {c.name for c in found.features}
    y = target_values(found, task.target)
    assert [int((y == code).sum()) for code in (0, 1, 2, 3)] == [140, 100, 30, 30]
    scores = np.where(y == 3, 0.9, 0.5)[:, None]
    assert metric_of(task).score(y, scores) == 1.0
    assert fitting_metrics(task)["planted_roc_auc"].score(y, scores) == 0.5  # those marked as odd are left out


def test_a_capacity_leaves_the_oddest_of_the_rows_that_came_together() -> None:
    task = Anomaly().frame(table(), replace(SETTINGS, task_options={"capacity": "20"}), "")
    assert task.options == {"false_alarms": 0.02, "capacity": 20.0, "rows_a_day": 0.0}
    scores = np.linspace(0.98, 0.999, 101)[:, None]  # each is odd enough
    kept = Anomaly().within_capacity(scores, task)
    assert kept.sum() == 3  # a fiftieth, rounded up
    assert kept[-3:].all()
    ordinary = Anomaly().within_capacity(np.full((100, 1), 0.5), task)
    assert not ordinary.any()
