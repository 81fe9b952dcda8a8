"""A release as a git repository that tests, serves and trains it without Journeyman."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from journeyman.entities.candidate import Refusal
from journeyman.exporters.project_files import commit_folder, run_tool, source_text
from journeyman.exporters.python_project import PythonExporter, one_module
from journeyman.interfaces.project_exporting import ColumnFacts, ProjectFacts, TrainingFacts

__all__ = ["ProjectFolderExporter"]

_REPEATED = ("lightgbm", "catboost", "linear", "neighbours", "forest", "extra_trees")
_TASKS = ("binary", "multiclass", "regression")
_PINNED = {"lightgbm": "lightgbm", "catboost": "catboost"}
_IGNORED = "__pycache__/\n*.egg-info/\nbuild/\n.venv/\n"
_NO_TRAINING = "There is no `train.py`: members of the task {task} are not repeated outside of Journeyman."


@dataclass(frozen=True)
class ProjectFolderExporter:
    """Writes a repository: model, contract, service, tests, training, CI and Dockerfile, in one commit.

    Examples
    --------
    >>> "trees" in ProjectFolderExporter().operations
    True
    """

    name: str = "project"
    operations: frozenset[str] = PythonExporter().operations

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the repository; without git it is a folder."""
        files = {
            "scorer.py": one_module(),
            "contract.json": _json(_contract(facts)),
            "pyproject.toml": _build_file(facts),
            ".gitignore": _IGNORED,
            "Dockerfile": source_text("project", "Dockerfile"),
            ".github/workflows/test.yml": source_text("project", "workflow.yml"),
            "contract.py": source_text("project", "contract.py.txt"),
            "serve.py": source_text("project", "serve.py.txt"),
            "tests/test_project.py": source_text("project", "test_project.py.txt"),
            "README.md": _readme(facts),
        }
        if _trains(facts):
            files |= {"train.py": source_text("project", "train.py.txt"), "members.json": _json(_members(facts))}
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
        commit_folder(folder, f"{facts.plan.name} {facts.plan.version}: the release, its tests, its service")

    def toolchain(self) -> Refusal | None:
        """Return None: Python is there."""
        return None

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows in an interpreter that sees no installed package."""
        command = [sys.executable, "-I", "-S", "-B", "scorer.py", str(rows.resolve()), str(answers.resolve())]
        run_tool(command, folder)


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def _contract(facts: ProjectFacts) -> dict[str, Any]:
    plan = facts.plan
    known = facts.columns or tuple(ColumnFacts() for _ in plan.columns)
    columns = [
        {
            "name": column.name,
            "kind": column.kind,
            "minimum": fact.minimum if column.kind in ("number", "date") else None,
            "maximum": fact.maximum if column.kind in ("number", "date") else None,
            "categories": list(column.categories) if column.kind != "text" else [],
            "missing": list(column.missing),
        }
        for column, fact in zip(plan.columns, known, strict=True)
    ]
    return {"target": plan.target, "labels": list(plan.labels), "columns": columns}


def _trains(facts: ProjectFacts) -> TrainingFacts | None:
    """Return how the release was trained, where ``train.py`` can repeat some of it."""
    training = facts.training
    if training is None or facts.plan.task not in _TASKS:
        return None
    return training if any(member.algorithm in _REPEATED for member in training.members) else None


def _members(facts: ProjectFacts) -> dict[str, Any]:
    training = facts.training
    assert training is not None  # asked before
    members = [{**asdict(member), "repeated": member.algorithm in _REPEATED} for member in training.members]
    return {"metric": training.metric, "score": training.score, "rows": training.rows, "members": members}


def _build_file(facts: ProjectFacts) -> str:
    plan = facts.plan
    lines = [
        "[build-system]",
        'requires = ["setuptools>=70"]',
        'build-backend = "setuptools.build_meta"',
        "",
        "[project]",
        f'name = "{facts.package.replace("_", "-")}"',
        f'version = "{plan.version}"',
        f"description = {json.dumps(f'Predicts {plan.target}', ensure_ascii=False)}",
        'requires-python = ">=3.9"',
    ]
    training = _trains(facts)
    if training is not None:
        used = {_PINNED[member.algorithm] for member in training.members if member.algorithm in _PINNED}
        pinned = [
            f'"{name}=={found}"'
            for name in ("numpy", "scikit-learn", *sorted(used))
            if (found := _installed_version(name))
        ]
        lines += ["", "[project.optional-dependencies]", f"train = [{', '.join(pinned)}]"]
    return "\n".join([*lines, "", "[tool.setuptools]", 'py-modules = ["scorer", "contract", "serve"]', ""])


def _installed_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _readme(facts: ProjectFacts) -> str:
    plan = facts.plan
    words = {
        "MODEL": plan.name,
        "VERSION": str(plan.version),
        "TARGET": plan.target,
        "PACKAGE": facts.package.replace("_", "-"),
        "EXAMPLE": "{" + ", ".join(f"{name!r}: {text!r}" for name, text in facts.example.items()) + "}",
        "JSON": json.dumps(facts.example, ensure_ascii=False).replace("'", "'\\''"),
        "TRAINING": _training_words(facts),
    }
    return source_text("project", "README.md", words)


def _training_words(facts: ProjectFacts) -> str:
    training = _trains(facts)
    if training is None:
        return _NO_TRAINING.format(task=facts.plan.task)
    lines = ["| member | weight | rounds | replicas | preparation | repeated |", "|---|---|---|---|---|---|"]
    for member in training.members:
        repeated = "yes" if member.algorithm in _REPEATED else "no"
        told = (member.algorithm, f"{member.weight:.3f}", member.rounds, member.copies, member.preparation, repeated)
        lines.append("| " + " | ".join(map(str, told)) + " |")
    score = "" if training.score is None else f"; the release had {training.metric} {training.score:.4g} out of fold"
    return "\n".join(
        [
            *lines,
            "",
            "It repeats the members' algorithms, parameters, rounds, replicas, weights and scales of the target, reads "
            "texts as the release does, and scores five folds of its own" + score + ".",
            "",
            "It does not repeat the search that found these members, the repair of a table, crafted features, "
            "the release's own encodings, folds, stopping, calibration, corrections, known rows, and intervals. "
            "Categories go to LightGBM and CatBoost as they are, and to other members as one column each; where "
            "Journeyman has an algorithm of its own, scikit-learn's nearest relative stands in. What is learnt is "
            "compared, and not written into `plan.txt`. A score that is near the release's says that the members "
            "carry it; one that is not says that what is left out does.",
        ]
    )
