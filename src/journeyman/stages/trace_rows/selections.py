"""What an index takes of a traced table: which part of its rows, and which of its columns."""

from __future__ import annotations

import ast

from journeyman.stages.trace_rows.columns import NO_COLUMNS, Columns, Source
from journeyman.stages.trace_rows.row_sets import Step
from journeyman.stages.trace_rows.values import UNKNOWN, AllBut, Constant, Data, Items, Scope, Selection, Value

__all__ = [
    "call_names",
    "last_step",
    "listed_names",
    "names_in",
    "names_of",
    "select",
    "slice_step",
    "store",
    "text_in",
]

_NULLS = frozenset(("isnull", "isna", "notnull", "notna", "duplicated"))


def names_of(value: Value | None) -> tuple[str, ...] | None:
    """Return the column names that a value holds; None where it holds anything else."""
    if isinstance(value, Constant) and isinstance(value.value, str):
        return (value.value,)
    if isinstance(value, Items) and value.keys is None:
        found = [one.value if isinstance(one, Constant) else None for one in value.values]
        return tuple(str(one) for one in found) if all(isinstance(one, str) for one in found) else None
    return None


def names_in(node: ast.expr, scope: Scope) -> tuple[str, ...] | None:
    """Return the column names that an expression gives without a call; None where that cannot be told."""
    match node:
        case ast.Constant():
            return (node.value,) if isinstance(node.value, str) else None
        case ast.Name():
            return names_of(scope.find(node.id))
        case ast.List() | ast.Tuple():
            found = [names_in(one, scope) for one in node.elts]
            return None if any(one is None for one in found) else tuple(name for one in found for name in one or ())
        case ast.JoinedStr() | ast.BinOp() if (text := text_in(node, scope)) is not None:
            return (text,)
        case ast.BinOp(op=ast.Add()):
            left, right = names_in(node.left, scope), names_in(node.right, scope)
            return None if left is None or right is None else left + right
        case _:
            return None


def text_in(node: ast.expr, scope: Scope) -> str | None:
    """Return the text that an expression makes of known ones; None where it makes something else."""
    match node:
        case ast.Constant():
            return node.value if isinstance(node.value, str) else None
        case ast.Name():
            found = scope.find(node.id)
            return found.value if isinstance(found, Constant) and isinstance(found.value, str) else None
        case ast.FormattedValue():
            return text_in(node.value, scope)
        case ast.BinOp(op=ast.Add()):
            parts = [text_in(one, scope) for one in (node.left, node.right)]
        case ast.JoinedStr():
            parts = [text_in(one, scope) for one in node.values]
        case _:
            return None
    return "".join(one for one in parts if one is not None) if all(one is not None for one in parts) else None


def listed_names(node: ast.ListComp, source: Value, scope: Scope) -> AllBut | None:
    """Return the names that "[c for c in table.columns if c != 'y']" gives; None where it is anything else."""
    loop = node.generators[0]
    if not isinstance(source, AllBut) or len(node.generators) > 1 or ast.unparse(node.elt) != ast.unparse(loop.target):
        return None
    names = set(source.names)
    for asked in loop.ifs:
        if not isinstance(asked, ast.Compare) or not isinstance(asked.ops[0], ast.NotEq | ast.NotIn):
            return None
        left_out = names_in(asked.comparators[0], scope)
        if left_out is None:
            return None
        names |= set(left_out)
    return AllBut(names)


def call_names(base: AllBut, method: str, args: list[Value]) -> Value:
    """Return what a method of the names of columns gives."""
    names = names_of(args[0]) if args else ()
    if method == "remove" and names:
        base.names |= set(names)
        return UNKNOWN
    if method in ("tolist", "to_list", "copy", "drop", "difference") and names is not None:
        return AllBut(base.names | set(names))
    return UNKNOWN


def _selected_columns(columns: Columns, index: ast.expr, key: Value | None, scope: Scope) -> Columns:
    """Return what an index leaves of a table's columns; ``key``: what its first part stands for, None of a slice."""
    if isinstance(index, ast.Tuple) and len(index.elts) == 2:
        second = index.elts[1]
        if isinstance(second, ast.Slice):
            return columns if second.lower is None and second.upper is None else NO_COLUMNS
        number = _number(second)
        if number is not None:
            return Columns(own=frozenset(Source(one.table, f"#{number}", one.over) for one in columns.rest))
        if isinstance(found := _value_of(second, scope), AllBut):
            return columns.less(found.names)
        names, alone = names_in(second, scope), isinstance(second, ast.Constant | ast.Name)
        return _by_name(columns, names, alone and not isinstance(_value_of(second, scope), Items))
    if isinstance(key, AllBut):
        return columns.less(key.names)
    names = names_in(index, scope)
    if names is not None:
        return _by_name(
            columns, names, not isinstance(_value_of(index, scope), Items) and not isinstance(index, ast.List)
        )
    by_rows = key is None or isinstance(key, Selection) or (isinstance(key, Data) and bool(key.rows))
    return columns if by_rows or not (columns.rest or columns.named) else NO_COLUMNS


def _number(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)):
            return -number
        case _:
            return None


def _value_of(node: ast.expr, scope: Scope) -> Value | None:
    return scope.find(node.id) if isinstance(node, ast.Name) else None


def _by_name(columns: Columns, names: tuple[str, ...] | None, alone: bool) -> Columns:
    if names is None:
        return NO_COLUMNS
    if alone and names == ("data",) and "data" not in columns.named:  # the features of a data set of a library
        return columns.less(["target"])
    return columns.of(names[0]) if alone and len(names) == 1 else columns.only(names)


def select(made: Data, data: Data, index: ast.expr, key: Value | None, scope: Scope) -> None:
    """Note the columns that an index takes of a table, and whose predictions a column holds."""
    made.columns = _selected_columns(data.columns, index, key, scope)
    names = names_in(index.elts[-1] if isinstance(index, ast.Tuple) and index.elts else index, scope)
    if names is not None and len(names) == 1:
        made.predicted = data.held.get(names[0], made.predicted)


def store(table: Data, target: ast.Subscript | ast.Attribute, whole: Data, value: Value, scope: Scope) -> None:
    """Let a value become a part of a table, in a column where it has a name."""
    names = names_in(target.slice, scope) if isinstance(target, ast.Subscript) else names_of(value)
    if isinstance(target, ast.Attribute) and target.attr == "columns":
        if names and not table.columns.rest and all(one.over is not None for one in table.columns.sources):
            table.columns = Columns(dict.fromkeys(names, table.columns.sources))  # nobody knows which is which
        return
    table.columns = _stored_columns(table.columns, target, whole, scope)
    if names is not None and len(names) == 1 and whole.predicted is not None:
        table.held = {**table.held, names[0]: whole.predicted}
    table.take_in(whole)


def _stored_columns(columns: Columns, target: ast.Subscript | ast.Attribute, value: Data, scope: Scope) -> Columns:
    """Return a table's columns after something was stored in it."""
    made = value.columns.sources
    if isinstance(target, ast.Attribute):
        return columns.assigned(target.attr, made) if target.attr in columns.named else columns
    if isinstance(target.slice, ast.Tuple) and len(target.slice.elts) == 2:
        names = names_in(target.slice.elts[1], scope) or ()
        told = made | _sources_of_mask(target.slice.elts[0], scope)
        for name in names:
            columns = columns.assigned(name, columns.sources_of(name) | told)
        return columns
    names = names_in(target.slice, scope) or ()
    if len(names) > 1 and value.columns.named and set(names) <= set(value.columns.named):
        for name in names:
            columns = columns.assigned(name, value.columns.named[name])
        return columns
    if len(names) > 1 and value.columns.rest:  # columns that were scaled or filled together keep their own values
        return columns
    for name in names:
        columns = columns.assigned(name, made)
    return columns


def _sources_of_mask(node: ast.expr, scope: Scope) -> frozenset[Source]:
    """Return the columns that a condition asks for their values; whether they are missing tells nothing of them."""
    if any(isinstance(one, ast.Attribute) and one.attr in _NULLS for one in ast.walk(node)):
        return frozenset()
    found: set[Source] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Subscript | ast.Attribute) and isinstance(one.value, ast.Name):
            table = scope.find(one.value.id)
            names = (one.attr,) if isinstance(one, ast.Attribute) else names_in(one.slice, scope)
            if isinstance(table, Data) and names is not None and len(names) == 1:
                found |= table.columns.sources_of(names[0])
    return frozenset(found)


def last_step(data: Data) -> Step | None:
    """Return the division that a table's rows are from, where it is one."""
    steps = {rows.path[-1] for rows in data.rows if rows.path}
    return steps.pop() if len(steps) == 1 else None


def slice_step(index: ast.Slice) -> Step | None:
    """Return which part a slice takes; what ends where another begins has no rows of it."""
    low = "" if index.lower is None else ast.unparse(index.lower)
    high = "" if index.upper is None else ast.unparse(index.upper)
    if low in ("", "0"):
        return None if not high else Step(f"slice:{high}", 0)
    return Step(f"slice:{low}", 1) if not high else Step(f"slice:{low}:{high}", 0)
