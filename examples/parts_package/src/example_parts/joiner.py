"""A kind of join: a row is told how many rows of another table have its key."""

from __future__ import annotations

import pandas as pd

from journeyman.entities.lake import KEY, Join, KeyMatch
from journeyman.joiners.keys import ABSENT, row_keys

__all__ = ["CountJoiner"]


class CountJoiner:
    """Brings the number of rows of the key, where no time says which of them were known."""

    name = "count"

    def propose(self, match: KeyMatch) -> Join | None:
        """Return a join where keys have several rows."""
        if match.unique or not match.keys or match.time is not None:
            return None
        return Join(match.table.name, match.table.listed, self.name, match.keys, (), via=match.via)

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a row a key."""
        keys = pd.Series(row_keys(frame, join.keys, is_base=False))
        counts = keys[keys != ABSENT].value_counts().sort_index()
        return pd.DataFrame({KEY: counts.index.to_numpy(object), "count": counts.to_numpy(float)})
