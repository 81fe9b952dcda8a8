"""The rows of a source that outgrows memory, as statements look at them on an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journeyman.entities.contract import ColumnRule, Contract, RowTest
from journeyman.interfaces import Engine, Relation, Source, place
from journeyman.sources.batches import source_is_typed
from journeyman.stages.contract.counting import count_contract, count_values, row_test, typed_rows
from journeyman.stages.contract.counts import Counts
from journeyman.stages.contract.example_rows import ExampleRows

__all__ = ["RowsOnEngine", "TableOnEngine", "storage_of"]


@dataclass(frozen=True)
class RowsOnEngine:
    """Rows as :func:`typed_rows` gives them, where they are open."""

    engine: Engine
    relation: Relation

    def count(self, contract: Contract) -> Counts:
        """Return what a contract asks about the rows."""
        return count_contract(self.engine, self.relation, contract)

    def units(self, k: int) -> set[str] | None:
        """Return what stands beside digits."""
        if f"w{k}" not in self.relation.columns:
            return None
        known = self.relation.filter(self.relation[f"v{k}"].notnull())
        return {str(u) for u in count_values(self.engine, known[f"w{k}"])}

    def ends(self, k: int) -> tuple[float, float] | None:
        """Return the least and the greatest number."""
        value = self.relation[f"v{k}"]
        found = self.engine.aggregate(self.relation.aggregate(low=value.min(), high=value.max()))[0]
        return None if found["low"] is None else (float(found["low"]), float(found["high"]))

    def examples(self, contract: Contract) -> ExampleRows:
        """Return what gives a few of the rows."""
        return ExampleRows(contract, _PickedOnEngine(self.engine, self.relation))


@dataclass(frozen=True)
class TableOnEngine:
    """A relation of all rows of a source."""

    engine: Engine
    relation: Relation
    source: Source

    def storages(self) -> Mapping[str, str]:
        """Return the types of the columns."""
        typed = source_is_typed(self.source)
        return {
            name: storage_of(self.relation[place(i)].type()) if typed else ""
            for i, name in enumerate(self.source.names)
        }

    def rows(self, rules: Sequence[ColumnRule]) -> RowsOnEngine:
        """Return the rows by some rules."""
        rows = typed_rows(self.relation, self.source.names, rules)
        return RowsOnEngine(self.engine, rows if source_is_typed(self.source) else self.engine.store(rows))


class _PickedOnEngine:
    """Rows of a relation for which a statement holds."""

    def __init__(self, engine: Engine, rows: Relation) -> None:
        self._engine, self._rows = engine, rows

    def where(self, k: int, rule: ColumnRule, test: RowTest, at: float | str | None, negated: bool) -> Any:
        """Return a statement about a column, or its opposite."""
        statement = row_test(self._rows, k, rule, test, at)
        return ~statement if negated else statement

    def reversed(self, lesser: int, greater: int) -> Any:
        """Return that one column is greater than another."""
        return self._rows[f"v{lesser}"] > self._rows[f"v{greater}"]

    def first(self, rows: Any, places: Sequence[int], names: Sequence[str], most: int) -> list[Any]:
        """Return a few of the rows for which a statement holds."""
        wanted = {f"x{k}": self._rows[f"r{k}" if f"r{k}" in self._rows.columns else f"v{k}"] for k in places}
        chosen = self._rows.filter(rows).select(**wanted)
        return [tuple(row.values()) for row in self._engine.aggregate(chosen.order_by(list(wanted)).limit(most))]

    def doubled(self, places: Sequence[int], most: int) -> list[Any]:
        """Return values that several rows have with their number of rows."""
        same = self._rows.group_by([self._rows[f"v{k}"] for k in places]).aggregate(n=lambda t: t.count())
        order = [same.n.desc(), *same.columns[:-1]]
        found = self._engine.aggregate(same.filter(same.n > 1).order_by(order).limit(most))
        return [tuple(row.values()) for row in found]

    def quantiles(self, k: int, shares: Sequence[float]) -> list[float] | None:
        """Return quantiles of a column of numbers."""
        value = self._rows[f"v{k}"].name("value").as_table()
        found = self._engine.aggregate(value.aggregate(q=value.value.approx_quantile(list(shares))))[0]["q"]
        return None if found is None or any(q is None for q in found) else [float(q) for q in found]


def storage_of(kind: Any) -> str:
    """Return what a typed source holds, of the type of an Ibis column.

    Examples
    --------
    >>> import ibis
    >>> storage_of(ibis.dtype("int64")), storage_of(ibis.dtype("string"))
    ('number', 'text')
    """
    if kind.is_boolean():
        return "boolean"
    if kind.is_numeric():
        return "number"
    return "date" if kind.is_temporal() else "text"
