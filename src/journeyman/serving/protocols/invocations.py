"""SageMaker and MLflow scoring, which share an address: /ping, /invocations, and MLflow's /health and /version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from journeyman import __version__
from journeyman.entities.prediction import Answer
from journeyman.serving.http import JSON, Request, Response, Route, json_response, native_refusal
from journeyman.serving.openapi import operation
from journeyman.serving.predictions import predictions_of, stored_json
from journeyman.serving.refusals import Fault, Refusal, decoded, flag
from journeyman.serving.requests import Outcome, Row, numbered_ids
from journeyman.serving.row_forms import from_columns, from_csv, from_split, from_values
from journeyman.serving.service import Service
from journeyman.serving.tokens import Permission

__all__ = ["Invocations"]

SAGEMAKER, MLFLOW = "sagemaker", "mlflow"
_KEYS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_ID = "x-amzn-sagemaker-inference-id"
_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"
_LINES = ("application/jsonlines", "application/x-jsonlines", "application/x-ndjson")
_OFFERED = {
    **{kind: kind for kind in (JSON, "text/csv", *_LINES)},
    **dict.fromkeys(("*/*", "application/*"), JSON),
    "text/*": "text/csv",
}
_QUALITY = re.compile(r"[01](?:\.\d{0,3})?")
_HINT = f"send exactly one of {', '.join(_KEYS)}, a list of records, or CSV"


class _Split(msgspec.Struct):
    columns: Any
    data: Any
    index: Any = None


class Invocations:
    """SageMaker's and MLflow's contracts."""

    name, weight = "invocations", 400

    def routes(self, service: Service, environment: Mapping[str, str]) -> list[Route]:
        """Return what both want; nothing of it is named by the environment."""
        return _routes(service)

    def refuse(self, refusal: Refusal) -> Response:
        """Say why as MLflow does, with our own details beside it."""
        fault = refusal.fault
        code = "BAD_REQUEST" if refusal.status < 500 else "TEMPORARILY_UNAVAILABLE"
        body = {"error_code": code, "message": f"{fault.message} (hint: {fault.hint})" if fault.hint else fault.message}
        return json_response(body | {"error": fault}, refusal.status, refusal.headers)


def _routes(service: Service) -> list[Route]:

    async def invoke(request: Request) -> Response:
        amazon = request.arguments or any(name.startswith("x-amzn-sagemaker") for name in request.headers)
        protocol = SAGEMAKER if amazon else MLFLOW
        media = _accepted(request.headers.get("accept", ""))
        rows, parameters = _rows(request, service)
        detail, reasons = flag(parameters, "detail"), flag(parameters, "reasons")
        client_id = request.headers.get(_ID)
        ids = None if client_id is None else numbered_ids(client_id, len(rows))
        outcomes = await service.predict(rows, ids, protocol, True, reasons)
        response = _outcomes_response(media, outcomes, detail, service.champion.name)
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
        Route("GET", "/ping", ping, None, SAGEMAKER, operation("Whether predictions can be recorded"), native_refusal),
        Route("POST", "/invocations", invoke, Permission.PREDICT, MLFLOW, invoked),
        # SageMaker's own front end has this address for callers; clients that are pointed here use it
        Route("POST", "/endpoints/{endpoint}/invocations", invoke, Permission.PREDICT, SAGEMAKER, invoked),
        Route("GET", "/version", version, None, MLFLOW, operation("Our version", answer="text/plain"), native_refusal),
    ]


def _rows(request: Request, service: Service) -> tuple[list[Row], Mapping[str, Any]]:
    columns = service.champion.columns
    kind = request.content_type or JSON
    if kind == "text/csv":
        return from_csv(request.body, columns), {}
    if kind in _LINES:
        lines = [line for line in request.body.splitlines() if line.strip()]
        return from_values([_line_value(line, number) for number, line in enumerate(lines, 1)], columns, "line"), {}
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
    if not isinstance(parameters, dict):
        fault = Fault("bad request", "params are no object", "params", type(parameters).__name__, "an object")
        raise Refusal(400, fault)
    return _from_json(given[0], asked[given[0]], service), parameters


def _line_value(line: bytes, number: int) -> Any:
    try:
        return decoded(line, object, _HINT)
    except Refusal as refusal:
        fault = refusal.fault
        said = fault.message.replace("the body", f"line {number}", 1)
        named = msgspec.structs.replace(fault, message=said, field=f"line {number}", wanted="JSON on each line")
        raise Refusal(refusal.status, named) from None


def _accepted(header: str) -> str:
    """Return the media type that a caller likes best among those that are offered: JSON where nothing is said.

    Raises
    ------
    Refusal
        406 where it likes none of them.

    Examples
    --------
    >>> _accepted("text/csv;q=0.5, application/json"), _accepted("text/csv, */*;q=0.1"), _accepted("")
    ('application/json', 'text/csv', 'application/json')
    """
    best, liked = "", 0.0
    for one in header.lower().split(","):
        kind, *parameters = (part.strip() for part in one.split(";"))
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        weight = float(quality) if _QUALITY.fullmatch(quality) else 1.0
        if kind in _OFFERED and weight > liked:
            best, liked = _OFFERED[kind], weight
    if best or not header.strip():
        return best or JSON
    wanted = f"{JSON}, text/csv or {_LINES[0]}"
    fault = Fault("media type", "no media type is offered here that is accepted", "accept", header[:60], wanted)
    raise Refusal(406, fault)


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


def _outcomes_response(media: str, outcomes: list[Outcome], detail: bool, name: str) -> Response:
    answers = predictions_of(outcomes)
    if media == "text/csv" and not detail:
        lines = "".join(f"{_cell(answer)}\n" for answer in answers)
        return Response(200, lines.encode(), "text/csv; charset=utf-8")
    if media in _LINES:  # a batch transform joins rows and answers line by line
        told = [stored_json(o, name) for o in outcomes] if detail else [_line(answer) for answer in answers]
        return Response(200, b"".join(b"%b\n" % line for line in told), media)
    if detail:
        body = b",".join(stored_json(outcome, name) for outcome in outcomes)
        return Response(200, b'{"predictions":[%b]}' % body)
    return json_response({"predictions": [answer.prediction for answer in answers]})


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode({"prediction": answer.prediction})


def _cell(answer: Answer) -> str:
    text = "" if answer.prediction is None else str(answer.prediction)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\n\r') else text


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
