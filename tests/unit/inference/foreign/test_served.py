"""Served models: which protocol a server speaks is told by asking, and its answers are checked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from journeyman.entities.foreign_model import ForeignColumn, ValueType
from journeyman.errors import ModelError
from journeyman.inference.foreign.served import ServedModel, find_served

Answer = tuple[int, Any]
Rules = Mapping[str, Callable[[Any], Answer]]
COLUMNS = (ForeignColumn("x", ValueType.NUMBER), ForeignColumn("c", ValueType.TEXT))
GIVEN = {"x": [1.5, 2.0, None], "c": ["a", None, "b"]}


@contextmanager
def _serving(rules: Rules) -> Iterator[str]:
    """Serve what the rules say of "METHOD PATH", and 404 for all else."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            rule = rules.get(f"{self.command} {self.path}", lambda _: (404, {}))
            status, said = rule(json.loads(body) if body else None)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _handle

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _mlflow(said: Callable[[int], Any]) -> Rules:
    return {
        "GET /ping": lambda _: (200, {}),
        "POST /invocations": lambda asked: (200, {"predictions": said(len(asked["dataframe_split"]["data"]))}),
    }


def _open_inference(asked: Any) -> Answer:
    rows = asked["inputs"][0]["shape"][0]
    assert [one["name"] for one in asked["inputs"]] == ["x", "c"]
    return 200, {"outputs": [{"name": "predict", "datatype": "FP64", "shape": [rows, 1], "data": [2.5] * rows}]}


def test_mlflow_is_told_by_its_ping() -> None:
    with _serving(_mlflow(lambda rows: [7.0] * rows)) as address:
        found = find_served(address)
        assert found.loader == "mlflow"
        told = ServedModel(replace(found, columns=COLUMNS)).answer(GIVEN, 3)
    assert list(told.values) == [7.0] * 3


def test_open_inference_describes_its_columns() -> None:
    inputs = [{"name": "x", "datatype": "FP64", "shape": [-1]}, {"name": "c", "datatype": "BYTES", "shape": [-1]}]
    rules: Rules = {
        "GET /v2": lambda _: (200, {"name": "somebody"}),
        "POST /v2/repository/index": lambda _: (200, [{"name": "house prices"}]),
        "GET /v2/models/house%20prices": lambda _: (200, {"name": "house prices", "inputs": inputs, "outputs": []}),
        "POST /v2/models/house%20prices/infer": _open_inference,
    }
    with _serving(rules) as address:
        found = find_served(address)
        assert (found.loader, found.columns) == ("open inference", COLUMNS)
        assert list(ServedModel(found).answer(GIVEN, 3).values) == [2.5] * 3


def test_a_matrix_without_names_is_given_as_one() -> None:
    seen: list[Any] = []

    def infer(asked: Any) -> Answer:
        seen.append(asked["inputs"])
        return 200, {"outputs": [{"name": "y", "datatype": "FP64", "shape": [2], "data": [1.0, 2.0]}]}

    about = {"inputs": [{"name": "input-0", "datatype": "FP64", "shape": [-1, 2]}], "outputs": []}
    rules: Rules = {"GET /v2/models/m": lambda _: (200, about), "POST /v2/models/m/infer": infer}
    with _serving(rules) as address:
        told = ServedModel(find_served(f"{address}/v2/models/m")).answer({"a": [1, 2], "b": [3, 4]}, 2)
    assert list(told.values) == [1.0, 2.0]
    assert seen == [[{"name": "input-0", "shape": [2, 2], "datatype": "FP64", "data": [[1.0, 3.0], [2.0, 4.0]]}]]


def test_other_than_one_answer_a_row_is_refused() -> None:
    with _serving(_mlflow(lambda rows: [7.0] * (rows - 1))) as address:
        model = ServedModel(replace(find_served(address), columns=COLUMNS))
        with pytest.raises(ModelError, match="gave 2 answers for 3 rows"):
            model.answer(GIVEN, 3)


def test_a_busy_server_is_asked_again() -> None:
    asked: list[int] = []

    def busy(_: Any) -> Answer:
        asked.append(1)
        return (503, {}) if len(asked) < 3 else (200, {"predictions": [1.0]})

    rules: Rules = {"GET /ping": lambda _: (200, {}), "POST /invocations": busy}
    with _serving(rules) as address:
        told = ServedModel(replace(find_served(address), columns=COLUMNS)).answer({"x": [1.0], "c": ["a"]}, 1)
    assert (list(told.values), len(asked)) == ([1.0], 3)


def test_what_a_server_refuses_is_told() -> None:
    rules: Rules = {
        "GET /ping": lambda _: (200, {}),
        "POST /invocations": lambda _: (400, {"error_code": "BAD_REQUEST", "message": "no column 'z'"}),
    }
    with _serving(rules) as address:
        model = ServedModel(replace(find_served(address), columns=COLUMNS))
        with pytest.raises(ModelError, match=r"answered 400: .*no column 'z'"):
            model.answer(GIVEN, 3)


def test_a_server_of_no_known_protocol_is_refused() -> None:
    with _serving({}) as address, pytest.raises(ModelError, match="no protocol that is known"):
        find_served(address)


def test_a_server_that_is_not_there_is_told() -> None:
    with _serving({}) as address:
        pass
    with pytest.raises(ModelError, match="does not answer"):
        find_served(address)


@pytest.mark.parametrize("address", ["ftp://host/model", "file:///etc/passwd", "http://"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ModelError, match="no address of a server"):
        find_served(address)
