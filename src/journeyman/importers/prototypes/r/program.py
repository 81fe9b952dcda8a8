"""The Python program that grows while an R script is translated: its lines, its names, what it needs."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from journeyman.importers.prototypes.r.known_tables import Look
from journeyman.importers.prototypes.r.syntax import Call, Node
from journeyman.importers.prototypes.r.values import Holds, Kind, Value

__all__ = ["Operation", "Program", "Translation"]

Translation = Callable[["Program", Call], Value]
Operation = Callable[["Program", Node], Value]
_TAKEN = {"np", "pd", *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}


class Program:
    """Lines of Python with the lines of R that they stand for, and what is known of the names in them.

    Parameters
    ----------
    functions : mapping of str to callable
        Translations of R's functions, by name.
    operations : mapping of str to callable
        Of what is no call: brackets, members of models, scores that are written as operations.
    look : callable
        What looks at the tables that the script reads.
    """

    def __init__(self, functions: Mapping[str, Translation], operations: Mapping[str, Operation], look: Look) -> None:
        self.functions = functions
        self.operations = operations
        self.look = look
        self.lines: list[tuple[str, int]] = []
        self.imports: set[str] = set()
        self.helpers: set[str] = set()
        self.variables: dict[str, Value] = {}
        self.levels: dict[str, tuple[str, ...] | None] = {}
        self.notes: list[tuple[int, str]] = []
        self.left_out: list[tuple[int, str]] = []
        self.models: list[int] = []
        self.outside_models: list[tuple[int, str]] = []
        self.classifies = False
        self.controls: dict[str, Node] = {}
        self.formulas: dict[str, Node] = {}
        self.attached: Value | None = None
        self.complete: frozenset[str] = frozenset()
        self.random: str | None = None
        self.drawn_by: str | None = None
        self.line = 1
        self.into: str | None = None
        self.groups: tuple[str, ...] | None = None
        self._into_taken = False
        self._masks: list[Value] = []
        self._indent = 0
        self._lambda = 0
        self._names: dict[str, str] = {}

    def emit(self, code: str) -> None:
        """Add a statement, at the depth reached."""
        for line in code.split("\n"):
            self.lines.append(("    " * self._indent + line, self.line))

    @contextmanager
    def indented(self) -> Iterator[None]:
        """Add statements of a body."""
        self._indent += 1
        try:
            yield
        finally:
            self._indent -= 1

    @property
    def depth(self) -> int:
        """How deep statements stand."""
        return self._indent

    @contextmanager
    def without_statements(self) -> Iterator[None]:
        """Translate what has no place for statements of its own: the body of a lambda."""
        self._lambda += 1
        try:
            yield
        finally:
            self._lambda -= 1

    @property
    def may_state(self) -> bool:
        """Whether a statement may be added before the expression at hand."""
        return not self._lambda

    @contextmanager
    def within(self, table: Value) -> Iterator[None]:
        """Take names for columns of a table first, as ``filter`` and ``with`` do."""
        self._masks.append(table)
        try:
            yield
        finally:
            self._masks.pop()

    @contextmanager
    def grouped(self, table: Value) -> Iterator[None]:
        """Take statistics of groups, where the table has them."""
        before = self.groups
        self.groups = table.parts or None
        try:
            yield
        finally:
            self.groups = before

    @property
    def mask(self) -> Value | None:
        """The table whose columns names stand for, if any."""
        return self._masks[-1] if self._masks else None

    def name(self, name: str) -> str:
        """Return what a variable of R is called in Python."""
        if name not in self._names:
            plain = re.sub(r"\W", "_", name)
            plain = f"x{plain}" if not plain or plain[0].isdigit() else plain
            while plain in _TAKEN or plain in self._names.values() or plain in self.helpers:
                plain += "_"
            self._names[name] = plain
        return self._names[name]

    def fresh(self, base: str) -> str:
        """Return a name that is not taken."""
        name, number = base, 1
        while name in self._names.values() or name in _TAKEN:
            number += 1
            name = f"{base}_{number}"
        self._names[f"{name} "] = name
        return name

    def name_for(self, code: str) -> str:
        """Return a name for a table on its way: what it is to be called in the end, unless that is in use by now."""
        into = self.into
        if into is not None and (not self._into_taken or code == into or code.startswith((f"{into}.", f"{into}["))):
            self._into_taken = True
            return into
        return self.fresh("rows")

    @contextmanager
    def going_into(self, name: str | None) -> Iterator[None]:
        """Translate what is assigned to a name; None where the value itself needs what the name holds."""
        before = self.into, self._into_taken
        self.into, self._into_taken = name, False
        try:
            yield
        finally:
            self.into, self._into_taken = before

    def need(self, module: str, name: str) -> str:
        """Import a name of a library, and return it."""
        self.imports.add(f"from {module} import {name}")
        return name

    def helper(self, name: str) -> str:
        """Take one of the small functions along, and return its name."""
        self.helpers.add(name)
        return name

    def note(self, message: str, node: Node | None = None) -> None:
        """Tell the user what the translation does otherwise than R."""
        self.notes.append((node.line if node is not None else self.line, message))

    def know(self, name: str, value: Value) -> None:
        """Keep what is known of a variable."""
        self.variables[name] = value

    def column_changed(self, table: str, column: str, holds: Holds | None) -> None:
        """Keep what a column of a table holds now; None where it is gone."""
        if holds is not Holds.FACTOR:
            self.complete -= {column}
        for name, value in self.variables.items():
            if value.code == table and value.kind is Kind.TABLE and value.columns is not None:
                columns = dict(value.columns)
                if holds is None:
                    columns.pop(column, None)
                else:
                    columns[column] = holds
                self.variables[name] = replace(value, columns=columns)

    def table_is(self, table: str, columns: Mapping[str, Holds] | None) -> None:
        """Keep what the columns of a table are now."""
        for name, value in self.variables.items():
            if value.code == table:
                self.variables[name] = replace(value, kind=Kind.TABLE, columns=columns)
