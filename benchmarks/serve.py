"""Measure `journeyman serve`: requests a second, the slowest of a hundred, champion switches, kills, and a large log.

    python benchmarks/serve.py [--data ../shared/data] [--budget 60s] [--seconds 10] [--kills 20] [--logged 1000000]

Builds adult twice, serves it on loopback with one worker, and loads it from a second process with 32 connections,
bounded in requests and time. Every figure is of this machine at this moment; the load beside is printed with them.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import journeyman
from journeyman.entities.prediction import LogEntries, Part, Prediction
from journeyman.stores.prediction_log import SqlitePredictionLog

HERE = Path(__file__).resolve().parent


class Served:
    """A server in a process of its own."""

    def __init__(self, workspace: Path, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.words = ["serve", "adult", "--workspace", str(workspace), "--log", str(log), "--port", str(self.port)]
        self.log = log

    def start(self) -> float:
        """Start; return the seconds until it answered."""
        began = time.perf_counter()
        self.process = subprocess.Popen([sys.executable, "-m", "journeyman", *self.words], stderr=subprocess.DEVNULL)
        while True:
            try:
                self.ask("/health")
                return time.perf_counter() - began
            except OSError:
                assert self.process.poll() is None, "the server ended"
                time.sleep(0.02)

    def ask(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data, timeout=60) as reply:
            return json.load(reply)

    def load(self, rows: Path, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(HERE / "serve_load.py"), str(self.port), str(rows), *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def memory(self) -> float:
        """Resident memory in MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition("VmRSS:")[2].split()[0]) / 1e3

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--switches", type=int, default=100)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--logged", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["JOURNEYMAN_HOME"] = f"{folder}/home"
        table = options.data / "tabular" / "adult.csv.gz"
        for seed in (0, 1):
            release = journeyman.build(
                str(table), target="income", budget=options.budget, workspace=place, seed=seed, name="adult"
            )
        with gzip.open(table, "rt", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            names = {column.name for column in release.columns}
            some = [{k: v for k, v in next(reader).items() if k in names} for _ in range(2000)]
        (place / "rows.json").write_text(json.dumps(some))
        print(f"members: {', '.join(f'{m.candidate.name} {m.weight:.2f}' for m in release.report.members)}")
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}")
        throughput(place, options.seconds)
        switches(place, options.switches)
        kills(place, options.kills)
        large_log(place, options.logged)


def throughput(place: Path, seconds: float) -> None:
    server = Served(place, place / "log")
    print(f"start: {server.start():.1f} s")
    rows = place / "rows.json"
    server.load(rows, "--seconds", "3").communicate()
    before = cpu(server)
    told = json.loads(server.load(rows, "--requests", "1000000", "--seconds", str(seconds)).communicate()[0])
    told["server_cpu_ms_a_request"] = round(1e3 * (cpu(server) - before) / told["requests"], 3)
    print(f"32 connections: {json.dumps(told)}")
    print(f"memory: {server.memory():.0f} MB")
    server.end()


def cpu(server: Served) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def switches(place: Path, number: int) -> None:
    server = Served(place, place / "switched")
    server.start()
    client = server.load(place / "rows.json", "--requests", "1000000", "--seconds", str(number * 0.15 + 3))
    time.sleep(1)
    for i in range(number):
        server.ask("/models", {"champion": 1 + i % 2})
        time.sleep(0.1)
    told = json.loads(client.communicate()[0])
    connection = sqlite3.connect(place / "switched" / "log.db")
    mixed = "SELECT count(*) FROM predictions WHERE version != json_extract(output, '$.version')"
    print(f"{number} switches: {json.dumps(told)}, mixed: {connection.execute(mixed).fetchone()[0]}")
    connection.close()
    server.end()


def kills(place: Path, number: int) -> None:
    server = Served(place, place / "killed")
    told = place / "told.txt"
    for i in range(number):
        server.start()
        client = server.load(
            place / "rows.json", "--prefix", f"k{i}", "--requests", "1000000", "--acknowledged", str(told)
        )
        time.sleep(1.0 + 0.037 * (i % 20))
        server.end(signal.SIGKILL)
        client.communicate()
    connection = sqlite3.connect(place / "killed" / "log.db")
    pairs = connection.execute("SELECT client_id, printf('%016x', id) FROM predictions").fetchall()
    connection.close()
    known, acknowledged = dict(pairs), dict(line.split() for line in told.read_text().splitlines())
    lost = sum(known.get(name) != identity for name, identity in acknowledged.items())
    print(f"{number} kills: {len(acknowledged)} acknowledged, {lost} lost, {len(pairs) - len(known)} twice")


def large_log(place: Path, number: int) -> None:
    log = SqlitePredictionLog(place / "large")
    row, now = (place / "rows.json").read_bytes()[1:400], time.time_ns() // 1_000_000
    for start in range(0, number, 10_000):
        some = range(start, min(start + 10_000, number))
        entries = tuple(Prediction(1, Part.CHAMPION, "native", row, b"{}", b"d" * 16, f"c{i}") for i in some)
        log.append(LogEntries(entries), now)
    log.close()
    server = Served(place, place / "large")
    print(f"start with {number:,} predictions logged: {server.start():.1f} s, {server.memory():.0f} MB")
    server.end()


if __name__ == "__main__":
    main()
