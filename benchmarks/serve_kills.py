"""Kill a server at random moments under load, again and again; then count what it knows against what it acknowledged.

    python benchmarks/serve_kills.py WORKSPACE NAME ROWS.json [--kills 1000] [--seed 0]

The server is a process of its own each time: forked from one that has loaded the libraries, because a start from
nothing takes seconds. The client is another process: it asks for predictions and tells labels, each with an id, repeats
after a lost connection what was not answered, and writes down what was. Predictions move to the archive meanwhile,
after seconds instead of minutes. A kill ends the process, not the machine: no power is cut here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import uvloop

CONNECTIONS = 16
KEPT = 10_000  # predictions in the live log; older ones move to the archive while kills go on,
SETTLED = 15_000  # milliseconds after they were made instead of ten minutes: nobody challenges here


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("name")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps(killed(options.workspace, options.name, options.rows, options.kills, options.seed, Path(folder)))
        )


def killed(workspace: Path, name: str, rows: Path, kills: int, seed: int, place: Path) -> dict[str, Any]:
    """Kill so many times; return the counts."""
    os.environ["OMP_NUM_THREADS"] = "1"  # a process that has threads cannot be forked safely
    # Late: the client has no use for the model's libraries.
    import journeyman  # noqa: PLC0415 - see above
    from journeyman.serving.serve import serve  # noqa: PLC0415 - see above
    from journeyman.serving.serve_settings import ServeSettings  # noqa: PLC0415 - see above
    from journeyman.stores import prediction_retention  # noqa: PLC0415 - see above

    prediction_retention._SETTLED = SETTLED
    journeyman.load(name, workspace=workspace).predict(json.loads(rows.read_text())[:1])  # loads its libraries
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ServeSettings(name, workspace, place / "log", port=port, keep_rows=KEPT)
    told, said = place / "told.txt", place / "said.txt"
    command = [sys.executable, __file__, "--client", str(port), str(rows), str(told)]
    client = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    rng, began, moments = random.Random(seed), time.monotonic(), Counter[str]()
    try:
        for number in range(kills):
            server = os.fork()
            if server == 0:
                descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                os.dup2(descriptor, 1)
                os.dup2(descriptor, 2)
                serve(settings, None)
                os._exit(0)
            before = _lines(told)
            time.sleep(rng.uniform(1.0, 4.0) if number % 10 == 0 else rng.uniform(0.0, 1.5))
            os.kill(server, signal.SIGKILL)
            os.waitpid(server, 0)
            moments["under load" if _lines(told) > before else "before the first answer"] += 1
    finally:
        client.send_signal(signal.SIGTERM)
        sent = json.loads(client.communicate(timeout=60)[0])
    counts = counted(place / "log", told)
    tracebacks = said.read_text().count("Traceback")
    seconds = round(time.monotonic() - began)
    return {"kills": kills, **moments, "seconds": seconds, **sent, **counts, "tracebacks": tracebacks}


def _lines(told: Path) -> int:
    return told.stat().st_size if told.exists() else 0


def counted(log: Path, told: Path) -> dict[str, Any]:
    """Compare the log and its archive with what was acknowledged."""
    connection = sqlite3.connect(log / "log.db")
    settings = dict(connection.execute("SELECT name, value FROM settings").fetchall())
    query = "SELECT client_id, printf('%016x', id) FROM predictions WHERE id > ?"
    live = connection.execute(query, (settings["archived"],)).fetchall()
    labels = connection.execute("SELECT printf('%016x', prediction), truth FROM labels").fetchall()
    sound = connection.execute("PRAGMA integrity_check").fetchone()[0]
    connection.close()
    archived: list[tuple[str, str]] = []
    if (log / "archive" / "predictions").exists():
        table = ds.dataset(log / "archive" / "predictions").to_table(["client_id", "id"]).to_pydict()
        archived = list(zip(table["client_id"], table["id"], strict=True))
    pairs = [*archived, *live]
    known, kept = dict(pairs), Counter(labels)
    lines = [line.split() for line in told.read_text().splitlines()]
    predictions = [(name, number) for kind, name, number in lines if kind == "P"]
    truths = [(number, truth) for kind, number, truth in lines if kind == "L"]
    return {
        "predictions acknowledged": len(predictions),
        "predictions lost": sum(known.get(name) != number for name, number in predictions),
        "predictions twice": len(pairs) - len(known),
        "of them in the archive": len(archived),
        "recorded, but not acknowledged": len(known.keys() - {name for name, _ in predictions}),
        "labels acknowledged": len(truths),
        "labels lost": sum(not kept[number, json.dumps(truth)] for number, truth in truths),
        "labels twice": sum(count - 1 for count in kept.values()),
        "integrity of the database": sound,
    }


class Client:
    """Connections that go on after each kill with the request that was not answered."""

    def __init__(self, port: int, rows: Path, told: Path) -> None:
        self.port = port
        self.rows = [json.dumps(row).encode() for row in json.loads(rows.read_text())]
        self.told = told.open("ab", buffering=0)
        self.number, self.repeated, self.ended = 0, 0, False
        self.statuses: Counter[int] = Counter()

    async def run(self) -> None:
        await asyncio.gather(*(self.connection() for _ in range(CONNECTIONS)))

    async def connection(self) -> None:
        reader: asyncio.StreamReader | None = None
        unlabelled = ""
        while not self.ended:
            if unlabelled:
                path, body = b"/labels", b'{"id":"%b","truth":"<=50K"}' % unlabelled.encode()
            else:
                self.number += 1
                name = f"k{self.number}"
                path, body = (
                    b"/predict",
                    b'{"id":"%b","row":%b}' % (name.encode(), self.rows[self.number % len(self.rows)]),
                )
            wire = b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (path, len(body), body)
            status, answer, tries = 0, b"", 0
            while not self.ended and status != 200:
                try:
                    if reader is None:
                        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    tries += 1
                    writer.write(wire)
                    head = (await reader.readuntil(b"\r\n\r\n")).lower()
                    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                    answer, status = await reader.readexactly(length), int(head[9:12])
                    self.statuses[status] += 1
                except (OSError, asyncio.IncompleteReadError):
                    reader = None
                    await asyncio.sleep(0.01)
            if status == 200 and unlabelled:
                self.told.write(b"L %b <=50K\n" % unlabelled.encode())
                unlabelled = ""
            elif status == 200:
                self.repeated += b'"repeated":true' in answer
                self.told.write(b"P %b %b\n" % (name.encode(), answer[7:23]))
                unlabelled = answer[7:23].decode() if self.number % 3 == 0 else ""


async def client(port: int, rows: Path, told: Path) -> None:
    load = Client(port, rows, told)

    def end() -> None:
        load.ended = True

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    await load.run()
    print(json.dumps({"statuses": load.statuses, "answered again after a kill": load.repeated}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--client"]:
        uvloop.run(client(int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])))
    else:
        main()
