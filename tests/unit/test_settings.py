"""Budgets as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import SettingsError
from journeyman.settings import parse_budget


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
    ],
)
def test_budget(text: str, seconds: float) -> None:
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
    assert 0 < seconds < float("inf")
