"""Expressions of MATLAB as expressions of Python."""

from __future__ import annotations

import re
from dataclasses import replace

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.arrays import ARRAY_FUNCTIONS
from journeyman.importers.prototypes.matlab.divisions import DIVISION_FUNCTIONS, part_of_division
from journeyman.importers.prototypes.matlab.indexing import part_of, table_column
from journeyman.importers.prototypes.matlab.models import MODEL_FUNCTIONS, ask_model
from journeyman.importers.prototypes.matlab.operators import above, beside, combine, negate, opposite, transpose
from journeyman.importers.prototypes.matlab.reading import READING_FUNCTIONS
from journeyman.importers.prototypes.matlab.reductions import REDUCTIONS
from journeyman.importers.prototypes.matlab.scope import Handler, Scope
from journeyman.importers.prototypes.matlab.scores import SCORE_FUNCTIONS, find_score
from journeyman.importers.prototypes.matlab.tables import TABLE_FUNCTIONS
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    ModelOutside,
    Outside,
    Value,
    fill,
    literal,
    number,
    scalar,
)

__all__ = ["FUNCTIONS", "field_path", "translate", "translate_call"]

FUNCTIONS: dict[str, Handler] = {
    **ARRAY_FUNCTIONS,
    **REDUCTIONS,
    **READING_FUNCTIONS,
    **TABLE_FUNCTIONS,
    **DIVISION_FUNCTIONS,
    **SCORE_FUNCTIONS,
    **MODEL_FUNCTIONS,
}
_MODEL_NAMES = re.compile(
    r"^(fit[a-z]*|train[A-Z]?\w*|stepwise\w*|lasso\w*|ridge|glmfit|mnrfit|svmtrain|classregtree|pls\w*|nlinfit|"
    r"patternnet|feedforwardnet|fitnet|newff|robustfit|treefit|classify|knnclassify|gmdistribution\w*|fmincg)$"
)
_MODEL_METHODS = {"predict", "loss", "resubLoss", "crossval"}


def translate(scope: Scope, node: s.Expression) -> Value:
    """Return an expression in Python, and what is known of its value.

    Raises
    ------
    Outside
        Where it is outside of the subset; the message says what it would need.
    """
    score = find_score(scope, node) if isinstance(node, s.Call | s.Binary) else None
    if score is not None:
        return score
    match node:
        case s.Number(text):
            plain = text.lstrip("0") or "0"
            if text.startswith("0x"):
                return scalar(str(int(text, 16)), whole=True)
            return scalar(plain if text.isdigit() else text, whole=text.isdigit())
        case s.Text(value):
            return literal(value)
        case s.Name(name):
            return _named(scope, name)
        case s.End():
            if not scope.ends:
                raise Outside("an end outside of an index")
            return scalar(scope.ends[-1], whole=True)
        case s.Unary(sign, value):
            inner = translate(scope, value)
            return opposite(inner) if sign == "~" else negate(inner) if sign == "-" else number(inner)
        case s.Transpose(value):
            return transpose(translate(scope, value))
        case s.Binary(sign, left, right):
            if sign == "=":
                raise Outside("a setting by name")
            return combine(sign, translate(scope, left), translate(scope, right))
        case s.Range():
            return _range(scope, node)
        case s.Matrix(rows):
            return _matrix(scope, rows)
        case s.CellArray(rows):
            return _cells(scope, rows)
        case s.Lambda() | s.Handle():
            return Value("", Kind(Form.FUNCTION, function=node, other=scope.kept(node)))
        case s.Field():
            return _field(scope, node)
        case s.Call():
            return translate_call(scope, node, 1)[0]
        case _:
            raise Outside("a colon outside of an index")


def translate_call(scope: Scope, node: s.Expression, wanted: int) -> list[Value]:
    """Return the results of a call, or a part of a value."""
    if isinstance(node, s.Name):
        node = s.Call(node, ())
    if not isinstance(node, s.Call):
        return [translate(scope, node)]
    target = node.target
    if isinstance(target, s.Name):
        variable = scope.find(target.name)
        if variable is None:
            if node.braces:
                raise Outside(f"{target.name}, of which nothing is known")
            return _called(scope, target.name, node.arguments, wanted)
        if variable.form is Form.FUNCTION:
            return [_applied(scope, variable, node.arguments, wanted)]
        return [part_of(scope, variable, node.arguments, node.braces) if node.arguments else variable]
    if isinstance(target, s.Field) and isinstance(target.name, s.Text):
        method = target.name.value
        if isinstance(target.target, s.Name):
            base = scope.find(target.target.name)
            if base is not None and base.form is Form.MODEL and method in _MODEL_METHODS:
                return FUNCTIONS[method](scope, (target.target, *node.arguments), wanted)
            if base is not None and base.form is Form.PARTITION:
                return [part_of_division(scope, base, method.lower(), node.arguments)]
    return [part_of(scope, translate(scope, target), node.arguments, node.braces)]


def _named(scope: Scope, name: str) -> Value:
    variable = scope.find(name)
    if variable is not None:
        return variable
    if name == "nargin":
        return scalar(str(scope.given), whole=True)
    return _called(scope, name, (), 1)[0]


def _called(scope: Scope, name: str, nodes: tuple[s.Expression, ...], wanted: int) -> list[Value]:
    if name in scope.functions:
        return scope.call(name, scope.values(nodes), wanted)
    handler = FUNCTIONS.get(name)
    if handler is None:
        if _MODEL_NAMES.match(name):
            raise ModelOutside(f"the model {name}")
        raise Outside(f"{name}, which is no variable and no function of the subset")
    try:
        found = handler(scope, nodes, wanted)
    except (IndexError, ValueError, AssertionError) as error:
        raise Outside(f"{name} with what it is given here") from error
    if len(found) < wanted:
        raise Outside(f"{name} with {wanted} results")
    return found


def _applied(scope: Scope, variable: Value, nodes: tuple[s.Expression, ...], wanted: int) -> Value:
    """Return an anonymous function with what it is given in place of its parameters."""
    function = variable.kind.function
    if isinstance(function, s.Handle):
        return _called(scope, function.name, nodes, wanted)[0]
    if not isinstance(function, s.Lambda) or len(function.parameters) != len(nodes):
        raise Outside("a function with as many values as it has parameters")
    if scope.kept(function) != variable.kind.other:
        raise Outside("a function that keeps a variable as it was, which has changed since")
    given = dict(zip(function.parameters, scope.values(nodes), strict=True))
    before = {name: scope.kinds.get(name) for name in given}
    names = dict[str, str]()
    for name, value in given.items():
        names[name] = scope.fresh(f"given_{name}")
        scope.kinds[name] = value.kind
    try:
        made = translate(scope, _renamed(function.body, names, scope, given))
    finally:
        for name, kind in before.items():
            if kind is None:
                scope.kinds.pop(name, None)
            else:
                scope.kinds[name] = kind
    return made


def _renamed(node: s.Expression, names: dict[str, str], scope: Scope, given: dict[str, Value]) -> s.Expression:
    """Return a body whose parameters have names of their own, which stand for what is given."""
    for name, value in given.items():
        plain = value.code.isidentifier() or value.code.replace(".", "").isalnum()
        if plain:
            scope.kinds[value.code] = value.kind
            names[name] = value.code
        else:
            scope.before.append(f"{names[name]} = {value.code}")
            scope.kinds[names[name]] = value.kind
    return _with_names(node, names)


def _with_names(node: s.Expression, names: dict[str, str]) -> s.Expression:
    match node:
        case s.Name(name):
            return s.Name(names.get(name, name))
        case s.Unary():
            return replace(node, value=_with_names(node.value, names))
        case s.Transpose():
            return s.Transpose(_with_names(node.value, names))
        case s.Binary():
            return s.Binary(node.sign, _with_names(node.left, names), _with_names(node.right, names))
        case s.Range():
            step = None if node.step is None else _with_names(node.step, names)
            return s.Range(_with_names(node.first, names), step, _with_names(node.last, names))
        case s.Call():
            arguments = tuple(_with_names(one, names) for one in node.arguments)
            return s.Call(_with_names(node.target, names), arguments, node.braces)
        case s.Field():
            return s.Field(_with_names(node.target, names), _with_names(node.name, names))
        case s.Matrix() | s.CellArray():
            rows = tuple(tuple(_with_names(one, names) for one in row) for row in node.rows)
            return s.Matrix(rows) if isinstance(node, s.Matrix) else s.CellArray(rows)
        case s.Lambda():
            inner = {name: new for name, new in names.items() if name not in node.parameters}
            return s.Lambda(node.parameters, _with_names(node.body, inner))
        case _:
            return node


def _range(scope: Scope, node: s.Range) -> Value:
    """Return a range as a row."""
    first, last = number(translate(scope, node.first)), number(translate(scope, node.last))
    step = None if node.step is None else number(translate(scope, node.step))
    if {first.form, last.form} != {Form.SCALAR} or (step is not None and step.form is not Form.SCALAR):
        raise Outside("a range of numbers")
    whole = first.kind.whole and last.kind.whole and (step is None or step.kind.whole)
    if step is None:
        begin = f"{first.code}.0" if first.code.isdigit() else f"float({first.code})"
        return Value(f"np.arange({begin}, ({last.code}) + 1)", Kind(Form.ROW, whole=whole))
    end = f"({last.code}) + ({step.code}) / 2"  # a last value that rounding has moved by little still belongs to it
    return Value(f"np.arange({first.code}, {end}, {step.code}, dtype=float)", Kind(Form.ROW, whole=whole))


def _matrix(scope: Scope, rows: tuple[tuple[s.Expression, ...], ...]) -> Value:
    elements = [one for row in rows for one in row]
    if elements and all(isinstance(one, s.Text) and one.double for one in elements):
        texts = [one.value for one in elements if isinstance(one, s.Text)]
        return Value(repr(texts), Kind(Form.LIST, Element.TEXT))
    found = [[translate(scope, one) for one in row] for row in rows]
    plain = all(value.form is Form.SCALAR for row in found for value in row)
    if plain and len(found) > 1 and len(found[0]) > 1:
        if len({len(row) for row in found}) > 1:
            raise Outside("rows of one length")
        made = [beside(row).code.removeprefix("np.array(").removesuffix(")") for row in found]
        return Value(f"np.array([{', '.join(made)}])", Kind(Form.MATRIX))
    return above([beside(row) for row in found])


def _cells(scope: Scope, rows: tuple[tuple[s.Expression, ...], ...]) -> Value:
    if len(rows) > 1 and max(len(row) for row in rows) > 1:
        raise Outside("cell arrays of two dimensions")
    values = [translate(scope, one) for row in rows for one in row]
    forms = {value.form for value in values}
    if forms - {Form.TEXT, Form.SCALAR, Form.ROW, Form.COLUMN, Form.MATRIX}:
        raise Outside("a cell array of such values")
    element = Element.TEXT if forms <= {Form.TEXT} else Element.NUMBER if forms == {Form.SCALAR} else Element.UNKNOWN
    return Value(f"[{', '.join(value.code for value in values)}]", Kind(Form.LIST, element))


def field_path(node: s.Field) -> tuple[s.Expression, list[s.Expression], tuple[str, ...]]:
    """Return what a field is of, the names on the way to it, and these as texts where they are written so."""
    base: s.Expression = node
    path = list[s.Expression]()
    while isinstance(base, s.Field):
        path.insert(0, base.name)
        base = base.target
    return base, path, tuple(one.value if isinstance(one, s.Text) else "" for one in path)


def _field(scope: Scope, node: s.Field) -> Value:
    """Return a column of a table, a field of a struct, or what a model tells of itself."""
    base, path, words = field_path(node)
    if isinstance(base, s.Name):
        kind = scope.kinds.get(".".join((base.name, *words)))
        if kind is not None:
            found = scope.find(".".join((base.name, *words)))
            assert found is not None
            return found
    value = translate(scope, base)
    if value.form is Form.TABLE:
        return _of_table(scope, value, path, words)
    if value.form is Form.MODEL:
        return ask_model(value, words)
    if value.form is Form.PARTITION and len(words) == 1:
        return part_of_division(scope, value, words[0].lower(), ())
    raise Outside(f"the field {'.'.join(words)} of {value.form.value}")


def _of_table(scope: Scope, table: Value, path: list[s.Expression], words: tuple[str, ...]) -> Value:
    if words == ("Properties", "VariableNames"):
        return Value(fill("list({}.columns)", table.code), Kind(Form.LIST, Element.TEXT))
    if words == ("Variables",):
        return Value(fill("{}.to_numpy(dtype=float)", table.code), Kind(Form.MATRIX))
    if len(path) != 1:
        raise Outside(f"the table's {'.'.join(words)}")
    name = translate(scope, path[0])
    if name.form is not Form.TEXT:
        raise Outside("the name of a column")
    return table_column(table, name.code)
