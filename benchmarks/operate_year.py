"""Operate a model for a year of made-up days, and measure what grows: memory, disk by store, rows by table, seconds.

    python benchmarks/operate_year.py [--days 365] [--keep FOLDER] [--until DAY] [--json FILE]

Two classes of six columns, 200 rows a day; the truth drifts slowly and jumps four times, the feed breaks once; truths
come a week late, every fifth by key. All of it is real but the clock and the server: journal, prediction log and its
archive, registry, experience, retrainings of two trials. The loop looks once a day, a person returns to the former
champion three times and pauses once. What settles how much is kept is set so that it is reached within months.
With --keep and --until the year is gone through in parts, each in a process of its own. Exits 1 where something grows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from journeyman.api.build import build
from journeyman.entities.decision import Action
from journeyman.entities.operating import LoopState, Operated, OperateSettings
from journeyman.entities.operation import Economics
from journeyman.entities.overview import Request, RequestKind
from journeyman.entities.prediction import Answer, Label, LogEntries, Part, Prediction, Shadow
from journeyman.inference.release import Release
from journeyman.operations.loop_context import LoopContext
from journeyman.operations.worker import Worker
from journeyman.pipelines.loop_setup import loop_parts
from journeyman.pipelines.operate import operate_round
from journeyman.reports.progress import SilentProgress
from journeyman.runtime.clock import SystemClock
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.prediction_retention import forget_archived, move_oldest, sweep
from journeyman.stores.workspace import Workspace
from journeyman.streams.tables import TableStream

NAME = "year"
DAY = 86_400_000
BEGUN = 1_767_225_600_000  # 1 January 2026
ROWS, FIRST, DELAY, LOOKS, MONTH = 200, 1_500, 7, 1, 30
JUMPS = (70, 150, 230, 310)
BROKEN = (120,)  # a day on which a column comes in another unit
RETURNS, PAUSED = (100, 180, 270), (200, 205)
KEEP_DAYS, ARCHIVE_DAYS = 20, 90
SETTINGS = OperateSettings(
    every=DAY // LOOKS,
    settle=0,
    economics=Economics(retraining=0.03, horizon=1_200),
    budget=None,
    trials=2,
    most_labelled=3_000,
    keep_rounds=20,
    keep_releases=4,
)
GROWING = {"operations", "champions", "models", "rounds", "requests", "notices", "experience"}
"""Tables whose rows may grow with what was done: small ones, told apart."""


def rows_of(day: int, number: int = ROWS) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a day's rows and truths ("yes", "no"); the same ones whenever it is asked; day -1 is before the year."""
    rng = np.random.default_rng([7, day + 1])
    frame = pd.DataFrame(rng.normal(size=(number, 5)).round(4), columns=[f"x{i}" for i in range(5)])
    frame["kind"] = rng.choice(list("abcd"), number)
    turn = 0.012 * max(day, 0) + sum(1.1 for jump in JUMPS if day >= jump)
    weights = np.array([np.cos(turn), np.sin(turn), 0.6, -0.4, 0.0])
    logits = 3.0 * (frame.iloc[:, :5].to_numpy() @ weights + 0.7 * (frame["kind"] == "a") - 0.2)
    truths = np.where(rng.random(number) < 1 / (1 + np.exp(-logits)), "yes", "no").astype(object)
    if day in BROKEN:
        frame["x0"] *= 1_000.0
    return frame, truths


@dataclass
class Traffic:
    """What a server and its callers do: rows are answered and recorded, truths come later, old rows move away."""

    log: SqlitePredictionLog
    parts: LoopContext

    def serve(self, look: int) -> None:
        """Answer the rows between two looks by champion and shadow, and let the truths of a week ago come."""
        day, part = divmod(look, LOOKS)
        begin, end = part * ROWS // LOOKS, (part + 1) * ROWS // LOOKS
        frame, _ = rows_of(day)
        frame = frame.iloc[begin:end]
        moment = BEGUN + look * SETTINGS.every + 1_000
        champion = self.parts.workspace.registry.version(NAME).version
        shadow = self.log.challenge().version
        rows = [msgspec.json.encode(row) for row in frame.to_dict("records")]
        answers = _answers(self.parts.release_cache.release(champion), frame)
        entries = tuple(
            Prediction(
                champion, Part.CHAMPION, "year", row, answer, hashlib.md5(row).digest(), f"{day}-{i}", f"[{day},{i}]"
            )
            for i, (row, answer) in enumerate(zip(rows, answers, strict=True), begin)
        )
        ids = [kept.id for kept in self.log.append(LogEntries(entries), moment).predictions]
        if shadow is not None and shadow != champion:
            cast = _answers(self.parts.release_cache.release(shadow), frame)
            pairs = zip(ids, cast, strict=True)
            self.log.append(LogEntries(shadows=tuple(Shadow(i, shadow, a) for i, a in pairs)), moment)
        self._label(day - DELAY, begin, end, moment + 2_000)

    def _label(self, day: int, begin: int, end: int, moment: int) -> None:
        if day < 0:
            return
        _, truths = rows_of(day)
        known = self.log.recorded([f"{day}-{i}" for i in range(begin, end)])
        labels = []
        for i in range(begin, end):
            truth = msgspec.json.encode(truths[i])
            by_key = i % 5 == 0
            labels.append(Label(truth, key=f"[{day},{i}]") if by_key else Label(truth, known[f"{day}-{i}"].id))
        self.log.append(LogEntries(labels=tuple(labels)), moment)

    def tidy(self, now: int) -> None:
        """Do what a server's housekeeping does."""
        forget_archived(self.log, now - ARCHIVE_DAYS * DAY)
        while True:
            moved = move_oldest(self.log, now, KEEP_DAYS * DAY, 10_000_000)
            while sweep(self.log):
                pass
            if not moved:
                break
        self.log.checkpoint()


def _answers(release: Release, frame: pd.DataFrame) -> list[bytes]:
    said = []
    for row in release.answers(frame):
        probabilities = dict(zip(release.task.labels, map(float, row), strict=True))
        label = release.task.labels[int(row.argmax())]
        said.append(msgspec.json.encode(Answer(label, release.version, Part.CHAMPION, probabilities)))
    return said


def measure(place: Path, home: Path, log: SqlitePredictionLog, looks: list[float]) -> dict[str, Any]:
    """Return memory in MB, bytes of each store, rows of each table, and how long the latest looks took."""
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    predictions = place / "predictions" / NAME
    stores = {
        "journal": sum(p.stat().st_size for p in place.glob("journal.db*")),
        "artifacts": _bytes(place / "artifacts"),
        "releases": _bytes(place / "releases"),
        "rounds": _bytes(place / "operate"),
        "log": sum(p.stat().st_size for p in predictions.glob("log.db*")),
        "archive": _bytes(predictions / "archive"),
        "experience": _bytes(home),
        "temporary": _bytes(Path(tempfile.gettempdir())),
    }
    rows = {f"journal.{k}": v for k, v in _rows(place / "journal.db").items()}
    rows |= {f"log.{k}": v for k, v in _rows(predictions / "log.db").items()}
    rows |= {f"experience.{k}": v for k, v in _rows(home / "experience.db").items()}
    quick = sorted(looks)
    return {
        "resident": round(resident, 1),
        "bytes": stores,
        "rows": rows,
        "median look": round(quick[len(quick) // 2], 3),
        "releases": len(list((place / "releases" / NAME).iterdir())),
    }


def _bytes(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) if folder.exists() else 0


def _rows(path: Path) -> dict[str, int]:
    if not path.exists():
        return {}
    with sqlite3.connect(path) as connection:
        names = [r[0] for r in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {n: connection.execute(f'SELECT count(*) FROM "{n}"').fetchone()[0] for n in names if "sqlite" not in n}


def live(place: Path, days: int, until: int) -> None:
    """Go through the days from where the workspace stands, measuring each month."""
    home = Path(os.environ["JOURNEYMAN_HOME"])
    if not (place / "journal.db").exists():
        frame, truths = rows_of(-1, FIRST)
        path = place / "first.parquet"
        place.mkdir(parents=True, exist_ok=True)
        frame.assign(y=truths).to_parquet(path)
        build(path, target="y", trials=2, workspace=place, name=NAME)
    with Workspace(place) as workspace:
        log = SqlitePredictionLog(place / "predictions" / NAME)
        operated = workspace.operations.begin(Operated(NAME, SETTINGS, BEGUN))
        parts = loop_parts(workspace, operated, log, TableStream(log), SilentProgress())
        now, told, looks = [BEGUN], [], []
        worker = Worker(parts, operate_round, SystemClock(), lambda: now[0], operated.begun, tell=told.append)
        traffic = Traffic(log, parts)
        state = worker.state()
        for look in range(state.round, min(days, until) * LOOKS):
            day = look // LOOKS
            now[0] = BEGUN + (look + 1) * SETTINGS.every
            traffic.serve(look)
            _ask(workspace, look)
            operations = state.operations
            state, seconds = _look(worker, state)
            acted = workspace.operations.operations(NAME, 1) if state.operations > operations else ()
            if not any(o.move.action is Action.RETRAIN for o in acted):
                looks.append(seconds)
            _tell(day, acted, told)
            if look % LOOKS == LOOKS - 1:
                traffic.tidy(now[0])
                if (day + 1) % MONTH == 0:
                    _note(place, {"day": day + 1, **measure(place, home, log, looks)})
                    looks.clear()
        log.close()


def _look(worker: Worker, before: LoopState) -> tuple[LoopState, float]:
    assert worker.wakes(before) is not None
    began = time.monotonic()
    state = worker.round()
    return state, time.monotonic() - began


def _ask(workspace: Workspace, look: int) -> None:
    day, part = divmod(look, LOOKS)
    kinds = [(d, RequestKind.ROLL_BACK) for d in RETURNS]
    kinds += list(zip(PAUSED, (RequestKind.PAUSE, RequestKind.RESUME), strict=True))
    for when, kind in kinds:
        returns = kind is not RequestKind.ROLL_BACK or workspace.registry.before(NAME) is not None
        if part == 0 and day == when and returns:
            workspace.operations.ask(NAME, Request(kind, BEGUN + look * SETTINGS.every + 5_000, "ann"))


def _tell(day: int, acted: tuple[Any, ...], told: list[str]) -> None:
    for operation in acted:
        print(f"day {day + 1:3}  {operation.move.action.value:10} {operation.move.reason[:110]}", flush=True)
    while told:
        print(f"day {day + 1:3}  {told.pop(0)}", flush=True)


def _note(place: Path, figures: dict[str, Any]) -> None:
    with (place.parent / "months.jsonl").open("a") as file:
        file.write(json.dumps(figures) + "\n")
    sizes = ", ".join(f"{k} {v / 1e6:.2f}" for k, v in figures["bytes"].items())
    print(f"day {figures['day']:3}  resident {figures['resident']} MB; {sizes} MB; look {figures['median look']} s")


def judged(months: list[dict[str, Any]]) -> list[str]:
    """Return what has grown by more than a quarter from the middle of the months to their end."""
    middle, last = months[len(months) // 2], months[-1]
    found = []
    for kind, least in (("bytes", 2_000_000), ("rows", 5 * ROWS)):
        for name, value in last[kind].items():
            before = middle[kind].get(name, 0)
            if name.split(".")[-1] not in GROWING and value > max(1.25 * before, before + least):
                found.append(f"{kind} of {name}: {before:,} to {value:,}")
    if last["resident"] > 1.25 * middle["resident"]:
        found.append(f"resident memory: {middle['resident']} to {last['resident']} MB")
    return found


def summary(place: Path) -> dict[str, Any]:
    """Return what the year brought, and how small its decision records are."""
    with Workspace(place) as workspace:
        done = workspace.operations.operations(NAME)
        history = [(h.version, h.move) for h in workspace.registry.history(NAME)]
        there, removed = workspace.registry.versions(NAME), workspace.registry.removed(NAME)
    with sqlite3.connect(place / "journal.db") as connection:
        size = "SELECT sum(length(operation) + length(reason) + coalesce(length(outcome), 0)) FROM operations"
        (told,) = connection.execute(size).fetchone()
        (rounds, of_rounds) = connection.execute("SELECT count(*), sum(length(round)) FROM rounds").fetchone()
        (models,) = connection.execute("SELECT count(*) FROM models").fetchone()
    moves = [o.move.action.value for o in done]
    return {
        "operations": {move: moves.count(move) for move in sorted(set(moves))},
        "operation bytes": told,
        "rounds": rounds,
        "round bytes": of_rounds,
        "built": models,
        "there": [v.version for v in there],
        "removed": [v.version for v in removed],
        "moves of the champion": len(history),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--keep", type=Path, help="folder that stays; called again, the year goes on there")
    parser.add_argument("--until", type=int, default=10_000, help="day on which this part ends")
    parser.add_argument("--json", type=Path, help="also write the figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="journeyman-year-") as folder:
        place = (options.keep or Path(folder)).resolve()
        for variable, name in (("JOURNEYMAN_HOME", "home"), ("TMPDIR", "tmp")):
            (place / name).mkdir(parents=True, exist_ok=True)
            os.environ[variable] = str(place / name)
        tempfile.tempdir = None  # read anew from TMPDIR
        began = time.monotonic()
        live(place / "w", options.days, options.until)
        print(f"{time.monotonic() - began:.0f} s")
        months = [json.loads(line) for line in (place / "months.jsonl").read_text().splitlines()]
        year = summary(place / "w")
    print(json.dumps(year))
    grown = judged(months) if len(months) >= 6 else []
    for line in grown:
        print(f"grows: {line}")
    if options.json:
        options.json.write_text(json.dumps({"months": months, "year": year, "grown": grown}))
    sys.exit(bool(grown))


if __name__ == "__main__":
    main()
