"""A prototype: a notebook or a script as it was handed over, cell by cell."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.finding import Finding
from journeyman.errors import InputError

__all__ = ["Cell", "Language", "Prototype", "parse_program"]


def parse_program(source: str) -> ast.Module:
    """Return the syntax tree of a program; what Python warns of in it, such as odd escapes, is its own matter.

    Raises
    ------
    InputError
        Where it is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        where = f" (line {line})" if line else ""
        hint = "python -m py_compile FILE shows where"
        raise InputError(f"the program is no Python of today{where}", hint=hint) from error


class Language(StrEnum):
    """In which it is written."""

    PYTHON = "Python"
    PYTHON_2 = "Python 2"
    R = "R"
    MATLAB = "MATLAB"


@dataclass(frozen=True)
class Cell:
    """Code that was run at once.

    Attributes
    ----------
    number : int
        Among the cells with code, from 1.
    source : str
        Plain code of the language: what only a notebook understands is left out or said in plain words.
    run : int or None
        When it was run last, as the notebook says; None where it was not, or nobody noted it.
    """

    number: int
    source: str
    run: int | None = None


@dataclass(frozen=True)
class Prototype:
    """What was handed over.

    Attributes
    ----------
    name : str
        Of the file.
    language : Language
    cells : tuple of Cell
        In the order of the document; a script has one.
    findings : tuple of Finding
        What was noticed while reading.
    noted_runs : bool
        Whether the document says when its cells were run.
    written : str
        What the user wrote, where the cells hold a translation of it; "" where they hold it as it is.
    lines : tuple of int
        Of a translation: for each line of ``source`` the line of the user's file (of a notebook: of the cell) that it
        stands for; 0 where it stands for none.
    """

    name: str
    language: Language
    cells: tuple[Cell, ...]
    findings: tuple[Finding, ...] = ()
    noted_runs: bool = False
    written: str = ""
    lines: tuple[int, ...] = ()

    @property
    def source(self) -> str:
        """All code, one cell after the other."""
        return "\n\n".join(cell.source for cell in self.cells) + "\n"

    def place(self, line: int) -> str:
        """Return where a line of ``source`` stands, in the user's file: "cell 3, line 2", or "line 40" of a script."""
        before = 0
        for cell in self.cells:
            lines = cell.source.count("\n") + 1
            if line <= before + lines + 1:
                inside = max(1, line - before)
                if 0 < line <= len(self.lines):
                    inside = line = self.lines[line - 1]
                return f"cell {cell.number}, line {inside}" if len(self.cells) > 1 else f"line {line}"
            before += lines + 1
        return f"line {line}"
