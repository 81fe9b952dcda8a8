"""An adopted model in service: kills of its process cost no request; and a model that is served is adopted."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.foreign_models import fitted, people, write_project
from tests.serving.conftest import Server, until

from journeyman.api.adopt import adopt
from journeyman.inference.foreign import program

ROWS = people(30, seed=6)
INPUTS = ROWS[["age", "children", "city"]]
RECORDS = INPUTS.astype(object).where(INPUTS.notna(), None).to_dict("records")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an adopted project."""
    folder = tmp_path_factory.mktemp("adopted")
    people(300, seed=3).to_csv(folder / "people.csv", index=False)
    adopt(write_project(folder / "toy"), name="m", data=folder / "people.csv", workspace=folder / "w")
    served = Server(folder / "w", folder / "log")
    served.start()
    yield served
    served.kill()


def _models_of(server: Server) -> list[int]:
    """Return the processes of models that a server has started."""
    found = []
    for told in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(told.read_text().rpartition(")")[2].split()[1])
            words = told.with_name("cmdline").read_bytes().split(b"\0")
        except OSError:  # gone meanwhile
            continue
        if parent == server.process.pid and program.__file__.encode() in words:
            found.append(int(told.parent.name))
    return found


def _answers(server: Server) -> list[object]:
    status, said = server.ask("/predict", {"rows": RECORDS})
    assert status == 200, said
    return [one["prediction"] for one in said["predictions"]]


def test_it_answers_as_the_model_does(server: Server) -> None:
    assert _answers(server) == fitted().predict(INPUTS).tolist()  # type: ignore[attr-defined]  # a pipeline


def test_kills_of_the_models_process_are_not_noticed_by_callers(server: Server) -> None:
    expected, told, stop = _answers(server), list[object](), threading.Event()

    def ask() -> None:
        while not stop.is_set():
            told.append(server.ask("/predict", {"rows": RECORDS[:3]}))

    callers = [threading.Thread(target=ask) for _ in range(2)]
    for caller in callers:
        caller.start()
    killed: set[int] = set()
    try:
        while len(killed) < 3:
            [pid, *_] = until(lambda: [pid for pid in _models_of(server) if pid not in killed])
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    finally:
        stop.set()
    for caller in callers:
        caller.join()
    assert {status for status, _ in told} <= {200, 503}  # type: ignore[misc]  # pairs
    assert _answers(server) == expected


def test_a_served_model_is_adopted_with_its_probabilities(server: Server, tmp_path: Path) -> None:
    ROWS.to_csv(tmp_path / "people.csv", index=False)
    told = adopt(
        f"http://127.0.0.1:{server.port}",
        name="again",
        data=tmp_path / "people.csv",
        target="stays",
        workspace=tmp_path / "w",
    )
    chances = fitted().predict_proba(INPUTS)  # type: ignore[attr-defined]  # a pipeline
    np.testing.assert_allclose(told.release.predict_proba(INPUTS), chances, atol=1e-12)
