"""A notifier: operations are written to a file, one a line; ``--notifier diary=FILE``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.operation import Operation
from journeyman.errors import NotificationError
from journeyman.notifiers.operation_message import headline

__all__ = ["DiaryNotifier"]


@dataclass(frozen=True)
class DiaryNotifier:
    """Writes to the file that the address names."""

    address: str

    @property
    def name(self) -> str:
        """How it is called in the records."""
        return f"diary {Path(self.address).name}"

    def tell(self, operation: Operation) -> None:
        """Write a line."""
        try:
            with Path(self.address).open("a", encoding="utf-8") as diary:
                diary.write(headline(operation) + "\n")
        except OSError as error:
            raise NotificationError(
                f"{self.name} cannot be written: {error.strerror}", hint="check the file"
            ) from error
