"""Pictures of discoveries: means with their intervals along a column, over all rows or over parts of them."""

from __future__ import annotations

import math

from journeyman.entities.analysis import Discovery
from journeyman.reports.charts import Dots, Line, Mark, Rule, plot
from journeyman.reports.figure import Figure, bars
from journeyman.reports.scales import Scale, linear_scale
from journeyman.reports.words import number, percent, plural, shorten

__all__ = ["discovery_figure"]

_COLOURS = ("c-a0", "c-a1", "c-a2", "c-a3", "c-a4", "c-a5")
_SIZE = (380, 230)


def discovery_figure(discovery: Discovery) -> Figure | None:
    """Return the picture of a discovery; None where it has nothing to draw."""
    curves = [curve for curve in discovery.curves if curve.levels]
    if not curves:
        return None
    share = discovery.effect.unit == "share"
    title = " and ".join(f"'{name}'" for name in discovery.columns) or "Over time"
    say = percent if share else number
    if len(curves) == 1:
        levels = curves[0].levels
        low = min(level.low for level in levels)
        if low >= 0 or share:
            spans = [(max(level.low, 0.0), level.high) for level in levels]
            labels = [shorten(level.label, 34) for level in levels]
            drawn = bars(labels, [max(level.mean, 0.0) for level in levels], [say(v.mean) for v in levels], spans=spans)
            return Figure(
                title, note=f"Means with 95% intervals, {plural(discovery.rows, 'confirming row')}.", rows=drawn
            )
    names = list(dict.fromkeys(level.label for curve in curves for level in curve.levels))
    ends = [v for curve in curves for level in curve.levels for v in (level.low, level.high) if math.isfinite(v)]
    if not ends:
        return None
    places = {name: float(k) for k, name in enumerate(names)}
    ticks = tuple((place, shorten(name, 14)) for name, place in places.items())
    x = Scale(-0.4, len(names) - 0.6, "", ticks)
    y = linear_scale(min(ends), max(ends), "", as_percent=share)
    marks: list[Mark] = []
    for k, curve in enumerate(curves):
        style = _COLOURS[k % len(_COLOURS)]
        shift = 0.06 * (k - (len(curves) - 1) / 2)
        xs = [places[level.label] + shift for level in curve.levels]
        marks += [Rule((at, at), (level.low, level.high), style) for at, level in zip(xs, curve.levels, strict=True)]
        tips = [
            f"{curve.name} {v.label}: {say(v.mean)} ({say(v.low)} to {say(v.high)}), {v.rows:,} rows"
            for v in curve.levels
        ]
        means = [level.mean for level in curve.levels]
        marks += [Line(xs, means, style), Dots(xs, means, style, tips=tips)]
    legend = tuple((_COLOURS[k % len(_COLOURS)], shorten(c.name, 50)) for k, c in enumerate(curves) if c.name)
    note = f"Means with 95% intervals, {plural(discovery.rows, 'confirming row')}."
    return Figure(title, plot(discovery.sentence, x, y, marks, _SIZE), note, legend)
