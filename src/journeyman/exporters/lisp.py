"""A release as a system for Common Lisp (SBCL), without dependencies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.exporters.example_row import example_cells
from journeyman.exporters.project_files import needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["LispExporter"]

_SOURCES = ("package", "numbers", "cells", "steps", "texts", "models", "plan")
_SCRIPTS = ("load.lisp", "answer.lisp", "selftest.lisp", "README.md")


@dataclass(frozen=True)
class LispExporter:
    """Writes an ASDF system whose ``predict`` takes a row.

    References
    ----------
    https://asdf.common-lisp.dev/asdf.html

    Examples
    --------
    >>> "known" in LispExporter().operations
    True
    """

    name: str = "lisp"

    @property
    def operations(self) -> frozenset[str]:
        """What the sources define."""
        sources = "".join(source_text("lisp", f"{name}.lisp") for name in ("steps", "texts", "models"))
        return frozenset(re.findall(r'define-step "(\w+)"', sources))

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the system, scripts and README."""
        package = facts.package.replace("_", "-")
        cells = [f"({_text(name)} . {_value(cell)})" for name, cell in example_cells(facts)]
        words = {
            "PACKAGE": package,
            "VERSION": str(facts.plan.version),
            "TITLE": f"`{facts.plan.name}`",
            "SUBJECT": facts.plan.target.replace("\\", "").replace('"', ""),
            "EXAMPLE": "  '(" + "\n    ".join(cells) + "))",
            "RESULT": "probabilities in the order of `model-labels`" if facts.plan.labels else "values",
        }
        (folder / "src").mkdir()
        for name in _SOURCES:
            (folder / "src" / f"{name}.lisp").write_text(source_text("lisp", f"{name}.lisp", words), encoding="utf-8")
        for name in _SCRIPTS:
            (folder / name).write_text(source_text("lisp", name, words), encoding="utf-8")
        (folder / f"{package}.asd").write_text(source_text("lisp", "system.asd", words), encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that SBCL is not installed."""
        return needs_tool(("sbcl",), "sbcl")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows by ``answer.lisp``."""
        run_tool(["sbcl", "--script", "answer.lisp", str(rows.absolute()), str(answers.absolute())], folder)


def _value(cell: str | float) -> str:
    # a plain 36.4 would be a number of 32 bits
    return _text(cell) if isinstance(cell, str) else f"{cell!r}d0"


def _text(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
