"""Tables that are looked up: the same few lines of arrays for a whole table and for a row alone."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa, pq
from journeyman.entities.lake import END, KEY, START, Join, LookupFile
from journeyman.errors import SchemaError
from journeyman.joiners.keys import ABSENT, moments_of, row_keys

__all__ = ["Lookup", "fetch_all", "opened_lookups", "written_table"]

_NAMES = (KEY, START, END)


@dataclass(frozen=True)
class Lookup:
    """A table that is ready to be looked up.

    Attributes
    ----------
    join : Join
        How rows are found.
    table : pandas.DataFrame
        As a joiner prepares it.
    kept : bool
        Whether its columns are learned from; else they only lead to another table.
    """

    join: Join
    table: pd.DataFrame
    kept: bool = True

    @cached_property
    def _groups(self) -> tuple[pd.Index, NDArray[np.int64]]:
        """Return the distinct keys and where the rows of each begin, with the end of the last."""
        keys = self.table[KEY].to_numpy(object)
        first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if len(keys) else np.zeros(0, dtype=np.int64)
        return pd.Index(keys[first], dtype=object), np.r_[first, len(keys)].astype(np.int64)

    @cached_property
    def columns(self) -> dict[str, str]:
        """Names of the columns that it brings, by those in the joined table."""
        return {f"{self.join.table}.{name}": name for name in map(str, self.table.columns) if name not in _NAMES}

    def partners(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """Return which row of the table each raw row meets, shape (n_rows,); -1 where it meets none.

        Raises
        ------
        SchemaError
            Where a column lacks by which the table is joined.
        """
        return self._rows_of(frame, self._codes(self._keys(frame)))

    def shuffled_partners(self, frame: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the same with the rows of the table permuted among the keys of the frame: noise of the same shape.

        Without keys, rows are shifted in time, the last ones to the beginning.
        """
        if not self.join.keys:
            found = self.partners(frame)
            met = np.unique(found[found >= 0])
            if len(met) < 2:
                return found
            turned = np.roll(met, int(rng.integers(len(met) // 4 + 1, len(met) - len(met) // 4)))
            return np.where(found < 0, -1, turned[np.searchsorted(met, found).clip(0, len(met) - 1)])
        numbers, distinct = pd.factorize(self._keys(frame))
        codes = rng.permutation(self._codes(np.asarray(distinct, dtype=object)))
        return self._rows_of(frame, codes[numbers])

    def key_groups(self, frame: pd.DataFrame) -> NDArray[np.int64] | None:
        """Return which key each raw row has, as numbers, shape (n_rows,); none where there are no keys.

        Rows without a key stand alone.
        """
        if not self.join.keys:
            return None
        keys = self._keys(frame)
        groups = np.asarray(pd.factorize(keys)[0], dtype=np.int64)
        return np.where(keys == ABSENT, len(keys) + np.arange(len(keys)), groups)

    def _keys(self, frame: pd.DataFrame) -> NDArray[np.object_]:
        needed = [key.base.name for key in self.join.keys] + ([self.join.time.name] if self.join.time else [])
        lacking = [name for name in needed if name not in frame.columns]
        if lacking:
            raise SchemaError(
                f"no column {lacking[0]!r}, by which {self.join.table} is joined",
                hint="give the columns that the table had before it was joined",
            )
        return row_keys(frame, self.join.keys, is_base=True)

    def _codes(self, keys: NDArray[np.object_]) -> NDArray[np.int64]:
        """Return the place of each key among those of the table, -1 where it has none."""
        return np.asarray(self._groups[0].get_indexer(pd.Index(keys, dtype=object)), dtype=np.int64)

    def _rows_of(self, frame: pd.DataFrame, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        bounds = self._groups[1]
        low, high = bounds[codes], bounds[np.minimum(codes + 1, len(bounds) - 1)]
        if self.join.time is None:
            return np.where(codes < 0, -1, low)
        times = moments_of(frame[self.join.time.name], self.join.time)
        starts = self.table[START].to_numpy(np.float64)
        ends = self.table[END].to_numpy(np.float64) if END in self.table.columns else None
        found = _last_before(starts, times, low, np.where(codes < 0, low, high), inclusive=ends is not None)
        if ends is not None:
            found = np.where((found >= 0) & (times < ends[found]), found, -1)
        return found

    def values(self, partners: NDArray[np.int64]) -> pd.DataFrame:
        """Return the columns of these rows, under their names in the joined table; missing where there is no row."""
        rows = self.table[list(self.columns.values())]
        taken = rows.take(np.where(partners < 0, 0, partners)) if len(rows) else rows.reindex(range(len(partners)))
        taken = taken.reset_index(drop=True).set_axis(list(self.columns), axis=1)
        return taken if (partners >= 0).all() else taken.where(pd.Series(partners >= 0), axis=0)


def _last_before(
    starts: NDArray[np.float64],
    times: NDArray[np.float64],
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    inclusive: bool,
) -> NDArray[np.int64]:
    """Return the last place between low and high whose start lies before the time, -1 where there is none."""
    first, low, high = low, low.copy(), high.copy()
    if not len(starts):
        return np.full(len(times), -1, dtype=np.int64)
    while True:
        is_open = low < high
        if not is_open.any():
            return np.where(low > first, low - 1, -1)
        middle = np.where(is_open, (low + high) // 2, 0)
        before = starts[middle] <= times if inclusive else starts[middle] < times  # never of a missing time
        low = np.where(is_open & before, middle + 1, low)
        high = np.where(is_open & ~before, middle, high)


def fetch_all(frame: pd.DataFrame, lookups: Sequence[Lookup]) -> pd.DataFrame:
    """Return raw rows with the columns that the tables bring, one table after the other; errors as for a lookup."""
    frame = frame.reset_index(drop=True)
    own = list(frame.columns)
    for lookup in lookups:
        brought = lookup.values(lookup.partners(frame))
        frame = pd.concat([frame, brought[[name for name in brought if name not in frame.columns]]], axis=1)
    kept = [name for lookup in lookups if lookup.kept for name in lookup.columns]
    return frame[list(dict.fromkeys([*own, *kept]))]


def written_table(table: pd.DataFrame) -> bytes:
    """Return a table as the bytes of a Parquet file."""
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), sink, compression="zstd")
    return sink.getvalue()


def opened_lookups(files: Sequence[LookupFile]) -> tuple[Lookup, ...]:
    """Return the tables of a release or a search, ready to be looked up."""
    return tuple(Lookup(one.join, pq.read_table(io.BytesIO(one.content)).to_pandas(), one.kept) for one in files)
