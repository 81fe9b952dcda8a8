"""Parts of values, read and written: ``a(i, :)``, ``t{:, 'x'}``, ``t.x``; MATLAB counts from 1, and columns first."""

from __future__ import annotations

from dataclasses import dataclass, replace

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.scope import Scope
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    Outside,
    Value,
    as_int,
    fill,
    flat,
    less_one,
    scalar,
)

__all__ = ["Place", "column_names", "frame_part", "is_deletion", "part_of", "place_of", "table_column"]


@dataclass(frozen=True)
class Place:
    """An index along a dimension: its Python, and whether it takes one, all, a slice, a mask or several in order."""

    code: str
    kind: str


def place_of(scope: Scope, node: s.Expression, length: str) -> Place:
    """Return an index in Python.

    Parameters
    ----------
    length : str
        Python of how many there are, for ``end``.
    """
    if isinstance(node, s.Colon):
        return Place(":", "all")
    if isinstance(node, s.End):
        return Place("-1", "one")
    if isinstance(node, s.Matrix) and len(node.rows) == 1 and all(map(_is_whole, node.rows[0])):
        numbers = [str(int(one.text) - 1) for one in node.rows[0] if isinstance(one, s.Number)]
        return Place(f"[{', '.join(numbers)}]", "several")
    scope.ends.append(length)
    try:
        if isinstance(node, s.Range) and node.step is None:
            return _slice(scope, node)
        if isinstance(node, s.Binary) and node.sign == "-" and isinstance(node.left, s.End):
            back = as_int(scope.value(node.right))
            return Place(f"-1 - ({back})", "one")
        value = scope.value(node)
    finally:
        scope.ends.pop()
    return _place(value)


def _is_whole(node: s.Expression) -> bool:
    return isinstance(node, s.Number) and node.text.isdigit()


def _place(value: Value) -> Place:
    if value.form is Form.SCALAR:
        return Place(less_one(as_int(value)), "one")
    if value.form is Form.ROWS:
        return Place(value.code, "several")
    if value.kind.is_array and value.kind.element is Element.LOGICAL:
        if value.form is Form.MATRIX:
            return Place(fill("{}.ravel(order='F')", value.code), "mask")
        return Place(value.code, "mask")
    if value.form in (Form.COLUMN, Form.ROW):
        return Place(fill("{}.astype(int) - 1", flat(value)), "several")
    raise Outside(f"an index that is {value.form.value}")


def _slice(scope: Scope, node: s.Range) -> Place:
    first = as_int(scope.value(node.first))
    begin = "" if first == "1" else less_one(first)
    match node.last:
        case s.End():
            end = ""
        case s.Binary("-", s.End(), right):
            end = f"-({as_int(scope.value(right))})"
        case _:
            end = as_int(scope.value(node.last))
    return Place(f"{begin}:{end}", "slice" if begin or end else "all")


def part_of(scope: Scope, base: Value, nodes: tuple[s.Expression, ...], braces: bool = False) -> Value:
    """Return a part of a value.

    Raises
    ------
    Outside
        Where the value has no parts, or the index is of no known kind.
    """
    if base.form is Form.TABLE:
        return _part_of_table(scope, base, nodes, braces)
    if base.form is Form.LIST:
        return _part_of_list(scope, base, nodes, braces)
    if braces:
        raise Outside(f"braces behind {base.form.value}")
    if base.form is Form.SCALAR:
        return base
    if base.form is Form.ROWS:
        return _part_of_rows(scope, base, nodes)
    if not base.kind.is_array:
        raise Outside(f"parts of {base.form.value}")
    if len(nodes) == 1:
        return _part_of_vector(scope, base, nodes[0])
    if len(nodes) != 2:
        raise Outside("arrays of more than two dimensions")
    if base.form is Form.MATRIX:
        return _part_of_matrix(scope, base, nodes)
    kept, other = (nodes[0], nodes[1]) if base.form is Form.COLUMN else (nodes[1], nodes[0])
    if not isinstance(other, s.Colon | s.End) and other != s.Number("1"):
        raise Outside("a vector that is indexed as a matrix")
    return _part_of_vector(scope, base, kept)


def _part_of_rows(scope: Scope, base: Value, nodes: tuple[s.Expression, ...]) -> Value:
    place = place_of(scope, nodes[-1], f"len({base.code})")
    if place.kind not in ("slice", "all"):
        raise Outside("single rows of a division")
    first = nodes[-1]
    rest = ""
    if isinstance(first, s.Range) and first.first == s.Number("1"):
        rest = fill("{}[" + place.code.partition(":")[2] + ":]", base.code)
    return Value(fill("{}[" + place.code + "]", base.code), replace(base.kind, other=rest))


def _part_of_vector(scope: Scope, base: Value, node: s.Expression) -> Value:
    kind = base.kind
    code = base.code
    if base.form is Form.MATRIX:
        code = fill("{}.ravel(order='F')", code)
        kind = replace(kind, form=Form.COLUMN)
    place = place_of(scope, node, f"({base.code}).size" if base.form is Form.MATRIX else f"len({base.code})")
    if place.kind == "all":
        return Value(flat(Value(code, kind)) if kind.form is Form.ROW else code, replace(kind, form=Form.COLUMN))
    if place.kind == "one":
        element = kind.element
        form = Form.SCALAR if element in (Element.NUMBER, Element.LOGICAL, Element.UNKNOWN) else Form.TEXT
        picked = f"({code}).iloc[{place.code}]" if kind.series else f"({code})[{place.code}]"
        return Value(picked, Kind(form, element, predicted=kind.predicted))
    if kind.series:
        if place.kind == "mask":
            return Value(f"({code})[{place.code}].reset_index(drop=True)", kind)
        return Value(f"({code}).iloc[{place.code}].reset_index(drop=True)", kind)
    return Value(f"({code})[{place.code}]", kind)


def _part_of_matrix(scope: Scope, base: Value, nodes: tuple[s.Expression, ...]) -> Value:
    rows = place_of(scope, nodes[0], f"({base.code}).shape[0]")
    columns = place_of(scope, nodes[1], f"({base.code}).shape[1]")
    kind, code = replace(base.kind, series=False), base.code
    if rows.kind == columns.kind == "one":
        return scalar(f"({code})[{rows.code}, {columns.code}]", element=kind.element)
    if columns.kind == "one":
        return Value(f"({code})[{rows.code}, {columns.code}]", replace(kind, form=Form.COLUMN))
    if rows.kind == "one":
        every = columns.kind == "all"
        taken = f"({code})[{rows.code}]" if every else f"({code})[{rows.code}, {columns.code}]"
        return Value(taken, replace(kind, form=Form.ROW))
    if columns.kind == "all":
        return Value(code if rows.kind == "all" else f"({code})[{rows.code}]", kind)
    if rows.kind in ("mask", "several") and columns.kind in ("mask", "several"):
        return Value(f"({code})[{rows.code}][:, {columns.code}]", kind)
    return Value(f"({code})[{rows.code}, {columns.code}]", kind)


def _part_of_list(scope: Scope, base: Value, nodes: tuple[s.Expression, ...], braces: bool) -> Value:
    if len(nodes) > 2 or (len(nodes) == 2 and s.Number("1") not in nodes and not isinstance(nodes[0], s.Colon)):
        raise Outside("cell arrays of two dimensions")
    node = nodes[0] if len(nodes) == 1 or nodes[1] == s.Number("1") else nodes[1]
    place = place_of(scope, node, f"len({base.code})")
    if place.kind == "one":
        taken = f"({base.code})[{place.code}]"
        if not braces:
            return Value(f"[{taken}]", base.kind)
        if base.kind.element is Element.TEXT:
            return Value(taken, Kind(Form.TEXT, Element.TEXT))
        return scalar(taken) if base.kind.element is Element.NUMBER else Value(taken, Kind(Form.MIXED))
    if place.kind in ("all", "slice") and not braces:
        return Value(f"({base.code})[{place.code}]", base.kind)
    if place.kind == "several" and not braces:
        return Value(f"[({base.code})[k] for k in {place.code}]", base.kind)
    raise Outside("several elements of a cell array at once")


def column_names(scope: Scope, node: s.Expression) -> str | None:
    """Return Python for the names of columns, a text or a list; None where the index is no name."""
    if isinstance(node, s.Text):
        return repr(node.value)
    if isinstance(node, s.CellArray | s.Name | s.Call | s.Field | s.Matrix):
        value = scope.value(node)
        if value.form is Form.TEXT or (value.form is Form.LIST and value.kind.element is Element.TEXT):
            return value.code
    return None


def table_column(base: Value, name: str) -> Value:
    """Return a column of a table by the Python of its name."""
    return Value(f"({base.code})[{name}]", Kind(Form.COLUMN, Element.UNKNOWN, series=True))


def frame_part(scope: Scope, base: Value, nodes: tuple[s.Expression, ...]) -> tuple[str, bool]:
    """Return Python for rows and columns of a table, as a table, and whether it is one column by its name."""
    if len(nodes) != 2:
        raise Outside("a table with one index")
    code, one = base.code, False
    names = column_names(scope, nodes[1])
    if names is not None:
        one = isinstance(nodes[1], s.Text)
        code = (
            f"({code})[[{names}]]" if not names.startswith("[") and _is_text(scope, nodes[1]) else f"({code})[{names}]"
        )
    else:
        columns = place_of(scope, nodes[1], f"({base.code}).shape[1]")
        if columns.kind == "one":
            code = f"({code}).iloc[:, [{columns.code}]]"
        elif columns.kind != "all":
            code = f"({code}).iloc[:, {columns.code}]"
    rows = place_of(scope, nodes[0], f"len({base.code})")
    if rows.kind == "mask":
        code = f"({code})[{rows.code}].reset_index(drop=True)"
    elif rows.kind == "one":
        code = f"({code}).iloc[[{rows.code}]].reset_index(drop=True)"
    elif rows.kind != "all":
        code = f"({code}).iloc[{rows.code}].reset_index(drop=True)"
    return code, one


def _is_text(scope: Scope, node: s.Expression) -> bool:
    return isinstance(node, s.Text) or scope.value(node).form is Form.TEXT


def _part_of_table(scope: Scope, base: Value, nodes: tuple[s.Expression, ...], braces: bool) -> Value:
    if braces and len(nodes) == 2 and isinstance(nodes[1], s.Text):
        return _part_of_vector(scope, table_column(base, repr(nodes[1].value)), nodes[0])
    code, one = frame_part(scope, base, nodes)
    if not braces:
        return Value(code, Kind(Form.TABLE))
    columns = nodes[1]
    single = isinstance(columns, s.Text | s.Number | s.End) or (
        isinstance(columns, s.Name | s.Binary) and _is_single(scope, columns, base)
    )
    if one or single:
        return Value(f"({code}).iloc[:, 0]", Kind(Form.COLUMN, Element.UNKNOWN, series=True))
    if _picks_one_row(nodes[0]):
        return Value(f"({code}).to_numpy(dtype=float)[0]", Kind(Form.ROW))
    return Value(f"({code}).to_numpy(dtype=float)", Kind(Form.MATRIX))


def _is_single(scope: Scope, node: s.Expression, base: Value) -> bool:
    scope.ends.append(f"({base.code}).shape[1]")
    try:
        return scope.value(node).form in (Form.SCALAR, Form.TEXT)
    finally:
        scope.ends.pop()


def _picks_one_row(node: s.Expression) -> bool:
    return isinstance(node, s.Number | s.End)


def is_deletion(node: s.Expression) -> bool:
    """Return whether what is assigned is ``[]``."""
    return isinstance(node, s.Matrix) and not node.rows
