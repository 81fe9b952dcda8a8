"""A release as a Java library without dependencies, for Java 11 or later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from journeyman.entities.candidate import Refusal
from journeyman.exporters.c import literal, target_name
from journeyman.exporters.project_files import build_once, copy_tree, needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["JAVA_OPERATIONS", "JavaExporter", "java_sources"]

_FAMILIES = ("Features", "FreeTexts", "Trees", "Nets", "Scores", "Adjustments")
JAVA_OPERATIONS = frozenset(
    name
    for family in _FAMILIES
    for name in re.findall(r'operations\.put\("(\w+)"', source_text("java", f"main/{family}.java"))
)
"""What the reader in Java knows: what its sources add to its operations."""

_WORDS = """
abstract assert boolean break byte case catch char class const continue default do double else enum extends final
finally float for goto if implements import instanceof int interface long native new null package private protected
public return short static strictfp super switch synchronized this throw throws transient true false try void volatile
while java
"""
_RESERVED = frozenset(_WORDS.split())
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+|-?(?:0|[1-9][0-9]{0,8})")


@dataclass(frozen=True)
class JavaExporter:
    """Writes a package with ``Model`` and ``ScoringPlan``, files for Maven and Gradle, and a test without JUnit.

    Examples
    --------
    >>> "trees" in JavaExporter().operations
    True
    """

    name: str = "java"
    operations: frozenset[str] = JAVA_OPERATIONS

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write sources, ``pom.xml``, ``build.gradle`` and README with a call."""
        plan, package = facts.plan, target_name(facts.package, _RESERVED)
        words = {
            "PACKAGE": package,
            "MODEL": plan.name,
            "XML_MODEL": escape(plan.name),
            "VERSION": f"{plan.version}.0.0",
            "RELEASE": str(plan.version),
            "TARGET": plan.target,
            "ROW": _row(facts),
            "SHOWN": 'prediction.label() + " " + prediction.probabilities()' if plan.labels else "prediction.value()",
            "COLUMNS": ", ".join(f"`{column.name}` ({column.kind})" for column in plan.columns),
        }
        copy_tree("java", folder, words)
        for kind in ("main", "test"):
            target = folder / "src" / kind / "java" / package
            target.mkdir(parents=True)
            for source in sorted((folder / kind).iterdir()):
                source.rename(target / source.name)
            (folder / kind).rmdir()

    def toolchain(self) -> Refusal | None:
        """Return None, or that no Java compiler is installed."""
        return needs_tool(("javac",), "default-jdk-headless")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Compile the library and let its ``Answer`` answer a file of rows."""
        sources = java_sources(folder)
        package = Path(sources[0]).parent.name

        def build(held: Path) -> None:
            run_tool(["javac", "-encoding", "UTF-8", "-nowarn", "-d", str(held), *sources], folder)

        classes = build_once(self.name, [folder / source for source in sources], build)
        words = ["plan.txt", str(rows.absolute()), str(answers.absolute())]
        run_tool(["java", "-cp", str(classes), f"{package}.Answer", *words], folder)


def java_sources(folder: Path) -> list[str]:
    """Return the library's sources, from the project's folder."""
    return [str(path.relative_to(folder)) for path in sorted((folder / "src" / "main" / "java").rglob("*.java"))]


def _row(facts: ProjectFacts) -> str:
    lines = []
    for column in facts.plan.columns:
        text = facts.example.get(column.name, "")
        value = text if column.kind == "number" and _PLAIN.fullmatch(text) else _literal(text)
        if text:
            lines.append(f"row.put({_literal(column.name)}, {value});")
    return "\n        ".join(lines)


def _literal(text: str) -> str:
    r"""Return a text as a literal of Java.

    Examples
    --------
    >>> print(_literal('a "é"'))
    "a \"é\""
    """
    return '"' + "".join(c if c not in '\\"' and c >= " " else literal(c)[1:-1] for c in text) + '"'
