"""A log of ten million predictions: memory while they come, the next start, and a day's log as it is read.

    python benchmarks/serve_large.py WORKSPACE NAME ROWS.json [--logged 10000000]

Most of them are written to the log as days that are past, and the older days moved to Parquet files. The last tenth is
really asked for, 500 rows a request, while the server moves as many of the oldest to the archive; its memory is read
every so many.
"""

from __future__ import annotations

import argparse
import json
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

from journeyman.entities.prediction import LogEntries, Part, Prediction
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.prediction_retention import move_oldest, sweep

ROWS = 500  # of a request
DAYS, LIVE_DAYS = 8, 5
DAY = 86_400_000  # milliseconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("name")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--logged", type=int, default=10_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(large(options.workspace, options.name, options.rows, options.logged, Path(folder))))


def filled(log: SqlitePredictionLog, number: int, row: bytes, output: bytes) -> dict[str, Any]:
    """Write so many predictions of past days, and move the older days; return seconds."""
    now, began = time.time_ns() // 1_000_000, time.monotonic()
    for day in range(DAYS):
        for start in range(0, number // DAYS, 10_000):
            some = range(start, min(start + 10_000, number // DAYS))
            entries = (Prediction(1, Part.CHAMPION, "native", row, output, b"d" * 16, f"{day}-{i}") for i in some)
            log.append(LogEntries(tuple(entries)), now - (DAYS - day) * DAY)
        print(f"day {day + 1} of {DAYS} is written, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    written = time.monotonic() - began
    began = time.monotonic()
    while move_oldest(log, now, LIVE_DAYS * DAY, 10**12):
        while sweep(log):
            pass
    return {"s to write days past": round(written), "s to move the older": round(time.monotonic() - began)}


def large(workspace: Path, name: str, rows: Path, logged: int, place: Path) -> dict[str, Any]:
    """Log so many predictions; return what was measured."""
    asked = logged // 10 // ROWS * ROWS
    log = SqlitePredictionLog(place / "log")
    output = b'{"prediction":"<=50K","version":1,"probabilities":{"<=50K":0.9123456789,">50K":0.0876543211}}'
    before = filled(log, logged - asked, json.dumps(json.loads(rows.read_text())[0]).encode(), output)
    live = log.rows()
    log.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["serve", name, "--workspace", str(workspace), "--log", str(place / "log"), "--port", str(port)]
    command = [sys.executable, "-m", "journeyman", *words, "--keep-days", str(LIVE_DAYS), "--keep-rows", str(live)]
    starts = []
    for _ in range(3):
        server, seconds = started(command, port)
        starts.append(round(seconds, 2))
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    server, _ = started(command, port)
    some = json.loads(rows.read_text())
    bodies = [json.dumps({"rows": some[i : i + ROWS]}).encode() for i in range(0, len(some) - ROWS + 1, ROWS)]
    left, lock, began = [asked // ROWS], threading.Lock(), time.monotonic()
    every = max(ROWS, asked // 100 // ROWS * ROWS)
    memory: list[tuple[int, float]] = []

    def ask() -> None:
        number = 0
        while True:
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
                done = asked - left[0] * ROWS
                if done % every == 0:
                    memory.append((done, resident(server.pid)))
                    if done % (10 * every) == 0:
                        print(f"{done:,} are asked, {memory[-1][1]:.0f} MB", file=sys.stderr, flush=True)
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
    later = [(done, held) for done, held in memory if done >= asked // 5]  # caches fill first
    slope = float(np.polyfit([done / 1e6 for done, _ in later], [held for _, held in later], 1)[0])
    return {
        "logged": logged,
        **before,
        "starts beside them, s": starts,
        "rows a second": round(asked / seconds),
        "memory (MB) after so many": {f"{done:,}": round(held) for done, held in memory[9::10]},
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
    """Read a past day from the live log, and one from the archive; return seconds and counts."""
    now = time.time_ns() // 1_000_000
    connection = sqlite3.connect(log / "log.db")
    began = time.monotonic()
    query = "SELECT client_id, version, json_extract(output, '$.prediction') FROM predictions WHERE id BETWEEN ? AND ?"
    ends = [(now - age * DAY // 2 << 20) for age in (3, 1)]  # the whole of yesterday's run
    live = sum(1 for _ in connection.execute(query, ends))
    seconds = time.monotonic() - began
    connection.close()
    folder = min((log / "archive" / "predictions").iterdir())
    began = time.monotonic()
    table = f"read_parquet('{folder}/*.parquet')"
    query = f"select client_id, version, json_extract_string(output, '$.prediction') from {table}"
    archived = len(duckdb.sql(query).fetchall())
    return {
        "a day in the live log, rows": live,
        "s to read it": round(seconds, 2),
        "a day in the archive, rows": archived,
        "s to read that": round(time.monotonic() - began, 2),
        "MB of the live log": round(sum(path.stat().st_size for path in log.glob("log.db*")) / 1e6),
        "MB of the archive": round(sum(path.stat().st_size for path in log.rglob("*.parquet")) / 1e6),
    }


if __name__ == "__main__":
    main()
