"""What a server meets besides requests: taken ports and logs, no descriptors, no disk, kills, silent clients."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarks.serve_client import free_port
from tests.serving.conftest import ROW, Server, in_log, until

pytestmark = pytest.mark.slow
JOURNEYMAN = [sys.executable, "-m", "journeyman"]


def ended(words: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    command = [*JOURNEYMAN, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False, **options)  # type: ignore[call-overload, no-any-return]  # options as they come


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def serving(pid: int) -> bool:
    """Say whether a worker has begun: all that it keeps open is open before its housekeeping first shares counters."""
    return any(Path(tempfile.gettempdir()).glob(f"journeyman-serve-*/{pid}.counters"))


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_of_two_servers_that_start_at_once_on_one_port_the_second_ends(workspace: Path, tmp_path: Path) -> None:
    port = free_port()
    words = ["serve", "m", "--workspace", str(workspace), "--port", str(port), "--log"]
    started = [
        subprocess.Popen([*JOURNEYMAN, *words, str(tmp_path / name)], stderr=subprocess.PIPE, text=True)
        for name in ("one", "two")
    ]
    try:
        until(lambda: any(process.poll() is not None for process in started))
        [gone] = [process for process in started if process.poll() is not None]
        assert gone.stderr is not None
        assert (gone.returncode, "cannot be listened at: Address already in use" in gone.stderr.read()) == (2, True)
        [other] = [process for process in started if process is not gone]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as reply:
            assert reply.status == 200
        assert other.poll() is None
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_port_0_is_any_free_port_and_is_told(workspace: Path, tmp_path: Path) -> None:
    words = ["serve", "m", "--workspace", str(workspace), "--log", str(tmp_path / "log"), "--port", "0"]
    process = subprocess.Popen([*JOURNEYMAN, *words], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        port = int(said.partition("http://127.0.0.1:")[2].partition(";")[0])
        assert port not in (0, 8000)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60) as reply:
            assert reply.status == 200
    finally:
        process.kill()
        process.wait()


def test_a_log_of_another_model_is_refused(serve: Callable[..., Server], workspace: Path, tmp_path: Path) -> None:
    server = serve()
    assert server.ask("/predict", {"row": ROW, "id": "a"})[0] == 200
    other = tmp_path / "other"
    shutil.copytree(workspace / "releases" / "m" / "1", other)
    manifest = other / "manifest.json"
    manifest.chmod(0o644)
    (other / "manifest.sha256").chmod(0o644)
    manifest.write_bytes(manifest.read_bytes().replace(b'"name": "m"', b'"name": "o"', 1))
    digest = subprocess.run(["sha256sum", str(manifest)], capture_output=True, text=True, check=True).stdout.split()[0]
    (other / "manifest.sha256").write_text(f"{digest}  manifest.json\n")
    words = ["--workspace", str(workspace), "--log", str(server.log)]
    for command in (["serve", str(other), "--port", "0"], ["serve", str(other), "--port", "0", "--workers", "2"]):
        refused = ended([*command, *words])
        assert refused.returncode == 2, refused.stderr
        assert f"the prediction log in {server.log} is of the model m, not of o" in refused.stderr
        assert "--log" in refused.stderr
    assert server.ask("/predict", {"row": ROW, "id": "a"})[1]["repeated"]


@pytest.mark.parametrize("what", ["folder", "database"])
def test_a_log_that_is_removed_while_it_serves_is_told(serve: Callable[..., Server], what: str) -> None:
    server = serve()
    assert server.ask("/predict", {"row": ROW})[0] == 200
    if what == "folder":
        shutil.rmtree(server.log)
    else:
        (server.log / "log.db").unlink()
    health = server.ask("/health")
    assert (health[0], "was removed" in health[1]["trouble"]) == (503, True)
    status, told = server.ask("/predict", {"row": ROW})
    assert (status, told["error"]["code"]) == (503, "log cannot be written")
    server.end()
    assert (server.process.returncode, server.log.exists()) == (0, what == "database")


def test_a_log_that_is_moved_goes_on(serve: Callable[..., Server], tmp_path: Path) -> None:
    server = serve()
    server.log.rename(tmp_path / "moved")
    status, told = server.ask("/predict", {"row": ROW})
    assert (status, server.ask("/health")[0]) == (200, 200)
    assert in_log(tmp_path / "moved", "SELECT printf('%016x', id) FROM predictions") == [(told["id"],)]


def test_without_descriptors_it_goes_on_later_and_counts_on(serve: Callable[..., Server], workspace: Path) -> None:
    server = serve("--workers", "2")
    # One worker answers while the other one still starts: with a limit from then, that could never open its log.
    until(lambda: sum(map(serving, children(server.process.pid))) == 2)
    workers = children(server.process.pid)
    for number in range(20):
        assert server.ask("/predict", {"row": ROW, "id": str(number)})[0] == 200

    def counted() -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=60) as reply:
            lines = reply.read().decode().splitlines()
        return float(next(line for line in lines if line.startswith("journeyman_predictions_total")).split()[-1])

    until(lambda: counted() == 20)
    for pid in workers:  # as `ulimit -n` would have it, but only once it serves
        soft = len(os.listdir(f"/proc/{pid}/fd")) + 3
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(20)]
    time.sleep(2.5)  # housekeeping looks each second
    for one in idle:
        one.close()

    def asked() -> bool:
        with contextlib.suppress(OSError):  # a connection that came when there were none left
            return server.ask("/predict", {"row": ROW, "id": "later"})[0] == 200
        return False

    def seen() -> list[float]:
        with contextlib.suppress(OSError):
            return [counted() for _ in range(5)]
        return []

    until(asked)
    assert min(until(seen)) >= 20
    until(lambda: 21.0 in seen())
    server.end(signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in workers))


def test_counters_do_not_go_back_from_worker_to_worker(serve: Callable[..., Server]) -> None:
    server = serve("--workers", "2")

    def counted() -> float:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=60) as reply:
            lines = reply.read().decode().splitlines()
        found = [line for line in lines if line.startswith("journeyman_predictions_total")]
        return sum(float(line.split()[-1]) for line in found)

    last = 0.0
    for number in range(150):
        server.ask("/predict", {"row": ROW, "id": str(number)})
        now = counted()
        assert now >= last
        last = now
    until(lambda: counted() == 150)


def test_clients_whose_headers_never_end_are_let_go(serve: Callable[..., Server]) -> None:
    server = serve("--timeout", "1.5")
    address = ("127.0.0.1", server.port)
    silent, dribbling = socket.create_connection(address), socket.create_connection(address)
    endless, body = socket.create_connection(address), socket.create_connection(address)
    kept = socket.create_connection(address)
    dribbling.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\n")
    # refused at once, while its body goes on for ever
    body.sendall(b"POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(3_000):
            endless.sendall(b"X-Pad: " + b"y" * 100 + b"\r\n" if _ else b"GET / HTTP/1.1\r\n")
    kept.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert b"200 OK" in kept.recv(1_000)

    def closed(one: socket.socket) -> bool:
        one.settimeout(0.05)
        try:
            return not one.recv(65_536)
        except TimeoutError:
            return False
        except OSError:
            return True

    until(lambda: closed(endless))
    waiting = {silent, dribbling, body}
    until(lambda: waiting.difference_update({one for one in waiting if closed(one)}) or not waiting or _drip(waiting))
    assert not closed(kept), "a client that was answered may ask again"
    for one in (silent, dribbling, body, endless, kept):
        one.close()
    assert server.ask("/predict", {"row": ROW})[0] == 200


def _drip(waiting: set[socket.socket]) -> bool:
    for one in waiting:
        with contextlib.suppress(OSError):
            one.sendall(b"X: y\r\n")
    time.sleep(0.1)
    return False


def test_what_a_kill_leaves_is_swept_by_the_next_start(
    serve: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    server = serve()
    server.kill()
    left = list(place.iterdir())
    assert [path.name.startswith("journeyman-serve-") for path in left] == [True]
    draft = server.log / "archive" / "predictions" / "day=2026-01-01" / ".draft-1"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"half")
    server.start()
    there = list(place.iterdir())
    assert (len(there), left[0] in there) == (1, False)
    until(lambda: not draft.exists())
    server.end()
    assert list(place.iterdir()) == []


def test_a_start_on_a_full_disk_says_so(workspace: Path, small_disk: Path) -> None:
    for room in (0, 8_192, 40_000):
        shutil.rmtree(small_disk / "log", ignore_errors=True)
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"")
        ballast.write_bytes(b"0" * (shutil.disk_usage(small_disk).free - room))
        words = ["serve", "m", "--workspace", str(workspace), "--log", str(small_disk / "log"), "--port", "0"]
        refused = ended(words)
        said = f"error: the disk that holds the prediction log in {small_disk / 'log'} is full"
        assert (refused.returncode, refused.stderr.splitlines()[:1]) == (2, [said])


_WRITE_AHEAD = """
import sqlite3, os, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("PRAGMA journal_mode = WAL")
connection.execute("PRAGMA wal_autocheckpoint = 0")
connection.execute("UPDATE runs SET cause = hex(randomblob(8))")  # a page that stays the same is not written
connection.commit()
os._exit(0)
"""


@pytest.fixture
def read_only(workspace: Path, tmp_path: Path) -> Iterator[Path]:
    """Yield the workspace on a file system that cannot be written."""
    place = tmp_path / "read-only"
    place.mkdir()
    mount = f"mount --bind '{workspace}' '{place}' && mount -o remount,ro,bind '{place}'"
    if subprocess.run(["sh", "-c", mount], capture_output=True, check=False).returncode:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)
        pytest.skip("only root may mount a folder read-only here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("written_ahead", [False, True])
def test_reading_a_workspace_needs_no_writing(
    workspace: Path, read_only: Path, tmp_path: Path, written_ahead: bool
) -> None:
    if written_ahead:  # as a kill leaves it: what was written ahead is there, its index is not
        subprocess.run([sys.executable, "-c", _WRITE_AHEAD, str(workspace / "journal.db")], check=True)
        (workspace / "journal.db-shm").unlink()
        assert (workspace / "journal.db-wal").stat().st_size > 0
    (tmp_path / "t.csv").write_text("x,c\n0.5,a\n")
    words = ["--workspace", str(read_only)]
    predicted = ended(["predict", "m", "t.csv", *words], cwd=tmp_path)
    assert (predicted.returncode, (tmp_path / "t.predictions.csv").exists()) == (0, True), predicted.stderr
    listed = ended(["list", *words])
    assert (listed.returncode, "m" in listed.stdout) == (0, True), listed.stderr
    server = Server(read_only, tmp_path / "log")
    try:
        server.start()
        assert server.ask("/predict", {"row": ROW})[0] == 200
        status, told = server.ask("/models", {"champion": 2})
        assert (status, "no permission to write" in told["error"]["message"]) == (503, True)
    finally:
        server.kill()
    refused = ended(["serve", "m", "--port", "0", *words])
    assert (refused.returncode, "--log" in refused.stderr) == (2, True), refused.stderr
