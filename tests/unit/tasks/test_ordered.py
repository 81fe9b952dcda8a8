"""Ordered classes: where their order comes from, what a miss costs, and which class is predicted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.plan import median_classes
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import InputError, SettingsError, TargetError
from journeyman.metrics.ordered import KAPPA, ORDERED, rank_errors, ranked_probability_losses
from journeyman.settings import BuildSettings
from journeyman.tasks import fitting_metrics, metric_of, task_type
from journeyman.tasks.ordered import Ordered

TASK = Task("y", "ordered", "rank_error", ("low", "middle", "high"), metric_loss="ordered log")


def table(values: list[object], kind: Kind = Kind.CATEGORY, categories: tuple[str, ...] = ()) -> Table:
    held = pd.Series(values)
    if kind.categorical:
        names = categories or tuple(sorted({str(v) for v in values}))
        held = pd.Series(pd.Categorical(values, categories=names))
        return Table("t.csv", pd.DataFrame({"y": held}), (Column("y", kind, categories=names),), "d", len(values))
    return Table("t.csv", pd.DataFrame({"y": held.astype(float)}), (Column("y", kind),), "d", len(values))


def framed(given: Table, order: str | None = None, **changes: object) -> Task:
    options = {} if order is None else {"order": order}
    return Ordered().frame(given, BuildSettings("t.csv", "y", "t", task="ordered", task_options=options, **changes), "")


def test_the_order_is_that_of_numbers_of_known_names_or_the_one_that_is_given() -> None:
    assert framed(table([10, 9, 3, 10, 9, 3], Kind.INTEGER)).labels == ("3", "9", "10")
    scale = table(["small", "large", "medium"] * 4, Kind.ORDERED, ("small", "medium", "large"))
    assert framed(scale).labels == ("small", "medium", "large")
    words = table(["hot", "cold", "mild"] * 4)
    assert framed(words, "cold,mild,hot").labels == ("cold", "mild", "hot")
    assert framed(words, " Cold, mild, hot, blazing").labels == ("cold", "mild", "hot")  # a level that may come
    task = framed(words, "cold,mild,hot")
    assert (task.kind, task.metric, task.loss, task.outputs) == ("ordered", "rank_error", "ordered log", 3)


def test_two_classes_are_binary_and_their_order_says_which_is_positive() -> None:
    task = framed(table(["up", "down"] * 6), "down,up")
    assert (task.kind, task.labels) == ("binary", ("down", "up"))


@pytest.mark.parametrize(
    ("order", "said", "hint"),
    [
        (None, "the order of the 3 classes of 'y' is not known", '--task-option order="cold,hot,mild"'),
        ("cold,hot", "lacks the class 'mild' of 'y'", 'order="cold,hot,mild"'),
        ("cold,mild,hot,cold", "names 'cold' twice", "once"),
    ],
)
def test_an_order_that_is_none_is_refused_in_a_line(order: str | None, said: str, hint: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        framed(table(["hot", "cold", "mild"] * 4), order)
    assert isinstance(caught.value, TargetError if order is None else SettingsError)
    assert hint in (caught.value.hint or "")
    assert "\n" not in str(caught.value)


def test_other_options_and_metrics_are_refused() -> None:
    with pytest.raises(SettingsError, match="does not fit a task of kind ordered"):
        framed(table([1, 2, 3] * 4, Kind.INTEGER), metric="rmse")
    settings = BuildSettings("t.csv", "y", "t", task="ordered", task_options={"ordre": "1,2"})
    with pytest.raises(SettingsError, match="did you mean 'order'"):
        Ordered().frame(table([1, 2, 3] * 4, Kind.INTEGER), settings, "")


def test_the_median_class_is_off_by_least_on_average() -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(5), 200)
    classes = np.arange(5)
    expected = np.abs(classes[:, None] - classes) @ shares.T  # of each class that may be told, for each row
    told = expected[median_classes(shares), np.arange(200)]
    np.testing.assert_allclose(told, expected.min(axis=0), rtol=1e-12)
    decoded = Ordered().decode(np.array([[0.45, 0.15, 0.4]]), TASK, None)
    assert decoded.tolist() == ["middle"]


def test_the_ranked_probability_score_is_least_at_the_truth() -> None:
    rng = np.random.default_rng(1)
    truth = np.array([0.2, 0.5, 0.3])
    y = rng.choice(3, 4_000, p=truth).astype(float)
    best = ranked_probability_losses(y, np.tile(truth, (len(y), 1))).mean()
    for other in rng.dirichlet(np.ones(3), 20):
        assert best <= ranked_probability_losses(y, np.tile(other, (len(y), 1))).mean() + 5e-3


def test_kappa_is_what_a_table_of_counts_gives() -> None:
    """Slowly: observed and expected counts, weighted by squared distance (Cohen 1968)."""
    rng = np.random.default_rng(2)
    y, p = rng.integers(0, 4, 300).astype(float), rng.dirichlet(np.ones(4), 300)
    told = median_classes(p)
    seen = np.zeros((4, 4))
    np.add.at(seen, (y.astype(int), told), 1.0)
    cost = (np.arange(4)[:, None] - np.arange(4)) ** 2
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    assert KAPPA.score(y, p) == pytest.approx(1 - (cost * seen).sum() / (cost * chance).sum(), abs=1e-9)


def test_the_baseline_is_the_median_class() -> None:
    y = np.array([0.0, 0.0, 1.0, 2.0, 2.0, 2.0, 1.0])
    metric = metric_of(TASK)
    constant = np.tile(metric.best_constant(y, 3), (len(y), 1))
    assert set(median_classes(constant)) == {1}
    assert metric.score(y, constant) == rank_errors(y, constant).mean() == pytest.approx(5 / 7)
    assert set(fitting_metrics(TASK)) == {*(m.name for m in ORDERED), "log_loss"}


def test_what_it_draws_counts_every_row_once() -> None:
    rng = np.random.default_rng(3)
    y, p = rng.integers(0, 3, 90).astype(float), rng.dirichlet(np.ones(3), 90)
    drawn = task_type(TASK).draw(y, p, TASK, pd.DataFrame())  # type: ignore[attr-defined] # this kind draws
    model, middle = drawn["rank errors"]
    assert sum(model.weight) == 90
    assert sum(np.multiply(model.y, model.weight)) / 90 == pytest.approx(metric_of(TASK).score(y, p))
    assert min(middle.y) == 0.0
    assert sum(drawn["rank distances"][0].y) == pytest.approx(1.0)
