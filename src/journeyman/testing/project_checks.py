"""Contract checks that any exporter of projects in another language can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PLAN_VERSION, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.scoring_plan import Named, every_operation, lower, plan_text
from journeyman.exporters.scoring_plan.project import SelfTest, check_project_answers, make_selftest, write_project
from journeyman.exporters.scoring_plan.selftest import keep_rows
from journeyman.interfaces import ProjectExporter, ProjectFacts
from journeyman.testing.fitted_plans import NET, FittedPlan, fitted_plan
from journeyman.testing.run_all import run_all

__all__ = ["PROJECT_CHECKS", "PROJECT_MEMBERS", "check_project", "sample_project_plan"]

_PACKAGE = "tiny_model"
_GIVEN = ("LICENSE", "plan.txt", "selftest.csv")
_OF_NUMBERS = (
    ("lightgbm", "native"),
    ("catboost", "native"),
    ("forest", "encoded"),
    ("linear", "dense"),
    ("neighbours", "dense"),
    (NET, "neural"),
    ("lightgbm", "crafted"),
    ("baseline", "native"),
)
PROJECT_MEMBERS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "binary": _OF_NUMBERS,
    "multiclass": (*_OF_NUMBERS[:2], ("extra_trees", "encoded"), *_OF_NUMBERS[3:6]),
    "regression": _OF_NUMBERS,
    "ordered": (("ordered_trees", "native"), ("ordered_linear", "dense")),
    "quantiles": (("quantile_trees", "native"), ("quantile_linear", "dense"), ("baseline", "native")),
    "texts": (("text_linear", "text_sparse"), ("linear", "dense"), ("lightgbm", "native")),
}
"""By kind of task, and of tables with free texts: algorithms that a scoring plan can hold, each with a preparation.

CatBoost's is an extra.
"""


def check_project(exporter: ProjectExporter, plan: FittedPlan | None = None) -> None:
    """Run every check; those that need the language's tools are left out where they lack.

    Parameters
    ----------
    plan : FittedPlan, optional
        One that it can write; for each kind of task those of ``sample_project_plan`` by default.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the exporter.

    Examples
    --------
    >>> from journeyman.exporters.python_project import PythonExporter
    >>> check_project(PythonExporter(), sample_project_plan(PythonExporter().operations, "ordered"))
    """
    plans = [plan] if plan is not None else [sample_project_plan(exporter.operations, kind) for kind in PROJECT_MEMBERS]
    for one in plans:
        if one is not None:
            run_all(f"the exporter {exporter.name} on {one.task.kind}", PROJECT_CHECKS, exporter, one)


@cache
def sample_project_plan(operations: frozenset[str], kind: str) -> FittedPlan | None:
    """Return a plan of all members that a reader of these operations can say; None where there is none of this kind.

    Examples
    --------
    >>> sample_project_plan(every_operation(), "ordered").members
    ('ordered_trees', 'ordered_linear')
    """
    members = PROJECT_MEMBERS[kind]
    if not _says(operations, kind, members):
        members = tuple(one for one in members if _says(operations, kind, (one,)))
    return _fitted(kind, members) if members and _says(operations, kind, members) else None


_fitted = cache(fitted_plan)
"""Exporters differ in what they can say, and most say the same plan."""


@cache
def _says(operations: frozenset[str], kind: str, members: tuple[tuple[str, str], ...]) -> bool:
    try:
        plan = _fitted(kind, members)
    except ImportError:  # an extra that is not installed
        return False
    return not isinstance(lower(plan.plan, plan.task, Named("tiny", 1, plan.members), operations), Refusal)


@dataclass(frozen=True)
class _Made:
    """What a project is written of."""

    written: ScoringPlan
    selftest: SelfTest

    def facts(self) -> ProjectFacts:
        return ProjectFacts(self.written, _PACKAGE, self.selftest.example())


def _project_parts(exporter: ProjectExporter, plan: FittedPlan) -> _Made:
    return _parts_of(exporter.operations, plan)


@cache
def _parts_of(operations: frozenset[str], plan: FittedPlan) -> _Made:
    written = lower(plan.plan, plan.task, Named("tiny model", 1, plan.members), operations)
    assert not isinstance(written, Refusal), f"it cannot say the plan that it is checked with: {written.reason}"
    return _Made(written, make_selftest(plan.plan, written, plan.columns, (), 0))


def _knows_operations_that_there_are(exporter: ProjectExporter, plan: FittedPlan) -> None:
    unknown = sorted(exporter.operations - every_operation())
    assert exporter.operations, "it knows no operation"
    assert not unknown, f"the scoring plan has no {', '.join(unknown)}"


def _says_what_to_install(exporter: ProjectExporter, plan: FittedPlan) -> None:
    lacking = exporter.toolchain()
    if lacking is not None:
        assert lacking.reason.strip(), "it says that tools lack, and not which"
        assert not lacking.reason.endswith("."), "a reason follows a name and has no full stop"
        assert lacking.hint, "it does not say how the tools are installed"


def _leaves_what_every_project_holds(exporter: ProjectExporter, plan: FittedPlan) -> None:
    made = _project_parts(exporter, plan)
    with TemporaryDirectory() as held:
        bare, whole = Path(held, "bare"), Path(held, "whole")
        for folder, one in ((bare, _Nothing()), (whole, exporter)):
            folder.mkdir()
            write_project(one, made.facts(), made.selftest, folder)
        for name in _GIVEN:
            assert (whole / name).read_bytes() == (bare / name).read_bytes(), f"it changes {name}"
        assert (whole / "README.md").is_file(), "it writes no README.md"
        readme = (whole / "README.md").read_text(encoding="utf-8")
        assert plan.columns[0].name.split()[0] in readme, "README.md shows no call with a row"
        assert len([path for path in whole.rglob("*") if path.is_file()]) > len(_GIVEN) + 1, "it writes no program"


def _answers_as_the_release_does(exporter: ProjectExporter, plan: FittedPlan) -> None:
    _check_answers(exporter, _project_parts(exporter, plan))


def _answers_a_row_alone(exporter: ProjectExporter, plan: FittedPlan) -> None:
    made = _project_parts(exporter, plan)
    _check_answers(exporter, replace(made, selftest=_middle_rows(made.selftest, 1)))


def _refuses_a_newer_plan(exporter: ProjectExporter, plan: FittedPlan) -> None:
    made = _project_parts(exporter, plan)
    written = plan_text(made.written).replace(
        f"journeyman-plan {PLAN_VERSION}", f"journeyman-plan {PLAN_VERSION + 1}", 1
    )
    if exporter.toolchain() is None:
        with TemporaryDirectory() as held:
            write_project(exporter, made.facts(), made.selftest, Path(held))
            Path(held, "plan.txt").write_text(written, encoding="utf-8", newline="\n")
            said = _failure(exporter, made.written, _middle_rows(made.selftest, 1), Path(held))
        assert said is not None, "it reads a plan of a newer version"
        assert "\n" not in said, "what its runtime says is told in more than one line"


def _notices_another_model(exporter: ProjectExporter, plan: FittedPlan) -> None:
    """What was written is compared, not what was meant."""
    made = _project_parts(exporter, plan)
    if exporter.toolchain() is None:
        few = _middle_rows(made.selftest, 40)
        other = SelfTest(few.rows, replace(few.answers, predictions=few.answers.predictions + 1e-9))
        with TemporaryDirectory() as held:
            write_project(exporter, made.facts(), made.selftest, Path(held))
            said = _failure(exporter, made.written, other, Path(held))
        assert said is not None, "it gives back the answers of the self-test, and not its own"


def _middle_rows(selftest: SelfTest, rows: int) -> SelfTest:
    """Return rows from the middle of a self-test."""
    place = np.arange(len(selftest.answers.predictions)) - len(selftest.answers.predictions) // 2
    return SelfTest(*keep_rows(selftest.rows, selftest.answers, (place >= 0) & (place < rows)))


def _check_answers(exporter: ProjectExporter, made: _Made) -> None:
    if exporter.toolchain() is None:
        with TemporaryDirectory() as held:
            write_project(exporter, made.facts(), made.selftest, Path(held))
            said = _failure(exporter, made.written, made.selftest, Path(held))
        assert said is None, said


def _failure(exporter: ProjectExporter, written: ScoringPlan, selftest: SelfTest, folder: Path) -> str | None:
    """Return what is said where a project fails or answers otherwise; None where it answers alike."""
    try:
        check_project_answers(exporter, written, selftest, folder)
    except ReleaseError as error:
        return error.message
    return None


class _Nothing:
    """Writes nothing of its own."""

    name = "nothing"
    operations: frozenset[str] = frozenset()

    def write(self, facts: object, folder: Path) -> None:
        """Leave the folder as it is."""

    def toolchain(self) -> Refusal | None:
        """Return that nothing lacks."""
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer nothing."""


PROJECT_CHECKS: Mapping[str, Callable[[ProjectExporter, FittedPlan], None]] = {
    "knows operations that there are": _knows_operations_that_there_are,
    "says what to install": _says_what_to_install,
    "leaves what every project holds": _leaves_what_every_project_holds,
    "answers as the release does": _answers_as_the_release_does,
    "answers a row alone": _answers_a_row_alone,
    "refuses a newer plan": _refuses_a_newer_plan,
    "notices another model": _notices_another_model,
}
