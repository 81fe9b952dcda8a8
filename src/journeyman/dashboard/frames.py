"""What all pictures of the live page share: axes, margins, fonts, marks in time; a figure is a plain fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from journeyman.dashboard.palette import Palette, see_through
from journeyman.entities.overview import Round

__all__ = ["APART", "Figure", "axis", "changes", "frame", "mark", "runs", "spans", "stamp", "time_axis"]

Figure = dict[str, Any]
"""A figure as Plotly reads it: traces under "data", the rest under "layout"."""

APART = 0.22
"""Share of the width that words over a small picture keep between them."""
_FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'


def stamp(at: int) -> str:
    """Return milliseconds since 1970 as Plotly reads a date, in UTC.

    Examples
    --------
    >>> stamp(0)
    '1970-01-01 00:00:00.000'
    """
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def axis(colours: Palette, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return an axis of the house, thin grid and no box, with what is its own."""
    return {
        "gridcolor": colours.line,
        "linecolor": colours.base,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"color": colours.soft, "size": 12},
        "title": {"font": {"color": colours.soft, "size": 12}, "standoff": 8},
        "automargin": True,
        "fixedrange": True,
        **own,
    }


def time_axis(rounds: Sequence[Round], colours: Palette) -> dict[str, Any]:
    """Return the axis of time, from the first round to the last; short labels that stay upright on a phone."""
    formats = [
        {"dtickrange": [None, 59_999], "value": "%H:%M:%S\n%-d %b"},
        {"dtickrange": [60_000, 86_399_999], "value": "%H:%M\n%-d %b"},
        {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
        {"dtickrange": ["M1", None], "value": "%b\n%Y"},
    ]
    whole = [stamp(rounds[0].begin), stamp(rounds[-1].end)]
    return axis(
        colours, {"type": "date", "range": whole, "showgrid": False, "tickangle": 0, "tickformatstops": formats}
    )


def mark(at: int, text: str, place: float, colours: Palette) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a dotted line at a moment, and words above it.

    Parameters
    ----------
    at : int
        Milliseconds since 1970.
    text : str
        What is said.
    place : float
        Where that is on the axis, from 0 to 1: words at its ends are put inwards.
    """
    where, line = stamp(at), {"color": colours.ink, "width": 1.2, "dash": "dot"}
    side = "left" if place <= 0.15 else "right" if place >= 0.85 else "center"
    shape = {"type": "line", "x0": where, "x1": where, "y0": 0, "y1": 1, "yref": "paper", "line": line, "opacity": 0.6}
    note = {"x": where, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": side, "text": text}
    return shape, {**note, "showarrow": False, "font": {"size": 12, "color": colours.ink}}


def frame(colours: Palette, keep: str, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the layout that a figure begins with.

    Parameters
    ----------
    colours : Palette
        Of the theme.
    keep : str
        As long as it stays the same, a reader's zoom stays.
    own : mapping
        Axes and what else the figure has of its own.
    """
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FONT, "size": 12, "color": colours.soft},
        "margin": {"l": 8, "r": 10, "t": 22, "b": 8, "pad": 4},
        "showlegend": False,
        "autosize": True,
        "uirevision": keep,
        "hoverlabel": {
            "bgcolor": colours.ink,
            "bordercolor": colours.ink,
            "font": {"color": colours.card, "size": 12, "family": _FONT},
            "align": "left",
        },
        "dragmode": False,
        **own,
    }


def changes(rounds: Sequence[Round], colours: Palette) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a dotted line, and a name above it, where another release began to answer.

    Names that would stand on one another are left out; the line stays.

    Parameters
    ----------
    rounds : sequence of Round
        In order.

    Returns
    -------
    shapes, annotations : list of dict
        For the layout; drawn over the whole height.
    """
    shapes, notes = [], []
    named = -1.0
    for before, after in pairwise(rounds):
        if before.champion == after.champion:
            continue
        place = (after.begin - rounds[0].begin) / max(1, rounds[-1].end - rounds[0].begin)
        shape, note = mark(after.begin, f"release {after.champion}", place, colours)
        shapes.append(shape)
        if place - named > APART:
            notes.append(note)
            named = place
    return shapes, notes


def runs(rounds: Sequence[Round], marked: Sequence[bool]) -> list[tuple[int, int]]:
    """Return begin and end of each row of marked rounds that follow one another.

    Examples
    --------
    >>> from journeyman.entities.signal import Watched
    >>> three = [Round(k, 10 * k, 10 * k + 10, 1, None, Watched((), 1, 1)) for k in range(3)]
    >>> runs(three, [True, True, False])
    [(0, 20)]
    """
    found: list[tuple[int, int]] = []
    for k, (seen, wanted) in enumerate(zip(rounds, marked, strict=True)):
        if not wanted:
            continue
        if found and k and marked[k - 1]:
            found[-1] = (found[-1][0], seen.end)
        else:
            found.append((seen.begin, seen.end))
    return found


def spans(found: Sequence[tuple[int, int]], colour: str, share: float = 0.14) -> list[dict[str, Any]]:
    """Return a shade over the whole height for each span."""
    return [
        {
            "type": "rect",
            "x0": stamp(begin),
            "x1": stamp(end),
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "fillcolor": see_through(colour, share),
            "line": {"width": 0},
            "layer": "below",
        }
        for begin, end in found
    ]
