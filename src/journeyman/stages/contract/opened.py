"""The rows of an open source as statements look at them: on the engine, or in memory where they are few."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from journeyman.entities.contract import ColumnRule, Contract
from journeyman.interfaces import Engine, Relation, Source
from journeyman.sources.batches import source_is_typed
from journeyman.stages.contract.counting import Counts, count_contract, typed_rows
from journeyman.stages.contract.counting_in_memory import count_frame

__all__ = ["OpenedRows", "open_rows"]

_FEW_CELLS = 6_000_000


@dataclass(frozen=True)
class OpenedRows:
    """Rows as :func:`typed_rows` gives them.

    Attributes
    ----------
    engine : Engine
        Where they are open.
    relation : ibis.Table
        All of them.
    frame : pandas.DataFrame or None
        The same in memory, where they are few.
    """

    engine: Engine
    relation: Relation
    frame: pd.DataFrame | None

    def count(self, contract: Contract) -> Counts:
        """Return what a contract asks about them."""
        if self.frame is None:
            return count_contract(self.engine, self.relation, contract)
        return count_frame(self.frame, contract)


def open_rows(engine: Engine, relation: Relation, source: Source, rules: Sequence[ColumnRule]) -> OpenedRows:
    """Return the rows of a relation that is open; texts are parsed once."""
    rows = typed_rows(relation, source.names, rules)
    few = source.rows() * max(len(rules), 1) <= _FEW_CELLS
    if not few and not source_is_typed(source):
        rows = engine.store(rows)
    return OpenedRows(engine, rows, rows.to_pyarrow().to_pandas() if few else None)
