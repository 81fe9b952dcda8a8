"""Work on the rows of a frame, piece by piece, in the Python of Spark's workers."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from journeyman.arrow import pa
from journeyman.interfaces import place
from journeyman.interfaces.cluster import Work

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["each_piece", "run_on"]

_REPORT = "report binary"


def run_on(rows: DataFrame, work: Work) -> list[bytes]:
    """Run work on the pieces of a frame whose first two columns say which piece a row is of."""

    names = rows.columns[2:]

    def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        named = (batch.rename_columns([*batch.schema.names[:2], *names]) for batch in batches)
        reports = [report for report in each_piece(named, work) if report]
        yield pa.RecordBatch.from_arrays([pa.array(reports, pa.binary())], names=["report"])

    # Columns go by their place: PySpark takes a dot in a name for a field of a struct.
    placed = rows.toDF(*(place(i) for i in range(len(rows.columns))))
    return [bytes(row.report) for row in placed.mapInArrow(run, _REPORT).collect()]


def each_piece(batches: Iterator[pa.RecordBatch], work: Work) -> Iterator[bytes]:
    """Call work with each piece of a task's rows; they follow one another.

    Examples
    --------
    >>> rows = pa.table({"key": [7, 7, 7], "start": [0, 0, 32], "value": ["a", "b", "c"]}).to_batches()
    >>> list(each_piece(iter(rows), lambda key, start, its: f"{key} {start} {[b.num_rows for b in its]}".encode()))
    [b'7 0 [2]', b'7 32 [1]']
    """
    for (key, start), pieces in groupby(_split_pieces(batches), key=lambda piece: piece[0]):
        yield work(key, start, (rows for _, rows in pieces))


def _split_pieces(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[tuple[int, int], pa.RecordBatch]]:
    """Yield batches of one piece each, with the piece's place, without the columns that say it."""
    for batch in batches:
        if not batch.num_rows:
            continue
        places = np.column_stack([batch.column(0).to_numpy(), batch.column(1).to_numpy()])
        edges = np.flatnonzero((places[1:] != places[:-1]).any(axis=1)) + 1
        rows = pa.RecordBatch.from_arrays(batch.columns[2:], schema=pa.schema(list(batch.schema)[2:]))
        for low, high in zip([0, *edges.tolist()], [*edges.tolist(), batch.num_rows], strict=True):
            yield (int(places[low][0]), int(places[low][1])), rows.slice(low, high - low)
