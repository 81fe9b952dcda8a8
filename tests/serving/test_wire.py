"""What comes over the wire besides sound requests: chunks, pipelines, odd methods, wrong lengths, slow bodies."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable

import pytest
from tests.serving.conftest import ROW, Server, in_log

pytestmark = pytest.mark.slow
BODY = json.dumps({"row": ROW}).encode()


def sent(server: Server, content: bytes, number: int = 1) -> list[tuple[int, bytes]]:
    """Send bytes and read so many answers, or until the server closes; status and body of each."""
    answers: list[tuple[int, bytes]] = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as wire:
        wire.sendall(content)
        reader = wire.makefile("rb")
        while len(answers) < number and (first := reader.readline()):
            length = 0
            while (line := reader.readline().strip().lower()) != b"":
                if line.startswith(b"content-length: "):
                    length = int(line.split()[1])
            bare = content.startswith(b"HEAD")
            answers.append((int(first.split()[1]), b"" if bare else reader.read(length)))
    return answers


def request(path: str, body: bytes = b"", *headers: str, method: str = "POST") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: h", *headers]
    if not any(header.startswith("Transfer-Encoding") for header in headers):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def test_chunks_and_pipelines_are_answered_in_order(shared: Server) -> None:
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in (BODY[:5], BODY[5:])) + b"0\r\n\r\n"
    chunked = request("/predict", chunks, "Transfer-Encoding: chunked")
    [(status, body)] = sent(shared, chunked)
    assert (status, json.loads(body)["prediction"]) == (200, shared.ask("/predict", {"row": ROW})[1]["prediction"])
    row = {**ROW, "x": -2.0}
    several = [request("/predict", json.dumps({"row": ROW, "id": "p1"}).encode()), request("/none")]
    several += [request("/predict", json.dumps({"row": row, "id": "p2"}).encode()), request("/health", method="GET")]
    answers = sent(shared, b"".join(several), len(several))
    assert [status for status, _ in answers] == [200, 404, 200, 200]
    assert len(in_log(shared.log, "SELECT 1 FROM predictions WHERE client_id IN ('p1', 'p2')")) == 2


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (request("/predict", method="OPTIONS"), 405),
        (request("/predict", method="PUT"), 405),
        (request("/predict", b"5", "Content-Length: x")[:60], 400),
        (b"GET\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (request("/predict", b"zz\r\n", "Transfer-Encoding: chunked"), 400),
        (request("/predict", BODY[:-1]), 400),
        (request("/predict", BODY.decode().encode("utf-16")), 400),
        (request("/predict", b'{"row": {"x": 1, "c": "\xff"}}'), 400),
        (request("/predict", b'{"row": ' + b"[" * 50_000), 400),
        (request("/predict", b'{"row": {"x": 1, "c": "a"}, "row": 7}'), 400),
        (request("/labels", b'{"id": "%b", "truth": 1%b}' % (b"f" * 16, b"0" * 309)), 400),
        (request("/labels", b'{"id": "%b", "truth": 1%b}' % (b"f" * 16, b"0" * 5_000)), 400),
        (request("/predict", BODY, "Content-Encoding: br"), 415),
        (request("/v2/models/m/infer", BODY, "Inference-Header-Content-Length: 99999"), 400),
    ],
)
def test_what_is_no_sound_request_is_refused_and_changes_nothing(shared: Server, wire: bytes, status: int) -> None:
    count = "SELECT (SELECT count(*) FROM predictions), (SELECT count(*) FROM labels)"
    before = in_log(shared.log, count)
    [(found, body)] = sent(shared, wire)
    assert found == status, body
    assert in_log(shared.log, count) == before
    assert b"Traceback" not in body
    assert "Traceback" not in shared.said.read_text()


def test_heads_have_no_body_and_slow_bodies_are_let_go(serve: Callable[..., Server]) -> None:
    server = serve("--timeout", "1")
    assert sent(server, request("/health", method="HEAD"))[0][0] == 200
    begun = request("/predict", BODY)[: -len(BODY)] + BODY[:5]
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as wire:
        wire.sendall(begun)
        answer = b""
        while some := wire.recv(65_536):
            answer += some
    assert answer.startswith(b"HTTP/1.1 408")
    assert in_log(server.log, "SELECT count(*) FROM predictions") == [(0,)]
