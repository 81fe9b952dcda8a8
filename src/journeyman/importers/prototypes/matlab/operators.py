"""Signs between values: element by element with expansion of vectors, and the products and divisions of matrices."""

from __future__ import annotations

from dataclasses import replace

from journeyman.importers.prototypes.matlab.values import (
    EMPTY,
    Element,
    Form,
    Kind,
    Outside,
    Value,
    fill,
    flat,
    number,
    scalar,
)

__all__ = ["above", "beside", "combine", "negate", "opposite", "transpose", "truth"]

_SCALAR, _COLUMN, _ROW, _MATRIX = Form.SCALAR, Form.COLUMN, Form.ROW, Form.MATRIX
_PLAIN = {"+": "+", "-": "-", ".*": "*", "*": "*", "./": "/", "/": "/", ".^": "**", "^": "**"}
_COMPARISONS = frozenset(("==", "~=", "<", "<=", ">", ">="))
_FORMS = (_SCALAR, _COLUMN, _ROW, _MATRIX)


def combine(sign: str, left: Value, right: Value) -> Value:
    """Return what a sign between two values gives.

    Raises
    ------
    Outside
        Where it is no matter of numbers.
    """
    if sign in ("&&", "||"):
        word = "and" if sign == "&&" else "or"
        return scalar(fill(f"{{}} {word} {{}}", truth(left), truth(right)), element=Element.LOGICAL)
    if sign in ("&", "|"):
        return _both(sign, left, right)
    if sign in _COMPARISONS:
        return _compared(sign, left, right)
    if sign == "+" and left.form is right.form is Form.TEXT:
        return Value(fill("{} + {}", left.code, right.code), left.kind)
    left, right = number(left), number(right)
    if sign == "\\":
        return _left_division(left, right)
    if sign == ".\\":
        return _each("/", right, left)
    if _SCALAR not in (left.form, right.form) or sign == "^":
        if sign == "*":
            return _product(left, right)
        if sign == "/":
            return _right_division(left, right)
        if sign == "^":
            return _power(left, right)
    return _each(_PLAIN[sign], left, right)


def _wanted(value: Value) -> Value:
    if value.form not in _FORMS:
        raise Outside(f"calculating with {value.form.value}")
    return value


def _each(sign: str, left: Value, right: Value, element: Element = Element.NUMBER) -> Value:
    """Return element by element; a column and a row become a matrix."""
    left, right = _wanted(left), _wanted(right)
    forms = {left.form, right.form}
    series = left.kind.series or right.kind.series
    form = left.form if right.form is _SCALAR else right.form
    one, other = left.code, right.code
    if _MATRIX in forms or forms == {_COLUMN, _ROW}:
        form, series = _MATRIX, False
        one, other = _as_rows(left), _as_rows(right)
    if sign == "**" and right.code.startswith("-") and right.code[1:].isdigit():
        other = f"{right.code}.0"  # NumPy raises whole numbers to no negative whole power
    kinds = (left.kind, right.kind)
    told = [kind for kind in kinds if kind.form is not _SCALAR] or list(kinds)
    whole = form is _SCALAR and all(kind.whole for kind in kinds) and sign in ("+", "-", "*")
    predicted = any(kind.predicted for kind in told) and len(told) == 1
    return Value(fill(f"{{}} {sign} {{}}", one, other), Kind(form, element, series, predicted, whole))


def _as_rows(value: Value) -> str:
    """Return a column as it must stand beside a matrix or a row."""
    return fill("{}[:, None]", flat(value)) if value.form is _COLUMN else value.code


def _compared(sign: str, left: Value, right: Value) -> Value:
    symbol = "!=" if sign == "~=" else sign
    texts = [value for value in (left, right) if value.form is Form.TEXT]
    if len(texts) == 2:
        return scalar(fill(f"{{}} {symbol} {{}}", left.code, right.code), element=Element.LOGICAL)
    if texts:
        values = left if right.form is Form.TEXT else right
        if not values.kind.is_array or sign not in ("==", "~="):
            raise Outside(f"comparing a text with {values.form.value}")
        kind = Kind(values.form, Element.LOGICAL, values.kind.series, values.kind.predicted)
        return Value(fill(f"{{}} {symbol} {{}}", left.code, right.code), kind)
    if Form.EMPTY in (left.form, right.form):
        return Value(EMPTY.code, replace(EMPTY.kind, element=Element.LOGICAL))
    return _each(symbol, left, right, Element.LOGICAL)


def _both(sign: str, left: Value, right: Value) -> Value:
    if left.form is right.form is _SCALAR:
        return combine("&&" if sign == "&" else "||", left, right)
    one, other = _logical(left), _logical(right)
    return _each(sign, one, other, Element.LOGICAL)


def _logical(value: Value) -> Value:
    if value.kind.element is Element.LOGICAL or not (value.kind.is_array or value.form is _SCALAR):
        return value
    kind = replace(value.kind, element=Element.LOGICAL, whole=False)
    return Value(fill("{} != 0", value.code), kind)


def truth(value: Value) -> str:
    """Return Python for whether a condition holds: of an array, whether all of it does."""
    if value.form is _SCALAR:
        return value.code if value.kind.element is Element.LOGICAL else fill("{} != 0", value.code)
    if value.kind.is_array:
        return fill("len({}) > 0 and bool(np.all({}))", value.code, value.code)
    if value.form is Form.EMPTY:
        return "False"
    raise Outside(f"a condition on {value.form.value}")


def opposite(value: Value) -> Value:
    """Return ``~x``; of the rows of one part of a division, those of the other."""
    if value.form is Form.ROWS:
        return Value(value.kind.other, replace(value.kind, other=value.code))
    if value.form is _SCALAR:
        return scalar(fill("not {}", truth(value)), element=Element.LOGICAL)
    if not value.kind.is_array:
        raise Outside(f"the opposite of {value.form.value}")
    return Value(fill("~{}", _logical(value).code), replace(_logical(value).kind, predicted=value.kind.predicted))


def negate(value: Value) -> Value:
    """Return ``-x``."""
    value = _wanted(number(value))
    return Value(fill("-{}", value.code), value.kind)


def transpose(value: Value) -> Value:
    """Return ``x'``; a vector of Python has no direction, so that only what is known of it changes."""
    if value.form in (_COLUMN, _ROW):
        return Value(flat(value), replace(value.kind, form=_ROW if value.form is _COLUMN else _COLUMN, series=False))
    if value.form is _MATRIX:
        return Value(fill("{}.T", value.code), value.kind)
    if value.form in (_SCALAR, Form.TEXT, Form.LIST, Form.EMPTY):
        return value
    raise Outside(f"transposing {value.form.value}")


def _product(left: Value, right: Value) -> Value:
    """Return a product of matrices; that of a matrix and a column is what a model made by hand predicts."""
    match left.form, right.form:
        case Form.ROW, Form.COLUMN:
            return scalar(fill("{} @ {}", flat(left), flat(right)))
        case Form.COLUMN, Form.ROW:
            return Value(fill("np.outer({}, {})", flat(left), flat(right)), Kind(_MATRIX))
        case Form.MATRIX, Form.COLUMN:
            return Value(fill("{} @ {}", left.code, flat(right)), Kind(_COLUMN, predicted=True))
        case Form.ROW, Form.MATRIX:
            return Value(fill("{} @ {}", flat(left), right.code), Kind(_ROW))
        case Form.MATRIX, Form.MATRIX:
            return Value(fill("{} @ {}", left.code, right.code), Kind(_MATRIX))
        case Form.MATRIX, Form.ROW:
            return Value(fill("{} @ {}[None, :]", left.code, flat(right)), Kind(_MATRIX))
    raise Outside(f"the product of {left.form.value} and {right.form.value}, whose sizes do not meet")


def _left_division(left: Value, right: Value) -> Value:
    """Return ``a \\ b``: least squares, as MATLAB solves it where ``a`` is not square."""
    if left.form is _SCALAR:
        return _each("/", right, left)
    if left.form is _COLUMN and right.form is _COLUMN:
        return scalar(fill("{0} @ {1} / ({0} @ {0})", flat(left), flat(right)))
    if left.form is _MATRIX and right.form in (_COLUMN, _MATRIX):
        return Value(fill("np.linalg.lstsq({}, {}, rcond=None)[0]", left.code, flat(right)), Kind(right.form))
    raise Outside(f"{left.form.value} \\ {right.form.value}")


def _right_division(left: Value, right: Value) -> Value:
    if right.form is _MATRIX and left.form in (_ROW, _MATRIX):
        solved = fill("np.linalg.lstsq({}.T, {}.T, rcond=None)[0].T", right.code, flat(left))
        return Value(solved, Kind(left.form))
    if left.form is right.form and left.form in (_ROW, _COLUMN):
        return scalar(fill("{0} @ {1} / ({1} @ {1})", flat(left), flat(right)))
    raise Outside(f"{left.form.value} / {right.form.value}")


def _power(left: Value, right: Value) -> Value:
    if left.form is right.form is _SCALAR:
        return _each("**", left, right)
    if left.form is _MATRIX and right.kind.whole:
        return Value(fill("np.linalg.matrix_power({}, {})", left.code, right.code), Kind(_MATRIX))
    raise Outside(f"{left.form.value} ^ {right.form.value}")


def beside(values: list[Value]) -> Value:
    """Return values side by side: ``[a b]``."""
    empty = [value for value in values if value.form is Form.EMPTY]
    values = [value for value in values if value.form is not Form.EMPTY]
    forms = {value.form for value in values}
    codes = ", ".join(flat(value) for value in values)
    if len(values) == 1 and empty and forms <= {_SCALAR, _ROW}:
        return Value(f"np.hstack([{empty[0].code}, {codes}])", Kind(_ROW))
    if len(values) <= 1:
        if forms == {_SCALAR} and values[0].kind.element is not Element.TEXT:
            return values[0]
        return values[0] if values else EMPTY
    if forms == {Form.TEXT}:
        return Value(" + ".join(f"({value.code})" for value in values), Kind(Form.TEXT, Element.TEXT))
    if forms == {Form.TABLE}:
        return Value(f"pd.concat([{codes}], axis=1)", Kind(Form.TABLE))
    if Form.LIST in forms and forms <= {Form.LIST, Form.TEXT}:
        parts = [value.code if value.form is Form.LIST else f"[{value.code}]" for value in values]
        return Value(" + ".join(f"({part})" for part in parts), Kind(Form.LIST, Element.TEXT))
    element = _common(values)
    if forms == {_SCALAR}:
        return Value(f"np.array([{', '.join(map(_floated, values))}])", Kind(_ROW, element))
    if forms <= {_SCALAR, _ROW}:
        return Value(f"np.hstack([{codes}])", Kind(_ROW, element))
    if forms <= {_COLUMN, _MATRIX}:
        return Value(f"np.column_stack([{codes}])", Kind(_MATRIX, element))
    raise Outside(f"side by side: {' and '.join(sorted(form.value for form in forms))}")


def above(rows: list[Value]) -> Value:
    """Return values one above the other: ``[a; b]``."""
    empty = [value for value in rows if value.form is Form.EMPTY]
    values = [value for value in rows if value.form is not Form.EMPTY]
    forms = {value.form for value in values}
    codes = ", ".join(flat(value) for value in values)
    if len(values) == 1 and empty and forms <= {_SCALAR, _COLUMN}:
        return Value(f"np.hstack([{empty[0].code}, {codes}])", Kind(_COLUMN))
    if len(values) == 1 and empty and forms <= {_ROW, _MATRIX}:
        return Value(f"below({empty[0].code}, {codes})", Kind(_MATRIX))
    if len(values) <= 1:
        return values[0] if values else (empty[0] if empty else EMPTY)
    element = _common(values)
    if forms == {Form.TABLE}:
        return Value(f"pd.concat([{codes}], ignore_index=True)", Kind(Form.TABLE))
    if forms == {Form.LIST}:
        return Value(" + ".join(f"({value.code})" for value in values), Kind(Form.LIST, element))
    if forms == {_SCALAR}:
        return Value(f"np.array([{', '.join(map(_floated, values))}])", Kind(_COLUMN, element))
    if forms <= {_SCALAR, _COLUMN}:
        return Value(f"np.hstack([{codes}])", Kind(_COLUMN, element))
    if forms <= {_ROW, _MATRIX}:
        if len(values) == 2:
            return Value(f"below({codes})", Kind(_MATRIX, element))
        return Value(f"np.vstack([{codes}])", Kind(_MATRIX, element))
    raise Outside(f"one above the other: {' and '.join(sorted(form.value for form in forms))}")


def _floated(value: Value) -> str:
    """Return a number as NumPy is to keep it: an array of whole numbers would cut off what is assigned to it."""
    return f"{value.code}.0" if value.code.lstrip("-").isdigit() else value.code


def _common(values: list[Value]) -> Element:
    elements = {value.kind.element for value in values}
    if len(elements) == 1:
        return elements.pop()
    return Element.NUMBER if elements <= {Element.NUMBER, Element.LOGICAL} else Element.UNKNOWN
