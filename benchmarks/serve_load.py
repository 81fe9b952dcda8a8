"""A client that keeps some connections busy with one-row requests, for so many requests or seconds; prints JSON.

    python benchmarks/serve_load.py PORT ROWS.json --connections 32 --requests 20000 --seconds 15

ROWS.json is a list of rows. --form says to whom it speaks: ours, the scoring server of MLflow, or one that takes a bare
row. Each request has an id of its own. Every acknowledged answer's id goes to --acknowledged, a line each, written
before the next request is sent, so that a killed server can be asked what it still knows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import time
from pathlib import Path

import uvloop

FORMS = {
    "native": ("/predict", b'{"id":"%(id)b","row":%(row)b}'),
    "mlflow": ("/invocations", b'{"dataframe_records":[%(row)b]}'),
    "bare": ("/predict", b"%(row)b"),
}


class Connection(asyncio.Protocol):
    """Sends a request, waits for its answer, sends the next."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.load.open += 1
        self.send()

    def send(self) -> None:
        request = self.load.next_request()
        if request is None:
            self.transport.close()
            return
        self.client_id, wire = request
        self.began = time.perf_counter()
        self.transport.write(wire)

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(rest) < length:
            return
        self.received = b""
        self.load.answered(self.client_id, int(head[9:12]), rest, time.perf_counter() - self.began)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        self.load.closed()


class Load:
    """What is sent, and what came of it."""

    def __init__(self, options: argparse.Namespace) -> None:
        rows = json.loads(options.rows.read_text())
        self.rows = [json.dumps(row).encode() for row in rows]
        self.prefix = options.prefix or f"{os.getpid()}-{time.time_ns()}"
        path, self.form = FORMS[options.form]
        kind = "Content-Type: application/json\r\n"
        self.head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{options.port}\r\n{kind}Content-Length: ".encode()
        self.sent, self.most = 0, options.requests
        self.until = time.monotonic() + options.seconds
        self.times: list[float] = []
        self.statuses: dict[int, int] = {}
        self.versions: dict[str, int] = {}
        self.open = 0
        self.done = asyncio.get_running_loop().create_future()
        self.acknowledged = open(options.acknowledged, "ab", buffering=0) if options.acknowledged else None  # noqa: SIM115

    def next_request(self) -> tuple[str, bytes] | None:
        if self.sent >= self.most or time.monotonic() > self.until:
            return None
        number, self.sent = self.sent, self.sent + 1
        client_id = f"{self.prefix}-{number}"
        body = self.form % {b"id": client_id.encode(), b"row": self.rows[number % len(self.rows)]}
        return client_id, b"%b%d\r\n\r\n%b" % (self.head, len(body), body)

    def answered(self, client_id: str, status: int, body: bytes, seconds: float) -> None:
        self.times.append(seconds)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if status == 200:
            version = body.partition(b'"version":')[2].partition(b",")[0].decode()
            self.versions[version] = self.versions.get(version, 0) + 1
            if self.acknowledged is not None:
                self.acknowledged.write(b"%b %b\n" % (client_id.encode(), body[7:23]))

    def closed(self) -> None:
        self.open -= 1
        if self.open <= 0 and not self.done.done():
            self.done.set_result(None)


async def run(options: argparse.Namespace) -> dict[str, object]:
    load = Load(options)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for _ in range(options.connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", options.port)
    await load.done
    seconds = time.perf_counter() - began
    times = sorted(load.times)
    return {
        "requests": len(times),
        "seconds": round(seconds, 3),
        "per_second": round(len(times) / seconds, 1),
        "p50_ms": round(1e3 * times[len(times) // 2], 2) if times else None,
        "p99_ms": round(1e3 * times[int(0.99 * len(times))], 2) if times else None,
        "worst_ms": round(1e3 * times[-1], 2) if times else None,
        "statuses": load.statuses,
        "versions": load.versions,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--form", choices=sorted(FORMS), default="native")
    parser.add_argument("--prefix", default="")
    parser.add_argument("--acknowledged", type=Path)
    print(json.dumps(uvloop.run(run(parser.parse_args()))))


if __name__ == "__main__":
    main()
