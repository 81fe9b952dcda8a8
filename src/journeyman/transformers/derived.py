"""Columns derived from others before any preparation reads them: what texts say, in numbers, learned once a fold."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.interfaces import Matrix

__all__ = ["DERIVED", "TEXTS", "derived_columns", "text_columns", "with_derived"]

TEXTS = "texts"
"""Name of the preparation whose features become columns for all others (docs/decisions/0018)."""

DERIVED = "derived from a text"
"""Reason of such a column."""


def text_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of free text.

    Examples
    --------
    >>> [c.name for c in text_columns([Column("review", Kind.TEXT), Column("price", Kind.NUMBER)])]
    ['review']
    """
    return tuple(c for c in columns if c.kind is Kind.TEXT)


def derived_columns(derived: Matrix) -> tuple[Column, ...]:
    """Return derived features as columns of numbers."""
    return tuple(Column(name, Kind.NUMBER, reason=DERIVED) for name in derived.names)


def with_derived(block: Block, derived: Matrix) -> Block:
    """Return a block with the derived features as further columns of numbers."""
    return {**block, **{name: derived.values[:, i] for i, name in enumerate(derived.names)}}
