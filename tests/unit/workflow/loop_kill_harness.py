"""The loop over a log that is there, killed at random moments by kill -9 until it has gone through all of it.

Called by test_operate_kill.py and benchmarks/operate_kill.py: ``python loop_kill_harness.py FOLDER SEED KILLS``. One
process imports everything once and forks the workers that it kills. Two of them work at the same time now and then:
the lease sees to it that one does. Prints one JSON object.
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
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.entities.decision import Action
from journeyman.entities.overview import Request, RequestKind
from journeyman.errors import LeaseError
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.workspace import Workspace
from journeyman.workflow.clock import milliseconds
from journeyman.workflow.worker import holding, round_id

# By its path: tests are no package, and pytest reads this file too when it looks for doctests.
_spec = importlib.util.spec_from_file_location("loop_world", Path(__file__).with_name("loop_world.py"))
assert _spec is not None
assert _spec.loader is not None
world = sys.modules[_spec.name] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(world)
BEGUN, SPAN, SETTINGS = world.BEGUN, world.SPAN, world.SETTINGS

SPANS = 24
TERM = 400
PATIENCE = 120


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
            while worker.due():
                worker.round()
            log.close()


def outcome(place: Path) -> dict[str, Any]:
    """Return all that must be the same however often the loop was killed."""
    with Workspace(place) as workspace:
        operations = workspace.operations.operations("m")
        told = [replace(o, outcome=o.outcome and replace(o.outcome, seconds=0.0)) for o in operations]
        rounds = workspace.operations.rounds("m")
        steps = [s for r in range(SPANS) for s in workspace.journal.steps(round_id("m", r))]
        names = [s.name for s in steps]
        log = SqlitePredictionLog(place / "predictions" / "m")
        try:
            return {
                "rounds": [r.number for r in rounds],
                "champions": [(r.champion, r.challenger) for r in rounds],
                "operations": [(o.number, o.round, o.move.action.value, o.move.version, o.move.reason) for o in told],
                "outcomes": [(o.outcome.gain, o.outcome.labels) if o.outcome else None for o in told],
                "history": [(h.version, h.move) for h in workspace.registry.history("m")],
                "versions": [(v.version, v.run) for v in workspace.registry.versions("m")],
                "challenge": log.setting("challenge"),
                "steps": names,
                # what comes out of other steps holds how many seconds acting took, which is no decision
                "digests": [s.output for s in steps if s.name == "watch"],
                "drafts": [p.name for p in place.rglob(".draft-*")],
            }
        finally:
            log.close()


def attempt(place: Path, moments: list[float | None]) -> int:
    """Let workers work side by side, each for so long at most; return how many were killed."""
    children = []
    for _ in moments:
        child = os.fork()
        if child == 0:
            try:
                work(place)
            except LeaseError:
                os._exit(0)
            except BaseException as error:  # noqa: BLE001 - a forked child must never come back into the loop
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        children.append(child)
    began, killed = time.monotonic(), 0
    for child, moment in sorted(zip(children, moments, strict=True), key=lambda pair: pair[1] or np.inf):
        if moment is not None:
            time.sleep(max(0.0, began + moment - time.monotonic()))
            os.kill(child, signal.SIGKILL)
    for child in children:
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise SystemExit(f"a worker failed with exit code {os.WEXITSTATUS(status)}")
        killed += os.WIFSIGNALED(status)
    return killed


def journalled(place: Path) -> dict[tuple[str, int], str]:
    """Return the output of every step that is journalled, by run and position."""
    with Workspace(place) as workspace:
        runs = [round_id("m", r) for r in range(SPANS)]
        return {(run, s.position): s.output for run in runs for s in workspace.journal.steps(run)}


def main(folder: Path, seed: int, kills: int) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    make_world(folder / "world")
    shutil.copytree(folder / "world", folder / "calm")
    began = time.monotonic()
    attempt(folder / "calm", [None])
    life = time.monotonic() - began
    expected = outcome(folder / "calm")
    differing, rewritten = [], []
    places: Counter[str] = Counter()
    killed = worlds = 0
    while killed < kills:
        place = folder / f"round{worlds}"
        shutil.copytree(folder / "world", place)
        worlds += 1
        recorded: dict[tuple[str, int], str] = {}
        while True:
            two = rng.random() < 0.3
            going = killed < kills
            moments = [float(rng.uniform(0, life / 4)) if going else None for _ in range(1 + two)]
            killed += attempt(place, moments)
            now = journalled(place)
            rewritten += [str(key) for key, output in recorded.items() if now.get(key) != output]
            with Workspace(place) as workspace:
                last = [s.name for r in range(SPANS) for s in workspace.journal.steps(round_id("m", r))][-1:]
            places[last[0] if last else "nothing yet"] += 1
            recorded = now
            if outcome(place)["rounds"] == list(range(SPANS)) and _ended(place):
                break
        found = outcome(place)
        if found != expected:
            differing.append({key: (found[key], expected[key]) for key in found if found[key] != expected[key]})
        shutil.rmtree(place)
        print(f"{worlds} worlds, {killed} kills", file=sys.stderr, flush=True)
    moves = [o[2] for o in expected["operations"]]
    print(
        json.dumps(
            {
                "kills": killed,
                "worlds": worlds,
                "seconds": round(life, 1),
                "differing": differing,
                "rewritten": rewritten,
                "moves": moves,
                "places": dict(places),
                "acted": [m for m in moves if m != Action.KEEP],
            }
        )
    )


def _ended(place: Path) -> bool:
    with Workspace(place) as workspace:
        return workspace.journal.run(round_id("m", SPANS - 1)).status == "done"


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
