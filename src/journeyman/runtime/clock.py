"""The system's clock, threads and cores, for the api; everything inside gets them as arguments."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # commands that learn nothing load this, and no data frames
    from journeyman.interfaces import Event, Lock, Queue, Thread

__all__ = ["SYSTEM_CLOCK", "SYSTEM_THREADS", "SystemClock", "SystemThreads", "available_threads", "milliseconds"]

_MOST_THREADS = 16  # beyond this, boosting on tables gains nothing


class SystemClock:
    """Time as the operating system tells it.

    Examples
    --------
    >>> SystemClock().now().endswith("+00:00")
    True
    """

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def now(self) -> str:
        """Return the time of day, ISO 8601 in UTC."""
        return datetime.now(UTC).isoformat(timespec="seconds")

    def milliseconds(self) -> int:
        """Return the milliseconds since 1970."""
        return milliseconds()


class SystemThreads:
    """Threads of this process, as ``threading`` has them.

    Examples
    --------
    >>> threads, heard = SystemThreads(), []
    >>> threads.start(lambda: heard.append("here"), "example").join()
    >>> heard
    ['here']
    """

    def start(self, function: Callable[[], None], name: str) -> Thread:
        """Call a function in a thread of its own, which ends with the process at the latest."""
        thread = threading.Thread(target=function, name=name, daemon=True)
        thread.start()
        return thread

    def event(self) -> Event:
        """Return a flag that is down."""
        return threading.Event()

    def lock(self) -> Lock:
        """Return a lock that nobody holds."""
        return threading.Lock()

    def queue(self) -> Queue[Any]:
        """Return an empty queue."""
        return queue.SimpleQueue()


SYSTEM_CLOCK, SYSTEM_THREADS = SystemClock(), SystemThreads()
"""What is used where nothing else is named; they hold no state."""


def milliseconds() -> int:
    """Return the milliseconds since 1970.

    Examples
    --------
    >>> milliseconds() > 1_700_000_000_000
    True
    """
    return time.time_ns() // 1_000_000


def available_threads() -> int:
    """Return the number of cores that this process may use.

    Examples
    --------
    >>> available_threads() >= 1
    True
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MOST_THREADS)
