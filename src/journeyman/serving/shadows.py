"""Shadow scoring: a challenger's answers, made while the writer waits for the disk, and told to nobody."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from journeyman.entities.prediction import Answer, Part, Shadow
from journeyman.interfaces import Thread, Threads
from journeyman.runtime.clock import SYSTEM_THREADS
from journeyman.serving.counters import Counters
from journeyman.serving.requests import Row
from journeyman.serving.served_release import ServedRelease

__all__ = ["Shadows"]

_MOST = 4_096  # rows that wait; more are dropped, and counted
_TOGETHER = 32
_TOTAL = "journeyman_shadows_total"


class Shadows:
    """Scores rows in a thread of its own; the writer takes what is ready into its next transaction."""

    def __init__(self, counters: Counters, threads: Threads = SYSTEM_THREADS) -> None:
        self._counters = counters
        self._rows: deque[tuple[ServedRelease, int, Row]] = deque()
        self._scored: deque[Shadow] = deque()
        self._threads = threads
        self._wake, self._stopping = threads.event(), threads.event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Start the background thread."""
        self._thread = self._threads.start(self._run, "shadows")

    def stop(self) -> None:
        """Score what waits, and end."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def cast(self, challenger: ServedRelease, rows: Sequence[tuple[int, Row]]) -> None:
        """Have rows scored, each with the id of its prediction."""
        room = max(0, _MOST - len(self._rows) - len(self._scored))
        self._rows.extend((challenger, number, row) for number, row in rows[:room])
        if rows[room:]:
            self._counters.add(_TOTAL, {"fate": "dropped"}, len(rows) - room)
        self._wake.set()

    def ready(self) -> tuple[Shadow, ...]:
        """Return what is scored; it stays until ``forget``."""
        return tuple(self._scored)

    def forget(self, number: int) -> None:
        """Let go of the first ones, which are durable now."""
        for _ in range(number):
            self._scored.popleft()
        if number:
            self._counters.add(_TOTAL, {"fate": "recorded"}, number)

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            while self._rows:
                some = [self._rows.popleft() for _ in range(min(_TOGETHER, len(self._rows)))]
                for challenger in {id(release): release for release, _, _ in some}.values():
                    self._score(challenger, [(number, row) for release, number, row in some if release is challenger])
            if self._stopping.is_set():
                return

    def _score(self, challenger: ServedRelease, rows: Sequence[tuple[int, Row]]) -> None:
        try:
            answers = challenger.answer([row for _, row in rows], Part.CANARY)
        except Exception:  # noqa: BLE001 - a challenger that fails must not disturb the champion
            answers = []
        shadows = [
            Shadow(number, challenger.version, msgspec.json.encode(answer))
            for (number, _), answer in zip(rows, answers, strict=False)
            if isinstance(answer, Answer)
        ]
        if len(shadows) < len(rows):
            self._counters.add(_TOTAL, {"fate": "failed"}, len(rows) - len(shadows))
        self._scored.extend(shadows)
