"""What a run is given: durable steps, progress told, the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from journeyman.entities.candidate import Candidate

__all__ = ["Clock", "Progress", "Run"]

T = TypeVar("T")


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
        ...
