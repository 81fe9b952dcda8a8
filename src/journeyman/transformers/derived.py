"""Columns derived from others before any preparation reads them: what texts say and images show, once a fold."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.interfaces import Matrix

__all__ = [
    "DERIVED",
    "IMAGES",
    "MADE",
    "TEXTS",
    "derived_columns",
    "deriving",
    "image_columns",
    "joined",
    "text_columns",
    "with_derived",
]

TEXTS = "texts"
IMAGES = "images"
DERIVED = (IMAGES, TEXTS)
"""Names of the preparations whose features become columns for all others (docs/decisions/0018, 0065)."""


def deriving(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the preparations whose features become columns, of those that these columns need.

    Examples
    --------
    >>> deriving([Column("review", Kind.TEXT), Column("price", Kind.NUMBER)])
    ('texts',)
    """
    needed = {IMAGES: image_columns(columns), TEXTS: text_columns(columns)}
    return tuple(name for name in DERIVED if needed[name])


def image_columns(columns: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns of images."""
    return tuple(c for c in columns if c.kind is Kind.IMAGE)


MADE = "derived from a text or an image"
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
    return tuple(Column(name, Kind.NUMBER, reason=MADE) for name in derived.names)


def joined(parts: Sequence[Matrix]) -> Matrix:
    """Return derived features side by side."""
    if len(parts) == 1:
        return parts[0]
    return Matrix(np.hstack([p.values for p in parts]), tuple(name for p in parts for name in p.names))


def with_derived(block: Block, derived: Matrix) -> Block:
    """Return a block with the derived features as further columns of numbers."""
    return {**block, **{name: derived.values[:, i] for i, name in enumerate(derived.names)}}
