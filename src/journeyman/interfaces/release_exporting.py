"""What writes what is known of a release for another program: a workbook, a data source, a project."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from journeyman.entities.candidate import Refusal
from journeyman.entities.release_facts import ReleaseFacts

__all__ = ["ReleaseExporter"]


class ReleaseExporter(Protocol):
    """Writes the facts of a release in one format, and reads back what was written."""

    @property
    def name(self) -> str:
        """Name of the entry point, unique in its group, and what ``--to`` asks for."""
        ...

    @property
    def most_rows(self) -> int:
        """Rows with predictions that the format holds, or that are of use in it; of more a sample is written."""
        ...

    @property
    def refreshed(self) -> tuple[str, ...]:
        """Patterns of the files that a repeated export replaces; what people may have changed is left alone."""
        ...

    def can_write(self) -> Refusal | None:
        """Return None, or what has to be installed."""
        ...

    def write(self, facts: ReleaseFacts, folder: Path) -> None:
        """Write the facts into an empty folder; paths in what is written are relative, for the folder is moved."""
        ...

    def check(self, facts: ReleaseFacts, folder: Path) -> None:
        """Read back what was written; ReleaseError where it does not hold what the facts say."""
        ...
