"""Assignments: variables, parts of arrays that grow where MATLAB lets them, columns of tables, fields of structs."""

from __future__ import annotations

import re
from dataclasses import replace

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.expressions import field_path, translate, translate_call
from journeyman.importers.prototypes.matlab.indexing import column_names, is_deletion, place_of
from journeyman.importers.prototypes.matlab.operators import opposite
from journeyman.importers.prototypes.matlab.scope import Scope, python_name
from journeyman.importers.prototypes.matlab.values import Element, Form, Kind, Outside, Value, flat, more_one

__all__ = ["assign"]

_UNSAID = (Form.FUNCTION, Form.SETTINGS)
_END_AND_ONE = s.Binary("+", s.End(), s.Number("1"))


def assign(scope: Scope, node: s.Assign) -> list[str]:
    """Return the statements of Python for an assignment.

    Raises
    ------
    Outside
        Where it is outside of the subset.
    """
    if len(node.targets) > 1:
        return _assign_several(scope, node)
    (target,) = node.targets
    if target is None:
        return []
    scope.target = target.name if isinstance(target, s.Name) else ""
    if is_deletion(node.value) and not isinstance(target, s.Name):
        return _delete(scope, target)
    if isinstance(target, s.Field) and _struct_of(node.value) is not None:
        raise Outside("structs within structs")
    fields = _struct_of(node.value)
    if isinstance(target, s.Name) and fields is not None:
        return _assign_struct(scope, target.name, fields)
    value = translate(scope, node.value)
    return _assign_value(scope, target, value, node.value)


def _struct_of(node: s.Expression) -> tuple[s.Expression, ...] | None:
    """Return what ``struct(...)`` is given."""
    if node == s.Name("struct"):
        return ()
    return node.arguments if isinstance(node, s.Call) and node.target == s.Name("struct") else None


def _assign_struct(scope: Scope, name: str, fields: tuple[s.Expression, ...]) -> list[str]:
    made = []
    for key, value in zip(fields[::2], fields[1::2], strict=False):
        if not isinstance(key, s.Text):
            raise Outside("a struct whose fields can be read")
        made += _assign_name(scope, f"{name}.{key.value}", translate(scope, value), None)
    return made


def _assign_several(scope: Scope, node: s.Assign) -> list[str]:
    names = [one.name if isinstance(one, s.Name) else None for one in node.targets]
    scope.target = names[0] or ""
    if node.value == s.Name("deal"):
        raise Outside("deal of nothing")
    if isinstance(node.value, s.Call) and node.value.target == s.Name("deal"):
        values = scope.values(node.value.arguments)
    else:
        values = translate_call(scope, node.value, len(node.targets))
    if any(one is not None and not isinstance(one, s.Name) for one in node.targets):
        if any(value.code.endswith("[0]") for value in values[:1]) and len(values) > 1:
            raise Outside("several results assigned to parts of arrays")
        return [
            line
            for target, value in zip(node.targets, values, strict=False)
            if target is not None
            for line in _assign_value(scope, target, value, node.value)
        ]
    pairs = list(zip(names, values, strict=False))
    for name, value in pairs:
        if name is not None:
            scope.know(name, replace(value.kind))
    left = [python_name(name) if name is not None else "_" for name in names]
    call = _whole_call([value.code for value in values])
    if call is not None:
        return [f"{', '.join(left)} = {call}"]
    kept = [(one, value.code) for (name, value), one in zip(pairs, left, strict=True) if name is not None]
    if len(kept) == 1:
        return [f"{kept[0][0]} = {kept[0][1]}"]
    if not any(one in re.findall(r"\w+", code) for one, _ in kept for _, code in kept):
        return [f"{one} = {code}" for one, code in kept]
    return [f"{', '.join(one for one, _ in kept)} = {', '.join(f'({code})' for _, code in kept)}"]


def _whole_call(codes: list[str]) -> str | None:
    """Return the call whose results the values are, in their order: ``f(x)[0]``, ``f(x)[1]``."""
    if len(codes) == 2 and codes[0].removesuffix(".shape[0]") == codes[1].removesuffix(".shape[1]") != codes[0]:
        return f"{codes[0].removesuffix('[0]')}"
    begins = {re.sub(r"\[\d+\]$", "", code) for code in codes}
    in_order = all(code.endswith(f"[{k}]") for k, code in enumerate(codes))
    return begins.pop() if len(begins) == 1 and in_order else None


def _assign_value(scope: Scope, target: s.Expression, value: Value, written: s.Expression) -> list[str]:
    match target:
        case s.Name(name):
            return _assign_name(scope, name, value, written)
        case s.Field():
            return _assign_field(scope, target, value, written)
        case s.Call():
            return _assign_part(scope, target, value)
    raise Outside("an assignment to what is no variable")


def _assign_name(scope: Scope, name: str, value: Value, written: s.Expression | None) -> list[str]:
    if name in scope.widened and value.form is Form.COLUMN:
        value = Value(f"({flat(value)})[:, None]", Kind(Form.MATRIX))
    kind = value.kind
    scope.know(name, kind)
    if kind.form in _UNSAID or (kind.form is Form.PARTITION and kind.other.startswith("parts")):
        return []
    for known in [one for one in scope.kinds if one.startswith(f"{name}.")]:
        scope.kinds.pop(known)
    code, own = value.code, python_name(name)
    source = _base_name(written) if written is not None else ""
    if (name in scope.changed or source in scope.changed) and _shares(code, kind):
        code = f"({code}).copy()"
    return [] if code == own else [f"{own} = {code}"]


def _shares(code: str, kind: Kind) -> bool:
    """Return whether a value may be one that has a name already, or a part of an array: MATLAB would copy it."""
    plain = re.sub(r"[()\s]", "", code)
    if kind.form in (Form.TABLE, Form.LIST) or kind.series:
        return plain.isidentifier()
    return kind.is_array and bool(re.fullmatch(r"\w+(\.T)?(\[[^\[\]]*\])?", plain))


def _base_name(node: s.Expression) -> str:
    while isinstance(node, s.Call | s.Field | s.Transpose):
        node = node.value if isinstance(node, s.Transpose) else node.target
    return node.name if isinstance(node, s.Name) else ""


# fields


def _assign_field(scope: Scope, target: s.Field, value: Value, written: s.Expression) -> list[str]:
    base, path, words = field_path(target)
    if not isinstance(base, s.Name):
        raise Outside("a field of what is no variable")
    table = scope.find(base.name)
    if table is None or table.form is Form.EMPTY:
        if not all(words):
            raise Outside("a struct whose fields can be read")
        return _assign_name(scope, ".".join((base.name, *words)), value, written)
    if table.form is not Form.TABLE:
        raise Outside(f"a field of {table.form.value}")
    if words == ("Properties", "VariableNames"):
        return [f"{table.code}.columns = {value.code}"]
    if words[0] == "Properties":
        return []  # descriptions and units: of no matter for numbers
    if len(path) != 1:
        raise Outside("a field of a column")
    name = translate(scope, path[0])
    if value.form not in (Form.COLUMN, Form.LIST):
        raise Outside(f"a column of {value.form.value}")
    scope.kinds.pop(f"{base.name}.{words[0]}", None)
    return [f"({table.code})[{name.code}] = {value.code}"]


# parts


def _assign_part(scope: Scope, target: s.Call, value: Value) -> list[str]:
    if isinstance(target.target, s.Field):
        return _assign_cells(scope, target.target, target.arguments, value)
    if not isinstance(target.target, s.Name):
        raise Outside("a part of a part")
    name = target.target.name
    base = scope.find(name)
    if base is None or base.form is Form.EMPTY:
        return _begin(scope, name, target, value)
    if base.form is Form.TABLE:
        return _assign_in_table(scope, base, target, value)
    if base.form is Form.LIST:
        return _assign_in_list(scope, base, target.arguments, value)
    if not base.kind.is_array:
        raise Outside(f"a part of {base.form.value}")
    scope.versions[name] = scope.versions.get(name, 0) + 1
    if len(target.arguments) == 1:
        return _assign_in_vector(scope, base, target.arguments[0], value)
    if len(target.arguments) != 2:
        raise Outside("arrays of more than two dimensions")
    rows, columns = target.arguments
    if base.form is Form.COLUMN and columns in (s.Number("1"), s.Colon()):
        return _assign_in_vector(scope, base, rows, value)
    if base.form is Form.ROW and rows in (s.Number("1"), s.Colon()):
        return _assign_in_vector(scope, base, columns, value)
    if base.form is not Form.MATRIX:
        raise Outside("a vector that grows into a matrix")
    if columns == _END_AND_ONE:
        return [f"{base.code} = np.column_stack([{base.code}, {flat(value)}])"]
    if rows == _END_AND_ONE:
        return [f"{base.code} = below({base.code}, {flat(value)})"]
    first = place_of(scope, rows, f"{base.code}.shape[0]")
    second = place_of(scope, columns, f"{base.code}.shape[1]")
    several = {first.kind, second.kind} <= {"mask", "several"}
    where = f"np.ix_({first.code}, {second.code})" if several else f"{first.code}, {second.code}"
    given = flat(value)
    if value.form is Form.COLUMN and second.kind != "one":
        given = f"({given})[:, None]"
    return [f"{base.code}[{where}] = {given}"]


def _begin(scope: Scope, name: str, target: s.Call, value: Value) -> list[str]:
    """Return the statements that make an array by an assignment to a part of it."""
    own = python_name(name)
    exists = scope.kinds.get(name) is not None
    index = target.arguments[-1] if len(target.arguments) == 1 else None
    if target.braces or value.form is Form.TEXT:
        scope.know(name, Kind(Form.LIST, value.kind.element, other="grows"))
        if index == _END_AND_ONE:
            return [f"{own} = list({own}) + [{value.code}]" if exists else f"{own} = [{value.code}]"]
        raise Outside("a cell array that grows by number")
    if index is not None and value.form is Form.SCALAR:
        begin = own if exists else "np.array([])"
        scope.know(name, Kind(Form.ROW, other="grows"))
        if index == _END_AND_ONE:
            return [f"{own} = np.append({begin}, {value.code})"]
        place = place_of(scope, index, f"len({own})")
        if place.kind != "one":
            raise Outside("an array that begins with several places")
        return [f"{own} = with_place({begin}, {more_one(place.code)})", f"{own}[{place.code}] = {value.code}"]
    rows, columns = target.arguments if len(target.arguments) == 2 else (None, None)
    if columns == s.Colon() and rows in (_END_AND_ONE, s.Number("1")) and value.form is Form.ROW:
        scope.know(name, Kind(Form.MATRIX, other="grows"))
        return [f"{own} = below({own if exists else '[]'}, {value.code})"]
    if rows == s.Colon() and columns in (s.Number("1"), _END_AND_ONE) and value.form is Form.COLUMN:
        scope.know(name, Kind(Form.MATRIX, other="grows"))
        return [f"{own} = np.column_stack([{flat(value)}])"]
    raise Outside(f"{name}, which is made by an assignment to its parts")


def _assign_in_vector(scope: Scope, base: Value, index: s.Expression, value: Value) -> list[str]:
    if index == _END_AND_ONE:
        return [f"{base.code} = np.append({base.code}, {flat(value)})"]
    if base.form is Form.MATRIX:
        where = translate(scope, index)
        if where.form is not Form.MATRIX or where.kind.element is not Element.LOGICAL:
            raise Outside("a matrix with one index")
        return [f"{base.code}[{where.code}] = {value.code}"]
    place = place_of(scope, index, f"len({base.code})")
    if base.kind.series:
        return [f"{base.code} = ({base.code}).copy()", f"{base.code}.iloc[{place.code}] = {flat(value)}"]
    made = [f"{base.code}[{place.code}] = {flat(value)}"]
    if place.kind == "mask" and (value.kind.predicted or translate(scope, index).kind.predicted):
        _told_by_model(scope, base.code)
    if place.kind == "one" and base.kind.other == "grows":
        made.insert(0, f"{base.code} = with_place({base.code}, {more_one(place.code)})")
    return made


def _told_by_model(scope: Scope, name: str) -> None:
    """Note that an array holds predictions: ones where a probability is high enough."""
    for known, kind in scope.kinds.items():
        if python_name(known) == name:
            scope.kinds[known] = replace(kind, predicted=True)


def _assign_in_list(scope: Scope, base: Value, nodes: tuple[s.Expression, ...], value: Value) -> list[str]:
    if nodes[-1] == _END_AND_ONE:
        return [f"{base.code} = {base.code} + [{value.code}]"]
    place = place_of(scope, nodes[-1], f"len({base.code})")
    if place.kind != "one":
        raise Outside("several elements of a cell array at once")
    return [f"{base.code}[{place.code}] = {value.code}"]


def _assign_cells(scope: Scope, field: s.Field, nodes: tuple[s.Expression, ...], value: Value) -> list[str]:
    """Return ``t.x(rows) = value``."""
    if not isinstance(field.target, s.Name):
        return _assign_column_name(scope, field, nodes, value)
    table = scope.find(field.target.name)
    if table is None or table.form is not Form.TABLE:
        raise Outside("a part of a struct's field")
    name = translate(scope, field.name).code
    return _assign_rows_of_column(scope, table, name, nodes[0], value)


def _assign_column_name(scope: Scope, field: s.Field, nodes: tuple[s.Expression, ...], value: Value) -> list[str]:
    """Return ``t.Properties.VariableNames{3} = 'x'``."""
    inner = field.target
    named = isinstance(inner, s.Field) and isinstance(inner.target, s.Name) and inner.name == s.Text("Properties")
    if not named or field.name != s.Text("VariableNames") or not isinstance(inner, s.Field):
        raise Outside("a part of a field")
    table = translate(scope, inner.target)
    place = place_of(scope, nodes[0], f"{table.code}.shape[1]")
    if table.form is not Form.TABLE or place.kind != "one" or value.form is not Form.TEXT:
        raise Outside("a new name of a column by its number")
    return [f"{table.code} = {table.code}.rename(columns={{{table.code}.columns[{place.code}]: {value.code}}})"]


def _assign_rows_of_column(scope: Scope, table: Value, name: str, index: s.Expression, value: Value) -> list[str]:
    place = place_of(scope, index, f"len({table.code})")
    code = value.code
    if value.form is Form.LIST:
        code = f"({code})[0]"
    elif value.form not in (Form.SCALAR, Form.TEXT):
        code = flat(value)
        if place.kind == "mask":
            return [f"{table.code}.loc[{place.code}, {name}] = {code}"]
    column = f"({table.code})[{name}]"
    if place.kind == "mask" and re.sub(r"[()]", "", place.code) == re.sub(r"[()]", "", f"{column}.isna()"):
        return [f"{column} = {column}.fillna({code})"]
    if place.kind == "mask":
        return [f"{column} = {column}.mask({place.code}, {code})"]
    if place.kind in ("one", "several"):
        where = f"[{place.code}]" if place.kind == "one" else place.code
        return [f"{column} = {column}.mask(np.isin(np.arange(len({table.code})), {where}), {code})"]
    raise Outside("a slice of a column")


def _assign_in_table(scope: Scope, table: Value, target: s.Call, value: Value) -> list[str]:
    if len(target.arguments) != 2:
        raise Outside("a table with one index")
    rows, columns = target.arguments
    names = column_names(scope, columns)
    if names is None or not target.braces:
        raise Outside("a part of a table that is not told by names of columns in braces")
    if isinstance(rows, s.Colon):
        return [f"({table.code})[{names}] = {value.code}"]
    if not isinstance(columns, s.Text):
        raise Outside("rows of several columns at once")
    return _assign_rows_of_column(scope, table, names, rows, value)


# deletion


def _delete(scope: Scope, target: s.Expression) -> list[str]:
    match target:
        case s.Field(s.Name(table_name), name):
            table = scope.find(table_name)
            if table is not None and table.form is Form.TABLE:
                return [f"{table.code} = {table.code}.drop(columns={translate(scope, name).code})"]
        case s.Call(s.Name(name), arguments):
            base = scope.find(name)
            if base is not None:
                scope.versions[name] = scope.versions.get(name, 0) + 1
                return _delete_part(scope, base, arguments)
    raise Outside("deleting a part of what is no variable")


def _delete_part(scope: Scope, base: Value, nodes: tuple[s.Expression, ...]) -> list[str]:
    code = base.code
    if len(nodes) == 2 and isinstance(nodes[0], s.Colon) and base.form in (Form.TABLE, Form.MATRIX):
        names = column_names(scope, nodes[1]) if base.form is Form.TABLE else None
        if names is not None:
            return [f"{code} = {code}.drop(columns={names})"]
        place = place_of(scope, nodes[1], f"{code}.shape[1]")
        where = f"np.arange({code}.shape[1])[{place.code}]" if place.kind == "slice" else place.code
        if base.form is Form.TABLE:
            listed = f"[{where}]" if place.kind == "one" else where
            return [f"{code} = {code}.drop(columns={code}.columns[{listed}])"]
        return [f"{code} = np.delete({code}, {where}, axis=1)"]
    index = nodes[0]
    if len(nodes) == 2 and not isinstance(nodes[1], s.Colon):
        index = nodes[1] if isinstance(nodes[0], s.Colon) or nodes[0] == s.Number("1") else nodes[0]
    place = place_of(scope, index, f"len({code})")
    reset = ".reset_index(drop=True)" if base.form is Form.TABLE or base.kind.series else ""
    if place.kind == "mask":
        return [f"{code} = {code}[{opposite(translate(scope, index)).code}]{reset}"]
    where = f"np.arange(len({code}))[{place.code}]" if place.kind == "slice" else place.code
    if base.form is Form.TABLE:
        return [f"{code} = {code}.drop(index={'[' + where + ']' if place.kind == 'one' else where}){reset}"]
    if base.form is Form.LIST or not base.kind.is_array:
        raise Outside(f"deleting parts of {base.form.value}")
    axis = ", axis=0" if base.form is Form.MATRIX else ""
    return [f"{code} = np.delete({code}, {where}{axis}){reset}"]
