"""Figures of forecasts: series with their intervals, and errors by steps ahead."""

from __future__ import annotations

import math
from collections.abc import Sequence

from journeyman.entities.outlook import AheadError, ForecastLine, Outlook
from journeyman.reports.charts import Area, Line, Mark, Rule, plot
from journeyman.reports.figure import Figure
from journeyman.reports.quality_figures import with_unit
from journeyman.reports.scales import Scale, Tick, linear_scale
from journeyman.reports.words import number, percent

__all__ = ["ahead_figures", "line_figure"]

_TICKS = 5
_FEWEST_HELD = 10
_LEGEND = (("c-ink", "what came"), ("c-model", "forecast, with its 80% and 95% intervals"))


def line_figure(line: ForecastLine, target: str, unit: str | None) -> Figure:
    """Draw a series and its forecast."""
    count, began = len(line.times), len(line.past)
    steps = list(range(began, count))
    values = [*line.past, *line.came, *line.lowest, *line.highest]
    finite = [v for v in values if math.isfinite(v)] or [0.0, 1.0]
    y = linear_scale(min(finite), max(finite), with_unit(target, unit))
    x = Scale(0.0, max(1.0, count - 1.0), "", _time_ticks(line.times))
    # From the last value on, so that a forecast is seen to go on from there.
    first = [began - 1] if began and math.isfinite(line.past[-1]) else []
    start = [line.past[-1]] if first else []
    along = [float(k) for k in (*first, *steps)]
    marks: list[Mark] = [
        Area(along, [*start, *line.lowest], [*start, *line.highest]),
        Area(along, [*start, *line.low], [*start, *line.high]),
        Line([float(k) for k in range(began + len(line.came))], [*line.past, *line.came], "c-ink"),
        Line(along, [*start, *line.middle], "c-model", [*([""] if first else []), *_tips(line)]),
    ]
    title = f"{line.name} ({line.why})" if line.why else line.name
    legend = _LEGEND if line.came else (("c-ink", "until now"), _LEGEND[1])
    small, wide = (380, 240), (1080, 280)
    return Figure(title, plot(title, x, y, marks, small), "", legend, wide_svg=plot(title, x, y, marks, wide))


def ahead_figures(outlook: Outlook) -> list[Figure]:
    """Draw errors and the coverage of intervals by steps ahead; nothing where a single step is forecast."""
    rows = outlook.ahead
    if len(rows) < 2:
        return []
    ahead = [float(r.ahead) for r in rows]
    x = linear_scale(min(ahead), max(ahead), f"{outlook.steps} ahead")
    top = max((*(r.error for r in rows), *(r.naive for r in rows)))
    y = linear_scale(0.0, top, "MASE")
    errors: list[Mark] = [
        Line(ahead, [r.naive for r in rows], "c-base", [_error_tip(r, r.naive, outlook) for r in rows]),
        Line(ahead, [r.error for r in rows], "c-model", [_error_tip(r, r.error, outlook) for r in rows]),
    ]
    title = f"Error by {outlook.steps} ahead"
    found = [
        Figure(
            title,
            plot(title, x, y, errors, (380, 260)),
            "Errors grow with the distance; where the lines meet, repeating the past is as good.",
            (("c-model", "this model"), ("c-base", "repeating the past")),
        )
    ]
    if min(r.rows for r in rows) < _FEWEST_HELD:  # shares of a handful jump from nothing to all
        return found
    shares = linear_scale(0.0, 1.0, "share of values inside")
    held: list[Mark] = [
        Rule((x.low, x.high), (0.8, 0.8)),
        Rule((x.low, x.high), (0.95, 0.95)),
        Line(ahead, [r.held_80 for r in rows], "c-model", [_held_tip(r, r.held_80, 80, outlook) for r in rows]),
        Line(ahead, [r.held_95 for r in rows], "c-ink", [_held_tip(r, r.held_95, 95, outlook) for r in rows]),
    ]
    title = f"What intervals held, by {outlook.steps} ahead"
    found.append(
        Figure(
            title,
            plot(title, x, shares, held, (380, 260)),
            "Dashed: 80% and 95%. A line below its own means intervals that are too narrow there.",
            (("c-model", "80% interval"), ("c-ink", "95% interval")),
        )
    )
    return found


def _time_ticks(times: Sequence[str]) -> tuple[Tick, ...]:
    every = max(1, (len(times) - 1) // (_TICKS - 1) if len(times) > 1 else 1)
    return tuple((float(k), times[k]) for k in range(0, len(times), every))


def _tips(line: ForecastLine) -> list[str]:
    said = []
    for k, middle in enumerate(line.middle):
        when = line.times[len(line.past) + k]
        came = f"; {number(line.came[k])} came" if line.came else ""
        said.append(f"{when}: {number(middle)} (80%: {number(line.low[k])} to {number(line.high[k])}){came}")
    return said


def _error_tip(row: AheadError, error: float, outlook: Outlook) -> str:
    return f"{row.ahead} {outlook.step if row.ahead == 1 else outlook.steps} ahead: {number(error)}"


def _held_tip(row: AheadError, share: float, promised: int, outlook: Outlook) -> str:
    steps = outlook.step if row.ahead == 1 else outlook.steps
    return f"{row.ahead} {steps} ahead: the {promised}% interval held {percent(share)} of {row.rows}"
