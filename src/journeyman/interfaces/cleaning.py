"""What finds errors in tables of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from journeyman.entities.cleaning import Evidence, TextTable

__all__ = ["ErrorDetector"]


class ErrorDetector(Protocol):
    """Looks for wrong cells in a table of texts, without labels; changes nothing and draws no random numbers."""

    @property
    def name(self) -> str:
        """Name in reports and settings."""
        ...

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column, in the columns' order, each with the same number of features."""
        ...
