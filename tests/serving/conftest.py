"""A real server: a process of its own on a free port of this machine, ended by its number."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.serve_client import Served, free_port
from tests.kafka_broker import Broker, broker
from tests.served_model import two_versions

ROW = {"x": 0.5, "c": "a"}


class Server(Served):
    """A server of the model "m"; ``log`` is its folder of predictions."""

    def __init__(self, workspace: Path, log: Path, *options: str) -> None:
        self.workspace, self.log, port = workspace, log, free_port()
        words = ["serve", "m", "--workspace", str(workspace), "--log", str(log), "--port", str(port)]
        super().__init__([sys.executable, "-m", "journeyman", *words, *options], port)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with versions 1, the champion, and 2 of a model "m"."""
    return two_versions(tmp_path_factory)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """Yield a broker for all files that want one (TOGETHER in tests/conftest.py); each names topics of its own."""
    with broker(tmp_path_factory.mktemp("broker")) as started:
        yield started


def until(look: Callable[[], Any]) -> Any:
    """Return what a look finds once it finds something; it may take minutes where the machine is busy."""
    for _ in range(9_000):
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("what was waited for did not come")


@pytest.fixture(scope="module")
def shared(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server for all tests of a file that leave it as it was."""
    server = Server(workspace, tmp_path_factory.mktemp("shared") / "log", "--key", "order")
    server.start()
    yield server
    server.kill()


def in_log(log: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what a query finds in a log."""
    connection = sqlite3.connect(log / "log.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


@pytest.fixture
def serve(workspace: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Return a function that starts servers; they are ended with the test."""
    servers: list[Server] = []

    def start(*options: str, log: Path | None = None) -> Server:
        servers.append(Server(workspace, log or tmp_path / "log", *options))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    path = tmp_path / "rows.json"
    some = [
        {"x": float(v), "c": str(c)} for v, c in zip(rng.normal(size=500), rng.choice(list("abc"), 500), strict=True)
    ]
    path.write_text(json.dumps(some))
    return path
