"""Every exporter of projects keeps the contract, in its language's own runtime; one that does not is found out."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest

from journeyman.entities.candidate import Refusal
from journeyman.errors import ReleaseError
from journeyman.exporters.python_project import PythonExporter
from journeyman.exporters.scoring_plan import every_operation
from journeyman.interfaces import ProjectFacts
from journeyman.plugins import load_parts, offered
from journeyman.testing.project_checks import PROJECT_CHECKS, PROJECT_MEMBERS, check_project, sample_project_plan

GROUP = "journeyman.project_exporters"
OF_TEXTS = ("answers as the release does", "answers a row alone")  # the rest has nothing to do with texts
ALIASES = {"tensorflow": "saved_model"}
"""Second names: TensorFlow's graphs take minutes to make, and are made once."""
OF_ANY_PLAN = (
    "knows operations that there are",
    "says what to install",
    "refuses a newer plan",
    "notices another model",
)
"""What a plan's kind changes nothing of: checked with one plan, the first of QUICKEST that the exporter can say."""
CHECKED = [
    *(("any", check) for check in OF_ANY_PLAN),
    *((kind, check) for kind in PROJECT_MEMBERS for check in PROJECT_CHECKS if check not in OF_ANY_PLAN),
]
QUICKEST = ("ordered", "quantiles", "regression", "multiclass", "binary", "texts")
TOOLS = ("answers as the release does", "answers a row alone", "refuses a newer plan", "notices another model")


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "check"), CHECKED)
@pytest.mark.parametrize("name", sorted(offered(GROUP) - ALIASES.keys()))
def test_built_in_exporters(
    name: str, kind: str, check: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind == "texts" and check not in OF_TEXTS:
        pytest.skip("checked with plans of other columns")
    if name == "sql_postgresql":
        host, _, port = request.getfixturevalue("server").partition(":")
        words = {"PGHOST": host, "PGPORT": port, "PGUSER": "ann", "PGPASSWORD": "secret-word", "PGDATABASE": "postgres"}
        for variable, value in words.items():
            monkeypatch.setenv(variable, value)
    exporter = load_parts(GROUP, {name})[name]
    lacking = exporter.toolchain()
    # without its extra a target writes nothing
    if lacking is not None and (check in TOOLS or lacking.reason.startswith("needs the extra")):
        pytest.skip(f"{lacking.reason}: {lacking.hint}")
    kinds = QUICKEST if kind == "any" else (kind,)
    plan = next(filter(None, (sample_project_plan(exporter.operations, one) for one in kinds)), None)
    if plan is None:
        pytest.skip(f"{name} knows no member of the task {kind}")
    PROJECT_CHECKS[check](exporter, plan)


@pytest.mark.parametrize("name", ALIASES)
def test_another_name_is_the_same_exporter(name: str) -> None:
    parts = load_parts(GROUP, {name, ALIASES[name]})
    own, other = type(parts[name]), type(parts[ALIASES[name]])
    assert [
        method for method in ("write", "run", "toolchain") if getattr(own, method) is not getattr(other, method)
    ] == []
    assert (parts[name].name, parts[name].operations) == (name, parts[ALIASES[name]].operations)


@dataclass(frozen=True)
class Faulty:
    """The Python project, with a fault."""

    fault: str
    name: str = "faulty"

    @property
    def operations(self) -> frozenset[str]:
        return every_operation() | ({"guess"} if self.fault == "operation" else set())

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        PythonExporter().write(facts, folder)
        if self.fault == "self-test":
            (folder / "selftest.csv").unlink()
            (folder / "selftest.csv").touch()
        if self.fault == "readme":
            (folder / "README.md").write_text("A model.")

    def toolchain(self) -> Refusal | None:
        return Refusal("a tool lacks.") if self.fault == "tools" else None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        if self.fault == "newer":
            text = (folder / "plan.txt").read_text(encoding="utf-8")
            (folder / "plan.txt").write_text(text.replace("journeyman-plan 2", "journeyman-plan 1"), encoding="utf-8")
        if self.fault == "failing":
            raise ReleaseError("the tool said no", hint="ask again")
        PythonExporter().run(folder, rows, answers)
        with answers.open(newline="", encoding="utf-8") as file:
            names, *told = csv.reader(file)
        if self.fault == "bits":  # another last digit of a score
            told = [[repr(float(row[0]) * (1 + 1e-15)), *row[1:]] for row in told]
        if self.fault == "rows":
            told = told[:-1]
        if self.fault == "column":
            names = [name.replace("prediction", "answer") for name in names]
        with answers.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([names, *told])


FAULTS = {
    "operation": ("knows operations that there are", "the scoring plan has no guess"),
    "tools": ("says what to install", "a reason follows a name and has no full stop"),
    "self-test": ("leaves what every project holds", "it changes selftest.csv"),
    "readme": ("leaves what every project holds", "README.md shows no call"),
    "newer": ("refuses a newer plan", "it reads a plan of a newer version"),
    "failing": ("answers a row alone", "the tool said no"),
    "bits": ("answers as the release does", "row 1 of selftest.csv has the score 0"),
    "rows": ("answers a row alone", "answered 0 rows of 1"),
    "column": ("answers a row alone", "the answers lack prediction 0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found(fault: str) -> None:
    check, message = FAULTS[fault]
    plan = sample_project_plan(every_operation(), "ordered")
    assert plan is not None
    with pytest.raises(AssertionError, match=message):
        PROJECT_CHECKS[check](Faulty(fault), plan)


def test_all_checks_are_run_and_the_exporter_is_named() -> None:
    plan = sample_project_plan(every_operation(), "ordered")
    with pytest.raises(AssertionError, match="the exporter faulty on ordered"):
        check_project(Faulty("readme"), plan)
