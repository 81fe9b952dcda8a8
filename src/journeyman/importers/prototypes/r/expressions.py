"""Expressions of R in Python."""

from __future__ import annotations

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, whole_number
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.syntax import Node
from journeyman.importers.prototypes.r.values import Holds, Kind, OutsideSubsetError, Value

__all__ = ["as_text", "column_of", "scalar", "table", "translate"]

_ARITHMETIC = {"+": "+", "-": "-", "*": "*", "/": "/", "^": "**", "%%": "%", "%/%": "//", "%*%": "@"}
_COMPARISONS = {"==", "!=", "<", ">", "<=", ">="}
_DATA_NAMES = (
    "iris mtcars airquality ToothGrowth PlantGrowth swiss faithful women cars ChickWeight CO2 Boston Default Auto "
    "Carseats diamonds BostonHousing PimaIndiansDiabetes"
)
_DATA = frozenset(_DATA_NAMES.split())
"""Tables that come with R."""
_CONSTANTS = {
    "TRUE": ("True", Kind.SCALAR, Holds.LOGICAL),
    "FALSE": ("False", Kind.SCALAR, Holds.LOGICAL),
    "NA": ("np.nan", Kind.SCALAR, Holds.UNKNOWN),
    "NaN": ("np.nan", Kind.SCALAR, Holds.NUMBERS),
    "Inf": ("np.inf", Kind.SCALAR, Holds.NUMBERS),
    "NULL": ("None", Kind.NOTHING, Holds.UNKNOWN),
}


def translate(program: Program, node: Node) -> Value:
    """Return an expression in Python.

    Raises
    ------
    OutsideSubsetError
        It has no translation.
    """
    if isinstance(node, syntax.Number):
        return Value(node.text, Kind.SCALAR, Holds.NUMBERS)
    if isinstance(node, syntax.Text):
        return Value(repr(node.value), Kind.SCALAR, Holds.TEXTS, parts=(node.value,))
    if isinstance(node, syntax.Constant):
        return Value(*_CONSTANTS[node.name])
    if isinstance(node, syntax.Name):
        return _name(program, node)
    if isinstance(node, syntax.Unary):
        return _unary(program, node)
    if isinstance(node, syntax.Binary):
        return _binary(program, node)
    if isinstance(node, syntax.Call):
        return _call(program, node)
    if isinstance(node, syntax.Function):
        return _lambda(program, node)
    if isinstance(node, syntax.If) and node.otherwise is not None:
        parts = [translate(program, one) for one in (node.then, node.condition, node.otherwise)]
        return parts[0].with_code(f"({parts[0].code} if {parts[1].code} else {parts[2].code})")
    if isinstance(node, syntax.Block) and len(node.statements) == 1:
        return translate(program, node.statements[0])
    for kind in (syntax.Index, syntax.Member):
        if isinstance(node, kind):
            return program.operations["["](program, node)
    raise OutsideSubsetError("a statement where a value is wanted", node)


def table(program: Program, node: Node) -> Value:
    """Return an expression that has to be a table; its code is a name, so that it may be written several times."""
    value = translate(program, node)
    if value.kind not in (Kind.TABLE, Kind.UNKNOWN):
        raise OutsideSubsetError("a table where something else is given", node)
    if not value.code.isidentifier():
        if not program.may_state:
            raise OutsideSubsetError("a table of its own name", node)
        name = program.name_for(value.code)
        program.emit(f"{name} = {value.code}")
        value = value.with_code(name)
    return value


def scalar(program: Program, node: Node) -> str:
    """Return the code of an expression that is one value."""
    value = translate(program, node)
    if value.kind not in (Kind.SCALAR, Kind.UNKNOWN):
        raise OutsideSubsetError("one value where several are given", node)
    return value.code


def column_of(frame: Value, name: str) -> Value:
    """Return a column of a table.

    Raises
    ------
    OutsideSubsetError
        The table is known not to have it.
    """
    if frame.columns is not None and name not in frame.columns:
        raise OutsideSubsetError(f"the column {name}, which the table does not have here")
    holds = (frame.columns or {}).get(name, Holds.UNKNOWN)
    return Value(f"{frame.code}[{name!r}]", Kind.SERIES, holds, frame.code)


def as_text(value: Value) -> str:
    """Return the code of a value whose elements are texts, as R's ``as.character`` writes them."""
    if value.holds is Holds.TEXTS:
        return value.code
    return f"{value.code}.astype(str)" if value.kind in (Kind.SERIES, Kind.ARRAY) else f"str({value.code})"


def _name(program: Program, node: syntax.Name) -> Value:
    mask, known = program.mask, program.variables.get(node.name)
    if mask is not None and (node.name in (mask.columns or {}) or (known is None and mask.columns is None)):
        return column_of(mask, node.name)
    if known is not None:
        return known
    if program.attached is not None and node.name in (program.attached.columns or (node.name,)):
        return column_of(program.attached, node.name)
    beside = program.look(f"{node.name}.csv", {}) is not None
    if (node.name in _DATA or beside) and program.may_state and not program.depth:
        program.functions["data"](program, syntax.Call(node.line, node, (syntax.Argument(None, node),)))
        return program.variables[node.name]
    if node.name == "pi":
        return Value("np.pi", Kind.SCALAR, Holds.NUMBERS)
    raise OutsideSubsetError(f"{node.name}, which no line above gives", node)


def _unary(program: Program, node: syntax.Unary) -> Value:
    value = translate(program, node.operand) if node.operator in ("(", "-", "+", "!") else None
    if value is None:
        raise OutsideSubsetError("a formula where a value is wanted", node)
    if node.operator in ("(", "+"):
        return value
    if node.operator == "-":
        return value.with_code(f"(-{value.code})")
    if value.code.endswith(".isna()"):
        return value.with_code(f"{value.code.removesuffix('.isna()')}.notna()")
    sign = "not " if value.kind is Kind.SCALAR else "~"
    return Value(f"({sign}{value.code})", value.kind, Holds.LOGICAL, value.frame)


def _binary(program: Program, node: syntax.Binary) -> Value:
    sign = node.operator
    if sign == "~":
        raise OutsideSubsetError("a formula where a value is wanted", node)
    if sign in ("/", "-"):
        found = program.operations["accuracy of a table" if sign == "/" else "share explained"](program, node)
        if found.kind is not Kind.NOTHING:
            return found
    left, right = translate(program, node.left), translate(program, node.right)
    if Kind.PICTURE in (left.kind, right.kind):
        return Value("None", Kind.PICTURE)
    for one in (left, right):
        if one.kind in (Kind.MODEL, Kind.FUNCTION, Kind.NOTHING, Kind.CROSS_TABLE):
            raise OutsideSubsetError(f"{sign} of a {one.kind}", node)
    if sign == ":":
        return _range(node, left, right)
    if sign == "%in%":
        listed = right.code if right.kind in (Kind.LIST, Kind.SERIES, Kind.ARRAY) else f"[{right.code}]"
        if left.kind is Kind.SERIES:
            return Value(f"{left.code}.isin({listed})", Kind.SERIES, Holds.LOGICAL, left.frame)
        if left.kind is Kind.SCALAR:
            return Value(f"({left.code} in {listed})", Kind.SCALAR, Holds.LOGICAL)
        return Value(f"np.isin({left.code}, {listed})", Kind.ARRAY, Holds.LOGICAL, left.frame)
    if sign in ("&&", "||"):
        return Value(f"({left.code} {'and' if sign == '&&' else 'or'} {right.code})", Kind.SCALAR, Holds.LOGICAL)
    left, right = _by_position(left, right)
    kind, frame = _shape(left, right)
    predicted = left.predicted != right.predicted and Kind.SCALAR in (left.kind, right.kind)
    if sign in _COMPARISONS:
        if right.code in ("True", "False") and left.holds is Holds.LOGICAL and sign == "==":
            return left if right.code == "True" else left.with_code(f"(~{left.code})")
        return Value(f"({left.code} {sign} {right.code})", kind, Holds.LOGICAL, frame, predicted=predicted)
    if sign in ("&", "|"):
        word = {"&": "and", "|": "or"}[sign] if kind is Kind.SCALAR else sign
        return Value(f"({left.code} {word} {right.code})", kind, Holds.LOGICAL, frame)
    if sign in _ARITHMETIC:
        if Holds.TEXTS in (left.holds, right.holds):
            raise OutsideSubsetError(f"{sign} of texts", node)
        code = f"({left.code} {_ARITHMETIC[sign]} {right.code})"
        return Value(code, kind, Holds.NUMBERS, frame, predicted=predicted)
    raise OutsideSubsetError(f"the operator {sign}", node)


def _by_position(left: Value, right: Value) -> tuple[Value, Value]:
    """R matches elements by place, pandas by index: rows of different tables become arrays."""
    if left.kind is Kind.SERIES and right.kind is Kind.SERIES and left.frame != right.frame:
        return _array(left), _array(right)
    return _list_as_array(left), _list_as_array(right)


def _array(value: Value) -> Value:
    return Value(value.plain, Kind.ARRAY, value.holds, None, predicted=value.predicted)


def _list_as_array(value: Value) -> Value:
    return Value(f"np.array({value.code})", Kind.ARRAY, value.holds) if value.kind is Kind.LIST else value


def _shape(left: Value, right: Value) -> tuple[Kind, str | None]:
    for kind in (Kind.TABLE, Kind.SERIES, Kind.ARRAY, Kind.PROBABILITIES, Kind.UNKNOWN):
        for one in (left, right):
            if one.kind is kind:
                return (Kind.ARRAY if kind is Kind.PROBABILITIES else kind), one.frame
    return Kind.SCALAR, None


def _range(node: syntax.Binary, left: Value, right: Value) -> Value:
    first, last = whole_number(node.left), whole_number(node.right)
    if first is not None and last is not None:
        step = 1 if last >= first else -1
        code = f"np.arange({first}, {last + step}{', -1' if step < 0 else ''})"
    else:
        end = f"{last + 1}" if last is not None else f"{right.code} + 1"
        code = f"np.arange({left.code}, {end})"
    return Value(code, Kind.ARRAY, Holds.NUMBERS)


def _call(program: Program, node: syntax.Call) -> Value:
    name = called_name(node)
    if not name:
        raise OutsideSubsetError("a call of what is no name", node)
    own = program.variables.get(name)
    if own is not None and own.kind is Kind.FUNCTION:
        given = [
            (f"{program.name(one.name)}=" if one.name else "") + translate(program, one.value).code
            for one in node.arguments
            if one.value is not None
        ]
        return Value(f"{own.code}({', '.join(given)})")
    translation = program.functions.get(name)
    if translation is None:
        raise OutsideSubsetError(f"{name}()", node)
    return translation(program, node)


def _lambda(program: Program, node: syntax.Function) -> Value:
    names = [one.value.name for one in node.parameters if one.name is None and isinstance(one.value, syntax.Name)]
    if len(names) != len(node.parameters) or "..." in names:
        raise OutsideSubsetError("a function without a name whose arguments have defaults", node)
    before = dict(program.variables)
    try:
        for name in names:
            program.know(name, Value(program.name(name)))
        with program.without_statements():
            body = translate(program, node.body)
    finally:
        program.variables.clear()
        program.variables.update(before)
    return Value(f"(lambda {', '.join(program.name(name) for name in names)}: {body.code})", Kind.FUNCTION, body.holds)
