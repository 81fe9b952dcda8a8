"""Which columns of a table a join brings, and from when its rows count."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import Join, KeyMatch
from journeyman.joiners.keys import moments_of

__all__ = ["MOST_COLUMNS", "brought_columns", "row_starts"]

MOST_COLUMNS = 100
_NEVER = (Kind.CONSTANT, Kind.IDENTIFIER, Kind.IMAGE)


def brought_columns(match: KeyMatch, most: int = MOST_COLUMNS) -> tuple[Column, ...]:
    """Return the columns besides the keys that could say something: no constants, no names of single rows."""
    keys = {key.other.name for key in match.keys}
    columns = [s.column for s in match.table.columns if s.name not in keys and s.column.kind not in _NEVER]
    return tuple(columns[:most])


def row_starts(frame: pd.DataFrame, join: Join) -> NDArray[np.float64]:
    """Return from when each row counts, shape (n_rows,): the latest of its times; NaN where one is missing."""
    return np.asarray(np.max([moments_of(frame[c.name], c) for c in join.starts], axis=0), dtype=np.float64)
