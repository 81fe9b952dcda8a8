"""Partial dependence follows the model along its important columns, on training rows only."""

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.evaluation import Evaluation, Importance, Score
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.stages.explain import explain

SCORE = Score("roc_auc", 0.9, 0.8, 1.0, 0.5, 0.5, 0.5, 0.3, 0.5, True)


def setting(kinds="binary"):
    rng = np.random.default_rng(0)
    n = 900
    frame = pd.DataFrame(
        {
            "x": np.r_[rng.normal(size=600), np.full(300, 99.0)],  # the holdout's values lie apart
            "c": pd.Categorical.from_codes(rng.integers(-1, 3, n), categories=["u", "v", "w"]),
            "t": np.array(["some words"] * n, dtype=object),
            "b": rng.integers(0, 2, n).astype(float),
            "y": pd.Categorical.from_codes(rng.integers(0, 2, n), categories=["no", "yes"]),
        }
    )
    columns = (
        Column("x", Kind.NUMBER),
        Column("c", Kind.CATEGORY, categories=("u", "v", "w")),
        Column("t", Kind.TEXT),
        Column("b", Kind.BOOLEAN, categories=("off", "on")),
        Column("y", Kind.CATEGORY, Role.TARGET, categories=("no", "yes")),
    )
    split = Split(Scheme.SHUFFLED, np.arange(600), np.arange(600, 900), (), "")
    return Table("t", frame, columns, "0", n), Task("y", kinds, "roc_auc", ("no", "yes")), split


def predict(block):
    p = 1 / (1 + np.exp(-(block["x"] + np.where(block["c"] == 1, 2.0, 0.0))))
    return np.column_stack([1 - p, p])


def evaluation(*names):
    return Evaluation(300, True, (SCORE,), importances=tuple(Importance(n, 0.1, 0.01) for n in names))


def test_the_answer_rises_along_the_column_that_it_follows():
    table, task, split = setting()
    found = explain(predict, table, task, split, evaluation("c", "x", "t"), 36_000, 0)
    assert [d.column for d in found.dependences] == ["c", "x"]
    c, x = found.dependences
    assert x.output == "yes"
    assert len(x.x) == 20
    assert np.all(np.diff(x.y) > 0)
    assert c.labels == ("u", "v", "w")
    assert c.y[1] > c.y[0] == pytest.approx(c.y[2])


def test_holdout_rows_are_not_touched():
    table, task, split = setting()
    found = explain(predict, table, task, split, evaluation("x"), 36_000, 0)
    assert max(found.dependences[0].x) < 99


def test_work_is_bounded_and_repeatable():
    table, task, split = setting()
    most = []

    def counted(block):
        most.append(len(block["x"]))
        return predict(block)

    first = explain(counted, table, task, split, evaluation("x", "b"), 36_000, 3)
    assert max(most) <= 300 * 20
    assert first == explain(predict, table, task, split, evaluation("x", "b"), 36_000, 3)
    most.clear()
    explain(counted, table, task, split, evaluation("x", "b"), 6_000, 3)
    assert max(most) <= 50 * 20


def test_without_importances_the_first_columns_are_drawn():
    table, task, split = setting()
    found = explain(predict, table, task, split, evaluation(), 36_000, 0)
    assert [d.column for d in found.dependences] == ["x", "c", "b"]
    assert found.dependences[2].labels == ("off", "on")
