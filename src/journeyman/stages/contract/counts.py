"""What is counted of a table for a contract, and which statements it is counted for; nothing here goes over rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from journeyman.entities.column import Kind
from journeyman.entities.contract import ColumnRule, Contract, KeyRule, RowTest

__all__ = ["NAMED", "Counts", "TestKey", "all_keys", "asked_tests", "demand_tests", "on_a_scale"]

NAMED = 200
"""A column of more values than this names none of them."""

TestKey = tuple[str, RowTest, float | str | None]
"""Column, statement and what it compares with."""


@dataclass(frozen=True)
class Counts:
    """What was counted in a table.

    Attributes
    ----------
    rows : int
        All rows.
    readable : mapping of str to int
        Rows with a value of the column's kind, by column.
    ends : mapping of str to (float, float)
        Least and greatest number of a column, or second since 1970.
    tests : mapping of (str, RowTest, float or str or None) to int
        Rows that a statement about a column holds for.
    values : mapping of str to mapping
        Rows of each value, by column; of columns whose values are all to be known.
    doubled : tuple of (int, int)
        Of each key: values that several rows have, and the rows that are too many.
    apart : tuple of (int, int)
        Of each dependency: rows that differ from most of their like, and rows with both values.
    reversed : tuple of (int, int)
        Of each order: rows that break it, and rows with both values.
    """

    rows: int
    readable: Mapping[str, int]
    ends: Mapping[str, tuple[float, float]]
    tests: Mapping[TestKey, int]
    values: Mapping[str, Mapping[float | str, int]] = field(default_factory=dict)
    doubled: tuple[tuple[int, int], ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    reversed: tuple[tuple[int, int], ...] = ()


def on_a_scale(kind: Kind) -> bool:
    """Return whether a contract compares values of this kind as numbers: yes and no are two names to it."""
    return kind in (Kind.NUMBER, Kind.INTEGER, Kind.DATETIME)


def demand_tests(rule: ColumnRule) -> tuple[tuple[RowTest, float | str | None], ...]:
    """Return the statements that must hold for no row."""
    demand = rule.demand
    tests: list[tuple[RowTest, float | str | None]] = []
    if demand.at_least is not None:
        tests.append((RowTest.BELOW, demand.at_least))
    if demand.at_most is not None:
        tests.append((RowTest.ABOVE, demand.at_most))
    if demand.one_of:
        tests.append((RowTest.OTHER_VALUE, "demand"))
    if demand.pattern:
        tests.append((RowTest.UNLIKE, "demand"))
    return tuple(tests)


def all_keys(contract: Contract) -> Iterator[KeyRule]:
    """Yield the keys, then the columns that a person wants to be unique."""
    yield from contract.keys
    yield from (KeyRule((rule.name,)) for rule in contract.columns if rule.demand.unique)


def asked_tests(rules: Sequence[ColumnRule]) -> Iterator[TestKey]:
    """Yield the statements about single columns that rows are counted for, each once."""
    for rule in rules:
        asked: list[tuple[RowTest, float | str | None]] = [
            (c.test, c.at) for c in rule.learned if c.test is not RowTest.EQUAL
        ]
        if rule.limits is not None:
            asked += [(RowTest.BELOW, rule.limits[0]), (RowTest.ABOVE, rule.limits[1])]
        asked += [(RowTest.MISSING, None), (RowTest.UNREADABLE, None), *demand_tests(rule)]
        yield from ((rule.name, test, at) for test, at in dict.fromkeys(asked))
