"""Joins by equal keys, where each key has one row."""

from __future__ import annotations

import pandas as pd

from journeyman.entities.lake import KEY, Join, KeyMatch
from journeyman.joiners.columns import brought_columns
from journeyman.joiners.keys import ABSENT, row_keys

__all__ = ["ExactJoiner"]


class ExactJoiner:
    """Brings the columns of the one row that has the key."""

    name = "exact"

    def propose(self, match: KeyMatch) -> Join | None:
        """Return a join where keys are unique, and no time says from when a row was known."""
        dated = match.time is not None and bool(match.times or match.span)
        if not match.unique or not match.keys or dated:
            return None
        columns = brought_columns(match)
        return Join(match.table.name, match.table.listed, self.name, match.keys, columns, via=match.via)

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a row a key; of rows that share one, which are few, the last."""
        ready = frame[[c.name for c in join.columns]].copy()
        ready.insert(0, KEY, row_keys(frame, join.keys, is_base=False))
        ready = ready[ready[KEY] != ABSENT].drop_duplicates(KEY, keep="last")
        return ready.sort_values(KEY, kind="stable", ignore_index=True)
