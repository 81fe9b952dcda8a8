"""Simulate: a table is lived through by the real loop; late truths stay late, and figures are those of the answers."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.decision import Action
from journeyman.entities.operation import Economics
from journeyman.entities.simulation import DAY, SimulatedDay, SimulateSettings
from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.operations.simulated_world import truths_of
from journeyman.pipelines.simulate import in_order, simulate
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream


def turning(rows: int, change: int) -> pd.DataFrame:
    """Return a table whose truths turn round at a row."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=rows).round(4), "z": rng.normal(size=rows).round(4)})
    high = (frame["x"] + 0.3 * frame["z"] > 0) ^ (np.arange(rows) >= change)
    return frame.assign(y=np.where(high, "yes", "no"))


def settings(tmp_path: Path, table: Path, **changed: object) -> SimulateSettings:
    usual = {"first": 400, "delay": 100, "daily": 100, "trials": 2, "economics": Economics(horizon=2_000)}
    return SimulateSettings(str(table), "y", tmp_path / "place", **(usual | changed))  # type: ignore[arg-type]  # a test's shorthand


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_that_turns_round_is_lived_through(tmp_path: Path, suffix: str) -> None:
    frame, table, days = turning(1800, 800), tmp_path / f"turning.{suffix}", list[SimulatedDay]()
    frame.to_csv(table, index=False) if suffix == "csv" else frame.to_parquet(table, index=False)
    done = simulate(settings(tmp_path, table), days.append)

    assert (done.first, done.rows, done.days, done.unknown) == (400, 1400, 14, 0)
    assert [day.number for day in days] == list(range(1, 15))
    ours, never = done.results[0], done.results[1]
    assert any(o.move.action is Action.RETRAIN for o in done.operations)
    assert any(o.move.action is Action.PROMOTE for o in done.operations)
    assert ours.loss < never.loss
    assert ours.loss == pytest.approx(np.mean([day.loss for day in days]))
    assert days[0].loss < 0.2 < days[5].loss  # the first model is good, and worse than chance after the turn

    with Workspace.existing(tmp_path / "place") as place:
        assert place.operations.last_round("simulated") == 13
        begun = place.operations.model("simulated").begun
    log = SqlitePredictionLog(tmp_path / "place" / "predictions" / "simulated")
    try:
        stream = TableStream(log)
        spans = [stream.poll(begun + day * DAY, begun + (day + 1) * DAY, 1000) for day in range(3)]
    finally:
        log.close()
    assert [span.total for span in spans] == [100, 100, 100]
    # A hundred rows late: the first day's truths come on the second.
    assert [span.labels for span in spans] == [0, 100, 100]


def test_what_cannot_be_replayed_is_said_in_a_line(tmp_path: Path) -> None:
    table = tmp_path / "short.csv"
    turning(300, 100).to_csv(table, index=False)
    with pytest.raises(SettingsError, match="too few to replay"):
        simulate(settings(tmp_path, table), lambda _: None)
    turning(900, 100).drop(columns="y").to_csv(table, index=False)
    with pytest.raises(SettingsError, match="no column 'y'"):
        simulate(settings(tmp_path, table), lambda _: None)


def test_rows_are_put_in_the_order_of_a_column_of_time(tmp_path: Path) -> None:
    table = tmp_path / "mixed.csv"
    frame = turning(900, 100).assign(day=pd.date_range("2024-01-01", periods=900).strftime("%d.%m.%Y"))
    frame.assign(day=["soon", *frame["day"][1:]]).to_csv(table, index=False)
    with pytest.raises(SettingsError, match="'day' holds 'soon' in row 1, wanted a date or a number"):
        simulate(settings(tmp_path, table, time="day"), lambda _: None)
    with pytest.raises(SettingsError, match="no column 'moment'"):
        simulate(settings(tmp_path, table, time="moment"), lambda _: None)


@pytest.mark.parametrize(
    "written",
    [["3", "1", "2"], ["2024-03-01", "2024-01-01", "2024-02-01"], ["1 Mar 2024", "2024-01-01", "2024-02-01T10:00Z"]],
)
def test_moments_are_read_as_numbers_or_dates(written: list[str]) -> None:
    ordered = in_order(pd.DataFrame({"when": written, "x": [2, 0, 1]}), "when")
    assert ordered["x"].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("labels", "raw", "codes"),
    [
        (("-1", "1"), ["'-1'", "'1'", " 1 "], [0, 1, 1]),
        (("0", "1"), [0, 1.0, True], [0, 1, np.nan]),
        (("False", "True"), [True, np.bool_(False), "true"], [1, 0, 1]),
        (("<=50K", ">50K"), ["<=50K.", ">50k", None], [0, 1, np.nan]),
    ],
    ids=["quoted", "numbers", "flags", "spellings"],
)
def test_truths_are_read_as_a_build_reads_them(labels: tuple[str, ...], raw: list[object], codes: list[float]) -> None:
    """A table whose classes stood in quotes was replayed without a single truth."""
    task = Task("y", "binary", "roc_auc", labels)
    np.testing.assert_array_equal(truths_of(pd.Series(raw, dtype=object), task, Column("y", Kind.CATEGORY)), codes)


def test_truths_that_are_numbers_are_read_in_the_style_of_the_target() -> None:
    task, column = Task("y", "regression", "rmse"), Column("y", Kind.NUMBER, decimal=",")
    raw = pd.Series(["1.234,56-", "13.770", "?"])
    np.testing.assert_array_equal(truths_of(raw, task, column), [-1234.56, 13770.0, np.nan])
