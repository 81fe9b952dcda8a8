"""The loop over a log that is there, killed by kill -9 until it has gone through all of it.

Called by test_operate_kill.py and benchmarks/operate_kill.py: ``loop_kill_harness.py FOLDER SEED KILLS [SERVER]``;
SERVER is a PostgreSQL server's address, "user:password@host:port", for workers that share a database. One process
imports everything once and forks the workers that it kills.

An undisturbed life tells its points (loop_points.py): each step's begin and end, each statement that writes, each
commit, each file before and after it has its name. Kinds of points are dealt like cards, so that all are met equally
often whatever their time; of a kind, each occurrence is as likely. Three of four workers die at the point itself, the
others up to some milliseconds later. One attempt of five is killed at a moment that is uniform in time instead. In
three worlds of ten two workers want the work at once: when one is killed, the other takes the dead one's lease over and
meets a target of its own. Prints one JSON object.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import sqlalchemy as sa

from journeyman.entities.decision import Action
from journeyman.entities.overview import Request, RequestKind
from journeyman.errors import LeaseError
from journeyman.operations.paths import round_id
from journeyman.operations.worker import holding
from journeyman.runtime.clock import milliseconds
from journeyman.stores.catalogue import DATABASE
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace


def _beside(name: str) -> ModuleType:
    """Import a file beside this one by its path: tests are no package, and pytest reads this file for doctests too."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


world, points = _beside("loop_world"), _beside("loop_points")
BEGUN, SPAN = world.BEGUN, world.SPAN
SETTINGS = replace(world.SETTINGS, keep_rounds=6, keep_releases=0)  # so that there is something to delete

SPANS = 24
TERM = 300
PATIENCE = 120
TARGETS = 24  # of one world
SHORTLY = 0.02  # seconds after a point within which a worker dies that does not die there


@dataclass
class Seen:
    """What the worlds have shown so far."""

    kills: int = 0
    worlds: int = 0
    pairs: int = 0
    takeovers: int = 0
    places: Counter[str] = field(default_factory=Counter)
    differing: list[dict[str, Any]] = field(default_factory=list)
    rewritten: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """How a worker is to end: at the first of these targets, or after so many seconds, or by itself."""

    targets: tuple[Any, ...] = ()
    moment: float | None = None


class Server:
    """A PostgreSQL server with a database a world, copied from the first; without an address, SQLite in the folder."""

    def __init__(self, address: str | None) -> None:
        self._address, self._run = address, os.getpid()

    def use(self, place: Path, like: Path | None = None) -> None:
        """Let all that follows, forked workers too, use the database of a world; made where ``like`` is given."""
        if self._address is None:
            return
        os.environ[DATABASE] = f"postgresql://{self._address}/{self._name(place)}"
        if like is not None:
            copied = f" TEMPLATE {self._name(like)}" if like != place else ""
            self._say(f"CREATE DATABASE {self._name(place)}{copied}")

    def drop(self, place: Path) -> None:
        if self._address is not None:
            self._say(f"DROP DATABASE {self._name(place)} WITH (FORCE)")

    def _name(self, place: Path) -> str:
        return f"{place.name}_{self._run}"

    def _say(self, statement: str) -> None:
        admin = sa.create_engine(f"postgresql+psycopg://{self._address}/postgres", isolation_level="AUTOCOMMIT")
        for _ in range(50):
            try:
                with admin.connect() as connection:
                    connection.execute(sa.text(statement))
                break
            except sa.exc.OperationalError:  # a killed worker's connection is still being noticed
                time.sleep(0.1)
        else:
            raise SystemExit(f"the server does not do: {statement}")
        admin.dispose()


def make_world(place: Path) -> None:
    """Build the model and fill the log; people ask for a return, and for a pause, while it goes on."""
    world.make_model(place)
    log = SqlitePredictionLog(place / "predictions" / "m")
    world.fill(log, SPANS, 8)
    log.close()
    with Workspace(place) as workspace:
        for span, kind in ((16, RequestKind.ROLL_BACK), (18, RequestKind.PAUSE), (20, RequestKind.RESUME)):
            workspace.operations.ask("m", Request(kind, BEGUN + span * SPAN, "ann"))


def work(place: Path) -> None:
    """Do what a worker does: hold the lease, go on with what is there, until all spans are done."""
    with Workspace(place) as workspace:
        began = time.monotonic()

        def wait(seconds: float) -> bool:
            time.sleep(seconds)
            return time.monotonic() - began > PATIENCE

        with holding(workspace, "m", TERM, milliseconds, wait) as lease:
            log = SqlitePredictionLog(place / "predictions" / "m")
            worker = world.worker_of(workspace, log, lambda: BEGUN + SPANS * SPAN, SETTINGS, lease.fence)
            while worker.is_due():
                worker.round()
            log.close()


def outcome(place: Path) -> dict[str, Any]:
    """Return all that must be the same however often the loop was killed."""
    with Workspace(place) as workspace:
        operations = workspace.operations.operations("m")
        told = [replace(o, outcome=o.outcome and replace(o.outcome, seconds=0.0)) for o in operations]
        rounds = workspace.operations.rounds("m")
        steps = {r: workspace.journal.steps(round_id("m", r)) for r in range(SPANS)}
        log = SqlitePredictionLog(place / "predictions" / "m")
        try:
            return {
                "rounds": [repr(r) for r in rounds],
                "operations": [(o.number, o.round, o.move.action.value, o.move.version, o.move.reason) for o in told],
                "outcomes": [(o.outcome.gain, o.outcome.labels) if o.outcome else None for o in told],
                "history": [(h.version, h.move) for h in workspace.registry.history("m")],
                "versions": [(v.version, v.run) for v in workspace.registry.versions("m")],
                "removed": [(v.version, v.run) for v in workspace.registry.removed("m")],
                "challenge": log.challenge().version,
                "steps": [(r, s.name) for r, some in steps.items() for s in some],
                "runs": sorted((r.id, r.status.value) for r in workspace.journal.runs()),
                # what comes out of other steps holds how many seconds acting took, which is no decision
                "digests": [s.output for some in steps.values() for s in some if s.name == "watch"],
                "artifacts": sorted(p.name for p in (place / "artifacts").iterdir()),
                "releases": sorted(p.name for p in (place / "releases" / "m").iterdir()),
                "kept": sorted(p.name for p in (place / "operate" / "m").iterdir()),
                "drafts": [p.name for p in place.rglob(".draft-*")],
            }
        finally:
            log.close()


def journalled(place: Path) -> dict[tuple[str, int], str]:
    """Return the output of every step that is journalled, by run and position."""
    with Workspace(place) as workspace:
        runs = [round_id("m", r) for r in range(SPANS)]
        return {(run, s.position): s.output for run in runs for s in workspace.journal.steps(run)}


def ended(place: Path) -> bool:
    """Say whether the last round is done."""
    with Workspace(place) as workspace:
        last = round_id("m", SPANS - 1)
        return any(run.id == last and run.status == "done" for run in workspace.journal.runs())


def attempt(place: Path, plans: Sequence[Plan], seen: Seen) -> tuple[list[Any], list[int]]:
    """Let workers work side by side until each is done or dead; return the points of the first, and targets met."""
    children = []
    for number, plan in enumerate(plans):
        told = place.parent / f"told{number}"
        told.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            _be_worker(place, points.Watch(told, plan.targets))
        children.append((child, told, plan))
    began = time.monotonic()
    for child, _, plan in sorted(children, key=lambda c: c[2].moment or np.inf):
        if plan.moment is not None:
            time.sleep(max(0.0, began + plan.moment - time.monotonic()))
            os.kill(child, signal.SIGKILL)
    passed, met, rounds = [], [], 0
    for child, told, _ in children:
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise SystemExit(f"a worker failed with exit code {os.WEXITSTATUS(status)}")
        passed, targets = points.told_points(told)
        met += targets
        rounds += any(number >= 0 for number, _ in passed)
        if os.WIFSIGNALED(status):
            seen.kills += 1
            seen.places[passed[-1][1] if passed else "lease: nothing was written yet"] += 1
    seen.takeovers += rounds > 1
    return passed, met


def _be_worker(place: Path, watch: Any) -> None:
    """Work as a forked child, which must never come back into the loop of its parent."""
    try:
        points.watch_over(watch)
        work(place)
    except LeaseError:
        os._exit(0)
    except BaseException as error:  # noqa: BLE001 - see above
        print(repr(error), file=sys.stderr, flush=True)
        os._exit(1)
    os._exit(0)


class Deck:
    """Kinds of points of a life, dealt so that all are met equally often."""

    def __init__(self, life: Sequence[Any], rng: np.random.Generator) -> None:
        self.places = list(dict.fromkeys(place for number, place in life if number >= 0))
        self._where = {place: [i for i, (n, p) in enumerate(life) if p == place and n >= 0] for place in self.places}
        self._life, self._rng = life, rng
        self._cards = self._shuffled()

    def targets(self, most: int) -> tuple[Any, ...]:
        """Return targets of one world in the order of its life."""
        chosen = sorted(int(self._rng.choice(self._where[next(self._cards)])) for _ in range(most))
        delays = [float(self._rng.uniform(0, SHORTLY)) if self._rng.random() < 0.25 else 0.0 for _ in chosen]
        return tuple(
            points.Target(number, self._life[i], delay)
            for number, (i, delay) in enumerate(zip(chosen, delays, strict=True))
        )

    def _shuffled(self) -> Iterator[str]:
        while True:
            yield from (self.places[i] for i in self._rng.permutation(len(self.places)))


def main(folder: Path, seed: int, kills: int, address: str | None = None) -> None:
    rng, server, seen = np.random.default_rng(seed), Server(address), Seen()
    folder.mkdir(parents=True)
    first, calm = folder / "world", folder / "calm"
    server.use(first, first)
    make_world(first)
    shutil.copytree(first, calm)
    server.use(calm, first)
    began = time.monotonic()
    life, _ = attempt(calm, [Plan()], seen)
    seconds = time.monotonic() - began
    expected, deck = outcome(calm), Deck(life, rng)
    while seen.kills < kills:
        place = folder / f"round{seen.worlds}"
        shutil.copytree(first, place)
        server.use(place, first)
        _torment(place, deck.targets(TARGETS), seconds, kills, rng, seen)
        found = outcome(place)
        if found != expected:
            seen.differing.append({key: (found[key], expected[key]) for key in found if found[key] != expected[key]})
        shutil.rmtree(place)
        server.drop(place)
        print(f"{seen.worlds} worlds, {seen.kills} kills", file=sys.stderr, flush=True)
    for place in (first, calm):
        server.drop(place)
    moves = [o[2] for o in expected["operations"]]
    said = {**vars(seen), "seconds": round(seconds, 1), "points": len(life), "moves": moves, "kinds": deck.places}
    print(json.dumps({**said, "acted": [m for m in moves if m != Action.KEEP]}))


def _torment(
    place: Path, targets: tuple[Any, ...], life: float, kills: int, rng: np.random.Generator, seen: Seen
) -> None:
    """Kill workers of one world until all its spans are done."""
    pair = rng.random() < 0.3
    seen.worlds += 1
    seen.pairs += pair
    recorded: dict[tuple[str, int], str] = {}
    while not ended(place):
        if seen.kills >= kills:
            plans = [Plan()]
        elif rng.random() < 0.2:
            plans = [Plan(moment=float(rng.uniform(0, life / 4))) for _ in range(1 + pair)]
        else:
            plans = [Plan(targets[i:]) for i in range(1 + pair)]
        _, met = attempt(place, plans, seen)
        targets = tuple(t for t in targets if t.number > max(met, default=-1))
        now = journalled(place)
        # a round that is old is forgotten, with all that is recorded of it
        seen.rewritten += [str(key) for key, output in recorded.items() if now.get(key, output) != output]
        recorded = now


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:5])
