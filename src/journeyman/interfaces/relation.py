"""Rows of a source on an engine, and what the source asks of the engine to give them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # a service imports this and has no pyarrow
    import pyarrow as pa

__all__ = ["Relation", "TableReader", "place"]

Relation = Any
"""An ``ibis.Table``: rows in no order, evaluated when they are used. Ibis ships no types."""


class TableReader(Protocol):
    """What a source asks of an open engine: a file or a table as a relation, columns named by their place."""

    def text(self, file: Path, columns: int, delimiter: str) -> Relation:
        """Return the rows below the header of a text in UTF-8 as texts, quotes doubled; an empty text is null."""
        ...

    def json_lines(self, file: Path, kinds: Mapping[str, str]) -> Relation:
        """Return the values of these keys; kinds are int64, uint64, int128, float64, bool and string."""
        ...

    def parquet(self, file: Path, columns: int) -> Relation:
        """Return the rows of one Parquet file."""
        ...

    def arrow(self, table: pa.Table) -> Relation:
        """Return the rows of a table in memory, without copying where the engine can."""
        ...


def place(position: int) -> str:
    """Return the name of a column of a relation: engines take Age and age for one name, so columns go by their place.

    Examples
    --------
    >>> place(3)
    'c3'
    """
    return f"c{position}"
