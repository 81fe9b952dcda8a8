"""Syntax of MATLAB and Octave: the expressions and statements that a script is read into."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Assign",
    "Binary",
    "Block",
    "Call",
    "CellArray",
    "Colon",
    "Command",
    "Comment",
    "End",
    "Expression",
    "Faulty",
    "Field",
    "For",
    "Function",
    "Handle",
    "If",
    "Jump",
    "Lambda",
    "Matrix",
    "Name",
    "Number",
    "Range",
    "Script",
    "Show",
    "Statement",
    "Switch",
    "Text",
    "Transpose",
    "Try",
    "Unary",
    "While",
]


@dataclass(frozen=True)
class Number:
    """As it is written, in Python's form."""

    text: str


@dataclass(frozen=True)
class Text:
    """A text; in double quotes it is one value, in single quotes a row of letters."""

    value: str
    double: bool = False


@dataclass(frozen=True)
class Name:
    """Of a variable or a function: only the program tells."""

    name: str


@dataclass(frozen=True)
class Colon:
    """``:`` alone, all of a dimension."""


@dataclass(frozen=True)
class End:
    """``end`` inside an index."""


@dataclass(frozen=True)
class Unary:
    """``-x``, ``+x``, ``~x``."""

    sign: str
    value: Expression


@dataclass(frozen=True)
class Transpose:
    """``x'`` or ``x.'``."""

    value: Expression


@dataclass(frozen=True)
class Binary:
    """Two values and the sign between them."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Range:
    """``first:step:last``; the step is 1 where it is None."""

    first: Expression
    step: Expression | None
    last: Expression


@dataclass(frozen=True)
class Call:
    """``f(x)`` or ``a(i)``, and with ``braces`` ``a{i}``."""

    target: Expression
    arguments: tuple[Expression, ...]
    braces: bool = False


@dataclass(frozen=True)
class Field:
    """``t.x`` and ``t.("x")``."""

    target: Expression
    name: Expression


@dataclass(frozen=True)
class Matrix:
    """Rows of elements in ``[]``."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class CellArray:
    """Rows of elements in ``{}``."""

    rows: tuple[tuple[Expression, ...], ...]


@dataclass(frozen=True)
class Lambda:
    """``@(x) x + 1``."""

    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True)
class Handle:
    """``@f``."""

    name: str


Expression = (
    Number
    | Text
    | Name
    | Colon
    | End
    | Unary
    | Transpose
    | Binary
    | Range
    | Call
    | Field
    | Matrix
    | CellArray
    | Lambda
    | Handle
)


@dataclass(frozen=True)
class Assign:
    """Targets, of which None stands for ``~``, and the value."""

    line: int
    targets: tuple[Expression | None, ...]
    value: Expression


@dataclass(frozen=True)
class Show:
    """An expression that stands alone."""

    line: int
    value: Expression


@dataclass(frozen=True)
class Command:
    """``clear all``: a function that is given words."""

    line: int
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Comment:
    """A line that says something to people."""

    line: int
    text: str


@dataclass(frozen=True)
class If:
    """Conditions with their blocks, and the block behind ``else``."""

    line: int
    branches: tuple[tuple[Expression, Block], ...]
    otherwise: Block


@dataclass(frozen=True)
class For:
    """A loop over the columns of a value."""

    line: int
    variable: str
    value: Expression
    body: Block


@dataclass(frozen=True)
class While:
    """A loop while a condition holds; a ``do ... until`` of Octave has its condition at the end."""

    line: int
    test: Expression
    body: Block


@dataclass(frozen=True)
class Switch:
    """Cases with their blocks, and the block behind ``otherwise``."""

    line: int
    value: Expression
    cases: tuple[tuple[Expression, Block], ...]
    otherwise: Block


@dataclass(frozen=True)
class Try:
    """A block, and what is done where it fails."""

    line: int
    body: Block
    handler: Block


@dataclass(frozen=True)
class Jump:
    """``break``, ``continue`` or ``return``."""

    line: int
    word: str


@dataclass(frozen=True)
class Faulty:
    """A statement that could not be read, and why."""

    line: int
    reason: str


Statement = Assign | Show | Command | Comment | If | For | While | Switch | Try | Jump | Faulty
Block = tuple[Statement, ...]


@dataclass(frozen=True)
class Function:
    """A function of the file: its results, parameters and body."""

    line: int
    name: str
    results: tuple[str, ...]
    parameters: tuple[str, ...]
    body: Block


@dataclass(frozen=True)
class Script:
    """The statements of a file and its functions."""

    body: Block
    functions: tuple[Function, ...]
