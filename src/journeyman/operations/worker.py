"""A worker of the loop: holds the lease of a model, shows life, and goes through the rounds that are due."""

from __future__ import annotations

import contextlib
import os
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from journeyman.entities.operating import Kept, LoopState, Notice, OperateSettings
from journeyman.entities.signal import Watched
from journeyman.errors import JournalError, LeaseError, NotificationError, RemoteError, WorkspaceError
from journeyman.interfaces import Clock, Event, Notifier, Run, Threads
from journeyman.notifiers.operation_message import headline
from journeyman.operations.loop_context import LoopContext, first_state, learning_rows
from journeyman.operations.paths import loop_place, round_id
from journeyman.operations.retention import apply_retention, is_due
from journeyman.runtime.clock import SYSTEM_THREADS
from journeyman.runtime.durable_run import LOOP, JournalRun
from journeyman.stores.disk import DRAFT
from journeyman.stores.journal import RunStatus
from journeyman.stores.leases import Lease
from journeyman.stores.run_artifacts import round_artifacts
from journeyman.stores.workspace import Workspace

__all__ = ["Worker", "holding", "next_state", "work_until"]

_NOTICE_DAYS = 86_400_000
_PAUSE = 30.0  # seconds after which a round that could not go on is tried again
_LOOK = 1.0  # seconds between two looks at whether a round is due


def next_state(workspace: Workspace, model: str, first: Callable[[], LoopState]) -> LoopState:
    """Return what the next round that is to be worked on begins with; it may be one that was killed."""
    last = workspace.operations.last_round(model)
    if last is None:
        return first()
    # A round that was kept, but whose run was not ended, begins again from what went into it.
    ended = workspace.journal.run(round_id(model, last)).status is RunStatus.DONE
    number = last if ended else last - 1
    return first() if number < 0 else _stored_round(workspace, model, number).state


def _stored_round(workspace: Workspace, model: str, number: int) -> Kept:
    artifacts = round_artifacts(workspace.journal, round_id(model, number))
    if artifacts is None:
        raise JournalError(f"round {number} of {model} is not in the journal", hint="restore the workspace from a copy")
    kept: Kept = loop_place(workspace, model, number).artifacts.get(artifacts.kept, Kept)
    return kept


@contextmanager
def holding(
    workspace: Workspace,
    model: str,
    term: int,
    now: Callable[[], int],
    wait: Callable[[float], bool],
    threads: Threads = SYSTEM_THREADS,
) -> Iterator[Lease]:
    """Hold the lease of a model, with a heartbeat; wait for it while another worker shows life.

    Parameters
    ----------
    term : int
        Milliseconds without a heartbeat after which others may take over.
    now : callable
        Returns the milliseconds since 1970.
    wait : callable
        Waits for so many seconds; True where the worker is to end instead.
    threads : Threads
        Where the thread that shows life comes from.

    Raises
    ------
    LeaseError
        Where the worker is told to end before it holds the lease.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    lease = workspace.leases.take(model, holder, now(), term)
    while lease is None:
        if wait(min(1.0, term / 3000)):
            raise LeaseError(f"another worker operates {model}", hint="it goes on; this one need not")
        lease = workspace.leases.take(model, holder, now(), term)
    stop = threads.event()

    def beat() -> None:
        while not stop.wait(term / 3000):
            # A database that cannot be reached now may be reached by the next beat; the fence is what counts.
            with contextlib.suppress(WorkspaceError):
                if not workspace.leases.renew(lease, now(), term):
                    return

    thread = threads.start(beat, "heartbeat")
    try:
        yield lease
    finally:
        stop.set()
        thread.join()
        with contextlib.suppress(WorkspaceError):
            workspace.leases.release(lease)


class Worker:
    """Goes through rounds.

    Parameters
    ----------
    parts : LoopContext
        What the loop works with, fenced by the lease that this worker holds.
    operate_round : callable
        Goes through a round, from the state before to the state after.
    clock : Clock
        Time, for the journal.
    now : callable
        Returns the milliseconds since 1970.
    begun : int
        Where the grid begins, in milliseconds since 1970.
    notifiers : tuple of Notifier
        Who is told of operations.
    tell : callable
        Is told a line about what was deleted.
    """

    def __init__(
        self,
        parts: LoopContext,
        operate_round: Callable[[Run, LoopContext, LoopState], LoopState],
        clock: Clock,
        now: Callable[[], int],
        begun: int,
        notifiers: tuple[Notifier, ...] = (),
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._parts, self._operate_round = parts, operate_round
        self._clock, self._now, self._begun = clock, now, begun
        self._notifiers, self._say = notifiers, tell

    def is_due(self) -> bool:
        """Whether a span has ended, and settled, that was not looked at."""
        return self.wakes(self.state()) <= self._now()

    def wakes(self, state: LoopState) -> int:
        """Return when the round that begins with this is due, in milliseconds since 1970."""
        return state.end + self._parts.settings.settle

    def waits(self, state: LoopState) -> float:
        """Return the seconds until the round that begins with this is due; 0 or less where it is."""
        return (self.wakes(state) - self._now()) / 1000

    def state(self) -> LoopState:
        """Return what the next round begins with; of one that was begun already, what it began with."""
        workspace, name = self._parts.workspace, self._parts.name
        state = next_state(workspace, name, self._first)
        steps = workspace.journal.steps(round_id(name, state.round))
        if not steps:
            return state
        begun: LoopState = loop_place(workspace, name, state.round).artifacts.get(steps[0].output, LoopState)
        return begun

    def round(self) -> LoopState:
        """Go through the next round, or on with one that was killed; return what the one after it begins with."""
        workspace, name, before = self._parts.workspace, self._parts.name, self.state()
        place = loop_place(workspace, name, before.round)
        for draft in place.artifacts.folder.glob(f"{DRAFT}*"):
            draft.unlink(missing_ok=True)  # of a worker that was killed
        settings = self._parts.settings
        # Before its first step, and never between two: what is old must not depend on when a worker was killed.
        if is_due(before.round) and not workspace.journal.steps(round_id(name, before.round)):
            self._say_if(apply_retention(self._parts, before))
        record = workspace.journal.open(round_id(name, before.round), f"{name}{LOOP}", settings, self._clock.now())
        # A round goes on as it was begun, whatever was set since.
        parts = replace(self._parts, settings=record.read_settings(OperateSettings))
        with JournalRun(place, record, self._clock) as run:
            after = self._operate_round(run, parts, before)
        self._tell(after)
        return after

    def told(self, number: int) -> str:
        """Return a line about an operation."""
        operation = self._parts.workspace.operations.operation(self._parts.name, number)
        return f"{headline(operation)}: {operation.move.reason}"

    def _say_if(self, line: str) -> None:
        if line:
            self._say(line)

    def _first(self) -> LoopState:
        parts = self._parts
        champion = parts.workspace.registry.version(parts.name).version
        state = first_state(champion, self._begun, parts.settings.every, 0)
        rows = learning_rows(parts, champion, state, Watched((), 0, 0)).repaired.table.frame
        return replace(state, truths=len(rows))

    def _tell(self, state: LoopState) -> None:
        """Tell of operations of the last day that did not arrive yet; a failure is written down and tried again."""
        store, name = self._parts.workspace.operations, self._parts.name
        if not self._notifiers or not state.operations:
            return
        for operation in store.operations(name, 20):
            if operation.at < state.begin - _NOTICE_DAYS:
                continue
            arrived = {n.notifier for n in store.notices(name, operation.number) if not n.failure}
            for notifier in self._notifiers:
                if notifier.name in arrived:
                    continue
                try:
                    notifier.tell(operation)
                    failure = ""
                except NotificationError as error:
                    failure = error.message
                except Exception as error:  # noqa: BLE001 - notifiers are plug-in parts, and none may stop the loop
                    failure = " ".join(f"{notifier.name} failed: {type(error).__name__}: {error}".split())
                store.keep_notice(name, Notice(operation.number, notifier.name, self._now(), failure))


def work_until(worker: Worker, stop: Event, tell: Callable[[str], None], once: bool = False) -> int:
    """Go through the rounds that are due until ``stop`` is set; return how many.

    Parameters
    ----------
    tell : callable
        Is told a line about each round that did something, and about trouble.
    once : bool
        Whether to end when no round is due.

    Raises
    ------
    LeaseError
        Where another worker has taken over.
    WorkspaceError, RemoteError
        With ``once``, where a round cannot go on; else it is tried again.
    """
    rounds, state = 0, worker.state()
    while not stop.is_set():
        try:
            if worker.waits(state) <= 0:
                after = worker.round()
                rounds += 1
                if after.operations > state.operations:
                    tell(worker.told(after.operations))
                state = after
                continue
        except (WorkspaceError, RemoteError) as error:
            if once:
                raise
            tell(f"{error.message}; it is tried again")
            stop.wait(_PAUSE)
            continue
        if once:
            break
        stop.wait(min(_LOOK, max(0.05, worker.waits(state))))
    return rounds
