"""Points of the loop's life at which it can be killed: every step, every write, and the gaps between them.

Used by loop_kill_harness.py. ``watch_over`` makes this process tell each point that it passes, by round and place, in
a file that outlives it; a worker that is told a target kills itself there, at once or some milliseconds later.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from journeyman.operations.worker import Worker
from journeyman.runtime.durable_run import JournalRun
from journeyman.stores.artifacts import FileArtifacts
from journeyman.stores.prediction_log import SqlitePredictionLog
from journeyman.stores.tables import Database

Point = tuple[int, str]
"""Number of the round, -1 outside of rounds; and the place, in words."""

_WRITES = re.compile(r'(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)')
_TOLD = re.compile(r"(-?\d+) (.*)")


@dataclass(frozen=True)
class Target:
    """A point at which a worker is to be killed, and after how many seconds from there."""

    number: int
    point: Point
    delay: float = 0.0


class Watch:
    """Tells the points that a process passes, and kills it at a target.

    Parameters
    ----------
    told : Path
        Each point becomes a line of this file.
    targets : sequence of Target
        In the order of a life; those of rounds that are over are given up.
    """

    def __init__(self, told: Path, targets: Sequence[Target] = ()) -> None:
        self._file = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._targets = list(targets)
        self._round, self._place = -1, "lease"
        self._aimed = False

    def passing(self, what: str) -> None:
        """Say that the process is at a point; threads that show life are no matter of the loop's order."""
        if threading.current_thread() is not threading.main_thread():
            return
        point = (self._round, f"{self._place}: {what}")
        os.write(self._file, f"{point[0]} {point[1]}\n".encode())
        while self._targets and -1 < self._targets[0].point[0] < self._round:
            self._targets.pop(0)
        if self._targets and self._targets[0].point == point and not self._aimed:
            self._aimed = True
            target = self._targets.pop(0)
            os.write(self._file, f"target {target.number}\n".encode())
            if target.delay:
                threading.Thread(target=_die, args=(target.delay,), daemon=True).start()
            else:
                _die(0.0)

    @contextlib.contextmanager
    def at(self, place: str, number: int | None = None) -> Iterator[None]:
        """Name the place of the points that follow, and the round."""
        before = self._round, self._place
        self._place = place
        self._round = self._round if number is None else number
        yield
        self._round, self._place = before

    def after(self, place: str) -> None:
        """Name the place from here on."""
        self._place = f"after {place}"


def _die(delay: float) -> None:
    if delay:
        time.sleep(delay)
    os.kill(os.getpid(), signal.SIGKILL)


def told_points(path: Path) -> tuple[list[Point], list[int]]:
    """Return the points that a process has passed, and the numbers of the targets that it met."""
    points, targets = [], []
    for line in path.read_text().splitlines() if path.exists() else ():
        if line.startswith("target "):
            targets.append(int(line.removeprefix("target ")))
        elif found := _TOLD.fullmatch(line):
            points.append((int(found[1]), found[2]))
    return points, targets


def watch_over(watch: Watch) -> None:
    """Put points around everything by which the loop changes something, in this process and for good."""
    _watch_steps(watch)
    _watch_transactions(watch)
    _watch_files(watch)


def _watch_steps(watch: Watch) -> None:
    do, round_, put = JournalRun._do, Worker.round, FileArtifacts.put

    def watched_do(self: JournalRun, name: str, function: Callable[..., Any], *rest: Any) -> Any:
        def watched(*facts: Any) -> Any:
            watch.passing("begins")
            result = function(*facts)
            watch.passing("is done, nothing of it stored")
            return result

        with watch.at(name):
            result = do(self, name, watched, *rest)
        watch.after(name)
        watch.passing("recorded")
        return result

    def watched_round(self: Worker) -> Any:
        with watch.at("before the first step", self.state().round):
            watch.passing("the round begins")
            return round_(self)

    def watched_put(self: FileArtifacts, fact: object) -> str:
        digest = put(self, fact)
        watch.passing("its fact is a file, its row is not there")
        return digest

    JournalRun._do = watched_do  # type: ignore[method-assign]  # the harness is what watches
    Worker.round = watched_round  # type: ignore[method-assign]  # the same
    FileArtifacts.put = watched_put  # type: ignore[method-assign]  # the same


def _watch_transactions(watch: Watch) -> None:
    for kind in (Database, SqlitePredictionLog):
        kind.writing = _watched_writing(watch, kind.writing)  # type: ignore[method-assign]  # see above

    @sa.event.listens_for(sa.Engine, "after_cursor_execute")
    def wrote(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if found := _WRITES.match(statement):
            watch.passing(f"{found[1].split()[0].lower()} {found[2]}, not committed")


def _watched_writing(watch: Watch, writing: Callable[..., Any]) -> Callable[..., Any]:
    @contextlib.contextmanager
    def watched(self: Any) -> Iterator[Any]:
        # who writes: this generator, contextlib, then the caller
        who = sys._getframe(2).f_code.co_name
        with writing(self) as connection:
            yield connection
            watch.passing(f"{who} before its commit")
        watch.passing(f"{who} committed")

    return watched


def _watch_files(watch: Watch) -> None:
    replace, rename, rmtree = os.replace, Path.rename, shutil.rmtree

    def watched_replace(old: Any, new: Any) -> None:
        watch.passing("a file is written, not named")
        replace(old, new)
        watch.passing("a file is named")

    def watched_rename(self: Path, target: Any) -> Path:
        watch.passing("a folder is to be renamed")
        renamed = rename(self, target)
        watch.passing("a folder is renamed")
        return renamed

    def watched_rmtree(path: Any, *rest: Any, **named: Any) -> None:
        first = next((p for p in sorted(Path(path).rglob("*")) if p.is_file()), None)
        if first is not None and threading.current_thread() is threading.main_thread():
            watch.passing("a folder is to be deleted")
            if os.access(first.parent, os.W_OK):
                first.unlink()
            watch.passing("a folder is half deleted")
        rmtree(path, *rest, **named)
        watch.passing("a folder is deleted")

    os.replace = watched_replace
    Path.rename = watched_rename  # type: ignore[method-assign,assignment]  # see above
    shutil.rmtree = watched_rmtree  # type: ignore[assignment]  # the same
