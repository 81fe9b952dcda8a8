"""What a run is given: durable steps, progress told, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from journeyman.entities.candidate import Candidate

__all__ = ["Clock", "Ends", "FitRunner", "FoldFits", "FoldRows", "OffersFits", "Progress", "Run"]

T = TypeVar("T")
R = TypeVar("R")

FoldRows = Any
"""A frozen dataclass of rows that a fit learns from; its field ``shared`` is for :class:`FitRequest`."""


class Run(Protocol):
    """One run, step by step: a finished step is replayed, not repeated."""

    @property
    def id(self) -> str:
        """Identity of the run."""
        ...

    def step(self, name: str, function: Callable[..., T], *facts: object, using: Sequence[object] = ()) -> T:
        """Return ``function(*facts)``, or what it returned when this run did that step before.

        The type of the result is read from the function's return annotation. Things that are not facts (parts, a
        clock, progress) are bound beforehand with ``functools.partial``; parts on which the result depends are named
        by ``using`` too, so that what another version of them gave is not replayed.
        """
        ...

    def store(self, fact: object) -> str:
        """Store a fact and return its digest."""
        ...

    def name_artifacts(self, artifacts: object) -> None:
        """Say which artifacts of this run are asked for later: a dataclass whose fields are digests."""
        ...

    def event(self, kind: str, detail: str) -> None:
        """Record something that happens besides the steps, before it happens (each reading of the holdout is one).

        Not recorded again while finished steps are replayed.
        """
        ...

    def elapsed(self) -> float:
        """Return the seconds this run has worked, those before a restart included."""
        ...

    def stage_seconds(self) -> Mapping[str, float]:
        """Return the seconds of the finished steps by name, those before a restart included."""
        ...


class Progress(Protocol):
    """Where a build tells what it is doing."""

    def stage(self, name: str, detail: str = "") -> None:
        """Report that a stage has begun."""
        ...

    def trial(self, number: int, candidate: Candidate, expected: str) -> None:
        """Report that a trial has begun."""
        ...

    def best(self, score: float, baseline: float | None, members: int) -> None:
        """The best score so far has changed."""
        ...

    def note(self, message: str) -> None:
        """Something worth a line."""
        ...


class Clock(Protocol):
    """Time is a fact: it comes in as an argument."""

    def monotonic(self) -> float:
        """Seconds since some moment."""
        ...

    def now(self) -> str:
        """The time of day, ISO 8601 in UTC."""
        ...

    def milliseconds(self) -> int:
        """The time of day in milliseconds since 1970; it may jump, and go back."""


@dataclass(frozen=True)
class Ends:
    """When a fit ends: when all is given up, or when there are no seconds left."""

    given_up: Callable[[], bool]
    seconds_left: Callable[[], float] | None

    def out_of_time(self) -> bool:
        """Say whether the fit is to end now."""
        return self.given_up() or (self.seconds_left is not None and self.seconds_left() <= 0.0)


@dataclass(frozen=True)
class FoldFits(Generic[R]):
    """Fits of one candidate on some folds.

    Attributes
    ----------
    fit : callable
        Takes a fold's rows, its number of threads, and when it ends; it can be pickled, as what it gives.
    rows : sequence of FoldRows
        Of each fold.
    threads : int
        Of this process, for all fits together.
    seconds_left : callable or None
        Seconds until the fits have to end.
    """

    fit: Callable[[FoldRows, int, Ends], R]
    rows: Sequence[FoldRows]
    threads: int
    seconds_left: Callable[[], float] | None = None


class FitRunner(Protocol):
    """Where the fits of a trial are done: in threads of this process, or on the machines of a cluster."""

    def at_once(self, threads: int) -> int:
        """Return how many fits are done side by side, where this process may have so many threads."""
        ...

    def run(self, fits: FoldFits[R]) -> list[R]:
        """Return what each fit gives, in the order of the rows, and raise what a fit raises."""
        ...


@runtime_checkable
class OffersFits(Protocol):
    """What an engine offers besides that can do the fits of trials, too."""

    @property
    def fits(self) -> FitRunner | None:
        """Where they are done; None where the engine's address lets no fits run there."""
        ...
