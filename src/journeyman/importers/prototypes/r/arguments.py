"""Arguments of R's calls, matched with the names of parameters as R does it."""

from __future__ import annotations

from collections.abc import Mapping

from journeyman.importers.prototypes.r.syntax import Argument, Call, Constant, Name, Node, Number, Text, Unary
from journeyman.importers.prototypes.r.values import OutsideSubsetError

__all__ = ["called_name", "given_text", "given_texts", "is_true", "match_arguments", "needed", "whole_number"]


def called_name(node: Node | None) -> str:
    """Return the name of what is called; "" where it has none."""
    return node.function.name if isinstance(node, Call) and isinstance(node.function, Name) else ""


def match_arguments(call: Call, parameters: str) -> Mapping[str, Node]:
    """Return the arguments of a call by parameter: by full name, then by its beginning, then by place.

    Parameters
    ----------
    call : Call
    parameters : str
        In their order. What is given beyond them is passed over, unless it is given by name: R would hand it on.
    """
    names = parameters.split()
    found: dict[str, Node] = {}
    unnamed: list[Argument] = []
    for argument in call.arguments:
        if argument.name is None:
            unnamed.append(argument)
            continue
        known = argument.name if argument.name in names else None
        begun = [name for name in names if name.startswith(argument.name)] if argument.name else []
        name = known or (begun[0] if len(begun) == 1 else argument.name)
        if argument.value is not None:
            found[name] = argument.value
    free = [name for name in names if name not in found]
    for argument, name in zip(unnamed, free, strict=False):
        if argument.value is not None:
            found[name] = argument.value
    return found


def is_true(node: Node | None) -> bool:
    """Return whether an argument is TRUE."""
    return isinstance(node, Constant) and node.name == "TRUE"


def given_text(node: Node | None) -> str | None:
    """Return the text of a literal, or of a bare name; None of others."""
    if isinstance(node, Text):
        return node.value
    return node.name if isinstance(node, Name) else None


def given_texts(node: Node | None) -> tuple[str, ...] | None:
    """Return the texts of ``"a"`` or ``c("a", "b")``; None where it is something else."""
    if isinstance(node, Text):
        return (node.value,)
    if isinstance(node, Call) and called_name(node) == "c":
        texts = tuple(one.value.value for one in node.arguments if isinstance(one.value, Text))
        return texts if len(texts) == len(node.arguments) else None
    return None


def whole_number(node: Node | None) -> int | None:
    """Return a literal whole number, with its sign; None of others."""
    if isinstance(node, Unary) and node.operator == "-":
        inner = whole_number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, Number) and float(node.text).is_integer():
        return int(float(node.text))
    return None


def needed(found: Mapping[str, Node], name: str, call: Call) -> Node:
    """Return an argument that a call cannot do without."""
    if name not in found:
        raise OutsideSubsetError(f"{called_name(call)}() without {name}", call)
    return found[name]
