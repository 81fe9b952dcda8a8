"""The rows of a source as statements look at them: in memory where they are few, else on an engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd

from journeyman.entities.contract import ColumnRule, Contract, RowTest
from journeyman.interfaces import Engine, Source
from journeyman.sources.batches import source_is_typed
from journeyman.stages.contract.counting_in_memory import count_frame, rows_where
from journeyman.stages.contract.counts import Counts
from journeyman.stages.contract.example_rows import ExampleRows
from journeyman.stages.contract.typed_frame import storage_in_memory, typed_frame

__all__ = ["OpenedRows", "OpenedTable", "RowsInMemory", "TableInMemory", "open_table"]

_FEW_CELLS = 6_000_000


class OpenedRows(Protocol):
    """Rows as the statements of some rules look at them, by the place k of a rule."""

    def count(self, contract: Contract) -> Counts:
        """Return what a contract of those rules asks about them."""
        ...

    def units(self, k: int) -> set[str] | None:
        """Return what stands beside the digits of readable numbers in texts; None where they are no texts."""
        ...

    def ends(self, k: int) -> tuple[float, float] | None:
        """Return the least and the greatest number; None without numbers."""
        ...

    def examples(self, contract: Contract) -> ExampleRows:
        """Return what gives a few of the rows for people to look at."""
        ...


class OpenedTable(Protocol):
    """All rows of a source."""

    def storages(self) -> Mapping[str, str]:
        """Return of what type a typed source holds each column; "" for texts that may be anything."""
        ...

    def rows(self, rules: Sequence[ColumnRule]) -> OpenedRows:
        """Return the rows by some rules; texts are parsed once."""
        ...


@dataclass(frozen=True)
class RowsInMemory:
    """Raw rows, and the same as :func:`typed_frame` reads them."""

    raw: pd.DataFrame
    frame: pd.DataFrame

    def count(self, contract: Contract) -> Counts:
        """Return what a contract asks about the rows."""
        return count_frame(self.frame, contract)

    def units(self, k: int) -> set[str] | None:
        """Return what stands beside digits."""
        if f"w{k}" not in self.frame:
            return None
        return set(map(str, self.frame[f"w{k}"][self.frame[f"v{k}"].notna()].unique()))

    def ends(self, k: int) -> tuple[float, float] | None:
        """Return the least and the greatest number."""
        values = self.frame[f"v{k}"]
        return (float(values.min()), float(values.max())) if values.notna().any() else None

    def examples(self, contract: Contract) -> ExampleRows:
        """Return what gives a few of the rows."""
        return ExampleRows(contract, _PickedInMemory(self.raw, self.frame))


@dataclass(frozen=True)
class TableInMemory:
    """Raw rows as a source gives them, and whether the source has types."""

    raw: pd.DataFrame
    typed: bool

    def storages(self) -> Mapping[str, str]:
        """Return the types of the columns."""
        return {str(n): storage_in_memory(self.raw[n]) if self.typed else "" for n in self.raw.columns}

    def rows(self, rules: Sequence[ColumnRule]) -> RowsInMemory:
        """Return the rows by some rules."""
        return RowsInMemory(self.raw, typed_frame(self.raw, rules))


class _PickedInMemory:
    """Rows in memory for which a statement holds."""

    def __init__(self, raw: pd.DataFrame, frame: pd.DataFrame) -> None:
        self._raw, self._frame = raw, frame

    def where(
        self, k: int, rule: ColumnRule, test: RowTest, at: float | str | None, negated: bool
    ) -> np.ndarray[Any, Any]:
        """Return for which rows a statement holds, or does not."""
        found = rows_where(self._frame, k, rule, test, at)
        return ~found & self._frame[f"v{k}"].notna().to_numpy(bool) if negated else found

    def reversed(self, lesser: int, greater: int) -> np.ndarray[Any, Any]:
        """Return for which rows one column is greater than another."""
        return (self._frame[f"v{lesser}"] > self._frame[f"v{greater}"]).to_numpy(bool)

    def first(self, rows: np.ndarray[Any, Any], places: Sequence[int], names: Sequence[str], most: int) -> list[Any]:
        """Return a few of some rows, in the order of their values: texts as they stand, and dates as numbers."""
        columns = {}
        for k, name in zip(places, names, strict=True):
            written = f"w{k}" in self._frame
            values = self._raw[name] if written else self._frame[f"v{k}"]
            columns[f"x{k}"] = values[rows].to_numpy(object)
        chosen = pd.DataFrame(columns)
        order = chosen.astype(object).map(lambda v: None if v is None or v != v else v)
        keys = order.sort_values(list(columns), key=_sort_key, kind="stable").head(most)
        return [tuple(row) for row in keys.itertuples(index=False, name=None)]

    def doubled(self, places: Sequence[int], most: int) -> list[Any]:
        """Return values that several rows have with their number of rows, the most frequent ones first."""
        names = [f"v{k}" for k in places]
        counted = self._frame[names].dropna().value_counts()
        found = (
            counted[counted > 1].reset_index().sort_values(["count", *names], ascending=[False, *[True] * len(names)])
        )
        return [tuple(row) for row in found.head(most).itertuples(index=False, name=None)]

    def quantiles(self, k: int, shares: Sequence[float]) -> list[float] | None:
        """Return quantiles of a column of numbers; None where it has none."""
        values = self._frame[f"v{k}"].dropna().to_numpy(np.float64)
        return np.quantile(values, shares).tolist() if len(values) else None


def _sort_key(values: pd.Series[Any]) -> pd.Series[Any]:
    return values if pd.api.types.is_numeric_dtype(values.infer_objects()) else values.astype("str")


@contextmanager
def open_table(source: Source, engine: Engine, columns: int) -> Iterator[OpenedTable]:
    """Give all rows of a source, of which so many columns are looked at, for as long as the context lasts."""
    if source.rows() * max(columns, 1) <= _FEW_CELLS:
        yield TableInMemory(source.read(None, 0), source_is_typed(source))
        return
    # Here and not above: Ibis takes half a second and 50 MB, and only tables that outgrow memory need it.
    from journeyman.stages.contract.on_engine import TableOnEngine  # noqa: PLC0415  # a heavy library's door

    with engine.open(source) as relation:
        yield TableOnEngine(engine, relation, source)
