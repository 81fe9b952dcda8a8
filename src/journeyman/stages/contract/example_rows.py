"""A few rows that break a rule, for people to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from journeyman.entities.contract import ColumnRule, Contract, RowTest
from journeyman.entities.contract_words import shown_value

__all__ = ["ExampleRows", "PicksRows"]

_EXAMPLES = 3
_SHOWN = 6


class PicksRows(Protocol):
    """What finds rows, in memory or on an engine; columns go by the place k of their rule."""

    def where(self, k: int, rule: ColumnRule, test: RowTest, at: float | str | None, negated: bool) -> Any:
        """Return for which rows a statement holds, or does not."""
        ...

    def reversed(self, lesser: int, greater: int) -> Any:
        """Return for which rows one column is greater than another."""
        ...

    def first(self, rows: Any, places: Sequence[int], names: Sequence[str], most: int) -> list[Any]:
        """Return a few of some rows as tuples of the columns' values, in their order."""
        ...

    def doubled(self, places: Sequence[int], most: int) -> list[Any]:
        """Return values that several rows have and how many, as tuples, the most frequent ones first."""
        ...

    def quantiles(self, k: int, shares: Sequence[float]) -> list[float] | None:
        """Return quantiles of a column of numbers; None where it has none."""
        ...


class ExampleRows:
    """The rows of a table that is looked at by a contract, to give some of them as examples."""

    def __init__(self, contract: Contract, rows: PicksRows) -> None:
        self._contract, self._rows = contract, rows
        self._rules = {rule.name: rule for rule in contract.columns}
        self._places = {name: k for k, name in enumerate(self._rules)}

    def that(
        self, rule: ColumnRule, test: RowTest, at: float | str | None, negated: bool = False
    ) -> tuple[Mapping[str, str], ...]:
        """Return a few rows for which a statement about a column holds, or does not."""
        return self._first(self._rows.where(self._places[rule.name], rule, test, at, negated), [rule.name])

    def reversed(self, lesser: str, greater: str) -> tuple[Mapping[str, str], ...]:
        """Return a few rows in which one column is greater than another."""
        return self._first(self._rows.reversed(self._places[lesser], self._places[greater]), [lesser, greater])

    def doubled(self, columns: Sequence[str]) -> tuple[Mapping[str, str], ...]:
        """Return a few values that several rows have, the most frequent ones first."""
        return tuple(
            {
                **{c: shown_value(self._rules[c], v) for c, v in zip(columns, found, strict=False)},
                "rows": f"{found[-1]:,}",
            }
            for found in self._rows.doubled([self._places[c] for c in columns], _EXAMPLES)
        )

    def quantiles(self, rule: ColumnRule, shares: Sequence[float]) -> list[float] | None:
        """Return quantiles of a column of numbers; None where it has none."""
        return self._rows.quantiles(self._places[rule.name], shares)

    def _first(self, rows: Any, names: Sequence[str]) -> tuple[Mapping[str, str], ...]:
        """Return a few of some rows: these columns first, then keys and others."""
        keys = [name for key in self._contract.keys[:1] for name in key.columns]
        order = list(dict.fromkeys((*names, *keys, *self._places)))[:_SHOWN]
        return tuple(
            {name: shown_value(self._rules[name], value) for name, value in zip(order, row, strict=True)}
            for row in self._rows.first(rows, [self._places[n] for n in order], order, _EXAMPLES)
        )
