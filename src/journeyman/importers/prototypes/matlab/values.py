"""What is known of a value while a script is translated: its form, its elements, and the Python that stands for it.

Vectors are arrays of one dimension, whose direction is known here alone; matrices have two. Columns of tables are
Series of pandas, numbered from 0.
"""

from __future__ import annotations

import ast
import io
import math
import tokenize
from dataclasses import dataclass, replace
from enum import StrEnum

from journeyman.importers.prototypes.matlab import syntax as s

__all__ = [
    "EMPTY",
    "Element",
    "Form",
    "Kind",
    "ModelFacts",
    "ModelOutside",
    "Outside",
    "Value",
    "as_int",
    "fill",
    "flat",
    "join_kinds",
    "less_one",
    "literal",
    "more_one",
    "number",
    "scalar",
    "tidy",
]


class Outside(Exception):
    """A line outside of the subset; the message says what it would need."""


class ModelOutside(Outside):
    """A line that fits a model outside of the subset."""


class Form(StrEnum):
    """Forms of values."""

    SCALAR = "a number"
    COLUMN = "a column"
    ROW = "a row"
    MATRIX = "a matrix"
    TABLE = "a table"
    TEXT = "a text"
    LIST = "a cell array"
    EMPTY = "an empty array"
    MODEL = "a model"
    PARTITION = "a division of rows"
    ROWS = "row numbers of a division"
    FUNCTION = "a function"
    SETTINGS = "settings"
    LOST = "a value that was left out"
    MIXED = "a value whose form depends on the run"


class Element(StrEnum):
    """What an array holds."""

    NUMBER = "numbers"
    LOGICAL = "logical values"
    TEXT = "texts"
    CATEGORY = "categories"
    INTEGER = "integers of few bits"
    UNKNOWN = "numbers or texts"


@dataclass(frozen=True)
class ModelFacts:
    """What later lines need of a fitted model.

    Attributes
    ----------
    classes : bool
        Whether it tells classes.
    given, target : str
        Python of what it was fitted on.
    columns : str or None
        Python of the list of a table's columns that predictions need; "" of a matrix, and None where all but the
        target's are needed.
    products : tuple of tuple of str
        Terms of a formula that are products of columns.
    probability : bool
        Whether its predictions are probabilities of the second class.
    plain : bool
        Whether it is a scikit-learn model itself, and no pipeline that begins with a coding of texts.
    """

    classes: bool
    given: str
    target: str
    columns: str | None = ""
    products: tuple[tuple[str, ...], ...] = ()
    probability: bool = False
    plain: bool = True
    decides: bool = False


@dataclass(frozen=True)
class Kind:
    """Form, elements, and what else is known.

    Attributes
    ----------
    series : bool
        Whether a column is one of pandas.
    predicted : bool
        Whether it comes of a model's predictions.
    whole : bool
        Whether a number is an int of Python, or an array's numbers are whole.
    model : ModelFacts or None
    other : str
        Python of the rows that a division left to the other part; of a partition "folds" or "parts".
    function : Lambda, Handle, Call or None
        Of a function; of settings the call that made them.
    """

    form: Form
    element: Element = Element.NUMBER
    series: bool = False
    predicted: bool = False
    whole: bool = False
    model: ModelFacts | None = None
    other: str = ""
    function: s.Lambda | s.Handle | s.Call | None = None

    @property
    def is_array(self) -> bool:
        """Whether it has numbers, texts or truth values in places."""
        return self.form in (Form.COLUMN, Form.ROW, Form.MATRIX)


@dataclass(frozen=True)
class Value:
    """Python that gives a value, its kind, and the text where it is one as written."""

    code: str
    kind: Kind
    text: str | None = None

    @property
    def form(self) -> Form:
        """Of its kind."""
        return self.kind.form

    def with_code(self, code: str) -> Value:
        """Return a value of the same kind."""
        return Value(code, self.kind)


EMPTY = Value("np.array([])", Kind(Form.EMPTY))


def scalar(code: str, whole: bool = False, element: Element = Element.NUMBER) -> Value:
    """Return a number."""
    return Value(code, Kind(Form.SCALAR, element, whole=whole))


def literal(text: str) -> Value:
    """Return a text as it is written."""
    return Value(repr(text), Kind(Form.TEXT, Element.TEXT), text)


def fill(template: str, *codes: str) -> str:
    """Return a template with Python in its places, each in brackets; :func:`tidy` takes off those that are idle."""
    return template.format(*(f"({code})" for code in codes))


def tidy(code: str) -> str:
    """Return a statement of Python in its usual form, texts in double quotes.

    Examples
    --------
    >>> tidy("x = (a) + ('b')")
    'x = a + "b"'
    """
    plain = ast.unparse(ast.parse(code))
    found, lines = list[tuple[tuple[int, int], str]](), plain.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(plain).readline):
        if token.type == tokenize.STRING and token.string.startswith("'") and '"' not in token.string:
            found.append((token.start, f'"{token.string[1:-1]}"'))
    for (line, column), text in found:
        row = lines[line - 1]
        lines[line - 1] = row[:column] + text + row[column + len(text) :]
    return "".join(lines)


def flat(value: Value) -> str:
    """Return Python for an array of NumPy."""
    if value.kind.series:
        return fill("{}.to_numpy()", value.code)
    return value.code


def number(value: Value) -> Value:
    """Return a value that can be calculated with: truth values become numbers, as MATLAB does by itself."""
    kind = value.kind
    if kind.element is Element.INTEGER:
        raise Outside("arithmetic of integer types, which rounds")
    if kind.form is Form.ROWS:
        raise Outside("arithmetic of a division's rows")
    if kind.element is Element.CATEGORY or kind.form is Form.TEXT:
        raise Outside(f"arithmetic of {kind.element.value}")
    if kind.element is Element.LOGICAL:
        template = "float({})" if kind.form is Form.SCALAR else "{}.astype(float)"
        return Value(fill(template, value.code), replace(kind, element=Element.NUMBER))
    return value


def as_int(value: Value) -> str:
    """Return Python for an int."""
    if value.form is not Form.SCALAR:
        raise Outside(f"a whole number where {value.form.value} stands")
    return value.code if value.kind.whole else fill("int({})", value.code)


def less_one(code: str) -> str:
    """Return an int less one: MATLAB counts from 1.

    Examples
    --------
    >>> less_one("3"), less_one("i + 1"), less_one("n"), less_one("i + 3")
    ('2', 'i', '(n) - 1', '(i) + 2')
    """
    return _more(code, -1)


def more_one(code: str) -> str:
    """Return an int and one: Python's ranges end before their end.

    Examples
    --------
    >>> more_one("3"), more_one("n - 1"), more_one("n")
    ('4', 'n', '(n) + 1')
    """
    return _more(code, 1)


def _more(code: str, change: int) -> str:
    tree = ast.parse(code, mode="eval").body
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int):
        return str(tree.value + change)
    if (
        isinstance(tree, ast.BinOp)
        and isinstance(tree.op, ast.Add | ast.Sub)
        and isinstance(tree.right, ast.Constant)
        and isinstance(tree.right.value, int)
    ):
        left = ast.unparse(tree.left)
        total = (tree.right.value if isinstance(tree.op, ast.Add) else -tree.right.value) + change
    else:
        left, total = ast.unparse(tree), change
    if not total:
        return left
    return f"({left}) {'+' if total > 0 else '-'} {int(math.fabs(total))}"


def join_kinds(one: Kind, other: Kind) -> Kind:
    """Return what is known of a value that is one of two."""
    if one == other or other.form is Form.EMPTY:
        return one
    if one.form is Form.EMPTY:
        return other
    if Form.LOST in (one.form, other.form):
        return one if one.form is Form.LOST else other
    if one.form is not other.form or one.form in (Form.MODEL, Form.FUNCTION, Form.PARTITION, Form.ROWS):
        return other if replace(one, model=None) == replace(other, model=None) else Kind(Form.MIXED)
    element = one.element if one.element is other.element else Element.UNKNOWN
    if {one.element, other.element} == {Element.NUMBER, Element.LOGICAL}:
        element = Element.NUMBER
    return Kind(
        one.form,
        element,
        series=one.series and other.series,
        predicted=one.predicted and other.predicted,
        whole=one.whole and other.whole,
    )
