"""Durable steps: what a run has finished is replayed from the journal, what it has not is done."""

from __future__ import annotations

import functools
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar, get_type_hints

from journeyman.allocator import give_back
from journeyman.errors import (
    EngineError,
    JournalError,
    JourneymanError,
    LeaseError,
    RemoteError,
    ReplayError,
    WorkspaceError,
)
from journeyman.interfaces import Clock
from journeyman.runtime.part_versions import part_version
from journeyman.stores.facts import settle
from journeyman.stores.journal import EventRecord, RunRecord, RunStatus, StepRecord
from journeyman.stores.registry import check_name
from journeyman.stores.workspace import Workspace

__all__ = [
    "ADOPTION",
    "LOOP",
    "JournalRun",
    "MemoryRun",
    "is_build",
    "resumable",
    "resume_run",
    "return_kind",
    "start_run",
]

T = TypeVar("T")

LOOP = "@"
"""Stands in the identities of the loop's runs: no model's name has it."""

ADOPTION = "+adoption"
"""Stands in the identities of runs that adopt a model, which is adopted anew where that was interrupted."""

_RENAMED = {
    "remember": "load experience",
    "copies": "seed replicas",
    "recollect": "measure duplicate lookup",
    "hurry": "limit prediction time",
}
"""What steps of builds that an earlier version began are called now."""

_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024


def start_run(workspace: Workspace, name: str, settings: object, clock: Clock, head_start: float = 0.0) -> JournalRun:
    """Begin a run that builds a model of that name; the journal keeps the settings (a dataclass or a mapping).

    Parameters
    ----------
    head_start : float
        Seconds that went by before, loading libraries for instance, and count as the run's own.

    Raises
    ------
    SettingsError
        For a name that a model cannot have.
    """
    return JournalRun(workspace, workspace.journal.start(check_name(name), settings, clock.now()), clock, head_start)


def resume_run(workspace: Workspace, run: str, clock: Clock) -> JournalRun:
    """Go on with a run that was killed or interrupted.

    Raises
    ------
    JournalError
        For a run that is unknown, done or failed.
    """
    record = workspace.journal.run(run)
    if record.status is RunStatus.DONE:
        raise JournalError(f"run {run} is done", hint="`journeyman list` shows its release")
    if record.status is RunStatus.FAILED:
        raise JournalError(f"run {run} failed and cannot go on: {record.cause}", hint="start the build anew")
    return JournalRun(workspace, record, clock)


def resumable(workspace: Workspace) -> tuple[RunRecord, ...]:
    """Return the builds that have not ended by themselves, the earliest first; those of the loop go on by themselves.

    Who holds the workspace's lock knows that no other process works on them.
    """
    return tuple(run for run in workspace.journal.runs(RunStatus.RUNNING) if is_build(run.id))


def is_build(run: str) -> bool:
    """Say whether a run is a person's build, by its identity.

    Examples
    --------
    >>> [is_build(run) for run in ("houses-1", "houses@7", "houses+adoption-1")]
    [True, False, False]
    """
    return LOOP not in run and ADOPTION not in run


_PASSING = (WorkspaceError, EngineError, RemoteError, LeaseError, MemoryError)
"""What may be otherwise later: a run that met it goes on."""


class JournalRun:
    """A run whose finished steps survive anything, kill -9 and a loss of power included.

    A step is finished when its row is in the journal; what it gave is then durable, and it is never done again. A
    step that was killed before that is done again from its beginning: steps are done **at least once**, so that what
    a step does besides returning a fact (writing a folder, registering a version) must be the same when repeated.
    Steps do not nest, and their order must follow from facts and settings alone.

    Used as a context manager: leaving it marks the run done, or failed with its cause. Ctrl-C, a kill, lack of memory,
    an engine that was lost, a workspace that is full or locked and a storage that does not answer leave it resumable.

    Examples
    --------
    >>> import tempfile
    >>> from journeyman.runtime.clock import SystemClock
    >>> def double(number: int) -> int:
    ...     return 2 * number
    >>> with tempfile.TemporaryDirectory() as folder, Workspace(folder) as workspace:
    ...     with start_run(workspace, "example", {}, SystemClock()) as run:
    ...         print(run.id, run.step("double", double, 21))
    example-1 42
    """

    def __init__(self, workspace: Workspace, record: RunRecord, clock: Clock, head_start: float = 0.0) -> None:
        self.id = record.id
        self.record = record
        self._journal = workspace.journal
        self._artifacts = workspace.artifacts
        self._clock = clock
        self._began = clock.monotonic()
        self._steps = list(self._journal.steps(record.id))
        self._recorded = len(self._steps)
        self._worked_before = self._steps[-1].elapsed if self._steps else head_start
        self._position = 0
        if [step.position for step in self._steps] != list(range(self._recorded)):
            raise JournalError(f"the journal of run {self.id} has a gap", hint="start the build anew")

    @property
    def replaying(self) -> bool:
        """Whether the next step is replayed."""
        return self._position < self._recorded

    def step(self, name: str, function: Callable[..., T], *facts: object, using: Sequence[object] = ()) -> T:
        """Return ``function(*facts)``, or what it returned when this run did that step before.

        What comes back is the fact exactly as it is stored, of the type that the function's return annotation says.

        Parameters
        ----------
        using : sequence of object
            Parts that are bound to the function; their names and versions are recorded beside the digests of the facts.

        Raises
        ------
        ReplayError
            Where the journal holds another step at this place, or other facts or parts went into it.
        TypeError
            Where the function has no return annotation, or gave something that is not such a fact.
        """
        kind = return_kind(function)
        inputs = (*map(self._artifacts.digest, facts), *map(part_version, using))
        result: T
        if self.replaying:
            result = self._replay(self._steps[self._position], name, inputs, kind)
        else:
            result = self._do(name, function, facts, inputs, kind)
        self._position += 1
        return result

    def store(self, fact: object) -> str:
        """Store a fact, durably, and return its digest."""
        return self._artifacts.put(fact)

    def name_artifacts(self, artifacts: object) -> None:
        """Say, durably, which artifacts of this run are asked for later: a dataclass whose fields are digests."""
        for digest in vars(artifacts).values():
            self._artifacts.share(digest)
        self._journal.name_artifacts(self.id, self._position, artifacts, self._clock.now())

    def event(self, kind: str, detail: str) -> None:
        """Record something that happens besides the steps, before it happens; silent while steps are replayed."""
        if not self.replaying:
            self._journal.add_event(EventRecord(self.id, self._position, kind, detail, self._clock.now()))

    def elapsed(self) -> float:
        """Return the seconds this run has worked, its head start and those before a restart included.

        While steps are replayed this is the time at which the last one of them ended, so that what is decided by it
        between steps is decided as before. Time that a killed process spent after its last finished step is not
        counted. Bind it with ``functools.partial`` rather than pass it as a fact: it never is the same twice.
        """
        if self.replaying:
            return self._steps[self._position - 1].elapsed if self._position else 0.0
        return self._worked_before + self._clock.monotonic() - self._began

    def stage_seconds(self) -> Mapping[str, float]:
        """Return the seconds of the finished steps by name, in order of their first appearance."""
        return _sum_by_name([(step.name, step.seconds) for step in self._steps[: self._position]])

    def _replay(self, step: StepRecord, name: str, inputs: tuple[str, ...], kind: Any) -> Any:
        place = f"step {step.position} of run {self.id}"
        hint = "the program or its input has changed since the run began: start the build anew"
        if name not in (step.name, _RENAMED.get(step.name)):
            raise ReplayError(f"{place} was {step.name!r} and is now {name!r}", hint=hint)
        (then, parts_then), (now, parts_now) = _facts_and_parts(step.inputs), _facts_and_parts(inputs)
        if len(then) != len(now):
            raise ReplayError(f"{place} ({name}) took {len(then)} facts and now takes {len(now)}", hint=hint)
        changed = [i for i, (old, new) in enumerate(zip(then, now, strict=True), 1) if old != new]
        if changed:
            raise ReplayError(f"fact {changed[0]} that goes into {place} ({name}) is not what it was", hint=hint)
        if parts_then and parts_then != parts_now:  # earlier versions named no parts
            gone = ", ".join(sorted({*parts_then} - {*parts_now})) or "fewer parts"
            new = ", ".join(sorted({*parts_now} - {*parts_then})) or "fewer parts"
            raise ReplayError(f"{place} ({name}) used {gone} and now uses {new}", hint=hint)
        return self._artifacts.get(step.output, kind)

    def _do(
        self, name: str, function: Callable[..., object], facts: tuple[object, ...], inputs: tuple[str, ...], kind: Any
    ) -> Any:
        began, started = self._clock.monotonic(), self._clock.now()
        result = settle(function(*facts), kind)
        output = self._artifacts.put(result)
        step = StepRecord(
            position=self._position,
            name=name,
            inputs=inputs,
            output=output,
            kind=str(kind) if hasattr(kind, "__args__") else getattr(kind, "__name__", str(kind)),
            seconds=self._clock.monotonic() - began,
            elapsed=self.elapsed(),
            peak_mb=_peak_mb(),
            started=started,
            finished=self._clock.now(),
        )
        self._journal.add_step(self.id, step)
        self._steps.append(step)
        self._recorded += 1
        give_back()  # what a step needed on the way is no longer needed
        return result

    def __enter__(self) -> JournalRun:
        """Return the manager itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Say in the journal how the run ended, if it ended."""
        if error is None:
            self._journal.finish(self.id, RunStatus.DONE, "", self._clock.now())
        elif isinstance(error, Exception) and not isinstance(error, _PASSING):
            cause = str(error) if isinstance(error, JourneymanError) else f"{type(error).__name__}: {error}"
            self._journal.finish(self.id, RunStatus.FAILED, cause.split("\n")[0], self._clock.now())


class MemoryRun:
    """A run that stores nothing and hands on the same facts as a journalled one.

    Examples
    --------
    >>> from journeyman.runtime.clock import SystemClock
    >>> def double(number: int) -> int:
    ...     return 2 * number
    >>> MemoryRun(SystemClock()).step("double", double, 21)
    42
    """

    id = "memory"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._seconds: list[tuple[str, float]] = []

    def step(self, name: str, function: Callable[..., T], *facts: object, using: Sequence[object] = ()) -> T:
        """Return ``function(*facts)``."""
        began = self._clock.monotonic()
        result: T = settle(function(*facts), return_kind(function))
        self._seconds.append((name, self._clock.monotonic() - began))
        return result

    def store(self, fact: object) -> str:
        """Store nothing, and return no digest."""
        return ""

    def name_artifacts(self, artifacts: object) -> None:
        """Do nothing: there are no artifacts."""

    def event(self, kind: str, detail: str) -> None:
        """Do nothing: there is no journal."""

    def elapsed(self) -> float:
        """Return the seconds since the run began."""
        return self._clock.monotonic() - self._began

    def stage_seconds(self) -> Mapping[str, float]:
        """Return the seconds of the finished steps by name."""
        return _sum_by_name(self._seconds)


def _facts_and_parts(inputs: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what went into a step: digests of facts, and ``name@version`` of parts."""
    return [i for i in inputs if "@" not in i], [i for i in inputs if "@" in i]


def return_kind(function: Callable[..., object]) -> Any:
    """Return what a function says it returns, seen through ``functools.partial``.

    Raises
    ------
    TypeError
        Where it does not say, or says it with a name that its module does not have.

    Examples
    --------
    >>> def double(number: int) -> "int":
    ...     return 2 * number
    >>> return_kind(functools.partial(double, 21))
    <class 'int'>
    """
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if not hasattr(inner, "__annotations__") or isinstance(inner, type):
        inner = type(inner).__call__
    name = getattr(inner, "__qualname__", repr(inner))
    try:
        hints = get_type_hints(inner)
    except NameError as error:
        raise TypeError(f"the return annotation of {name} cannot be read: {error}") from error
    if "return" not in hints:
        raise TypeError(f"{name} is no step: it has no return annotation")
    return hints["return"]


def _sum_by_name(rows: list[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for name, seconds in rows:
        sums[name] = sums.get(name, 0.0) + seconds
    return sums


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_OF_MAXRSS / 1e6
