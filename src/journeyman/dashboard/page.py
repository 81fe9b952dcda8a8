"""The page as Dash draws it: a card for each model, then everything about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from dash import dcc, html

from journeyman.dashboard.comparison_figure import contests
from journeyman.dashboard.drift_figure import named_columns
from journeyman.dashboard.palette import Palette
from journeyman.dashboard.sections import contest_section, drift_section, journal, releases, score_section
from journeyman.dashboard.sparks import spark
from journeyman.dashboard.words import (
    RANGES,
    StatusNote,
    asked_words,
    every_words,
    figures_words,
    latest_loss,
    loss_line,
    moment,
    refuted_words,
    ripeness,
    standings,
)
from journeyman.entities.operation import Operation
from journeyman.entities.overview import ModelState, RequestKind, Round
from journeyman.entities.signal import Tier
from journeyman.reports.phrases import sentence
from journeyman.reports.words import between, clean, metric_words, number, plural

__all__ = ["address", "frame_page", "glance", "model_page", "nothing_page"]

_STORES = ("theme", "mark", "wish", "asked", "title", "opened")
_TONES = ("bad", "warn", "calm", "good")


def address(name: str) -> str:
    """Return where a model's page is.

    Examples
    --------
    >>> address("house-prices")
    '/model/house-prices'
    """
    return f"/model/{quote(name, safe='')}"


def frame_page(every: int) -> Any:
    """Return what is on the page before anything was read: places, clock, and the dialog that asks.

    Parameters
    ----------
    every : int
        Seconds between two looks.
    """
    brand = html.P([dcc.Link("Journeyman", href="/"), " · operated models"], className="brand")
    why = html.Label(["Why (optional)", dcc.Input(id="note", type="text", maxLength=300, autoComplete="off")])
    buttons = [
        html.Button("Cancel", id="cancel", className="button"),
        html.Button("Yes", id="yes", className="button strong"),
    ]
    dialog = [html.H2(id="ask-title"), html.P(id="ask-text"), why, html.Div(buttons, className="buttons")]
    return html.Div(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Interval(id="tick", interval=1000 * every),
            *(dcc.Store(id=name) for name in _STORES),
            html.Header([brand, html.Div([_range_choice(), html.P(id="as-of", className="as-of")])]),
            html.Div(id="alert", className="alert", role="alert"),
            html.Div(id="said", className="said", role="status"),
            html.Main(html.P("Reading the workspace …", className="lead"), id="page"),
            html.Dialog(dialog, id="dialog", **{"aria-labelledby": "ask-title"}),
        ]
    )


def _range_choice() -> Any:
    """Return the choice of the time that pictures show."""
    options = [{"label": name, "value": key} for key, (name, _, _) in RANGES.items()]
    buttons = dcc.RadioItems(options, "all", id="range", inline=True, persistence=True)
    return html.Div([html.Span("Show"), buttons], className="range", role="group", **{"aria-label": "Time shown"})


def nothing_page() -> list[Any]:
    """Return the page of a workspace in which nothing is operated."""
    said = ["Begin with ", html.Code("journeyman operate NAME"), ". This page notices by itself."]
    return [html.H1("No model is operated yet"), html.P(said, className="lead")]


def glance(states: Sequence[ModelState], now: int) -> list[Any]:
    """Return a card for each model, those first that ask for a person."""
    told = [(standings(state, now), state) for state in states]
    told.sort(key=lambda pair: (min(_TONES.index(s.tone) for s in pair[0]), pair[1].name))
    good = sum(said[0].tone == "good" for said, _ in told)
    lead = f"{plural(len(states), 'model')}, {good} healthy."
    cards = html.Div([_card(said, state) for said, state in told], className="glance")
    return [html.H1("How the models stand"), html.P(lead, className="lead"), cards]


def model_page(
    state: ModelState, now: int, colours: Palette, asked: Mapping[str, str], *, alone: bool = False
) -> list[Any]:
    """Return everything about one model.

    Parameters
    ----------
    state : ModelState
        How it stands.
    now : int
        Milliseconds since 1970.
    colours : Palette
        Of the theme.
    asked : mapping of str to str
        What was answered on this page already and the loop has not done yet, by the operation's number.
    alone : bool
        Whether it is the only model, so that there is no other page to go back to.
    """
    parts: list[Any] = [] if alone else [html.P(dcc.Link("← All models", href="/"), className="back")]
    parts += [html.H1(clean(state.name)), html.P(_lead(state), className="lead")]
    parts.append(_verdict(state, standings(state, now), asked))
    if state.rounds:
        parts.append(score_section(state, colours))
        both = [drift_section(state, colours), contest_section(state, colours)]
        beside = named_columns(state.rounds) and contests(
            state
        )  # a card of one line would leave a hole beside a picture
        parts.append(html.Div(both, className="grid" if beside else ""))
    return [*parts, journal(state), releases(state)]


def _card(said: Sequence[StatusNote], state: ModelState) -> Any:
    picture = spark([r.watched.loss for r in state.rounds])
    mask = {"WebkitMaskImage": f'url("{picture}")', "maskImage": f'url("{picture}")'}
    seen = latest_loss(state.rounds)
    figures = html.Span("" if seen is None else loss_line(state.loss, seen), className="note")
    also = [html.Span(f"{s.icon} {s.word}", className=f"tag {s.tone}", title=s.because) for s in said[1:]]
    return dcc.Link(
        [
            html.Div([_word(said[0], "word small"), *also], className="says"),
            html.Strong(clean(state.name), className="name"),
            html.P(said[0].because, className="because"),
            html.Div([figures, html.I(className="spark", style=mask) if picture else None], className="last"),
        ],
        href=address(state.name),
        className=f"card {said[0].tone}",
    )


def _word(said: StatusNote, names: str) -> Any:
    icon = html.Span(said.icon, className="icon", **{"aria-hidden": "true"})
    return html.Span([icon, html.Span(said.word)], className=names)


def _lead(state: ModelState) -> str:
    if not state.rounds:
        return "No span has ended yet."
    last = state.rounds[-1]
    said = f"Release {last.champion} answers"
    if last.challenger is not None:
        said += f", release {last.challenger} runs in the shadow"
    return f"{said}. Looked at {every_words(last.end - last.begin)}, last at {moment(last.end)} UTC."


def _verdict(state: ModelState, said: Sequence[StatusNote], asked: Mapping[str, str]) -> Any:
    questions = [_question(o, asked) for o in state.operations if o.number in state.waiting]
    words: list[Any] = [html.H2(_word(said[0], "word"), className="heading")]
    words += questions or [html.P(said[0].because, className="because")]
    words += [html.P([html.B(f"Also {s.word}. "), s.because], className="also") for s in said[1:]]
    switch = RequestKind.RESUME if state.paused else RequestKind.PAUSE
    back = _button(RequestKind.ROLL_BACK, state.name, "Roll back", disabled=len(state.versions) < 2)
    buttons = [_button(switch, state.name, str(switch.value).capitalize()), back]
    if state.rounds and any(s.rung is Tier.FEED and s.alarming for s in state.rounds[-1].watched.signals):
        buttons.insert(0, _button(RequestKind.ACCEPT, state.name, "The feed is right"))
    words.append(html.Div(buttons, className="buttons"))
    return html.Section([html.Div(words), html.Div(_key_figures(state))], className=f"verdict {said[0].tone}")


def _key_figures(state: ModelState) -> list[Any]:
    seen, parts = latest_loss(state.rounds), []
    if seen is not None:
        value, interval = _loss_texts(seen)
        name = html.P(f"{state.loss[:1].upper()}{state.loss[1:]}, latest", className="metric")
        parts = [name, html.P(value, className="figure"), html.P(interval, className="interval")]
    last = state.rounds[-1].watched if state.rounds else None
    if last is not None and last.estimate is not None:
        guess = figures_words(last.estimate, last.estimate_low, last.estimate_high)
        guess += refuted_words(state.rounds[-1])
        parts.append(html.P(f"Estimated without labels: {guess}.", className="note"))
    if state.rounds:
        parts.append(html.P(f"In the rounds shown: {ripeness(state.rounds)}.", className="note"))
    return parts


def _loss_texts(seen: Round) -> tuple[str, str]:
    """Say a loss, and beside it its interval, the truths behind it and what it is compared with."""
    watched = seen.watched
    value, said = number(watched.loss), plural(watched.labels, "label")
    if watched.loss is not None and watched.low is not None and watched.high is not None:
        value, low, high = between(watched.loss, watched.low, watched.high, metric_words("brier"))
        said = f"{low} to {high}, from {said}"
    return value, said if watched.reference is None else f"{said}; {number(watched.reference)} when released"


def _question(operation: Operation, asked: Mapping[str, str]) -> Any:
    move, model = operation.move, operation.model
    wanted = asked_words(move.wanted or move.action, move.version)
    done = asked.get(str(operation.number))
    if done:
        answer: Any = html.P(f"Answered: {done}. The next round does it.", className="note")
    else:
        buttons = [
            _button(RequestKind.APPROVE, model, "Approve", operation.number),
            _button(RequestKind.REJECT, model, "Reject", operation.number),
        ]
        answer = html.Div(buttons, className="buttons")
    figures = " · ".join(f"{k} {v if isinstance(v, str) else number(v)}" for k, v in move.evidence.items())
    parts = [
        html.H3(f"{wanted[:1].upper()}{wanted[1:]}?"),
        html.P(sentence(move.reason)),
        html.P(figures, className="note") if figures else None,
        answer,
    ]
    return html.Div(parts, className="question warn")


def _button(kind: RequestKind, model: str, text: str, number_of: int = 0, *, disabled: bool = False) -> Any:
    names = "button strong" if kind is RequestKind.APPROVE else "button"
    key = {"ask": kind.value, "model": model, "operation": number_of}
    return html.Button(text, id=key, className=names, disabled=disabled)
