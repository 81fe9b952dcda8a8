"""What a contract wants, in the words that everyone uses who looks at rows by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from journeyman.entities.column import Kind
from journeyman.entities.contract import ColumnRule, RowTest

__all__ = ["demand_words", "shown_value"]

_LONGEST = 40


def shown_value(rule: ColumnRule, value: Any) -> str:
    """Return a value as people write it: dates from their seconds, short texts, whole numbers without a point."""
    if value is None:
        return "missing"
    if rule.column.kind is Kind.DATETIME and isinstance(value, (int, float)):
        try:
            return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%d %H:%M:%S").removesuffix(" 00:00:00")
        except (ValueError, OverflowError, OSError):
            return f"{value:g} s"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def demand_words(rule: ColumnRule, test: RowTest) -> str:
    """Return what a person demands of a column's values, by the statement that must hold for none.

    Examples
    --------
    >>> from journeyman.entities.column import Column
    >>> from journeyman.entities.contract import Demand
    >>> demand_words(ColumnRule(Column("age", Kind.INTEGER), demand=Demand(at_least=0)), RowTest.BELOW)
    'must be at least 0'
    """
    demand = rule.demand
    return {
        RowTest.BELOW: f"must be at least {shown_value(rule, demand.at_least)}",
        RowTest.ABOVE: f"must be at most {shown_value(rule, demand.at_most)}",
        RowTest.OTHER_VALUE: f"must be one of {', '.join(demand.one_of[:6])}{', ...' * (len(demand.one_of) > 6)}",
        RowTest.UNLIKE: f"must look like {demand.pattern}",
        RowTest.MISSING: f"may be missing in {demand.most_missing or 0.0:.4g} of all rows",
    }[test]
