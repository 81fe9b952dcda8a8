"""What the names of a traced program stand for: tables by their rows, models by what they learned, and the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from journeyman.stages.trace_rows.columns import NO_COLUMNS, Columns, Source, joined_columns
from journeyman.stages.trace_rows.row_sets import RowSet, Statistic, Step

__all__ = [
    "UNKNOWN",
    "AllBut",
    "Choice",
    "Chosen",
    "ClassValue",
    "Closure",
    "Constant",
    "Data",
    "Evaluation",
    "Fit",
    "Instance",
    "Interpreter",
    "Items",
    "Model",
    "Name",
    "Scope",
    "Selection",
    "Splits",
    "Value",
    "joined",
    "merged",
    "method_of",
    "models_in",
    "predictions_in",
]

_NO_ROWS: frozenset[RowSet] = frozenset()
_NOTHING_LEARNED: frozenset[Statistic] = frozenset()


class Value:
    """Anything; by itself, what nothing is known of."""


UNKNOWN = Value()


@dataclass(eq=False)
class Data(Value):
    """A table, a column, an array or a number: the rows it holds, and the statistics that its values were made with.

    Programs change tables in place, so that this is a place and not a fact; ``owner`` is the table that a column is a
    view of. ``grouped``: by keys. ``single``: one row or cell of it, of which no statistic of rows can be taken.
    ``mask``: the part that it chooses as an index. ``predicted``: by which model, in which of its evaluations;
    ``compared``: with the truth. ``columns``: what its columns are made of, ``keys`` what groups it. ``scores``: the
    evaluations whose scores it holds; ``several``: for each of several settings.
    ``held``: whose predictions its columns hold.
    """

    rows: frozenset[RowSet] = _NO_ROWS
    learned: frozenset[Statistic] = _NOTHING_LEARNED
    owner: Data | None = None
    grouped: bool = False
    single: bool = False
    mask: Step | None = None
    predicted: tuple[Model, int] | None = None
    compared: bool = False
    columns: Columns = NO_COLUMNS
    keys: frozenset[Source] = frozenset()
    scores: frozenset[tuple[Model, int]] = frozenset()
    several: bool = False
    held: dict[str, tuple[Model, int]] = field(default_factory=dict)

    def take_in(self, other: Data, with_rows: bool = False) -> None:
        """Let another's values become part of this one's, and of what this is a view of."""
        self.learned |= other.learned
        self.scores |= other.scores
        if with_rows or not self.rows:
            self.rows |= other.rows
        if self.owner is not None:
            self.owner.take_in(other)


@dataclass(eq=False)
class Items(Value):
    """A list, a tuple or a dictionary's values, in order."""

    values: list[Value] = field(default_factory=list)
    keys: list[object] | None = None


@dataclass(eq=False)
class AllBut(Value):
    """The names of a table's columns, but for some."""

    names: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Constant(Value):
    """A number, a text, True, False or None."""

    value: object


@dataclass(frozen=True)
class Name(Value):
    """A name of a library: "numpy.mean"."""

    dotted: str

    @property
    def leaf(self) -> str:
        """The last part."""
        return self.dotted.rpartition(".")[2]


@dataclass(frozen=True)
class Fit:
    """A model learned from rows; ``stopped_on``: by the score on which rows it stopped."""

    line: int
    method: str
    rows: frozenset[RowSet]
    learned: frozenset[Statistic]
    columns: Columns = NO_COLUMNS
    target: Columns = NO_COLUMNS
    stopped_on: frozenset[RowSet] = frozenset()


@dataclass(frozen=True)
class Evaluation:
    """A model predicted rows, or was scored on them, after so many fits."""

    line: int
    method: str
    rows: frozenset[RowSet]
    learned: frozenset[Statistic]
    after: int
    columns: Columns = NO_COLUMNS


@dataclass(frozen=True)
class Chosen:
    """The best of several evaluations was taken, in some line, or of several settings of one; ``how``: by "max"."""

    line: int
    evaluations: frozenset[tuple[Model, int]]
    several: bool = False
    how: str = ""


@dataclass(eq=False)
class Model(Value):
    """Whatever has fit, transform or predict; ``parts`` are those of a pipeline or a search.

    ``scored`` are the evaluations that a score was made of: a prediction alone may be for a picture. ``columns``: what
    it adds to columns that it transforms. ``chosen``: the rows on which its settings were searched. ``opaque``: whether
    it may leave out columns by itself.
    """

    name: str
    parts: list[Value] = field(default_factory=list)
    learned: frozenset[Statistic] = _NOTHING_LEARNED
    fits: list[Fit] = field(default_factory=list)
    evaluations: list[Evaluation] = field(default_factory=list)
    scored: set[int] = field(default_factory=set)
    columns: Columns = NO_COLUMNS
    chosen: frozenset[Statistic] = _NOTHING_LEARNED
    settings: frozenset[str] = frozenset()
    opaque: bool = False


@dataclass(frozen=True)
class Selection(Value):
    """Numbers of rows that stand for a part of a table."""

    step: Step | None = None


@dataclass(frozen=True)
class Splits(Value):
    """Pairs of selections, one a fold."""

    site: str
    line: int


@dataclass(eq=False)
class Scope:
    """Names of a function or of the program."""

    names: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None

    def find(self, name: str) -> Value | None:
        """Return what a name stands for; None where it was never assigned."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.outer
        return None


@dataclass(eq=False)
class Closure(Value):
    """A function of the program; ``bound`` is what a method is called on."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    bound: Value | None = None


@dataclass(eq=False)
class ClassValue(Value):
    """A class of the program."""

    node: ast.ClassDef
    scope: Scope


@dataclass(eq=False)
class Instance(Value):
    """An object of such a class."""

    kind: ClassValue
    fields: dict[str, Value] = field(default_factory=dict)


@dataclass(eq=False)
class Choice(Value):
    """One of several, by the branch that was taken."""

    values: tuple[Value, ...]


class Interpreter(Protocol):
    """What calls ask of the one who goes through the program; ``models`` are those that it made."""

    models: list[Model]
    choices: list[Chosen]

    def call(self, function: Value, args: list[Value], named: dict[str, Value], node: ast.Call) -> Value:
        """Return what a call gives."""

    def elements(self, value: Value) -> list[Value]:
        """Return what a loop goes over."""

    def table(self, node: ast.AST) -> Data:
        """Return a table that was read from somewhere."""


def _leaves(value: Value, depth: int = 0) -> Iterator[Data]:
    if isinstance(value, Data):
        yield value
    elif depth < 4:
        inner: list[Value] = []
        if isinstance(value, Items | Choice):
            inner = list(value.values)
        elif isinstance(value, Instance):
            inner = list(value.fields.values())
        for one in inner[:200]:
            yield from _leaves(one, depth + 1)


def joined(*values: Value) -> Data:
    """Return all rows and statistics of several values as one."""
    leaves = list(dict.fromkeys(leaf for value in values for leaf in _leaves(value)))
    predicted = {leaf.predicted for leaf in leaves if leaf.predicted is not None}
    return Data(
        _NO_ROWS.union(*(leaf.rows for leaf in leaves)),
        _NOTHING_LEARNED.union(*(leaf.learned for leaf in leaves)),
        predicted=predicted.pop() if len(predicted) == 1 else None,
        compared=any(leaf.compared for leaf in leaves),
        several=any(leaf.several for leaf in leaves),
        columns=joined_columns(leaf.columns for leaf in leaves),
        scores=frozenset[tuple[Model, int]]().union(*(leaf.scores for leaf in leaves)),
    )


def predictions_in(values: Iterable[Value]) -> frozenset[tuple[Model, int]]:
    """Return which evaluations gave the predictions among some values."""
    return frozenset(leaf.predicted for value in values for leaf in _leaves(value) if leaf.predicted is not None)


def merged(*values: Value) -> Value:
    """Return one of several values, whichever it is."""
    flat = [one for value in values for one in (value.values if isinstance(value, Choice) else (value,))]
    distinct = list(dict.fromkeys(one for one in flat if one is not UNKNOWN))
    if not distinct:
        return UNKNOWN
    return distinct[0] if len(distinct) == 1 else Choice(tuple(distinct[:8]))


def method_of(instance: Instance, name: str) -> ast.FunctionDef | None:
    """Return the function of a name in an object's class."""
    body = instance.kind.node.body
    return next((one for one in body if isinstance(one, ast.FunctionDef) and one.name == name), None)


def models_in(value: Value, depth: int = 0) -> list[Value]:
    """Return the models among values that lie in one another."""
    if isinstance(value, Model):
        return [value]
    if isinstance(value, Items | Choice) and depth < 4:
        return [one for inner in value.values for one in models_in(inner, depth + 1)]
    return []
