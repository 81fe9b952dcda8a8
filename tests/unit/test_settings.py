"""Budgets as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import SettingsError
from journeyman.settings import BuildSettings, bounded, checked, parse_budget, parse_latency


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30s", 30),
        ("2m", 120),
        ("1h", 3600),
        ("90", 90),
        ("1.5h", 5400),
        ("1h30m", 5400),
        (" 1h 30m ", 5400),
        ("1D", 86400),
        (" Auto ", None),
    ],
)
def test_budget(text: str, seconds: float | None) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "0s", "0h0m", "-1", "-5s", "1e3", "nan", "inf", "m", "2 minutes", "1m30", "٣s", "9" * 400]
)
def test_no_budget(text: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_budget(text)
    assert "30s" in raised.value.hint


@given(st.text())
def test_any_text_is_seconds_or_a_settings_error(text: str) -> None:
    try:
        seconds = parse_budget(text)
    except SettingsError:
        return
    assert seconds is None or 0 < seconds < float("inf")


def test_a_budget_left_to_the_build_has_a_ceiling_and_no_other_is_touched() -> None:
    auto = BuildSettings("a.csv", "y", "a", budget=None)
    small, large, huge = (bounded(auto, n, 20).budget for n in (100, 100_000, 10**9))
    assert small is not None
    assert large is not None
    assert 60 <= small < large < (huge or 0) <= 3600
    for settings in (BuildSettings("a.csv", "y", "a", budget=7.0), BuildSettings("a.csv", "y", "a", None, None, 3)):
        assert bounded(settings, 10**9, 20) is settings


@pytest.mark.parametrize("text", ["", "soon", "-1ms", "1 minute", "1e-3"])
def test_a_latency_that_is_no_time_is_refused(text):
    with pytest.raises(SettingsError, match=r"is not a time \(hint: give a time such as 1ms"):
        parse_latency(text)


def test_a_latency_that_nothing_can_keep_is_refused():
    with pytest.raises(SettingsError, match=r"hint: give 0\.2ms or more"):
        checked(BuildSettings("a.csv", "y", "a", latency=0.0))
