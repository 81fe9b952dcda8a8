"""Contract checks that any protocol of serving can be run through."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from journeyman.plugins import load_parts
from journeyman.serving.http import Request, Response, Route
from journeyman.serving.openapi import description
from journeyman.serving.refusals import Fault, Refusal
from journeyman.serving.requests import Row
from journeyman.serving.serve_settings import ServeSettings
from journeyman.serving.serving_protocol import ServingProtocol, bound_routes
from journeyman.serving.tokens import parsed
from journeyman.testing.kinds import KINDS
from journeyman.testing.made_service import MadeRecorder, made_prediction, made_service, send_request
from journeyman.testing.run_all import run_all

__all__ = ["PROTOCOL_CHECKS", "check_protocol"]

AskRows = Callable[[Sequence[Row]], Request]
_ROWS: tuple[Row, ...] = ({"size": 6.25, "place": "north"}, {"size": 15.125, "place": "south"})
_LACKING: Row = {"place": "south"}
_SERVER = {("GET", "/"), ("GET", "/openapi.json")}  # addresses that describe all others
_NONSENSE = (b"", b"{", b"[]", b"null", b'{"no": "such"}', b"\xff\xfe\x00", b"[" * 5_000, b'"' * 99)
_LIMIT = 2_000  # bytes of one request, in one check
_BUSY = Refusal(429, Fault("busy", "rows wait already", hint="try again"), {"Retry-After": "1"})
_UNWRITABLE = Refusal(503, Fault("log cannot be written", "the disk is full"), {"Retry-After": "5"})


def check_protocol(protocol: ServingProtocol, ask: AskRows) -> None:
    """Run every check on made-up models of each kind of task, asked through the server's own application.

    Parameters
    ----------
    protocol : ServingProtocol
        What is checked.
    ask : callable
        Gives a request for predictions of rows, as a client would send it by POST. The model is called "made-up" and
        has the columns "size" and "place"; a row may lack one, which the request then lacks, too.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the protocol.

    Examples
    --------
    >>> from journeyman.serving.protocols.vertex import Vertex
    >>> def ask(rows):
    ...     return Request("/vertex/predict", (), {}, msgspec.json.encode({"instances": list(rows)}))
    >>> check_protocol(Vertex(), ask)
    """
    for kind in KINDS:
        run_all(f"the protocol {protocol.name} on {kind}", PROTOCOL_CHECKS, protocol, ask, kind)


def _has_a_name(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    assert protocol.name, "it has no name"
    assert "\n" not in protocol.name, "its name is longer than a line"
    assert math.isfinite(protocol.weight), "its weight is no number"


def _has_addresses_of_its_own(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    service = made_service(kind, MadeRecorder(kind))
    own = [(route.method, route.path) for route in protocol.routes(service, {})]
    assert own, "it has no address"
    assert len(set(own)) == len(own), f"an address stands there twice: {sorted(own)}"
    assert all(path.startswith("/") for _, path in own), f"an address begins without a slash: {sorted(own)}"
    others = set(_SERVER)
    for name, other in load_parts("journeyman.serving_protocols").items():
        if name != protocol.name:
            others |= {(route.method, route.path) for route in other.routes(service, {})}
    assert not others & set(own), f"other protocols have the addresses {sorted(others & set(own))}"


def _is_described(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    service = made_service(kind, MadeRecorder(kind))
    routes = protocol.routes(service, {})
    for route in routes:
        assert route.operation.get("summary"), f"{route.method} {route.path} does not say what it does"
        assert route.protocol, f"{route.method} {route.path} names no protocol, which the log wants"
        assert "\n" not in route.protocol, f"the protocol of {route.path} is longer than a line"
    json.dumps(description("made-up", routes, True))


def _asks_for_permission(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    recorder = MadeRecorder(kind)
    service = made_service(kind, recorder)
    routes = bound_routes(protocol, service, {})
    for route in routes:
        assert route.method in ("GET", "HEAD") or route.right is not None, f"anybody may {route.method} {route.path}"
    tokens = parsed("label s3cret-of-the-shop")
    without = send_request(service, routes, ask(_ROWS), tokens=tokens)
    assert without.status == 401, f"without a token it says {without.status}, not 401"
    request = ask(_ROWS)
    other = msgspec.structs.replace(request, headers={**request.headers, "authorization": "Bearer s3cret-of-the-shop"})
    status = send_request(service, routes, other, tokens=tokens).status
    assert status == 403, f"with a token that may not predict it says {status}, not 403"
    assert not recorder.requests, "what is not allowed is recorded"


def _predicts(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    for rows in (_ROWS[:1], _ROWS, _ROWS[::-1]):
        recorder = MadeRecorder(kind)
        service = made_service(kind, recorder)
        response = send_request(service, bound_routes(protocol, service, {}), ask(rows))
        assert response.status == 200, f"it says {response.status}: {_excerpt(response)}"
        assert len(recorder.requests) == 1, f"a request is recorded {len(recorder.requests)} times"
        [recorded] = recorder.requests
        read = [{name: str(value) for name, value in row.items()} for row in recorded.rows]
        assert read == [{name: str(value) for name, value in row.items()} for row in rows], f"rows are read as {read}"
        at = 0
        for row in rows:
            prediction = str(made_prediction(kind, row).prediction).encode()
            found = response.body.find(prediction, at)
            assert found >= 0, f"predictions are not there in the order of rows: {_excerpt(response)}"
            at = found + len(prediction)


def _is_deterministic(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    first, second = (_answered(protocol, ask(_ROWS), MadeRecorder(kind)) for _ in range(2))
    assert first == second, "the same request gets another response the second time"


def _refuses_a_bad_row(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    response = _answered(protocol, ask([_LACKING]), MadeRecorder(kind))
    assert 400 <= response.status < 500, f"a row without a column gets {response.status}: {_excerpt(response)}"
    assert b"size" in response.body, f"it does not say that size is not there: {_excerpt(response)}"


def _refuses_nonsense(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    request = ask(_ROWS)
    for body in _NONSENSE:
        response = _answered(protocol, msgspec.structs.replace(request, body=body), MadeRecorder(kind))
        assert 400 <= response.status < 500, f"the body {body[:20]!r} gets {response.status}: {_excerpt(response)}"
        assert response.body, f"the body {body[:20]!r} is refused without a word"


def _refuses_in_its_own_form(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    for refusal in (_BUSY, _UNWRITABLE):
        response = _answered(protocol, ask(_ROWS), MadeRecorder(kind, refusal))
        fault, again = refusal.fault, refusal.headers["Retry-After"]
        assert response.status == refusal.status, f"{fault.code}: it says {response.status}, not {refusal.status}"
        assert response.headers.get("retry-after") == again, f"{fault.code}: it does not say when to try again"
        assert fault.message.encode() in response.body, f"{fault.code}: it does not say so: {_excerpt(response)}"


def _keeps_to_limits(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    settings = ServeSettings("made-up", Path(), most_bytes=_LIMIT)
    wide = {**_ROWS[0], "place": "n" * _LIMIT}
    response = _answered(protocol, ask([wide]), MadeRecorder(kind), settings)
    assert response.status == 413, f"a body that is too large gets {response.status}"
    recorder = MadeRecorder(kind)
    response = _answered(protocol, ask(_ROWS), recorder, ServeSettings("made-up", Path(), most_rows=1))
    assert response.status == 413, f"too many rows get {response.status}"
    assert not recorder.requests, "too many rows are recorded"


def _takes_its_methods_only(protocol: ServingProtocol, ask: AskRows, kind: str) -> None:
    service = made_service(kind, MadeRecorder(kind))
    response = send_request(service, bound_routes(protocol, service, {}), ask(_ROWS), "PATCH")
    assert response.status == 405, f"PATCH gets {response.status}"
    assert "POST" in response.headers.get("allow", ""), "it does not say which methods it takes"


PROTOCOL_CHECKS: Mapping[str, Callable[[ServingProtocol, AskRows, str], None]] = {
    "has a name": _has_a_name,
    "has addresses of its own": _has_addresses_of_its_own,
    "is described": _is_described,
    "asks for permission": _asks_for_permission,
    "predicts": _predicts,
    "is deterministic": _is_deterministic,
    "refuses a bad row": _refuses_a_bad_row,
    "refuses nonsense": _refuses_nonsense,
    "refuses in its own form": _refuses_in_its_own_form,
    "keeps to limits": _keeps_to_limits,
    "takes its methods only": _takes_its_methods_only,
}


def _answered(
    protocol: ServingProtocol, request: Request, recorder: MadeRecorder, settings: ServeSettings | None = None
) -> Response:
    service = made_service(recorder.kind, recorder, settings)
    routes: list[Route] = bound_routes(protocol, service, {})
    return send_request(service, routes, request)


def _excerpt(response: Response) -> str:
    return repr(response.body[:120])
