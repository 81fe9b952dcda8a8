"""A small model in service, asked without a network: the ASGI application itself, with its log on a real disk."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.served_model import two_versions

from journeyman.api.build import build
from journeyman.api.predict import load
from journeyman.inference.release import Release
from journeyman.serving.application import Application
from journeyman.serving.serve import make_application
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stores.prediction_log import SqlitePredictionLog

ROW = {"x": 0.5, "c": "a"}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with two versions of a model "m" of two classes, the first its champion."""
    return two_versions(tmp_path_factory)


@pytest.fixture(scope="session")
def number_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a model "n" of a number."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"x": rng.normal(size=120), "c": rng.choice(list("abc"), 120)})
    place = tmp_path_factory.mktemp("number")
    build(frame.assign(y=3 * frame["x"]), target="y", trials=2, workspace=place, name="n")
    return place


@pytest.fixture(scope="session")
def release(workspace: Path) -> Release:
    return load("m", workspace=workspace)


@dataclass
class Told:
    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks an application; its log is there to look at."""

    def __init__(self, application: Application, log: SqlitePredictionLog, loop: asyncio.AbstractEventLoop) -> None:
        self.application, self.log, self.loop = application, log, loop

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Told:
        return self.loop.run_until_complete(self.asked(method, path, body, headers))

    async def asked(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Told:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = [(k.lower().encode(), v.encode()) for k, v in (headers or {}).items()]
        scope = {"type": "http", "method": method, "path": path, "headers": named}
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": raw, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receive, send)
        start, *rest = sent
        told = {k.decode(): v.decode() for k, v in start["headers"]}
        return Told(start["status"], b"".join(m["body"] for m in rest), told)

    def predictions(self) -> list[tuple[Any, ...]]:
        query = 'SELECT id, version, part, protocol, client_id, key, "row", output FROM predictions ORDER BY id'
        return self.log.reading().execute(query).fetchall()

    def labels(self) -> list[tuple[Any, ...]]:
        return self.log.reading().execute("SELECT prediction, key, truth FROM labels ORDER BY number").fetchall()


@contextmanager
def served(settings: ServeSettings, shared: Path) -> Iterator[Client]:
    """Serve as a server would, between start-up and shutdown."""
    loop = asyncio.new_event_loop()
    messages: asyncio.Queue[Any] = asyncio.Queue()
    done: asyncio.Queue[Any] = asyncio.Queue()
    application = make_application(settings, shared)
    life = loop.create_task(application({"type": "lifespan"}, messages.get, done.put))
    try:
        loop.run_until_complete(messages.put({"type": "lifespan.startup"}))
        assert loop.run_until_complete(done.get())["type"] == "lifespan.startup.complete"
        assert settings.log is not None
        log = SqlitePredictionLog(settings.log)
        yield Client(application, log, loop)
        log.close()
    finally:
        loop.run_until_complete(messages.put({"type": "lifespan.shutdown"}))
        loop.run_until_complete(life)
        loop.close()


@pytest.fixture
def settings(workspace: Path, tmp_path: Path) -> ServeSettings:
    return ServeSettings("m", workspace, tmp_path / "log", keys=("order",))


@pytest.fixture
def client(settings: ServeSettings, tmp_path: Path) -> Iterator[Client]:
    with served(settings, tmp_path) as client:
        yield client


@pytest.fixture
def number_client(settings: ServeSettings, number_workspace: Path, tmp_path: Path) -> Iterator[Client]:
    with served(replace(settings, model="n", workspace=number_workspace), tmp_path) as client:
        yield client


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Return a function that asks until there is an answer."""

    def wait(look: Callable[[], Any]) -> Any:
        for _ in range(9_000):
            if found := look():
                return found
            time.sleep(0.02)
        raise AssertionError("what was waited for did not come")

    return wait
