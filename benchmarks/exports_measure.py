"""One export measured: rows that come out equal, the largest difference, size, seconds to build, to load and a row.

Run by benchmarks/exports.py in a process of its own, which can be ended where a target takes too long.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.api.export_deployment import deployment_of
from journeyman.api.export_release import gather_facts
from journeyman.entities.candidate import Refusal
from journeyman.errors import JourneymanError
from journeyman.exporters.scoring_plan import Named, lower
from journeyman.exporters.scoring_plan.comparison import read_answers, tolerance
from journeyman.exporters.scoring_plan.members import without_members
from journeyman.exporters.scoring_plan.project import SelfTest, make_selftest, project_facts, write_project
from journeyman.exporters.scoring_plan.selftest import Answers, answers_text
from journeyman.inference.release import Release
from journeyman.interfaces import DeploymentExporter, ProjectExporter, ReleaseExporter

__all__ = ["Clock", "measured", "written_release"]

ROWS = 2_000


@dataclass(frozen=True)
class Clock:
    """Wall and processor seconds, those of ended child processes included."""

    wall: float
    processor: float

    @staticmethod
    def now() -> Clock:
        times = os.times()
        return Clock(time.perf_counter(), times.user + times.system + times.children_user + times.children_system)

    def __sub__(self, other: Clock) -> Clock:
        return Clock(self.wall - other.wall, self.processor - other.processor)


def measured(release: Release, family: str, exporter: Any, workspace: Path) -> dict[str, Any]:
    """Return what a measurement came to: figures, or why there are none."""
    measure = {"project": _project, "deployment": _deployment, "release": _shown}[family]
    facts = {
        "day": datetime.now(UTC).date().isoformat(),
        "machine_load": round(os.getloadavg()[0], 1),
        "python": sys.version.split()[0],
    }
    try:
        return {**facts, **measure(release, exporter, workspace)}
    except (JourneymanError, ValueError) as error:
        return {**facts, "failed": str(error)}


def written_release(release: Release, exporter: ProjectExporter) -> tuple[Any, Any, tuple[str, ...]]:
    """Return a release's plan and scoring plan with all members that a target knows, and the members left out."""
    members = tuple(member.candidate.algorithm for member in release.report.members)
    left_out: frozenset[int] = frozenset()
    while True:
        kept = tuple(name for i, name in enumerate(members) if i not in left_out)
        plan = without_members(release.plan, left_out)
        written = lower(plan, release.task, Named(release.name, release.version, kept), exporter.operations)
        if not isinstance(written, Refusal):
            return plan, written, tuple(members[i] for i in sorted(left_out))
        # as its hint tells a user to
        told = written.hint.split()
        refused = frozenset(i for i, name in enumerate(members) if name in told)
        if not refused - left_out or len(refused | left_out) == len(members):
            return plan, written, ()
        left_out |= refused


def _project(release: Release, exporter: ProjectExporter, workspace: Path) -> dict[str, Any]:
    lacking = exporter.toolchain()
    if lacking is not None:
        return {"failed": f"not here: {lacking.reason}"}
    plan, written, without = written_release(release, exporter)
    if isinstance(written, Refusal):
        return {"failed": f"not written: {written.reason}"}
    selftest = make_selftest(plan, written, release.columns, release.report.profile.columns, 0, release.left_out)
    facts = project_facts(release, written, selftest, "measured")
    with tempfile.TemporaryDirectory() as held:
        folder = Path(held)
        write_project(exporter, facts, selftest, folder)
        size = _bytes(folder)
        first = _asked(exporter, folder, selftest, 1)  # what is built once is built
        few = min((_asked(exporter, folder, selftest, 1) for _ in range(2)), key=lambda one: one.processor)
        count = len(selftest.answers.predictions)
        many = _asked(exporter, folder, selftest, count)
        told = read_answers(folder / "answers.csv", written)
    wanted = selftest.answers
    equal = (told.scores == wanted.scores).all(axis=1) & (told.predictions == wanted.predictions).all(axis=1)
    largest = np.abs(wanted.predictions).max()
    allowed = max(tolerance(written, wanted), getattr(exporter, "tolerance", 0.0) * max(1.0, largest))
    right = (np.abs(told.predictions - wanted.predictions) <= allowed).all(axis=1)
    return {
        "rows": count,
        "equal": int(equal.sum()),
        "right": int(right.sum()),
        "difference": float(np.abs(told.predictions - wanted.predictions).max() / largest),
        "bytes": size,
        "build": _seconds(first - few),
        "load": _seconds(few),
        "answer": _seconds(many - few),
        **({"without": without} if without else {}),
    }


def _asked(exporter: ProjectExporter, folder: Path, selftest: SelfTest, count: int) -> Clock:
    """Return the seconds that the first rows take in a process of their own."""
    rows = {name: values[:count] for name, values in selftest.rows.items()}
    nothing = Answers(np.empty((count, 0)), np.empty((0, 0)))
    (folder / "rows.csv").write_text(answers_text(rows, nothing), encoding="utf-8", newline="\n")
    start = Clock.now()
    exporter.run(folder, folder / "rows.csv", folder / "answers.csv")
    return Clock.now() - start


def _deployment(release: Release, exporter: DeploymentExporter, workspace: Path) -> dict[str, Any]:
    lacking = exporter.toolchain()
    if lacking is not None:
        return {"failed": f"not here: {lacking.reason}"}
    few, many = deployment_of(release, 1), deployment_of(release, ROWS)
    with tempfile.TemporaryDirectory() as held:
        exporter.write(few, Path(held))
        size = _bytes(Path(held))
        start = Clock.now()
        exporter.check(few, Path(held))
        between = Clock.now()
        told = exporter.check(many, Path(held))
        load, answer = between - start, Clock.now() - between
    equal = sum(one == other for one, other in zip(told, many.predictions, strict=True))
    return {
        "rows": ROWS,
        "equal": equal,
        "right": equal,
        "difference": _largest(told, many.predictions),
        "bytes": size,
        "build": _seconds(start - start),
        "load": _seconds(load),
        "answer": _seconds(answer - load),
    }


def _largest(told: tuple[Any, ...], wanted: tuple[Any, ...]) -> float:
    """Return the largest difference as a share of the largest prediction; of labels 0 or 1."""
    if all(isinstance(one, int | float) for one in (*told, *wanted)):
        values = np.array(wanted, dtype=np.float64)
        return float(np.abs(np.array(told, dtype=np.float64) - values).max() / max(np.abs(values).max(), 1e-300))
    return float(tuple(told) != tuple(wanted))


def _shown(release: Release, exporter: ReleaseExporter, workspace: Path) -> dict[str, Any]:
    lacking = exporter.can_write()
    if lacking is not None:
        return {"failed": f"not here: {lacking.reason}"}
    facts = gather_facts(release, None, workspace, exporter.most_rows)
    rows = facts.scores.rows.num_rows
    with tempfile.TemporaryDirectory() as held:
        start = Clock.now()
        exporter.write(facts, Path(held))
        wrote = Clock.now()
        exporter.check(facts, Path(held))  # raises where a row differs
        checked = Clock.now()
        size = _bytes(Path(held))
    return {
        "rows": rows,
        "equal": rows,
        "right": rows,
        "difference": 0.0,
        "bytes": size,
        "build": _seconds(wrote - start),
        "load": _seconds(start - start),
        "answer": _seconds(checked - wrote),
    }


def _seconds(clock: Clock) -> dict[str, float]:
    return {"wall": round(clock.wall, 4), "processor": round(clock.processor, 4)}


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != "selftest.csv")
