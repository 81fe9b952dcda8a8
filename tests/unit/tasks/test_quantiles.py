"""Quantile regression as a kind of task: levels, costs, and what it makes of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.metric import Loss
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import SettingsError, TargetError
from journeyman.settings import BuildSettings
from journeyman.tasks import fitting_metrics, metric_of, task_type
from journeyman.tasks.quantiles import PinballLoss, QuantileCoverage, Quantiles

TASK = Task("y", "quantiles", "pinball_loss", metric_loss="pinball", output_names=("0.5", "0.1", "0.9"))


def table(values: object, kind: Kind = Kind.NUMBER) -> Table:
    frame = pd.DataFrame({"y": values})
    column = Column("y", kind, categories=("a", "b") if kind is Kind.CATEGORY else ())
    return Table("t.csv", frame, (column,), "d", len(frame))


def framed(levels: str | None, **changes: object) -> Task:
    options = {} if levels is None else {"levels": levels}
    settings = BuildSettings("t.csv", "y", "t", task="quantiles", task_options=options, **changes)
    return Quantiles().frame(table([1.0, 2.5, 3.0]), settings, "so it says")


def test_the_median_stands_first_whatever_is_asked_for() -> None:
    assert framed(None).output_names == ("0.5", "0.1", "0.9")
    assert framed("0.95,0.05").output_names == ("0.5", "0.05", "0.95")
    assert framed("0.9,0.5,0.1") == framed(None)
    task = framed("0.025, 0.975")
    assert (task.kind, task.metric, task.loss, task.outputs) == ("quantiles", "pinball_loss", "pinball", 3)
    assert task.loss not in set(Loss)


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ("0.1,1.5", "a level lies between 0 and 1, and 1.5 does not"),
        ("0,0.5", "a level lies between 0 and 1, and 0 does not"),
        ("0.1,nan", "between 0 and 1"),
        ("0.1,ten", "'ten' is no number"),
        ("0.1,,0.9", "'' is no number"),
        ("0.1,0.10", "twice"),
        ("0.1,0.10000000001", "twice"),  # their names would be the same
        (",".join(f"{k / 21:.4f}" for k in range(1, 21)), "too many"),
    ],
)
def test_levels_that_are_none_are_refused_with_a_hint(levels: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        framed(levels)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_other_options_metrics_and_targets_are_refused() -> None:
    settings = BuildSettings("t.csv", "y", "t", task="quantiles", task_options={"level": "0.1"})
    with pytest.raises(SettingsError, match="did you mean 'levels'"):
        Quantiles().frame(table([1.0, 2.0]), settings, "")
    with pytest.raises(SettingsError, match="does not fit a task of kind quantiles"):
        framed(None, metric="rmse")
    with pytest.raises(TargetError, match="only numbers can be estimated"):
        Quantiles().frame(table(["a", "b"], Kind.CATEGORY), BuildSettings("t.csv", "y", "t"), "")


def test_its_metrics_are_those_of_its_levels_alone() -> None:
    assert set(fitting_metrics(TASK)) == {"pinball_loss", "quantile_coverage_error"}
    assert metric_of(TASK) == PinballLoss((0.5, 0.1, 0.9))


def test_the_pinball_loss_is_least_at_the_quantiles() -> None:
    y = np.random.default_rng(0).exponential(size=4_000)
    metric = PinballLoss((0.5, 0.1, 0.9))
    best = metric.best_constant(y, 3)
    scores = [metric.score(y, np.tile(best + moved, (len(y), 1))) for moved in (-0.1, 0.0, 0.1)]
    assert scores[1] < min(scores[0], scores[2])
    assert metric.score(y, np.tile(best, (len(y), 1))[:, [1, 0, 2]]) > scores[1]  # columns belong to their levels


def test_labels_that_equal_a_quantile_count_where_they_are_missed() -> None:
    metric = QuantileCoverage((0.5, 0.9))
    y = np.array([0.0, 0.0, 0.0, 1.0])
    assert metric.score(y, np.tile([0.0, 1.0], (4, 1))) == 0.0
    assert metric.score(y, np.tile([-1.0, 2.0], (4, 1))) == pytest.approx((0.5 + 0.1) / 2)


def test_errors_and_live_losses_go_by_the_levels_of_the_task() -> None:
    wide = Task("y", "quantiles", "pinball_loss", metric_loss="pinball", output_names=("0.5", "0.8", "0.9"))
    y, predictions = np.array([10.0]), np.array([[5.0, 5.0, 5.0]])
    usual, other = (task_type(task).errors(y, predictions, None) for task in (TASK, wide))
    assert usual == pytest.approx((0.5 + 0.1 + 0.9) / 3 * 5)
    assert other == pytest.approx((0.5 + 0.8 + 0.9) / 3 * 5)
    losses = task_type(TASK).live_losses(np.array([10.0, 1e9, np.nan]), np.tile(predictions, (3, 1)), 10.0)
    assert losses == pytest.approx([0.25, 1.0, np.nan], nan_ok=True)


def test_the_interval_reaches_from_the_lowest_to_the_highest_level() -> None:
    assert task_type(TASK).interval_outputs(TASK) == (1, 2)
    alone = Task("y", "quantiles", "pinball_loss", metric_loss="pinball", output_names=("0.5",))
    assert task_type(alone).interval_outputs(alone) == (0, 0)


def test_a_file_of_predictions_names_the_quantiles() -> None:
    named = task_type(TASK).named_outputs(np.array([[2.0, 1.0, 3.0]]), TASK)
    assert {name: values.tolist() for name, values in named.items()} == {"y 10%": [1.0], "y 90%": [3.0]}


def test_repeating_the_past_knows_how_far_steps_go() -> None:
    y = np.cumsum(np.random.default_rng(1).normal(size=5_000))
    before = np.concatenate([[np.nan], y[:-1]])
    told = Quantiles().repeat_previous(y, before, before, TASK)
    held = ((y > told[:, 1]) & (y < told[:, 2])).mean()
    assert held == pytest.approx(0.8, abs=0.01)
