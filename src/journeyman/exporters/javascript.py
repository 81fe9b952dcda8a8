"""A release as a JavaScript module without dependencies, for Node.js and browsers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.candidate import Refusal
from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.project_files import copy_sources, needs_tool, run_tool, source_text
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["SCRIPT_OPERATIONS", "JavaScriptExporter"]

SCRIPT_OPERATIONS = frozenset(
    re.findall(
        r"\w+",
        """
        plain fill code onehot table calendar gaps slot bin cell weigh product ratio text shape
        constant lines trees forest symmetric neighbours squash waves embed dense bend
        copy logistic share softmax above clip affine divide add ordered mean temper unscale correct known spread factor
        size interval
        """,
    )
)
"""What ``steps.mjs`` and ``texts.mjs`` know; a test compares them."""

_SOURCES = ("plan.mjs", "cells.mjs", "texts.mjs", "steps.mjs", "table.mjs", "answer.mjs", "test.mjs")
_MOST_NAMES = 40  # of a type that lists names; an editor shows no more
_TYPES = {
    "number": "number | string | null",
    "boolean": "boolean | number | string | null",
    "category": "string | number | boolean | null",
    "date": "Date | number | string | null",
    "text": "string | null",
}
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


@dataclass(frozen=True)
class JavaScriptExporter:
    """Writes an ES module that reads ``plan.txt``, its types, a test and a program that answers files.

    Examples
    --------
    >>> "trees" in JavaScriptExporter().operations
    True
    """

    name: str = "javascript"
    operations: frozenset[str] = SCRIPT_OPERATIONS

    def write(self, facts: ProjectFacts, folder: Path) -> None:
        """Write the modules, ``package.json``, ``index.d.ts`` and README."""
        plan = facts.plan
        copy_sources("javascript", _SOURCES, folder)
        package = {
            "name": facts.package,
            "version": f"{plan.version}.0.0",
            "description": f"Predicts {plan.target}",
            "type": "module",
            "exports": {".": {"types": "./index.d.ts", "default": "./plan.mjs"}, "./*": "./*"},
            "types": "./index.d.ts",
            "scripts": {"test": "node test.mjs"},
            "engines": {"node": ">=18"},
            "license": "SEE LICENSE IN LICENSE",
        }
        (folder / "package.json").write_text(json.dumps(package, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        types = {"ROW": _row(plan), "LABEL": _label(plan), "FIELDS": _fields(plan), "PREDICTED": _predicted_words(plan)}
        (folder / "index.d.ts").write_text(source_text("javascript", "index.d.ts", types), encoding="utf-8")
        words = {
            "PACKAGE": facts.package,
            "MODEL": plan.name,
            "VERSION": str(plan.version),
            "TARGET": plan.target,
            "EXAMPLE": _example(facts),
            "SHOWN": "prediction.label, prediction.outputs" if plan.labels else "prediction.value",
            "PREDICTED": _predicted_words(plan),
            "RETURNED": ", ".join(f"`{name}`" for name in _names(plan)),
        }
        (folder / "README.md").write_text(source_text("javascript", "README.md", words), encoding="utf-8")

    def toolchain(self) -> Refusal | None:
        """Return None, or that Node.js is not installed."""
        return needs_tool(("node",), "nodejs")

    def run(self, folder: Path, rows: Path, answers: Path) -> None:
        """Answer a file of rows by ``answer.mjs``."""
        run_tool(["node", "answer.mjs", str(rows.absolute()), str(answers.absolute())], folder)


def _predicted_words(plan: ScoringPlan) -> str:
    """Return what the outputs are, in words."""
    if plan.labels:
        return "probabilities in the order of the labels"
    return "the value" if len(plan.outputs) == 1 else "the values"


def _names(plan: ScoringPlan) -> tuple[str, ...]:
    names = ("label", "labelText", "code") if plan.labels else ("value",)
    return (*names, "low", "high") if plan.interval else names


def _fields(plan: ScoringPlan) -> str:
    types = {"label": "Label", "labelText": "string"}
    return "\n".join(f"  {name}: {types.get(name, 'number')};" for name in _names(plan))


def _row(plan: ScoringPlan) -> str:
    return "\n".join(f"  {_quoted(column.name)}: {_type(column)};" for column in plan.columns)


def _type(column: PlanColumn) -> str:
    if column.kind != "category" or not 0 < len(column.categories) <= _MOST_NAMES:
        return _TYPES[column.kind]
    # the names are offered by editors, and any other text is taken too
    names = " | ".join(map(_quoted, column.categories))
    return f"{names} | (string & {{}}) | number | boolean | null"


def _label(plan: ScoringPlan) -> str:
    if not plan.labels:
        return "never"
    if plan.label_type == "bool":
        return "boolean"
    if plan.label_type in ("int", "float"):
        return "number"
    return " | ".join(map(_quoted, plan.labels)) if len(plan.labels) <= _MOST_NAMES else "string"


def _example(facts: ProjectFacts) -> str:
    kinds = {column.name: column.kind for column in facts.plan.columns}

    def value(name: str, text: str) -> str:
        if text == "":
            return "null"
        return text if kinds.get(name) == "number" and _PLAIN.fullmatch(text) else _quoted(text)

    lines = (f"  {_quoted(name)}: {value(name, text)}," for name, text in facts.example.items())
    return "{\n" + "\n".join(lines) + "\n}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
