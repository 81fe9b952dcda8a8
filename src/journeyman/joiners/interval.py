"""Joins by keys and validity: the row that holds at the row's time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from journeyman.entities.lake import END, KEY, START, Join, KeyMatch
from journeyman.joiners.columns import brought_columns, row_starts
from journeyman.joiners.keys import ABSENT, moments_of, row_keys

__all__ = ["IntervalJoiner"]


class IntervalJoiner:
    """Brings the columns of the latest row of the key that began at the row's time or before and has not ended then."""

    name = "interval"

    def propose(self, match: KeyMatch) -> Join | None:
        """Return a join where the other table says from when and until when its rows hold."""
        if match.time is None or len(match.span) != 2:
            return None
        begin, end = match.span
        columns = tuple(c for c in brought_columns(match) if c.name not in (begin.name, end.name))
        table = match.table
        return Join(table.name, table.listed, self.name, match.keys, columns, match.time, (begin,), end, match.via)

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        """Return all rows with their beginning and end; one without an end holds on."""
        assert join.end is not None  # as proposed
        ready = frame[[c.name for c in join.columns]].copy()
        ready.insert(0, KEY, row_keys(frame, join.keys, is_base=False))
        ready.insert(1, START, row_starts(frame, join))
        ends = moments_of(frame[join.end.name], join.end)
        ready.insert(2, END, np.where(np.isnan(ends), np.inf, ends))
        ready = ready.loc[(ready[KEY] != ABSENT) & np.isfinite(ready[START])]
        ready = ready.drop_duplicates([KEY, START], keep="last")
        ordered: pd.DataFrame = ready.sort_values([KEY, START], kind="stable", ignore_index=True)
        return ordered
