"""The threads of a process and what they wait for, so that a simulation can bring its own."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol, TypeVar

__all__ = ["Event", "Lock", "Queue", "Thread", "Threads"]

_Item = TypeVar("_Item")


class Event(Protocol):
    """A flag that threads wait for, as ``threading.Event``."""

    def set(self) -> None:
        """Raise the flag: whoever waits goes on."""
        ...

    def clear(self) -> None:
        """Take the flag down."""
        ...

    def is_set(self) -> bool:
        """Return whether the flag is up."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the flag, at most so many seconds; return whether it is up."""
        ...


class Lock(Protocol):
    """Held by one thread at a time, as ``threading.Lock``."""

    def __enter__(self) -> object:
        """Wait for the lock, and hold it."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> object:
        """Let go."""
        ...


class Queue(Protocol[_Item]):
    """Hands things from one thread to another in order, as ``queue.SimpleQueue``."""

    def put(self, item: _Item) -> None:
        """Add one."""
        ...

    def get(self, *, timeout: float) -> _Item:
        """Take the first one; ``queue.Empty`` where none came in so many seconds."""
        ...


class Thread(Protocol):
    """A thread that was started."""

    def join(self) -> None:
        """Wait until its function has returned."""
        ...


class Threads(Protocol):
    """The threads of a process, and what they wait for: comes in as an argument, as the clock does."""

    def start(self, function: Callable[[], None], name: str) -> Thread:
        """Call a function in a thread of its own, which ends with the process at the latest."""
        ...

    def event(self) -> Event:
        """Return a flag that is down."""
        ...

    def lock(self) -> Lock:
        """Return a lock that nobody holds."""
        ...

    def queue(self) -> Queue[Any]:
        """Return an empty queue."""
        ...
