"""A run of some thirty quick steps that is killed at random moments and resumed until it is done.

Called by test_kill.py: ``python kill_harness.py FOLDER SEED KILLS``. One process imports everything once and forks the
workers it kills, so that the moments fall into the work and not into the imports. Prints one JSON object.

A kill is aimed by work and not by the clock, so that a slow or busy machine is killed at as many places as a quick one:
a number of steps is drawn, and a random while after that many have begun the worker gets its SIGKILL. The worker may
begin that many steps and no more, so that it cannot run away from a harness that gets no processor for a time.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.model_version import ModelVersion
from journeyman.entities.table import Table
from journeyman.runtime.clock import SystemClock
from journeyman.runtime.durable_run import JournalRun, resumable, resume_run, start_run
from journeyman.stores.disk import DRAFT
from journeyman.stores.journal import RunStatus
from journeyman.stores.releases import write_release
from journeyman.stores.workspace import Workspace

SIDE = "side.txt"
STEPS = 31
MOST_STEPS = 6  # between one kill and the next


@dataclass(frozen=True)
class Side:
    """What the world sees of a worker: a file with a line for each step that really runs.

    ``turns`` is a pipe with a byte for each step that may be begun; where nobody holds its other end, all may.
    """

    path: Path
    turns: int

    def begin(self, step: str) -> None:
        """Tell of a step, in one write, so that a kill leaves the whole line or nothing."""
        os.read(self.turns, 1)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{step}\n".encode())
        os.close(descriptor)

    def begun(self) -> list[str]:
        """Return the names of the steps that were begun, the earliest first."""
        return self.path.read_text().splitlines() if self.path.exists() else []


def ingest(side: Side, seed: int) -> Table:
    side.begin("ingest")
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=4_000), "c": pd.Categorical(rng.choice(["x", "y"], 4_000))})
    return Table("t", frame, (Column("a", Kind.NUMBER), Column("c", Kind.CATEGORY)), "digest", 4_000)


def train(side: Side, table: Table, number: int, before: tuple[float, ...]) -> NDArray[np.float64]:
    side.begin(f"train {number}")
    return table.frame["a"].to_numpy() * (number + 1 + sum(before))


def score(side: Side, values: NDArray[np.float64], number: int) -> float:
    side.begin(f"score {number}")
    return float(np.tanh(values).mean())


def package(side: Side, folder: Path, run: str, scores: tuple[float, ...]) -> str:
    side.begin("package")
    files = {f"members/{i}.txt": repr(s).encode() for i, s in enumerate(scores)}
    # The time differs whenever this runs: the folder that came first has to be the one that stays.
    return write_release(folder, files, {"run": run, "made": time.time()})


def register(side: Side, workspace: Workspace, run: str, number: int, digest: str) -> int:
    side.begin("register")
    path = workspace.release_path("m", number)
    workspace.registry.register(ModelVersion("m", number, path, digest, "t", "rmse", 1.0, "release", True, run, "d"))
    return number


def build(workspace: Workspace, run: JournalRun, side: Side) -> tuple[float, ...]:
    table = run.step("ingest", functools.partial(ingest, side), 7)
    scores: tuple[float, ...] = ()
    for number in range((STEPS - 3) // 2):
        values = run.step("train", functools.partial(train, side), table, number, scores)
        scores = (*scores, run.step("score", functools.partial(score, side), values, number))
    run.event("holdout read", "package")
    number = workspace.registry.reserve("m", run.id)
    folder = workspace.path / workspace.release_path("m", number)
    digest = run.step("package", functools.partial(package, side, folder, run.id), scores)
    run.step("register", functools.partial(register, side, workspace, run.id), number, digest)
    return scores


def work(path: Path, side: Side) -> None:
    """Do what a process does: take the workspace, go on with what is there or begin."""
    with Workspace(path) as workspace, workspace.lock():
        waiting = resumable(workspace)
        clock = SystemClock()
        run = resume_run(workspace, waiting[0].id, clock) if waiting else start_run(workspace, "m", {}, clock)
        with run:
            build(workspace, run, side)


def outcome(path: Path) -> dict[str, object]:
    """Return all that must be the same however often a run was killed."""
    with Workspace(path) as workspace:
        (record,) = workspace.journal.runs()
        steps = workspace.journal.steps(record.id)
        (version,) = workspace.registry.list()
        folder = path / version.path
        return {
            "status": record.status,
            # The digest of a release names the moment it was made.
            "outputs": [step.output for step in steps if step.name != "package"],
            "inputs": [step.inputs for step in steps if step.name != "register"],
            "files": {p.name: p.read_text() for p in sorted(folder.rglob("members/*"))},
            "version": (version.version, version.champion, len(workspace.registry.history("m"))),
            "elapsed_grows": [step.elapsed for step in steps] == sorted(step.elapsed for step in steps),
            "drafts": [str(p) for p in path.rglob(f"{DRAFT}*")],
        }


def finished(path: Path) -> list[str]:
    """Return the names of recorded steps, as the side file calls them."""
    with Workspace(path) as workspace:
        names = [s.name for run in workspace.journal.runs() for s in workspace.journal.steps(run.id)]
    seen: dict[str, int] = {}
    marks = []
    for name in names:
        seen[name] = seen.get(name, -1) + 1
        marks.append(f"{name} {seen[name]}" if name in ("train", "score") else name)
    return marks


def is_done(path: Path) -> bool:
    """Return whether the run has come to its end."""
    with Workspace(path) as workspace:
        return [run.status for run in workspace.journal.runs()] == [RunStatus.DONE]


@dataclass(frozen=True)
class Aim:
    """Where a worker is killed: so many steps after its start, and so many seconds later."""

    steps: int
    seconds: float


def attempt(path: Path, aim: Aim | None) -> bool:
    """Let a worker work, to its end or until it is killed; return whether it was killed."""
    turns, allow = os.pipe()
    side = Side(path / SIDE, turns)
    before = len(side.begun())
    child = os.fork()
    if child == 0:
        os.close(allow)
        try:
            work(path, side)
        except BaseException as error:  # noqa: BLE001 - a forked child must never come back into the loop
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    os.close(turns)
    if aim is not None:
        os.write(allow, b"." * aim.steps)
        while len(side.begun()) < before + aim.steps and not has_ended(child):
            time.sleep(0.0005)
        time.sleep(aim.seconds)
        os.kill(child, signal.SIGKILL)
    os.close(allow)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit(f"a worker failed with exit code {os.WEXITSTATUS(status)}")
    return os.WIFSIGNALED(status)


def has_ended(child: int) -> bool:
    """Return whether a child has ended, and leave its status to be asked for."""
    return os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def main(folder: Path, seed: int, kills: int) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    began = time.monotonic()
    attempt(folder / "calm", None)
    step = (time.monotonic() - began) / STEPS
    expected = outcome(folder / "calm")
    killed, rounds, done_twice, differing, moments = 0, 0, [], [], set()
    while killed < kills:
        path = folder / f"round{rounds}"
        rounds += 1
        lines_before, recorded = 0, set[str]()
        going = True
        while going:
            # Without a step the worker is killed while it opens the workspace or replays, for it may begin none. The
            # last steps, which write outside the journal, are approached in short strides.
            most = MOST_STEPS if len(recorded) < STEPS - 3 else 2
            # From a part of a step to several, as the machine may be quicker or slower by now.
            aim = Aim(int(rng.integers(0, most + 1)), step * 10 ** float(rng.uniform(-1.5, 1)))
            was_killed = attempt(path, aim if killed < kills else None)
            # A kill after the last word in the journal finds the run done: the next worker would begin another.
            going = not is_done(path)
            lines = Side(path / SIDE, -1).begun()
            done_twice += [line for line in lines[lines_before:] if line in recorded]
            lines_before, recorded = len(lines), set(finished(path))
            if was_killed:
                killed += 1
                moments.add(len(recorded))
        if outcome(path) != expected:
            differing.append(outcome(path))
    print(
        json.dumps(
            {
                "kills": killed,
                "rounds": rounds,
                "done_twice": done_twice,
                "differing": differing,
                "expected": expected,
                "moments": sorted(moments),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
