"""Parts of a model's page: how good it is, what has changed, who challenges, what was done, and its releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from journeyman.dashboard.comparison_figure import contest_figure, contest_legend, contest_words, contests
from journeyman.dashboard.drift_figure import MOST_COLUMNS, drift_figure, drift_legend, named_columns
from journeyman.dashboard.frames import Figure
from journeyman.dashboard.palette import Palette
from journeyman.dashboard.score_figure import score_figure, score_legend
from journeyman.dashboard.stories import Story, story
from journeyman.dashboard.words import figures_words, latest_loss, loss_line, loss_words, moment, refuted_words
from journeyman.entities.finding import Severity
from journeyman.entities.overview import ModelState
from journeyman.entities.signal import Signal
from journeyman.reports.phrases import sentence
from journeyman.reports.words import clean, count, metric_words, number, percent

__all__ = ["contest_section", "drift_section", "journal", "releases", "score_section"]

_STORIES, _FIGURES, _SIGNALS = 60, 30, 8
_TONES = {Severity.ERROR: "bad", Severity.WARNING: "warn", Severity.NOTE: "calm", Severity.NOT_APPLICABLE: "calm"}
_GRAPH = {"displayModeBar": False, "responsive": True, "showTips": False, "doubleClick": False}


def score_section(state: ModelState, colours: Palette) -> Any:
    """Return how good the model is over time; ``state`` has a round."""
    seen, title = latest_loss(state.rounds), "How good it is"
    told = "No label has come yet." if seen is None else f"Latest: {loss_line(state.loss, seen)}."
    parts = [
        html.H2(title),
        html.P(loss_words(state.loss), className="note"),
        _legend(score_legend(state)),
        _picture(title, score_figure(state, colours), told, 400, "score"),
        html.Details([html.Summary("The figures"), _table_of_rounds(state)], id="figures"),
    ]
    return html.Section(parts, className="card")


def drift_section(state: ModelState, colours: Palette) -> Any:
    """Return which columns have changed when, and the signals of the latest round; ``state`` has a round."""
    columns, title = named_columns(state.rounds), "What has changed"
    if not columns:
        nothing = html.P("No signal in the rounds shown.", className="note")
        return html.Section([html.H2(title), nothing], className="card")
    told = f"Named most: {', '.join(clean(c) for c in columns[:3])}."
    picture = _picture(title, drift_figure(state, colours), told, 62 + 30 * len(columns), "drift")
    note = html.P("The thicker a mark, the stronger the evidence.", className="note")
    parts: list[Any] = [html.H2(title), _legend(drift_legend(state)), picture, note]
    if len(columns) == MOST_COLUMNS:
        parts.append(html.P(f"At most {MOST_COLUMNS} columns are shown.", className="note"))
    now = state.rounds[-1].watched.signals
    more = [html.P(f"And {len(now) - _SIGNALS} more.", className="note")] if len(now) > _SIGNALS else []
    parts.append(html.H3("In the latest round"))
    parts += [_finding(s) for s in now[:_SIGNALS]] + more or [html.P("Nothing.", className="note")]
    return html.Section(parts, className="card")


def contest_section(state: ModelState, colours: Palette) -> Any:
    """Return how champion and challenger stand to one another; ``state`` has a round."""
    title, said = "Champion and challenger", contest_words(state)
    parts: list[Any] = [html.H2(title), *(html.P(text) for text in said)]
    if contests(state):
        parts += [_legend(contest_legend()), _picture(title, contest_figure(state, colours), said[-1], 300, "contest")]
        note = "Odds made of 1 by betting on each side. Where neither is better, 5% of contests ever come to 20."
        parts.append(html.P(note, className="note"))
    return html.Section(parts, className="card")


def journal(state: ModelState) -> Any:
    """Return the latest operations, each to be opened."""
    by_number, total = {seen.number: seen for seen in state.rounds}, len(state.operations)
    stories = [story(o, by_number) for o in reversed(state.operations[-_STORIES:])]
    title = html.H2("What was done")
    if not stories:
        return html.Section([title, html.P("Nothing yet.", className="note")], className="card")
    more = html.P(f"The latest {_STORIES} of {count(total)}.", className="note") if total > _STORIES else None
    return html.Section(
        [title, more, html.Div([_story_header(s) for s in stories], className="journal")], className="card"
    )


def releases(state: ModelState) -> Any:
    """Return a table of the releases, the latest first."""
    rows = []
    for version in reversed(state.versions):
        metric = metric_words(version.metric)
        score = percent(version.score) if metric.percent else number(version.score)
        mark = html.Span("champion", className="tag good") if version.champion else None
        made = version.created[:16].replace("T", " ")
        cells = [[str(version.version), " ", mark], made, f"{metric.label} {score}", version.verdict]
        rows.append(html.Tr([html.Td(cell) for cell in cells]))
    names = ("Release", "Made (UTC)", "Score then", "Verdict")
    table = html.Table([html.Thead(html.Tr([html.Th(text, scope="col") for text in names])), html.Tbody(rows)])
    note = html.P("Each score was measured on rows of its own build: they cannot be compared.", className="note")
    return html.Section([html.H2("Releases"), html.Div(table, className="scroll", tabIndex=0), note], className="card")


def _picture(title: str, figure: Figure, told: str, height: int, name: str) -> Any:
    graph = dcc.Graph(
        id=f"graph-{name}", figure=figure, config=_GRAPH, responsive=True, style={"height": f"{height}px"}
    )
    return html.Div(graph, role="img", **{"aria-label": f"{title}. {told}"})


def _legend(said: Sequence[tuple[str, str]]) -> Any:
    return html.Div([html.Span([html.I(className=f"key {style}"), text]) for style, text in said], className="legend")


def _table_of_rounds(state: ModelState) -> Any:
    head = ["Until (UTC)", state.loss, "when released", "estimated", "labels", "rows"]
    rows = []
    for seen in reversed(state.rounds[-_FIGURES:]):
        watched = seen.watched
        loss = "–" if watched.loss is None else figures_words(watched.loss, watched.low, watched.high)
        guess = "–"
        if watched.estimate is not None:
            guess = figures_words(watched.estimate, watched.estimate_low, watched.estimate_high) + refuted_words(seen)
        cells = [loss, number(watched.reference), guess, count(watched.labels), count(watched.rows)]
        rows.append(html.Tr([html.Td(moment(seen.end)), *(html.Td(cell, className="n") for cell in cells)]))
    names = [html.Th(text, scope="col", className="" if k == 0 else "n") for k, text in enumerate(head)]
    return html.Div(html.Table([html.Thead(html.Tr(names)), html.Tbody(rows)]), className="scroll", tabIndex=0)


def _finding(signal: Signal) -> Any:
    whom = f"Hurts rows where {signal.whom}. " if signal.whom and signal.whom not in signal.message else ""
    tone = _TONES[signal.severity]
    said: list[Any] = [html.P([html.Span(signal.code, className=f"tag {tone}"), " ", sentence(signal.message)])]
    if signal.columns:
        names = [part for column in signal.columns for part in (", ", html.Code(clean(column)))][1:]
        said.append(html.P([whom, "Column: " if len(signal.columns) == 1 else "Columns: ", *names], className="note"))
    return html.Div(said, className=f"finding {tone}")


def _story_header(told: Story) -> Any:
    tag = html.Span(told.tag, className="tag warn") if told.tag != "settled" else None
    head = [
        html.Span(told.at, className="when"),
        html.Span([html.Strong(told.title), tag], className="what"),
        html.Span(told.reason, className="reason"),
    ]
    parts = [
        part for heading, said in told.parts for part in (html.Dt(heading), html.Dd([html.P(text) for text in said]))
    ]
    return html.Details(
        [html.Summary(head), html.Dl(parts)], id={"journal": told.number}, className=f"story {told.tone}"
    )
