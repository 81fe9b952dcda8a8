"""Where tables that memory need not hold are read and measured."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from journeyman.interfaces.reading import Source
from journeyman.interfaces.relation import Relation

__all__ = ["Engine", "OffersTables"]


class Engine(Protocol):
    """Something that goes over all rows of a source, on this machine or on many."""

    @property
    def name(self) -> str:
        """Name in settings and reports."""
        ...

    def open(self, source: Source) -> AbstractContextManager[Relation]:
        """Give all rows of a source, columns named by their place, for as long as the context lasts."""
        ...

    def store(self, relation: Relation) -> Relation:
        """Return the same rows, computed now and once; they go with the relation that they come from."""
        ...

    def aggregate(self, query: Relation) -> list[dict[str, Any]]:
        """Return the few rows of an Ibis query by name, the same ones whenever it is asked."""
        ...


@runtime_checkable
class OffersTables(Protocol):
    """What an engine offers besides that reads tables where they lie."""

    def table(self, location: str) -> Source | None:
        """Open the table of an address; None for an address of another kind, such as a database's.

        Raises
        ------
        SourceError, SettingsError
            There is no such table, or it cannot be used or reached.
        """
        ...
