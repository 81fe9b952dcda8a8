"""Arrow batches as raw columns: all of them, some at a time, or a sample of their rows; and checks of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa
from journeyman.errors import SourceError

__all__ = ["check_names", "draw_positions", "draw_rows", "raw_frames", "to_frame", "width"]


def check_names(names: Sequence[str], where: str) -> None:
    """Refuse a table with two columns of one name, or without columns.

    Raises
    ------
    SourceError
        Naming the column.
    """
    seen: set[str] = set()
    twice = [n for n in names if n in seen or seen.add(n)]  # type: ignore[func-returns-value]  # set.add returns None: the idiom
    if twice:
        raise SourceError(f"{where} has two columns named {twice[0]!r}", hint="give every column a name of its own")
    if not names:
        raise SourceError(f"{where} has no columns", hint="give a table with columns")


def draw_positions(total: int, limit: int, seed: int) -> NDArray[np.int64]:
    """Draw ``limit`` of ``total`` row numbers, uniform, without repetition, ascending."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(total, size=limit, replace=False, shuffle=False)).astype(np.int64)


def draw_rows(batches: Iterable[pa.RecordBatch], schema: pa.Schema, total: int, limit: int, seed: int) -> pa.Table:
    """Return a uniform sample of rows in their order, holding one batch at a time.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
        All rows.
    schema : pyarrow.Schema
        Of every batch.
    total, limit : int
        Rows there are, rows wanted.
    seed : int
        The same seed draws the same rows.
    """
    wanted = draw_positions(total, limit, seed)
    kept: list[pa.RecordBatch] = []
    start = 0
    for batch in batches:
        stop = start + batch.num_rows
        low, high = np.searchsorted(wanted, (start, stop))
        if high > low:
            # take() copies, so that the batch itself can go.
            kept.append(batch.take(pa.array(wanted[low:high] - start)))
        start = stop
    return pa.Table.from_batches(kept, schema)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn a plain table into raw columns: str for texts, numbers, truth values, Categorical, datetime64."""
    columns: dict[str, pd.Series] = {}
    for i, name in enumerate(table.schema.names):
        values = table.column(i)
        if pa.types.is_boolean(values.type) and values.null_count:
            columns[name] = pd.Series(values.to_pandas(), dtype="boolean")
        elif pa.types.is_integer(values.type) and values.null_count and values.type.bit_width == 64:
            # A double would round long identifiers.
            filled = values.fill_null(0).to_numpy()
            gone = values.is_null().to_numpy()
            columns[name] = pd.Series(pd.arrays.IntegerArray(filled, gone))
        else:
            columns[name] = values.to_pandas()
    return pd.DataFrame(columns)


def raw_frames(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pd.DataFrame]:
    """Gather batches into frames of raw columns with at least so many rows (the last one with fewer), in order.

    Examples
    --------
    >>> batches = pa.table({"a": [1, 2, 3]}).to_batches(max_chunksize=1)
    >>> [len(frame) for frame in raw_frames(batches, 2)]
    [2, 1]
    """
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(b.num_rows for b in waiting) >= rows:
            yield to_frame(pa.Table.from_batches(waiting))
            waiting = []
    if sum(b.num_rows for b in waiting):
        yield to_frame(pa.Table.from_batches(waiting))


def width(table: pa.Table) -> int:
    """Estimate the bytes that one row takes in memory while it is raw and canonical at once, with room to work."""
    per_row = table.nbytes / max(1, table.num_rows)
    texts = sum(pa.types.is_string(t) or pa.types.is_large_string(t) for t in table.schema.types)
    # A text that is kept as a Python object costs about 60 bytes more; a number 8.
    return int(per_row + 8 * table.num_columns + 12 * texts) + 1
