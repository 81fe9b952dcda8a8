"""The built-in protocols of serving through the public checks; broken ones; and one of a package in a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import EntryPoint

import pytest

from journeyman import plugins
from journeyman.errors import SettingsError
from journeyman.plugins import load_parts, offered
from journeyman.serving.http import Request, Response, Route, json_response
from journeyman.serving.openapi import operation
from journeyman.serving.predictions import predictions_of
from journeyman.serving.refusals import Refusal, decoded
from journeyman.serving.requests import Row
from journeyman.serving.service import Service
from journeyman.serving.serving_protocol import ServingProtocol, installed_routes
from journeyman.serving.tokens import Permission
from journeyman.testing.made_service import MadeRecorder, made_service, send_request
from journeyman.testing.protocol_checks import check_protocol

GROUP = "journeyman.serving_protocols"
JSON = {"content-type": "application/json"}


def body(value: object) -> bytes:
    return json.dumps(value).encode()


def native(rows: Sequence[Row]) -> Request:
    asked = {"row": rows[0]} if len(rows) == 1 else {"rows": list(rows), "strict": True}
    return Request("/predict", (), JSON, body(asked))


def open_inference(rows: Sequence[Row]) -> Request:
    kinds = {"size": "FP64", "place": "BYTES"}
    values = {name: [row[name] for row in rows] for name in rows[0]}
    inputs = [{"name": n, "shape": [len(v)], "datatype": kinds[n], "data": v} for n, v in values.items()]
    return Request("/v2/models/made-up/infer", (), JSON, body({"inputs": inputs}))


def invocations(rows: Sequence[Row]) -> Request:
    return Request("/invocations", (), JSON, body({"dataframe_records": list(rows)}))


def invocations_csv(rows: Sequence[Row]) -> Request:
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    headers = {"content-type": "text/csv", "accept": "text/csv"}
    return Request("/endpoints/any/invocations", (), headers, "\n".join(lines).encode())


def vertex(rows: Sequence[Row]) -> Request:
    return Request("/vertex/predict", (), JSON, body({"instances": list(rows)}))


ASKED = [
    ("native", native),
    ("open_inference", open_inference),
    ("invocations", invocations),
    ("invocations", invocations_csv),
    ("vertex", vertex),
]


@pytest.mark.parametrize(("name", "ask"), ASKED, ids=[ask.__name__ for _, ask in ASKED])
def test_built_in(name: str, ask: Callable[[Sequence[Row]], Request]) -> None:
    check_protocol(load_parts(GROUP, [name])[name], ask)


def test_all_that_are_built_in_are_checked() -> None:
    assert {name for name, _ in ASKED} <= offered(GROUP)


class Plain:
    """The smallest protocol; ``fault`` is what is wrong with it."""

    name, weight = "plain", 500

    def __init__(self, fault: str = "") -> None:
        self.fault = fault

    def routes(self, service: Service, environment: Mapping[str, str]) -> list[Route]:
        async def predict(request: Request) -> Response:
            if self.fault == "swallows":
                try:
                    return await answered(request)
                except Refusal:
                    return json_response([])
            return await answered(request)

        async def answered(request: Request) -> Response:
            if self.fault == "raises":
                rows = json.loads(request.body)
            else:
                rows = decoded(request.body, list[dict[str, object]], "send a list of records")
            given = rows[::-1] if self.fault == "order" else rows
            outcomes = await service.predict(given, None, self.name, True)
            if self.fault == "twice":
                await service.predict(given, None, self.name, True)
            return json_response([answer.prediction for answer in predictions_of(outcomes)])

        path = "/predict" if self.fault == "address" else "/plain"
        right = None if self.fault == "open" else Permission.PREDICT
        described = {} if self.fault == "silent" else operation("Predict rows")
        return [Route("POST", path, predict, right, self.name, described)]

    def refuse(self, refusal: Refusal) -> Response:
        if self.fault == "headers":
            return json_response({"why": refusal.fault.message}, refusal.status)
        status = 400 if self.fault == "status" else refusal.status
        return json_response(
            {"why": "" if self.fault == "wordless" else refusal.fault.message}, status, refusal.headers
        )


def plain(rows: Sequence[Row]) -> Request:
    return Request("/plain", (), JSON, body(list(rows)))


def test_a_protocol_without_a_fault() -> None:
    check_protocol(Plain(), plain)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("address", r"addresses of its own: other protocols have the addresses \[\('POST', '/predict'\)\]"),
        ("open", "asks for permission: anybody may POST /plain"),
        ("silent", "is described: POST /plain does not say what it does"),
        ("order", "predicts: rows are read as"),
        ("twice", "predicts: a request is recorded 2 times"),
        ("raises", "refuses nonsense: the body b'' gets 500"),
        ("swallows", "refuses a bad row: a row without a column gets 200"),
        ("headers", "refuses in its own form: busy: it does not say when to try again"),
        ("status", "refuses in its own form: busy: it says 400, not 429"),
        ("wordless", "refuses in its own form: busy: it does not say so"),
    ],
)
def test_a_fault_is_told(fault: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        check_protocol(Plain(fault), plain)


def brings(monkeypatch: pytest.MonkeyPatch, make: Callable[[], object]) -> None:
    known, loaded = plugins.entry_points, EntryPoint.load
    point = EntryPoint("plain", "package:Plain", GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda p: make if p.value == point.value else loaded(p))
    monkeypatch.setattr(plugins, "entry_points", lambda group: [*known(group=group), *([point] * (group == GROUP))])


def test_one_of_a_package_answers_beside_the_built_in_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    service = made_service("regression", MadeRecorder("regression"))
    before = installed_routes(service, {})
    brings(monkeypatch, Plain)
    routes = installed_routes(service, {})
    assert [(r.method, r.path) for r in routes] == [*((r.method, r.path) for r in before), ("POST", "/plain")]
    rows = [{"size": 1.5, "place": "north"}]
    assert send_request(service, routes, plain(rows)).body == b"[3.0]"
    assert json.loads(send_request(service, routes, plain([])).body) == {"why": "there is no row to predict"}
    assert "error" in json.loads(send_request(service, routes, native([{}])).body)


def test_one_that_cannot_be_made_keeps_a_server_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> ServingProtocol:
        raise RuntimeError("no licence")

    brings(monkeypatch, broken)
    with pytest.raises(SettingsError, match=r"the part 'plain' of journeyman\.serving_protocols cannot be used"):
        installed_routes(made_service("binary", MadeRecorder("binary")), {})


def test_the_addresses_stand_in_their_order_and_those_that_a_platform_names_come_first() -> None:
    service = made_service("binary", MadeRecorder("binary"))
    paths = [route.path for route in installed_routes(service, {"AIP_PREDICT_ROUTE": "/predict"})]
    assert paths[:3] == ["/vertex/health", "/predict", "/predict"]
    assert paths.index("/metrics") < paths.index("/v2") < paths.index("/ping")
    response = send_request(service, installed_routes(service, {"AIP_PREDICT_ROUTE": "/predict"}), native([{}]))
    assert "instances" in response.body.decode(), "Vertex answers where its environment says so"


def test_each_address_refuses_in_its_form() -> None:
    service = made_service("binary", MadeRecorder("binary"))
    routes = installed_routes(service, {})

    def refused(path: str) -> dict[str, object]:
        told: dict[str, object] = json.loads(send_request(service, routes, Request(path, (), {}, b""), "PUT").body)
        return told

    for path in ("/predict", "/ping", "/version", "/vertex/predict", "/nowhere"):
        told = refused(path)
        assert set(told) == {"error"}, path
        assert isinstance(told["error"], dict), path
    assert set(refused("/invocations")) == {"error_code", "message", "error"}
    assert isinstance(refused("/v2/health/live")["error"], str)
