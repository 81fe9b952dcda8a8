"""Joins by keys and time: the latest row from before the row's own time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from journeyman.entities.lake import KEY, START, Join, KeyMatch
from journeyman.joiners.columns import brought_columns, row_starts
from journeyman.joiners.keys import ABSENT, row_keys

__all__ = ["AsOfJoiner"]


class AsOfJoiner:
    """Brings the columns of the latest row of the key that lies strictly before the row's time."""

    name = "as_of"

    def propose(self, match: KeyMatch) -> Join | None:
        """Return a join where both tables have a time."""
        if match.time is None or not match.times or match.span:
            return None
        taken = {match.time.name, *(c.name for c in match.times)}
        columns = tuple(c for c in brought_columns(match) if c.name not in taken)
        table = match.table
        return Join(table.name, table.listed, self.name, match.keys, columns, match.time, match.times, via=match.via)

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        """Return all rows that have a time; of rows that share key and time the last."""
        ready = frame[[c.name for c in join.columns]].copy()
        ready.insert(0, KEY, row_keys(frame, join.keys, is_base=False))
        ready.insert(1, START, row_starts(frame, join))
        ready = ready.loc[(ready[KEY] != ABSENT) & np.isfinite(ready[START])]
        ready = ready.drop_duplicates([KEY, START], keep="last")
        ordered: pd.DataFrame = ready.sort_values([KEY, START], kind="stable", ignore_index=True)
        return ordered
