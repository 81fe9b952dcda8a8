"""Where rows with predictions and labels arrive in order, as whoever learns from them reads them."""

from __future__ import annotations

from typing import Protocol

from journeyman.entities.logged import LoggedRow, LoggedSpan

__all__ = ["Stream"]


class Stream(Protocol):
    """What a service has recorded of one model, read by spans of time that are sealed first.

    A position is a moment, in milliseconds since 1970. One reader moves it; any number may look without committing.
    """

    def seal(self, end: int) -> None:
        """Close all spans that end by then: whatever arrives later counts as later, so that they read the same."""
        ...

    def poll(self, position: int, end: int, most: int) -> LoggedSpan:
        """Return what came since a position and before an end: rows, and earlier rows whose label came meanwhile.

        Of more than ``most`` rows of either kind a sample, the same one every time.
        """
        ...

    def labelled(self, before: int, most: int) -> tuple[LoggedRow, ...]:
        """Return the rows whose labels came last before a moment, by id."""
        ...

    def commit(self, position: int) -> None:
        """Note durably that everything before a position is done; an earlier one than the last changes nothing."""
        ...

    def committed(self) -> int:
        """Return the latest position that was committed; 0 before the first."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
