"""A small world for the loop: a model, a log that is filled as if it had been served, and a clock of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.api.build import build
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.operation import Economics
from journeyman.entities.prediction import Label, LogEntries, Part, Prediction, Shadow
from journeyman.inference.release import open_release
from journeyman.operations.apply_move import Actuator
from journeyman.operations.loop_context import LoopContext
from journeyman.operations.training_data import TrainingTable
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.runtime.clock import SystemClock
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.releases import read_release, write_release
from journeyman.stores.run_artifacts import build_artifacts
from journeyman.stores.tables import Fence
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

BEGUN = 1_700_000_040_000
SPAN = 60_000
SETTINGS = OperateSettings(
    every=SPAN, settle=0, economics=Economics(retraining=0.2, horizon=2_000), budget=None, trials=2, keep_rounds=40
)


def make_model(place: Path, seed: int = 3, rows: int = 400) -> None:
    """Build version 1 of a model "m" of two classes."""
    frame = make_rows(np.random.default_rng(seed), rows)
    build(frame.assign(y=truths_of(frame, False)), target="y", trials=2, workspace=place, name="m")


def make_rows(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame({"x": rng.normal(size=rows).round(6), "c": rng.choice(list("abc"), rows)})


def truths_of(frame: pd.DataFrame, drifted: bool) -> NDArray[np.object_]:
    """Return the truth of rows; after the drift it is the other one for most of them."""
    high = frame["x"] + (frame["c"] == "a") > 0.3
    return np.where(high ^ (drifted & (frame["c"] != "b")), "yes", "no").astype(object)


def answer_json(version: int, yes: float) -> bytes:
    said = {"prediction": "yes" if yes >= 0.5 else "no", "version": version, "part": "champion"}
    return msgspec.json.encode({**said, "probabilities": {"no": 1 - yes, "yes": yes}})


def record(
    log: SqlitePredictionLog,
    at: int,
    frame: pd.DataFrame,
    answers: NDArray[np.float64],
    version: int = 1,
    shadows: dict[int, NDArray[np.float64]] | None = None,
) -> list[int]:
    """Write answered rows down; return their ids."""
    rows = [msgspec.json.encode(row) for row in frame.to_dict("records")]
    entries = tuple(
        Prediction(version, Part.CHAMPION, "native", row, answer_json(version, float(yes)), b"d")
        for row, yes in zip(rows, answers, strict=True)
    )
    ids = [p.id for p in log.append(LogEntries(entries), at).predictions]
    cast = tuple(
        Shadow(i, v, answer_json(v, float(yes)))
        for v, given in (shadows or {}).items()
        for i, yes in zip(ids, given, strict=True)
    )
    log.append(LogEntries(shadows=cast), at)
    return ids


def label(log: SqlitePredictionLog, at: int, ids: list[int], truths: NDArray[np.object_]) -> None:
    labels = tuple(Label(msgspec.json.encode(str(t)), i) for i, t in zip(ids, truths, strict=True))
    log.append(LogEntries(labels=labels), at)


def fill(log: SqlitePredictionLog, spans: int, drift: int, rows: int = 60, seed: int = 1) -> None:
    """Fill a log as if release 1 had answered all along, with good shadows of 2 and 3; labels come one span late."""
    rng = np.random.default_rng(seed)
    waiting: tuple[list[int], NDArray[np.object_]] | None = None
    for span in range(spans):
        at = BEGUN + span * SPAN + 10_000
        frame = make_rows(rng, rows)
        old = np.where(truths_of(frame, False) == "yes", 0.9, 0.1)
        true = truths_of(frame, span >= drift)
        good = np.where(true == "yes", 0.85, 0.15)
        ids = record(log, at, frame, old, 1, {2: good, 3: good})
        if waiting is not None:
            label(log, at + 10_000, *waiting)
        waiting = (ids, true)


@dataclass
class CopyBuilder:
    """In place of a build: the first release once more, under the next number; quick, and safe to repeat."""

    workspace: Workspace

    def __call__(self, table: TrainingTable, run: str) -> ModelVersion:
        registry = self.workspace.registry
        first, number = registry.version("m", 1), registry.reserve("m", run)
        manifest, files = read_release(self.workspace.path / first.path)
        facts = {k: v for k, v in manifest.items() if k not in ("files", "format")} | {"version": number, "run": run}
        path = self.workspace.release_path("m", number)
        digest = write_release(self.workspace.path / path, files, facts)
        version = replace(first, version=number, run=run, path=path, digest=digest, champion=False)
        registry.register(version)
        self.workspace.journal.open(run, "m@", {}, "t")
        self.workspace.journal.name_artifacts(run, 0, build_artifacts(self.workspace.journal, first.run), "t")
        return version


def copying(parts: LoopContext, held: Workspace) -> LoopContext:
    """Return the parts with the quick builder."""
    actuator: Actuator = replace(parts.actuator, build=CopyBuilder(held))
    return replace(parts, actuator=actuator)


def worker_of(
    workspace: Workspace,
    log: SqlitePredictionLog,
    now: Callable[[], int],
    settings: OperateSettings = SETTINGS,
    fence: Fence | None = None,
    real: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> Worker:
    """Return a worker of the model "m", its grid at BEGUN."""
    held = workspace if fence is None else workspace.fenced(fence)
    operated = held.operations.begin(Operated("m", settings, BEGUN))
    parts = loop_parts(held, operated, log, TableStream(log), Quiet())
    return Worker(parts if real else copying(parts, held), operate_round, SystemClock(), now, operated.begun, tell=tell)


class Quiet:
    """Progress that nobody reads."""

    def stage(self, name: str, detail: str = "") -> None: ...
    def trial(self, number: int, candidate: object, expected: str) -> None: ...
    def best(self, score: float, baseline: float | None, members: int) -> None: ...
    def note(self, message: str) -> None: ...


def serve_span(workspace: Workspace, log: SqlitePredictionLog, span: int, drifted: bool, rows: int = 60) -> None:
    """Answer a span's rows as a server would, by champion and shadow of the moment; labels come at once."""
    at = BEGUN + span * SPAN + 10_000
    frame = make_rows(np.random.default_rng(1_000 + span), rows)
    champion = workspace.registry.version("m")
    asked = log.challenge().version
    versions = [champion.version] + ([asked] if asked else [])
    given = {v: open_release(workspace.path / workspace.registry.version("m", v).path).answers(frame) for v in versions}
    shadows = {asked: given[asked][:, 1]} if asked else {}
    ids = record(log, at, frame, given[champion.version][:, 1], champion.version, shadows)
    label(log, at + 1_000, ids, truths_of(frame, drifted))
