"""What came: predictions and refused rows of the time shown, and each column's values then and now."""

from __future__ import annotations

from typing import Any

from dash import html

from journeyman.entities.overview import ColumnThenNow, TrafficView
from journeyman.reports.decision_words import value_words
from journeyman.reports.words import clean, count, number, percent

__all__ = ["traffic_section"]


def traffic_section(view: TrafficView, seconds: float) -> Any:
    """Return the section; ``seconds`` is the length of the time shown."""
    all_rows = view.predicted + view.refused
    rate = view.predicted / seconds if seconds > 0 else 0.0
    figures = [
        ("Rows predicted", count(view.predicted)),
        ("A second, on average", f"{rate:.3g}"),
        ("Rows refused", f"{count(view.refused)} ({percent(view.refused / all_rows) if all_rows else '0%'})"),
    ]
    if view.median_latency is not None and view.high_latency is not None:
        figures += [
            ("Latency, median", _latency(view.median_latency)),
            ("Latency, 95% within", _latency(view.high_latency)),
        ]
    parts: list[Any] = [
        html.H2("Traffic"),
        html.Dl([item for name, value in figures for item in (html.Dt(name), html.Dd(value))], className="figures"),
        html.P(
            "Latency: from a request that was read to its response, recorded; the network is not in it."
            if view.median_latency is not None
            else "No latency is known of this time: a service records it.",
            className="note",
        ),
    ]
    if view.value is not None:
        parts += [html.H3("Value, realised and expected"), *(html.P(text) for text in value_words(view.value))]
    if view.broken:
        parts += [
            html.H3("Against the contract"),
            html.Ul([html.Li(f"{f.code}: {clean(f.message)}") for f in view.broken], className="findings"),
        ]
    if view.columns:
        legend = [("c-base block", "when it was learned"), ("c-model block", "now")]
        parts += [
            html.H3("Columns, then and now"),
            html.Div([html.Span([html.I(className=f"key {s}"), t]) for s, t in legend], className="legend"),
            html.Div([_column(one) for one in view.columns], className="then-now"),
        ]
    return html.Section(parts, className="card", id="traffic")


def _latency(seconds: float) -> str:
    return f"{number(1000 * seconds, 2)} ms" if seconds < 1 else f"{number(seconds, 2)} s"


def _column(one: ColumnThenNow) -> Any:
    most = max(*one.then, *one.now, 1e-9)
    bars = []
    for label, then, now in zip(one.labels, one.then, one.now, strict=True):
        tip = f"{clean(label)}: {percent(then)} when it was learned, {percent(now)} now"
        pair = [
            html.I(className="then", style={"height": f"{100 * then / most:.1f}%"}),
            html.I(className="now", style={"height": f"{100 * now / most:.1f}%"}),
        ]
        bars.append(html.Span(pair, className="pair", title=tip))
    moved = sum(abs(a - b) for a, b in zip(one.then, one.now, strict=True)) / 2
    words = f"{percent(moved)} of the values lie elsewhere now"
    picture = html.Div(bars, className="histogram", role="img", **{"aria-label": f"{clean(one.name)}: {words}"})
    return html.Figure([html.Figcaption(clean(one.name)), picture, html.P(words, className="note")])
