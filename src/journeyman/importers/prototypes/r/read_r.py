"""R scripts and R Markdown as prototypes whose cells hold Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.prototype import Cell, Language, Prototype
from journeyman.errors import InputError
from journeyman.importers.prototypes.r import syntax
from journeyman.importers.prototypes.r.arguments import called_name, given_text
from journeyman.importers.prototypes.r.functions import FUNCTIONS, MODELS, OPERATIONS
from journeyman.importers.prototypes.r.helper_texts import HELPERS, helper_source
from journeyman.importers.prototypes.r.known_tables import look_into
from journeyman.importers.prototypes.r.layout import lay_out
from journeyman.importers.prototypes.r.parser import parse_r
from journeyman.importers.prototypes.r.program import Program
from journeyman.importers.prototypes.r.statements import translate_statement
from journeyman.importers.prototypes.r.syntax import Node
from journeyman.importers.prototypes.r.values import OutsideSubsetError

__all__ = ["read_r", "read_r_cells"]

_CHUNK = re.compile(r"^\s*```+\s*\{\s*[rR]\b(?P<options>[^}]*)\}\s*$")
_NOT_RUN = re.compile(r"\beval\s*=\s*(FALSE|F)\b")
_MOST_FINDINGS = 50


def read_r(content: bytes, name: str, folder: Path | None = None) -> Prototype:
    """Return an R script, or the chunks of R Markdown, translated into Python.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Of the file; its ending tells scripts from R Markdown.
    folder : Path or None
        Where the tables lie that it reads: what they hold decides how they are read and encoded. Without it less is
        known, and findings say what of it matters.

    Raises
    ------
    InputError
        It is no text or no R, holds no code, or no model of it is in the subset.

    Examples
    --------
    >>> print(read_r(b"x <- sqrt(2)", "a.R").source.rstrip())
    import numpy as np
    <BLANKLINE>
    x = np.sqrt(2)
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise InputError(f"{name} is no text", hint="give the script itself")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    code = _chunks(text) if name.lower().endswith(".rmd") else text
    prototype = read_r_cells([code], name, folder)
    return Prototype(name, Language.R, prototype.cells, prototype.findings, False, text, prototype.lines)


def read_r_cells(cells: Sequence[str], name: str, folder: Path | None = None) -> Prototype:
    """Return code cells of R, translated into Python; ``lines`` counts within each cell.

    Raises
    ------
    InputError
        As :func:`read_r`.
    """
    if not any(cell.strip() for cell in cells):
        raise InputError(f"{name} holds no code", hint="give a script that fits a model")
    program = Program(FUNCTIONS, OPERATIONS, look_into(folder))
    parsed = [parse_r(cell) for cell in cells]
    program.classifies = any(_tells_classes(node) for statements, _ in parsed for node in statements)
    bodies: list[list[tuple[str, int]]] = []
    for statements, comments in parsed:
        program.lines = []
        _translate(program, statements, comments)
        bodies.append(_spaced(program.lines))
    if program.outside_models and not program.models:
        line, needs = program.outside_models[0]
        raise InputError(
            f"{name}, line {line}: no model of it can be translated: that would need {needs}",
            hint="write the model as docs/how-to/convert-r.md lists them, such as lm(y ~ ., data = rows)",
        )
    head = _head(program, "\n".join(line for body in bodies for line, _ in body))
    bodies[0] = [*((line, 0) for line in head), *bodies[0]]
    made = tuple(Cell(k + 1, "\n".join(line for line, _ in body) or "pass") for k, body in enumerate(bodies))
    lines: list[int] = []
    for body in bodies:
        lines += [*(line for _, line in body or [("pass", 1)]), 0]
    return Prototype(name, Language.R, made, tuple(_findings(program)), False, "\n\n".join(cells), tuple(lines))


def _chunks(text: str) -> str:
    """Return the chunks of R Markdown that are run; other lines are empty, so that lines keep their numbers."""
    found, inside = list[str](), False
    for line in text.split("\n"):
        begins = _CHUNK.match(line)
        if not inside and begins is not None:
            inside = True
            runs = _NOT_RUN.search(begins.group("options")) is None
            found.append("")
        elif inside and line.strip().startswith("```"):
            inside = False
            found.append("")
        else:
            found.append(line if inside and runs else "")
    return "\n".join(found)


def _tells_classes(node: Node) -> bool:
    for one in syntax.walk(node):
        if isinstance(one, syntax.Call):
            if called_name(one) == "confusionMatrix":
                return True
            for argument in one.arguments:
                if argument.name in ("type", "method") and given_text(argument.value) in ("class", "prob"):
                    return True
    return False


def _translate(program: Program, statements: Sequence[Node], comments: dict[int, str]) -> None:
    """Translate statement by statement; one that has no translation is left out and told."""
    done = 0
    for node in statements:
        before, known, drawn = len(program.lines), dict(program.variables), program.random
        program.line = node.line
        try:
            translate_statement(program, node)
            _lay_out_from(program, before)
        except (OutsideSubsetError, RecursionError) as error:
            del program.lines[before:]
            program.variables, program.random = known, drawn
            needs = error.needs if isinstance(error, OutsideSubsetError) else "an expression that is less deep"
            where = error.node.line if isinstance(error, OutsideSubsetError) and error.node is not None else node.line
            program.left_out.append((where, needs))
            if any(called_name(one) in MODELS for one in syntax.walk(node)):
                program.outside_models.append((where, needs))
            if isinstance(node, syntax.Assign):
                _forget(program, node.target)
        if len(program.lines) > before:
            told = [(f"# {comments[k]}".rstrip(), k) for k in sorted(comments) if done < k <= node.line and comments[k]]
            program.lines[before:before] = told
        done = max(done, node.line)


def _forget(program: Program, target: Node) -> None:
    """A name whose assignment was left out has no value."""
    if isinstance(target, syntax.Name):
        program.variables.pop(target.name, None)


def _lay_out_from(program: Program, first: int) -> None:
    """Lay the new lines out.

    Raises
    ------
    OutsideSubsetError
        A line came out that is no Python.
    """
    laid: list[tuple[str, int]] = []
    lines = program.lines[first:]
    position = 0
    while position < len(lines):
        line, number = lines[position]
        indent = line[: len(line) - len(line.lstrip())]
        code = line.lstrip()
        position += 1
        if code.startswith("def ") and position < len(lines) and lines[position][0].startswith(f"{indent}    return"):
            code, position = f"{code}\n    {lines[position][0].strip()}", position + 1
        text = lay_out(code)
        if text is None:
            raise OutsideSubsetError("code that Python has no words for")
        laid += [(f"{indent}{one}", number) for one in text.split("\n")]
    program.lines[first:] = laid


def _spaced(lines: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Return lines with two empty ones around functions."""
    found: list[tuple[str, int]] = []
    inside = False
    for line, number in lines:
        begins, goes_on = line.startswith("def "), line.startswith((" ", ")", "]", "}"))
        if found and (begins or (inside and not goes_on)):
            found += [("", number), ("", number)]
        inside = begins or (inside and goes_on)
        found.append((line, number))
    return found


def _head(program: Program, body: str) -> list[str]:
    """Return imports, and the small functions that the body calls."""
    words = set(re.findall(r"\w+", body))
    imports, functions = helper_source({name for name in program.helpers if name in words and name in HELPERS})
    words |= set(re.findall(r"\w+", functions))
    found = {line for line in program.imports | set(imports) if any(one in words for one in _imported(line))}
    standard = ["import re", ""] if re.search(r"\bre\.", body) else []
    plain = [f"import {theirs} as {ours}" for ours, theirs in (("np", "numpy"), ("pd", "pandas")) if ours in words]
    merged: dict[str, set[str]] = {}
    for line in found:
        module, _, names = line.removeprefix("from ").partition(" import ")
        merged.setdefault(module, set()).update(names.split(", "))
    lines = [
        *standard,
        *plain,
        *(f"from {module} import {', '.join(sorted(merged[module]))}" for module in sorted(merged)),
    ]
    if functions:
        lines += ["", "", *functions.strip("\n").split("\n"), "", ""]
    elif lines:
        lines.append("")
    return lines


def _imported(line: str) -> list[str]:
    return line.partition(" import ")[2].split(", ")


def _findings(program: Program) -> list[Finding]:
    """Return what was left out, and what is done otherwise than in R."""
    found = [
        Finding(
            "CV105",
            Severity.WARNING,
            (f"line {line}",),
            f"Line {line} is left out: the translation would need {needs}.",
            "Say it in other words, or add what the pipeline needs of it in Python.",
        )
        for line, needs in program.left_out[:_MOST_FINDINGS]
    ]
    for line, message in dict.fromkeys(program.notes):
        hint = "Nothing, where that is right."
        found.append(Finding("CV105", Severity.NOTE, (f"line {line}",), f"Line {line}: {message}.", hint))
    return found
