"""Notebooks of Jupyter and of IPython, of each version of their format, as cells of plain code."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.prototype import Cell, Language, Prototype
from journeyman.errors import InputError
from journeyman.importers.prototypes.matlab import read_matlab
from journeyman.importers.prototypes.plain_python import is_python, plain_python
from journeyman.importers.prototypes.python_2 import in_today_python
from journeyman.importers.prototypes.r import read_r_cells

__all__ = ["read_notebook"]

_SAVE = "open it in Jupyter and save it again"


def read_notebook(content: bytes, name: str, folder: Path | None = None) -> Prototype:
    """Return a notebook's code.

    Parameters
    ----------
    content : bytes
        Of the file.
    name : str
        Of the file, for messages.
    folder : Path or None
        Where the tables lie that it reads: a translation of R looks at them.

    Raises
    ------
    InputError
        It is no notebook, holds no code, or is written in a language that is not read.

    Examples
    --------
    >>> made = b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": ["x = 1"], "execution_count": 3}]}'
    >>> read_notebook(made, "n.ipynb").cells
    (Cell(number=1, source='x = 1', run=3),)
    """
    document = _document(content, name)
    raw = [cell for cell in _cells(document, name) if cell.get("cell_type") == "code"]
    language = _language(document, name)
    found = [(_text(cell.get("source", cell.get("input"))), _run(cell)) for cell in raw]
    found = [(source, run) for source, run in found if source.strip()]
    if not found:
        raise InputError(f"{name} holds no code", hint="give a notebook with code cells")
    if language is Language.R:
        made = read_r_cells([source for source, _ in found], name, folder)
        runs = [run for _, run in found]
        translated = tuple(replace(cell, run=run) for cell, run in zip(made.cells, runs, strict=True))
        noted = any(run is not None for run in runs)
        return replace(made, cells=translated, findings=(*made.findings, *_order(translated)), noted_runs=noted)
    if language is Language.MATLAB:
        return read_matlab("\n".join(source for source, _ in found).encode(), name)
    plain = [(plain_python(source), run) for source, run in found]
    cells = tuple(Cell(k + 1, cell.source, run) for k, (cell, run) in enumerate(plain))
    findings = [
        Finding(
            "CV103",
            Severity.NOTE,
            (f"cell {k + 1}",),
            f"Cell {k + 1} holds what only a notebook understands, left out here: {'; '.join(cell.left_out)[:200]}.",
            "Say in Python what the pipeline needs of it.",
        )
        for k, (cell, _) in enumerate(plain)
        if cell.left_out
    ]
    language, cells, told = in_today_python(cells)
    findings += told
    faulty = tuple(cell for cell in cells if not is_python(cell.source))
    findings += [_faulty(cell) for cell in faulty]
    cells = tuple(Cell(cell.number, "pass", cell.run) if cell in faulty else cell for cell in cells)
    findings += _order(cells)
    return Prototype(name, language, cells, tuple(findings), any(cell.run is not None for cell in cells))


def _document(content: bytes, name: str) -> Mapping[str, Any]:
    if not content.strip():
        raise InputError(f"{name} is empty", hint="give a notebook with code cells")
    try:
        document = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{name} is no notebook: {_reason(error)}", hint=_SAVE) from error
    if not isinstance(document, Mapping) or not isinstance(document.get("cells", document.get("worksheets")), list):
        raise InputError(f"{name} is JSON, but no notebook: it has no cells", hint="give an .ipynb file")
    return document


def _reason(error: Exception) -> str:
    return "its JSON is broken" if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"


def _cells(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the cells, which lay in worksheets before version 4 of the format."""
    sheets = document.get("worksheets")
    cells = document.get("cells")
    if cells is None and isinstance(sheets, list):
        cells = [c for sheet in sheets if isinstance(sheet, Mapping) for c in sheet.get("cells") or ()]
    if not isinstance(cells, list) or not all(isinstance(cell, Mapping) for cell in cells):
        raise InputError(f"{name} is a broken notebook: a cell is no cell", hint=_SAVE)
    return cells


def _text(source: object) -> str:
    if isinstance(source, list):
        return "".join(str(line) for line in source)
    return source if isinstance(source, str) else ""


def _run(cell: Mapping[str, Any]) -> int | None:
    run = cell.get("execution_count", cell.get("prompt_number"))
    return run if isinstance(run, int) and not isinstance(run, bool) else None


def _language(document: Mapping[str, Any], name: str) -> Language:
    about = document.get("metadata")
    about = about if isinstance(about, Mapping) else {}
    told = [about.get("language_info"), about.get("kernelspec"), about.get("kernel_info")]
    words = [str(one.get("name", one.get("language", ""))) for one in told if isinstance(one, Mapping)]
    words += [str(one.get("language", "")) for one in told if isinstance(one, Mapping)]
    known = [word.lower() for word in words if word]
    if any(word.startswith(("python", "ipython", "conda", "anaconda")) for word in known) or not known:
        return Language.PYTHON
    if any(word in ("r", "ir") for word in known):
        return Language.R
    if any(word in ("matlab", "octave") for word in known):
        return Language.MATLAB
    others = {
        "scala",
        "julia",
        "bash",
        "javascript",
        "java",
        "c++",
        "sql",
        "sos",
        "ruby",
        "go",
        "rust",
        "spark",
        "csharp",
    }
    other = next((word for word in known if any(word.startswith(one) for one in others)), None)
    if other is None:  # a kernel of somebody's own name: mostly an environment of Python
        return Language.PYTHON
    raise InputError(f"{name} is written in {other}", hint="give a notebook in Python, R, MATLAB or Octave")


def _faulty(cell: Cell) -> Finding:
    message = f"Cell {cell.number} is no Python, here or in a notebook, and is left out."
    return Finding("CV104", Severity.WARNING, (f"cell {cell.number}",), message, "Mend it, or delete the cell.")


def _order(cells: tuple[Cell, ...]) -> list[Finding]:
    """Return what the numbers of runs say: cells that were never run, or run in another order."""
    noted = [cell for cell in cells if cell.run is not None]
    if not noted:
        return []
    findings = []
    turned = [
        f"{late.number} before {early.number}"
        for early, late in itertools.pairwise(noted)
        if (late.run or 0) < (early.run or 0)
    ]
    if turned:
        findings.append(
            Finding(
                "CV102",
                Severity.WARNING,
                (),
                f"Its cells were run in another order than they stand in: cell {', cell '.join(turned[:3])}"
                f"{', ...' if len(turned) > 3 else ''}.",
                "Restart the kernel, run all cells from the first on, and see whether the score is the same.",
                {"turns": len(turned)},
            )
        )
    idle = [cell.number for cell in cells if cell.run is None]
    if idle:
        findings.append(
            Finding(
                "CV102",
                Severity.NOTE,
                (),
                f"{len(idle)} of {len(cells)} cells were not run when it was saved: {', '.join(map(str, idle[:8]))}"
                f"{', ...' if len(idle) > 8 else ''}.",
                "They are run in their place; delete those that are left over.",
                {"cells": len(idle)},
            )
        )
    return findings
