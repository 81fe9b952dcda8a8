"""Functions of tables and texts: reading, missing values, columns, categories, joins."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.indexing import column_names, part_of
from journeyman.importers.prototypes.matlab.operators import beside, combine
from journeyman.importers.prototypes.matlab.scope import Handler, Scope, settings_of
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    Outside,
    Value,
    as_int,
    fill,
    flat,
    scalar,
)

__all__ = ["TABLE_FUNCTIONS"]

_Nodes = tuple[s.Expression, ...]
_TABLE = Kind(Form.TABLE)
_NAMES = Kind(Form.LIST, Element.TEXT)
_LETTERS = {
    "lower": "{}.str.lower()",
    "upper": "{}.str.upper()",
    "strtrim": "{}.str.strip()",
    "strlength": "{}.str.len()",
}


def _table(scope: Scope, node: s.Expression) -> Value:
    value = scope.value(node)
    if value.form is not Form.TABLE:
        raise Outside(f"a table where {value.form.value} stands")
    return value


def _to_array(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    node = nodes[0]
    if isinstance(node, s.Call) and isinstance(node.target, s.Name) and node.target.name in scope.kinds:
        table = scope.value(node.target)
        if table.form is Form.TABLE:
            return [part_of(scope, table, node.arguments, braces=True)]
    return [Value(fill("{}.to_numpy(dtype=float)", _table(scope, node).code), Kind(Form.MATRIX))]


def _array_to_table(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    given, said = settings_of(nodes)
    value = scope.value(given[0])
    if value.form is not Form.MATRIX:
        raise Outside(f"a table of {value.form.value}")
    if "variablenames" in said:
        return [Value(f"pd.DataFrame({value.code}, columns={_list(scope, said['variablenames'])})", _TABLE)]
    names = fill("[f'Var{{k + 1}}' for k in range({}.shape[1])]", value.code)
    return [Value(f"pd.DataFrame({value.code}, columns={names})", _TABLE)]


def _list(scope: Scope, node: s.Expression) -> str:
    names = column_names(scope, node)
    if names is None:
        raise Outside("names of columns that can be read")
    return f"[{names}]" if isinstance(node, s.Text) else names


def _make_table(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a table of columns, which have the names of their variables."""
    del wanted
    given, said = settings_of(nodes)
    columns = scope.values(given)
    if any(value.form not in (Form.COLUMN, Form.LIST) for value in columns):
        raise Outside("a table of other than columns")
    if "variablenames" in said:
        return [Value(f"pd.DataFrame(dict(zip({_list(scope, said['variablenames'])}, [{_codes(columns)}])))", _TABLE)]
    names = [
        node.name if isinstance(node, s.Name) else _field_name(node) or f"Var{k + 1}" for k, node in enumerate(given)
    ]
    parts = ", ".join(f"{name!r}: {value.code}" for name, value in zip(names, columns, strict=True))
    return [Value(f"pd.DataFrame({{{parts}}})", _TABLE)]


def _field_name(node: s.Expression) -> str:
    return node.name.value if isinstance(node, s.Field) and isinstance(node.name, s.Text) else ""


def _codes(values: list[Value]) -> str:
    return ", ".join(value.code for value in values)


def _without(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    table, names = _table(scope, nodes[0]), column_names(scope, nodes[1])
    if names is None:
        raise Outside("columns by their names")
    return [Value(fill(f"{{}}.drop(columns={names})", table.code), _TABLE)]


def _with(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    given, said = settings_of(nodes)
    table, columns = _table(scope, given[0]), scope.values(given[1:])
    names = [_field_name(node) or getattr(node, "name", "") for node in given[1:]]
    if "newvariablenames" in said:
        told = said["newvariablenames"]
        nodes_told = told.rows[0] if isinstance(told, s.CellArray) else (told,)
        names = [node.value for node in nodes_told if isinstance(node, s.Text)]
    if len(names) != len(columns) or not all(names):
        raise Outside("names of the new columns")
    parts = ", ".join(f"{name!r}: {flat(value)}" for name, value in zip(names, columns, strict=True))
    return [Value(fill("{}.assign(**{{", table.code) + parts + "})", _TABLE)]


def _renamed(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    table = _table(scope, nodes[0])
    old, new = _list(scope, nodes[1]), _list(scope, nodes[2])
    return [Value(fill(f"{{}}.rename(columns=dict(zip({old}, {new})))", table.code), _TABLE)]


# missing values


def _without_missing(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    given, said = settings_of(nodes)
    value = scope.value(given[0])
    if value.form is Form.TABLE:
        names = f"subset={_list(scope, said['datavariables'])}" if "datavariables" in said else ""
        return [Value(fill(f"{{}}.dropna({names}).reset_index(drop=True)", value.code), _TABLE)]
    if value.kind.series:
        return [Value(fill("{}.dropna().reset_index(drop=True)", value.code), value.kind)]
    if value.form is Form.MATRIX:
        return [Value(fill("{0}[~np.isnan({0}).any(axis=1)]", value.code), value.kind)]
    return [Value(fill("{0}[~np.isnan({0})]", value.code), value.kind)]


def _fill_missing(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a column or a table with a constant, or the row before or behind, in place of what is missing."""
    del wanted
    value = scope.value(nodes[0])
    method = nodes[1].value if len(nodes) > 1 and isinstance(nodes[1], s.Text) else ""
    constant = scope.value(nodes[2]).code if method == "constant" and len(nodes) > 2 else ""
    rest = nodes[3:] if constant else nodes[2:]
    _, said = settings_of(rest)
    filled = {"constant": f"fillna({constant})", "previous": "ffill()", "next": "bfill()", "linear": "interpolate()"}
    if method not in filled or set(said) - {"datavariables"}:
        raise Outside(f"fillmissing by {method or 'a function'}")
    if value.form is Form.TABLE and "datavariables" in said:
        names = _list(scope, said["datavariables"])
        if constant:
            return [Value(fill(f"{{}}.fillna(dict.fromkeys({names}, {constant}))", value.code), _TABLE)]
        filled_columns = fill(f"{{}}[{names}].{filled[method]}", value.code)
        return [Value(fill(f"{{}}.assign(**{filled_columns})", value.code), _TABLE)]
    if value.form is Form.TABLE or value.kind.series:
        return [Value(fill(f"{{}}.{filled[method]}", value.code), value.kind)]
    if method == "constant" and value.kind.is_array:
        return [Value(f"np.where(np.isnan({value.code}), {constant}, {value.code})", value.kind)]
    raise Outside(f"fillmissing of {value.form.value}")


def _is_missing(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    if value.form is Form.TABLE:
        return [Value(fill("{}.isna().to_numpy()", value.code), Kind(Form.MATRIX, Element.LOGICAL))]
    if value.kind.series:
        return [Value(fill("{}.isna()", value.code), replace(value.kind, element=Element.LOGICAL))]
    if value.kind.is_array:
        return [Value(fill("pd.isna({})", value.code), replace(value.kind, element=Element.LOGICAL))]
    if value.form is Form.SCALAR:
        return [scalar(fill("bool(np.isnan({}))", value.code), element=Element.LOGICAL)]
    raise Outside(f"missing values of {value.form.value}")


def _is_infinite(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    return [Value(fill("np.isinf({})", value.code), replace(value.kind, element=Element.LOGICAL, whole=False))]


# texts and categories


def _categorical(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    column = _column(scope, nodes[0])
    code = column.code if column.kind.series else f"pd.Series({column.code})"
    if len(nodes) > 2:
        code = fill(f"{{}}.map(dict(zip({scope.value(nodes[1]).code}, {_list(scope, nodes[2])})))", code)
    return [Value(fill("{}.astype('category')", code), Kind(Form.COLUMN, Element.CATEGORY, series=True))]


def _column(scope: Scope, node: s.Expression) -> Value:
    value = scope.value(node)
    if value.form is Form.LIST:
        return Value(f"pd.Series({value.code})", Kind(Form.COLUMN, value.kind.element, series=True))
    if value.form is not Form.COLUMN:
        raise Outside(f"a column where {value.form.value} stands")
    return value


def _as_series(value: Value) -> str:
    return value.code if value.kind.series else f"pd.Series({value.code})"


def _categories(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    return [Value(fill("list({}.cat.categories)", _column(scope, nodes[0]).code), _NAMES)]


def _dummies(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    column = _as_series(_column(scope, nodes[0]))
    return [Value(f"pd.get_dummies({column}, dtype=float).to_numpy()", Kind(Form.MATRIX))]


def _group_numbers(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    column = _column(scope, nodes[0])
    if wanted > 1:
        raise Outside("grp2idx with the names of its groups")
    if column.kind.element is Element.CATEGORY:
        return [Value(fill("{}.cat.codes + 1", column.code), replace(column.kind, element=Element.NUMBER))]
    return [Value(f"group_numbers({_as_series(column)})", Kind(Form.COLUMN))]


def _same_text(folded: bool, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    one, other = scope.values(nodes[:2])
    if folded:
        one, other = (_letters(value, "lower") for value in (one, other))
    if Form.LIST in (one.form, other.form):
        one, other = (
            Value(f"pd.Series({v.code})", Kind(Form.COLUMN, Element.TEXT, series=True)) if v.form is Form.LIST else v
            for v in (one, other)
        )
    return [combine("==", one, other)]


def _letters(value: Value, name: str) -> Value:
    template = _LETTERS[name]
    if value.form is Form.TEXT:
        plain = {"strip": "strip", "lower": "lower", "upper": "upper"}
        method = template.split(".")[-1].removesuffix("()")
        if method == "len":
            return scalar(fill("len({})", value.code), whole=True)
        return Value(fill(f"{{}}.{plain[method]}()", value.code), value.kind)
    if value.form is Form.COLUMN:
        element = Element.NUMBER if name == "strlength" else Element.TEXT
        return Value(fill(template, _as_series(value)), Kind(Form.COLUMN, element, series=True))
    raise Outside(f"{name} of {value.form.value}")


def _lettered(name: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    return [_letters(scope.value(nodes[0]), name)]


def _holds(template: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    column, part = scope.values(nodes[:2])
    if column.form is Form.TEXT or part.form is not Form.TEXT:
        raise Outside("a part of a text in other than a column")
    kind = Kind(Form.COLUMN, Element.LOGICAL, series=True)
    return [Value(fill(template, _as_series(column), part.code), kind)]


def _replaced(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value, old, new = scope.values(nodes[:3])
    if value.form is Form.TEXT:
        return [Value(fill("{}.replace({}, {})", value.code, old.code, new.code), value.kind)]
    code = fill("{}.str.replace({}, {}, regex=False)", _as_series(value), old.code, new.code)
    return [Value(code, Kind(Form.COLUMN, Element.TEXT, series=True))]


def _is_member(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if wanted > 1:
        raise Outside("ismember with places")
    value, among = scope.values(nodes[:2])
    if value.form in (Form.TEXT, Form.SCALAR):
        return [scalar(fill("{} in {}", value.code, among.code), element=Element.LOGICAL)]
    if value.kind.series:
        return [Value(fill("{}.isin({})", value.code, among.code), replace(value.kind, element=Element.LOGICAL))]
    return [Value(f"np.isin({value.code}, {among.code})", replace(value.kind, element=Element.LOGICAL))]


def _to_number(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    if value.form is Form.TEXT:
        return [scalar(fill("float({})", value.code))]
    if value.form is Form.COLUMN and value.kind.predicted and not value.kind.series:
        return [Value(fill("{}.astype(float)", value.code), replace(value.kind, element=Element.NUMBER))]
    code = fill("pd.to_numeric({}, errors='coerce')", _as_series(value))
    return [Value(code, Kind(Form.COLUMN, series=True, predicted=value.kind.predicted))]


def _to_text(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    if value.form in (Form.TEXT, Form.LIST):
        return [value]
    if value.form is Form.SCALAR:
        return [Value(fill("format({}, '.5g')", value.code), Kind(Form.TEXT, Element.TEXT))]
    code = fill("{}.astype(str)", _as_series(_column(scope, nodes[0])))
    return [Value(code, Kind(Form.COLUMN, Element.TEXT, series=True))]


# rows in another order, and other tables


def _sorted_rows(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    table = scope.value(nodes[0])
    falls = len(nodes) > 2 and isinstance(nodes[2], s.Text) and nodes[2].value == "descend"
    if table.form is Form.MATRIX and len(nodes) == 2:
        column = as_int(scope.value(nodes[1]))
        code = fill(f"{{0}}[np.argsort({{0}}[:, {column} - 1], kind='stable')]", table.code)
        return [Value(code, table.kind)]
    if table.form is not Form.TABLE or len(nodes) < 2:
        raise Outside("sortrows of this kind")
    order = f"{_list(scope, nodes[1])}{', ascending=False' if falls else ''}, kind='stable'"
    return [Value(fill(f"{{}}.sort_values({order}).reset_index(drop=True)", table.code), _TABLE)]


def _joined(how: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    given, said = settings_of(nodes)
    one, other = _table(scope, given[0]), _table(scope, given[1])
    if set(said) != {"keys"}:
        raise Outside("a join by the names of its keys")
    code = fill(f"{{}}.merge({{}}, on={_list(scope, said['keys'])}, how='{how}')", one.code, other.code)
    return [Value(code, _TABLE)]


def _grouped(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a row for each group: groupsummary with one figure, by its name."""
    del wanted
    table, groups = _table(scope, nodes[0]), _list(scope, nodes[1])
    figures = {"mean": "mean", "median": "median", "sum": "sum", "std": "std", "min": "min", "max": "max", "var": "var"}
    figure = nodes[2].value if len(nodes) > 2 and isinstance(nodes[2], s.Text) else ""
    columns = [node.value for node in _texts(nodes[3])] if len(nodes) > 3 else []
    if figure not in figures or not columns:
        raise Outside("groupsummary with one figure and the names of its columns")
    parts = [f"'GroupCount': ({columns[0]!r}, 'size')"]
    parts += [f"'{figure}_{name}': ({name!r}, '{figures[figure]}')" for name in columns]
    made = fill(f"{{}}.groupby({groups}, as_index=False).agg(**{{{{{', '.join(parts)}}}}})", table.code)
    return [Value(made, _TABLE)]


def _texts(node: s.Expression) -> list[s.Text]:
    if isinstance(node, s.Text):
        return [node]
    rows = node.rows if isinstance(node, s.CellArray | s.Matrix) else ()
    return [one for row in rows for one in row if isinstance(one, s.Text)]


def _formatted(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return ``sprintf`` of numbers and texts."""
    del wanted
    pattern, *values = scope.values(nodes)
    if pattern.form is not Form.TEXT or any(value.form not in (Form.SCALAR, Form.TEXT) for value in values):
        raise Outside("sprintf of arrays")
    if not values:
        return [pattern]
    return [Value(f"{pattern.code} % ({''.join(f'({value.code}), ' for value in values)})", pattern.kind)]


def _strings(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    return [beside(scope.values(nodes))]


def _exists(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    name = nodes[0].value if isinstance(nodes[0], s.Text) else ""
    return [scalar(str(name in scope.kinds), element=Element.LOGICAL)]


def _is_empty_text(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return ``cellfun(@isempty, column)``; pandas reads an empty text as a missing value."""
    del wanted
    if nodes[0] not in (s.Handle("isempty"), s.Text("isempty")) or len(nodes) != 2:
        raise Outside("cellfun of this function")
    column = _column(scope, nodes[1])
    return [Value(fill("{}.isna()", _as_series(column)), replace(column.kind, element=Element.LOGICAL))]


TABLE_FUNCTIONS: dict[str, Handler] = {
    "table2array": _to_array,
    "array2table": _array_to_table,
    "table": _make_table,
    "removevars": _without,
    "addvars": _with,
    "renamevars": _renamed,
    "rmmissing": _without_missing,
    "fillmissing": _fill_missing,
    "ismissing": _is_missing,
    "isnan": _is_missing,
    "isinf": _is_infinite,
    **dict.fromkeys(("categorical", "nominal", "ordinal"), _categorical),
    "categories": _categories,
    "dummyvar": _dummies,
    "grp2idx": _group_numbers,
    "strcmp": partial(_same_text, False),
    "strcmpi": partial(_same_text, True),
    **{name: partial(_lettered, name) for name in _LETTERS},
    "contains": partial(_holds, "{}.str.contains({}, regex=False, na=False)"),
    "startsWith": partial(_holds, "{}.str.startswith({}, na=False)"),
    "endsWith": partial(_holds, "{}.str.endswith({}, na=False)"),
    "strrep": _replaced,
    "ismember": _is_member,
    "str2double": _to_number,
    **dict.fromkeys(("string", "cellstr", "char", "num2str"), _to_text),
    "strcat": _strings,
    "sprintf": _formatted,
    "sortrows": _sorted_rows,
    "innerjoin": partial(_joined, "inner"),
    "join": partial(_joined, "left"),
    "groupsummary": _grouped,
    "exist": _exists,
    "cellfun": _is_empty_text,
}
