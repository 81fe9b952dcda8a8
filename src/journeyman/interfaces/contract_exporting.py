"""What writes a data contract in the form of another tool."""

from __future__ import annotations

from typing import Protocol

from journeyman.entities.contract import Contract

__all__ = ["ContractExporter"]


class ContractExporter(Protocol):
    """One tool. What it has no word for is left out: chances, and rules about several columns."""

    @property
    def name(self) -> str:
        """Name of the tool, and what ``--to`` asks for."""
        ...

    def text(self, contract: Contract) -> str:
        """Return the contract as the tool reads it."""
        ...
