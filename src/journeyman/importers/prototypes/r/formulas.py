"""R's formulas: what stands on the right side, term by term."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, whole_number
from journeyman.importers.prototypes.r.syntax import Node
from journeyman.importers.prototypes.r.values import OutsideSubsetError

__all__ = ["Formula", "column_names_in", "read_formula", "written"]

_MOST_TERMS = 500


@dataclass(frozen=True)
class Formula:
    """A formula.

    Attributes
    ----------
    response : Node
    terms : tuple of tuple of Node
        Each the variables that are multiplied; one by itself for a main effect.
    everything : bool
        Whether a dot stands for all other columns.
    without : tuple of str
        Columns left out of them.
    intercept : bool
    """

    response: Node
    terms: tuple[tuple[Node, ...], ...]
    everything: bool
    without: tuple[str, ...]
    intercept: bool


def read_formula(node: Node) -> Formula:
    """Return what a formula says.

    Raises
    ------
    OutsideSubsetError
        It has no response, or uses what is outside the subset.
    """
    if not isinstance(node, syntax.Binary) or node.operator != "~":
        raise OutsideSubsetError("a formula that is written out", node)
    terms, removed = _expand(node.right)
    intercept = "0" not in map(_key, terms) and not any(_key(one) == "1" for one in removed)
    dropped = {_key(one) for one in removed}
    kept: dict[str, tuple[Node, ...]] = {}
    for one in terms:
        if _key(one) not in ("0", "1", ".") and _key(one) not in dropped:
            kept.setdefault(_key(one), one)
    everything = any(_key(one) == "." for one in terms)
    without = tuple(one[0].name for one in removed if len(one) == 1 and isinstance(one[0], syntax.Name))
    if not kept and not everything:
        raise OutsideSubsetError("a formula with something on its right side", node)
    return Formula(node.left, tuple(kept.values()), everything, without, intercept)


def _expand(node: Node) -> tuple[list[tuple[Node, ...]], list[tuple[Node, ...]]]:
    """Return the terms of a right side, and those taken away."""
    if isinstance(node, syntax.Unary) and node.operator == "(":
        return _expand(node.operand)
    if isinstance(node, syntax.Unary) and node.operator == "-":
        return [], _expand(node.operand)[0]
    if not isinstance(node, syntax.Binary) or node.operator not in ("+", "-", "*", ":", "^"):
        if isinstance(node, syntax.Binary) and node.operator in ("/", "%in%", "|", "~"):
            raise OutsideSubsetError(f"{node.operator} in a formula", node)
        return [(node,)], []
    left, removed = _expand(node.left)
    if node.operator == "^":
        degree = whole_number(node.right)
        if degree is None or not 1 <= degree <= 4:
            raise OutsideSubsetError("a power of terms that is written out", node)
        found = list(left)
        for size in range(2, degree + 1):
            found += [_product(*some) for some in itertools.combinations(left, size)]
        return found, removed
    right, removed_right = _expand(node.right)
    if len(left) * len(right) > _MOST_TERMS:
        raise OutsideSubsetError("fewer terms", node)
    if node.operator == "+":
        return left + right, removed + removed_right
    if node.operator == "-":
        return left, removed + right
    products = [_product(one, other) for one in left for other in right]
    return (products if node.operator == ":" else left + right + products), removed


def _product(*terms: tuple[Node, ...]) -> tuple[Node, ...]:
    found: dict[str, Node] = {}
    for term in terms:
        for one in term:
            found.setdefault(written(one), one)
    return tuple(found.values())


def _key(term: tuple[Node, ...]) -> str:
    return ":".join(sorted(written(one) for one in term))


def written(node: Node) -> str:
    """Return an expression as R writes it, in short.

    Examples
    --------
    >>> from journeyman.importers.prototypes.r.parser import parse_r
    >>> written(parse_r("log(x+1)")[0][0])
    'log(x + 1)'
    """
    if isinstance(node, syntax.Name):
        return node.name
    if isinstance(node, syntax.Number):
        return node.text
    if isinstance(node, syntax.Text):
        return f'"{node.value}"'
    if isinstance(node, syntax.Constant):
        return node.name
    if isinstance(node, syntax.Member):
        return f"{written(node.value)}${node.name}"
    if isinstance(node, syntax.Unary):
        return f"({written(node.operand)})" if node.operator == "(" else f"{node.operator}{written(node.operand)}"
    if isinstance(node, syntax.Binary):
        space = "" if node.operator in ("^", ":") else " "
        return f"{written(node.left)}{space}{node.operator}{space}{written(node.right)}"
    if isinstance(node, syntax.Call):
        given = [
            (f"{one.name} = " if one.name else "") + (written(one.value) if one.value is not None else "")
            for one in node.arguments
        ]
        return f"{called_name(node) or '...'}({', '.join(given)})"
    return "..."


def column_names_in(node: Node) -> list[str]:
    """Return the names in an expression, those of functions aside."""
    called = {id(one.function) for one in syntax.walk(node) if isinstance(one, syntax.Call)}
    found = [one.name for one in syntax.walk(node) if isinstance(one, syntax.Name) and id(one) not in called]
    return list(dict.fromkeys(found))
