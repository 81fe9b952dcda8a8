"""The loss over time: with its interval, the estimate without truths, the reference, and how ripe truths are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from journeyman.dashboard.frames import Figure, axis, changes, frame, runs, spans, stamp, time_axis
from journeyman.dashboard.palette import Palette, see_through
from journeyman.dashboard.words import figures_words, moment, refuted_words
from journeyman.entities.overview import ModelState, Round
from journeyman.entities.signal import Tier
from journeyman.reports.words import count, number, plural

__all__ = ["Meaning", "score_figure", "score_legend"]

Meaning = tuple[str, str]
"""Colour class of the style sheet, and what is drawn so."""

_Ends = Callable[[Round], tuple[float | None, float | None]]


def score_figure(state: ModelState, colours: Palette) -> Figure:
    """Draw the loss of each round, and below it how many rows came and for how many the truth came.

    Parameters
    ----------
    state : ModelState
        With at least one round.
    colours : Palette
        Of the theme.
    """
    rounds = state.rounds
    middle = [stamp((r.begin + r.end) // 2) for r in rounds]
    shapes, notes = changes(rounds, colours)
    shapes += spans(runs(rounds, [_alarmed(r, Tier.FEED) for r in rounds]), colours.feed, 0.22)
    shapes += spans(runs(rounds, [_alarmed(r, Tier.LOSS, Tier.ESTIMATE) for r in rounds]), colours.harm)
    data: list[dict[str, Any]] = [
        _band(rounds, lambda r: (r.watched.estimate_low, r.watched.estimate_high), colours.estimate),
        _band(rounds, lambda r: (r.watched.low, r.watched.high), colours.model),
        {
            **_line(middle, [r.watched.reference for r in rounds], colours.base, "dash"),
            "line": {"color": colours.base, "width": 2, "dash": "dash", "shape": "hv"},
            "connectgaps": True,
            "hoverinfo": "skip",
        },
        {
            **_line(middle, [r.watched.estimate for r in rounds], colours.estimate, "dot"),
            "text": [
                f"estimated {figures_words(*_estimate(r))}{refuted_words(r)}" if r.watched.estimate is not None else ""
                for r in rounds
            ],
            "hovertemplate": "%{text}<extra></extra>",
        },
        {
            **_line(middle, [r.watched.loss for r in rounds], colours.model, "solid"),
            "mode": "lines+markers",
            "marker": {"color": colours.model, "size": 5},
            "text": [_hover_text(state.loss, r) for r in rounds],
            "hovertemplate": "%{text}<extra></extra>",
        },
        _bars(rounds, middle, [r.watched.rows for r in rounds], see_through(colours.base, 0.45), "rows"),
        _bars(rounds, middle, [r.watched.labels for r in rounds], colours.model, "labels"),
    ]
    loss = {"domain": [0.3, 1.0], "title": _title(colours, state.loss), "nticks": 6, "rangemode": "tozero"}
    rows = {"domain": [0.0, 0.2], "title": _title(colours, "rows"), "nticks": 3, "rangemode": "tozero"}
    own = {
        "hovermode": "x",
        "barmode": "overlay",
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {**time_axis(rounds, colours), "anchor": "y2"},
        "yaxis": axis(colours, loss),
        "yaxis2": axis(colours, rows),
    }
    return {"data": data, "layout": frame(colours, state.name, own)}


def score_legend(state: ModelState) -> tuple[Meaning, ...]:
    """Say what is drawn how; only what is there."""
    rounds = state.rounds
    said = [("c-model", "loss on the labels that came, 95% interval")]
    if any(r.watched.estimate is not None for r in rounds):
        refuted = ", now refuted by labels" if rounds[-1].watched.refuted else ""
        said.append(("c-estimate dotted", f"estimated without labels, 95% interval{refuted}"))
    said.append(("c-base dashed", "when the release was made"))
    if any(_alarmed(r, Tier.LOSS, Tier.ESTIMATE) for r in rounds):
        said.append(("c-harm shade", "alarm"))
    if any(_alarmed(r, Tier.FEED) for r in rounds):
        said.append(("c-feed shade", "feed broken"))
    said.append(("c-model block", "labels that came"))
    said.append(("c-base block", "rows"))
    return tuple(said)


def _alarmed(seen: Round, *tiers: Tier) -> bool:
    return any(s.alarming and s.rung in tiers for s in seen.watched.signals)


def _estimate(seen: Round) -> tuple[float, float | None, float | None]:
    return seen.watched.estimate or 0.0, seen.watched.estimate_low, seen.watched.estimate_high


def _hover_text(loss: str, seen: Round) -> str:
    watched = seen.watched
    said = [f"<b>{moment(seen.begin, year=False)}</b>"]
    if watched.loss is not None:
        said.append(f"{loss} {figures_words(watched.loss, watched.low, watched.high)}")
    if watched.reference is not None:
        said.append(f"reference {number(watched.reference)}")
    said.append(f"{plural(watched.labels, 'label')}, {plural(watched.rows, 'row')}")
    return "<br>".join(said)


def _line(x: Sequence[str], y: Sequence[float | None], colour: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "width": 2, "dash": dash},
        "cliponaxis": False,
    }


def _band(rounds: Sequence[Round], ends: _Ends, colour: str) -> dict[str, Any]:
    """Return the surface between two lines: one closed outline for each row of rounds that have both ends."""
    x: list[str | None] = []
    y: list[float | None] = []
    part: list[tuple[str, float, float]] = []
    for seen in [*rounds, None]:
        low, high = ends(seen) if seen is not None else (None, None)
        if seen is not None and low is not None and high is not None:
            part.append((stamp((seen.begin + seen.end) // 2), low, high))
            continue
        if part:
            x += [at for at, _, _ in part] + [at for at, _, _ in reversed(part)] + [None]
            y += [top for _, _, top in part] + [bottom for _, bottom, _ in reversed(part)] + [None]
        part = []
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x[:-1],
        "y": y[:-1],
        "fill": "toself",
        "fillcolor": see_through(colour, 0.18),
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def _bars(
    rounds: Sequence[Round], middle: Sequence[str], heights: Sequence[int], colour: str, noun: str
) -> dict[str, Any]:
    width = min((r.end - r.begin for r in rounds), default=1)
    return {
        "type": "bar",
        "x": list(middle),
        "y": list(heights),
        "width": 0.8 * width,
        "yaxis": "y2",
        "marker": {"color": colour, "line": {"width": 0}},
        "text": [f"{count(h)} {noun}" for h in heights],
        "textposition": "none",
        "hovertemplate": "%{text}<extra></extra>",
    }


def _title(colours: Palette, text: str) -> dict[str, Any]:
    return {"text": text, "font": {"color": colours.soft, "size": 12}, "standoff": 8}
