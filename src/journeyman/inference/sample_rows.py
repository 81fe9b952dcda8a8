"""Rows that might have been: what an export is compared on, where no table is at hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.table import Block

__all__ = ["sample_rows"]

_MISSING = 0.1  # of the cells; unknown categories count as missing ones


def sample_rows(columns: Sequence[Column], profiles: Sequence[ColumnProfile], rows: int, seed: int) -> Block:
    """Return rows drawn column by column from what a training table was like, a tenth of the cells missing.

    Examples
    --------
    >>> block = sample_rows([Column("grade", Kind.CATEGORY, categories=("a", "b"))], (), 100, 0)
    >>> np.unique(block["grade"]).tolist()
    [-1, 0, 1]
    """
    rng = np.random.default_rng(seed)
    known = {one.name: one for one in profiles}
    block: Block = {}
    for column in columns:
        missing = rng.random(rows) < _MISSING
        if column.kind.categorical:
            codes = rng.integers(0, max(1, len(column.categories)), rows)
            block[column.name] = np.where(missing | (not column.categories), -1, codes).astype(np.int32)
        elif column.kind.numeric or column.kind is Kind.DATETIME:
            one = known.get(column.name)
            quantiles = tuple(one.quantiles) if one is not None and one.quantiles else (0.0, 1.0)
            block[column.name] = np.where(missing, np.nan, _drawn(column, quantiles, rows, rng))
        else:
            one = known.get(column.name)
            texts = np.array([*(one.top_values if one is not None else ()), "", "no words"], dtype=object)
            drawn = texts[rng.integers(0, len(texts), rows)]
            drawn[missing] = None
            block[column.name] = drawn
    return block


def _drawn(column: Column, quantiles: Sequence[float], rows: int, rng: np.random.Generator) -> NDArray[np.float64]:
    place = rng.uniform(-0.02, 1.02, rows)  # some beyond what training knew
    drawn = np.interp(place, np.linspace(0.0, 1.0, len(quantiles)), quantiles)
    width = quantiles[-1] - quantiles[0]
    drawn += width * (np.minimum(place, 0.0) + np.maximum(place - 1.0, 0.0))
    if column.kind is Kind.BOOLEAN:
        return (drawn >= np.mean([quantiles[0], quantiles[-1]])).astype(np.float64)
    return np.round(drawn) if column.kind in (Kind.INTEGER, Kind.DATETIME) else drawn
