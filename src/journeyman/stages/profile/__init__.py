"""Profile: statistics of every column over all rows of the source, through Ibis, so that tables may outgrow memory."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.split import Split
from journeyman.entities.table import Table, to_block
from journeyman.entities.task import Task
from journeyman.interfaces import Source
from journeyman.stages.profile.passes import (
    Measured,
    count_texts,
    histogram,
    measure_frame,
    measure_source,
    top_values,
)
from journeyman.stages.profile.relations import associations, correlations, training_rows
from journeyman.stages.profile.typed import is_measured, typed_relation

__all__ = ["profile"]

_MEMORY = "1200MB"
_ANCHOR_ROWS = 50_000


def profile(source: Source, table: Table, task: Task, split: Split) -> Profile:
    """Describe every column over all rows, and how columns relate on training rows.

    One pass gives counts, moments and quantiles; a second one histograms and the most frequent values. Where the
    table was read whole, the passes run over it; where it is a sample, over the source itself, on disk where need be.
    One thread is used: sums and quantile sketches of several threads differ from run to run.

    Parameters
    ----------
    source : Source
        Where all rows are.
    table : Table
        Rows in memory.
    task, split
        Associations with the target come from training rows only.
    """
    rows = training_rows(split)
    strengths = associations(table, task, rows)
    with tempfile.TemporaryDirectory(prefix="journeyman-profile-") as folder:
        backend = ibis.duckdb.connect(
            Path(folder) / "profile.duckdb", threads=1, memory_limit=_MEMORY, temp_directory=folder
        )
        try:
            total, columns = (_of_source if table.sampled else _of_frame)(backend, source, table, strengths)
        finally:
            backend.disconnect()
    return Profile(total, len(table.frame), columns, correlations(table, rows))


def _of_source(
    backend: Any, source: Source, table: Table, strengths: Mapping[str, float]
) -> tuple[int, tuple[ColumnProfile, ...]]:
    relation = typed_relation(source.relation(backend), table.columns)
    if not all(c.native for c in table.columns):
        # texts are parsed once: the passes then read columns instead of lines
        relation = backend.create_table("typed_rows", relation)
    total, measured = measure_source(relation, table.columns, _anchors(table))
    columns = []
    for column in table.columns:
        own, strength = measured[column.name], strengths.get(column.name)
        if is_measured(column):
            columns.append(_numbers(column, total, own, histogram(relation, column, own), strength))
        else:
            columns.append(_texts(column, total, own, top_values(relation, column, own), strength))
    return total, tuple(columns)


def _of_frame(
    backend: Any, source: Source, table: Table, strengths: Mapping[str, float]
) -> tuple[int, tuple[ColumnProfile, ...]]:
    total = len(table.frame)
    measured = measure_frame(backend, table, _anchors(table))
    columns = []
    for column in table.columns:
        strength = strengths.get(column.name)
        if is_measured(column):
            own = measured[column.name]
            values = to_block(table.frame, (column,))[column.name].astype(np.float64, copy=False)
            columns.append(_numbers(column, total, own, histogram(values, column, own), strength))
        else:
            own, top, counts = count_texts(table.frame[column.name])
            columns.append(_texts(column, total, own, (top, counts), strength))
    return total, tuple(columns)


def _anchors(table: Table) -> dict[str, tuple[float, float]]:
    """Return a rough centre and scale of each column of numbers, from at most 50,000 rows."""
    rows = np.linspace(0, len(table.frame) - 1, min(len(table.frame), _ANCHOR_ROWS)).astype(np.int64)
    found = {}
    for column in table.columns:
        if is_measured(column):
            values = to_block(table.frame.iloc[rows], (column,))[column.name].astype(np.float64)
            values = values[np.isfinite(values)]
            scale = float(values.std()) if len(values) else 0.0
            usable = np.isfinite(scale) and scale > 0
            found[column.name] = (float(values.mean()), scale) if usable else (_first(values), 1.0)
    return found


def _first(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(values[0]) if len(values) else 0.0


def _numbers(
    column: Column,
    total: int,
    own: Measured,
    bins: tuple[tuple[float, ...], tuple[int, ...]],
    strength: float | None,
) -> ColumnProfile:
    boolean = column.kind is Kind.BOOLEAN
    top, top_counts = _boolean(column, own) if boolean else ((), ())
    return ColumnProfile(
        name=column.name,
        kind=column.kind,
        missing=total - own.count,
        distinct=own.distinct,
        mean=own.mean,
        std=own.std,
        minimum=own.minimum,
        maximum=own.maximum,
        skew=own.skew,
        quantiles=() if boolean else own.quantiles,
        bin_edges=() if boolean else bins[0],
        bin_counts=() if boolean else bins[1],
        top_values=top,
        top_counts=top_counts,
        association=strength,
    )


def _texts(
    column: Column, total: int, own: Measured, top: tuple[tuple[str, ...], tuple[int, ...]], strength: float | None
) -> ColumnProfile:
    return ColumnProfile(
        name=column.name,
        kind=column.kind,
        missing=total - own.count,
        distinct=own.distinct,
        top_values=top[0],
        top_counts=top[1],
        association=strength,
    )


def _boolean(column: Column, measured: Measured) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the two names with their counts, the more frequent first: the mean of zeros and ones says it all."""
    names = column.categories if len(column.categories) == 2 else ("0", "1")
    ones = round((measured.mean or 0.0) * measured.count)
    pairs = sorted(zip(names, (measured.count - ones, ones), strict=True), key=lambda p: (-p[1], p[0]))
    some = [p for p in pairs if p[1]]
    return tuple(p[0] for p in some), tuple(p[1] for p in some)
