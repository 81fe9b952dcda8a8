"""Functions of numbers and arrays: element by element, arrays of zeros, sizes, sorting, and the algebra of matrices."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.operators import combine
from journeyman.importers.prototypes.matlab.scope import Handler, Scope
from journeyman.importers.prototypes.matlab.values import (
    Element,
    Form,
    Kind,
    Outside,
    Value,
    as_int,
    fill,
    flat,
    number,
    scalar,
)

__all__ = ["ARRAY_FUNCTIONS"]

_Nodes = tuple[s.Expression, ...]
_EACH = {
    "log": "np.log({})",
    "log2": "np.log2({})",
    "log10": "np.log10({})",
    "log1p": "np.log1p({})",
    "exp": "np.exp({})",
    "expm1": "np.expm1({})",
    "sqrt": "np.sqrt({})",
    "abs": "np.abs({})",
    "sign": "np.sign({})",
    "sin": "np.sin({})",
    "cos": "np.cos({})",
    "tan": "np.tan({})",
    "tanh": "np.tanh({})",
    "atan": "np.arctan({})",
    "double": "{}",
    "single": "{}",
    "real": "{}",
    "full": "{}",
}
_WHOLE = {"floor": "floor", "ceil": "ceil", "fix": "trunc"}
_BOUNDS = {
    "int8": (-128, 127),
    "int16": (-32768, 32767),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 255),
    "uint16": (0, 65535),
    "uint32": (0, 2**32 - 1),
}
_CONSTANTS = {"pi": "math.pi", "e": "math.e", "eps": "2.0**-52", "Inf": "np.inf", "inf": "np.inf", "NaN": "np.nan"}
_CONSTANTS |= {"nan": "np.nan", "NA": "np.nan", "realmin": "2.0**-1022"}


def _each(template: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    if value.kind.element is Element.CATEGORY and template == "{}":
        code = fill("{}.cat.codes + 1", value.code)
        return [Value(code, replace(value.kind, element=Element.NUMBER))]
    value = number(replace(value, kind=replace(value.kind, element=_plain(value.kind.element))))
    if value.form not in (Form.SCALAR, Form.COLUMN, Form.ROW, Form.MATRIX):
        raise Outside(f"this function of {value.form.value}")
    kept = template == "{}" or template.startswith("np.abs")
    return [Value(fill(template, value.code), replace(value.kind, whole=value.kind.whole and kept))]


def _plain(element: Element) -> Element:
    return Element.NUMBER if element in (Element.INTEGER, Element.UNKNOWN) else element


def _to_whole(name: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = number(scope.value(nodes[0]))
    if value.form is Form.SCALAR:
        return [value if value.kind.whole else scalar(fill(f"math.{_WHOLE[name]}({{}})", value.code), whole=True)]
    return [Value(fill(f"np.{_WHOLE[name]}({{}})", value.code), replace(value.kind, whole=True))]


def _round(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = number(scope.value(nodes[0]))
    digits = f", {scope.value(nodes[1]).code}" if len(nodes) > 1 else ""
    rounded = fill(f"round_half_away({{}}{digits})", flat(value))
    if value.form is Form.SCALAR:
        return [scalar(f"float({rounded})") if digits else scalar(f"int({rounded})", whole=True)]
    return [Value(rounded, replace(value.kind, series=False, whole=not digits))]


def _to_integer(name: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    if value.kind.element is Element.INTEGER:
        value = replace(value, kind=replace(value.kind, element=Element.NUMBER))
    value = number(value)
    low, high = _BOUNDS[name]
    kind = replace(value.kind, element=Element.INTEGER, series=False, whole=False)
    return [Value(fill(f"saturated({{}}, {low}, {high})", flat(value)), kind)]


def _logical(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    return [value if value.kind.element is Element.LOGICAL else combine("~=", value, scalar("0", whole=True))]


def _pair(template: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return a function of two values as a sign between them is expanded."""
    del wanted
    shaped = combine("+", scope.value(nodes[0]), scope.value(nodes[1]))
    one, other = number(scope.value(nodes[0])), number(scope.value(nodes[1]))
    if Form.SCALAR not in (one.form, other.form) and one.form is not other.form:
        raise Outside("this function of two arrays of different forms")
    return [Value(fill(template, one.code, other.code), shaped.kind)]


def _signed(sign: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return what stands for a sign: ``plus(a, b)``."""
    del wanted
    return [combine(sign, scope.value(nodes[0]), scope.value(nodes[1]))]


def _expanded(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return ``bsxfun(@minus, a, b)``."""
    signs = {"plus": "+", "minus": "-", "times": ".*", "rdivide": "./", "power": ".^", "eq": "==", "gt": ">", "lt": "<"}
    if len(nodes) != 3 or not isinstance(nodes[0], s.Handle) or nodes[0].name not in signs:
        raise Outside("bsxfun of a sign")
    return _signed(signs[nodes[0].name], scope, nodes[1:], wanted)


def _constant(code: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if not nodes:
        return [scalar(code)]
    return _filled("np.full({shape}, " + code + ")", scope, nodes, wanted)


def _truth(code: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if not nodes:
        return [scalar(code, element=Element.LOGICAL)]
    (value,) = _filled("np.full({shape}, " + code + ")", scope, nodes, wanted)
    return [replace(value, kind=replace(value.kind, element=Element.LOGICAL))]


def _filled(template: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return an array of a shape: ``zeros(m, 1)``, ``ones(3)``, ``zeros(size(X))``."""
    del wanted
    nodes = tuple(node for node in nodes if not isinstance(node, s.Text))
    if len(nodes) == 1 and isinstance(nodes[0], s.Call) and nodes[0].target == s.Name("size"):
        like = scope.value(nodes[0].arguments[0]) if len(nodes[0].arguments) == 1 else None
        if like is not None:
            if like.form is Form.SCALAR:
                return [scalar(template.format(shape="()"))]
            return [Value(template.format(shape=f"np.shape({like.code})"), Kind(like.form))]
    sizes = [as_int(scope.value(node)) for node in nodes] or ["1"]
    if len(sizes) == 1:
        sizes *= 2
    if len(sizes) > 2:
        raise Outside("arrays of more than two dimensions")
    rows, columns = sizes
    if rows == columns == "1":
        return [scalar("float(" + template.format(shape="()") + ")")]
    if columns == "1":
        return [Value(template.format(shape=rows), Kind(Form.COLUMN))]
    if rows == "1":
        return [Value(template.format(shape=columns), Kind(Form.ROW))]
    if rows == "0" or columns == "0":
        return [Value("np.array([])", Kind(Form.EMPTY))]
    return [Value(template.format(shape=f"({rows}, {columns})"), Kind(Form.MATRIX))]


def _eye(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    sizes = [as_int(scope.value(node)) for node in nodes]
    return [Value(f"np.eye({', '.join(sizes)})", Kind(Form.MATRIX))]


def _linspace(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    first, last = (number(scope.value(node)).code for node in nodes[:2])
    count = as_int(scope.value(nodes[2])) if len(nodes) > 2 else "100"
    return [Value(f"np.linspace({first}, {last}, {count})", Kind(Form.ROW))]


def _repmat(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    rows = as_int(scope.value(nodes[1]))
    columns = as_int(scope.value(nodes[2])) if len(nodes) > 2 else rows
    match value.form:
        case Form.SCALAR:
            return _filled("np.full({shape}, " + value.code + ")", scope, nodes[1:], 1)
        case Form.COLUMN if columns == "1":
            return [Value(f"np.tile({value.code}, {rows})", replace(value.kind, series=False))]
        case Form.ROW if rows == "1":
            return [Value(f"np.tile({value.code}, {columns})", value.kind)]
        case Form.COLUMN:
            tiled = fill(f"np.tile({{}}[:, None], ({rows}, {columns}))", flat(value))
            return [Value(tiled, replace(value.kind, form=Form.MATRIX, series=False))]
        case Form.ROW | Form.MATRIX:
            return [Value(f"np.tile({value.code}, ({rows}, {columns}))", replace(value.kind, form=Form.MATRIX))]
    raise Outside(f"repmat of {value.form.value}")


# sizes


def shape_of(value: Value) -> tuple[str, str]:
    """Return Python for the number of rows and of columns."""
    match value.form:
        case Form.SCALAR | Form.TEXT:
            return "1", "1" if value.form is Form.SCALAR else fill("len({})", value.code)
        case Form.COLUMN | Form.ROWS | Form.LIST:
            return fill("len({})", value.code), "1"
        case Form.ROW:
            return "1", fill("len({})", value.code)
        case Form.MATRIX:
            return fill("{}.shape[0]", value.code), fill("{}.shape[1]", value.code)
        case Form.TABLE:
            return fill("len({})", value.code), fill("{}.shape[1]", value.code)
        case Form.EMPTY:
            return "0", "0"
    raise Outside(f"the size of {value.form.value}")


def _size(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    rows, columns = shape_of(scope.value(nodes[0]))
    if len(nodes) > 1:
        if nodes[1] not in (s.Number("1"), s.Number("2")):
            raise Outside("a dimension that is 1 or 2")
        return [scalar(rows if nodes[1] == s.Number("1") else columns, whole=True)]
    if wanted > 1:
        return [scalar(rows, whole=True), scalar(columns, whole=True)]
    return [Value(f"np.array([{rows}, {columns}])", Kind(Form.ROW, whole=True))]


def _count(longest: bool, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    rows, columns = shape_of(value)
    if value.form is Form.MATRIX:
        return [scalar(fill("max({}.shape)" if longest else "{}.size", value.code), whole=True)]
    if value.form is Form.TABLE:
        return [scalar(f"max({rows}, {columns})" if longest else f"{rows} * {columns}", whole=True)]
    return [scalar(columns if rows == "1" else rows, whole=True)]


def _side(at: int, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    return [scalar(shape_of(scope.value(nodes[0]))[at], whole=True)]


def _is_empty(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = scope.value(nodes[0])
    template = "len({}) == 0" if value.form in (Form.TEXT, Form.LIST, Form.TABLE) else "np.size({}) == 0"
    return [scalar(fill(template, value.code), element=Element.LOGICAL)]


def _is_equal(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    one, other = scope.values(nodes[:2])
    return [scalar(f"np.array_equal({one.code}, {other.code})", element=Element.LOGICAL)]


# order


def _sort(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    value = number(scope.value(nodes[0]))
    falls = any(isinstance(node, s.Text) and node.value.lower() == "descend" for node in nodes)
    if value.form not in (Form.COLUMN, Form.ROW):
        raise Outside(f"sorting {value.form.value}")
    code = flat(value)
    kind = replace(value.kind, series=False)
    order = fill("np.argsort(-{}, kind='stable')" if falls else "np.argsort({}, kind='stable')", code)
    found = [Value(fill("-np.sort(-{})" if falls else "np.sort({})", code), kind)]
    if wanted > 1:
        found.append(Value(f"{order} + 1", replace(kind, whole=True, predicted=False)))
    return found


def _unique(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if wanted > 1:
        raise Outside("unique with row numbers")
    value = scope.value(nodes[0])
    if value.form is Form.LIST:
        return [Value(f"sorted(set({value.code}))", value.kind)]
    if value.kind.element in (Element.TEXT, Element.CATEGORY):
        return [Value(fill("sorted({}.dropna().unique())", value.code), Kind(Form.LIST, Element.TEXT))]
    if value.form not in (Form.COLUMN, Form.ROW):
        raise Outside(f"unique of {value.form.value}")
    code = (
        fill("{}.dropna()", value.code) if value.kind.element is Element.UNKNOWN and value.kind.series else value.code
    )
    return [Value(f"np.unique({code})", replace(value.kind, series=False))]


def _find(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if wanted > 1 or len(nodes) > 2:
        raise Outside("find with several results")
    value = scope.value(nodes[0])
    if not value.kind.is_array:
        raise Outside(f"find in {value.form.value}")
    code, form = flat(value), value.form
    if form is Form.MATRIX:
        code, form = fill("{}.ravel(order='F')", code), Form.COLUMN
    found = fill("np.flatnonzero({}) + 1", code)
    if len(nodes) == 2:
        found = f"({found})[:{as_int(scope.value(nodes[1]))}]"
        if nodes[1] == s.Number("1"):
            return [scalar(fill("int({}[0])", found), whole=True)]
    return [Value(found, Kind(form, whole=True))]


# algebra


def _algebra(template: str, form: Form, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = number(scope.value(nodes[0]))
    if value.form is not Form.MATRIX:
        raise Outside(f"this function of {value.form.value}")
    return [Value(fill(template, value.code), Kind(form))]


def _diagonal(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = number(scope.value(nodes[0]))
    form = Form.COLUMN if value.form is Form.MATRIX else Form.MATRIX
    return [Value(fill("np.diag({})", flat(value)), Kind(form))]


def _dot(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    one, other = (number(scope.value(node)) for node in nodes[:2])
    if {one.form, other.form} - {Form.COLUMN, Form.ROW}:
        raise Outside("dot of matrices")
    return [scalar(f"({flat(one)}) @ ({flat(other)})")]


def _polyfit(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    if wanted > 1:
        raise Outside("polyfit with several results")
    x, y = (flat(number(scope.value(node))) for node in nodes[:2])
    return [Value(f"np.polyfit({x}, {y}, {as_int(scope.value(nodes[2]))})", Kind(Form.ROW))]


def _polyval(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    factors, at = number(scope.value(nodes[0])), number(scope.value(nodes[1]))
    return [Value(f"np.polyval({flat(factors)}, {flat(at)})", replace(at.kind, series=False, predicted=True))]


def _reshape(scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    del wanted
    value = number(scope.value(nodes[0]))
    if len(nodes) != 3 or any(isinstance(node, s.Matrix) and node.rows for node in nodes[1:]):
        raise Outside("reshape to other than two dimensions")
    rows, columns = ("-1" if isinstance(node, s.Matrix) else as_int(scope.value(node)) for node in nodes[1:])
    if columns == "1":
        return [Value(fill("{}.ravel(order='F')", flat(value)), Kind(Form.COLUMN))]
    if rows == "1":
        return [Value(fill("{}.ravel(order='F')", flat(value)), Kind(Form.ROW))]
    return [Value(fill(f"{{}}.reshape(({rows}, {columns}), order='F')", flat(value)), Kind(Form.MATRIX))]


def _catenated(scope: Scope, nodes: _Nodes, wanted: int, *, above: bool) -> list[Value]:
    del wanted
    rows = tuple((node,) for node in nodes) if above else (nodes,)
    return [scope.value(s.Matrix(rows))]


def _scaled(name: str, scope: Scope, nodes: _Nodes, wanted: int) -> list[Value]:
    """Return values less their mean, in units of their standard deviation; ``normalize`` leaves out what is missing."""
    words = [node.value for node in nodes[1:] if isinstance(node, s.Text)] or ["zscore"]
    if (len(nodes) > 1 and len(words) != len(nodes) - 1) or words not in (["zscore"], ["range"]):
        raise Outside(f"{name} of this kind")
    value = number(scope.value(nodes[0]))
    if not value.kind.is_array:
        raise Outside(f"{name} of {value.form.value}")
    code, skips = value.code, name == "normalize"
    if value.kind.series:
        keep = "" if skips else "skipna=False"
        centre, spread = f"({code}).mean({keep})", f"({code}).std({keep})"
        low, high = f"({code}).min()", f"({code}).max()"
    else:
        axis = ", axis=0" if value.form is Form.MATRIX else ""
        nan = "nan" if skips else ""
        centre, spread = f"np.{nan}mean({code}{axis})", f"np.{nan}std({code}{axis}, ddof=1)"
        low, high = f"np.nanmin({code}{axis})", f"np.nanmax({code}{axis})"
    if words == ["range"]:
        return [Value(f"(({code}) - {low}) / ({high} - {low})", value.kind)]
    figure = Kind(Form.ROW if value.form is Form.MATRIX else Form.SCALAR)
    scaled = Value(f"(({code}) - {centre}) / {spread}", value.kind)
    return [scaled, Value(centre, figure), Value(spread, figure)][: max(1, wanted)]


ARRAY_FUNCTIONS: dict[str, Handler] = {
    **{name: partial(_each, template) for name, template in _EACH.items()},
    **{name: partial(_to_whole, name) for name in _WHOLE},
    **{name: partial(_to_integer, name) for name in _BOUNDS},
    **{name: partial(_constant, code) for name, code in _CONSTANTS.items()},
    "true": partial(_truth, "True"),
    "false": partial(_truth, "False"),
    "logical": _logical,
    "round": _round,
    "mod": partial(_pair, "np.mod({}, {})"),
    "rem": partial(_pair, "np.fmod({}, {})"),
    "hypot": partial(_pair, "np.hypot({}, {})"),
    "atan2": partial(_pair, "np.arctan2({}, {})"),
    "xor": partial(_signed, "~="),
    "plus": partial(_signed, "+"),
    "minus": partial(_signed, "-"),
    "times": partial(_signed, ".*"),
    "rdivide": partial(_signed, "./"),
    "power": partial(_signed, ".^"),
    "mtimes": partial(_signed, "*"),
    "mldivide": partial(_signed, "\\"),
    "and": partial(_signed, "&"),
    "or": partial(_signed, "|"),
    "eq": partial(_signed, "=="),
    "bsxfun": _expanded,
    "zeros": partial(_filled, "np.zeros({shape})"),
    "ones": partial(_filled, "np.ones({shape})"),
    "eye": _eye,
    "linspace": _linspace,
    "repmat": _repmat,
    "size": _size,
    "numel": partial(_count, False),
    "length": partial(_count, True),
    "height": partial(_side, 0),
    "rows": partial(_side, 0),
    "width": partial(_side, 1),
    "columns": partial(_side, 1),
    "isempty": _is_empty,
    "isequal": _is_equal,
    "sort": _sort,
    "unique": _unique,
    "find": _find,
    "inv": partial(_algebra, "np.linalg.inv({})", Form.MATRIX),
    "pinv": partial(_algebra, "np.linalg.pinv({})", Form.MATRIX),
    "det": partial(_algebra, "np.linalg.det({})", Form.SCALAR),
    "trace": partial(_algebra, "np.trace({})", Form.SCALAR),
    "rank": partial(_algebra, "np.linalg.matrix_rank({})", Form.SCALAR),
    "diag": _diagonal,
    "dot": _dot,
    "polyfit": _polyfit,
    "polyval": _polyval,
    "reshape": _reshape,
    "horzcat": partial(_catenated, above=False),
    "vertcat": partial(_catenated, above=True),
    "zscore": partial(_scaled, "zscore"),
    "normalize": partial(_scaled, "normalize"),
}
