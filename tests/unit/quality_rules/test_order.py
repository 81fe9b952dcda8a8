"""Time, order and groups are found by their traces; sorted tables are not mistaken for time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.finding import Remedy
from journeyman.quality_rules.groups import GroupRule
from journeyman.quality_rules.row_order import DriftRule, RowOrderRule
from journeyman.quality_rules.time_column import TimeColumnRule

N = 2400


def remedies(found: list[Any]) -> list[tuple[tuple[str, ...], Remedy]]:
    return [(f.subject, f.remedy) for f in found if f.remedy is not Remedy.NONE]


def test_dates_that_rise_with_the_rows(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    days = np.datetime64("2020-01-01", "us") + np.sort(rng.integers(0, 900, N)) * np.timedelta64(1, "D")
    table = make_table({"sold": days, "born": rng.permutation(days), "y": rng.normal(size=N)})
    assert remedies(run_rule(TimeColumnRule(), table)) == [(("sold",), Remedy.USE_AS_TIME)]


def test_stamps_count_in_any_order_and_the_earlier_one_is_taken(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    start = np.datetime64("2020-01-01", "us") + rng.integers(0, 10**7, N) * np.timedelta64(1, "s")
    end = start + rng.integers(60, 9000, N) * np.timedelta64(1, "s")
    table = make_table({"ended": end, "began": start, "y": rng.normal(size=N)})
    assert remedies(run_rule(TimeColumnRule(), table)) == [(("began",), Remedy.USE_AS_TIME)]


def test_other_dates_are_asked_about(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    days = np.datetime64("1980-01-01", "us") + rng.integers(0, 9000, N) * np.timedelta64(1, "D")
    gaps = days.copy()
    gaps[:200] = np.datetime64("NaT")
    table = make_table({"date_of_birth": np.sort(days), "first_seen": gaps, "y": rng.normal(size=N)})
    found = run_rule(TimeColumnRule(), table)
    assert {f.subject[0] for f in found} == {"date_of_birth", "first_seen"}
    assert remedies(found) == []


def test_weeks_counted_on(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    table = make_table(
        {"week": rng.integers(1, 146, N), "hours-per-week": rng.integers(1, 99, N), "y": rng.normal(size=N)}
    )
    assert remedies(run_rule(TimeColumnRule(), table)) == [(("week",), Remedy.USE_AS_TIME)]


def test_a_daily_cycle_without_a_clock(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    hours = np.arange(N)
    wave = np.sin(2 * np.pi * hours / 24)
    table = make_table({"x": rng.normal(size=N), "y": wave + 0.5 * rng.normal(size=N)})
    [found] = run_rule(RowOrderRule(), table, code="DQ502")
    assert found.remedy is Remedy.USE_ROW_ORDER
    assert found.evidence["period"] == 24.0


def test_months_that_tick(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    names = np.array(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], dtype=object)
    month = names[np.arange(N) // 80 % 12]
    level = np.arange(N) // 300
    table = make_table({"month": month, "x": level + rng.normal(size=N), "y": level + rng.normal(size=N)})
    assert remedies(run_rule(RowOrderRule(), table)) == [((), Remedy.USE_ROW_ORDER)]


def test_the_same_rows_shuffled_show_nothing(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    hours = rng.permutation(N)
    table = make_table({"hour": hours % 24, "y": np.sin(2 * np.pi * hours / 24) + 0.5 * rng.normal(size=N)})
    assert run_rule(RowOrderRule(), table) == []


def test_sorted_tables_are_told_of_and_not_divided_by_time(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    price = np.sort(rng.lognormal(8, 1, N))
    ramps = np.concatenate([np.sort(part) for part in np.split(rng.lognormal(8, 1, N), 10)])
    place = np.cumsum(rng.normal(size=N))
    for y in (price, ramps, place):
        table = make_table({"x": y + rng.normal(size=N), "z": np.roll(y, 3), "y": y})
        assert remedies(run_rule(RowOrderRule(), table)) == []
        assert run_rule(RowOrderRule(), table, code="DQ505")


@pytest.mark.parametrize("classes", [2, 8])
@pytest.mark.parametrize("apart", [True, False])
def test_rows_sorted_by_class_are_in_no_time_order(
    make_table: Any, run_rule: Any, rng: np.random.Generator, apart: bool, classes: int
) -> None:
    wave = np.sin(2 * np.pi * np.arange(N) / 12)  # of each mouse twelve measurements, one after the other
    y = np.arange(N) * classes // N if apart else np.arange(N) // 12 % classes
    table = make_table(
        {
            "a": wave + 0.5 * rng.normal(size=N),
            "b": wave + 0.5 * rng.normal(size=N),
            "y": np.array(list("abcdefgh"), dtype=object)[y],
        }
    )
    assert bool(run_rule(RowOrderRule(), table, code="DQ502")) is not apart


def test_one_series_after_another_is_no_time_order(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    shops = np.array([f"shop {i}" for i in range(10)], dtype=object)
    month = np.tile(np.arange(1, 13), N // 12)
    y = np.repeat(rng.normal(size=10), N // 10) + np.sin(month / 2) + 0.1 * rng.normal(size=N)
    table = make_table({"shop": np.repeat(shops, N // 10), "month": month, "y": y})
    assert remedies(run_rule(RowOrderRule(), table)) == []


def test_drift_is_measured_on_unseen_blocks(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    still = make_table({"id": np.arange(N), "x": rng.normal(size=N), "z": rng.normal(size=N), "y": rng.normal(size=N)})
    assert run_rule(DriftRule(), still) == []
    moved = make_table({"x": rng.normal(size=N) + np.arange(N) / 600, "z": rng.normal(size=N), "y": rng.normal(size=N)})
    [found] = run_rule(DriftRule(), moved)
    assert found.evidence["told apart"] > 0.8


def test_replicates_are_grouped_by_the_beginning_of_their_identifier(
    make_table: Any, run_rule: Any, rng: np.random.Generator
) -> None:
    mouse = np.repeat(np.arange(100), 8)
    levels = {f"p{i}": rng.normal(size=100)[mouse] + 0.3 * rng.normal(size=800) for i in range(5)}
    names = np.array([f"{m + 300}_{r}" for m, r in zip(mouse, np.tile(np.arange(8), 100), strict=True)], dtype=object)
    table = make_table({"SampleID": names, **levels, "y": rng.normal(size=100)[mouse] + rng.normal(size=800)})
    [found] = run_rule(GroupRule(), table)
    assert (found.subject, found.remedy) == (("SampleID",), Remedy.USE_AS_GROUP)
    assert found.evidence["derive"] == "before the last '_'"


def test_a_subject_that_keeps_its_label(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    subject = rng.permutation(np.repeat(np.arange(60), 10))
    sick = rng.integers(0, 2, 60)[subject]
    table = make_table({"subject": subject, "x": rng.normal(size=600), "y": np.where(sick, "sick", "well")})
    assert remedies(run_rule(GroupRule(), table)) == [(("subject",), Remedy.USE_AS_GROUP)]


def test_shared_numbers_of_unlike_rows_are_no_groups(make_table: Any, run_rule: Any, rng: np.random.Generator) -> None:
    data = {f"x{i}": rng.normal(size=600) for i in range(4)}
    code = pd.Series(rng.integers(0, 60, 600)).map("C{:03d}".format).to_numpy(object)
    colour = np.repeat(["red", "blue", "green"], 200)
    alike = {f"z{i}": np.repeat(rng.normal(size=3), 200) for i in range(4)}
    table = make_table({"station_id": code, "colour": colour, **data, **alike, "y": rng.normal(size=600)})
    assert run_rule(GroupRule(), table) == []
