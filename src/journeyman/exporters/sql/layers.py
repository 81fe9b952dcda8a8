"""Layers of a query: registers become columns, each in the layer after those that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.sql.dialect import LARGEST, Dialect

__all__ = ["CannotQuery", "Layers"]


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
    looked_up : set of int
        Arrays that the query looks into.
    nodes, leaves, roots : list of tuple
        Rows of the tables of trees.
    """

    dialect: Dialect
    package: str
    arrays: Sequence[NDArray[np.float64]]
    registers: int
    level: dict[int, int] = field(default_factory=dict)
    columns: list[dict[int, str]] = field(default_factory=lambda: [{}])
    joined: list[list[tuple[str, str]]] = field(default_factory=lambda: [[]])
    sources: list[list[str]] = field(default_factory=lambda: [[]])
    looked_up: set[int] = field(default_factory=set)
    nodes: list[tuple[str, ...]] = field(default_factory=list)
    leaves: list[tuple[str, ...]] = field(default_factory=list)
    roots: list[tuple[str, ...]] = field(default_factory=list)

    def put(self, register: int, expression: str, reads: Iterable[int]) -> None:
        """Write a register by an expression over others, ``r1`` and so on."""
        self._at(1 + max((self.level[r] for r in reads), default=0))[register] = expression
        self.level[register] = 1 + max((self.level[r] for r in reads), default=0)

    def between(self, expression: str, reads: Iterable[int]) -> int:
        """Write a further register and return it."""
        self.registers += 1
        self.put(self.registers - 1, expression, reads)
        return self.registers - 1

    def join(self, queries: Sequence[tuple[str, str]], registers: Iterable[int], level: int) -> None:
        """Take registers from the last of some queries over the layer ``level``, which has a column ``row_id`` too."""
        self._at(level + 1)
        self.joined[level + 1] += queries
        self.sources[level + 1].append(queries[-1][0])
        for register in registers:
            self.columns[level + 1][register] = f"{queries[-1][0]}.r{register}"
            self.level[register] = level + 1

    def _at(self, level: int) -> dict[int, str]:
        while len(self.columns) <= level:
            self.columns.append({})
            self.joined.append([])
            self.sources.append([])
        return self.columns[level]

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
        parts = [f"layer_0 AS MATERIALIZED (\n  {first}\n)"]
        alive: list[int] = sorted(r for r, level in self.level.items() if level == 0)
        for level in range(1, len(self.columns)):
            parts += [f"{name} AS MATERIALIZED (\n  {body}\n)" for name, body in self.joined[level]]
            made = [f"{expression} AS r{r}" for r, expression in self.columns[level].items()]
            words = ["l.row_id", *(f"l.r{r}" for r in alive), *made]
            joins = "".join(f" JOIN {name} ON {name}.row_id = l.row_id" for name in self.sources[level])
            parts.append(
                f"layer_{level} AS MATERIALIZED (\n  SELECT {', '.join(words)}\n  FROM layer_{level - 1} l{joins}\n)"
            )
            alive = sorted({*alive, *self.columns[level]})
            if len(alive) > 1500:
                raise CannotQuery("more than 1,500 numbers a row")
        return f"WITH RECURSIVE {', '.join(parts)}\n{last.format(layer=f'layer_{len(self.columns) - 1}')}"
