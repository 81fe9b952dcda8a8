"""One fit on all rows: prepared where they are, learned from inside one barrier stage, whose tasks talk by sockets."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.arrow import pa
from journeyman.engines.spark.own_session import disk_only, functions
from journeyman.errors import EngineError
from journeyman.interfaces import FitOfAllRows, Prepared, WholeTask, place

__all__ = ["fit_all_rows"]

_PARTS = 1_000_000
_SLACK = 1.2  # times the rows that are wanted, since hashes share rows out by chance


def fit_all_rows(rows: Any, names: tuple[str, ...], task: WholeTask, machines: int) -> FitOfAllRows:
    """Return what a fit on all rows came to.

    Rows are held out, drawn and shared out by a hash of all their values: copies of a row come to one side, and the
    same rows to the same machine in the same order, however Spark has read them.

    Parameters
    ----------
    rows : pyspark.sql.DataFrame
        Columns named by their place.
    names : tuple of str
        What the source calls them.
    task : WholeTask
        What is learned.
    machines : int
        Tasks that run at once; the barrier stage has so many.

    Raises
    ------
    EngineError
        There are too few rows with a label.
    """
    hashed = rows.select(
        functions.xxhash64(*rows.columns).alias("h"), *[rows[place(names.index(n))].alias(n) for n in task.names]
    )
    prepared = hashed.mapInArrow(_Prepare(task), "h long, y double, x binary").persist(disk_only())
    try:
        total = prepared.count()
        least = _PARTS * _SLACK / max(1, total)
        judged = min(_PARTS // 5, int(task.judged * least) + 1)
        sampled = min(_PARTS - judged, int(task.sampled * least) + 1)
        part = functions.pmod(functions.col("h"), functions.lit(_PARTS))
        held = _collect_rows(prepared.where(part < judged), task.judged)
        drawn = _collect_rows(prepared.where((part >= judged) & (part < judged + sampled)), task.sampled)
        learning = prepared.where(part >= judged)
        count = learning.count()
        if count < 1_000 * machines or not len(held.y):
            raise EngineError(f"{count:,} rows with a label are too few to be shared out", hint="leave --engine out")
        shared = learning.repartition(machines, "h").sortWithinPartitions("h")
        found = shared.mapInArrow(_Fit(task), "model binary", barrier=True).collect()
        return FitOfAllRows(bytes(found[0][0]), count, held, drawn)
    finally:
        prepared.unpersist()


def _collect_rows(rows: Any, most: int) -> Prepared:
    table = rows.orderBy("h").limit(most).toArrow()
    y = table["y"].to_numpy()
    x = np.frombuffer(b"".join(table["x"].to_pylist()), dtype=np.float64)
    return Prepared(x.reshape(len(y), -1) if len(y) else x.reshape(0, 0), y)


@dataclass(frozen=True)
class _Prepare:
    """Turns raw rows into features, one row's side by side as bytes; rows without a label are left out."""

    task: WholeTask

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            if not batch.num_rows:
                continue
            table = pa.Table.from_batches([batch])
            done = self.task.prepare(table.drop_columns(["h"]))
            known = np.flatnonzero(~np.isnan(done.y))
            x = np.ascontiguousarray(done.x[known], dtype=np.float64)
            width = x.shape[1] * x.itemsize
            ends = pa.py_buffer(np.arange(0, (len(known) + 1) * width, width, dtype=np.int32))
            cells = pa.Array.from_buffers(pa.binary(), len(known), [None, ends, pa.py_buffer(x)])
            h = table["h"].combine_chunks().take(pa.array(known))
            yield pa.RecordBatch.from_arrays([h, pa.array(done.y[known]), cells], names=["h", "y", "x"])


@dataclass(frozen=True)
class _Fit:
    """A task of the barrier stage: its rows in a file of its own, from which the learner makes bins of a byte."""

    task: WholeTask

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyspark import BarrierTaskContext  # noqa: PLC0415 - is there only inside a worker

        context = BarrierTaskContext.get()
        rank = context.partitionId()
        with tempfile.TemporaryDirectory() as folder:
            labels, path = [], Path(folder, "rows")
            with path.open("wb") as file:
                for batch in batches:
                    labels.append(batch.column("y").to_numpy())
                    for cell in batch.column("x").to_pylist():
                        file.write(cell)
            y = np.concatenate(labels) if labels else np.empty(0)
            if not len(y):
                raise ValueError("a machine got no row to learn from")
            x = np.memmap(path, dtype=np.float64, mode="r").reshape(len(y), -1)
            host = socket.gethostbyname(context.getTaskInfos()[rank].address.split(":")[0])
            machines = context.allGather(f"{host}:{_free_port()}")
            model = self.task.fit(Prepared(x, y), machines, rank)
        if rank == 0:
            yield pa.RecordBatch.from_arrays([pa.array([model], pa.binary())], names=["model"])


def _free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("", 0))
        return int(free.getsockname()[1])
