"""The kind of task forecast: what it finds in a table, what it refuses, windows, and intervals that hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from journeyman.entities.column import Kind, Role
from journeyman.entities.panel import StepUnit
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task
from journeyman.errors import InputError, SettingsError, SourceError, TargetError
from journeyman.interfaces import ArrangesSeries
from journeyman.panels.layout import cells_of
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.ingest import ingest
from journeyman.tasks import find_task_type
from journeyman.tasks.forecast import Forecast
from journeyman.tasks.forecast_metrics import FORECAST_METRICS, LEVELS, OUTPUTS, interval_columns
from journeyman.tasks.spreading import calibrated_spread


def read(frame: pd.DataFrame, target: str = "y", **given: object) -> tuple[Table, BuildSettings]:
    options = {name: str(value) for name, value in given.items() if name not in ("time", "roles")}
    named = {name: value for name, value in given.items() if name in ("time", "roles")}
    settings = BuildSettings("t.csv", target, "t", task="forecast", task_options=options, **named)  # type: ignore[arg-type]  # str or mapping
    return ingest(FrameSource(frame, "t.csv"), settings).table, settings


def framed(frame: pd.DataFrame, target: str = "y", **given: object) -> tuple[Table, Task]:
    table, settings = read(frame, target, **given)
    arranged = Forecast().arrange(table, Forecast().frame(table, settings, "asked for"))
    return arranged.table, arranged.task


def monthly(count: int = 60, form: str = "%Y-%m") -> pd.DataFrame:
    when = pd.date_range("2000-01-01", periods=count, freq="MS")
    values = 100 + np.arange(count) + 10 * np.sin(np.arange(count) * 2 * np.pi / 12)
    return pd.DataFrame({"month": when.strftime(form), "y": values.round(3)})


def panel(series: int = 4, count: int = 40) -> pd.DataFrame:
    """Return quarters of shops, each in one town."""
    parts = []
    for k in range(series):
        when = pd.period_range("2005Q1", periods=count, freq="Q")
        values = 50 * (k + 1) + 5 * (np.arange(count) % 4) + np.random.default_rng(k).normal(size=count)
        parts.append(
            pd.DataFrame(
                {
                    "quarter": [f"{p.year} Q{p.quarter}" for p in when],
                    "shop": f"s{k}",
                    "town": "north" if k < series / 2 else "south",
                    "y": values.round(3),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    ("times", "unit", "size", "horizon", "seasons"),
    [
        (pd.date_range("2000-01-01", periods=60, freq="MS").strftime("%Y-%m"), StepUnit.MONTH, 1, 12, (12,)),
        (pd.date_range("1990-01-01", periods=60, freq="MS").strftime("%b %Y"), StepUnit.MONTH, 1, 12, (12,)),
        (pd.date_range("2000-01-31", periods=60, freq="ME").strftime("%Y-%m-%d"), StepUnit.MONTH, 1, 12, (12,)),
        ([f"{1998 + k // 4} Q{k % 4 + 1}" for k in range(60)], StepUnit.MONTH, 3, 8, (4,)),
        (pd.date_range("2021-01-04", periods=120, freq="D").strftime("%m/%d/%Y"), StepUnit.SECOND, 86_400, 30, (7,)),
        (pd.bdate_range("2021-01-04", periods=120).strftime("%Y-%m-%d"), StepUnit.WORKDAY, 1, 30, (5,)),
        (
            pd.date_range("2021-01-04", periods=24 * 21, freq="h").strftime("%Y-%m-%d %H:%M"),
            StepUnit.SECOND,
            3_600,
            48,
            (24, 168),
        ),
        (
            [
                f"{d.isocalendar()[0]} W{d.isocalendar()[1]:02d}"
                for d in pd.date_range("1991-02-04", periods=120, freq="7D")
            ],
            StepUnit.SECOND,
            7 * 86_400,
            13,
            (52,),
        ),
        (range(1900, 1980), StepUnit.NUMBER, 1, 8, ()),
    ],
    ids=[
        "months",
        "months by name",
        "ends of months",
        "quarters",
        "US days",
        "working days",
        "hours",
        "weeks",
        "years",
    ],
)
def test_calendars_are_found_as_people_write_them(
    times: object, unit: StepUnit, size: float, horizon: int, seasons: tuple[int, ...]
) -> None:
    when = list(times)  # type: ignore[call-overload]  # each of them is a sequence
    values = np.random.default_rng(0).normal(size=len(when)).cumsum().round(4)
    _, task = framed(pd.DataFrame({"year" if unit is StepUnit.NUMBER else "when": when, "y": values}))
    assert task.panel is not None
    assert (task.panel.calendar.unit, task.panel.calendar.size) == (unit, size)
    assert task.panel.horizon == horizon
    assert set(task.panel.seasons) >= set(seasons)


def test_a_table_of_the_target_alone_goes_by_the_order_of_its_rows() -> None:
    values = np.sin(np.arange(400) * 2 * np.pi / 24) + np.random.default_rng(0).normal(0, 0.1, 400)
    table, task = framed(pd.DataFrame({"load": values}), "load")
    assert task.panel is not None
    assert task.panel.calendar.unit is StepUnit.ROW
    assert task.panel.seasons[0] % 24 == 0
    assert task.time_column == "row"
    assert table.frame["row"].tolist()[:3] == [0, 1, 2]


def test_the_columns_that_tell_series_apart_are_found_with_those_that_stay_the_same_in_each() -> None:
    table, task = framed(panel())
    assert task.panel is not None
    assert task.panel.series == ("shop", "town")
    assert task.output_names == OUTPUTS
    said = Forecast().describe_series(table, task)
    assert said == ("4 series of quarters, 2005 Q1 to 2014 Q4; found by shop, town; season 4; 8 quarters ahead")
    assert [c.role for c in table.columns] == [Role.FEATURE, Role.FEATURE, Role.FEATURE, Role.TARGET]
    assert table.column("shop").kind is Kind.IDENTIFIER


def test_columns_that_are_not_known_ahead_are_left_out_with_a_sentence() -> None:
    frame = monthly().assign(price=np.linspace(1, 2, 60), holiday=[k % 2 for k in range(60)])
    table, settings = read(frame, known="holiday")
    arranged = Forecast().arrange(table, Forecast().frame(table, settings, ""))
    roles = {c.name: c.role for c in arranged.table.columns}
    assert roles["holiday"] is Role.FEATURE
    assert roles["price"] is Role.IGNORED
    told = next(f for f in arranged.findings if f.code == "DQ703")
    assert told.subject == ("price",)


def test_gaps_repeated_rows_and_odd_series_are_told_and_the_rest_is_done() -> None:
    frame = panel()
    flat = frame[frame["shop"] == "s0"].assign(shop="flat", y=3.0)
    lone = flat.iloc[:1].assign(shop="lone")
    ended = flat.assign(shop="ended", y=lambda d: np.arange(len(d)) + 0.5).iloc[:10]
    frame = pd.concat([frame.drop(index=[7, 8]), frame.iloc[[3]], flat, lone, ended], ignore_index=True)
    frame.loc[5, "y"] = np.nan
    table, settings = read(frame, series="shop")
    arranged = Forecast().arrange(table, Forecast().frame(table, settings, ""))
    said = " ".join(f.message for f in arranged.findings)
    assert "1 without a value of 'y'" in said
    assert "1 of a time of their series that a later row has, too" in said
    assert "1 of 7 series never change: flat" in said
    assert "1 of 7 series have a single value" in said
    assert "series end more than 8 quarters before the others" in said
    assert len(arranged.table.frame) == len(frame) - 2


@pytest.mark.parametrize(
    ("frame", "given", "error", "words"),
    [
        (monthly().assign(y=list("ab") * 30), {}, TargetError, "only numbers can be estimated"),
        (monthly(3), {}, SourceError, "the longest series has 3 months: too few"),
        (monthly(), {"horizon": 100}, SettingsError, "a horizon of 100 months is too long for the series"),
        (monthly(), {"horizon": "ten"}, SettingsError, "is no number of steps ahead"),
        (monthly(), {"season": "0"}, SettingsError, "no number of steps after which values repeat"),
        (monthly(), {"serie": "a"}, SettingsError, "has no option 'serie'"),
        (monthly(), {"known": "moth"}, SettingsError, "did you mean 'month'?"),
        (panel(), {"series": "town"}, SourceError, "add --task-option series=town,shop"),
        (monthly().assign(day=monthly()["month"] + "-03"), {}, SettingsError, "2 columns hold dates"),
    ],
    ids=["no number", "few", "long horizon", "no horizon", "no season", "no option", "no column", "twice", "two dates"],
)
def test_bad_input_is_one_line_and_a_hint(
    frame: pd.DataFrame, given: Mapping[str, object], error: type[InputError], words: str
) -> None:
    table, settings = read(frame, **given)
    with pytest.raises(error) as told:
        Forecast().frame(table, settings, "")
    assert words in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.hint


def test_irregular_times_are_refused() -> None:
    when = np.sort(np.random.default_rng(0).uniform(0, 3e7, 200)).astype("datetime64[s]")
    table, settings = read(pd.DataFrame({"when": when, "y": np.arange(200.0)}))
    with pytest.raises(SourceError, match=r"times of 'when' are irregular.*hint: sum or average.*--ignore when"):
        Forecast().frame(table, settings, "")


def division(frame: pd.DataFrame, **given: object) -> tuple[Table, Task, Split]:
    table, task = framed(frame, **given)
    return table, task, Forecast().divide(table, task)


def test_every_window_is_examined_by_what_was_known_before_it() -> None:
    table, task, split = division(panel())
    step = cells_of(table, task).step
    assert task.panel is not None
    assert len(split.folds) >= 3
    assert step[split.train].max() < step[split.holdout].min()
    assert len(np.unique(step[split.holdout])) == task.panel.horizon
    for fold in split.folds:
        assert step[fold.fit].max() < step[fold.validate].min()
        assert step[fold.validate].max() < step[split.holdout].min()
    every = np.concatenate([fold.validate for fold in split.folds])
    assert len(every) == len(set(every.tolist()))


@pytest.mark.parametrize("count", [4, 5, 7, 12, 20])
def test_short_series_have_shorter_windows(count: int) -> None:
    _, _, split = division(monthly(count))
    assert len(split.holdout) >= 1
    assert all(len(fold.fit) >= 1 and len(fold.validate) >= 1 for fold in split.folds)


def test_series_that_begin_inside_a_window_examine_nothing() -> None:
    late = panel(1).iloc[-3:].assign(shop="late")
    table, task, split = division(pd.concat([panel(), late]), series="shop")
    cells = cells_of(table, task)
    number = cells.keys.index("late")
    assert number not in cells.series[split.holdout]


def test_the_baseline_repeats_the_past_of_the_same_series_alone() -> None:
    table, task, split = division(panel())
    told = Forecast().repeat_past(table, task, split.train, split.holdout)
    y = target_values(table, task.target)
    assert told.shape == (len(split.holdout), len(OUTPUTS))
    assert np.abs(y[split.holdout] - told[:, 0]).max() < 8  # series are 50 apart
    changed = table.frame.assign(y=np.where(np.isin(np.arange(len(y)), split.holdout), 1e6, y))
    again = Forecast().repeat_past(
        Table("t", changed, table.columns, "", len(changed)), task, split.train, split.holdout
    )
    np.testing.assert_array_equal(told, again)  # nothing of the holdout is used


def made_forecasts(rng: np.random.Generator, windows: int, horizon: int, series: int) -> tuple[np.ndarray, np.ndarray]:
    """Return values with heavy tails that depend on each other, and quantiles half as wide as they should be."""
    shocks = rng.standard_t(3, (series, windows, horizon)) / np.sqrt(3.0)
    errors = np.zeros_like(shocks)
    for k in range(horizon):
        errors[:, :, k] = shocks[:, :, k] + (0.7 * errors[:, :, k - 1] if k else 0.0)
    scale = rng.lognormal(0.0, 2.0, (series, 1, 1))
    width = scale * np.sqrt(1 + np.arange(horizon))[None, None, :] * 0.5 * np.ones_like(errors)
    told = stats.norm.ppf(LEVELS) * width.reshape(-1)[:, None]
    return (errors * scale).reshape(-1), np.column_stack([told, np.ones(len(told))])


@pytest.mark.parametrize(("series", "windows"), [(1, 5), (20, 5)], ids=["one series", "twenty series"])
def test_calibrated_intervals_hold_under_heavy_tails_and_dependence(series: int, windows: int) -> None:
    held = {0.8: [], 0.95: []}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y, told = made_forecasts(rng, windows + 1, 12, series)
        new = np.tile(np.repeat(np.arange(windows + 1) == windows, 12), series)
        spread = calibrated_spread(y[~new], told[~new], LEVELS, None)
        assert spread is not None
        wide = spread.adjust(told[new])
        assert (np.diff(wide[:, np.argsort(LEVELS)], axis=1) >= 0).all()
        np.testing.assert_array_equal(wide[:, 0], told[new][:, 0])
        for coverage, shares in held.items():
            low, high = interval_columns(coverage)
            shares.append(((y[new] >= wide[:, low]) & (y[new] <= wide[:, high])).mean())
    assert np.mean(held[0.8]) == pytest.approx(0.8, abs=0.05)
    assert np.mean(held[0.95]) == pytest.approx(0.945, abs=0.035)


def test_metrics_are_those_of_the_literature() -> None:
    y = np.array([10.0, 20.0])
    told = np.column_stack([np.tile([12.0], (2, len(LEVELS))), [2.0, 4.0]])
    scores = {m.name: m.score(y, told) for m in FORECAST_METRICS}
    assert scores["mase"] == pytest.approx((2 / 2 + 8 / 4) / 2)
    assert scores["mae"] == pytest.approx(5.0)
    assert scores["wql"] == pytest.approx((2 + 8) / 30)  # of equal quantiles, twice the mean pinball loss is the error
    assert scores["smape"] == pytest.approx((2 * 2 / 22 + 2 * 8 / 32) / 2)
    assert scores["coverage_error_80"] == pytest.approx(0.8)


def test_the_kind_is_found_by_name_and_arranges_series() -> None:
    assert isinstance(find_task_type("forecast"), ArrangesSeries)
