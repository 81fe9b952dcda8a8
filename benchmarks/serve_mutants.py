"""Send a server mutated requests: of every protocol, broken in what they say, in their form, in their bytes.

    python benchmarks/serve_mutants.py PORT ROWS.json [--requests 100000] [--seed 0]

Prints the answers by status, and every request that was answered with 500 or more. The same seed makes the same
requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

CONNECTIONS = 16
STRANGE: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1e308,
    -1e-320,
    10**30,
    10**309,
    2**63,
    float("nan"),
    float("inf"),
    "ffffffffffffffff",
    0.1,
    "",
    " ",
    "NaN",
    "Infinity",
    "\x00",
    "\ufffd",
    "a" * 5_000,
    "💥",
    "1970-01-01",
    "<script>",
    "' OR 1=1 --",
    [],
    {},
    [[]],
    [None],
    {"": None},
    {"row": {}},
    [[1, 2], [3]],
    [{}] * 20,
]
BYTES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"{",
    b"[" * 2_000,
    b'"',
    b"NaN",
    b"1e999",
    b"\r\n",
    b"\xed\xa0\x80",
    b"{}" * 50,
    b",",
    b"null",
    b"9" * 5_000,
    b'"\\ud800"',
    b'{"row":{},"row":{"x":1}}',
    b"\x1f\x8b\x08\x00",
]
HEADERS = [
    "application/json",
    "text/csv",
    "application/json; charset=utf-16",
    "application/octet-stream",
    "",
    "x",
    "text/csv; header=present",
]


def seeds(row: dict[str, Any], model: str, truth: str) -> list[tuple[str, str, Any]]:
    """Return a sound request of each address."""
    names, values = list(row), list(row.values())
    tensors = [{"name": name, "shape": [1], "datatype": "BYTES", "data": [str(value)]} for name, value in row.items()]
    return [
        ("POST", "/predict", {"row": row, "id": "m", "reasons": False}),
        ("POST", "/predict", {"rows": [row, row], "ids": ["m1", "m2"], "strict": True}),
        ("POST", "/predict", {"row": row, "reasons": True}),
        ("POST", "/labels", {"id": "00000000000000ff", "truth": truth}),
        ("POST", "/labels", {"labels": [{"key": {"age": 1}, "truth": truth}]}),
        ("POST", "/models", {"champion": 1}),
        ("POST", "/models", {"challenger": {"version": 1, "role": "canary", "share": 0.1}}),
        ("POST", "/invocations", {"dataframe_split": {"columns": names, "data": [values]}, "params": {"detail": True}}),
        ("POST", "/invocations", {"dataframe_records": [row]}),
        ("POST", "/invocations", {"instances": [row]}),
        ("POST", "/invocations", {"inputs": {name: [value] for name, value in row.items()}}),
        ("POST", "/invocations", f"{','.join(names)}\n{','.join(map(str, values))}\n"),
        ("POST", "/vertex/predict", {"instances": [row], "parameters": {"detail": True}}),
        ("POST", f"/v2/models/{model}/infer", {"id": "i", "inputs": tensors, "outputs": [{"name": "predict"}]}),
        ("POST", f"/v2/models/{model}/versions/1/infer", {"inputs": tensors}),
        ("GET", f"/v2/models/{model}", None),
        ("GET", "/v2/health/ready", None),
        ("GET", "/metrics", None),
        ("GET", "/models", None),
        ("GET", "/openapi.json", None),
        ("GET", "/ping", None),
    ]


class Mutator:
    """Makes requests, each from a sound one with some mutations."""

    def __init__(self, rows: list[dict[str, Any]], seed: int, model: str = "adult", truth: str = "<=50K") -> None:
        self.rows, self.rng = rows, random.Random(seed)
        self.model, self.truth = model, truth

    def request(self) -> bytes:
        rng = self.rng
        weights = [8, 6, 1, 4, 4, 0.2, 0.2, 5, 4, 4, 4, 4, 5, 6, 2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3]
        method, path, content = rng.choices(seeds(rng.choice(self.rows), self.model, self.truth), weights)[0]
        headers = {"Content-Type": "text/csv" if isinstance(content, str) else "application/json"}
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            content = self.mutated(content)
        body = b"" if content is None else content.encode() if isinstance(content, str) else self.bytes_of(content)
        if rng.random() < 0.15:
            body = self.broken(body)
        if rng.random() < 0.06:
            headers["Content-Type"] = rng.choice(HEADERS)
        if rng.random() < 0.03:
            path = rng.choice(
                [path + "/", path.upper(), "/v2/models/%00/infer", "/..", path + "?a=%ff", "//", path[:-1] or "/"]
            )
        if rng.random() < 0.03:
            method = rng.choice(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "POST"])
        if rng.random() < 0.03:
            name = rng.choice(
                [
                    "Inference-Header-Content-Length",
                    "Accept",
                    "Authorization",
                    "X-Amzn-SageMaker-Inference-Id",
                    "Content-Encoding",
                ]
            )
            headers[name] = rng.choice(["-1", "99999999999", "x", "Bearer x", "text/csv", "é", "0", "gzip", "deflate"])
        lines = [f"{method} {path} HTTP/1.1", "Host: h", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode("latin-1", "replace") + body

    def bytes_of(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=self.rng.random() < 0.5).encode("utf-8", "surrogatepass")

    def mutated(self, content: Any) -> Any:
        """Return a copy with one place changed: a value replaced, a name changed, something taken away or twice."""
        rng = self.rng
        if isinstance(content, str) and rng.random() < 0.7:
            place = rng.randrange(len(content) + 1)
            return (
                content[:place]
                + rng.choice(["", ",", '"', "\n", "é", "x" * 50, ";", "\t"])
                + content[place + rng.randrange(3) :]
            )
        if isinstance(content, dict) and content and rng.random() < 0.85:
            key, copy = rng.choice(list(content)), dict(content)
            kind = rng.random()
            if kind < 0.6:
                copy[key] = self.mutated(copy[key])
            elif kind < 0.75:
                del copy[key]
            elif kind < 0.9:
                copy[rng.choice(["", "row", "id", "x" * 300, key + " ", key.upper(), "\x00"])] = copy.pop(key)
            else:
                copy[rng.choice(["extra", "rows", "truth", "key"])] = rng.choice(STRANGE)
            return copy
        if isinstance(content, list) and content and rng.random() < 0.85:
            place, copy = rng.randrange(len(content)), list(content)
            kind = rng.random()
            if kind < 0.6:
                copy[place] = self.mutated(copy[place])
            elif kind < 0.8:
                del copy[place]
            else:
                copy *= rng.choice((2, 3, 30))
            return copy
        return rng.choice(STRANGE)

    def broken(self, body: bytes) -> bytes:
        rng = self.rng
        place = rng.randrange(len(body) + 1)
        return body[:place] + rng.choice(BYTES) + body[place + rng.randrange(1 + min(40, len(body))) :]


async def run(port: int, rows: Path, requests: int, seed: int) -> dict[str, Any]:
    """Send them; return the counts by status, and what was answered with 500 or more."""
    mutator = Mutator(json.loads(rows.read_text())[:200], seed)
    statuses, faults, left = Counter[str](), [], requests

    async def connection() -> None:
        nonlocal left
        reader: asyncio.StreamReader | None = None
        while left > 0:
            left -= 1
            wire = mutator.request()
            try:
                if reader is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(wire)
                head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).lower()
                length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                bare = wire.startswith(b"HEAD")
                answer = b"" if bare else await asyncio.wait_for(reader.readexactly(length), 60)
            except (OSError, asyncio.IncompleteReadError):
                statuses["closed"] += 1
                reader = None
                continue
            except TimeoutError:
                statuses["no answer"] += 1
                faults.append(repr(wire[:2000]))
                reader = None
                continue
            statuses[head[9:12].decode()] += 1
            if head[9:10] == b"5" or b"Traceback" in answer:
                faults.append(f"{wire[:2000]!r} -> {answer[:500]!r}")
            if b"connection: close" in head:
                reader = None

    await asyncio.gather(*(connection() for _ in range(CONNECTIONS)))
    return {"requests": requests, "statuses": dict(sorted(statuses.items())), "faults": faults}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(json.dumps(uvloop.run(run(options.port, options.rows, options.requests, options.seed))))


if __name__ == "__main__":
    main()
