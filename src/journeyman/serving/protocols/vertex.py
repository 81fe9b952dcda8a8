"""Vertex AI: {"instances"} in, {"predictions"} out, at the addresses that its environment names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from journeyman.entities.prediction import Answer
from journeyman.serving.http import Request, Response, Route, json_response, native_refusal
from journeyman.serving.openapi import operation
from journeyman.serving.predictions import predictions_of, stored_json
from journeyman.serving.refusals import Refusal, decoded, flag
from journeyman.serving.requests import StoredPrediction
from journeyman.serving.row_forms import from_values
from journeyman.serving.service import Service
from journeyman.serving.tokens import Permission

__all__ = ["Vertex"]

VERTEX = "vertex"
_HINT = 'send {"instances": [{"COLUMN": value, ...}, ...]}'


class _Instances(msgspec.Struct):
    instances: list[Any]
    parameters: dict[str, Any] | None = None


class Vertex:
    """Vertex AI's contract for containers; it comes first, because its environment may name addresses of others."""

    name, weight = VERTEX, 100

    def routes(self, service: Service, environment: Mapping[str, str]) -> list[Route]:
        """Return what AIP_HEALTH_ROUTE and AIP_PREDICT_ROUTE name; /vertex/health and /vertex/predict otherwise."""
        return _routes(service, environment)

    def refuse(self, refusal: Refusal) -> Response:
        """Say why in our own form."""
        return native_refusal(refusal)


def _routes(service: Service, environment: Mapping[str, str]) -> list[Route]:

    async def predict(request: Request) -> Response:
        asked = decoded(request.body, _Instances, _HINT)
        parameters = asked.parameters or {}
        detail, reasons = flag(parameters, "detail"), flag(parameters, "reasons")
        rows = from_values(asked.instances, service.champion.columns, "instances")
        outcomes = await service.predict(rows, None, VERTEX, True, reasons)
        if detail or reasons:
            body = b",".join(stored_json(outcome, service.champion.name) for outcome in outcomes)
            return Response(200, b'{"predictions":[%b]}' % body)
        ids = [outcome.id for outcome in outcomes if isinstance(outcome, StoredPrediction)]
        answers = predictions_of(outcomes)
        return json_response({"predictions": [_vertex_prediction(a, i) for a, i in zip(answers, ids, strict=True)]})

    async def health(request: Request) -> Response:
        trouble = await service.health()
        return json_response({"trouble": trouble}, 503) if trouble else json_response({})

    schema = {
        "type": "object",
        "properties": {"instances": {"type": "array", "items": {}, "minItems": 1}, "parameters": {"type": "object"}},
        "required": ["instances"],
    }
    to_health = environment.get("AIP_HEALTH_ROUTE") or "/vertex/health"
    to_predict = environment.get("AIP_PREDICT_ROUTE") or "/vertex/predict"
    return [
        Route("GET", to_health, health, None, VERTEX, operation("Whether predictions can be recorded")),
        Route("POST", to_predict, predict, Permission.PREDICT, VERTEX, operation("Predict instances", schema)),
    ]


def _vertex_prediction(answer: Answer, number: int) -> dict[str, Any]:
    """Return an answer in the form of Vertex AI's own tabular models, and the id by which its label may come."""
    told: dict[str, Any] = {"id": f"{number:016x}"}
    if answer.probabilities:
        probabilities = answer.probabilities
        return told | {
            "classes": list(probabilities),
            "scores": list(probabilities.values()),
            "label": answer.prediction,
        }
    told["value"] = answer.prediction
    if answer.interval is not None:
        told["lower_bound"], told["upper_bound"] = answer.interval
    if answer.outputs:
        told["outputs"] = answer.outputs
    return told
