"""A release as a library in C99, which a CMake project builds and any C compiler can."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.project_files import build_once, copy_tree, needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["C_OPERATIONS", "CExporter", "c_sources", "compile_c", "literal", "project_words", "target_name"]

C_OPERATIONS = frozenset(re.findall(r'^    \{"(\w+)", "\w+"\},$', source_text("c", "src/plan_check.c"), re.MULTILINE))
"""What the reader in C knows: the table of its operations."""

_COMPILERS = ("cc", "gcc", "clang")
_TARGETS = frozenset(("all", "c", "clean", "dl", "help", "install", "m", "package", "pthread", "rt", "stdc", "test"))
_FLAGS = ("-std=c99", "-O2", "-ffp-contract=off")  # no product and sum in one rounding
_SHOWN_LABEL = """if (prediction.label >= 0)
        printf("%s\\n", jm_label(model, prediction.label));
    """


@dataclass(frozen=True)
class CExporter:
    """Writes a library of one header and nine sources, a program that answers files, and a test.

    Examples
    --------
    >>> "trees" in CExporter().operations
    True
    """

    name: str = "c"
    operations: frozenset[str] = C_OPERATIONS

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write sources, ``CMakeLists.txt``, a file for pkg-config, and README with a call."""
        copy_tree("c", folder, project_words(facts, target_name(facts.package)))

    def toolchain(self) -> Refusal | None:
        """Return None, or that no C compiler is installed."""
        return needs_tool(_COMPILERS, "gcc")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Compile ``programs/answer.c`` and let it answer a file of rows."""
        sources = c_sources(folder)

        def build(held: Path) -> None:
            objects = compile_c(folder, ("programs/csv.c", "programs/answer.c"), held)
            run_tool([_compiler(), *objects, "-lm", "-o", "answer"], held)

        program = str(build_once(self.name, sources, build) / "answer")
        run_tool([program, "plan.txt", str(rows.absolute()), str(answers.absolute())], folder)


def c_sources(folder: Path) -> list[Path]:
    """Return what is compiled of a project in C or C++: sources and headers."""
    endings = (".c", ".h", ".cpp", ".hpp")
    places = (folder / name for name in ("include", "src", "programs"))
    return sorted(path for place in places for path in place.iterdir() if path.suffix in endings)


def target_name(package: str, reserved: frozenset[str] = frozenset()) -> str:
    """Return a name that build systems, and a language with these words, take for a library.

    Examples
    --------
    >>> target_name("houses"), target_name("test"), target_name("class", frozenset({"class"}))
    ('houses', 'test_model', 'class_model')
    """
    return f"{package}_model" if package in _TARGETS | reserved else package


def compile_c(folder: Path, programs: Sequence[str], held: Path) -> list[str]:
    """Compile the reader and further sources into objects in a folder that is held for a while; return their paths.

    Raises
    ------
    ReleaseError
        Where the compiler fails.
    """
    here = folder.absolute()
    includes = [f"-I{here / name}" for name in ("include", "src", "programs")]
    sources = [*sorted((here / "src").glob("*.c")), *(here / name for name in programs)]
    run_tool([_compiler(), *_FLAGS, *includes, "-c", *map(str, sources)], held)
    return [str(held / f"{source.stem}.o") for source in sources]


def _compiler() -> str:
    return next((name for name in _COMPILERS if shutil.which(name)), _COMPILERS[0])


def project_words(facts: ProjectFacts, package: str) -> dict[str, str]:
    """Return the words of a project in C or C++: names, and the call of its README."""
    plan = facts.plan
    return {
        "PACKAGE": package,
        "MODEL": plan.name,
        "VERSION": f"{plan.version}.0.0",
        "RELEASE": str(plan.version),
        "TARGET": plan.target,
        "ROW": _row(facts),
        "SHOWN_LABEL": _SHOWN_LABEL if plan.labels else "",
        "OUTPUTS": _outputs(plan),
        "COLUMNS": ", ".join(f"`{column.name}` ({column.kind})" for column in plan.columns),
    }


def _outputs(plan: ScoringPlan) -> str:
    if plan.labels:
        return "probabilities in the order of the labels"
    return "the value" if len(plan.outputs) == 1 else "the values"


def _row(facts: ProjectFacts) -> str:
    """Return a row of texts as lines of C, each with its column's name beside it."""
    given = [(column.name, facts.example.get(column.name, "")) for column in facts.plan.columns]
    return "\n".join(f"        {literal(text) if text else 'NULL'}, /* {_comment(name)} */" for name, text in given)


def literal(text: str) -> str:
    r"""Return a text as a literal of C, in ASCII.

    Examples
    --------
    >>> print(literal('a "b"\n'), literal("é1"))
    "a \"b\"\n" "\303\2511"
    """
    named = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r", "?": "\\?"}
    octets = (chr(octet) for octet in text.encode("utf-8"))
    return '"' + "".join(named.get(c, c if " " <= c <= "~" else f"\\{ord(c):03o}") for c in octets) + '"'


def _comment(text: str) -> str:
    return " ".join(text.replace("*/", "* /").replace("/*", "/ *").split())
