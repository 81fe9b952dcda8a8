"""A made-up model in service, without a log or a network, for checks of what answers over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from journeyman.entities.challenge import Challenge
from journeyman.entities.column import Column, Kind
from journeyman.entities.prediction import Answer, LabelFate, Part
from journeyman.entities.task import Task
from journeyman.interfaces import Clock
from journeyman.runtime.clock import SystemClock
from journeyman.serving.application import Application
from journeyman.serving.counters import Counters
from journeyman.serving.http import Request, Response, Route
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import LabelRequest, Outcome, PredictionRequest, Row, StoredPrediction
from journeyman.serving.serve_settings import ServeSettings
from journeyman.serving.service import Service
from journeyman.serving.tokens import Tokens
from journeyman.testing.kinds import labels_of
from journeyman.testing.made_reports import made_report

__all__ = ["COLUMNS", "MadeRecorder", "made_prediction", "made_service", "send_request"]

COLUMNS = (Column("size", Kind.NUMBER), Column("place", Kind.CATEGORY, categories=("north", "south")))
"""Of the model; a row without one of them is refused."""


@dataclass
class MadeRecorder:
    """Stands for the one writer: predicts at once, and remembers what it was asked.

    Attributes
    ----------
    kind : str
        Of the task.
    refusal : Refusal or None
        What each request is met with; None predicts.
    requests : list of PredictionRequest
        What was asked.
    """

    kind: str
    refusal: Refusal | None = None
    trouble: str = ""
    waiting: int = 0
    requests: list[PredictionRequest] = field(default_factory=list)
    clock: Clock = field(default_factory=SystemClock)

    async def submit(self, ask: PredictionRequest | LabelRequest) -> object:
        """Return an outcome for each row, or the fate of each label."""
        if self.refusal is not None:
            raise self.refusal
        if isinstance(ask, LabelRequest):
            return [LabelFate.RECORDED] * ask.size
        self.requests.append(ask)
        return [self._outcome(row, number) for number, row in enumerate(ask.rows)]

    async def probe(self) -> str:
        """Return what is wrong."""
        return self.trouble

    def _outcome(self, row: Row, number: int) -> Outcome:
        lacking = [column.name for column in COLUMNS if column.name not in row]
        if lacking:
            return Fault("missing column", f"the row has no {lacking[0]}", lacking[0], "nothing", "a value")
        try:
            answer = made_prediction(self.kind, row)
        except ValueError:
            return Fault("bad value", "size is no number", "size", repr(row["size"])[:60], "a number")
        return StoredPrediction(number + 1, msgspec.json.encode(answer))


def made_prediction(kind: str, row: Row) -> Answer:
    """Return what the model predicts: twice the size, or the last label from a size of 10 on.

    Examples
    --------
    >>> made_prediction("regression", {"size": "6.25", "place": "north"}).prediction
    12.5
    """
    size, labels = float(str(row["size"])), labels_of(kind)
    if not labels:
        return Answer(2 * size, 1, Part.CHAMPION, interval=(2 * size - 1, 2 * size + 1), coverage=0.9)
    chosen = labels[-1] if size >= 10 else labels[0]
    shares = {label: 0.75 if label == chosen else 0.25 / (len(labels) - 1) for label in labels}
    return Answer(chosen, 1, Part.CHAMPION, probabilities=shares, labels=(chosen,), coverage=0.9)


def made_service(kind: str, recorder: MadeRecorder, settings: ServeSettings | None = None) -> Service:
    """Return a service of a model "made-up" of a kind of task, with the columns ``COLUMNS``.

    Examples
    --------
    >>> made_service("regression", MadeRecorder("regression")).champion.name
    'made-up'
    """
    report = made_report(kind)
    task = Task("target", kind, report.task.metric, labels_of(kind))
    champion = SimpleNamespace(
        name="made-up", version=1, columns=COLUMNS, task=task, report=report, manifest={"verdict": "release"}
    )
    deployment = SimpleNamespace(champion=champion, challenger=None, challenge=Challenge())
    keeper = SimpleNamespace(current=deployment, trouble="", change=lambda versions, write: write())
    log = SimpleNamespace(challenge=Challenge, set_challenge=lambda challenge: None, rows=lambda: 0)
    rules = SimpleNamespace(keys=(), hashed=(), left_out=())
    return Service(
        settings or ServeSettings("made-up", Path()),
        cast(Any, keeper),
        cast(Any, recorder),
        cast(Any, log),
        cast(Any, rules),
        cast(Any, SimpleNamespace(counters=Counters(), shared=Path())),
        lambda version: None,
    )


def send_request(
    service: Service, routes: Sequence[Route], request: Request, method: str = "POST", tokens: Tokens | None = None
) -> Response:
    """Ask the application of these routes as a server would, and return its response.

    Examples
    --------
    >>> service = made_service("regression", MadeRecorder("regression"))
    >>> send_request(service, [], Request("/nowhere", (), {}, b"")).status
    404
    """
    application = Application(service, routes, tokens or Tokens({}), lambda: None)
    named = [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    scope = {"type": "http", "method": method, "path": request.path, "headers": named}
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(application(scope, receive, send))
    start, body = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return Response(start["status"], body["body"], headers["content-type"], headers)
