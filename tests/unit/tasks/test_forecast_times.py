"""Times that stand in several columns: found, named, refused, and written again as the table writes them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.panel import StepUnit
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.errors import SettingsError, SourceError
from journeyman.inference.following import following_rows
from journeyman.interfaces import RuleContext
from journeyman.quality_rules.series_over_time import SeriesOverTimeRule
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.ingest import ingest
from journeyman.tasks.forecast import Forecast
from journeyman.transformers.series import SeriesPreparation, SeriesStep


def framed(frame: pd.DataFrame, **options: str) -> tuple[Table, Task]:
    settings = BuildSettings("t.csv", "y", "t", task="forecast", task_options=options)
    table = ingest(FrameSource(frame.astype(object).astype(str), "t.csv"), settings).table
    arranged = Forecast().arrange(table, Forecast().frame(table, settings, "asked for"))
    return arranged.table, arranged.task


def next_rows(table: Table, task: Task) -> pd.DataFrame:
    """Return the rows that ask for the next steps, as the table would write them."""
    fitted, _ = SeriesPreparation().fit(
        to_block(table.frame, table.features), table.features, target_values(table, task.target), task, 0
    )
    (step,) = fitted.plan()
    assert isinstance(step, SeriesStep)
    return following_rows(step, task, table.features)


def hours(days: int = 12, date: str = "%Y-%m-%d") -> pd.DataFrame:
    when = pd.date_range("2024-01-05", periods=24 * days, freq="h")
    values = 50 + when.hour + np.random.default_rng(0).normal(size=len(when))
    return pd.DataFrame({"day": when.strftime(date), "hr": when.hour, "y": values.round(3), "wind": values[::-1]})


def test_a_date_and_an_hour_are_one_time_and_missing_hours_are_gaps() -> None:
    whole = hours()
    table, task = framed(whole.drop(index=range(30, 37)))
    assert task.panel is not None
    assert (task.panel.series, task.panel.seasons[0], task.panel.horizon) == ((), 24, 48)
    assert (task.panel.calendar.unit, task.panel.calendar.size) == (StepUnit.SECOND, 3_600.0)
    told = Forecast().describe_series(table, task)
    assert "One series of hours" in told
    assert "time told by day, hr" in told
    asked = next_rows(table, task)
    assert list(asked.columns) == ["day", "hr"]
    assert asked.iloc[0].tolist() == ["2024-01-17", 0]
    assert asked.iloc[47].tolist() == ["2024-01-18", 23]


@pytest.mark.parametrize(
    ("columns", "first"),
    [
        (lambda w: {"Year": w.year, "Month": w.month}, [2010, 1]),
        (lambda w: {"year": w.year, "month": w.strftime("%b")}, [2010, "Jan"]),
        (lambda w: {"Month": w.strftime("%B"), "Yr": w.year}, ["January", 2010]),
        (lambda w: {"YYYY": w.year, "MM": w.month, "DD": w.day}, [2010, 1, "1"]),
    ],
)
def test_years_and_months_are_one_time_in_whichever_order_they_stand(columns, first) -> None:  # type: ignore[no-untyped-def]  # cases
    when = pd.date_range("2000-01-01", periods=120, freq="MS")
    table, task = framed(pd.DataFrame({**columns(when), "y": np.arange(120) % 12 + 0.5}))
    assert task.panel is not None
    assert (task.panel.calendar.unit, task.panel.calendar.size) == (StepUnit.MONTH, 1)
    assert next_rows(table, task).iloc[0].tolist() == first


def test_weeks_quarters_and_days_of_the_year_are_told_within_years() -> None:
    weeks = pd.date_range("2018-01-01", periods=150, freq="W-MON")
    iso = weeks.isocalendar()
    table, task = framed(
        pd.DataFrame({"year": iso.year.to_numpy(), "week": iso.week.to_numpy(), "y": np.arange(150.0)})
    )
    assert task.panel is not None
    assert task.panel.calendar.size == 7 * 86_400
    following = weeks[-1] + pd.Timedelta(days=7)
    assert next_rows(table, task).iloc[0].tolist() == list(following.isocalendar()[:2])
    quarters = pd.DataFrame({"year": np.repeat(range(2000, 2020), 4), "quarter": ["Q1", "Q2", "Q3", "Q4"] * 20})
    table, task = framed(quarters.assign(y=np.arange(80.0)))
    assert next_rows(table, task).iloc[[0, 3]].to_numpy().tolist() == [[2020, "Q1"], [2020, "Q4"]]
    days = pd.date_range("2023-06-01", periods=400, freq="D")
    table, task = framed(pd.DataFrame({"year": days.year, "doy": days.day_of_year, "y": np.arange(400.0)}))
    assert next_rows(table, task).iloc[0].tolist() == [2024, (days[-1] + pd.Timedelta(days=1)).day_of_year]


def test_hours_that_end_times_of_day_and_minutes_are_read_and_written_again() -> None:
    frame = hours()
    table, task = framed(frame.assign(hr=frame["hr"] + 1))
    assert next_rows(table, task).iloc[[0, 23]].to_numpy().tolist() == [["2024-01-17", 1], ["2024-01-17", 24]]
    when = pd.date_range("2024-01-05", periods=480, freq="30min")
    clock = pd.DataFrame({"date": when.strftime("%Y-%m-%d"), "time": when.strftime("%H:%M"), "y": np.arange(480.0)})
    table, task = framed(clock)
    assert next_rows(table, task).iloc[[0, 1]].to_numpy().tolist() == [["2024-01-15", "00:00"], ["2024-01-15", "00:30"]]
    minutes = pd.DataFrame({"date": when.strftime("%Y-%m-%d"), "hour": when.hour, "minute": when.minute})
    table, task = framed(minutes.assign(y=np.arange(480.0)))
    assert next_rows(table, task).iloc[1].tolist() == ["2024-01-15", 0, 30]


def test_series_of_hours_are_told_apart_beside_their_time() -> None:
    both = pd.concat([hours().assign(place=name) for name in ("north", "south")])
    table, task = framed(both)
    assert task.panel is not None
    assert task.panel.series == ("place",)
    assert [p.column for p in task.panel.time_parts] == ["day", "hr"]
    assert list(next_rows(table, task).columns) == ["place", "day", "hr"]


def test_an_hour_that_is_no_part_of_the_time_is_left_alone() -> None:
    days = pd.date_range("2024-01-01", periods=60, freq="D").strftime("%Y-%m-%d")
    rng = np.random.default_rng(0)
    shops = [
        pd.DataFrame({"day": days, "shop": f"s{k}", "hour": rng.integers(0, 24, 60), "y": rng.normal(size=60)})
        for k in range(5)
    ]
    _, task = framed(pd.concat(shops))
    assert task.panel is not None
    assert (task.panel.series, task.panel.time_parts) == (("shop",), ())
    _, alone = framed(shops[0])
    assert alone.panel is not None
    assert alone.panel.time_parts == ()


def test_series_by_the_hour_are_daily_where_a_user_says_so_and_columns_of_any_name_can_be_named() -> None:
    _, task = framed(hours(40), series="hr")
    assert task.panel is not None
    assert (task.panel.series, task.panel.calendar.size) == (("hr",), 86_400.0)
    odd = hours().rename(columns={"hr": "Std", "day": "Tag"})
    table, task = framed(odd, time="Tag,Std")
    assert next_rows(table, task).iloc[0].tolist() == ["2024-01-17", 0]
    with pytest.raises(SettingsError, match="tell no time together"):
        framed(odd, time="Tag,wind")
    with pytest.raises(SettingsError, match="lacks"):
        framed(odd, time="Tag,Stunde")


@pytest.mark.parametrize("style", ["1/1/2011", "1/1/11 0:00", "5 March 2011", "MAR-11", "01/05/2011", "2011 W06"])
def test_dates_come_back_in_the_style_in_which_they_were_given(style: str) -> None:
    when = pd.date_range("2011-01-05", periods=140, freq="MS" if style == "MAR-11" else "D")
    written = {
        "1/1/2011": [f"{t.month}/{t.day}/{t.year}" for t in when],
        "1/1/11 0:00": [f"{t.month}/{t.day}/{t:%y} 0:00" for t in when],
        "5 March 2011": [f"{t.day} {t:%B} {t.year}" for t in when],
        "MAR-11": [f"{t:%b-%y}".upper() for t in when],
        "01/05/2011": [f"{t:%m/%d/%Y}" for t in when],
        "2011 W06": [f"{t:%G W%V}" for t in pd.date_range("2011-01-03", periods=140, freq="W-MON")],
    }[style]
    table, task = framed(pd.DataFrame({"when": written[:120], "y": np.arange(120.0)}))
    assert next_rows(table, task)["when"].tolist()[:12] == written[120:132]


def test_a_table_of_dates_and_hours_is_proposed_as_one_series_of_hours() -> None:
    settings = BuildSettings("t.csv", "y", "t")
    table = ingest(FrameSource(hours().astype(str), "t.csv"), settings).table
    (finding,) = SeriesOverTimeRule().check(table, RuleContext(Task("y", "regression", "rmse"), 0))
    assert "one series of hours" in finding.message


def test_hours_without_a_colon_and_spans_of_hours_are_times_that_come_back_as_they_were() -> None:
    frame = hours()
    for written in (frame["hr"] * 100, [f"{h:02d}:00-{h + 1:02d}:00" for h in frame["hr"]]):
        given = pd.DataFrame({"day": frame["day"], "time": written, "y": frame["y"]})
        table, task = framed(given)
        assert task.panel is not None
        assert task.panel.calendar.size == 3_600.0
        assert next_rows(table, task)["time"].astype(str).tolist()[:24] == given["time"].astype(str).tolist()[:24]


def test_a_yearly_panel_beside_a_month_that_is_no_time_is_yearly() -> None:
    rng = np.random.default_rng(0)
    shops = [
        pd.DataFrame({"year": range(1980, 2020), "month": rng.integers(1, 13, 40), "shop": s, "y": rng.normal(size=40)})
        for s in "abc"
    ]
    table, task = framed(pd.concat(shops))
    assert task.panel is not None
    assert (task.time_column, task.panel.series) == ("year", ("shop",))
    assert next_rows(table, task)["year"].tolist()[0] == 2020


def test_an_hour_that_clocks_repeat_is_told_and_many_doubled_times_are_refused() -> None:
    frame = hours()
    again = pd.concat([frame, frame.iloc[[50]].assign(y=99.0)])
    table, _ = framed(again)
    assert len(table.frame) == len(frame)
    with pytest.raises(SourceError, match="have the same 'day hr' as another row"):
        framed(pd.concat([frame, frame.iloc[:30].assign(y=99.0)]))


def test_holidays_are_known_ahead_and_asked_for_by_country() -> None:
    pytest.importorskip("holidays")
    days = pd.date_range("2019-01-01", periods=400, freq="D")
    frame = pd.DataFrame({"day": days.strftime("%Y-%m-%d"), "y": np.arange(400.0)})
    table, task = framed(frame, holidays="US")
    assert task.panel is not None
    block = to_block(table.frame, table.features)
    fitted, matrix = SeriesPreparation().fit(block, table.features, target_values(table, "y"), task, 0)
    assert matrix.names == ("series", "step", "public holidays")
    on = [str(day) for day, there in zip(days.date, matrix.values[:, 2], strict=True) if there]
    assert {"2019-01-01", "2019-07-04", "2019-12-25"} <= set(on)
    (step,) = fitted.plan()
    assert isinstance(step, SeriesStep)
    assert step.transform({"day": np.array([pd.Timestamp("2030-07-04").timestamp()])})[0, 2] == 1.0
    with pytest.raises(SettingsError, match="no holidays are known of 'Nowhere'"):
        framed(frame, holidays="Nowhere")
    with pytest.raises(SettingsError, match="no dates"):
        framed(pd.DataFrame({"y": np.arange(100.0)}), holidays="US")
