"""Projects in C, C++ and Java that are compiled once with all warnings as errors, and asked by their programs."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.c import CExporter
from journeyman.exporters.cpp import CppExporter
from journeyman.exporters.java import JavaExporter
from journeyman.exporters.scoring_plan import plan_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["EXPORTERS", "Built", "build", "ran", "table", "written"]

EXPORTERS = {"c": CExporter(), "cpp": CppExporter(), "java": JavaExporter()}
C_FLAGS = (
    "gcc",
    "-std=c99",
    "-O1",
    "-Wall",
    "-Wextra",
    "-pedantic",
    "-Werror",
    "-ffp-contract=off",
    "-Iinclude",
    "-Isrc",
    "-Iprograms",
)
CPP_FLAGS = ("g++", "-std=c++17", "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Iinclude", "-Iprograms")
SANITIZED = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


@dataclass(frozen=True)
class Built:
    """A project's folder, and the commands that answer a file and compare the reader with its self-test."""

    folder: Path
    answer: tuple[str, ...]
    selftest: tuple[str, ...]


def ran(command: Sequence[str], folder: Path, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run a command, which must end with a code."""
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert code is None or ended.returncode == code, (ended.stdout + ended.stderr)[-3000:]
    return ended


def written(language: str, plan: ScoringPlan, folder: Path, example: dict[str, str] | None = None) -> Path:
    """Write a project into a folder and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    EXPORTERS[language].write(ProjectFacts(plan, "made", example or {}), folder)
    return folder


def build(language: str, folder: Path) -> Built:
    """Compile a written project's programs, warnings being errors; those in C with sanitizers."""
    if language == "java":
        sources = [str(path) for path in sorted(folder.rglob("src/*/java/*/*.java"))]
        ran(["javac", "--release", "11", "-Xlint:all", "-Werror", "-d", "classes", *sources], folder)
        command = ("java", "-XX:TieredStopAtLevel=1", "-cp", str(folder / "classes"))
        return Built(folder, (*command, "made.Answer"), (*command, "made.SelfTest"))
    sources = [f"src/{path.name}" for path in sorted((folder / "src").glob("*.c"))]
    if language == "c":
        ran([*C_FLAGS, *SANITIZED, "-c", *sources, "programs/csv.c"], folder)
        objects = [path.name for path in sorted(folder.glob("*.o"))]
        for program in ("answer", "selftest"):
            ran([*C_FLAGS, *SANITIZED, f"programs/{program}.c", *objects, "-lm", "-o", program], folder)
        return Built(folder, (str(folder / "answer"),), (str(folder / "selftest"),))
    ran([*C_FLAGS, "-c", *sources, "programs/csv.c"], folder)
    objects = [path.name for path in sorted(folder.glob("*.o"))]
    ran([*CPP_FLAGS, "programs/answer.cpp", *objects, "-lm", "-o", "answer_rows"], folder)
    ran([*C_FLAGS, "programs/selftest.c", *objects, "-lm", "-o", "selftest"], folder)
    return Built(folder, (str(folder / "answer_rows"),), (str(folder / "selftest"),))


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows as comma-separated values."""
    held = io.StringIO()
    csv.writer(held, lineterminator="\n").writerows(rows)
    return held.getvalue()


def answers(built: Built, plan: ScoringPlan, rows: Sequence[Sequence[str]], place: Path) -> list[list[str]]:
    """Return what a project answers to rows, by another plan than its own."""
    place.mkdir(exist_ok=True)
    (place / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    (place / "rows.csv").write_text(table(rows), encoding="utf-8")
    ran([*built.answer, "plan.txt", "rows.csv", "answers.csv"], place)
    return list(csv.reader((place / "answers.csv").read_text(encoding="utf-8").splitlines()))
