"""A project that `journeyman convert` wrote: its contract tells the columns, its package the target."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

from journeyman.entities.foreign_model import ForeignColumn, ForeignKind, ForeignModel, OfferedModel, ValueType
from journeyman.errors import SourceError
from journeyman.importers.models.files import folder_files
from journeyman.sources.parsing.markers import is_missing_sign

__all__ = ["read_project"]

_MODEL, _CONTRACT, _REPORT = "model.joblib", "contract.json", "report.json"


def read_project(folder: Path) -> OfferedModel:
    """Return the model of a project, told by its files alone.

    Raises
    ------
    SourceError
        Where its model or its contract is not there.
    """
    package = sorted(folder.glob("src/*/pipeline.py"))[0].parent
    for name in (_MODEL, _CONTRACT):
        if not (folder / name).is_file():
            raise SourceError(
                f"{folder} has no {name}", hint=f"cd {folder} && python -m {package.name}.train writes it"
            )
    names, columns = _columns(folder / _CONTRACT)
    arguments = {"package": package.name, "file": _MODEL, "code": "src"}
    if names and all(isinstance(name, int) for name in names):
        arguments["numbered"] = "yes"
    report = _json(folder / _REPORT) if (folder / _REPORT).is_file() else {}
    target = report.get("target") or _constant(package / "contract.py", "TARGET") or ""
    model = ForeignModel(ForeignKind.PROJECT, str(folder), columns, str(target), loader="project", arguments=arguments)
    return OfferedModel(model, folder_files(folder), _notes(report))


def _columns(contract: Path) -> tuple[list[Any], tuple[ForeignColumn, ...]]:
    told = _json(contract)
    try:
        listed = told["columns"]
        return [c["name"] for c in listed], tuple(ForeignColumn(str(c["name"]), _type(c), _missing(c)) for c in listed)
    except (KeyError, TypeError) as error:
        raise SourceError(f"{contract} names no columns", hint="write the project anew: journeyman convert") from error


def _type(column: dict[str, Any]) -> ValueType:
    dtype = str(column.get("dtype", "")).lower()
    if dtype.startswith("bool"):
        return ValueType.BOOLEAN
    if dtype.startswith(("int", "uint")):
        return ValueType.INTEGER
    return ValueType.NUMBER if dtype.startswith("float") or column.get("kind") == "number" else ValueType.TEXT


def _missing(column: dict[str, Any]) -> str:
    """Return the category that says "no value" and that the project's table holds as a text; empty without one."""
    signs = [one for one in column.get("categories", ()) if is_missing_sign(str(one).strip().lower())]
    return str(signs[0]) if len(signs) == 1 and not column.get("may_be_missing") else ""


def _json(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SourceError(
            f"{path} cannot be read as JSON", hint="write the project anew: journeyman convert"
        ) from error
    return told if isinstance(told, dict) else {}


def _constant(path: Path, name: str) -> str | None:
    """Return a text that a module sets a name to, read from its syntax; None where it does not."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (OSError, SyntaxError, ValueError):
        return None
    for line in body:
        targets = (
            [line.target] if isinstance(line, ast.AnnAssign) else line.targets if isinstance(line, ast.Assign) else []
        )
        named = any(isinstance(one, ast.Name) and one.id == name for one in targets)
        value = line.value if isinstance(line, ast.Assign | ast.AnnAssign) else None
        if named and isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    return None


def _notes(report: dict[str, Any]) -> tuple[str, ...]:
    told, honest = report.get("score_as_told"), report.get("score_honest")
    if not isinstance(told, int | float) or not isinstance(honest, int | float):
        return ()
    return (f"by its prototype {report.get('metric') or 'score'} is {told:.4g}, and without leaks {honest:.4g}",)
