"""The system's clock and cores, for the api; everything inside gets them as arguments."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

__all__ = ["SystemClock", "available_threads", "milliseconds"]

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
