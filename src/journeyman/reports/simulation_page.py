"""A simulation as one self-contained HTML page: the verdict, the policies, the days, and what the loop did."""

from __future__ import annotations

import math
from pathlib import Path

from markupsafe import Markup

from journeyman.entities.decision import Action
from journeyman.entities.simulation import PolicyResult, Simulated
from journeyman.reports.charts import Line, Mark, Rule, plot
from journeyman.reports.figure import Figure
from journeyman.reports.html import environment
from journeyman.reports.scales import linear_scale
from journeyman.reports.simulation_words import compared_policies, move_words, tone, verdict
from journeyman.reports.words import number, plural

__all__ = ["render_page"]

_TEMPLATES = Path(__file__).parent / "templates"
_SIZES = ((380, 240), (1080, 300))
_WEEK = 7
_COLOURS = ("c-model", "c-base", "c-a1", "c-a2", "c-a3")
_SHOWN = {Action.RETRAIN: "learned again", Action.PROMOTE: "promoted", Action.ROLL_BACK: "rolled back"}


def render_page(done: Simulated, table: str) -> str:
    """Render what came of a simulation.

    Parameters
    ----------
    table : str
        What was replayed, as the user named it.

    Returns
    -------
    str
        One HTML file that needs nothing else and runs no script.
    """
    style, icon, headline = tone(done)
    return (
        environment()
        .get_template("simulation.html.j2")
        .render(
            done=done,
            table=table,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            style=style,
            headline=headline,
            icon=icon,
            verdict=verdict(done),
            rows=[_row(r, done.results[0]) for r in done.results],
            figure=_figure(done),
            operations=[(done.day_of(o), move_words(o), o.move.reason) for o in done.operations],
        )
    )


def _row(result: PolicyResult, ours: PolicyResult) -> dict[str, str]:
    apart = "" if result.cost is None or ours.cost is None or result is ours else f"{result.cost - ours.cost:+.3g}"
    return {
        "name": result.name,
        "cost": "" if result.cost is None else number(result.cost, 4),
        "apart": f"{apart} ±{number(result.doubt, 2)}" if apart else "",
        "loss": number(result.loss, 4),
        "times": str(result.retrainings),
    }


def _figure(done: Simulated) -> Figure:
    """Draw the loss of each policy, as a mean of seven days, and when the loop changed its model."""
    policies = (done.results[0], *compared_policies(done))
    series = [(p.name, _smooth(p.daily), colour) for p, colour in zip(policies, _COLOURS, strict=False)]
    known = [v for _, values, _ in series for v in values if math.isfinite(v)]
    x = linear_scale(0, max(1, done.days), "simulated day")
    y = linear_scale(min(known, default=0.0), max(known, default=1.0), done.loss, zero=True)
    marks: list[Mark] = [
        Rule((float(done.day_of(o)),) * 2, (y.low, y.high), tip=f"day {done.day_of(o)}: {_SHOWN[o.move.action]}")
        for o in done.operations
        if o.move.action in _SHOWN
    ]
    for name, values, colour in reversed(series):
        days = [float(k + 1) for k in range(len(values))]
        tips = [f"{name}, day {k + 1}: {number(v)}" for k, v in enumerate(values)]
        marks.append(Line(days, values, colour, tips))
    title = f"{done.loss[:1].upper()}{done.loss[1:]} by day"
    small, wide = (plot(title, x, y, marks, size) for size in _SIZES)
    legend = tuple((colour, name) for name, _, colour in series)
    moves = plural(sum(o.move.action in _SHOWN for o in done.operations), "change")
    note = f"Means of up to {_WEEK} days, lower is better. Upright lines: {moves} by the loop."
    return Figure(title, small, note, legend, wide_svg=wide)


def _smooth(daily: tuple[float, ...]) -> list[float]:
    means = []
    for day in range(len(daily)):
        known = [v for v in daily[max(0, day - _WEEK + 1) : day + 1] if math.isfinite(v)]
        means.append(sum(known) / len(known) if known else float("nan"))
    return means
