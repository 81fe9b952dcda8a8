"""Layers of a query: registers become columns, each in the layer after those that it reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.sql.dialect import LARGEST, Dialect

__all__ = ["CannotQuery", "Layers", "Row", "Table", "pivoted"]


_LISTS = re.compile(r"\bm\.")
_MOST_COLUMNS = 1_500  # PostgreSQL has at most 1,664, SQLite 2,000


Row = tuple[float | str | None, ...]
"""Whole numbers, doubles, texts, and None for NULL."""


@dataclass(frozen=True)
class Table:
    """A table of the model: types of columns by name ("INTEGER", "BIGINT", "DOUBLE", "TEXT"), rows, and its key."""

    columns: Mapping[str, str]
    rows: Sequence[Row]
    key: Sequence[str]


class CannotQuery(Exception):
    """What a query does not say, in words."""


@dataclass
class Layers:
    """A query while it is written.

    Attributes
    ----------
    dialect : Dialect
        Of the database.
    package : str
        What names of tables begin with.
    arrays : tuple of ndarray
        Of the plan.
    registers : int
        How many there are; further ones are taken for what is between.
    level : dict of int to int
        The layer that a register is in.
    columns : list of dict of int to str
        What each layer adds: expressions over the layer before it.
    joined : list of list of (str, str)
        Names and bodies of queries that stand before a layer.
    sources : list of list of str
        What a layer is joined with, as clauses.
    last : dict of int to int
        The last layer that reads a register: none carries it any further.
    looked_up : set of int
        Arrays that the query looks into.
    tables : dict of str to Table
        By the end of their names.
    nodes, leaves, roots : list of tuple
        Rows of the tables of trees.
    columns_of_lists : dict of str to list
        Of the table of one row that has arrays, where the dialect has one.
    vectors : dict of int to (int, tuple of int)
        By the first of some registers: a register with an array of them, and which they are.
    """

    dialect: Dialect
    package: str
    arrays: Sequence[NDArray[np.float64]]
    registers: int
    level: dict[int, int] = field(default_factory=dict)
    columns: list[dict[int, str]] = field(default_factory=lambda: [{}])
    joined: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    sources: list[list[str]] = field(default_factory=lambda: [[]])
    last: dict[int, int] = field(default_factory=dict)
    looked_up: set[int] = field(default_factory=set)
    tables: dict[str, Table] = field(default_factory=dict)
    nodes: list[Row] = field(default_factory=list)
    leaves: list[Row] = field(default_factory=list)
    roots: list[Row] = field(default_factory=list)
    columns_of_lists: dict[str, Sequence[object]] = field(default_factory=dict)
    vectors: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def put(self, register: int, expression: str, reads: Iterable[int]) -> None:
        """Write a register by an expression over others, ``r1`` and so on."""
        level = self._after(reads)
        self.columns[level][register] = expression
        self.level[register] = level

    def take(self) -> int:
        """Return a further register."""
        self.registers += 1
        return self.registers - 1

    def between(self, expression: str, reads: Iterable[int]) -> int:
        """Write a further register and return it."""
        register = self.take()
        self.put(register, expression, reads)
        return register

    def source(self, reads: Iterable[int]) -> str:
        """Return the name of the first layer that has all of some registers, and ``row_id``."""
        return f"layer_{max((self.level[r] for r in reads), default=0)}"

    def join(self, queries: Sequence[tuple[str, str]], registers: Iterable[int], reads: Iterable[int]) -> None:
        """Take registers from the last of some queries over the layer ``source(reads)``; it has ``row_id`` too."""
        level, name = self._after(reads), queries[-1][0]
        self.joined[level] += queries
        self.sources[level].append(f"JOIN {name} ON {name}.row_id = l.row_id")
        for register in registers:
            self.columns[level][register] = f"{name}.r{register}"
            self.level[register] = level

    def beside(self, clause: str, columns: Mapping[int, str], reads: Iterable[int]) -> None:
        """Take registers from a table that a clause joins with the registers that it reads."""
        level = self._after(reads)
        self.sources[level].append(clause)
        for register, column in columns.items():
            self.columns[level][register] = column
            self.level[register] = level

    def keep(self, registers: Iterable[int]) -> None:
        """Carry registers to the last layer."""
        self.last |= dict.fromkeys(registers, sys.maxsize)

    def _after(self, reads: Iterable[int]) -> int:
        """Return the layer after those of some registers, which are carried up to it."""
        held = list(reads)
        level = 1 + max((self.level[r] for r in held), default=0)
        for register in held:
            self.last[register] = max(level, self.last.get(register, 0))
        while len(self.columns) <= level:
            self.columns.append({})
            self.joined.append([])
            self.sources.append([])
        return level

    def table(self, name: str, columns: Mapping[str, str], rows: Iterable[Row], key: Sequence[str]) -> str:
        """Make a table of typed columns and return its name; others of this name have other numbers."""
        name = f"{name}_{len(self.tables)}"
        self.tables[name] = Table(columns, list(rows), key)
        return f"{self.package}_{name}"

    def lists(self, name: str, columns: Mapping[str, Sequence[object]]) -> str:
        """Add arrays to the table that has them; return what their columns begin with."""
        begin = f"{name}_{len(self.columns_of_lists)}"
        self.columns_of_lists |= {f"{begin}_{column}": values for column, values in columns.items()}
        return f"m.{begin}"

    def list_of(self, array: float) -> str:
        """Return an array of the plan as an expression of the table that has arrays."""
        column = f"array_{int(array)}"
        self.columns_of_lists[column] = self.array(array).tolist()
        return f"m.{column}"

    def number(self, value: float) -> str:
        """Return a literal that this database reads as the same double."""
        return self.dialect.number(float(value))

    def array(self, place: float) -> NDArray[np.float64]:
        """Return an array of the plan."""
        return self.arrays[int(place)]

    def places(self, place: float) -> list[int]:
        """Return an array of the plan as registers or positions."""
        return [int(x) for x in self.array(place)]

    def look_up(self, array: float, place: str) -> str:
        """Return an expression for the number of an array at a position."""
        if self.dialect.name == "Spark":
            return f"get({self.list_of(array)}, CAST({place} AS INT))"
        self.looked_up.add(int(array))
        table = f"{self.package}_arrays"
        return f"(SELECT a.value FROM {table} a WHERE a.list = {int(array)} AND a.place = CAST({place} AS BIGINT))"

    def held(self, expression: str, low: float, high: float) -> str:
        """Return an expression held within two limits; NULL stays NULL."""
        low_word, high_word = self.number(low), self.number(high)
        return f"CASE WHEN {expression} < {low_word} THEN {low_word} WHEN {expression} > {high_word} THEN {high_word} ELSE {expression} END"  # noqa: E501 - one expression

    def times(self, expression: str, factor: float) -> str:
        """Return an expression times a number; where PostgreSQL would stop, beyond doubles, that is 0 or NULL."""
        word = self.number(factor)
        if self.dialect.name != "PostgreSQL" or factor in (0.0, 1.0, -1.0):
            return f"({expression}) * {word}"
        low, high = self.number(2.3e-308 / abs(factor)), self.number(LARGEST / abs(factor))
        size = f"abs({expression})"
        return f"CASE WHEN {size} < {low} THEN 0 WHEN {size} <= {high} THEN ({expression}) * {word} END"

    def exp(self, register: int) -> str:
        """Return the exponential of a register, held where databases refuse a result beyond doubles."""
        return f"exp({self.held(f'r{register}', -700.0, 700.0)})"

    def all_of(self, function: str, expressions: Sequence[str]) -> str:
        """Return the greatest or least of expressions."""
        name = self.dialect.greatest if function == "greatest" else self.dialect.least
        return f"{name}({', '.join(expressions)})" if len(expressions) > 1 else expressions[0]

    def query(self, first: str, last: str) -> str:
        """Return the whole query, between the one that reads rows and the one that gives answers."""
        parts = [f"layer_0 AS{self.dialect.materialized} (\n  {first}\n)"]
        for level in range(1, len(self.columns)):
            parts += [f"{name} AS{self.dialect.materialized} (\n  {body}\n)" for name, body in self.joined[level]]
            carried = sorted(r for r, own in self.level.items() if own < level < self.last.get(r, 0))
            made = {r: word for r, word in self.columns[level].items() if self.last.get(r, 0) > level}
            if len(carried) + len(made) > _MOST_COLUMNS:
                raise CannotQuery(f"more than {_MOST_COLUMNS:,} numbers of a row at a time")
            words = ["l.row_id", *(f"l.r{r}" for r in carried), *(f"{word} AS r{r}" for r, word in made.items())]
            joins = "".join(f"\n  {clause}" for clause in self.sources[level])
            if self.columns_of_lists and any(_LISTS.search(word) for word in words):
                joins += f"\n  CROSS JOIN {self.package}_lists m"
            body = f"SELECT {', '.join(words)}\n  FROM layer_{level - 1} l{joins}"
            parts.append(f"layer_{level} AS{self.dialect.materialized} (\n  {body}\n)")
        return f"WITH{self.dialect.recursive} {', '.join(parts)}\n{last.format(layer=f'layer_{len(self.columns) - 1}')}"


def pivoted(place: str, at: int, value: str, register: int) -> str:
    """Return a register as the value of the row, among those of a ``row_id``, that has a place."""
    return f"max(CASE WHEN {place} = {at} THEN {value} END) AS r{register}"
