"""A real schema registry, Karapace, for tests; `make registry` brings it into a folder of its own.

No package index has it, and CI does not reach where its source is: there these tests skip.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from tests.kafka_broker import JARS, free_port
from tests.kafka_broker import lacking as lacking_broker

KARAPACE = Path(os.environ.get("JOURNEYMAN_KARAPACE", JARS.parent / "karapace"))
_START = 60.0  # seconds


def lacking() -> str:
    """Return what is not here that a registry and its clients need; empty where all is."""
    if reason := lacking_broker():
        return reason
    if not all(find_spec(name) for name in ("httpx2", "fastavro", "google.protobuf")):
        return "journeyman[kafka-schemas] is not installed"
    return "" if (KARAPACE / "karapace").is_dir() else "the schema registry is not here: make registry"


@contextmanager
def registry(folder: Path, broker: str, login: tuple[str, str] | None = None) -> Iterator[str]:
    """Yield the address of a registry that answers; it keeps schemas in a topic of the broker, and ends afterwards."""
    port = free_port()
    settings = {
        "bootstrap_uri": broker,
        "host": "127.0.0.1",
        "advertised_hostname": "127.0.0.1",
        "port": port,
        "karapace_registry": True,
        "karapace_rest": False,
        "group_id": f"registry-{port}",
        "topic_name": "_schemas",
        "replication_factor": 1,
        "log_level": "WARNING",
        "compatibility": "BACKWARD",
    }
    if login is not None:
        settings["registry_authfile"] = str(_logins(folder, *login))
    file = folder / f"registry-{port}.json"
    file.write_text(json.dumps(settings))
    environment = {**os.environ, "PYTHONPATH": f"{KARAPACE}:{KARAPACE / 'lib'}"}
    command = [sys.executable, "-S", "-m", "karapace.karapace_all", str(file)]  # -S: its libraries, and not ours
    with (folder / "registry.txt").open("ab") as said:
        process = subprocess.Popen(command, env=environment, stdout=said, stderr=said, cwd=folder)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process)
        yield address
    finally:
        process.kill()
        process.wait()


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START
    while True:
        try:
            urllib.request.urlopen(f"{address}/schemas/types", timeout=5).close()
            return
        except OSError:
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.2)


def _logins(folder: Path, name: str, password: str) -> Path:
    """Write who may do what, as Karapace's own karapace_mkpasswd hashes it."""
    salt = "salt"
    told = hashlib.scrypt(password.encode(), salt=salt.encode(), n=16384, r=8, p=1)
    user = {"username": name, "algorithm": "scrypt", "salt": salt, "password_hash": base64.b64encode(told).decode()}
    rights = [{"username": name, "operation": "Write", "resource": ".*"}]
    file = folder / "logins.json"
    file.write_text(json.dumps({"users": [user], "permissions": rights}))
    return file
