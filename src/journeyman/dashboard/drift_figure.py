"""Which columns have changed, when, and how much that proves: a strip of time for each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from journeyman.dashboard.frames import Figure, axis, changes, frame, runs, stamp, time_axis
from journeyman.dashboard.palette import Palette
from journeyman.dashboard.words import moment
from journeyman.entities.overview import ModelState, Round
from journeyman.entities.signal import Signal, Tier
from journeyman.reports.words import clean, cut, shorten

__all__ = ["ALL_ROWS", "MOST_COLUMNS", "drift_figure", "drift_legend", "named_columns"]

ALL_ROWS = "(all rows)"
MOST_COLUMNS = 12
_THICK = (0.24, 0.44, 0.72, 0.72)
_ORDER = (Tier.COLUMN, Tier.ESTIMATE, Tier.LOSS, Tier.FEED)
_MEANINGS = {
    Tier.COLUMN: ("c-base block", "has changed; that alone hurts nobody"),
    Tier.ESTIMATE: ("c-estimate block", "rows have moved, by the estimate"),
    Tier.LOSS: ("c-harm block", "named with a loss that has risen"),
    Tier.FEED: ("c-feed block", "arrived broken"),
}


def named_columns(rounds: Sequence[Round], most: int = MOST_COLUMNS) -> tuple[str, ...]:
    """Return the columns that signals name, those that prove most and were named most often first.

    Examples
    --------
    >>> named_columns(())
    ()
    """
    weight: dict[str, list[int]] = {}
    for seen in rounds:
        for signal in seen.watched.signals:
            for column in signal.columns or (ALL_ROWS,):
                known = weight.setdefault(column, [0, 0])
                known[0] = max(known[0], _ORDER.index(signal.rung) + len(_ORDER) * signal.alarming)
                known[1] += 1
    order = sorted(weight, key=lambda column: (-weight[column][0], -weight[column][1], column))
    return tuple(order[:most])


def drift_figure(state: ModelState, colours: Palette) -> Figure:
    """Draw a strip for each column; a round's cell shows the surest of the signals that named the column in it.

    Parameters
    ----------
    state : ModelState
        With at least one signal.
    colours : Palette
        Of the theme.
    """
    rounds, columns = state.rounds, named_columns(state.rounds)
    strips = list(reversed(columns))
    values: list[list[int | None]] = []
    texts: list[list[str]] = []
    for column in strips:
        best = [_surest(column, seen) for seen in rounds]
        values.append([None if s is None else _ORDER.index(s.rung) for s in best])
        texts.append([_hover_text(column, seen, s) for seen, s in zip(rounds, best, strict=True)])
    shapes, notes = changes(rounds, colours)
    for place, row in enumerate(values):
        shapes += _strip(rounds, row, place, (colours.base, colours.estimate, colours.harm, colours.feed))
    # the strips are shapes; what can be pointed at is a picture without colour over them
    data: list[dict[str, Any]] = [
        {
            "type": "heatmap",
            "x": [stamp((r.begin + r.end) // 2) for r in rounds],
            "y": list(range(len(strips))),
            "z": values,
            "text": texts,
            "hovertemplate": "%{text}<extra></extra>",
            "hoverongaps": False,
            "colorscale": [[0, "rgba(0,0,0,0)"], [1, "rgba(0,0,0,0)"]],
            "showscale": False,
        }
    ]
    names = [_safe(shorten(clean(column), 16)) for column in strips]
    strip = {
        "tickmode": "array",
        "tickvals": list(range(len(strips))),
        "ticktext": names,
        "showgrid": False,
        "range": [-0.6, len(strips) - 0.4],
        "tickfont": {"color": colours.ink, "size": 12},
    }
    own = {
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {**time_axis(rounds, colours), "nticks": 4},
        "yaxis": axis(colours, strip),
    }
    return {"data": data, "layout": frame(colours, state.name, own)}


def drift_legend(state: ModelState) -> tuple[tuple[str, str], ...]:
    """Say what the colours mean; only those that are there."""
    seen = {s.rung for r in state.rounds for s in r.watched.signals}
    return tuple(_MEANINGS[rung] for rung in reversed(_ORDER) if rung in seen)


def _surest(column: str, seen: Round) -> Signal | None:
    mine = [s for s in seen.watched.signals if column in (s.columns or (ALL_ROWS,))]
    return max(mine, key=lambda s: _ORDER.index(s.rung), default=None)


def _hover_text(column: str, seen: Round, signal: Signal | None) -> str:
    if signal is None:
        return ""
    lines = _broken_up(cut(signal.message, 240))
    return "<br>".join([f"<b>{_safe(shorten(column, 40))}</b>, {moment(seen.begin, year=False)}", *map(_safe, lines)])


def _broken_up(text: str, width: int = 46) -> list[str]:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line] if line else lines


def _safe(text: str) -> str:
    """Return text in which a hover label sees no mark-up: a column's name is not ours."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _strip(
    rounds: Sequence[Round], row: Sequence[int | None], place: int, colours: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the marks of one column, the thicker the surer: colour alone would not tell everybody."""
    found = []
    for rank, (colour, thick) in enumerate(zip(colours, _THICK, strict=True)):
        for begin, end in runs(rounds, [value == rank for value in row]):
            found.append(
                {
                    "type": "rect",
                    "x0": stamp(begin),
                    "x1": stamp(end),
                    "y0": place - thick / 2,
                    "y1": place + thick / 2,
                    "fillcolor": colour,
                    "line": {"width": 0},
                }
            )
    return found
