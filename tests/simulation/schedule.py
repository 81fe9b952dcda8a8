"""One thread at a time on a simulated clock: threads of simulated processes, chosen by a seed.

Every simulated thread is a thread of the system that waits for its turn, so that the product's code runs as it is. Only
one has the turn; it gives it up where it sleeps, waits, or passes a *point* (a call of the system at which it may be
stopped, killed or its machine may lose power). Who comes next follows from the simulated time, and among equals from
chance.
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import os
import queue
import random
import threading
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from journeyman.errors import JourneymanError

TRACE = bool(os.environ.get("TRACE"))
_LONGEST = 300  # characters of an event
BEGUN = 1_700_006_400  # seconds since 1970 at which every world begins: a full hour


class Killed(SystemExit):
    """The process of this thread is dead: nothing that it does counts any more."""


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass
class Host:
    """A machine: its clock may be wrong and may jump, its disk is in ``disk``."""

    name: str
    offset: float = 0.0  # seconds that its clock is ahead
    down: bool = False
    full: bool = False  # its disk
    processes: list[Process] = field(default_factory=list)


class Process:
    """A process on a host; it ends when its first function returns, or is killed."""

    def __init__(self, schedule: Schedule, host: Host, name: str) -> None:
        self.schedule, self.host, self.name = schedule, host, name
        self.dead = False
        self.stopped = 0.0  # until then, none of its threads goes on
        self.tasks: list[Task] = []
        self.cleanups: list[Callable[[], None]] = []
        self.connections: dict[int, Any] = {}
        self.lease: Any = None
        self.service: Any = None
        self.loop: Any = None
        self.on_end: Callable[[], None] = lambda: None
        host.processes.append(self)

    def __repr__(self) -> str:
        return f"{self.name}@{self.host.name}"


class Task:
    """A simulated thread."""

    def __init__(self, process: Process, function: Callable[[], None], name: str) -> None:
        self.process, self.name, self.ended = process, name, False
        self.turn = threading.Lock()
        self.turn.acquire()
        self.waiting = 0  # number of the wait that is under way, so that an old timeout wakes nobody
        self.joined: list[SimEvent] = []
        self._function = function
        self._thread = threading.Thread(target=self._run, name=f"{process.name}/{name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        schedule = self.process.schedule
        self.turn.acquire()
        try:
            if not self.process.dead:
                self._function()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - what ends a thread is the world's to judge
            if not self.process.dead:
                schedule.failed(self, error)
        self.ended = True
        for event in self.joined:
            event.set()
        schedule.back.release()

    def join(self) -> None:
        """Wait until its function has returned."""
        if not self.ended:
            event = SimEvent(self.process.schedule)
            self.joined.append(event)
            event.wait()


class Schedule:
    """Who has the turn, and what time it is.

    Parameters
    ----------
    seed : int
        Of all that is left to chance.
    place : str
        What paths of this world begin with.
    """

    def __init__(self, seed: int, place: str) -> None:
        self.place = place
        self.random = random.Random(seed)
        self.now = 0.0
        self.steps = 0
        self.back = threading.Lock()
        self.back.acquire()
        self.current: Task | None = None
        self.acting: Process | None = None  # in whose name the main thread cleans up
        self.dying: list[Process] = []
        self.events: deque[str] = deque(maxlen=30)
        self.count = 0
        self.hash = hashlib.blake2b(digest_size=16)
        self.check: Callable[[], None] = lambda: None
        self.at_point: Callable[[Process, str], None] = lambda process, what: None
        self.crash: BaseException | None = None
        self._heap: list[tuple[float, float, int, Callable[[], None]]] = []
        self._number = 0

    @property
    def process(self) -> Process | None:
        """Whose code runs."""
        return self.current.process if self.current is not None else self.acting

    def say(self, text: str) -> None:
        """Write an event down, without the place of this world, which is another one each time."""
        self.count += 1
        line = f"{self.now:.6f} {' '.join(text.replace(self.place, '').split())[:_LONGEST]}"
        self.hash.update(line.encode() + b"\n")
        self.events.append(line)
        if TRACE:
            print(line, flush=True)

    def at(self, seconds: float, call: Callable[[], None]) -> None:
        """Call something after so many seconds, outside of all processes."""
        self._number += 1
        heapq.heappush(self._heap, (self.now + seconds, self.random.random(), self._number, call))

    def start(self, process: Process, function: Callable[[], None], name: str) -> Task:
        """Begin a thread of a process."""
        task = Task(process, function, name)
        process.tasks.append(task)
        self.at(0.0, lambda: self._resume(task))
        return task

    def failed(self, task: Task, error: BaseException) -> None:
        """Note that a thread ended with an error: of the world, or of a process that dies of it."""
        if isinstance(error, Broken):
            self.crash = error
            return
        if TRACE and not isinstance(error, JourneymanError):
            traceback.print_exception(error)
        self.say(f"{task.process} {task.name} ends with {type(error).__name__}: {error}")
        if task is task.process.tasks[0]:
            self.kill(task.process, "an error")
        else:
            self.crash = error

    def kill(self, process: Process, why: str) -> None:
        """End a process at this very moment; its threads unwind, and nothing that they do counts."""
        if not process.dead:
            process.dead = True
            self.dying.append(process)
            self.say(f"{process} is dead ({why})")

    def sleep(self, seconds: float) -> None:
        """Give up the turn for so many seconds."""
        task = self.current
        assert task is not None
        self._alive(task)
        task.waiting += 1
        wait = task.waiting
        self.at(max(0.0, seconds), lambda: self._resume(task, wait))
        self.yield_turn(task)

    def yield_turn(self, task: Task) -> None:
        """Give up the turn until somebody resumes this thread; Killed where it is dead by then."""
        self.current = None
        self.back.release()
        task.turn.acquire()
        self._alive(task)

    def wake(self, task: Task, wait: int) -> None:
        """Let a thread go on that waits."""
        self.at(0.0, lambda: self._resume(task, wait))

    def point(self, what: str) -> None:
        """Pass a point: a call of the system at which something may happen to this process."""
        task = self.current
        if task is None:
            return
        self._alive(task)
        self.at_point(task.process, what)
        self._alive(task)

    def run(self, until: float) -> None:
        """Go on until a simulated moment.

        Raises
        ------
        Broken
            Where an invariant does not hold after a step.
        """
        while self._heap and self._heap[0][0] <= until:
            time, _, _, call = heapq.heappop(self._heap)
            self.now = max(self.now, time)
            call()
            self.settle()
        self.now = max(self.now, until)

    def settle(self) -> None:
        """Bury who died, and check that all is well."""
        while self.dying:
            self._bury(self.dying.pop())
        if self.crash is not None:
            error, self.crash = self.crash, None
            raise error
        self.steps += 1
        self.check()

    def end(self) -> None:
        """Unwind all threads that are left."""
        self.check = lambda: None
        for host in {process.host.name: process.host for process in self._all}.values():
            for process in list(host.processes):
                process.dead = True
                process.on_end = lambda: None
                self._bury(process)
        self._heap.clear()

    @property
    def _all(self) -> list[Process]:
        return [process for host in self.hosts for process in host.processes]

    hosts: list[Host] = []  # noqa: RUF012 - the world names its own

    def _bury(self, process: Process) -> None:
        for _ in range(1_000):
            living = [task for task in process.tasks if not task.ended]
            if not living:
                break
            for task in living:
                self._turn(task)
        else:
            raise RuntimeError(f"{process} does not end: {[task.name for task in living]}")
        self.acting = process
        for cleanup in [*reversed(process.cleanups), *(c.close for c in list(process.connections.values()))]:
            with contextlib.suppress(Exception):  # of a process that is dead
                cleanup()
        self.acting = None
        process.cleanups.clear()
        process.connections.clear()
        process.tasks.clear()
        if process in process.host.processes:
            process.host.processes.remove(process)
        process.on_end()

    def _resume(self, task: Task, wait: int | None = None) -> None:
        if task.ended or (wait is not None and wait != task.waiting):
            return
        if task.process.stopped > self.now:
            self.at(task.process.stopped - self.now, lambda: self._resume(task, wait))
            return
        self._turn(task)
        if task.ended and task is next(iter(task.process.tasks), None):
            self.kill(task.process, "it has ended")

    def _turn(self, task: Task) -> None:
        task.waiting += 1
        self.current = task
        task.turn.release()
        self.back.acquire()
        self.current = None

    def _alive(self, task: Task) -> None:
        if task.process.dead:
            raise Killed


class SimEvent:
    """A flag as ``threading.Event``."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule, self._up = schedule, False
        self._waiting: list[tuple[Task, int]] = []

    def set(self) -> None:
        self._up = True
        waiting, self._waiting = self._waiting, []
        for task, wait in waiting:
            self._schedule.wake(task, wait)

    def clear(self) -> None:
        self._up = False

    def is_set(self) -> bool:
        return self._up

    def wait(self, timeout: float | None = None) -> bool:
        schedule = self._schedule
        task = schedule.current
        assert task is not None, "only a simulated thread may wait"
        schedule._alive(task)
        if self._up:
            return True
        task.waiting += 1
        wait = task.waiting
        self._waiting.append((task, wait))
        if timeout is not None:
            schedule.at(max(0.0, timeout), lambda: schedule._resume(task, wait))
        schedule.yield_turn(task)
        self._waiting = [one for one in self._waiting if one != (task, wait)]
        return self._up


class SimLock:
    """A lock as ``threading.Lock``."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule, self._held = schedule, False
        self._free = SimEvent(schedule)

    def __enter__(self) -> SimLock:
        while self._held and self._schedule.current is not None:
            self._free.clear()
            self._free.wait()
        self._held = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held = False
        self._free.set()


class SimQueue:
    """A queue as ``queue.SimpleQueue``."""

    def __init__(self, schedule: Schedule) -> None:
        self._items: deque[Any] = deque()
        self._some = SimEvent(schedule)

    def put(self, item: Any) -> None:
        self._items.append(item)
        self._some.set()

    def get(self, *, timeout: float) -> Any:
        if not self._items:
            self._some.clear()
            self._some.wait(timeout)
        if not self._items:
            raise queue.Empty
        return self._items.popleft()


class SimThreads:
    """Threads of a simulated process: see ``journeyman.interfaces.Threads``."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def start(self, function: Callable[[], None], name: str) -> Task:
        return self._process.schedule.start(self._process, function, name)

    def event(self) -> SimEvent:
        return SimEvent(self._process.schedule)

    def lock(self) -> SimLock:
        return SimLock(self._process.schedule)

    def queue(self) -> SimQueue:
        return SimQueue(self._process.schedule)


class SimClock:
    """The clock of a host, which may be wrong: see ``journeyman.interfaces.Clock``."""

    def __init__(self, schedule: Schedule, host: Host) -> None:
        self._schedule, self._host = schedule, host

    def monotonic(self) -> float:
        return self._schedule.now

    def now(self) -> str:
        return datetime.fromtimestamp(self.milliseconds() / 1000, UTC).isoformat(timespec="seconds")

    def milliseconds(self) -> int:
        return int((BEGUN + self._schedule.now + self._host.offset) * 1000)
