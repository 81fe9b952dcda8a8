"""The native protocol: /predict, /labels, /models, /health, /metrics."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from journeyman.entities.challenge import Challenge, Role
from journeyman.entities.column import Kind
from journeyman.serving.http import JSON, NATIVE, Request, Response, Route, json_response, native_refusal
from journeyman.serving.label_recording import record_labels
from journeyman.serving.labels import NAN, GivenLabel
from journeyman.serving.openapi import operation, row_schema
from journeyman.serving.predictions import stored_json
from journeyman.serving.refusals import Fault, Refusal, decoded
from journeyman.serving.requests import Outcome
from journeyman.serving.service import Service, bad_id
from journeyman.serving.tokens import Permission

__all__ = ["Native"]

_PREDICT_HINT = 'send {"row": {"COLUMN": value, ...}} or {"rows": [{...}, ...]}'
_NAN = msgspec.json.encode(NAN)
_LABEL_HINT = 'send {"id": "ID IN THE RESPONSE OF /predict", "truth": value} or {"labels": [{...}, ...]}'
_OPERATE_HINT = 'send {"champion": 2} or {"challenger": {"version": 3, "role": "canary", "share": 0.1}}'


class _Predict(msgspec.Struct, forbid_unknown_fields=True):
    row: dict[str, Any] | None = None
    rows: list[Any] | None = None
    id: str | None = None
    ids: list[Any] | None = None
    strict: bool = False
    reasons: bool = False


class _Labels(msgspec.Struct, forbid_unknown_fields=True):
    labels: list[Any] | None = None
    id: str | None = None
    key: dict[str, Any] | None = None
    truth: Any = None


class _Challenger(msgspec.Struct, forbid_unknown_fields=True):
    version: int | None = None
    role: Role = Role.SHADOW
    share: float = 0.0


class _Operate(msgspec.Struct, forbid_unknown_fields=True):
    champion: int | None = None
    challenger: _Challenger | None = None


def _image_row(request: Request, service: Service) -> dict[str, Any]:
    """Return the row of a body that is the image itself; of a model that looks at nothing but one image."""
    columns = service.champion.columns
    kind = request.content_type[:60]
    if [c.kind for c in columns] == [Kind.IMAGE]:
        return {columns[0].name: b64encode(request.body).decode("ascii")}
    images = sum(c.kind is Kind.IMAGE for c in columns)
    what = "no image" if not images else f"{len(columns)} columns, and the body is one image"
    fault = Fault("media type", f"{service.champion.name} looks at {what}", "content-type", kind, JSON, _PREDICT_HINT)
    raise Refusal(415, fault)


class Native:
    """Our own protocol: all that a service can do."""

    name, weight = NATIVE, 200

    def routes(self, service: Service, environment: Mapping[str, str]) -> list[Route]:
        """Return the native addresses; nothing of it is named by the environment."""
        return _routes(service)

    def refuse(self, refusal: Refusal) -> Response:
        """Say why in our own form."""
        return native_refusal(refusal)


def _routes(service: Service) -> list[Route]:

    async def predict(request: Request) -> Response:
        name = service.champion.name
        if request.content_type.startswith("image/"):
            [outcome] = await service.predict([_image_row(request, service)], [None], NATIVE, True, False)
            return Response(200, stored_json(outcome, name))
        asked = decoded(request.body, _Predict, _PREDICT_HINT)
        if (asked.row is None) == (asked.rows is None):
            raise Refusal(400, _one_of("row", "rows", asked.row is not None, _PREDICT_HINT))
        if asked.row is not None:
            if asked.ids is not None:
                raise Refusal(400, Fault("bad request", "a single row has no ids", "ids", "a list", "id"))
            outcomes = await service.predict([asked.row], [asked.id], NATIVE, True, asked.reasons)
            return Response(200, stored_json(outcomes[0], name))
        rows, ids = asked.rows or [], asked.ids
        if asked.id is not None or (ids is not None and len(ids) != len(rows)):
            found = "id" if asked.id is not None else f"{len(ids or [])} ids"
            fault = Fault("bad request", "each row needs its own id", "ids", found, f"{len(rows)} ids", _PREDICT_HINT)
            raise Refusal(400, fault)
        service.check_size(len(rows))
        outcomes = await each(rows, ids or [None] * len(rows), asked)
        failed = sum(isinstance(outcome, Fault) for outcome in outcomes)
        body = b",".join(stored_json(outcome, name) for outcome in outcomes)
        return Response(200, b'{"predictions":[%b],"failed":%d}' % (body, failed))

    async def each(rows: list[Any], ids: list[Any], asked: _Predict) -> list[Outcome]:
        """Return an outcome a row; what is no row, or has no good id, fails alone unless all fail together."""
        faults = {i: fault for i, one in enumerate(zip(rows, ids, strict=True)) if (fault := _unusable(*one))}
        if not faults:
            return await service.predict(rows, ids, NATIVE, asked.strict, asked.reasons)
        if asked.strict or len(faults) == len(rows):
            position, fault = next(iter(faults.items()))
            raise Refusal(400, msgspec.structs.replace(fault, field=f"{fault.field}s[{position}]"))
        good = [i for i in range(len(rows)) if i not in faults]
        some = [rows[i] for i in good], [ids[i] for i in good]
        outcomes = await service.predict(*some, NATIVE, False, asked.reasons)
        known: dict[int, Outcome] = {**faults, **dict(zip(good, outcomes, strict=True))}
        return [known[i] for i in range(len(rows))]

    async def labels(request: Request) -> Response:
        asked = decoded(request.body, _Labels, _LABEL_HINT, _NAN)
        if asked.labels is not None:
            if asked.id is not None or asked.key is not None or asked.truth is not None:
                raise Refusal(400, Fault("bad request", "labels stand alone", "labels", "id, key or truth beside it"))
            return await many(asked.labels)
        [told] = await record_labels(service, [GivenLabel(asked.truth, asked.id, asked.key)])
        if isinstance(told, Fault):
            raise Refusal(404 if told.code == "unknown prediction" else 400, told)
        return json_response({"fate": told.value})

    async def many(given: Sequence[Any]) -> Response:
        if not given:
            raise Refusal(400, Fault("no labels", "there is no label", "labels", "nothing", "at least one"))
        told = await record_labels(service, [_given_label(one) for one in given])
        failed = sum(isinstance(one, Fault) for one in told)
        entries = [{"error": one} if isinstance(one, Fault) else {"fate": one.value} for one in told]
        return json_response({"labels": entries, "failed": failed})

    async def models(request: Request) -> Response:
        return json_response(service.models())

    async def operate(request: Request) -> Response:
        asked = decoded(request.body, _Operate, _OPERATE_HINT)
        wanted = asked.challenger
        if asked.champion is None and wanted is None:
            raise Refusal(400, Fault("bad request", "nothing to change was named", "champion", hint=_OPERATE_HINT))
        if wanted is not None and not 0 <= wanted.share <= 1:
            fault = Fault("bad request", "a share is from 0 to 1", "challenger.share", str(wanted.share), "0 to 1")
            raise Refusal(400, fault)
        if wanted is not None and wanted.version is None and wanted != _Challenger():
            fault = Fault("bad request", "a challenger without a version", "challenger.version", "nothing", "a version")
            raise Refusal(400, msgspec.structs.replace(fault, hint=_OPERATE_HINT))
        challenge = None if wanted is None else Challenge(wanted.version, wanted.role, wanted.share)
        return json_response(await service.operate(asked.champion, challenge))

    async def health(request: Request) -> Response:
        trouble = await service.health()
        if trouble:
            return json_response({"status": "cannot record", "trouble": trouble}, 503)
        told: dict[str, Any] = {"status": "ok", "version": service.champion.version}
        if service.keeper.trouble:  # what is wanted cannot be loaded; what was loaded before answers
            told |= {"status": "not as wanted", "trouble": service.keeper.trouble}
        return json_response(told)

    async def metrics(request: Request) -> Response:
        return Response(200, service.metrics().encode(), "text/plain; version=0.0.4; charset=utf-8")

    row = row_schema(service.champion.columns)
    return [
        Route("POST", "/predict", predict, Permission.PREDICT, NATIVE, operation("Predict rows", _predict_schema(row))),
        Route(
            "POST", "/labels", labels, Permission.LABEL, NATIVE, operation("Send the labels of predictions", _LABELS)
        ),
        Route("GET", "/models", models, Permission.PREDICT, NATIVE, operation("Who answers")),
        Route("POST", "/models", operate, Permission.OPERATE, NATIVE, operation("Change who answers", _OPERATE)),
        Route("GET", "/health", health, None, NATIVE, operation("Whether predictions can be recorded")),
        Route("GET", "/metrics", metrics, Permission.OPERATE, NATIVE, operation("Counters", answer="text/plain")),
    ]


def _unusable(row: Any, client_id: Any) -> Fault | None:
    if not isinstance(row, dict):
        return Fault("bad row", "this is no row", "row", repr(row)[:60], "an object", _PREDICT_HINT)
    return None if client_id is None else bad_id(client_id)


def _given_label(given: Any) -> GivenLabel | Fault:
    try:
        return msgspec.convert(given, GivenLabel)
    except msgspec.ValidationError as error:
        return Fault("bad label", f"this is no label: {error}", "labels", repr(given)[:60], "id or key, and truth")


def _one_of(one: str, other: str, both: bool, hint: str) -> Fault:
    found = f"{one} and {other}" if both else "neither"
    return Fault("bad request", f"{one} or {other} is needed, not both", one, found, f"{one} or {other}", hint)


def _predict_schema(row: dict[str, Any]) -> dict[str, Any]:
    identity = {
        "type": "string",
        "minLength": 1,
        "maxLength": 200,
        "description": "Your own name of the row, for safe retries; labels go by the id in the response.",
    }
    flags = {"strict": {"type": "boolean"}, "reasons": {"type": "boolean"}}
    one = {"row": row, "id": identity, **flags}
    many = {
        "rows": {"type": "array", "items": row, "minItems": 1},
        "ids": {"type": "array", "items": identity},
        **flags,
    }
    return {
        "oneOf": [
            {"type": "object", "properties": one, "required": ["row"], "additionalProperties": False},
            {"type": "object", "properties": many, "required": ["rows"], "additionalProperties": False},
        ]
    }


_LABEL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "The id in the response of /predict, not the one sent with the row."},
        "key": {"type": "object"},
        "truth": {},
    },
    "required": ["truth"],
    "additionalProperties": False,
}
_LABELS: dict[str, Any] = {
    "oneOf": [
        _LABEL,
        {
            "type": "object",
            "properties": {"labels": {"type": "array", "items": _LABEL, "minItems": 1}},
            "required": ["labels"],
            "additionalProperties": False,
        },
    ]
}
_OPERATE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "champion": {"type": "integer", "minimum": 1},
        "challenger": {
            "type": "object",
            "properties": {
                "version": {"type": ["integer", "null"], "minimum": 1},
                "role": {"enum": [role.value for role in Role]},
                "share": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "additionalProperties": False,
        },
    },
    "minProperties": 1,
    "additionalProperties": False,
}
