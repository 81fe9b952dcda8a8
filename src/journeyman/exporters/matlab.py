"""A release as a package folder for MATLAB and GNU Octave: all rows of a table at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.example_row import example_cells
from journeyman.exporters.project_files import needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["MatlabExporter"]

_FUNCTIONS = (
    *("load_model", "predict", "answer_file", "read_text", "read_table", "read_cells", "days_of"),
    *("operations", "run_step", "model_step", "text_step", "code_points"),
)
_ANSWER = (
    "try, addpath('{0}'); {1}.answer_file({1}.load_model(), '{2}', '{3}'); "
    "catch problem, fprintf(2, '%s\\n', problem.message); exit(1), end"
)
_KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        """
        break case catch classdef continue else elseif end for function global if otherwise parfor persistent return
        spmd switch try until unwind_protect while do
        """,
    )
)


@dataclass(frozen=True)
class MatlabExporter:
    """Writes a folder ``+package`` whose ``predict`` takes a table or a struct.

    References
    ----------
    https://www.mathworks.com/help/matlab/matlab_oop/scoping-classes-with-packages.html

    Examples
    --------
    >>> "trees" in MatlabExporter().operations
    True
    """

    name: str = "matlab"

    @property
    def operations(self) -> frozenset[str]:
        """What ``operations.m`` lists."""
        return frozenset(re.findall(r"'(\w+)'", source_text("matlab", "operations.m")))

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the package folder, the script ``selftest`` and README."""
        package = _package(facts.package)
        words = {
            "PACKAGE": package,
            "EDITION": str(facts.plan.version),  # not VERSION: Octave has a function OCTAVE_VERSION
            "TITLE": f"`{facts.plan.name}`",
            "SUBJECT": f"`{facts.plan.target}`",
            "EXAMPLE": "\n".join(f"rows.{_field(name)} = {_value(cell)};" for name, cell in example_cells(facts)),
            "RESULT": _returned(facts.plan),
        }
        (folder / f"+{package}").mkdir()
        for name in _FUNCTIONS:
            (folder / f"+{package}" / f"{name}.m").write_text(source_text("matlab", f"{name}.m", words), "utf-8")
        for name in ("selftest.m", "README.md"):
            (folder / name).write_text(source_text("matlab", name, words), encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that Octave is not installed."""
        return needs_tool(("octave-cli",), "octave")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in Octave."""
        (package,) = (path.name[1:] for path in folder.glob("+*"))
        names = (str(path.absolute()).replace("'", "''") for path in (folder, rows, answers))
        home, asked, answered = names
        run_tool(["octave-cli", "--norc", "--eval", _ANSWER.format(home, package, asked, answered)], folder)


def _returned(plan: ScoringPlan) -> str:
    """Return what the struct of predictions holds, in words."""
    if plan.labels:
        return "`label`, and `probabilities` with a column for each label"
    return "`prediction`, with `low` and `high`" if plan.interval else "`prediction`"


def _package(name: str) -> str:
    return name if name[0].isalpha() and name not in _KEYWORDS else f"model_{name}"


def _field(name: str) -> str:
    """Return the field of a column, as ``matlab.lang.makeValidName`` makes it of a name that is none.

    Examples
    --------
    >>> _field("width"), _field("height, in m")
    ('width', "(matlab.lang.makeValidName('height, in m'))")
    """
    if re.fullmatch("[A-Za-z][A-Za-z0-9_]{0,62}", name) and name not in _KEYWORDS:
        return name
    return f"(matlab.lang.makeValidName({_text(name)}))"


def _value(cell: str | float) -> str:
    return f"{{{_text(cell)}}}" if isinstance(cell, str) else repr(cell).removesuffix(".0")


def _text(text: str) -> str:
    plain = text.replace("'", "''")
    if "\n" not in text and "\r" not in text:
        return f"'{plain}'"
    escaped = plain.replace("\\", "\\\\").replace("%", "%%").replace("\n", "\\n").replace("\r", "\\r")
    return f"sprintf('{escaped}')"
