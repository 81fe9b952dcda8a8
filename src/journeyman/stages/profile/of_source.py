"""All rows of a source that memory does not hold, measured by an engine. Imported where needed: Ibis takes 50 MB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from journeyman.entities.table import Table
from journeyman.interfaces import Engine, Source, place
from journeyman.sources.parsing.typed_relation import typed_relation
from journeyman.stages.profile.measured import Measured, is_measured
from journeyman.stages.profile.passes import histogram, measure_source, top_values

__all__ = ["measured_source"]


def measured_source(
    source: Source, engine: Engine, table: Table, anchors: Mapping[str, tuple[float, float]]
) -> tuple[int, dict[str, tuple[Measured, Any]]]:
    """Return the number of rows, and of each column its measures and a histogram or its most frequent texts."""
    places = {name: place(i) for i, name in enumerate(source.names)}
    columns = tuple(replace(c, name=places[c.name]) for c in table.columns)
    placed = {places[name]: anchor for name, anchor in anchors.items()}
    with engine.open(source) as opened:
        relation = typed_relation(opened, columns)
        if not all(c.native for c in columns):
            # texts are parsed once: the passes then read columns instead of lines
            relation = engine.store(relation)
        total, measured = measure_source(engine, relation, columns, placed)
        return total, {
            c.name: (
                measured[by_place.name],
                (histogram if is_measured(c) else top_values)(engine, relation, by_place, measured[by_place.name]),
            )
            for c, by_place in zip(table.columns, columns, strict=True)
        }
