"""Places of a program's syntax: where nodes stand, what loops go through, which arguments name files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from journeyman.entities.recording import Recording, Span

__all__ = ["loads", "loop_variables", "picked_rows", "read_paths", "span_of"]


def span_of(node: ast.AST) -> Span:
    """Return where an expression stands."""
    return Span(
        getattr(node, "lineno", 0),
        getattr(node, "col_offset", 0),
        getattr(node, "end_lineno", 0) or 0,
        getattr(node, "end_col_offset", 0) or 0,
    )


def loads(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the names that are read within a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner


def read_paths(body: Sequence[ast.stmt], recording: Recording) -> dict[Span, str]:
    """Return the arguments that name files which were read as tables, with the name of the file."""
    tables = {table.span: table.path for table in recording.tables if table.path is not None}
    found: dict[Span, str] = {}
    for node in ast.walk(ast.Module(list(body), [])):
        if isinstance(node, ast.Call) and node.args and (path := tables.get(span_of(node))) is not None:
            found[span_of(node.args[0])] = PurePosixPath(re.sub(r"[\\\\]+", "/", path).partition("?")[0]).name
    return found


def picked_rows(body: Sequence[ast.stmt]) -> tuple[frozenset[Span], frozenset[Span]]:
    """Return what loops over numbers pick out row by row, ``column[i]``, and the numbers at which they end."""
    picked: set[Span] = set()
    ends: set[Span] = set()
    for node in ast.walk(ast.Module(list(body), [])):
        if not isinstance(node, ast.For | ast.comprehension) or not isinstance(node.iter, ast.Call):
            continue
        if not isinstance(node.iter.func, ast.Name) or node.iter.func.id != "range" or not node.iter.args:
            continue
        names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
        found = [
            one
            for statement in (node.body if isinstance(node, ast.For) else [])
            for one in ast.walk(statement)
            if isinstance(one, ast.Subscript) and any(n.id in names for n in loads(one.slice))
        ]
        picked |= {span_of(one) for one in found}
        if found:
            ends.add(span_of(node.iter.args[min(1, len(node.iter.args) - 1)]))
    return frozenset(picked), frozenset(ends)


def loop_variables(body: Sequence[ast.stmt]) -> tuple[dict[str, tuple[ast.expr, ...]], frozenset[Span]]:
    """Return what each loop variable goes through, and the expressions that contain one: their rows vary."""
    loops: dict[str, tuple[ast.expr, ...]] = {}
    varying: set[Span] = set()
    for node in ast.walk(ast.Module(list(body), [])):
        if isinstance(node, ast.For | ast.comprehension):
            names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            for name in names:
                loops[name] = (*loops.get(name, ()), node.iter)
    for node in ast.walk(ast.Module(list(body), [])):
        if isinstance(node, ast.For):
            names = {n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)}
            for statement in node.body:
                for inner in ast.walk(statement):
                    if isinstance(inner, ast.expr) and any(one.id in names for one in loads(inner)):
                        varying.add(span_of(inner))
    return loops, frozenset(varying)
