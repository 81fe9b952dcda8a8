"""Survival as a kind of task: where labels come from, what is refused, and what is said of predictions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import InputError, SettingsError
from journeyman.metrics.survival import with_risk
from journeyman.settings import BuildSettings
from journeyman.tasks import fitting_metrics, task_type
from journeyman.tasks.survival import Survival

ROWS = 60
SOME: list[object] = [0.0, 1.0]


def table(times: np.ndarray | None = None, events: list[object] = SOME) -> Table:
    held = np.arange(1.0, ROWS + 1) if times is None else times
    values = pd.Series([events[k % len(events)] for k in range(ROWS)])
    texts = values.dtype == object or isinstance(values.iloc[0], str)
    names = tuple(sorted({str(v) for v in events}))
    died = Column("died", Kind.CATEGORY, categories=names) if texts else Column("died", Kind.INTEGER)
    if texts:
        values = pd.Series(pd.Categorical(values, categories=names))
    frame = pd.DataFrame({"t": held, "died": values, "x": np.arange(ROWS) % 7.0})
    return Table("t.csv", frame, (Column("t", Kind.NUMBER, Role.TARGET), died, Column("x", Kind.NUMBER)), "d", ROWS)


def settings(**options: str) -> BuildSettings:
    return BuildSettings("t.csv", "t", "m", task="survival", task_options=options)


def framed(given: Table, **options: str) -> Task:
    return Survival().frame(given, settings(event="died", **options), "")


def test_outputs_are_a_risk_and_the_curve_at_tenths_of_event_times_or_at_those_that_are_named() -> None:
    task = framed(table())
    assert (task.kind, task.metric, task.loss, task.label_columns) == ("survival", "c_index", "survival", ("died",))
    assert len(task.output_names) == 10
    assert task.output_names[0] == "risk"
    assert framed(table(), times="24, 6,12").output_names == (
        "risk",
        "survival at 6",
        "survival at 12",
        "survival at 24",
    )
    assert set(fitting_metrics(task)) == {"c_index", "integrated_brier_score"}


@pytest.mark.parametrize(
    ("events", "happened"), [(["yes", "no"], "yes"), (["Dead", "alive"], "Dead"), ([0.0, 1.0], "1"), (["1", "0"], "1")]
)
def test_what_happened_is_told_from_its_word(events: list[object], happened: str) -> None:
    given = table(events=events)
    task = framed(given)
    assert task.label_words[1] == happened
    combined, _ = Survival().combine(given, task)
    labels = combined.frame["t"].to_numpy()
    assert ((labels > 0) == [str(v).removesuffix(".0") == happened for v in given.frame["died"]]).all()
    assert np.abs(labels).tolist() == given.frame["t"].tolist()
    assert combined.column("died").role is Role.IGNORED
    apart = Survival().separate(labels, task)
    assert apart["t"].tolist() == given.frame["t"].tolist()
    assert [str(v).removesuffix(".0") for v in given.frame["died"]] == apart["died"].tolist()


def test_rows_that_lasted_no_time_are_left_out_and_told() -> None:
    times = np.arange(ROWS, dtype=float)
    combined, [found] = Survival().combine(given := table(times), framed(given))
    assert len(combined.frame) == ROWS - 1
    assert found.message == "1 row whose 't' is 0 is left out: nothing can have happened before."


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (table(), {}, "needs the column that says whether the event happened"),
        (table(), {"event": "dead"}, "no further column 'dead' (hint: did you mean 'died'?)"),
        (table(), {"event": "t"}, "no further column 't'"),
        (table(events=["no"]), {"event": "died"}, "holds only the value 'no', and two are wanted"),
        (table(events=["a", "b", "c"]), {"event": "died"}, "holds 3 values, and two are wanted"),
        (table(events=["up", "down"]), {"event": "died"}, "which of them says that it happened?"),
        (table(events=["up", "down"]), {"event": "died", "happened": "left"}, "no value of 'died'"),
        (table(np.arange(-1.0, ROWS - 1)), {"event": "died"}, "lies below zero, such as -1 in row 1"),
        (table(), {"event": "died", "times": "1,x"}, "something that is no number"),
        (table(), {"event": "died", "times": "0,5"}, "times lie above 0"),
        (table(), {"event": "died", "times": "900"}, "and up to 60"),
        (table(), {"evnt": "died"}, "did you mean 'event'?"),
    ],
)
def test_what_is_no_survival_is_refused_in_a_line_with_a_hint(given: Table, options: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as caught:
        Survival().frame(given, settings(**options), "")
    assert said in str(caught.value)
    assert caught.value.hint
    assert "\n" not in str(caught.value)


def test_too_few_events_and_other_metrics_are_refused() -> None:
    few = table(events=[1.0, *[0.0] * 19])
    with pytest.raises(InputError, match="the event happened in 3 rows, too few"):
        framed(few)
    with pytest.raises(SettingsError, match="does not fit a task of kind survival"):
        Survival().frame(
            table(), BuildSettings("t", "t", "m", task="survival", task_options={"event": "died"}, metric="rmse"), ""
        )


def test_the_median_time_is_read_off_the_curve_where_it_gets_there() -> None:
    task = framed(table(), times="10,20")
    told = task_type(task).named_outputs(with_risk(np.array([[0.75, 0.25], [0.9, 0.8], [0.4, 0.2]])), task)
    assert list(told) == ["survival at 10", "survival at 20", "median time"]
    np.testing.assert_allclose(told["median time"], [15.0, np.nan, 10 * 0.5 / 0.6])


def test_a_truth_is_a_time_and_whether_it_happened() -> None:
    read = Survival().read_truth
    assert read({"time": 3, "event": 1}) == 3.0
    assert read({"time": 2.5, "event": False}) == -2.5
    for given in ({"time": 0, "event": True}, {"time": True, "event": True}, {"time": 1, "event": 2}, {"time": 1}, 7):
        assert read(given) is None
