"""How many rows may be flagged: what a capacity means, and that no stream goes beyond it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table
from journeyman.errors import SettingsError
from journeyman.tasks.alarms import AlarmBudget, read_alarms, rows_a_day

FloatArray = NDArray[np.float64]
DAY = 86_400.0


def dated(times: pd.DatetimeIndex, others: int = 0) -> Table:
    frame = pd.DataFrame({f"when{k or ''}": times for k in range(1 + others)})
    return Table("t", frame, tuple(Column(str(name), Kind.DATETIME) for name in frame), "", len(frame))


def hours(count: int) -> Table:
    return dated(pd.date_range("2026-01-01", periods=count, freq="h"))


def test_rows_a_day_are_those_of_days_that_have_any() -> None:
    assert rows_a_day(hours(240), None) == 24.0
    working = pd.date_range("2026-01-05", periods=28, freq="D").repeat(50)
    working = working[working.day_of_week < 5]
    assert rows_a_day(dated(working), "when") == 50.0
    assert rows_a_day(hours(12), None) == pytest.approx(12 * 24 / 11)  # of less than two days, the rate
    assert rows_a_day(dated(pd.date_range("2026-01-01", periods=9), 1), None) is None  # which of the two?
    assert rows_a_day(dated(pd.date_range("2026-01-01", periods=9), 1), "when1") == 1.0
    assert rows_a_day(dated(pd.DatetimeIndex(["2026-01-01"] * 9)), None) is None


def test_a_capacity_is_a_day_where_a_date_says_so_and_else_of_a_thousand_rows() -> None:
    assert read_alarms({"capacity": "6"}, hours(240), None) == {
        "false_alarms": 0.25,
        "capacity": 6.0,
        "rows_a_day": 24.0,
    }
    plain = Table("t", pd.DataFrame({"a": [1.0, 2.0]}), (Column("a", Kind.NUMBER),), "", 2)
    assert read_alarms({"capacity": "6"}, plain, None)["false_alarms"] == 0.006
    assert read_alarms({}, plain, None) == {"false_alarms": 0.01}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"capacity": "0"}, "capacity=0 is no number of rows"),
        ({"capacity": "-3"}, "capacity=-3 is no number of rows"),
        ({"capacity": "nan"}, "capacity=nan is no number"),
        ({"capacity": "inf"}, "capacity=inf is no number"),
        ({"capacity": "some"}, "capacity=some is no number"),
        ({"capacity": "13"}, "capacity=13 is more than half of the 24 rows that come a day"),
        ({"capacity": "5", "false_alarms": "0.1"}, "both were given"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_alarms(options, hours(240), None)


def heavy(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.standard_t(0.7, rows)


def bursts(rng: np.random.Generator, rows: int) -> FloatArray:
    """Rows that follow one another are alike, for hundreds at a time."""
    return np.repeat(rng.standard_t(2, rows // 250 + 1), 250)[:rows] + 0.01 * rng.normal(size=rows)


def shifted(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.normal(size=rows) + np.where(np.arange(rows) > rows // 3, 9.0, 0.0)


def rising(rng: np.random.Generator, rows: int) -> FloatArray:
    return np.linspace(0.0, 20.0, rows) + rng.normal(size=rows)


def hostile(rng: np.random.Generator, rows: int) -> FloatArray:
    """Quiet until the bucket is full, then all at once."""
    return np.where(np.arange(rows) % 1_500 > 1_000, 50.0 + np.arange(rows), 0.0)


@pytest.mark.parametrize("draw", [heavy, bursts, shifted, rising, hostile])
@pytest.mark.parametrize("together", [1, 64])
def test_no_stream_goes_beyond_the_capacity(
    draw: Callable[[np.random.Generator, int], FloatArray], together: int
) -> None:
    """The bound holds for each stretch of rows, and a day at a time where the capacity is meant a day."""
    rows, share, threshold = 6_000, 0.02, float(np.quantile(np.random.default_rng(9).normal(size=20_000), 0.98))
    scores = draw(np.random.default_rng(0), rows)
    for daily in (False, True):
        budget = AlarmBudget(share, 20.0, daily)
        parts = [scores[k : k + together] for k in range(0, rows, together)]
        moments = np.arange(len(parts)) * together * DAY / 1_000  # 1,000 rows a day
        kept = [budget.admit(p > threshold, p, now) for p, now in zip(parts, moments.tolist(), strict=True)]
        flagged = np.concatenate(kept)
        assert not (flagged & (scores <= threshold)).any()
        sums = np.r_[0, np.cumsum(flagged)]
        for length in (together, 1_024, 3_008, rows):
            length -= length % together
            most = np.max(sums[length::together] - sums[: len(sums) - length : together])
            assert most <= share * length + 20.0 + 1e-9


def test_the_oddest_come_first_once_the_capacity_is_short() -> None:
    rng = np.random.default_rng(1)
    scores = 5.0 + rng.exponential(size=20_000)  # all beyond the threshold
    budget = AlarmBudget(0.01, 10.0, False)
    flagged = np.array([budget.admit(np.array([True]), np.array([s]), 0.0)[0] for s in scores])
    assert 100 <= flagged.sum() <= 0.01 * len(scores) + 10
    assert np.mean(scores[flagged] > np.quantile(scores, 0.97)) > 0.8


def test_of_ordinary_rows_a_capacity_holds_back_next_to_nothing() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(30_000)
    budget = AlarmBudget(0.02, 20.0, False)
    flagged = np.array([budget.admit(np.array([s > 0.98]), np.array([s]), 0.0)[0] for s in scores])
    assert flagged.sum() >= 0.85 * (scores > 0.98).sum()
