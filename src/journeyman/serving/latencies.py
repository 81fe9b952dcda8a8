"""How long requests take, counted in memory, and handed to the log with what is written anyway."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from journeyman.entities.latency import bucket_of

__all__ = ["Latencies"]

_BETWEEN = 1.0
"""Seconds between two times that they are handed over: a few rows a second, whatever the traffic."""


class Latencies:
    """Requests by bucket of latency, since they were last taken; any thread may add and take.

    Examples
    --------
    >>> latencies = Latencies()
    >>> latencies.add(1.0)
    >>> latencies.due(), latencies.take(), latencies.take()
    ({}, {0: 1}, {})
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[int, int] = {}
        self._taken = time.monotonic()

    def add(self, seconds: float) -> None:
        """Count a request that was answered."""
        bucket = bucket_of(seconds)
        with self._lock:
            self._counts[bucket] = self._counts.get(bucket, 0) + 1

    def take(self) -> Mapping[int, int]:
        """Return what was counted, and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._taken = time.monotonic()
        return counts

    def due(self) -> Mapping[int, int]:
        """Return what was counted where that was last taken a second ago or more; else nothing."""
        return self.take() if time.monotonic() - self._taken >= _BETWEEN else {}
