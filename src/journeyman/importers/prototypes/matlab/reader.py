"""A MATLAB or Octave script as a prototype whose cell holds Python."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.prototype import Cell, Language, Prototype, parse_program
from journeyman.errors import InputError
from journeyman.importers.prototypes.matlab import syntax as s
from journeyman.importers.prototypes.matlab.parser import parse_matlab
from journeyman.importers.prototypes.matlab.statements import Line, Remark, Translation
from journeyman.importers.prototypes.matlab.support import preamble
from journeyman.importers.prototypes.matlab.values import ModelOutside

__all__ = ["read_matlab"]

_FOLLOWS = re.compile(r"which line (\d+) was to make$")
_SUBSET = "docs/how-to/convert-matlab.md lists what is read"


def read_matlab(content: bytes, name: str, beside: Mapping[str, bytes] | None = None) -> Prototype:
    """Return a script translated into Python with NumPy, pandas and scikit-learn.

    What is outside of the subset is left out, and told as a finding with its line.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Of the file, for messages.
    beside : mapping of str to bytes, optional
        The other .m files of its folder, by name: a function may stand in a file of its own.

    Raises
    ------
    InputError
        It is no text, holds no code, or fits a model outside of the subset.

    Examples
    --------
    >>> made = read_matlab(b"x = [1 2; 3 4];\\ny = x(:, end)';", "a.m")
    >>> print(made.cells[0].source)
    import numpy as np
    <BLANKLINE>
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    y = x[:, -1]
    >>> made.place(4)
    'line 2'
    """
    text = _text(content, name)
    script = parse_matlab(text)
    body = script.body
    if not _has_code(body):
        body, script = _main_function(script, name)
    translation = Translation(script, _functions_beside(text, beside or {}))
    try:
        lines = translation.body(body)
    except ModelOutside as outside:
        line, _, reason = str(outside).partition("|")
        raise InputError(f"{name}, line {line}: outside of what is read: {reason}", hint=_SUBSET) from None
    program, numbers = _program(lines, translation.functions)
    if not any(line.number for line in lines):
        raise InputError(f"{name} holds no line that is read", hint=_SUBSET)
    written = text.split("\n")
    findings = [_left_out(root, written, rest) for root, rest in _with_followers(translation.left_out)]
    findings += [_otherwise(one) for one in dict.fromkeys(translation.told)]
    cells = (Cell(1, program),)
    return Prototype(name, Language.MATLAB, cells, tuple(findings), written=text, lines=numbers)


def _functions_beside(text: str, beside: Mapping[str, bytes]) -> tuple[s.Function, ...]:
    """Return the functions that a script, or what it calls, takes from files beside it."""
    found, asked, seen = list[s.Function](), [text], set[str]()
    while asked:
        words = set(re.findall(r"[A-Za-z]\w*", asked.pop()))
        for name in sorted(beside):
            stem = name.removesuffix(".m")
            if stem in words and stem not in seen and name.endswith(".m"):
                seen.add(stem)
                inner = _text(beside[name], name)
                found += [one for one in parse_matlab(inner).functions if one.name not in {f.name for f in found}]
                asked.append(inner)
    return tuple(found)


def _text(content: bytes, name: str) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise InputError(f"{name} is no text", hint="give the script itself")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError(f"{name} holds no code", hint="give a script that fits a model")
    return text


def _has_code(body: s.Block) -> bool:
    return any(not isinstance(one, s.Comment) for one in body)


def _main_function(script: s.Script, name: str) -> tuple[s.Block, s.Script]:
    """Return the body of the first function of a file that holds functions alone."""
    first = script.functions[0] if script.functions else None
    if first is None:
        raise InputError(f"{name} holds no code", hint="give a script that fits a model")
    if first.parameters:
        told = f"{name} holds functions alone, and {first.name} is to be given {', '.join(first.parameters)}"
        raise InputError(told, hint="give the script that calls it, with the functions at its end")
    return first.body, s.Script(first.body, script.functions[1:])


def _program(lines: list[Line], functions: list[Line]) -> tuple[str, tuple[int, ...]]:
    """Return the whole program, and for each of its lines that of the script."""
    body = "\n".join(line.text for line in [*functions, *lines])
    if "np.random." in body and "np.random.seed(" not in body:
        lines = [Line("np.random.seed(0)", 0), *lines]
    head = preamble("\n".join(line.text for line in [*functions, *lines])).rstrip("\n")
    whole = [Line(text, 0) for text in head.split("\n")] if head else []
    whole += functions
    if whole and lines:
        gap = 2 if functions or "\ndef " in head else 1
        whole += [Line("", 0)] * gap
    whole += lines
    text = "\n".join(line.text for line in whole)
    parse_program(text)
    return text, tuple(line.number for line in whole)


def _with_followers(left_out: Sequence[Remark]) -> list[tuple[Remark, list[int]]]:
    """Return lines that were left out by themselves, each with those that needed what it was to make."""
    roots, found = dict[int, int](), dict[int, tuple[Remark, list[int]]]()
    for one in left_out:
        cause = _FOLLOWS.search(one.reason)
        root = roots.get(int(cause.group(1))) if cause else None
        if root is None:
            roots[one.line] = one.line
            found.setdefault(one.line, (one, []))
        else:
            roots[one.line] = root
            found[root][1].append(one.line)
    return list(found.values())


def _left_out(root: Remark, written: list[str], followers: list[int]) -> Finding:
    shown = written[root.line - 1].strip()[:120]
    rest = f"; with it what needs it: line {', '.join(map(str, followers[:8]))}" if followers else ""
    return Finding(
        "CV105",
        Severity.WARNING,
        (f"line {root.line}",),
        f"Line {root.line} is outside of the part of MATLAB that is read, and is left out: {shown}"
        f"{rest}{', ...' if len(followers) > 8 else ''}",
        f"It needs {root.reason}.",
        {"line": root.line, "lines": 1 + len(followers)},
    )


def _otherwise(told: Remark) -> Finding:
    line, reason = told
    return Finding(
        "CV105",
        Severity.NOTE,
        (f"line {line}",),
        f"Line {line} is not repeated as MATLAB runs it: {reason}.",
        "Write the rows that were drawn into a file, and read them there, where the same rows are wanted.",
        {"line": line},
    )
