"""SageMaker and MLflow scoring, which share an address: /ping, /invocations, and MLflow's /health and /version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from journeyman import __version__
from journeyman.entities.prediction import Answer
from journeyman.serving.answers import answers_of, given_json
from journeyman.serving.asks import Outcome, Row
from journeyman.serving.exchange import JSON, Request, Response, Route, json_response
from journeyman.serving.openapi import operation
from journeyman.serving.refusals import Fault, Refusal, decoded
from journeyman.serving.row_forms import from_columns, from_csv, from_split, from_values
from journeyman.serving.service import Service
from journeyman.serving.tokens import Right

__all__ = ["numbered", "routes"]

SAGEMAKER, MLFLOW = "sagemaker", "mlflow"
_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ID = "x-amzn-sagemaker-inference-id"
_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_LINES = ("application/jsonlines", "application/x-jsonlines", "application/x-ndjson")
_HINT = f"send exactly one of {', '.join(_KEYS)}, a list of records, or CSV"


class _Split(msgspec.Struct):
    columns: Any
    data: Any
    index: Any = None


def routes(service: Service) -> list[Route]:
    """Return the addresses of SageMaker's and MLflow's contracts."""

    async def invoke(request: Request) -> Response:
        amazon = request.arguments or any(name.startswith("x-amzn-sagemaker") for name in request.headers)
        protocol = SAGEMAKER if amazon else MLFLOW
        rows, parameters = _rows(request, service)
        client_id = request.headers.get(_ID)
        ids = None if client_id is None else numbered(client_id, len(rows))
        outcomes = await service.predict(rows, ids, protocol, True, bool(parameters.get("reasons")))
        response = _told(request, outcomes, bool(parameters.get("detail")), service.champion.name)
        attributes = request.headers.get(_ATTRIBUTES)
        if attributes is not None and attributes.isprintable() and len(attributes) <= 1024:
            return Response(response.status, response.body, response.content_type, {_ATTRIBUTES: attributes})
        return response

    async def ping(request: Request) -> Response:
        trouble = await service.health()
        return json_response({"trouble": trouble}, 503) if trouble else json_response({})

    async def version(request: Request) -> Response:
        return Response(200, __version__.encode(), "text/plain; charset=utf-8")

    invoked = operation("Predict rows", _SCHEMA, media=(JSON, "text/csv", _LINES[0]), error=_ERROR)
    return [
        Route("GET", "/ping", ping, None, SAGEMAKER, operation("Whether predictions can be recorded")),
        Route("POST", "/invocations", invoke, Right.PREDICT, MLFLOW, invoked, _refusal),
        # SageMaker's own front end has this address for callers; clients that are pointed here use it
        Route("POST", "/endpoints/{endpoint}/invocations", invoke, Right.PREDICT, SAGEMAKER, invoked, _refusal),
        Route("GET", "/version", version, None, MLFLOW, operation("Our version", answer="text/plain")),
    ]


def numbered(client_id: str, rows: int) -> list[str | None]:
    """Return a client's own id for each row of a request that has one: itself, or with the row's number.

    Examples
    --------
    >>> numbered("a", 1), numbered("a", 2)
    (['a'], ['a#0', 'a#1'])
    """
    return [client_id] if rows == 1 else [f"{client_id}#{position}" for position in range(rows)]


def _rows(request: Request, service: Service) -> tuple[list[Row], Mapping[str, Any]]:
    columns = service.champion.columns
    kind = request.content_type or JSON
    if kind == "text/csv":
        return from_csv(request.body, columns), {}
    if kind in _LINES:
        lines = [line for line in request.body.splitlines() if line.strip()]
        return from_values([decoded(line, dict[str, Any], _HINT) for line in lines], columns, "line"), {}
    if kind not in (JSON, "application/x-www-form-urlencoded"):  # what curl says when it is told nothing
        wanted = f"{JSON}, text/csv or {_LINES[0]}"
        raise Refusal(415, Fault("media type", f"{kind[:60]} is not read here", "content-type", kind[:60], wanted))
    asked: object = decoded(request.body, object, _HINT)
    if isinstance(asked, list):
        return from_values(asked, columns, "body"), {}
    if not isinstance(asked, dict):
        raise Refusal(
            400, Fault("bad request", "the body is no object", "body", type(asked).__name__, "an object", _HINT)
        )
    given = [key for key in _KEYS if key in asked]
    if len(given) != 1:
        found = ", ".join(given) if given else ", ".join(sorted(asked)[:6]) or "an empty object"
        fault = Fault(
            "bad request", f"found {found[:100]}", "body", found[:100], f"exactly one of {', '.join(_KEYS)}", _HINT
        )
        raise Refusal(400, fault)
    parameters = asked.get("params") or asked.get("parameters") or {}
    return _from_json(given[0], asked[given[0]], service), parameters if isinstance(parameters, dict) else {}


def _from_json(key: str, value: Any, service: Service) -> list[Row]:
    columns = service.champion.columns
    if key == "dataframe_split":
        try:
            split = msgspec.convert(value, _Split)
        except msgspec.ValidationError as error:
            raise Refusal(400, Fault("bad request", f"{key}: {error}", key, wanted="columns and data")) from None
        return from_split(split.columns, split.data, key)
    if isinstance(value, dict) and key != "dataframe_records":
        return from_columns(value, key)
    if not isinstance(value, list):
        wanted = "a list of records" if key == "dataframe_records" else "a list, or an object of lists"
        raise Refusal(400, Fault("bad request", f"{key} is no {wanted[2:]}", key, type(value).__name__, wanted))
    return from_values(value, columns, key)


def _told(request: Request, outcomes: list[Outcome], detail: bool, name: str) -> Response:
    answers = answers_of(outcomes)
    accepted = request.headers.get("accept", "").lower()
    if "text/csv" in accepted and not detail:
        lines = "".join(f"{_cell(answer)}\n" for answer in answers)
        return Response(200, lines.encode(), "text/csv; charset=utf-8")
    media = next((kind for kind in _LINES if kind in accepted), None)
    if media is not None:  # a batch transform joins rows and answers line by line
        told = [given_json(o, name) for o in outcomes] if detail else [_line(answer) for answer in answers]
        return Response(200, b"".join(b"%b\n" % line for line in told), media)
    if detail:
        body = b",".join(given_json(outcome, name) for outcome in outcomes)
        return Response(200, b'{"predictions":[%b]}' % body)
    return json_response({"predictions": [answer.prediction for answer in answers]})


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode({"prediction": answer.prediction})


def _cell(answer: Answer) -> str:
    text = "" if answer.prediction is None else str(answer.prediction)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') else text


def _refusal(refusal: Refusal) -> Response:
    """Say why as MLflow does, with our own details beside it."""
    fault = refusal.fault
    code = "BAD_REQUEST" if refusal.status < 500 else "TEMPORARILY_UNAVAILABLE"
    body = {"error_code": code, "message": f"{fault.message} (hint: {fault.hint})" if fault.hint else fault.message}
    return json_response(body | {"error": fault}, refusal.status, refusal.headers)


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "dataframe_split": {
            "type": "object",
            "properties": {
                "columns": {"type": "array", "items": {"type": "string"}},
                "data": {"type": "array", "items": {"type": "array", "items": {}}},
            },
            "required": ["columns", "data"],
        },
        "dataframe_records": {"type": "array", "items": {"type": "object"}},
        "instances": {},
        "inputs": {},
        "params": {"type": "object"},
    },
    "oneOf": [{"required": [key]} for key in _KEYS],
}
_ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error_code": {"type": "string"},
        "message": {"type": "string"},
        "error": {"type": "object"},
    },
    "required": ["error_code", "message"],
}
