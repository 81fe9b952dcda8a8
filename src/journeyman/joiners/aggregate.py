"""Joins by keys that have many rows each: what these rows are like together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from journeyman.entities.column import Column
from journeyman.entities.lake import KEY, START, Join, KeyForm, KeyMatch
from journeyman.joiners.columns import brought_columns, row_starts
from journeyman.joiners.keys import ABSENT, key_texts, row_keys
from journeyman.sources.parsing import encode, read

__all__ = ["AggregateJoiner"]

_MOST = 20
_ROWS = "rows"
_Columns = dict[str, pd.Series]


class AggregateJoiner:
    """Brings number of rows, mean, least, greatest and spread of numbers, and the most frequent name.

    Where both tables have a time, only rows strictly before the row's time count.
    """

    name = "aggregate"

    def propose(self, match: KeyMatch) -> Join | None:
        """Return a join where keys have several rows."""
        if match.unique or not match.keys or match.span:
            return None
        taken = {c.name for c in match.times}
        kinds = [c for c in brought_columns(match, most=1_000) if c.name not in taken]
        columns = tuple(c for c in kinds if c.kind.numeric or c.kind.categorical)[:_MOST]
        dated = match.time is not None and bool(match.times)
        time, starts = (match.time, match.times) if dated else (None, ())
        table = match.table
        return Join(table.name, table.listed, self.name, match.keys, columns, time, starts, via=match.via)

    def prepare(self, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a row a key, or a row a key and moment with what was known after it."""
        keys = pd.Series(row_keys(frame, join.keys, is_base=False), name=KEY)
        if join.time is None:
            kept = (keys != ABSENT).to_numpy()
            return _whole(frame[kept].reset_index(drop=True), keys[kept].reset_index(drop=True), join.columns)
        starts = pd.Series(row_starts(frame, join), name=START)
        kept = ((keys != ABSENT) & np.isfinite(starts)).to_numpy()
        order = pd.DataFrame({KEY: keys, START: starts})[kept].sort_values([KEY, START], kind="stable")
        rows = frame.loc[order.index].reset_index(drop=True)
        order = order.reset_index(drop=True)
        return _running(rows, order, [c for c in join.columns if c.kind.numeric])


def _numbers(frame: pd.DataFrame, column: Column) -> pd.Series:
    return read(encode(frame[column.name]), column).values.astype(np.float64)


def _whole(frame: pd.DataFrame, keys: pd.Series, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return the statistics of all rows of each key."""
    sizes = keys.groupby(keys, sort=True).size().astype(np.float64)
    brought: _Columns = {_ROWS: sizes}
    for column in columns:
        if column.kind.numeric:
            groups = _numbers(frame, column).groupby(keys, sort=True)
            for statistic in ("mean", "min", "max", "std"):
                brought[f"{column.name}.{statistic}"] = groups.agg(statistic)
        else:
            texts = pd.Series(key_texts(frame[column.name], column, KeyForm.EXACT))
            counts = texts[texts != ABSENT].groupby([keys, texts]).size().rename("n").reset_index()
            counts.columns = [KEY, "value", "n"]
            counts = counts.sort_values([KEY, "n", "value"], ascending=[True, False, True])
            brought[f"{column.name}.usual"] = counts.drop_duplicates(KEY).set_index(KEY)["value"]
    ready = pd.DataFrame(brought, index=sizes.index)
    ready.insert(0, KEY, ready.index.to_numpy(object))
    return ready.reset_index(drop=True)


def _running(frame: pd.DataFrame, order: pd.DataFrame, columns: list[Column]) -> pd.DataFrame:
    """Return the statistics of the rows of each key up to each moment; frame and order are sorted by both."""
    keys = order[KEY]
    brought: _Columns = {_ROWS: keys.groupby(keys).cumcount() + 1.0}
    for column in columns:
        values = _numbers(frame, column)
        groups = values.groupby(keys)
        counts, sums = values.notna().groupby(keys).cumsum(), values.fillna(0.0).groupby(keys).cumsum()
        brought[f"{column.name}.mean"] = sums / counts.where(counts > 0)
        brought[f"{column.name}.min"] = groups.cummin().groupby(keys).ffill()
        brought[f"{column.name}.max"] = groups.cummax().groupby(keys).ffill()
        brought[f"{column.name}.last"] = groups.ffill()
    ready = pd.concat([order, pd.DataFrame(brought)], axis=1)
    return ready.drop_duplicates([KEY, START], keep="last", ignore_index=True)  # rows of one moment count together
