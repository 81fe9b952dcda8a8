"""Profile: statistics of every column over all rows of the source, also where the table outgrows memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.split import Split
from journeyman.entities.table import Table, to_block
from journeyman.entities.task import Task
from journeyman.interfaces import Engine, Source
from journeyman.stages.profile.in_memory import count_texts, count_values, measure_values
from journeyman.stages.profile.measured import Measured, is_measured
from journeyman.stages.profile.relations import associations, correlations, training_rows

__all__ = ["profile"]

FloatArray = NDArray[np.float64]
_ANCHOR_ROWS = 50_000


def profile(source: Source, engine: Engine, table: Table, task: Task | None, split: Split | None) -> Profile:
    """Describe every column over all rows, and how columns relate on training rows.

    Where the table was read whole, its columns are measured one by one, exactly; where it is a sample, two passes go
    over the source itself, on disk where need be: counts, moments and quantiles; then histograms and frequent values.

    Parameters
    ----------
    source : Source
        Where all rows are.
    engine : Engine
        What goes over them where the table holds a sample.
    table : Table
        Rows in memory.
    task, split
        Associations with the target come from training rows only; None where there is no target.
    """
    rows, table, planted = training_rows(split, len(table.frame)), table.without_planted(), table.planted
    rows = rows[rows < len(table.frame)]
    # A target that was made up goes with nothing.
    strengths = {} if planted or task is None else associations(table, task, rows)
    anchors = {c.name: _anchor(table, c) for c in table.columns if is_measured(c)}
    if table.sampled:
        # Here and not above: Ibis takes half a second and 50 MB, and only tables that outgrow memory need it.
        from journeyman.stages.profile.of_source import measured_source  # noqa: PLC0415  # a heavy library's door

        total, found = measured_source(source, engine, table, anchors)
    else:
        total = len(table.frame)
        found = {c.name: _of_column(table, c, anchors) for c in table.columns}
    columns = tuple(
        (_numbers if is_measured(c) else _texts)(c, total, *found[c.name], strengths.get(c.name)) for c in table.columns
    )
    return Profile(total, len(table.frame), columns, correlations(table, rows))


def _of_column(table: Table, column: Column, anchors: dict[str, tuple[float, float]]) -> tuple[Measured, Any]:
    if not is_measured(column):
        own, top, counts = count_texts(table.frame[column.name])
        return own, ((), ()) if column.kind is Kind.IMAGE else (top, counts)  # nobody reads an image as a text
    values = to_block(table.frame, (column,))[column.name].astype(np.float64, copy=False)
    own = measure_values(values, anchors[column.name])
    return own, count_values(values, column, own)


def _anchor(table: Table, column: Column) -> tuple[float, float]:
    """Return a rough centre and scale of a column of numbers, from at most 50,000 rows."""
    rows = np.linspace(0, len(table.frame) - 1, min(len(table.frame), _ANCHOR_ROWS)).astype(np.int64)
    values = to_block(table.frame[[column.name]].iloc[rows], (column,))[column.name].astype(np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    largest = float(np.abs(values).max()) or 1.0
    shares = values / largest  # whose squares are numbers, as those of the largest and the smallest numbers are not
    centre, scale = largest * float(shares.mean()), largest * float(shares.std())
    return (centre, scale) if 0.0 < scale < np.inf else (float(values[0]), 1.0)


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
