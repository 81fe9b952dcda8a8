"""Traffic on the page: requests, refusals and latency stand together."""

from __future__ import annotations

import json
from dataclasses import replace

import plotly

from journeyman.dashboard.traffic_section import traffic_section
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.overview import TrafficView

VIEW = TrafficView(0, 60_000, 600, 6, (), 0.0031, 1.25)


def shown(view: TrafficView) -> str:
    return json.dumps(traffic_section(view, 60.0), cls=plotly.utils.PlotlyJSONEncoder, ensure_ascii=False)


def test_latency_stands_beside_requests_and_refusals() -> None:
    said = shown(VIEW)
    for words in (
        "Rows predicted",
        "600",
        "Rows refused",
        "6 (",
        "Latency, median",
        "3.1 ms",
        "95% within",
        "1.2 s",
    ):
        assert words in said, words
    assert "No latency is known" not in said


def test_a_time_without_latencies_says_so() -> None:
    said = shown(replace(VIEW, median_latency=None, high_latency=None))
    assert "No latency is known of this time" in said
    assert " ms" not in said


def test_rules_that_rows_break_are_listed() -> None:
    broken = Finding("DC501", Severity.ERROR, ("age",), "'age' must be at least 0, and is not so in 2 of 5 rows.")
    assert "Against the contract" not in shown(VIEW)
    assert "is not so in 2 of 5 rows" in shown(replace(VIEW, broken=(broken,)))
