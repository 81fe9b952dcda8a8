"""A log of ten million predictions: memory while they come, the next start, and a day's log as it is read.

    python benchmarks/serve_large.py WORKSPACE NAME ROWS.json [--logged 10000000] [--live 2000000]

They are really asked for, 500 rows a request. Beyond --live rows the oldest move to Parquet files meanwhile (after 15
seconds here instead of ten minutes, so that the archive takes its part in a short run), and the server's memory is
read every half million.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

ROWS = 500
EVERY = 500_000
SETTLED = 15_000  # milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("name")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--logged", type=int, default=10_000_000)
    parser.add_argument("--live", type=int, default=2_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps(large(options.workspace, options.name, options.rows, options.logged, options.live, Path(folder)))
        )


def large(workspace: Path, name: str, rows: Path, logged: int, live: int, place: Path) -> dict[str, Any]:
    """Log so many predictions; return what was measured."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", name, "--workspace", str(workspace), "--log", str(place / "log"), "--port", str(port)]
    command = [sys.executable, __file__, "--server", *words, "--keep-rows", str(live)]
    server, _ = started(command, port)
    some = json.loads(rows.read_text())
    bodies = [json.dumps({"rows": some[i : i + ROWS]}).encode() for i in range(0, len(some) - ROWS + 1, ROWS)]
    left, lock, began = [logged // ROWS], threading.Lock(), time.monotonic()
    memory: list[tuple[int, float]] = []

    def ask() -> None:
        number = 0
        while True:
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
                done = logged - left[0] * ROWS
                if done % EVERY == 0:
                    memory.append((done, resident(server.pid)))
            number += 1
            url = f"http://127.0.0.1:{port}/predict"
            with urllib.request.urlopen(url, bodies[number % len(bodies)], timeout=120) as reply:
                reply.read()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    stopped = time.monotonic()
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    stopped = time.monotonic() - stopped
    server, start = started(command, port)
    after = resident(server.pid)
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    later = [(done, held) for done, held in memory if done >= logged // 5]  # caches fill first
    slope = float(np.polyfit([done / 1e6 for done, _ in later], [held for _, held in later], 1)[0])
    return {
        "logged": logged,
        "a second": round(logged / seconds),
        "memory (MB) after so many": {f"{done:,}": round(held, 1) for done, held in memory},
        "slope, MB a million": round(slope, 2),
        "SIGTERM to end, s": round(stopped, 2),
        "next start, s": round(start, 2),
        "memory after it, MB": round(after, 1),
        **read(place / "log"),
    }


def started(command: list[str], port: int) -> tuple[subprocess.Popen[bytes], float]:
    """Start a server; return it and the seconds until it answered."""
    began = time.monotonic()
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=60):
                return server, time.monotonic() - began
        except OSError:
            assert server.poll() is None, "the server ended"
            time.sleep(0.02)


def resident(pid: int) -> float:
    """Return resident memory that is the process's own, in MB: pages of files that it maps are the system's cache."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("RssAnon:")[2].split()[0]) / 1e3


def read(log: Path) -> dict[str, Any]:
    """Read all of the day from the live log and the archive; return seconds and counts."""
    connection = sqlite3.connect(log / "log.db")
    archived = connection.execute("SELECT value FROM settings WHERE name = 'archived'").fetchone()[0]
    began = time.monotonic()
    query = "SELECT id, client_id, version, output FROM predictions WHERE id > ?"
    live = sum(1 for _ in connection.execute(query, (archived,)))
    seconds = time.monotonic() - began
    connection.close()
    files = f"{log}/archive/predictions/*/*.parquet"
    began = time.monotonic()
    query = f"select count(*), avg(length(output)) from read_parquet('{files}', hive_partitioning = true)"
    rows = duckdb.sql(query).fetchone() if (log / "archive").exists() else (0, 0)
    assert rows is not None
    return {
        "live rows": live,
        "seconds to read them": round(seconds, 2),
        "archived rows": rows[0],
        "seconds to read those": round(time.monotonic() - began, 2),
        "MB of the live log": round(sum(path.stat().st_size for path in log.glob("log.db*")) / 1e6),
        "MB of the archive": round(sum(path.stat().st_size for path in log.rglob("*.parquet")) / 1e6),
    }


def serve() -> None:
    """Be the server, whose predictions are old after seconds."""
    # Late: the client has no use for the model's libraries.
    from journeyman.cli import main as command  # noqa: PLC0415 - see above
    from journeyman.stores import prediction_retention  # noqa: PLC0415 - see above

    prediction_retention._SETTLED = SETTLED
    command()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--server"]:
        sys.argv = ["journeyman", *sys.argv[2:]]
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        serve()
    else:
        main()
