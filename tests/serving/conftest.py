"""A real server: a process of its own on a free port of this machine, ended by its number."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.served_model import two_versions

ROW = {"x": 0.5, "c": "a"}


class Server:
    """A server in a process; ``log`` is its folder of predictions."""

    def __init__(self, workspace: Path, log: Path, *options: str) -> None:
        self.workspace, self.log, self.options = workspace, log, options
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.said = log.parent / f"said-{self.port}.txt"

    def start(self) -> None:
        words = ["serve", "m", "--workspace", str(self.workspace), "--log", str(self.log), "--port", str(self.port)]
        with self.said.open("ab") as said:
            command = [sys.executable, "-m", "journeyman", *words, *self.options]
            self.process = subprocess.Popen(command, stderr=said, stdout=said)
        for _ in range(3600):
            if self.process.poll() is not None:
                raise AssertionError(self.said.read_text())
            try:
                self.ask("/health")
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data, timeout=60) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def load(self, rows: Path, *options: str) -> subprocess.Popen[str]:
        """Start the benchmark's client against this server."""
        script = Path(__file__).parents[2] / "benchmarks" / "serve_load.py"
        command = [sys.executable, str(script), str(self.port), str(rows), *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def kill(self) -> None:
        """End the server and its workers at once."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        workers = children.read_text().split() if self.process.poll() is None and children.exists() else []
        self.end(signal.SIGKILL)
        for worker in workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(worker), signal.SIGKILL)

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        return self.process.wait(300)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with versions 1, the champion, and 2 of a model "m"."""
    return two_versions(tmp_path_factory.mktemp("serve"))


def until(look: Callable[[], Any]) -> Any:
    """Return what a look finds once it finds something; it may take minutes where the machine is busy."""
    for _ in range(9_000):
        if found := look():
            return found
        time.sleep(0.02)
    raise AssertionError("what was waited for did not come")


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
