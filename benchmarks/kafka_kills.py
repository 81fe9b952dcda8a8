"""Kills of server and broker under load: each message answered once, as a reader of committed messages counts.

    python benchmarks/kafka_kills.py [--kills 100] [--rate 1000] [--workers 3] [--brokers 0.1] [--alone 0.3] [--seed 0]

A broker of one node, a topic of three partitions, a producer that goes on at a rate. Each kill is SIGKILL: of the
server, which is started again; of one of several workers, which the server starts again, so that the group rebalances
under load; or of the broker, which is started again on its data. Labels go by the answers' ids. At the end each key
must stand in the answers once, and each label must be recorded. Speed is measured before, of one worker without kills:
rows a second of the clock, from the first answer to the last, and of a processor, the worker's alone; how much of that
is the model's is told beside. Rows have eight numbers and four categories.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.kafka_broker import Broker, broker, free_port, lacking

import journeyman
from journeyman.inference.release import Release

_START = 180.0  # seconds
_WARM = 2_000  # rows before speed is measured
ROWS, ANSWERS, LABELS = "rows", "answers", "labels"


def main() -> None:
    """Measure speed, then kill."""
    asked = arguments()
    if lacking():
        sys.exit(lacking())
    folder = Path(tempfile.mkdtemp(prefix="kafka-kills-"))
    made = np.random.default_rng(asked.seed)
    frame = pd.DataFrame([row(i) for i in range(2_000)])
    noise = made.normal(0, 0.3, len(frame))
    frame["y"] = np.where(frame["x0"] + (frame["c0"] == "a") + noise > 0.3, "yes", "no")
    release = journeyman.build(frame, target="y", trials=3, workspace=folder / "workspace", name="m")
    print(f"the model alone takes {model_seconds(release) * 1e6:.0f} us of a processor a row", flush=True)
    (folder / "broker").mkdir()
    with broker(folder / "broker") as node:
        node.make_topics([ROWS, ANSWERS, LABELS], 3)
        speed(node, folder, asked)
        kills(node, folder, asked)


def speed(node: Broker, folder: Path, asked: argparse.Namespace) -> None:
    """Print how many rows one worker answers in a second of the clock, and in one of a processor."""
    server = served(node, folder, 1)
    node.send(ROWS, [(f"w{i}".encode(), message(i)) for i in range(_WARM)])
    node.read(ANSWERS, _WARM, timeout=300)
    used = processor_seconds(server.pid)
    node.send(ROWS, [(f"s{i}".encode(), message(i)) for i in range(asked.rows)])
    answers = [m for m in node.read(ANSWERS, _WARM + asked.rows, timeout=600) if m.key().startswith(b"s")]
    used = processor_seconds(server.pid) - used
    server.terminate()
    server.wait()
    times = [m.timestamp()[1] for m in answers]
    seconds = (max(times) - min(times)) / 1000
    print(
        f"{len(answers):,} rows by one worker: {len(answers) / seconds:,.0f} a second of the clock, "
        f"{len(answers) / used:,.0f} a second of its processor; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores",
        flush=True,
    )


def model_seconds(release: Release) -> float:
    """Return the seconds of a processor that the model takes for a row, a thousand at once: no service, no log."""
    rows = [row(i) for i in range(1_000)]
    block = release.read_rows({name: [one[name] for one in rows] for name in rows[0]})
    release.answer_block(block)
    began = time.process_time()
    for _ in range(5):
        release.answer_block(block)
    return (time.process_time() - began) / 5 / len(rows)


def processor_seconds(pid: int) -> float:
    """Return the seconds of a processor that a process has used, of all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def kills(node: Broker, folder: Path, asked: argparse.Namespace) -> None:
    """Kill under load, then count."""
    rng, ending, sent = random.Random(asked.seed), threading.Event(), [0]

    def produce() -> None:
        # one producer for all: each message is delivered once, however often it had to be sent
        producer = node.producer()
        while not ending.is_set():
            for i in range(sent[0], sent[0] + asked.rate // 10):
                producer.produce(ROWS, message(i), f"k{i}".encode())
            sent[0] += asked.rate // 10
            producer.poll(0)
            time.sleep(0.1)
        assert producer.flush(120) == 0

    producer = threading.Thread(target=produce)
    producer.start()
    server, killed = served(node, folder, asked.workers), Counter[str]()
    end = time.monotonic() + asked.minutes * 60
    for kill in range(asked.kills):
        if time.monotonic() > end:
            break
        time.sleep(rng.uniform(2, 6))
        drawn, alone = rng.random(), workers_of(server.pid)
        if drawn < asked.brokers:
            node.kill()
            node.start()
            killed["broker"] += 1
        elif drawn < asked.brokers + asked.alone and alone:
            os.kill(rng.choice(alone), signal.SIGKILL)
            killed["one worker"] += 1
        else:
            server.kill()
            server.wait()
            server = served(node, folder, asked.workers)
            killed["server"] += 1
        if kill % 10 == 9:
            print(f"{kill + 1} kills, {sent[0]:,} rows sent", flush=True)
    ending.set()
    producer.join()
    before = _WARM + asked.rows
    answers = [m for m in node.read(ANSWERS, sent[0] + before, timeout=600, quiet=15) if m.key().startswith(b"k")]
    counted = Counter(m.key() for m in answers)
    ids = [json.loads(m.value())["id"] for m in answers[:: max(1, len(answers) // 500)]]
    node.send(LABELS, [(None, json.dumps({"id": one, "truth": "yes"}).encode()) for one in ids])
    recorded = joined(folder, len(ids))
    server.terminate()
    server.wait()
    lost, twice = sent[0] - len(counted), sum(n > 1 for n in counted.values())
    print(f"kills: {', '.join(f'{n} of {victim}' for victim, n in killed.items())}; {sent[0]:,} rows sent")
    print(f"lost {lost}, answered twice {twice}, labels {recorded} of {len(ids)} recorded")
    if lost or twice or recorded < len(ids):
        sys.exit(1)


def workers_of(server: int) -> list[int]:
    """Return the processes that a server with several workers has started."""
    children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def joined(folder: Path, wanted: int) -> int:
    """Return how many labels the log holds, once it has so many or a minute is over."""
    end, found = time.monotonic() + 60, 0
    while found < wanted and time.monotonic() < end:
        time.sleep(1)
        with sqlite3.connect(folder / "workspace" / "predictions" / "m" / "log.db") as log:
            (found,) = log.execute("select count(*) from labels").fetchone()
    return found


def row(number: int) -> dict[str, float | str]:
    """Return a row of eight numbers and four categories."""
    drawn = random.Random(number)
    numbers: dict[str, float | str] = {f"x{k}": round(drawn.gauss(), 5) for k in range(8)}
    return numbers | {f"c{k}": drawn.choice("abc") for k in range(4)}


def message(number: int) -> bytes:
    """Return a row as the value of a message."""
    return json.dumps(row(number)).encode()


def served(node: Broker, folder: Path, workers: int) -> subprocess.Popen[bytes]:
    """Start a server of the topics, and wait until it answers: what is killed shall have been at work.

    One that found no broker is started again, as supervisors do.
    """
    command = [sys.executable, "-m", "journeyman", "serve", "m", "--workspace", str(folder / "workspace")]
    topics = ["--kafka", node.address, "--from", ROWS, "--to", ANSWERS, "--labels", LABELS]
    end = time.monotonic() + _START
    while True:
        port = free_port()
        server = subprocess.Popen([*command, "--port", str(port), "--workers", str(workers), *topics])
        while server.poll() is None and time.monotonic() < end:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).close()
                return server
            except OSError:
                time.sleep(0.2)
        if time.monotonic() > end:
            server.kill()
            sys.exit(f"the server does not answer after {_START:g} s")


def arguments() -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument(
        "--minutes", type=float, default=120.0, help="after which no more kills come, and it is counted"
    )
    parser.add_argument("--rate", type=int, default=1_000, help="rows a second sent under kills, about")
    parser.add_argument("--rows", type=int, default=50_000, help="of the backlog that speed is measured on")
    parser.add_argument("--brokers", type=float, default=0.1, help="share of the kills that hit the broker")
    parser.add_argument("--alone", type=float, default=0.3, help="share that hits one of several workers")
    parser.add_argument("--workers", type=int, default=3, help="under kills; speed is that of one")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
