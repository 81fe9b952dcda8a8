"""The page of an assessment: the ranking, and each case with its learning curve, what raises it and what is against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from journeyman.entities.use_case import Assessment, UseCase
from journeyman.reports.assessment_words import (
    case_name,
    chance_words,
    gain_words,
    headline,
    own_words,
    score_range,
    style_of,
)
from journeyman.reports.charts import Dots, Line, Mark, Rule, plot
from journeyman.reports.figure import Figure, bars
from journeyman.reports.html import environment
from journeyman.reports.scales import linear_scale
from journeyman.reports.words import duration, number, percent

__all__ = ["render_assessment"]

_TEMPLATES = Path(__file__).parent / "templates"
_DRAWN = 40
_SIZE = (380, 210)


@dataclass(frozen=True)
class _Shown:
    """A use case as the page shows it."""

    name: str
    style: str
    chance: str
    score: str
    base: str
    gain: str
    case: UseCase
    with_leaks: str
    figures: tuple[Figure, ...]
    cost: str


def render_assessment(found: Assessment) -> str:
    """Render an assessment.

    Returns
    -------
    str
        One HTML file that needs nothing else and runs no script.
    """
    several = len({case.table for case in found.cases} | {one.table for one in found.refused}) > 1
    drawn = found.cases[:_DRAWN]
    chances = [case for case in drawn if case.estimate.probability is not None]
    ranking = Figure(
        "Probability that a full build succeeds",
        rows=bars(
            [case_name(case, several) for case in chances],
            [case.estimate.probability or 0.0 for case in chances],
            [chance_words(case.estimate.probability) for case in chances],
            full=1.0,
        ),
        note=f"That it saves {100 * found.request.margin:.0f}% of the baseline's loss or more, clearly beyond noise, "
        "on rows kept apart.",
    )
    return (
        environment()
        .get_template("assessment.html.j2")
        .render(
            found=found,
            css=Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8")),
            headline=headline(found),
            style=style_of(found.cases[0]) if found.cases else "calm",
            ranking=ranking if chances else None,
            cases=[_case_view(case, several) for case in drawn],
            left_out=len(found.cases) - len(drawn),
            own=own_words(found),
            several=several,
        )
    )


def _case_view(case: UseCase, several: bool) -> _Shown:
    figures = tuple(f for f in (_curve(case), _columns(case)) if f is not None)
    return _Shown(
        case_name(case, several),
        style_of(case),
        chance_words(case.estimate.probability),
        score_range(case),
        "–" if case.base_score != case.base_score else number(case.base_score),
        gain_words(case),
        case,
        "" if case.with_leaks is None else chance_words(case.with_leaks),
        figures,
        f"looked at for {duration(case.seconds)}; a build takes {duration(case.build_seconds)} at most",
    )


def _curve(case: UseCase) -> Figure | None:
    """Return what quick models gained by the number of rows, and what is expected of a build."""
    probe = case.probe
    if probe is None or len(probe.curve) < 2:
        return None
    xs, ys = [float(p.rows) for p in probe.curve], [p.gain for p in probe.curve]
    end = float(max(probe.rows, xs[-1]))
    estimate = case.estimate
    at = end + 0.04 * (end - xs[0])
    y = linear_scale(min(*ys, estimate.low, 0.0), max(*ys, estimate.high, case.margin), "loss saved", as_percent=True)
    x = linear_scale(0.0, at * 1.05, "rows learned from")
    tips = [f"{p.rows:,} rows: {percent(max(p.gain, 0.0))} of the loss saved" for p in probe.curve]
    marks: list[Mark] = [
        Rule((0.0, at), (case.margin, case.margin), "c-base"),
        Line(xs, ys, "c-model"),
        Dots(xs, ys, "c-model", tips=tips),
        Rule((at, at), (estimate.low, estimate.high), "c-a1"),
        Dots([at], [estimate.gain], "c-a1", tips=[f"expected of a build: {gain_words(case)}"]),
    ]
    legend = (("c-model", "quick models"), ("c-a1", "expected of a build"), ("c-base", "margin"))
    return Figure("Learning curve", plot(f"Loss saved in {case.target} by rows", x, y, marks, _SIZE), "", legend)


def _columns(case: UseCase) -> Figure | None:
    probe = case.probe
    if probe is None or not probe.importances:
        return None
    first = list(probe.importances.items())[:8]
    drawn = bars([n for n, _ in first], [v for _, v in first], [percent(v) for _, v in first])
    return Figure(
        "What tells of it", rows=drawn, note="Share of the baseline's loss that comes back when a column is shuffled."
    )
