"""A real server under load: killed, drained, switched, without a disk, with several workers."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.serving.conftest import ROW, Server, until

from journeyman.api.registry import rollback

pytestmark = pytest.mark.slow
COUNTER = 'journeyman_predictions_total{version="1",part="champion"}'


def recorded(log: Path) -> dict[str, str]:
    """Return ids of predictions by the client's own."""
    connection = sqlite3.connect(log / "log.db")
    try:
        pairs = connection.execute("SELECT client_id, printf('%016x', id) FROM predictions").fetchall()
    finally:
        connection.close()
    assert len(pairs) == len(dict(pairs)), "an id of a client is there twice"
    return dict(pairs)


def acknowledged_by(told: Path, prefix: str = "") -> int:
    """Return how many answers a client has got."""
    return sum(line.startswith(prefix) for line in told.read_text().splitlines()) if told.exists() else 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_kills_under_load_lose_no_acknowledged_prediction(
    serve: Callable[..., Server], rows: Path, tmp_path: Path, workers: str
) -> None:
    server = serve("--workers", workers)
    told = tmp_path / "told.txt"
    for number in range(4):
        client = server.load(
            rows, "--connections", "8", "--seconds", "600", "--prefix", f"k{number}", "--acknowledged", str(told)
        )
        until(lambda prefix=f"k{number}-": acknowledged_by(told, prefix) > 30)
        time.sleep(0.07 * number)
        server.kill()
        client.communicate(timeout=300)
        server.start()
    acknowledged = dict(line.split() for line in told.read_text().splitlines())
    known = recorded(server.log)
    assert len(acknowledged) > 100
    assert {name: known.get(name) for name in acknowledged} == acknowledged
    # what was recorded but not acknowledged is answered as it was recorded when the client asks again
    for client_id in [name for name in known if name not in acknowledged][:5]:
        number = int(client_id.rpartition("-")[2])
        row = json.loads(rows.read_text())[number % 500]
        status, answer = server.ask("/predict", {"row": row, "id": client_id})
        assert (status, answer["id"], answer["repeated"]) == (200, known[client_id], True)
    server.end()
    assert server.process.returncode == 0


def test_champions_change_under_load_without_a_failed_or_mixed_answer(
    serve: Callable[..., Server], rows: Path, workspace: Path, tmp_path: Path
) -> None:
    server = serve()
    answers = tmp_path / "told.txt"
    words = ["--connections", "8", "--seconds", "600", "--requests", "1000000", "--acknowledged", str(answers)]
    client = server.load(rows, *words)
    for number in range(6):
        before = acknowledged_by(answers)
        until(lambda before=before: acknowledged_by(answers) > before + 50)
        status, told = server.ask("/models", {"champion": 2 - number % 2})
        assert (status, told["champion"]["version"]) == (200, 2 - number % 2)
    rollback("m", to=2, workspace=workspace)
    until(lambda: server.ask("/health")[1]["version"] == 2)
    rollback("m", to=1, workspace=workspace)
    until(lambda: server.ask("/health")[1]["version"] == 1)
    server.end()
    assert server.process.returncode == 0  # what was begun is answered, and the client tells what it got
    told = json.loads(client.communicate(timeout=300)[0])
    assert set(told["statuses"]) == {"200"}
    assert set(told["versions"]) == {"1", "2"}
    connection = sqlite3.connect(server.log / "log.db")
    mixed = "SELECT count(*) FROM predictions WHERE version != json_extract(output, '$.version')"
    assert connection.execute(mixed).fetchone() == (0,)
    connection.close()


def test_sigterm_answers_what_was_begun(serve: Callable[..., Server], rows: Path, tmp_path: Path) -> None:
    server = serve()
    told = tmp_path / "told.txt"
    client = server.load(rows, "--connections", "8", "--seconds", "600", "--acknowledged", str(told))
    until(lambda: acknowledged_by(told) > 50)
    server.end()
    assert server.process.returncode == 0
    client.communicate(timeout=300)
    acknowledged = dict(line.split() for line in told.read_text().splitlines())
    assert recorded(server.log) == acknowledged
    assert "Traceback" not in server.said.read_text()


def test_a_full_disk_refuses_loses_nothing_and_recovers(serve: Callable[..., Server], small_disk: Path) -> None:
    server = serve(log=small_disk / "log")
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"0" * (shutil.disk_usage(small_disk).free - 40_000))
    told: dict[str, str] = {}
    for number in range(2_000):
        status, answer = server.ask("/predict", {"row": ROW, "id": f"d{number}"})
        if status != 200:
            break
        told[f"d{number}"] = answer["id"]
    assert (status, answer["error"]["code"]) == (503, "log cannot be written")
    assert "is full" in answer["error"]["message"]
    assert server.ask("/health")[0] == 503
    assert recorded(server.log) == told
    ballast.unlink()
    assert server.ask("/health") == (200, {"status": "ok", "version": 1})
    assert server.ask("/predict", {"row": ROW, "id": "after"})[0] == 200
    server.end()
    assert server.process.returncode == 0
    assert set(recorded(server.log)) == {*told, "after"}


def test_a_damaged_release_leaves_the_old_one_serving(serve: Callable[..., Server], workspace: Path) -> None:
    server = serve()
    model = workspace / "releases" / "m" / "2" / "model.json"
    whole = model.read_bytes()
    model.chmod(0o644)
    try:
        model.write_bytes(whole.replace(b"{", b"[", 1))
        status, told = server.ask("/models", {"champion": 2})
        assert (status, "changed byte in model.json" in told["error"]["message"]) == (409, True)
        rollback("m", to=2, workspace=workspace)
        assert "changed byte" in until(lambda: server.ask("/models")[1]["trouble"])
        assert server.ask("/predict", {"row": ROW})[1]["version"] == 1
    finally:
        rollback("m", to=1, workspace=workspace)
        model.write_bytes(whole)


def test_two_workers_agree_and_count_together(serve: Callable[..., Server], rows: Path) -> None:
    server = serve("--workers", "2")
    client = server.load(rows, "--connections", "16", "--requests", "600", "--seconds", "600")
    told = json.loads(client.communicate(timeout=600)[0])
    assert told["statuses"] == {"200": 600}
    assert len(recorded(server.log)) == 600
    answers = {server.ask("/predict", {"row": ROW, "id": "same"})[1]["id"] for _ in range(10)}
    assert len(answers) == 1

    def counted() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics") as reply:
            return next((line for line in reply.read().decode().splitlines() if line.startswith(COUNTER)), "")

    # The workers share their counters each second; at first one may not know yet of all that the other has done.
    until(lambda: counted() == f"{COUNTER} 601")
    server.end()
    assert server.process.returncode == 0


def test_workers_end_with_the_server_that_started_them(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")
    server.end(signal.SIGKILL)

    def silent() -> bool:
        try:
            server.ask("/health")
        except OSError:
            return True
        return False

    until(silent)


def test_a_taken_port_is_told_in_one_line(serve: Callable[..., Server], workspace: Path, tmp_path: Path) -> None:
    server = serve()
    words = ["serve", "--workspace", str(workspace), "--log", str(tmp_path / "other"), "--port", str(server.port)]
    second = subprocess.run(
        [sys.executable, "-m", "journeyman", *words], capture_output=True, text=True, timeout=600, check=False
    )
    said = f"error: 127.0.0.1:{server.port} cannot be listened at: Address already in use"
    assert (second.returncode, second.stderr.splitlines()) == (2, [said, "hint: name another --port or --host"])
