"""A stream that writes down who read what: audited:///folder, a prediction log with a file of its readings."""

from __future__ import annotations

import time
from pathlib import Path

from journeyman.entities.logged import LoggedRow, LoggedSpan
from journeyman.streams import open_stream

__all__ = ["AuditedStream"]


class AuditedStream:
    """The stream of a folder; each reading becomes a line of FOLDER/readings.txt before it is made."""

    def __init__(self, address: str) -> None:
        folder = address.partition("://")[2]
        self._stream = open_stream(folder)
        self._readings = Path(folder, "readings.txt")

    def seal(self, end: int) -> None:
        """Close all spans that end by then."""
        self._write(f"seal {end}")
        self._stream.seal(end)

    def poll(self, position: int, end: int, most: int) -> LoggedSpan:
        """Return what came since a position."""
        self._write(f"poll {position} {end}")
        return self._stream.poll(position, end, most)

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        """Return the rows that were labelled last."""
        self._write(f"labelled {before}")
        return self._stream.labelled(before, most)

    def commit(self, position: int) -> None:
        """Note that everything before a position is done."""
        self._write(f"commit {position}")
        self._stream.commit(position)

    def committed(self) -> int:
        """Return the latest position that was committed."""
        return self._stream.committed()

    def close(self) -> None:
        """Let go of the log."""
        self._stream.close()

    def _write(self, reading: str) -> None:
        with self._readings.open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {reading}\n")
