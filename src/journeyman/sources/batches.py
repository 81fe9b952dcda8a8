"""What all sources share: rows drawn from a stream of batches, and Arrow turned into raw columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.errors import SourceError

__all__ = [
    "check_names",
    "check_width",
    "drawn",
    "file_digest",
    "plain_table",
    "positions",
    "raw_frames",
    "source_is_typed",
    "to_frame",
    "union_schema",
    "width",
]

_CHUNK = 1 << 20


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


def check_width(names: Sequence[str], where: str) -> None:
    """Refuse a table that leaves nothing to predict from; one to be predicted may have a single column.

    Raises
    ------
    SourceError
        Naming the column.
    """
    if len(names) < 2:
        raise SourceError(
            f"{where} has only one column, {names[0]!r}; at least one to predict and one to predict from are needed",
            hint="check the delimiter, or give a table with more columns",
        )


def positions(total: int, limit: int, seed: int) -> NDArray[np.int64]:
    """Draw ``limit`` of ``total`` row numbers, uniform, without repetition, ascending."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.choice(total, size=limit, replace=False, shuffle=False)).astype(np.int64)


def drawn(batches: Iterable[pa.RecordBatch], schema: pa.Schema, total: int, limit: int, seed: int) -> pa.Table:
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
    wanted = positions(total, limit, seed)
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


def source_is_typed(source: object) -> bool:
    """Tell whether a text of a source is one because it was stored as one, not because all its values are."""
    return not getattr(source, "all_texts", False)


def plain_table(table: pa.Table, where: str) -> pa.Table:
    """Return a table whose columns are texts, numbers, truth values, categories or moments.

    Raises
    ------
    SourceError
        A column holds lists, records or bytes that are no text.
    """
    columns = [_plain_values(table.column(i), table.schema.field(i).name, where) for i in range(table.num_columns)]
    return pa.Table.from_arrays(columns, names=table.schema.names)


def _plain_values(values: pa.ChunkedArray, name: str, where: str) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_nested(kind) or pa.types.is_union(kind):
        raise SourceError(
            f"column {name!r} of {where} holds nested values ({kind})",
            hint="spread it over plain columns, or leave it out",
        )
    if pa.types.is_dictionary(kind):
        if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type):
            return values
        return _plain_values(values.cast(kind.value_type), name, where)
    if pa.types.is_decimal(kind):
        return pc.cast(values, pa.float64())
    if pa.types.is_date(kind):
        return pc.cast(values, pa.timestamp("us"))
    if pa.types.is_timestamp(kind):
        # The moments stay the same: Arrow keeps them in UTC whatever the zone.
        return pc.cast(pc.cast(values, pa.timestamp("us", kind.tz), safe=False), pa.timestamp("us"))
    if pa.types.is_duration(kind):
        micros = pc.cast(pc.cast(values, pa.duration("us"), safe=False), pa.int64())
        return pc.divide(pc.cast(micros, pa.float64()), 1e6)
    if pa.types.is_time(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_null(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        try:
            return pc.cast(values, pa.large_string())
        except pa.ArrowInvalid as error:
            raise SourceError(
                f"column {name!r} of {where} holds bytes that are no text", hint="leave it out"
            ) from error
    return values


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


def union_schema(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """Return one schema that holds what all schemas hold: numbers widen, anything else that differs becomes text."""
    fields = []
    for i, name in enumerate(schemas[0].names):
        kinds = {s.field(i).type for s in schemas if not pa.types.is_null(s.field(i).type)}
        if len(kinds) <= 1:
            kind = next(iter(kinds), pa.string())
        elif all(pa.types.is_integer(k) for k in kinds):
            kind = pa.uint64() if all(pa.types.is_unsigned_integer(k) for k in kinds) else pa.int64()
        elif all(pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k) for k in kinds):
            kind = pa.float64()
        elif all(pa.types.is_timestamp(k) or pa.types.is_date(k) for k in kinds):
            kind = pa.timestamp("us")
        else:
            kind = pa.string()
        fields.append(pa.field(name, kind))
    return pa.schema(fields)


def width(table: pa.Table) -> int:
    """Estimate the bytes that one row takes in memory while it is raw and canonical at once, with room to work."""
    per_row = table.nbytes / max(1, table.num_rows)
    texts = sum(pa.types.is_string(t) or pa.types.is_large_string(t) for t in table.schema.types)
    # A text that is kept as a Python object costs about 60 bytes more; a number 8.
    return int(per_row + 8 * table.num_columns + 12 * texts) + 1


def file_digest(paths: Sequence[Path]) -> str:
    """Return the SHA-256 of the bytes of files, in order."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
