"""Find the column of the main table that a model was fitted to."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from journeyman.entities.recording import CallRole
from journeyman.stages.plan_pipeline.find_prediction import Prediction
from journeyman.stages.plan_pipeline.places import span_of
from journeyman.stages.plan_pipeline.program import Program

__all__ = ["find_target"]

_DEEPEST = 8


def find_target(program: Program, prediction: Prediction, columns: Sequence[str]) -> str | None:
    """Return the column that a model learned to predict, also where the program gave it another name; or None."""
    for node in _targets(program, prediction):
        for name in _names(program, node, node.lineno, 0):
            found = _column(program, name, columns)
            if found is not None:
                return found
    return None


def _targets(program: Program, prediction: Prediction) -> Iterator[ast.expr]:
    """Yield what the model was given beside features, where it was fitted."""
    roles = (CallRole.FIT, CallRole.FIT_TRANSFORM, CallRole.CROSS_VALIDATION)
    calls = program.recording.calls
    spans = {one.span: one for one in calls if one.model == prediction.call.model and one.role in roles}
    for statement in program.statements:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Call) and (call := spans.get(span_of(node))) is not None:
                yield from _of_statsmodels(program, node)
                place = 2 if call.role is CallRole.CROSS_VALIDATION else 1
                yield from node.args[place : place + 1]
                yield from (one.value for one in node.keywords if one.arg in ("y", "endog"))


def _of_statsmodels(program: Program, fit: ast.Call) -> Iterator[ast.expr]:
    """Yield the target of a model that was given it when it was made: ``OLS(y, X).fit()``."""
    made: ast.AST | None = fit.func.value if isinstance(fit.func, ast.Attribute) else None
    if isinstance(made, ast.Name):
        made = _made_by(program, made.id, fit.lineno)
    value = program.value(made) if isinstance(made, ast.Call) else None
    if isinstance(made, ast.Call) and value is not None and value.type_name.startswith("statsmodels."):
        yield from made.args[:1]
        yield from (one.value for one in made.keywords if one.arg in ("endog", "formula"))


def _names(program: Program, node: ast.AST, line: int, depth: int) -> Iterator[str]:
    """Yield names of columns that an expression may come from, the nearest first."""
    if depth > _DEEPEST:
        return
    value = program.value(node)
    if value is not None and value.columns is not None and len(value.columns) == 1:
        yield value.columns[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "~" in node.value:
        yield node.value.partition("~")[0].strip()
    if isinstance(node, ast.Name):
        made = _made_by(program, node.id, line)
        if made is not None:
            yield from _names(program, made, made.lineno, depth + 1)
    elif isinstance(node, ast.Subscript):
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            yield node.slice.value
        yield from _names(program, node.value, line, depth + 1)
    elif isinstance(node, ast.Attribute):
        yield node.attr
        yield from _names(program, node.value, line, depth + 1)
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield from _names(program, node.func.value, line, depth + 1)
        for one in node.args:
            yield from _names(program, one, line, depth + 1)


def _made_by(program: Program, name: str, line: int) -> ast.expr | None:
    """Return the expression that a variable was given last before a line; of a division the table divided."""
    found: ast.expr | None = None
    for statement in program.statements:
        for node in ast.walk(statement.node):
            if not isinstance(node, ast.Assign) or node.lineno >= line:
                continue
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    found = node.value
                elif isinstance(target, ast.Tuple | ast.List) and isinstance(node.value, ast.Call):
                    places = [k for k, one in enumerate(target.elts) if isinstance(one, ast.Name) and one.id == name]
                    if places and places[0] // 2 < len(node.value.args):
                        found = node.value.args[places[0] // 2]
    return found


def _column(program: Program, name: str, columns: Sequence[str]) -> str | None:
    """Return the column of the main table with a name, or that the program renamed to it."""
    if name in columns:
        return name
    for statement in program.statements:
        for node in ast.walk(statement.node):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    renames = isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and value.value == name
                    if renames and isinstance(key, ast.Constant) and key.value in columns:
                        return str(key.value)
    plain = [one for one in columns if _spelling(one) == _spelling(name)]
    return plain[0] if len(plain) == 1 else None


def _spelling(name: str) -> str:
    return name.strip().lower().replace(" ", "_")
