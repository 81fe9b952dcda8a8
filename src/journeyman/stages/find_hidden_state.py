"""Find hidden state: names that a cell uses before any cell above has made them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.prototype import Cell, Prototype, parse_program

__all__ = ["find_hidden_state"]

_OF_NOTEBOOKS = frozenset(
    ("display", "get_ipython", "In", "Out", "_", "__", "___", "exit", "quit", "__file__", "__name__")
)
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_LOOPS = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp


def find_hidden_state(prototype: Prototype) -> tuple[Finding, ...]:
    """Return a finding for each name that is used in the order of the document before it is there.

    Examples
    --------
    >>> from journeyman.entities.prototype import Language
    >>> cells = (Cell(1, "print(total)"), Cell(2, "total = 3"))
    >>> [finding.message for finding in find_hidden_state(Prototype("n", Language.PYTHON, cells))]
    ["Cell 1 uses 'total', which only cell 2 makes."]
    """
    known = {*dir(builtins), *_OF_NOTEBOOKS}
    missing: dict[str, int] = {}
    made: dict[str, int] = {}
    later: list[tuple[str, int]] = []
    for cell in prototype.cells:
        names = _Names(known)
        names.go_through(parse_program(cell.source).body)
        if names.all_of_a_module:  # from x import *: anything may be there
            return ()
        for name in names.missing:
            missing.setdefault(name, cell.number)
        later += [(name, cell.number) for name in names.in_functions]
        for name in names.made:
            made.setdefault(name, cell.number)
        known |= names.made
    for name, number in later:
        if name not in known:
            missing.setdefault(name, number)
    return tuple(_finding(name, number, made, prototype.cells) for name, number in missing.items())


def _finding(name: str, number: int, made: dict[str, int], cells: Sequence[Cell]) -> Finding:
    place = f"Cell {number} uses" if len(cells) > 1 else "It uses"
    if name in made and made[name] > number:
        message = f"{place} {name!r}, which only cell {made[name]} makes."
        hint = "Move the cell that makes it up, and run all cells from the first on."
    else:
        message = f"{place} {name!r}, which no cell makes."
        hint = "It was left in memory by code that is gone; say in a cell what it is."
    return Finding("CV101", Severity.WARNING, (name,), message, hint, {"cell": number})


class _Names:
    """The names that statements make and use, in order."""

    def __init__(self, known: set[str]) -> None:
        self._known = known
        self.made: set[str] = set()
        self.missing: list[str] = []
        self.in_functions: list[str] = []
        self.all_of_a_module = False

    def go_through(self, body: Sequence[ast.stmt]) -> None:
        """Go through statements one after the other."""
        for statement in body:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for outside in (*node.decorator_list, *_defaults(node)):
                    self._use(outside)
                self.made.add(node.name)
                self.in_functions += [name for name in _free_names(node) if name not in self._known | self.made]
            case ast.Import() | ast.ImportFrom():
                for alias in node.names:
                    self.all_of_a_module = self.all_of_a_module or alias.name == "*"
                    self.made.add(alias.asname or alias.name.partition(".")[0])
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                if node.value is not None:
                    self._use(node.value)
                if isinstance(node, ast.AugAssign):
                    self._use(_read(node.target))
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    self._make(target)
            case ast.For() | ast.AsyncFor():
                self._use(node.iter)
                self._make(node.target)
                self.go_through([*node.body, *node.orelse])
            case ast.With() | ast.AsyncWith():
                for item in node.items:
                    self._use(item.context_expr)
                    if item.optional_vars is not None:
                        self._make(item.optional_vars)
                self.go_through(node.body)
            case ast.Try():
                self.go_through(node.body)
                for handler in node.handlers:
                    if handler.name:
                        self.made.add(handler.name)
                    self.go_through(handler.body)
                self.go_through([*node.orelse, *node.finalbody])
            case ast.If() | ast.While():
                self._use(node.test)
                self.go_through([*node.body, *node.orelse])
            case ast.Match():
                self._use(node.subject)
                for case in node.cases:
                    patterns = ast.walk(case.pattern)
                    self.made |= {n.name for n in patterns if isinstance(n, ast.MatchAs | ast.MatchStar) and n.name}
                    self.go_through(case.body)
            case ast.Global():
                self.made |= set(node.names)
            case _:
                for inner in ast.iter_child_nodes(node):
                    if isinstance(inner, ast.expr):
                        self._use(inner)
                    elif isinstance(inner, ast.stmt):
                        self._statement(inner)

    def _make(self, target: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.made.add(node.id)
        for node in ast.walk(target):
            if isinstance(node, ast.Subscript | ast.Attribute):
                self._use(node.value)
            if isinstance(node, ast.Subscript):
                self._use(node.slice)

    def _use(self, expression: ast.expr) -> None:
        for name in _used_names(expression):
            if name not in self._known | self.made and name not in self.missing:
                self.missing.append(name)
        for node in ast.walk(expression):
            if isinstance(node, ast.NamedExpr):
                self.made.add(node.target.id)


def _read(target: ast.expr) -> ast.expr:
    return ast.Name(target.id, ast.Load()) if isinstance(target, ast.Name) else target


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.expr]:
    if isinstance(node, ast.ClassDef):
        return [*node.bases, *(one.value for one in node.keywords)]
    return [*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)]


def _used_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that an expression reads, without those of its own functions and loops."""
    own: set[str] = set()
    if isinstance(node, _SCOPES):
        own = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
    elif isinstance(node, _LOOPS):
        targets = [n for one in node.generators for n in ast.walk(one.target)]
        own = {n.id for n in targets if isinstance(n, ast.Name)}
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for inner in ast.iter_child_nodes(node):
        for name in _used_names(inner):
            if name not in own:
                yield name


def _free_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    """Return the names that a function or a class reads and does not make itself, in it or in what it holds."""
    made = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    made |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    made |= {n.name for n in ast.walk(node) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    made |= {n.name for n in ast.walk(node) if isinstance(n, ast.ExceptHandler) and n.name}
    imports = [n for n in ast.walk(node) if isinstance(n, ast.Import | ast.ImportFrom)]
    made |= {one.asname or one.name.partition(".")[0] for n in imports for one in n.names}
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return used - made
