"""The Dash application: reads at each tick, draws only what has changed, and passes on what people ask."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html, no_update

from journeyman.dashboard.guard import Guard, guarded
from journeyman.dashboard.page import frame_page, glance, model_page, nothing_page
from journeyman.dashboard.palette import palette
from journeyman.dashboard.questions import answered, question
from journeyman.dashboard.traffic_section import traffic_section
from journeyman.dashboard.words import RANGES, moment, standings
from journeyman.entities.overview import ModelState, Request, RequestKind, TrafficView
from journeyman.errors import JourneymanError

__all__ = ["DashboardApi", "make_application"]

_LOG = logging.getLogger(__name__)
_GLANCE = 60
_MODEL = "/model/"
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{%title%}</title>
<link rel="icon" href="data:,">
{%css%}
</head>
<body>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""
_BUTTONS = {"ask": ALL, "model": ALL, "operation": ALL}


@dataclass(frozen=True)
class DashboardApi:
    """The functions by which the page reads a workspace and sends requests.

    Attributes
    ----------
    models : callable
        Returns the names of all operated models.
    state : callable
        Returns how a model stands, given its name and how many rounds are wanted.
    ask : callable
        Passes on what a person wants of a model; returns it as it was understood.
    now : callable
        Returns milliseconds since 1970.
    who : str
        In whose name requests are passed on.
    traffic : callable
        Returns what came to a model between two moments; None where that is not known.
    """

    models: Callable[[], tuple[str, ...]]
    state: Callable[[str, int], ModelState]
    ask: Callable[[str, Request], Request]
    now: Callable[[], int]
    who: str
    traffic: Callable[[str, int, int], TrafficView | None] = lambda _name, _begin, _end: None


def make_application(api: DashboardApi, guard: Guard, every: int = 5) -> Dash:
    """Return the application.

    Parameters
    ----------
    api : DashboardApi
        What it reads and asks through.
    guard : Guard
        What it lets in; the hashes of its own scripts are added.
    every : int
        Seconds between two looks.
    """
    app = Dash(
        "journeyman.dashboard",
        title="Journeyman",
        update_title=None,
        index_string=_INDEX,
        serve_locally=True,
        add_log_handler=False,
        enable_mcp=False,
        suppress_callback_exceptions=True,
    )
    app.layout = frame_page(every)
    _in_the_browser(app)
    _refreshing(app, api)
    _asking(app, api)
    guarded(app.server, Guard(guard.hosts, guard.token, tuple(app.csp_hashes())))
    return app


def _in_the_browser(app: Dash) -> None:
    """Wire what assets/page.js does: the theme, the tab's title, the dialog."""

    def own(name: str) -> ClientsideFunction:
        return ClientsideFunction("journeyman", name)

    app.clientside_callback(own("theme"), Output("theme", "data"), Input("url", "pathname"))
    app.clientside_callback(own("title"), Output("opened", "modified_timestamp"), Input("title", "data"))
    app.clientside_callback(own("dialog"), Output("opened", "data"), Input("wish", "data"))
    app.clientside_callback(
        own("cancel"),
        Output("wish", "data", allow_duplicate=True),
        Input("cancel", "n_clicks"),
        prevent_initial_call=True,
    )


def _refreshing(app: Dash, api: DashboardApi) -> None:
    def refresh(
        _tick: int | None,
        path: str | None,
        theme: str | None,
        asked: dict[str, Any] | None,
        shown: str | None,
        mark: str | None,
    ) -> tuple[Any, ...]:
        if theme is None:  # the browser has not said yet; drawing twice would only flicker
            return (no_update,) * 5
        now = api.now()
        try:
            states, failures, single = _read(api, path or "/", shown or "all")
        except Exception as error:  # noqa: BLE001 - the page goes on and says so; the next look may find all well
            return no_update, no_update, _failed(error), None, no_update
        latest = f"{shown} {_mark(path, theme, asked, states, now)}"
        as_of, alert = f"As of {moment(now)} UTC. All times are UTC.", " · ".join(failures)
        if latest == mark or (failures and not states):
            return no_update, as_of, alert, no_update, no_update
        if not states:
            return nothing_page(), as_of, alert, latest, "Journeyman"
        if single:
            answers = (asked or {}).get(states[0].name, {})
            page = model_page(states[0], now, palette(theme), answers, alone=path == "/")
            page += _traffic(api, states[0])
        else:
            page = glance(states, now)
        return page, as_of, alert, latest, _tab(states, now)

    app.callback(
        Output("page", "children"),
        Output("as-of", "children"),
        Output("alert", "children"),
        Output("mark", "data"),
        Output("title", "data"),
        Input("tick", "n_intervals"),
        Input("url", "pathname"),
        Input("theme", "data"),
        Input("asked", "data"),
        Input("range", "value"),
        State("mark", "data"),
    )(refresh)


def _read(api: DashboardApi, path: str, shown: str) -> tuple[list[ModelState], list[str], bool]:
    """Return the models that a path shows, what could not be read, and whether it is about a single one.

    ``shown`` is the choice of time, of ``RANGES``.
    """
    _, span, most = RANGES[shown]
    names = api.models()
    wanted = unquote(path.removeprefix(_MODEL)) if path.startswith(_MODEL) else ""
    if wanted or len(names) == 1:
        state = api.state(wanted or names[0], most)
        return [state if span is None or not state.rounds else state.since(state.rounds[-1].end - span)], [], True
    states, failures = [], []
    for name in names:
        try:
            states.append(api.state(name, _GLANCE))
        except Exception as error:  # noqa: BLE001 - one model that cannot be read must not hide the others
            failures.append(f"{name}: {_failed(error)}")
    return states, failures, False


def _traffic(api: DashboardApi, state: ModelState) -> list[Any]:
    """Return the section on traffic of the time shown; a line where it cannot be read, for the page goes on."""
    if not state.rounds:
        return []
    begin, end = state.rounds[0].begin, state.rounds[-1].end
    try:
        view = api.traffic(state.name, begin, end)
    except Exception as error:  # noqa: BLE001 - a log that cannot be read must not hide how the model stands
        return [html.P(f"Traffic cannot be read: {_failed(error)}", className="note")]
    return [] if view is None else [traffic_section(view, (end - begin) / 1000)]


def _failed(error: Exception) -> str:
    """Say in one line what went wrong; what nobody expected is logged too."""
    if isinstance(error, JourneymanError):
        return f"{error.message}; {error.hint}"
    _LOG.error("the page met what it did not expect", exc_info=error)
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]


def _asking(app: Dash, api: DashboardApi) -> None:
    def pending(_clicks: list[int | None]) -> tuple[Any, ...]:
        pressed = ctx.triggered_id
        if not pressed or not ctx.triggered[0]["value"]:  # the button has only just been drawn
            return (no_update,) * 6
        kind, model, number = RequestKind(pressed["ask"]), pressed["model"], int(pressed["operation"])
        operation = None
        if number:
            try:
                operation = next((o for o in api.state(model, 1).operations if o.number == number), None)
            except JourneymanError as error:
                return (*(no_update,) * 5, html.Span(_failed(error), className="alert"))
        asked = question(kind, model, operation)
        pending = {"ask": kind.value, "model": model, "operation": number, "click": ctx.triggered[0]["value"]}
        return pending, asked.title, asked.text, asked.yes, f"button strong{' grave' if asked.grave else ''}", no_update

    app.callback(
        Output("wish", "data"),
        Output("ask-title", "children"),
        Output("ask-text", "children"),
        Output("yes", "children"),
        Output("yes", "className"),
        Output("said", "children", allow_duplicate=True),
        Input(_BUTTONS, "n_clicks"),
        prevent_initial_call=True,
    )(pending)

    def answer(
        clicks: int | None, pending: dict[str, Any] | None, note: str | None, asked: dict[str, Any] | None
    ) -> tuple[Any, ...]:
        if not clicks or not pending:
            return (no_update,) * 4
        model = str(pending["model"])
        request = Request(
            RequestKind(pending["ask"]), api.now(), api.who, int(pending["operation"]) or None, (note or "").strip()
        )
        try:
            understood = api.ask(model, request)
        except Exception as error:  # noqa: BLE001 - whoever pressed has to know that nothing was passed on
            words = html.Span(f"Nothing was passed on: {_failed(error)}", className="alert")
            return words, no_update, None, ""
        known: dict[str, Any] = dict(asked or {})
        if understood.operation is not None:
            known[model] = {**known.get(model, {}), str(understood.operation): understood.kind.value}
        known["click"] = clicks  # the page is read anew at once
        return answered(model, understood), known, None, ""

    app.callback(
        Output("said", "children"),
        Output("asked", "data"),
        Output("wish", "data", allow_duplicate=True),
        Output("note", "value"),
        Input("yes", "n_clicks"),
        State("wish", "data"),
        State("note", "value"),
        State("asked", "data"),
        prevent_initial_call=True,
    )(answer)


def _mark(path: str | None, theme: str, asked: Mapping[str, Any] | None, states: list[ModelState], now: int) -> str:
    """Return a text that changes when the page has to."""
    told = [
        (
            state.name,
            state.rounds[-1].number if state.rounds else -1,
            state.operations[-1].number if state.operations else 0,
            sum(o.outcome is not None for o in state.operations),
            state.waiting,
            state.paused,
            [(v.version, v.champion) for v in state.versions],
            [s.word for s in standings(state, now)],
        )
        for state in states
    ]
    return repr((path, theme, asked, told))


def _tab(states: list[ModelState], now: int) -> str:
    if len(states) == 1:
        return f"{states[0].name}: {standings(states[0], now)[0].word}"
    tones = [standings(state, now)[0].tone for state in states]
    wanting, good = sum(tone in ("bad", "warn") for tone in tones), tones.count("good")
    if wanting:
        return f"{wanting} of {len(states)} models want you"
    return "All models healthy" if good == len(states) else f"{good} of {len(states)} models healthy"
