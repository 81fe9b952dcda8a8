"""Measure `journeyman serve`: start, speed beside MLflow and FastAPI, kills, switches, a full disk, ten million rows.

    python benchmarks/serve.py [--quick] [--data ../shared/data] [--budget 60s] [--workspace DIR] [--peers DIR]
                               [--only start,speed,switches,disk,drain,mutants,kills,large]

Builds adult twice (or takes the model "adult" of a workspace), serves it on loopback with one worker, and loads it from
a second process, bounded in requests and time; --quick takes a hundredth of the kills, rows and mutants. MLflow and
FastAPI serve the same release by themselves, where benchmarks/peers/install_peers.sh has put them into DIR/serve; they
record nothing. Every figure is of this machine at this moment; the load beside is printed with them. It says first how
long it will take; a part that fails, or takes three times as long as it should, is told, and the next one begins.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from serve_client import Served, free_port

HERE = Path(__file__).resolve().parent
MINUTES = {
    "start": 0.5,
    "speed": 2.5,
    "switches": 0.5,
    "disk": 0.5,
    "drain": 0.7,
    "mutants": 2,
    "kills": 16,
    "large": 12,
}
"""Expected minutes of each part, in their order; building the models comes on top of it."""
STARTED: list[Served] = []  # in this part
FEWER = ("mutants", "kills", "large")  # of which --quick takes a hundredth
VERSIONS = ("journeyman", "lightgbm", "catboost", "numpy", "uvicorn", "uvloop", "httptools", "msgspec")


def ours(workspace: Path, log: Path, *options: str) -> Served:
    """Return our server of the model adult."""
    port = free_port()
    words = ["serve", "adult", "--workspace", str(workspace), "--log", str(log), "--port", str(port), *options]
    STARTED.append(Served([sys.executable, "-m", "journeyman", *words], port))
    return STARTED[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HERE.parent.parent / "shared" / "data")
    parser.add_argument("--budget", default="60s")
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--peers", type=Path)
    parser.add_argument("--only", default=",".join(MINUTES))
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    share = 100 if options.quick else 1
    wanted = [part for part in MINUTES if part in options.only.split(",")]
    assert set(options.only.split(",")) <= set(MINUTES), f"parts are {', '.join(MINUTES)}"
    expected = sum(MINUTES[part] / (share if part in FEWER else 1) for part in wanted)
    builds = "" if options.workspace else f", after two builds of {options.budget}"
    print(f"{', '.join(wanted)}: about {max(1, round(expected))} minutes{builds}", file=sys.stderr, flush=True)
    print("| what | figures |\n|---|---|")
    failed = []
    tell("machine", f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}")
    tell("versions", ", ".join(f"{name} {version(name)}" for name in VERSIONS))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ.setdefault("JOURNEYMAN_HOME", f"{folder}/home")
        workspace = options.workspace or place
        rows = prepared(options, workspace, place)
        script = [str(workspace), "adult", str(rows)]
        parts: dict[str, Callable[[], None]] = {
            "start": lambda: starts(workspace, place),
            "speed": lambda: speed(workspace, place, rows, 3 if options.quick else 10, options.peers),
            "switches": lambda: switches(workspace, place, rows, 100),
            "disk": lambda: full_disk(workspace, place, rows),
            "drain": lambda: drain(workspace, place, rows),
            "mutants": lambda: mutants(workspace, place, rows, 100_000 // share),
            "kills": lambda: told("kills", aside("kills", *script, "--kills", str(1_000 // share))),
            "large": lambda: told("large log", aside("large", *script, "--logged", str(10_000_000 // share))),
        }
        for part in wanted:
            try:
                parts[part]()
            except (AssertionError, OSError, subprocess.SubprocessError) as error:
                failed.append(part)
                tell(part, f"FAILED: {type(error).__name__} {' '.join(str(error).split())[-300:]}")
            finally:
                while STARTED:  # those of a part that failed still run
                    STARTED.pop().kill()
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def tell(what: str, figures: str) -> None:
    print(f"| {what} (load {os.getloadavg()[0]:.1f}) | {figures} |", flush=True)


def told(what: str, figures: dict[str, Any]) -> None:
    tell(what, "; ".join(f"{name}: {value}" for name, value in figures.items()))


def aside(part: str, *words: str) -> dict[str, Any]:
    """Run a part that is a script of its own; its last line is what it found."""
    command = [sys.executable, str(HERE / f"serve_{part}.py"), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        said = process.communicate(timeout=3 * 60 * MINUTES[part])[0]
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)  # and the servers that it has started
        raise
    assert process.returncode == 0, f"serve_{part}.py ended with {process.returncode}"
    figures: dict[str, Any] = json.loads(said.splitlines()[-1])
    return figures


def prepared(options: argparse.Namespace, workspace: Path, place: Path) -> Path:
    """Build the model where it is not there; return a file of rows."""
    import journeyman  # noqa: PLC0415 - its home is set before

    table = options.data / "tabular" / "adult.csv.gz"
    if not (workspace / "releases" / "adult" / "2").exists():
        for seed in (0, 1):
            journeyman.build(
                str(table), target="income", budget=options.budget, workspace=workspace, seed=seed, name="adult"
            )
    release = journeyman.load("adult", workspace=workspace)
    members = ", ".join(f"{m.candidate.name} {m.weight:.2f}, {m.rounds} rounds" for m in release.report.members)
    tell("model", f"adult {release.version}: {members}")
    with gzip.open(table, "rt", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names = {column.name for column in release.columns}
        some = [{k: v for k, v in next(reader).items() if k in names} for _ in range(2000)]
    rows = place / "rows.json"
    rows.write_text(json.dumps(some))
    return rows


def starts(workspace: Path, place: Path) -> None:
    """Start several times with an empty log; seconds from the start of the process to the first answer."""
    server = ours(workspace, place / "started")
    seconds = []
    for _ in range(6):
        seconds.append(round(server.start(), 2))
        server.end()
    kept = "kept" if not os.environ.get("PYTHONDONTWRITEBYTECODE") else "not kept"
    tell("start, empty log", f"{seconds[1:]} s, byte code {kept} (the first of all: {seconds[0]} s)")


def speed(workspace: Path, place: Path, rows: Path, seconds: float, peers: Path | None) -> None:
    """Load ours three times and each peer once, one after the other."""
    server = ours(workspace, place / "log")
    start = server.start()
    server.load(rows, "--seconds", "3").communicate()
    rates, tails = [], []
    for _ in range(3):
        before, stolen = cpu(server.process.pid), steal()
        figures = json.loads(server.load(rows, "--seconds", str(seconds)).communicate()[0])
        rates.append(figures["per_second"])
        tails.append(figures["p99_ms"])
        figures["cpu_ms_a_request"] = round(1e3 * (cpu(server.process.pid) - before) / figures["requests"], 3)
        figures["stolen_ms"] = round(1e3 * (steal() - stolen))
        told("ours, 32 connections, durable", figures)
    tell("ours, median of three", f"{sorted(rates)[1]:.0f} requests/s, 99th percentile {sorted(tails)[1]} ms")
    tell("ours, start and memory", f"{start:.1f} s, {server.memory():.0f} MB")
    server.end()
    python = None if peers is None else peers / "serve" / "bin" / "python"
    if python is None or not python.exists():
        tell("peers", "not installed: benchmarks/peers/install_peers.sh DIR, then --peers DIR")
        return
    script, port = str(HERE / "peers" / "serve_model.py"), free_port()
    wanted = [str(python), script, "fastapi", str(workspace.resolve()), "adult", str(port)]
    rate = beside("FastAPI", Served(wanted, port), rows, "bare", seconds)
    tell("ours to FastAPI", f"{sorted(rates)[1] / rate:.1f} times")
    model = str(place / "mlflow")
    subprocess.run([str(python), script, "mlflow", str(workspace.resolve()), "adult", model], check=True)
    port = free_port()
    words = ["models", "serve", "-m", model, "-p", str(port), "--env-manager", "local", "--workers", "1"]
    path = f"{python.parent}:{os.environ['PATH']}"  # it starts its own uvicorn
    peer = Served([str(python.parent / "mlflow"), *words], port, {"PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"})
    rate = beside("mlflow models serve", peer, rows, "mlflow", seconds)
    tell("ours to MLflow", f"{sorted(rates)[1] / rate:.1f} times")


def beside(name: str, server: Served, rows: Path, form: str, seconds: float) -> float:
    STARTED.append(server)
    start = server.start("/ping")
    server.load(rows, "--form", form, "--seconds", "3").communicate()
    figures = json.loads(server.load(rows, "--form", form, "--seconds", str(seconds)).communicate()[0])
    told(f"{name}, 32 connections, nothing recorded, start {start:.1f} s", figures)
    server.end()
    return float(figures["per_second"])


def cpu(pid: int) -> float:
    """Return seconds of the processor that a process took."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def steal() -> float:
    """Return seconds that other machines of the same host took from ours."""
    return int(Path("/proc/stat").read_text().split()[8]) / os.sysconf("SC_CLK_TCK")


def switches(workspace: Path, place: Path, rows: Path, number: int) -> None:
    """Change the champion under load."""
    server = ours(workspace, place / "switched")
    server.start()
    client = server.load(rows, "--seconds", str(number * 0.15 + 3))
    time.sleep(1)
    refused = 0
    for i in range(number):
        status, answer = server.ask("/models", {"champion": 1 + i % 2})
        refused += status != 200 or answer["champion"]["version"] != 1 + i % 2
        time.sleep(0.1)
    figures = json.loads(client.communicate()[0])
    with sqlite3.connect(place / "switched" / "log.db") as connection:
        query = "SELECT count(*) FROM predictions WHERE version != json_extract(output, '$.version')"
        figures["mixed"] = connection.execute(query).fetchone()[0]
    connection.close()
    told(f"{number} switches of champion, {refused} refused", figures)
    server.end()


def full_disk(workspace: Path, place: Path, rows: Path) -> None:
    """Fill the disk of the log under load, then make room."""
    disk = place / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=False).returncode:
        tell("full disk", "not tried: only root may mount a small one")
        return
    try:
        server = ours(workspace, disk / "log")
        server.start()
        acknowledged = place / "disk.txt"
        client = server.load(rows, "--seconds", "12", "--acknowledged", str(acknowledged))
        time.sleep(4)
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            while (left := shutil.disk_usage(disk).free) > 100_000:
                file.write(b"0" * min(left - 100_000, 1 << 20))
                file.flush()
        time.sleep(3)
        sick = server.ask("/health")
        ballast.unlink()
        figures = json.loads(client.communicate()[0])
        figures["health while full"], figures["health after"] = sick[0], server.ask("/health")[0]
        figures["said while full"] = sick[1].get("trouble", "")
        server.end()
        known = recorded(disk / "log")
        lines = [line.split() for line in acknowledged.read_text().splitlines()]
        figures["lost"] = sum(known.get(name) != number for name, number in lines)
        figures["refused, but recorded"] = len(known) - len(lines)
        told("full disk", figures)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def recorded(log: Path) -> dict[str, str]:
    connection = sqlite3.connect(log / "log.db")
    pairs = connection.execute("SELECT client_id, printf('%016x', id) FROM predictions").fetchall()
    connection.close()
    return dict(pairs)


def drain(workspace: Path, place: Path, rows: Path) -> None:
    """Tell it to end under load, several times: what it recorded must be what it acknowledged."""
    seconds, differences, number = [], 0, 0
    for i in range(5):
        server = ours(workspace, place / f"drained{i}")
        server.start()
        acknowledged = place / f"drained{i}.txt"
        client = server.load(rows, "--seconds", "20", "--acknowledged", str(acknowledged))
        time.sleep(2 + 0.3 * i)
        seconds.append(server.end())
        client.communicate()
        told_ = dict(line.split() for line in acknowledged.read_text().splitlines())
        number += len(told_)
        differences += len(told_.items() ^ recorded(place / f"drained{i}").items())
    longest = max(seconds)
    tell(
        "5 times SIGTERM under load",
        f"longest {longest:.2f} s; {number} acknowledged, {differences} differ from the log",
    )


def mutants(workspace: Path, place: Path, rows: Path, number: int) -> None:
    """Send mutated requests of every protocol."""
    server = ours(workspace, place / "mutated", "--key", "age")
    server.start()
    began = time.monotonic()
    figures = aside("mutants", str(server.port), str(rows), "--requests", str(number))
    figures["seconds"] = round(time.monotonic() - began)
    figures["tracebacks"] = server.said.read_text().count("Traceback")
    figures["health after"] = server.ask("/health")[0]
    for fault in figures["faults"][:10]:
        print(fault, file=sys.stderr)
    told("mutated requests", {**figures, "faults": len(figures["faults"])})
    server.end()


if __name__ == "__main__":
    main()
