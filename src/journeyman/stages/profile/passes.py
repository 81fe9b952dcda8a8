"""The two passes over all rows of a source, as Ibis expressions that any engine runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import numpy as np

from journeyman.entities.column import Column
from journeyman.interfaces import Engine, Relation
from journeyman.stages.profile.measured import SHARES, TOP, UNREPEATED, Measured, bins_of, is_measured, of_moments

__all__ = ["histogram", "measure_source", "top_values"]

_AT_ONCE = 100  # columns in one query: engines plan thousands of expressions slowly


def measure_source(
    engine: Engine, relation: Relation, columns: tuple[Column, ...], anchors: Mapping[str, tuple[float, float]]
) -> tuple[int, dict[str, Measured]]:
    """Return the number of rows, and counts, moments and quantiles of every column, from one aggregate.

    Distinct counts and quantiles are sketches (HyperLogLog, t-digest).

    Parameters
    ----------
    engine : Engine
        Where the relation is open.
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
                own = _expressions(values, (values - anchors[column.name][0]) / anchors[column.name][1])
            wanted |= {f"{number}_{k}": e for k, e in own.items()}
        answer = engine.aggregate(relation.aggregate(**wanted))[0]
        total = int(answer["total"])
        for number, column in enumerate(part):
            own = {k.partition("_")[2]: v for k, v in answer.items() if k.startswith(f"{number}_")}
            measured[column.name] = _measured(own, anchors.get(column.name))
    return total, measured


def _expressions(values: Any, z: Any) -> dict[str, Any]:
    return {
        "count": values.count(),
        "distinct": values.approx_nunique(),
        "z1": z.mean(),
        "z2": (z * z).mean(),
        "z3": (z * z * z).mean(),
        "min": values.min(),
        "max": values.max(),
        "quantiles": values.approx_quantile(list(SHARES)),
    }


def _measured(own: Mapping[str, Any], anchor: tuple[float, float] | None) -> Measured:
    count = int(own["count"])
    distinct = min(int(own["distinct"]), count)
    if anchor is None or not count:
        return Measured(count, distinct)
    moments = (float(own["z1"]), float(own["z2"]), float(own["z3"]))
    ends = (float(own["min"]), float(own["max"]))
    return of_moments(count, distinct, moments, anchor, ends, tuple(float(q) for q in own["quantiles"]))


def histogram(
    engine: Engine, relation: Relation, column: Column, measured: Measured
) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return edges and counts of a histogram."""
    bins = bins_of(column, measured)
    if bins is None:
        return (), ()
    values = relation.select(value=relation[column.name])
    values = values.filter(values.value.notnull())  # "least" passes over nulls
    number = ((values.value - bins.low) / (bins.high - bins.low) * bins.number).floor()
    binned = values.select(bin=ibis.least(number, float(bins.number - 1)).cast("int16")).group_by("bin")
    counts = [0] * bins.number
    for row in engine.aggregate(binned.aggregate(n=lambda t: t.count())):
        counts[int(row["bin"])] += int(row["n"])
    return tuple(np.linspace(bins.low, bins.high, bins.number + 1).tolist()), tuple(counts)


def top_values(
    engine: Engine, relation: Relation, column: Column, measured: Measured
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return at most 20 most frequent texts, ties in alphabetical order; none where values hardly repeat."""
    if not measured.count or (measured.distinct > UNREPEATED and 2 * measured.distinct > measured.count):
        return (), ()
    values = relation.select(value=relation[column.name])
    counted = values.filter(values.value.notnull()).group_by("value").aggregate(n=lambda t: t.count())
    rows = engine.aggregate(counted.order_by([ibis.desc("n"), "value"]).limit(TOP))
    return tuple(str(r["value"]) for r in rows), tuple(int(r["n"]) for r in rows)
