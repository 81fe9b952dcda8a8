"""Python statements, laid out as people write them."""

from __future__ import annotations

import ast
import io
import itertools
import tokenize

__all__ = ["lay_out"]

_WIDEST = 110
_OPENING, _CLOSING = "([{", ")]}"


def lay_out(code: str) -> str | None:
    """Return a statement, or the first line of a compound one, in plain form; None where it is no Python.

    Examples
    --------
    >>> lay_out("x = ((a + b))")
    'x = a + b'
    >>> lay_out("for i in (range(3)):")
    'for i in range(3):'
    """
    if code in ("else:", "pass"):
        return code
    try:
        whole = not code.endswith(":")
        text = ast.unparse(ast.parse(code if whole else f"{code}\n    pass"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = text.split("\n") if whole else text.split("\n")[:1]
    if any("'''" in line or '"""' in line for line in lines):
        return "\n".join(lines)
    return "\n".join(wrapped for line in lines for wrapped in _wrap(_double_quoted(line)))


def _double_quoted(line: str) -> str:
    """Return a line whose texts stand in double quotes, where nothing in them is in the way."""
    indent = line[: len(line) - len(line.lstrip())]
    found, last = [indent], len(indent)
    try:
        for token in tokenize.generate_tokens(io.StringIO(line.lstrip()).readline):
            begin, end = token.start[1] + len(indent), token.end[1] + len(indent)
            if token.type != tokenize.STRING or not token.string.startswith("'"):
                continue
            inner = token.string[1:-1]
            if '"' not in inner and "\\" not in inner:
                found += [line[last:begin], f'"{inner}"']
                last = end
    except (tokenize.TokenError, IndentationError):
        pass  # the first line of a compound statement ends early
    return "".join(found) + line[last:]


def _wrap(line: str) -> list[str]:
    """Return a line in several where it is too wide: the items of its longest brackets each on one."""
    if len(line) <= _WIDEST:
        return [line]
    groups = _groups(line)
    if not groups:
        return [line]
    begin, end, commas = max(groups, key=lambda group: group[1] - group[0])
    indent = line[: len(line) - len(line.lstrip())] + "    "
    cuts = [begin, *commas, end]
    items = [line[a + 1 : b].strip() for a, b in itertools.pairwise(cuts)]
    called = begin > 0 and (line[begin - 1].isalnum() or line[begin - 1] in "_)]")
    comma = "," if commas or called or line[begin] != "(" else ""  # in plain brackets one would make a tuple
    found = [line[: begin + 1]]
    for item in items:
        if item:
            *rest, last = _wrap(f"{indent}{item}")
            found += [*rest, f"{last}{comma}"]
    return [*found, *_wrap(f"{indent[4:]}{line[end:]}")]


def _groups(line: str) -> list[tuple[int, int, list[int]]]:
    """Return the outermost brackets that hold items: where they open and close, and their commas."""
    found: list[tuple[int, int, list[int]]] = []
    depth, quote, begin, commas, splits = 0, "", 0, list[int](), True
    position = 0
    while position < len(line):
        sign = line[position]
        if quote:
            if sign == "\\":
                position += 1
            elif sign == quote:
                quote = ""
        elif sign in "\"'":
            quote = sign
        elif sign in _OPENING:
            depth += 1
            if depth == 1:
                begin, commas, splits = position, [], True
        elif sign in _CLOSING:
            depth -= 1
            if depth == 0 and position > begin + 1 and splits and (commas or sign != "]"):
                found.append((begin, position, commas))
        elif sign == "," and depth == 1:
            commas.append(position)
        elif depth == 1 and line.startswith(" for ", position):
            splits = False
        position += 1
    return [one for one in found if one[2] or line[one[0]] == "("]
