"""A release as a package for R: base R, all rows of a data frame at once."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.exporters.example_row import example_cells, returned_words
from journeyman.exporters.project_files import copy_sources, needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["RExporter"]

_SOURCES = (
    *("NAMESPACE", "man/load_model.Rd", "man/predict.Rd"),
    *(
        f"R/{name}.R"
        for name in ("read_plan", "read_doubles", "read_cells", "free_texts", "steps", "models", "predict", "zzz")
    ),
)
_TEMPLATES = ("DESCRIPTION", "README.md", "tests/selftest.R")
_ANSWER = 'library("{0}", lib.loc = "library"); answer_file(load_model(), "{1}", "{2}")'


@dataclass(frozen=True)
class RExporter:
    """Writes a package whose ``predict`` method takes a data frame.

    References
    ----------
    https://cran.r-project.org/doc/manuals/R-exts.html

    Examples
    --------
    >>> "known" in RExporter().operations
    True
    """

    name: str = "r"

    @property
    def operations(self) -> frozenset[str]:
        """What ``R/zzz.R`` lists."""
        return frozenset(re.findall(r"(\w+) = \w+_step", source_text("r", "R/zzz.R")))

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the package; the plan and the rows of the self-test go where R looks for a package's data."""
        for name in ("R", "man", "tests", "inst/extdata"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        copy_sources("r", _SOURCES, folder)
        words = {
            "PACKAGE": _package(facts.package),
            "VERSION": str(facts.plan.version),
            "TITLE": _quoted_name(facts.plan.name),
            "SUBJECT": _quoted_name(facts.plan.target),
            "EXAMPLE": "\n".join(f"  {_symbol(name)} = {_value(cell)}," for name, cell in example_cells(facts)),
            "RESULT": returned_words(facts.plan),
        }
        for name in _TEMPLATES:
            (folder / name).write_text(source_text("r", name, words), encoding="utf-8")
        for name in ("plan.txt", "selftest.csv"):
            shutil.copy(folder / name, folder / "inst" / "extdata" / name)
        (folder / ".Rbuildignore").write_text("^plan[.]txt$\n^selftest[.]csv$\n", encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that R is not installed."""
        return needs_tool(("Rscript",), "r-base-core")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Install the package into a library of its own, and answer a file of rows."""
        package = _installed_name(folder)
        with tempfile.TemporaryDirectory() as scratch:
            library = Path(scratch, "library")
            library.mkdir()
            made = shutil.copytree(folder, Path(scratch, "package"))
            shutil.copy(folder / "plan.txt", made / "inst" / "extdata" / "plan.txt")
            run_tool(["R", "CMD", "INSTALL", "--no-docs", f"--library={library}", str(made)], Path(scratch))
            names = (_escaped(str(path.absolute())) for path in (rows, answers))
            run_tool(["Rscript", "--vanilla", "-e", _ANSWER.format(package, *names)], Path(scratch))


def _package(name: str) -> str:
    # R allows letters, digits and points, two signs at least, and no point at the end
    plain = name.replace("_", ".").strip(".")
    return plain if len(plain) > 1 else f"{plain}.model"


def _installed_name(folder: Path) -> str:
    first = (folder / "DESCRIPTION").read_text(encoding="utf-8").splitlines()[0]
    return first.removeprefix("Package: ")


def _quoted_name(name: str) -> str:
    return "'" + " ".join(name.split()).replace("'", "") + "'"


def _symbol(name: str) -> str:
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _value(cell: str | float) -> str:
    return f'"{_escaped(cell)}"' if isinstance(cell, str) else repr(cell).removesuffix(".0")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
