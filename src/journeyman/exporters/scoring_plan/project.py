"""A release as a project in another language: what belongs to every one of them, and the check by its own runtime."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.plan import Plan
from journeyman.entities.profile import ColumnProfile
from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.scoring_plan.comparison import compare, read_answers
from journeyman.exporters.scoring_plan.plan_answers import plan_answers
from journeyman.exporters.scoring_plan.selftest import Answers, answers_text, keep_rows, selftest_rows
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.interfaces import ProjectExporter, ProjectFacts

__all__ = ["SelfTest", "check_project_answers", "make_selftest", "write_project"]

_UNSURE = 1e-9  # of a label: what is nearer to another one than this may be told otherwise by another library


@dataclass(frozen=True)
class SelfTest:
    """Rows as texts, and what the release answers."""

    rows: dict[str, list[str]]
    answers: Answers

    def text(self) -> str:
        """Return ``selftest.csv``."""
        return answers_text(self.rows, self.answers)

    def example(self) -> dict[str, str]:
        """Return the first row."""
        return {name: values[0] for name, values in self.rows.items()}


def make_selftest(
    plan: Plan,
    written: ScoringPlan,
    columns: Sequence[Column],
    profiles: Sequence[ColumnProfile],
    seed: int,
    left_out: Collection[str] = (),
) -> SelfTest:
    """Return at least 2,000 rows and what the plan answers; rows whose label hangs on a last bit are left out.

    Parameters
    ----------
    written : ScoringPlan
        The plan as it is exported.
    columns, profiles : sequence of Column and of ColumnProfile
        Of the training table: what is read, and what usual values are like.
    left_out : collection of str
        Columns of the training table that are passed over.
    """
    rows = selftest_rows(written, columns, profiles, seed)
    answers = plan_answers(plan, written, columns, rows, left_out)
    return SelfTest(*keep_rows(rows, answers, _sure(written, answers)))


def _sure(written: ScoringPlan, answers: Answers) -> NDArray[np.bool_]:
    """Return the rows whose answers are finite, and whose label no last bit changes."""
    p = answers.predictions
    finite = np.isfinite(p).all(axis=1) & np.isfinite(answers.scores).all(axis=1)
    if not written.labels or p.shape[1] < 2:
        return np.asarray(finite)
    if written.ordered:
        reached = np.cumsum(p, axis=1) - 0.5 * p.sum(axis=1, keepdims=True)
        margin = np.abs(reached).min(axis=1)
    elif written.threshold is not None:
        margin = np.abs(p[:, 1] - written.threshold)
    else:
        best = np.sort(p, axis=1)
        margin = best[:, -1] - best[:, -2]
    sure = finite & ((margin > _UNSURE) | (margin == 0.0))
    return np.asarray(sure if sure.any() else finite)


def write_project(
    exporter: ProjectExporter, written: ScoringPlan, selftest: SelfTest, package: str, folder: Path
) -> None:
    """Write a whole project into an empty folder."""
    (folder / "plan.txt").write_text(plan_text(written), encoding="utf-8", newline="\n")
    (folder / "selftest.csv").write_text(selftest.text(), encoding="utf-8", newline="\n")
    license_text = files("journeyman.exporters.scoring_plan").joinpath("LICENSE.txt").read_text(encoding="utf-8")
    (folder / "LICENSE").write_text(license_text, encoding="utf-8")
    exporter.write(ProjectFacts(written, package, selftest.example()), folder)


def check_project_answers(exporter: ProjectExporter, written: ScoringPlan, selftest: SelfTest, folder: Path) -> None:
    """Let a project answer its self-test in its own runtime, outside of its folder as far as it can.

    Raises
    ------
    ReleaseError
        Where a tool fails, or an answer differs: the row, both answers, and which answer it is.
    """
    with TemporaryDirectory() as held:
        rows, answers = Path(held, "rows.csv"), Path(held, "answers.csv")
        nothing = Answers(np.empty((len(selftest.answers.predictions), 0)), np.empty((0, 0)))
        rows.write_text(answers_text(selftest.rows, nothing), encoding="utf-8", newline="\n")
        exporter.run(folder, rows, answers)
        try:
            told = read_answers(answers, written)
        except (OSError, ValueError, StopIteration) as error:
            raise ReleaseError(f"the {exporter.name} project gave no answers: {error}", hint=_HINT) from error
    if len(told.predictions) != len(selftest.answers.predictions):
        raise ReleaseError(
            f"the {exporter.name} project answered {len(told.predictions)} rows of {len(selftest.answers.predictions)}",
            hint=_HINT,
        )
    difference = compare(written, told, selftest.answers)
    if difference is not None:
        raise ReleaseError(f"the {exporter.name} project answers otherwise: {difference}", hint=_HINT)


_HINT = "use the release itself, and report this with the versions of Journeyman and of the language's tools"
