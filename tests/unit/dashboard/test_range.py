"""A choice of time shows the rounds of that time, and never nothing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dash", reason="the dashboard's extra is not installed")

from journeyman.dashboard.application import DashboardApi, _read
from journeyman.dashboard.page import frame_page
from journeyman.dashboard.words import RANGES


def _history() -> Any:
    path = Path(__file__).parents[2] / "dashboard" / "history.py"
    spec = importlib.util.spec_from_file_location("dashboard_history", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_rounds_of_the_chosen_time_are_shown() -> None:
    state = _history().eventful()  # sixty rounds of an hour
    asked: list[int] = []

    def read(name: str, most: int) -> Any:
        asked.append(most)
        return state

    doors = DashboardApi(lambda: ("churn",), read, lambda _, request: request, lambda: 0, "ann")
    counts = {shown: len(_read(doors, "/", shown)[0][0].rounds) for shown in RANGES}
    assert counts == {"hours": 6, "day": 24, "week": 60, "all": 60}
    assert asked == sorted(asked)


def test_the_latest_round_stays_however_short_the_time() -> None:
    state = _history().eventful()
    assert state.since(state.rounds[-1].end + 1).rounds == state.rounds[-1:]


def test_the_page_offers_the_choice() -> None:
    page = str(frame_page(5))
    for name, _, _ in RANGES.values():
        assert name in page
