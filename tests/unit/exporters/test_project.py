"""A project that stands alone: its own tests in an interpreter without packages, its training, its one commit."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from tests.unit.exporters.made_plans import form_plan

from journeyman.exporters.project import ProjectFolderExporter
from journeyman.exporters.python_project.scorer import read_plan
from journeyman.exporters.scoring_plan.text_form import plan_text
from journeyman.interfaces.project_exporting import ColumnFacts, MemberFacts, ProjectFacts, TrainingFacts

EXAMPLE = {"size": "2.5", "city": "7", "garden": "no", "day": "2024-05-01", "note": "x"}
KNOWN = (
    ColumnFacts(2.0, 0.0, 9.0),
    ColumnFacts("7"),
    ColumnFacts("no"),
    ColumnFacts(1.7e9, 0.0, 2e9),
    ColumnFacts("x"),
)


def member(algorithm: str) -> MemberFacts:
    return MemberFacts(algorithm, "dense", "plain", {"num_leaves": 4} if algorithm == "lightgbm" else {}, 5, 1, 0.5)


def project(folder: Path, labels: tuple[str, ...] = ("kept", "sold"), members: tuple[str, ...] = ()) -> Path:
    plan = form_plan(labels)
    (folder / "plan.txt").write_text(plan_text(plan), encoding="utf-8")
    model = read_plan(folder / "plan.txt")
    told = model.predict(EXAMPLE)
    with (folder / "selftest.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        scores, outputs = len(told.scores), len(told.predictions)
        writer.writerow(
            [*EXAMPLE, *(f"score {i}" for i in range(scores)), *(f"prediction {i}" for i in range(outputs))]
        )
        writer.writerow([*EXAMPLE.values(), *map(repr, told.scores), *map(repr, told.predictions)])
    training = TrainingFacts(tuple(map(member, members)), "log_loss" if labels else "rmse", 0.5, 60)
    ProjectFolderExporter().write(ProjectFacts(plan, "made", EXAMPLE, KNOWN, training=training), folder)
    return folder


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("labels", [("kept", "sold"), ()])
def test_its_own_tests_pass_without_a_package(tmp_path: Path, labels: tuple[str, ...]) -> None:
    done = run(project(tmp_path, labels), sys.executable, "-I", "-S", "-B", "-m", "unittest", "discover", "tests")
    assert done.returncode == 0, done.stderr
    assert "Ran 8 tests" in done.stderr


def test_its_own_tests_notice_another_model(tmp_path: Path) -> None:
    text = (project(tmp_path) / "plan.txt").read_text(encoding="utf-8")
    (tmp_path / "plan.txt").write_text(text.replace("-0.25", "-0.5"), encoding="utf-8")
    done = run(tmp_path, sys.executable, "-I", "-S", "-B", "-m", "unittest", "discover", "tests")
    assert done.returncode != 0
    assert "test_answers" in done.stderr


@pytest.mark.skipif(which("git") is None, reason="no git here")
def test_it_is_one_commit_and_nothing_is_left_over(tmp_path: Path) -> None:
    project(tmp_path)
    assert len(run(tmp_path, "git", "log", "--format=%h").stdout.split()) == 1
    assert run(tmp_path, "git", "status", "--short").stdout == ""


@pytest.mark.slow
@pytest.mark.parametrize("labels", [("kept", "sold"), ()])
def test_it_learns_again_and_names_what_it_leaves_out(tmp_path: Path, labels: tuple[str, ...]) -> None:
    project(tmp_path, labels, ("linear", "lightgbm", "neighbours", "extra_trees", "neural"))
    rng = np.random.default_rng(0)
    sizes, cities = rng.normal(2.0, 1.0, 80), rng.choice(["Bern", "7", ""], 80)
    with (tmp_path / "table.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*EXAMPLE, "outcome"])
        for size, city in zip(sizes, cities, strict=True):
            outcome = labels[int(size > 2.0)] if labels else f"{size * 3:.3f}"
            writer.writerow([f"{size:.3f}", city, "yes", "2024-05-01", "x", outcome])
    done = run(tmp_path, sys.executable, "train.py", "table.csv")
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    metric, score = first.split(": ")[1].split()
    assert first.startswith("80 rows, 5 folds: ")
    assert float(score) < (0.6 if labels else 2.5)
    assert second == f"the release, out of fold on 60 rows: {metric} 0.5000"
    assert third == "not repeated: neural"
    (tmp_path / "table.csv").write_text("size\n1\n", encoding="utf-8")
    lacking = run(tmp_path, sys.executable, "train.py", "table.csv")
    assert (lacking.returncode, "lacks city" in lacking.stderr) == (1, True)


def test_without_members_that_can_be_repeated_there_is_no_training(tmp_path: Path) -> None:
    project(tmp_path, members=("neural",))
    assert not (tmp_path / "train.py").exists()
    assert "There is no `train.py`" in (tmp_path / "README.md").read_text(encoding="utf-8")
    columns = json.loads((tmp_path / "contract.json").read_text(encoding="utf-8"))["columns"]
    assert (columns[0]["minimum"], columns[1]["categories"][0]) == (0.0, "Bern")
