"""What projects of tensors share: the inputs of a graph, its facts, a program that answers files, a test, a README."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from journeyman.entities.candidate import needs_extra
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.errors import ReleaseError
from journeyman.exporters.project_files import copy_sources, source_text
from journeyman.exporters.python_project import PythonExporter
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["OUTPUTS", "need_package", "typed_labels", "write_tensor_project"]

OUTPUTS = ("prediction", "probabilities", "value", "values", "low", "high", "scores")
"""What a model may give back."""


def need_package(package: str, extra: str) -> None:
    """Raise ReleaseError where a package is not installed that writes the model."""
    if find_spec(package) is None:
        refusal = needs_extra(extra)
        raise ReleaseError(refusal.reason, hint=refusal.hint)


def typed_labels(plan: ScoringPlan) -> list[str] | list[int] | list[float] | list[bool]:
    """Return labels in the type that they have in the table."""
    if plan.label_type == "int":
        return [int(float(label)) for label in plan.labels]
    if plan.label_type == "float":
        return [float(label) for label in plan.labels]
    if plan.label_type == "bool":
        return [label.lower() in ("true", "1", "1.0", "yes") for label in plan.labels]
    return list(plan.labels)


def write_tensor_project(facts: ProjectFacts, inputs: Mapping[str, str], target: str, folder: Path) -> None:
    """Write all but the model itself.

    Parameters
    ----------
    inputs : mapping of str to str
        Names of the model's inputs by columns.
    target : str
        Folder of the target's own sources.
    """
    plan = facts.plan
    columns = [c for c in plan.columns if c.name in inputs]
    told = {
        "columns": [
            {"name": c.name, "input": inputs[c.name], "kind": c.kind, "categories": list(c.categories)} for c in columns
        ],
        "labels": typed_labels(plan),
        "label_texts": list(plan.labels),
    }
    (folder / "columns.json").write_text(json.dumps(told, indent=1, ensure_ascii=False), encoding="utf-8")
    PythonExporter().write(facts, folder)  # its module reads the texts of a file of rows
    for language, name in (("tensors", "rows_file.py"), ("tensors", "test.py"), (target, "predict.py")):
        (folder / name).write_text(source_text(language, f"{name}.txt"), encoding="utf-8")  # no modules of this package
    copy_sources(target, ("requirements.txt",), folder)
    words = {
        "MODEL": plan.name,
        "VERSION": str(plan.version),
        "TARGET": plan.target,
        "EXAMPLE": _example(facts, inputs, columns, _CELLS[target]),
        "OUTPUTS": _outputs(facts),
    }
    (folder / "README.md").write_text(source_text(target, "README.md", words), encoding="utf-8")


_CELLS = {"onnx": "np.array([[{}]]{})", "saved_model": "np.array([[{}]]{})", "pmml": "{}"}
"""How a call has a value, and what tells that it is a text."""


def _example(facts: ProjectFacts, inputs: Mapping[str, str], columns: Sequence[PlanColumn], cell: str) -> str:
    cells = [
        f"    {inputs[c.name]!r}: {_cell(c, facts.example.get(c.name, ''), cell)},{_comment(c.name, inputs[c.name])}"
        for c in columns
    ]
    return "\n" + "\n".join(cells) + "\n"


def _comment(column: str, name: str) -> str:
    """Return which column an input of another name is."""
    return "" if column == name else f"  # {' '.join(column.split())}"


def _cell(column: PlanColumn, text: str, cell: str) -> str:
    """Return a value of the example as a call has it."""
    missing = "None" if cell == "{}" else "np.nan"
    if column.kind == "category":
        return cell.format(repr(text) if text or cell != "{}" else missing, ", dtype=object")
    if column.kind == "boolean" and text in column.categories:
        return cell.format(float(column.categories.index(text) % 2), "")
    try:
        number = float(text.replace(column.decimal, "."))
    except ValueError:
        return cell.format(missing, "")
    return cell.format(number if np.isfinite(number) else missing, "")


def _outputs(facts: ProjectFacts) -> str:
    plan = facts.plan
    if plan.labels:
        labels = ", ".join(plan.labels[:20]) + (", ..." if len(plan.labels) > 20 else "")
        told = ["`prediction` (the label)", f"`probabilities` of {labels}"]
    elif len(plan.outputs) > 1:
        told = [f"`values` ({', '.join(facts.outputs)})" if facts.outputs else "`values`"]
    else:
        told = ["`value`"]
    told += ["`low` and `high`, the ends of the interval"] if plan.interval else []
    told += ["`scores`, raw scores of trees and lines"] if plan.scores else []
    return "; ".join(told) + "."
