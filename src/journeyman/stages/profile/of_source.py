"""All rows of a source that memory does not hold, measured on DuckDB. Imported where it is needed: it takes 100 MB."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis

from journeyman.entities.table import Table
from journeyman.interfaces import Source
from journeyman.stages.profile.measured import Measured, is_measured
from journeyman.stages.profile.passes import histogram, measure_source, top_values
from journeyman.stages.profile.typed import typed_relation

__all__ = ["measured_source"]

_MEMORY = "1200MB"


def measured_source(
    source: Source, table: Table, anchors: Mapping[str, tuple[float, float]]
) -> tuple[int, dict[str, tuple[Measured, Any]]]:
    """Return the number of rows, and of each column its measures and a histogram or its most frequent texts.

    One thread is used: sums and quantile sketches of several threads differ from run to run.
    """
    with tempfile.TemporaryDirectory(prefix="journeyman-profile-") as folder:
        backend = ibis.duckdb.connect(
            Path(folder) / "profile.duckdb", threads=1, memory_limit=_MEMORY, temp_directory=folder
        )
        try:
            places = {name: f"c{i}" for i, name in enumerate(source.names)}
            columns = tuple(replace(c, name=places[c.name]) for c in table.columns)
            relation = typed_relation(source.relation(backend), columns)
            if not all(c.native for c in columns):
                # texts are parsed once: the passes then read columns instead of lines
                relation = backend.create_table("typed_rows", relation)
            placed = {places[name]: anchor for name, anchor in anchors.items()}
            total, measured = measure_source(relation, columns, placed)
            return total, {
                c.name: (
                    measured[by_place.name],
                    (histogram if is_measured(c) else top_values)(relation, by_place, measured[by_place.name]),
                )
                for c, by_place in zip(table.columns, columns, strict=True)
            }
        finally:
            backend.disconnect()
