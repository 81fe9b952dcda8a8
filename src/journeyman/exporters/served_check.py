"""An export tried as a container runs it: Journeyman from its own wheel, a server, a request."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from journeyman.errors import ReleaseError

__all__ = ["free_port", "post_json", "running", "unpacked_environment"]

_START = 120.0  # seconds
_END = 30.0  # what platforms give after SIGTERM


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port: int = chosen.getsockname()[1]
    return port


@contextmanager
def unpacked_environment(wheel: Path) -> Iterator[dict[str, str]]:
    """Yield an environment in which Python takes Journeyman from a wheel, and nothing of the caller's settings."""
    with tempfile.TemporaryDirectory() as site:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("JOURNEYMAN_", "AIP_"))}
        yield {**kept, "PYTHONPATH": site}


@contextmanager
def running(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], health: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a server once it answers at ``health``; it is told to end afterwards.

    Raises
    ------
    ReleaseError
        Where it ends by itself or does not answer, with the last line of what it said.
    """
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            [sys.executable if part == "python" else part for part in command],
            cwd=folder,
            env=dict(environment),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            end = time.monotonic() + _START
            while not _is_up(health):
                if server.poll() is not None or time.monotonic() > end:
                    said.seek(0)
                    lines = said.read().decode(errors="replace").strip().splitlines() or ["it said nothing"]
                    raise ReleaseError(
                        f"the exported service does not answer: {lines[-1]}", hint="export with --no-check, and look"
                    )
                time.sleep(0.1)
            yield server
        finally:
            server.terminate()
            try:
                server.wait(_END)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=10) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def post_json(address: str, body: object) -> Any:
    """Return what a service answers to a JSON request.

    Raises
    ------
    ReleaseError
        Where it refuses.
    """
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        said = error.read().decode(errors="replace")[:300]
        raise ReleaseError(f"the exported service refuses: {said}", hint="export with --no-check, and look") from None
