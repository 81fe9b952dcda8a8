"""A server in a process of its own, asked by HTTP; for the measurements and for the tests of the service."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_PATIENCE = 180  # seconds until a server must answer: the machine may be busy
_ENDING = 300


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Served:
    """A server in a process: ours, or any command with a port."""

    def __init__(self, command: Sequence[str], port: int, environment: dict[str, str] | None = None) -> None:
        self.command, self.port = list(command), port
        self.environment = os.environ | (environment or {})
        self.said = Path(tempfile.mkstemp(prefix="serve-said-")[1])

    def start(self, path: str = "/health") -> float:
        """Start; return the seconds until it answered."""
        began = time.perf_counter()
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(
                self.command, stdout=said, stderr=said, env=self.environment, start_new_session=True
            )
        while time.perf_counter() - began < _PATIENCE:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60):
                    return time.perf_counter() - began
            except urllib.error.HTTPError:
                return time.perf_counter() - began
            except OSError:
                assert self.process.poll() is None, self.said.read_text()[-2000:]
                time.sleep(0.01)
        raise AssertionError("the server does not answer: " + self.said.read_text()[-2000:])

    def ask(self, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        return self.sent(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data))

    def sent(self, request: urllib.request.Request) -> tuple[int, Any]:
        """Send a request as it is; return the status and the JSON of the answer."""
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def load(self, rows: Path, *options: str) -> subprocess.Popen[str]:
        """Start a client that loads it."""
        script = Path(__file__).with_name("serve_load.py")
        command = [sys.executable, str(script), str(self.port), str(rows), *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def memory(self) -> float:
        """Resident memory in MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1e3

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it; return the seconds that took."""
        began = time.perf_counter()
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(_ENDING)
        return time.perf_counter() - began

    def kill(self) -> None:
        """End it and what it has started, at once."""
        with contextlib.suppress(ProcessLookupError):  # of its group nobody is left
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_ENDING)
        self.said.unlink(missing_ok=True)
