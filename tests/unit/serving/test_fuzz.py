"""Broken requests of every protocol: none meets a fault, and one that is refused changes nothing and is told so."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from benchmarks.serve_mutants import Mutator
from tests.unit.serving.conftest import ROW, Client, Told

pytestmark = pytest.mark.slow
REQUESTS = 400  # of each seed
ROWS = [ROW, {"x": -2.0, "c": "b", "order": 7}, {"x": None, "c": "zebra"}]


def state(client: Client) -> tuple[Any, ...]:
    """Return what a refusal must leave as it is: all that is recorded, and who answers. Refused rows are counted."""
    found = [
        client.log.reading().execute(query).fetchall()
        for query in (
            "SELECT count(*), max(id) FROM predictions",
            "SELECT count(*), max(number) FROM labels",
            "SELECT count(*) FROM shadows",
            "SELECT * FROM corrected_keys",
            "SELECT * FROM settings WHERE name != 'probes'",
        )
    ]
    models = client.application._service.models()
    return (*found, models["champion"], models["challenger"], models["trouble"])


def is_told(path: str, told: Told) -> bool:
    """Return whether a refusal has the form of its protocol."""
    said = told.json
    if path.split("?")[0].startswith("/v2/") or path == "/v2":
        return isinstance(said["error"], str)
    if path.startswith(("/invocations", "/endpoints/")):
        return isinstance(said["message"], str) and isinstance(said["error_code"], str)
    return isinstance(said["error"]["message"], str) and isinstance(said["error"]["code"], str)


def parsed(request: bytes) -> tuple[str, str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, rest = first.split(" ", 1)
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    return method, rest.rpartition(" ")[0].split("?")[0], headers, body


def rows_answered(path: str, told: Told) -> int | None:
    """Return how many rows a reply has newly recorded; None where it does not say so."""
    if path == "/predict":
        answers = told.json.get("predictions", [told.json])
        return sum("id" in one and not one.get("repeated") for one in answers)
    return None


@pytest.mark.parametrize("seed", [1, 2])
def test_mutants(client: Client, seed: int) -> None:
    mutator = Mutator(ROWS, seed, model="m", truth="yes")
    before = state(client)
    refused = answered = 0
    for number in range(REQUESTS):
        method, path, headers, body = parsed(mutator.request())
        told = client.ask(
            method, path, body, {k: v.encode("latin-1", "replace").decode("latin-1") for k, v in headers.items()}
        )
        context = (number, method, path, headers, body[:300], told.status, told.body[:300])
        assert told.status < 500, context
        after = state(client)
        if told.status == 200:
            answered += 1
            new = rows_answered(path, told) if method == "POST" else None
            assert new is None or after[0][0][0] - before[0][0][0] == new, context
        else:
            refused += 1
            assert method == "HEAD" or is_told(path, told), context
            assert after == before, context
        before = after
    assert refused > REQUESTS / 10
    assert answered > REQUESTS / 10


@pytest.mark.parametrize(
    ("coding", "body", "status"),
    [
        ("gzip", gzip.compress(json.dumps({"row": ROW}).encode()), 200),
        ("x-gzip", gzip.compress(b'{"row":') + gzip.compress(b'{"x":1,"c":"a"}}'), 200),
        ("deflate", zlib.compress(json.dumps({"row": ROW}).encode()), 200),
        ("deflate", zlib.compress(json.dumps({"row": ROW}).encode())[2:-4], 200),
        ("gzip, deflate", zlib.compress(gzip.compress(json.dumps({"row": ROW}).encode())), 200),
        ("identity", json.dumps({"row": ROW}).encode(), 200),
        ("br", b"x", 415),
        ("gzip, gzip, gzip", b"x", 415),
        ("gzip", b"not packed", 400),
        ("gzip", gzip.compress(b"{}")[:-5], 400),
        ("deflate", b"", 400),
        ("gzip", gzip.compress(b" " * 20_000_000), 413),
    ],
    ids=range(12),  # packed bytes hold the time, and side by side all processes must name the tests alike
)
def test_packed_bodies(client: Client, coding: str, body: bytes, status: int) -> None:
    told = client.ask("POST", "/predict", body, {"Content-Encoding": coding})
    assert told.status == status, told.body
    assert len(client.predictions()) == (status == 200)
    assert client.application._held == 0


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v2/models/m/config", 404),
        ("POST", "/v2/repository/index", 404),
        ("DELETE", "/v2/models/m/infer", 405),
        ("GET", "/v2/models/m/infer", 405),
        ("GET", "/v2/more", 404),
        ("PUT", "/v2", 405),
        ("GET", "/invocations", 405),
        ("POST", "/invocations/more", 404),
        ("PUT", "/labels", 405),
        ("GET", "/v2x", 404),
    ],
)
def test_unknown_addresses_and_methods_are_told_as_the_protocol_does(
    client: Client, method: str, path: str, status: int
) -> None:
    told = client.ask(method, path, {} if method == "POST" else None)
    assert told.status == status
    assert is_told(path, told)


def test_every_array_of_the_description_says_what_it_holds(client: Client) -> None:
    def arrays(node: Any) -> list[Any]:
        if isinstance(node, list):
            return [found for one in node for found in arrays(one)]
        if not isinstance(node, dict):
            return []
        mine = [node] if node.get("type") == "array" else []
        return mine + [found for one in node.values() for found in arrays(one)]

    found = arrays(client.ask("GET", "/openapi.json").json)
    assert len(found) > 8
    assert [one for one in found if "items" not in one] == []


def test_a_log_knows_its_model_and_keeps_its_name(client: Client, tmp_path: Path) -> None:
    assert client.log.setting("model") == "m"
