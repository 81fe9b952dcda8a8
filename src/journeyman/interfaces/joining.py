"""What finds the rows of another table for the rows of a table."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from journeyman.entities.lake import Join, KeyMatch

__all__ = ["Joiner"]


class Joiner(Protocol):
    """One kind of join: it gives a row of the base table one row of another table at most, so that rows stay as many.

    What it gives may depend on nothing that was known later than the row's time, where the join has one.
    """

    @property
    def name(self) -> str:
        """Under which joins name it."""
        ...

    def propose(self, match: KeyMatch) -> Join | None:
        """Return how tables that share keys could be joined; None where this kind of join does not fit."""
        ...

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the raw rows of the other table as those that are looked up.

        Parameters
        ----------
        join : Join
            As this joiner proposed it.
        frame : pandas.DataFrame of shape (n_rows, n_columns)
            All raw rows, index 0..n-1.

        Returns
        -------
        pandas.DataFrame
            Column ``KEY`` (texts, of the join's keys together), where the join has a time ``START`` (float64, seconds
            since 1970 or a number), where it has an end ``END``, then the columns that it brings, under their own
            names; sorted by key and start, no two rows alike in both.
        """
        ...
