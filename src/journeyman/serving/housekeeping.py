"""Housekeeping of a server: checkpoints the log, moves old rows to the archive, shares this worker's counters."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from journeyman.serving.counters import Counters
from journeyman.serving.serve_settings import ServeSettings
from journeyman.stores.log_tables import TableLog
from journeyman.stores.prediction_retention import forget_archived, move_oldest, sweep

__all__ = ["Housekeeping"]

_DAY = 86_400_000
_BETWEEN = 60.0  # seconds between two looks at what is old
_BREATH = 0.05  # seconds between two steps of the same move, so that replies come first


class Housekeeping:
    """A thread that keeps the log bounded; of several workers, one does it at a time.

    Parameters
    ----------
    log : TableLog
        With a connection of its own, which is closed when this stops.
    settings : ServeSettings
        How long rows stay.
    counters : Counters
        Where to count.
    shared : Path
        Where the workers of one server keep their counters.
    parent : int or None
        Process that started this worker and without which it is not to go on; None where there is no such.
    """

    def __init__(
        self, log: TableLog, settings: ServeSettings, counters: Counters, shared: Path, parent: int | None
    ) -> None:
        self._log, self._settings = log, settings
        self.counters, self.shared = counters, shared
        self._parent = parent
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="housekeeping", daemon=True)

    def start(self) -> None:
        """Start the background thread."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step in progress."""
        self._stop.set()
        self._thread.join()
        self._share()
        self._log.close()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(1.0):
            if self._parent is not None and os.getppid() != self._parent:
                os.kill(os.getpid(), signal.SIGTERM)  # the server that started this worker is gone: drain, and go too
            self._share()
            with self._put_off("checkpoint put off"):  # a full disk: the writer tells it
                self._log.checkpoint()
            if time.monotonic() >= due:
                with self._put_off("archive put off"):
                    self._tidy()
                due = time.monotonic() + _BETWEEN

    @contextlib.contextmanager
    def _put_off(self, reason: str) -> Iterator[None]:
        """Count what cannot be done now, whatever went wrong: it is tried again, and this thread must not end."""
        try:
            yield
        except Exception:  # noqa: BLE001 - no descriptors, no memory, no disk: each of them may come back
            self.counters.add("journeyman_refused_total", {"reason": reason})

    def _share(self) -> None:
        with self._put_off("counters not shared"):
            self.counters.keep(self.shared)

    def _tidy(self) -> None:
        with self._log.keeping() as mine:
            if mine:
                self._move(self._log)

    def _move(self, log: TableLog) -> None:
        keep = int(self._settings.keep_days * _DAY)
        if self._settings.keep_archive_days is not None:
            forget_archived(log, time.time_ns() // 1_000_000 - int(self._settings.keep_archive_days * _DAY))
        while not self._stop.wait(_BREATH):
            moved = move_oldest(log, time.time_ns() // 1_000_000, keep, self._settings.keep_rows)
            self.counters.add("journeyman_archived_total", None, moved)
            while not self._stop.wait(_BREATH):
                if not sweep(log):
                    break
            if not moved:
                return
