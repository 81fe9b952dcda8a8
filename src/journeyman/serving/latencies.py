"""How long requests take, counted in memory, and handed to the log with what is written anyway."""

from __future__ import annotations

from collections.abc import Mapping

from journeyman.entities.latency import bucket_of
from journeyman.interfaces import Clock, Threads
from journeyman.runtime.clock import SYSTEM_CLOCK, SYSTEM_THREADS

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

    def __init__(self, clock: Clock = SYSTEM_CLOCK, threads: Threads = SYSTEM_THREADS) -> None:
        self._clock = clock
        self._lock = threads.lock()
        self._counts: dict[int, int] = {}
        self._taken = self._clock.monotonic()

    def add(self, seconds: float) -> None:
        """Count a request that was answered."""
        bucket = bucket_of(seconds)
        with self._lock:
            self._counts[bucket] = self._counts.get(bucket, 0) + 1

    def take(self) -> Mapping[int, int]:
        """Return what was counted, and begin anew."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._taken = self._clock.monotonic()
        return counts

    def due(self) -> Mapping[int, int]:
        """Return what was counted where that was last taken a second ago or more; else nothing."""
        return self.take() if self._clock.monotonic() - self._taken >= _BETWEEN else {}
