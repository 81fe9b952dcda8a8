"""Cells of Python 2, as Python of today: what the language itself no longer understands."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import replace

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.prototype import Cell, Language
from journeyman.importers.prototypes.plain_python import is_python

__all__ = ["in_today_python", "today_python"]

_LOOKS = re.compile(
    r"^\s*print\s+[^(\s=]|^\s*print\s*$|^\s*exec\s+['\"]|\braise\s+\w+\s*,\s*['\"]|except\s+\w+\s*,\s*\w+\s*:", re.M
)

_EXCEPT = re.compile(r"^(\s*except\s+(?:\w[\w.]*|\([^)]*\)))\s*,\s*(\w+)\s*:", re.M)
_RAISE = re.compile(r"^(\s*raise\s+\w[\w.]*)\s*,\s*(.+?)\s*$", re.M)
_EXEC = re.compile(r"^(\s*)exec\s+(?![(=])(.+?)\s*$", re.M)
_UNEQUAL = re.compile(r"(?<=[\w)\]'\"\s])<>(?=[\w(\[ '\"])")
_LONG = re.compile(r"\b(\d+)[lL]\b")
_UNICODE = re.compile(r"\b[uU][rR](?=['\"])")


def in_today_python(cells: Sequence[Cell]) -> tuple[Language, tuple[Cell, ...], tuple[Finding, ...]]:
    """Return of which Python cells are, the cells in that of today as far as they can be, and what is to be told.

    Examples
    --------
    >>> language, cells, findings = in_today_python((Cell(1, "print 3"),))
    >>> language.value, cells[0].source, findings[0].code
    ('Python 2', 'print(3)', 'CV109')
    """
    faulty = [cell for cell in cells if not is_python(cell.source)]
    if not any(_LOOKS.search(cell.source) for cell in faulty):
        return Language.PYTHON, tuple(cells), ()
    made = tuple(replace(cell, source=today_python(cell.source) or cell.source) for cell in cells)
    finding = Finding(
        "CV109",
        Severity.WARNING,
        (),
        f"It is written in Python 2, {len(faulty)} of {len(cells)} cells were rewritten; 7 / 2 was 3 there, now 3.5.",
        "Look at its divisions of whole numbers.",
        {"cells": len(faulty)},
    )
    return Language.PYTHON_2, made, (finding,)


def today_python(source: str) -> str | None:
    """Return a cell of Python 2 as Python of today, or None where that is not enough to make it so.

    Lines keep their numbers. What a program means may have changed all the same: 7 / 2 was 3.

    Examples
    --------
    >>> print(today_python("print 'rows:', len(x),\\nif x: print\\nprint >>log, x"))
    print('rows:', len(x), end=' ')
    if x: print()
    print(x, file=log)
    >>> today_python("this is no Python") is None
    True
    """
    text = _EXCEPT.sub(r"\1 as \2:", source)
    text = _RAISE.sub(r"\1(\2)", text)
    text = _EXEC.sub(r"\1exec(\2)", text)
    text = _UNICODE.sub("r", _LONG.sub(r"\1", _UNEQUAL.sub("!=", text)))
    try:
        text = _print_calls(text)
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return None
    return text if is_python(text) else None


def _print_calls(source: str) -> str:
    lines = source.splitlines(keepends=True)
    for statement in reversed(list(_statements(source))):
        first = statement[0]
        if first.string != "print":
            continue
        rest = statement[1:]
        if not _is_call(rest) and not (rest and rest[0].string in ("=", ".")):
            _replace(lines, first, rest)
    return "".join(lines)


def _is_call(rest: Sequence[tokenize.TokenInfo]) -> bool:
    """Return whether brackets hold all that is printed: print("a") is the same in both."""
    if not rest or rest[0].string != "(":
        return False
    depth = 0
    for k, token in enumerate(rest):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        if depth == 0:
            return k == len(rest) - 1
    return False


def _replace(lines: list[str], first: tokenize.TokenInfo, rest: Sequence[tokenize.TokenInfo]) -> None:
    """Write a print statement as a call; the edits go from its end to its begin, so that places stay."""
    row, column = first.end
    if not rest:
        lines[row - 1] = lines[row - 1][:column] + "()" + lines[row - 1][column:]
        return
    told, ending = list(rest), ")"
    begin = told[0].start
    if told[0].string == ">>":
        comma = next((k for k, token in enumerate(told) if token.string == ","), None)
        stream = told[1 : comma if comma is not None else len(told)]
        written = "".join(token.string for token in stream)
        told = told[comma + 1 :] if comma is not None else []
        ending = f", file={written})" if told else f"file={written})"
        begin = told[0].start if told else stream[-1].end
    end = behind = told[-1].end if told else begin
    if told and told[-1].string == ",":
        end, ending = told[-1].start, ", end=' '" + ending
    lines[end[0] - 1] = lines[end[0] - 1][: end[1]] + ending + lines[end[0] - 1][behind[1] :]
    if begin[0] == row:
        lines[row - 1] = lines[row - 1][:column] + "(" + lines[row - 1][begin[1] :]
    else:
        lines[row - 1] = lines[row - 1][:column] + "(" + lines[row - 1][column:]


def _statements(source: str) -> Iterator[list[tokenize.TokenInfo]]:
    """Yield the tokens of each simple statement; what stands behind "if x:" on its line is one of its own."""
    statement: list[tokenize.TokenInfo] = []
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.INDENT, tokenize.DEDENT, tokenize.NL, tokenize.COMMENT):
            continue
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
        ends = token.type in (tokenize.NEWLINE, tokenize.ENDMARKER) or (depth == 0 and token.string in (";", ":"))
        if ends:
            if statement:
                yield statement
            statement = []
        else:
            statement.append(token)
    if statement:
        yield statement
