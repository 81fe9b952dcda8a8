"""What is odd but sent: encodings, preferences, shapes that lie, requests that ask for another protocol."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from typing import Any

import pytest
from tests.serving.conftest import ROW, Server, in_log

pytestmark = pytest.mark.slow
BODY = json.dumps({"row": ROW}).encode()
CSV = "x,c\n0.5,a\n"


def sent(
    server: Server, path: str, body: bytes | None, headers: dict[str, str] | None = None, method: str = "POST"
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request(method, path, body, headers or {})
    reply = connection.getresponse()
    told = reply.status, dict(reply.getheaders()), reply.read()
    connection.close()
    return told


def raw(server: Server, content: bytes, half: bool = False) -> bytes:
    """Send bytes as they are; return all that comes back."""
    told = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=120) as connection:
        connection.sendall(content)
        if half:
            connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65_536):
            told += part
    return told


def recorded(server: Server) -> list[Any]:
    return in_log(server.log, "select (select count(*) from predictions), (select count(*) from labels)")


def test_a_body_of_a_million_empty_pieces_is_refused_at_once(shared: Server) -> None:
    body = gzip.compress(b"") * 400_000
    assert sent(shared, "/predict", body, {"Content-Encoding": "gzip"})[0] == 413
    in_pieces = b"".join(gzip.compress(BODY[i : i + 1]) for i in range(len(BODY)))
    assert sent(shared, "/predict", in_pieces, {"Content-Encoding": "gzip"})[0] == 200


@pytest.mark.parametrize("name", ["iso-8859-1", "windows-1252", "UTF-16", "utf-8"])
def test_a_charset_that_is_named_is_read(shared: Server, name: str) -> None:
    body = CSV.replace("a", "ä").encode(name)
    status, _, told = sent(shared, "/invocations", body, {"Content-Type": f'text/csv; charset="{name}"'})
    assert status == 200, told
    [(row,)] = in_log(shared.log, "select row from predictions order by id desc limit 1")
    assert json.loads(row)["c"] == "ä"


def test_a_charset_that_nobody_knows_is_refused(shared: Server) -> None:
    before = recorded(shared)
    for name in ("klingon", "zlib", "unicode_escape"):
        assert sent(shared, "/invocations", CSV.encode(), {"Content-Type": f"text/csv; charset={name}"})[0] == 415
    assert sent(shared, "/invocations", b"x,c\n0.5,a", {"Content-Type": "text/csv; charset=utf-16"})[0] == 400
    assert recorded(shared) == before


def test_a_byte_order_mark_and_half_a_character_spoil_no_batch(shared: Server) -> None:
    assert sent(shared, "/predict", b"\xef\xbb\xbf" + BODY)[0] == 200
    body = json.dumps({"rows": [ROW, {**ROW, "c": "\ud83d"}, {**ROW, "c": "\U0001f600"}, {**ROW, "c": "\\ud83d"}]})
    status, _, told = sent(shared, "/predict", body.encode())
    assert (status, json.loads(told)["failed"]) == (200, 0)
    rows = in_log(shared.log, "select row from predictions order by id desc limit 3")
    assert [json.loads(row)["c"] for (row,) in rows] == ["\\ud83d", "\U0001f600", "\ufffd"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json, text/csv;q=0.5", "application/json"),
        ("text/csv;q=0, application/json", "application/json"),
        ("application/json;q=0.1, text/csv", "text/csv; charset=utf-8"),
        ("text/csv, application/json", "text/csv; charset=utf-8"),
        ("image/png, */*;q=0.1", "application/json"),
    ],
)
def test_what_is_liked_best_is_given(shared: Server, accept: str, kind: str) -> None:
    body = json.dumps({"instances": [ROW]}).encode()
    status, headers, _ = sent(shared, "/invocations", body, {"Accept": accept})
    assert (status, headers["content-type"]) == (200, kind)


def test_a_media_type_that_is_not_offered_is_refused_before_anything_is_recorded(shared: Server) -> None:
    before = recorded(shared)
    body = json.dumps({"instances": [ROW]}).encode()
    for accept in ("application/x-npy", "text/csv;q=0"):
        assert sent(shared, "/invocations", body, {"Accept": accept})[0] == 406
    assert recorded(shared) == before


@pytest.mark.parametrize("path", ["/invocations", "/vertex/predict"])
@pytest.mark.parametrize("name", ["detail", "reasons"])
def test_a_flag_is_true_or_false(shared: Server, path: str, name: str) -> None:
    for key in ("params", "parameters"):
        body = {"instances": [ROW], key: {name: "false"}}
        if path == "/vertex/predict" and key == "params":
            continue
        assert shared.ask(path, body)[0] == 400
    assert shared.ask("/invocations", {"instances": [ROW], "params": [1]})[0] == 400


def tensors(**changed: Any) -> dict[str, Any]:
    x = {"name": "x", "shape": [2], "datatype": "FP64", "data": [0.5, 1.5], **changed}
    return {"inputs": [x, {"name": "c", "shape": [2], "datatype": "BYTES", "data": ["a", "b"]}]}


@pytest.mark.parametrize(
    "changed",
    [
        {"datatype": "INT8", "data": [1, 300]},
        {"datatype": "UINT16", "data": [1, -1]},
        {"datatype": "INT64", "data": [1, 2**63]},
        {"datatype": "UINT64", "data": [1, 2**64]},
        {"datatype": "FP16", "data": [1, 70_000.0]},
        {"datatype": "FP32", "data": [1, 1e39]},
        {"data": None},
        {"data": {"a": 1}},
        {"data": [[0.5, 1.5]], "shape": [2, 1], "name": "y"},
        {"data": [[0.5], [1.5, 2.5]]},
        {"parameters": {"shared_memory_region": "r", "shared_memory_byte_size": 16}},
        {"parameters": [1]},
    ],
)
def test_values_that_are_not_what_their_tensor_says_are_refused(shared: Server, changed: dict[str, Any]) -> None:
    before = recorded(shared)
    status, told = shared.ask("/v2/models/m/infer", tensors(**changed))
    assert (status, type(told["error"])) == (400, str)
    assert recorded(shared) == before


def test_values_of_all_columns_by_column_are_not_taken_for_rows(shared: Server) -> None:
    by_column = {"name": "all", "shape": [3, 2], "datatype": "BYTES", "data": [["0.5", "1", "2"], ["7", "8", "9"]]}
    assert shared.ask("/v2/models/m/infer", {"inputs": [by_column]})[0] == 400
    by_row = {**by_column, "data": [["0.5", "7"], ["1", "8"], ["2", "9"]]}
    flat = {**by_column, "data": ["0.5", "7", "1", "8", "2", "9"]}
    told = [shared.ask("/v2/models/m/infer", {"inputs": [one]}) for one in (by_row, flat)]
    assert told[0][0] == 200
    assert told[0][1]["outputs"] == told[1][1]["outputs"]


def test_extensions_that_are_not_offered_are_refused_and_no_wish_is_every_output(shared: Server) -> None:
    override = {"name": "predict", "parameters": {"classification": 2}}
    assert shared.ask("/v2/models/m/infer", {**tensors(), "outputs": [override]})[0] == 400
    override = {"name": "predict", "parameters": {"binary_data": "false"}}
    assert shared.ask("/v2/models/m/infer", {**tensors(), "outputs": [override]})[0] == 400
    assert len(shared.ask("/v2/models/m/infer", {**tensors(), "outputs": []})[1]["outputs"]) == 2


def test_too_many_rows_are_refused_before_they_are_made(shared: Server) -> None:
    x = {"name": "x", "shape": [10_001], "datatype": "FP64", "data": ["no number"] * 10_001}
    assert shared.ask("/v2/models/m/infer", {"inputs": [x]})[0] == 413


def test_what_is_no_row_or_no_label_fails_alone(shared: Server) -> None:
    status, told = shared.ask("/predict", {"rows": [ROW, None, [1], ROW, ROW], "ids": [None, None, None, 7, "v" * 201]})
    assert (status, told["failed"]) == (200, 4)
    assert ["error" in one for one in told["predictions"]] == [False, True, True, True, True]
    before = recorded(shared)
    status, refused = shared.ask("/predict", {"rows": [ROW, None], "strict": True})
    assert (status, refused["error"]["field"]) == (400, "rows[1]")
    assert shared.ask("/predict", {"rows": [None]})[0] == 400
    assert recorded(shared) == before
    number = told["predictions"][0]["id"]
    labels = [{"id": 5, "truth": "yes"}, {"id": number}, 7, {"id": number, "truth": "no", "note": 1}]
    status, told = shared.ask("/labels", {"labels": [*labels, {"id": number, "truth": "yes"}]})
    assert (status, told["failed"], told["labels"][4]) == (200, 4, {"fate": "recorded"})


def test_a_challenger_without_a_version_does_not_send_the_old_one_away(shared: Server) -> None:
    assert shared.ask("/models", {"challenger": {"version": 2}})[0] == 200
    assert shared.ask("/models", {"challenger": {"role": "canary", "share": 0.5}})[0] == 400
    assert shared.ask("/models")[1]["challenger"]["version"] == 2
    assert shared.ask("/models", {"challenger": {}})[1]["challenger"] is None


def test_lines_of_json_are_named_and_may_be_lists(shared: Server) -> None:
    lines = {"Content-Type": "application/jsonlines"}
    status, _, told = sent(shared, "/invocations", b'{"x": 1, "c": "a"}\n\n{"x": \n', lines)
    assert (status, json.loads(told)["error"]["field"]) == (400, "line 2")
    assert sent(shared, "/invocations", b'[0.5, "a"]\n{"x": 1, "c": "a"}\n', lines)[0] == 200


def test_a_value_that_is_called_like_a_column_is_no_header_and_old_lines_are_lines(shared: Server) -> None:
    csv = {"Content-Type": "text/csv"}
    told = sent(shared, "/invocations", b"0.5,x\n1.5,a\n", csv)
    assert (told[0], len(json.loads(told[2])["predictions"])) == (200, 2)
    told = sent(shared, "/invocations", CSV.replace("\n", "\r").encode(), csv)
    assert (told[0], len(json.loads(told[2])["predictions"])) == (200, 1)


def test_names_are_read_once_and_a_slash_at_the_end_does_not_count(shared: Server) -> None:
    assert sent(shared, "/v2/models/%6D/", None, method="GET")[0] == 200
    assert b"%6D" in sent(shared, "/v2/models/%256D", None, method="GET")[2]
    assert b"a/b" in sent(shared, "/v2/models/a%2Fb", None, method="GET")[2]
    assert sent(shared, "/predict/", BODY)[0] == 200
    assert sent(shared, "/endpoints/a%2Fb/invocations", json.dumps({"instances": [ROW]}).encode())[0] == 200


def test_a_refused_method_tells_the_others_and_no_other_origin_is_let_in(shared: Server) -> None:
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = sent(shared, "/models", None, asked, "OPTIONS")
    assert (status, headers["allow"]) == (405, "GET, HEAD, POST")
    assert not [name for name in headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("split", [False, True])
def test_a_wish_for_another_protocol_takes_no_body_away(shared: Server, split: bool) -> None:
    """As Java's own client sends every first request."""
    override = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
    head = b"POST /predict HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n%b\r\n" % (len(BODY), override)
    last = b"GET /ping HTTP/1.1\r\nHost: m\r\nConnection: close\r\n\r\n"
    if split:
        told = b""
        with socket.create_connection(("127.0.0.1", shared.port), timeout=120) as connection:
            for part in (head, BODY[:5], BODY[5:]):
                connection.sendall(part)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            told += connection.recv(65_536)
            connection.sendall(last)
            while part := connection.recv(65_536):
                told += part
    else:
        told = raw(shared, head + BODY + last)
    assert told.count(b"HTTP/1.1 200 OK") == 2
    assert b'"prediction"' in told


def test_a_client_that_has_said_all_and_says_so_gets_its_answers(shared: Server) -> None:
    one = b"POST /predict HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
    assert raw(shared, one * 2, half=True).count(b'"prediction"') == 2
    assert raw(shared, one[:-4], half=True) == b""  # not all of it


def test_a_header_that_comes_twice_is_a_list(shared: Server) -> None:
    twice = b"Content-Encoding: gzip\r\nContent-Encoding: identity\r\nConnection: close\r\n"
    body = gzip.compress(BODY)
    head = b"POST /predict HTTP/1.1\r\nHost: m\r\nContent-Length: %d\r\n%b\r\n" % (len(body), twice)
    assert raw(shared, head + body).startswith(b"HTTP/1.1 200")
