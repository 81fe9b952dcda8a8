"""The syntax tree of an R program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

__all__ = [
    "Argument",
    "Assign",
    "Binary",
    "Block",
    "Call",
    "Constant",
    "For",
    "Function",
    "If",
    "Index",
    "LoopExit",
    "Member",
    "Name",
    "Node",
    "Number",
    "Text",
    "Unary",
    "While",
    "walk",
]


@dataclass(frozen=True)
class Node:
    """Any part of a program, and the line on which it begins."""

    line: int


@dataclass(frozen=True)
class Number(Node):
    """A number, as Python writes it; ``whole`` where R holds it as an integer."""

    text: str
    whole: bool = False


@dataclass(frozen=True)
class Text(Node):
    """A text, without quotes."""

    value: str


@dataclass(frozen=True)
class Name(Node):
    """A name; of ``stats::sd`` the part behind the colons."""

    name: str


@dataclass(frozen=True)
class Constant(Node):
    """TRUE, FALSE, NULL, NA and its kinds, NaN or Inf."""

    name: str


@dataclass(frozen=True)
class Unary(Node):
    """An operator before its operand: -, +, !, ~ or ?."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary(Node):
    """An operator between two operands; pipes are calls already."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Assign(Node):
    """``target <- value``, however it was written."""

    target: Node
    value: Node


@dataclass(frozen=True)
class Argument:
    """Of a call: its name, and its value; None where it is left empty, as in ``x[1, ]``."""

    name: str | None
    value: Node | None


@dataclass(frozen=True)
class Call(Node):
    """A function, or what gives one, with its arguments in brackets."""

    function: Node
    arguments: tuple[Argument, ...]


@dataclass(frozen=True)
class Index(Node):
    """``value[...]``, or ``value[[...]]`` where it is double."""

    value: Node
    arguments: tuple[Argument, ...]
    double: bool


@dataclass(frozen=True)
class Member(Node):
    """``value$name`` or ``value@name``."""

    value: Node
    name: str


@dataclass(frozen=True)
class Function(Node):
    """``function(a, b = 1) body``."""

    parameters: tuple[Argument, ...]
    body: Node


@dataclass(frozen=True)
class Block(Node):
    """Statements in braces."""

    statements: tuple[Node, ...]


@dataclass(frozen=True)
class If(Node):
    """``if (condition) then else otherwise``."""

    condition: Node
    then: Node
    otherwise: Node | None


@dataclass(frozen=True)
class For(Node):
    """``for (name in values) body``."""

    name: str
    values: Node
    body: Node


@dataclass(frozen=True)
class While(Node):
    """``while (condition) body``, and ``repeat body`` as one whose condition is TRUE."""

    condition: Node
    body: Node


@dataclass(frozen=True)
class LoopExit(Node):
    """``break`` or ``next``."""

    word: str


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        below: list[Node] = []
        for field in fields(one):
            value = getattr(one, field.name)
            for part in value if isinstance(value, tuple) else (value,):
                part = part.value if isinstance(part, Argument) else part
                if isinstance(part, Node):
                    below.append(part)
        waiting += reversed(below)
