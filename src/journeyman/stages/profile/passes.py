"""The two passes over all rows, as Ibis expressions that DuckDB and Spark both run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table, to_block
from journeyman.stages.profile.typed import is_measured

__all__ = ["Measured", "count_texts", "histogram", "measure_frame", "measure_source", "top_values"]

FloatArray = NDArray[np.float64]
_SHARES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
_BINS = 20
_TOP = 20
_EXACT_ROWS = 200_000  # up to here exact counts and quantiles cost no more than sketches
_LONG_VALUES = 10_000_000
_AT_ONCE = 100  # columns in one query: engines plan thousands of expressions slowly
_UNREPEATED = 100_000  # distinct values from which a column that hardly repeats has no "most frequent" ones


@dataclass(frozen=True)
class Measured:
    """What one pass says of a column; moments are those of its numbers."""

    count: int
    distinct: int
    mean: float | None = None
    std: float | None = None
    skew: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    quantiles: tuple[float, ...] = ()


def measure_source(
    relation: Any, columns: tuple[Column, ...], anchors: Mapping[str, tuple[float, float]]
) -> tuple[int, dict[str, Measured]]:
    """Return the number of rows, and counts, moments and quantiles of every column, from one aggregate.

    Distinct counts and quantiles are sketches (HyperLogLog, t-digest).

    Parameters
    ----------
    relation : ibis.Table
        Columns as float64 or text, missing values as null.
    columns : tuple of Column
        Which.
    anchors : mapping of str to (float, float)
        A rough centre and scale of each column of numbers: powers are taken of what is left after them, so that the
        third moment survives large numbers in one pass.
    """
    total, measured = 0, {}
    for start in range(0, len(columns), _AT_ONCE):
        part = columns[start : start + _AT_ONCE]
        wanted: dict[str, Any] = {"total": relation.count()}
        for number, column in enumerate(part):
            values = relation[column.name]
            own = {"count": values.count(), "distinct": values.approx_nunique()}
            if is_measured(column):
                own = _expressions(values, (values - anchors[column.name][0]) / anchors[column.name][1], exact=False)
            wanted |= {f"{number}_{k}": e for k, e in own.items()}
        answer = relation.aggregate(**wanted).to_pyarrow().to_pylist()[0]
        total = int(answer["total"])
        for number, column in enumerate(part):
            own = {k.partition("_")[2]: v for k, v in answer.items() if k.startswith(f"{number}_")}
            measured[column.name] = _measured(own, anchors.get(column.name))
    return total, measured


def measure_frame(backend: Any, table: Table, anchors: Mapping[str, tuple[float, float]]) -> dict[str, Measured]:
    """Return the same for the numbers of a frame, from one grouped aggregate over (column, value).

    The long form keeps the query short however wide the table is: engines plan thousands of expressions slowly. Up to
    200,000 rows distinct counts and quantiles are exact.
    """
    columns = [c for c in table.columns if is_measured(c)]
    rows = max(len(table.frame), 1)
    at_once = max(1, _LONG_VALUES // rows)
    measured = {}
    for start in range(0, len(columns), at_once):
        part = columns[start : start + at_once]
        block = to_block(table.frame, tuple(part))
        values = np.concatenate([block[c.name].astype(np.float64, copy=False) for c in part])
        z = np.concatenate(
            [(block[c.name].astype(np.float64, copy=False) - anchors[c.name][0]) / anchors[c.name][1] for c in part]
        )
        place = np.repeat(np.arange(len(part), dtype=np.int16), len(table.frame))
        known = np.isfinite(values)
        if not known.all():
            values, z, place = values[known], z[known], place[known]
        arrow = pa.table({"place": place, "value": values, "z": z})
        backend.con.register("numbers", arrow)
        long = backend.table("numbers")
        grouped = long.group_by("place").aggregate(**_expressions(long.value, long.z, exact=rows <= _EXACT_ROWS))
        for answer in grouped.to_pyarrow().to_pylist():
            column = part[answer["place"]]
            measured[column.name] = _measured(answer, anchors[column.name])
        backend.con.unregister("numbers")
    return {c.name: measured.get(c.name, Measured(0, 0)) for c in columns}


def _expressions(values: Any, z: Any, exact: bool) -> dict[str, Any]:
    return {
        "count": values.count(),
        "distinct": values.nunique() if exact else values.approx_nunique(),
        "z1": z.mean(),
        "z2": (z * z).mean(),
        "z3": (z * z * z).mean(),
        "min": values.min(),
        "max": values.max(),
        "quantiles": values.quantile(_SHARES) if exact else values.approx_quantile(_SHARES),
    }


def _measured(own: Mapping[str, Any], anchor: tuple[float, float] | None) -> Measured:
    count = int(own["count"])
    distinct = min(int(own["distinct"]), count)
    if anchor is None or not count:
        return Measured(count, distinct)
    centre, scale = anchor
    z1, z2, z3 = float(own["z1"]), float(own["z2"]), float(own["z3"])
    variance = max(z2 - z1**2, 0.0)
    if variance <= 1e-14 * max(z2, 1e-300) or own["min"] == own["max"]:
        variance = 0.0
    third = z3 - 3 * z1 * z2 + 2 * z1**3
    return Measured(
        count,
        distinct,
        mean=centre + scale * z1,
        std=scale * math.sqrt(variance * count / (count - 1)) if count > 1 else None,
        skew=third / variance**1.5 if variance > 0 else None,
        minimum=float(own["min"]),
        maximum=float(own["max"]),
        quantiles=tuple(float(q) for q in own["quantiles"]),
    )


def histogram(rows: Any | FloatArray, column: Column, measured: Measured) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return edges and counts of 20 bins of equal width, or one bin a value where whole numbers are few.

    ``rows`` is an Ibis relation, or the column's values where they are in memory.
    """
    low, high = measured.minimum, measured.maximum
    if low is None or high is None or not math.isfinite(high - low) or low == high:
        return (), ()
    bins = _BINS
    if column.kind is Kind.INTEGER and high - low < _BINS:
        low, high, bins = low - 0.5, high + 0.5, round(high - low) + 1
    counts = np.zeros(bins, dtype=np.int64)
    if isinstance(rows, np.ndarray):
        known = rows[np.isfinite(rows)]
        counts += np.bincount(
            np.minimum(((known - low) / (high - low) * bins).astype(np.int64), bins - 1), minlength=bins
        )
    else:
        values = rows.select(value=rows[column.name])
        values = values.filter(values.value.notnull())  # "least" passes over nulls
        number = ((values.value - low) / (high - low) * bins).floor()
        binned = values.select(bin=ibis.least(number, float(bins - 1)).cast("int16")).group_by("bin")
        for row in binned.aggregate(n=lambda t: t.count()).to_pyarrow().to_pylist():
            counts[int(row["bin"])] += int(row["n"])
    return tuple(np.linspace(low, high, bins + 1).tolist()), tuple(counts.tolist())


def top_values(relation: Any, column: Column, measured: Measured) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return at most 20 most frequent texts, ties in alphabetical order; none where values hardly repeat."""
    if not measured.count or (measured.distinct > _UNREPEATED and 2 * measured.distinct > measured.count):
        return (), ()
    values = relation.select(value=relation[column.name])
    counted = values.filter(values.value.notnull()).group_by("value").aggregate(n=lambda t: t.count())
    rows = counted.order_by([ibis.desc("n"), "value"]).limit(_TOP).to_pyarrow().to_pylist()
    return tuple(str(r["value"]) for r in rows), tuple(int(r["n"]) for r in rows)


def count_texts(values: pd.Series[Any]) -> tuple[Measured, tuple[str, ...], tuple[int, ...]]:
    """Return counts and the most frequent texts of a frame's column; in memory that needs no engine."""
    counts = values.value_counts(dropna=True)
    counts = counts[counts > 0]
    measured = Measured(int(counts.sum()), len(counts))
    if measured.distinct > _UNREPEATED and 2 * measured.distinct > measured.count:
        return measured, (), ()
    least = int(counts.iloc[min(_TOP, len(counts)) - 1]) if len(counts) else 0
    pairs = sorted(((str(k), int(n)) for k, n in counts[counts >= least].items()), key=lambda p: (-p[1], p[0]))[:_TOP]
    return measured, tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)
