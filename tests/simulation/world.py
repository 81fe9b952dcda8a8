"""A world: hosts, disks, a network and faults, in which the product's own processes live for some simulated hours."""

from __future__ import annotations

import errno
import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tests.simulation import sqlite_files
from tests.simulation.actors import MODEL, Asked, Places, answer, checked_release, looper, person, server
from tests.simulation.clients import Client
from tests.simulation.faults import CALM, drawn
from tests.simulation.files import FileDisk, calls_of_the_system
from tests.simulation.invariants import Invariants
from tests.simulation.schedule import BEGUN, Broken, Host, Killed, Process, Schedule
from tests.simulation.sqlite_files import SqliteDisk

from journeyman import plugins
from journeyman.api.build import build
from journeyman.entities.operating import Operated, OperateSettings
from journeyman.entities.operation import Economics
from journeyman.operations import release_cache, worker
from journeyman.serving import housekeeping, recorder
from journeyman.serving.refusals import Refusal
from journeyman.stores.workspace import Workspace

SPAN = 3_600  # seconds of a round of the loop
HEALING = 3 * 3_600  # seconds without faults within which all has to come right
_PATCH = 900  # seconds between two looks whether all has come right
JUMP = 3_600  # seconds that a clock may be wrong
SETTINGS = OperateSettings(
    every=SPAN * 1_000,
    settle=5_000,
    economics=Economics(retraining=0.05, horizon=2_000),
    budget=None,
    trials=2,
    most_labelled=200,
    keep_rounds=8,
    keep_releases=1,
)
_PACES = (
    (housekeeping, "_TURN", 300.0),
    (housekeeping, "_BETWEEN", 1_200.0),
    (recorder, "_IDLE", 600.0),
    (worker, "_LOOK", 300.0),
)
"""How often threads look for work: seconds in the product, minutes here, since most look in vain."""


@dataclass(frozen=True)
class Life:
    """What a world has shown: how it went, and a digest of all that happened."""

    seed: int
    hours: float
    events: int
    steps: int
    digest: str
    counts: dict[str, int]


_PATIENT = 10.0  # times as long as elsewhere SQLite waits for a lock, as all here look more seldom
_SELDOM, _NEW = 4, 8.0  # passes of a kind of point that are new, and how much more dangerous those are
_PASSED_THROUGH = ("writing", "sync_folder", "keep", "reading", "_on_begin", "_on_connect", "append", "record")


class WorldBroken(Exception):
    """An invariant did not hold: which, when, and what had happened before."""


def template(folder: Path) -> Path:
    """Return a folder with a workspace whose model "m" has one release; made where it is not there."""
    place = folder / "template"
    if not place.exists():
        rng = np.random.default_rng(3)
        frame = pd.DataFrame({"x": rng.normal(size=200).round(6), "c": rng.choice(list("abc"), 200)})
        truths = np.where(frame["x"] + (frame["c"] == "a") > 0.3, "yes", "no")
        draft = folder / "template.draft"
        build(frame.assign(y=truths), target="y", trials=1, workspace=draft, name=MODEL)
        with Workspace(draft) as workspace:
            workspace.registry.promote(MODEL, 1, now="2023-11-14T00:00:00+00:00")
        draft.rename(place)
    return place


def live(seed: int, hours: float, folder: Path) -> Life:
    """Let a world live for so many hours, then heal it, and return what happened.

    Raises
    ------
    WorldBroken
        Where an invariant did not hold.
    """
    with tempfile.TemporaryDirectory(dir=_memory(), prefix="journeyman-world-") as place:
        world = World(seed, Path(place), template(folder))
        try:
            return world.live(hours * 3_600)
        except Exception as error:
            lines = "\n".join(f"  {line}" for line in world.schedule.events)
            what = str(error).replace(place, "") if isinstance(error, Broken) else f"no error of the world: {error!r}"
            raise WorldBroken(
                f"seed {seed}, step {world.schedule.steps}: {what}\nthe last events:\n{lines}\n"
                f"again: python -m tests.simulation --seed {seed} --hours {hours:g}"
            ) from error
        finally:
            world.end()


def _memory() -> str | None:
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class World:
    """All of it.

    Parameters
    ----------
    seed : int
        Of everything.
    folder : Path
        An empty one: the disks.
    like : Path
        The workspace that the world begins with.
    """

    def __init__(self, seed: int, folder: Path, like: Path) -> None:
        self.schedule = Schedule(seed, f"{folder}/")
        self.seed, chance = seed, self.schedule.random
        self.faults = drawn(chance)
        shared = chance.random() < 0.5
        self.alpha, self.beta, self.gamma, self.outside = (Host(n) for n in ("alpha", "beta", "gamma", "outside"))
        self.schedule.hosts = [self.alpha, self.beta, self.gamma, self.outside]
        self.folder = folder
        for host in self.schedule.hosts:
            (folder / host.name).mkdir()
        workspace = folder / "alpha" / "w"
        shutil.copytree(like, workspace)
        address = None
        if shared:
            journal = folder / "gamma" / "journal.db"
            shutil.move(workspace / "journal.db", journal)
            address = f"sqlite:///{journal}"
        self.places = Places(workspace, address)
        self.cut: set[frozenset[str]] = set()
        self.servers = [f"server{i}" for i in range(2)]
        self.loopers = {"loop0": self.alpha, "loop1": self.beta if shared else self.alpha}
        self.living: dict[str, Process] = {}
        self.counts: dict[str, int] = {}
        self._passed: dict[str, int] = {}
        self._frozen = False
        self.sqlite = SqliteDisk(self._may, self._synced, self._slept)
        self.operated = Operated(MODEL, SETTINGS, BEGUN * 1_000)
        with self.places.opened() as opened:
            opened.operations.begin(self.operated)
        self.disks = {host.name: FileDisk(folder / host.name) for host in self.schedule.hosts}
        self.invariants = Invariants(self)
        self.clients = [Client(self, f"client{i}") for i in range(2)]
        self._stack = ExitStack()
        self._enter()

    def _enter(self) -> None:
        self.sqlite.install()
        self._stack.callback(self.sqlite.remove)
        self._stack.enter_context(calls_of_the_system(self.schedule, self._disk_of, self._fails))
        self._stack.enter_context(_exchanged((release_cache, "open_release", checked_release)))
        self._stack.enter_context(_exchanged((sqlite3, "connect", self._connected(sqlite3.connect))))
        self._stack.enter_context(_exchanged((sqlite3.dbapi2, "connect", sqlite3.connect)))
        # What is installed does not change while a world lives, and workers start often there.
        self._stack.enter_context(_exchanged((plugins, "entry_points", cache(plugins.entry_points))))
        for module, name, value in _PACES:
            self._stack.enter_context(_exchanged((module, name, value)))

    def end(self) -> None:
        """Let go of everything."""
        try:
            self.invariants.close()
            self.schedule.end()
        finally:
            self.schedule.acting = None
            self._stack.close()

    def live(self, seconds: float) -> Life:
        """Live with faults, then heal."""
        schedule = self.schedule
        schedule.at_point, schedule.check = self._at_point, self.invariants.step
        schedule.say(f"world {self.seed}: {self.faults}")
        for name in self.servers:
            self._begin(name, self.alpha, server, 0.0)
        for name, host in self.loopers.items():
            self._begin(name, host, looper, 1.0)
        self._begin("ann", self.outside, person, 2.0)
        for client in self.clients:
            client.begin()
        faults = self.faults
        trials = ((faults.outage, self._outage), (faults.partition, self._partition), (faults.jump, self._jump))
        for rate, what in (*trials, (faults.full, self._full)):
            if rate:
                self._again(86_400 / rate, what)
        schedule.run(seconds)
        self._heal()
        while True:
            schedule.run(schedule.now + _PATCH)
            try:
                self.invariants.all_came_right()
                break
            except Broken:
                if schedule.now >= seconds + HEALING:
                    raise
        self.invariants.all_of_them()
        return Life(
            self.seed,
            schedule.now / 3_600,
            schedule.count,
            schedule.steps,
            schedule.hash.hexdigest(),
            self.counts,
        )

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    # Processes.

    def _begin(self, name: str, host: Host, be: Callable[..., None], after: float) -> None:
        def start() -> None:
            if host.down:
                self._begin(name, host, be, 30.0)
                return
            process = Process(self.schedule, host, name)
            self.living[name] = process
            process.on_end = lambda: self._ended(process, host, be)
            rest = (self.operated,) if be is looper else ()
            self.schedule.start(process, partial(be, process, self.places, *rest), "main")

        self.schedule.at(after, start)

    def _ended(self, process: Process, host: Host, be: Callable[..., None]) -> None:
        self.living.pop(process.name, None)
        self.count("processes that ended")
        # A supervisor starts it again.
        self._begin(process.name, host, be, self.schedule.random.uniform(0.1, 120))

    # Points and faults.

    def _at_point(self, process: Process, what: str) -> None:
        faults, chance = self.faults, self.schedule.random
        # Points of a kind that was seldom passed are dangerous: else most faults would meet what happens most.
        kind = f"{process.name[:4]} {what} in {_caller()}"
        self._passed[kind] = passed = self._passed.get(kind, 0) + 1
        danger = _NEW if passed <= _SELDOM else 1.0
        draw = chance.random() / danger
        if draw < faults.kill:
            self.count("kills")
            self.schedule.kill(process, f"killed {what} in {_caller()}")
        elif draw < faults.kill + faults.power:
            self._lose_power(process.host, f"{process} was {what}")
        elif draw < faults.kill + faults.power + faults.stop:
            self.count("stops")
            long = chance.random() < (0.5 if danger > 1 else 0.1)
            seconds = 10 ** (chance.uniform(2, 3.4) if long else chance.uniform(-2, 1.5))
            process.stopped = self.schedule.now + seconds
            self.schedule.say(f"{process} is stopped {what} in {_caller()} for {seconds:.3f} s")
            self.schedule.sleep(seconds)
        elif draw < 0.05:
            self.schedule.sleep(0.0 if draw < 0.03 else 0.001)  # somebody else's turn

    def _again(self, mean: float, what: Callable[[], None]) -> None:
        def happen() -> None:
            if self.faults is not CALM:
                what()
                self._again(mean, what)

        self.schedule.at(self.schedule.random.expovariate(1 / mean), happen)

    def _outage(self) -> None:
        host = self.schedule.random.choice((self.alpha, self.alpha, self.beta, self.gamma))
        self._lose_power(host, "an outage")

    def _lose_power(self, host: Host, why: str) -> None:
        if host.down or host is self.outside:
            return
        host.down = True
        self.count("losses of power")
        self.schedule.say(f"{host.name} loses power: {why}")
        folder = self.folder / host.name
        for process in [p for h in self.schedule.hosts for p in h.processes]:
            # A process elsewhere that works on files of this disk all the time ends with it.
            far = process.name in self.loopers and host is self.alpha
            if process.host is host or far or any(self.sqlite_open(c, folder) for c in process.connections.values()):
                self.schedule.kill(process, f"{host.name} is down")
        self.schedule.at(self.schedule.random.uniform(1, 600), lambda: self._power_on(host))

    def sqlite_open(self, connection: Any, folder: Path) -> bool:
        return Path(connection.place).is_relative_to(folder)

    def _power_on(self, host: Host) -> None:
        folder = self.folder / host.name
        self._frozen = True
        self.invariants.close()
        self._frozen = False
        assert not self.sqlite.is_open(folder), f"files of {host.name} are open"
        chance = random.Random(self.schedule.random.random())
        lost = [*self.sqlite.lose_power(folder, chance), *self.disks[host.name].lose_power(chance)]
        host.down = False
        self.count("things lost with the power")
        self.schedule.say(f"{host.name} is up")
        for line in lost[:8]:
            self.schedule.events.append(f"    {line}")  # names of files hold chance that is not the seed's
        self.invariants.all_of_them()

    def _partition(self) -> None:
        names = self.schedule.random.sample([host.name for host in self.schedule.hosts], 2)
        pair = frozenset(names)
        if pair not in self.cut:
            self.cut.add(pair)
            self.count("partitions")
            self.schedule.say(f"{' and '.join(names)} cannot reach one another")
            self.schedule.at(10 ** self.schedule.random.uniform(0, 3.8), lambda: self.cut.discard(pair))

    def _jump(self) -> None:
        host = self.schedule.random.choice(self.schedule.hosts)
        host.offset = self.schedule.random.choice((0.0, *(self.schedule.random.uniform(-JUMP, JUMP) for _ in range(2))))
        self.count("jumps of a clock")
        self.schedule.say(f"the clock of {host.name} is {host.offset:.3f} s ahead")

    def _full(self) -> None:
        host = self.schedule.random.choice((self.alpha, self.gamma))
        host.full = True
        self.count("full disks")
        self.schedule.say(f"the disk of {host.name} is full")

        def emptied() -> None:
            host.full = False

        self.schedule.at(10 ** self.schedule.random.uniform(0, 3.8), emptied)

    def _heal(self) -> None:
        self.schedule.say("from now on nothing goes wrong")
        self.faults = CALM
        self.cut.clear()
        for host in self.schedule.hosts:
            host.offset, host.full = 0.0, False

    # The disk and the network.

    def _host_of(self, path: str) -> Host | None:
        below = str(self.folder) + "/"
        if not path.startswith(below):
            return None
        name = path[len(below) :].partition("/")[0]
        return next((host for host in self.schedule.hosts if host.name == name), None)

    def _disk_of(self, path: str) -> FileDisk | None:
        host = self._host_of(path)
        return None if host is None else self.disks[host.name]

    def _reached(self, process: Process, host: Host) -> bool:
        return not host.down and frozenset((process.host.name, host.name)) not in self.cut

    def _fails(self, path: str, what: str) -> None:
        process, host = self.schedule.process, self._host_of(path)
        if process is None or host is None:
            return
        if not self._reached(process, host):
            raise OSError(errno.EIO, "the disk cannot be reached", path)
        if host.full and what in ("write", "room"):
            raise OSError(errno.ENOSPC, "No space left on device", path)
        if what == "sync" and self.schedule.random.random() < self.faults.disk_error:
            self.count("errors of a disk")
            raise OSError(errno.EIO, "Input/output error", path)

    def _may(self, path: Path, what: str) -> int:
        """Say whether SQLite may go on; see ``SqliteDisk``."""
        process, host = self.schedule.process, self._host_of(str(path))
        if self._frozen:
            return sqlite_files.IOERR_WRITE
        if process is None or host is None:
            return sqlite_files.OK
        if process.dead or not self._reached(process, host):
            return sqlite_files.IOERR_WRITE
        if what == "write" and host.full:
            return sqlite_files.FULL
        if what == "sync":
            try:
                self.schedule.point(f"before a sync of {path.name}")
            except Killed:
                return sqlite_files.IOERR_SYNC
            if not self._reached(process, host) or self.schedule.random.random() < self.faults.disk_error:
                self.count("errors of a disk")
                return sqlite_files.IOERR_SYNC
        return sqlite_files.OK

    def _synced(self, path: Path, wrote: bool) -> None:
        process = self.schedule.process
        if process is None or not wrote:
            return
        self.schedule.say(f"{process} wrote {path.name}")
        self.invariants.wrote(process, path)
        with suppress(Killed):  # nothing may leave a call of SQLite's; the next point tells it
            self.schedule.point(f"after a sync of {path.name}")

    def _slept(self, seconds: float) -> None:
        if self.schedule.current is not None:
            with suppress(Killed):  # the same
                self.schedule.sleep(_PATIENT * seconds)

    def _connected(self, connect: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``sqlite3.connect`` that knows whose connection it is, and may lose the answer to a commit."""
        world = self

        class Connection(sqlite3.Connection):
            place = ""

            def commit(self) -> None:
                super().commit()
                process = world.schedule.process
                host = world._host_of(self.place)
                if process is None or host is None or process.host is host or process.dead:
                    return
                if not world._reached(process, host):
                    raise sqlite3.OperationalError("the server closed the connection unexpectedly")

            def close(self) -> None:
                process = world.schedule.process
                if process is not None:
                    process.connections.pop(id(self), None)
                super().close()

        def connected(database: Any, *rest: Any, **named: Any) -> Any:
            process = world.schedule.process
            if process is None:
                return connect(database, *rest, **named)
            connection = connect(database, *rest, **named, factory=Connection)
            connection.place = str(database).removeprefix("file:").partition("?")[0]
            process.connections[id(connection)] = connection
            return connection

        return connected

    def send(self, asked: Asked, told: Callable[[Any], None]) -> None:
        """Send a message of a client to the service; ``told`` may be called with what it says, once, twice or never."""
        chance, faults = self.schedule.random, self.faults
        for _ in range(1 + (chance.random() < faults.twice)):
            if chance.random() >= faults.lost:
                self.schedule.at(chance.expovariate(1 / faults.slow), lambda: self._arrived(asked, told))

    def _arrived(self, asked: Asked, told: Callable[[Any], None]) -> None:
        if frozenset(("outside", "alpha")) in self.cut:
            return
        ready = [
            self.living[name] for name in self.servers if name in self.living and self.living[name].loop is not None
        ]
        if not ready:
            return
        process = self.schedule.random.choice(ready)

        async def handled() -> None:
            reply = await answer(process.service, asked)
            chance, faults = self.schedule.random, self.faults
            if process.dead or frozenset(("outside", "alpha")) in self.cut or chance.random() < faults.lost:
                return
            self.schedule.at(chance.expovariate(1 / faults.slow), lambda: told(reply))

        process.loop.call_soon_threadsafe(lambda: process.loop.create_task(handled()))


def _caller() -> str:
    """Return the function of the product that called the system, seen through what all of them pass."""
    frame = sys._getframe(2)
    while frame.f_back is not None:
        code = frame.f_code
        if "journeyman" in code.co_filename and code.co_name not in _PASSED_THROUGH:
            return code.co_name
        frame = frame.f_back
    return ""


@contextmanager
def _exchanged(place: tuple[Any, str, Any]) -> Iterator[None]:
    module, name, value = place
    before = getattr(module, name)
    setattr(module, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)


__all__ = ["Life", "Refusal", "World", "WorldBroken", "live", "template"]
