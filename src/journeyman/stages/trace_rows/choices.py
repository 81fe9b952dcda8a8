"""Where a traced program takes the best of several scores: in the code, by a search, or by stopping early."""

from __future__ import annotations

import ast

from journeyman.stages.trace_rows.known_calls import words
from journeyman.stages.trace_rows.values import (
    UNKNOWN,
    Chosen,
    Closure,
    Constant,
    Data,
    Interpreter,
    Items,
    Model,
    Value,
    joined,
)

__all__ = ["STOPS_EARLY", "best_of_branch", "note_best", "stopping_rows", "try_settings"]

_BEST = words(
    "max min sorted argmax argmin nanargmax nanargmin idxmax idxmin amax amin nanmax nanmin nlargest nsmallest "
    "sort_values argsort sort"
)
_STOPPING = words("early_stopping_rounds use_best_model od_wait early_stopping")
STOPS_EARLY = Constant("stops early")
"""What a callback stands for that keeps the best round."""

_HELD = ("eval_set", "validation_data", "evals", "valid_sets", "X_val")


def note_best(tracer: Interpreter, name: str, values: list[Value], node: ast.Call) -> None:
    """Note that a call takes the best of scores, where it is one that does and there are several."""
    if name in _BEST:
        if any(isinstance(one, Closure) for one in values):  # max(depths, key=score_of)
            try_settings(tracer, values, node)
        _note(tracer, joined(*values), node, name)


def try_settings(tracer: Interpreter, values: list[Value], node: ast.Call) -> Value:
    """Go through the functions that an optimiser is given, as it does more than once, and note what it chooses by."""
    tried = [
        tracer.call(one, [UNKNOWN] * len(one.node.args.args), {}, node)
        for one in values
        if isinstance(one, Closure)
        for _ in range(2)
    ]
    _note(tracer, joined(*tried), node)
    return UNKNOWN


def best_of_branch(tracer: Interpreter, node: ast.If, asked: Value) -> None:
    """Note that the best is kept: "if score > best: best = score"; ``asked``: what the condition stands for."""
    if not isinstance(node.test, ast.Compare):
        return
    sides = {ast.unparse(one) for one in (node.test.left, *node.test.comparators)}
    inside = [one for statement in node.body for one in ast.walk(statement)]
    places = [one for one in inside if isinstance(one, ast.Name | ast.Attribute | ast.Subscript)]
    assigned = {ast.unparse(one) for one in places if isinstance(one.ctx, ast.Store)}
    if sides & assigned:
        _note(tracer, joined(asked), node)


def _note(tracer: Interpreter, told: Data, node: ast.AST, how: str = "") -> None:
    fits = {(id(model), model.evaluations[k].after) for model, k in told.scores}
    if len(fits) > 1 or (fits and told.several):
        tracer.choices.append(Chosen(getattr(node, "lineno", 0), told.scores, told.several, how))


def stopping_rows(model: Model, named: dict[str, Value]) -> Data | None:
    """Return the rows by whose score a fit stops early; None where it does not."""
    held = next((named[name] for name in _HELD if name in named), None)
    if held is None:
        return None
    off = named.get("early_stopping_rounds")
    if isinstance(off, Constant) and off.value is None:
        return None
    stops = (model.settings | set(named)) & _STOPPING or model.name.startswith("CatBoost")  # which keeps the best round
    if not stops and not _holds(named.get("callbacks"), STOPS_EARLY):
        return None
    last = held
    while isinstance(last, Items) and last.values and isinstance(last.values[-1], Items):
        last = last.values[-1]
    rows = joined(last.values[0]) if isinstance(last, Items) and last.values else joined(last)
    return rows if rows.rows else None


def _holds(value: Value | None, wanted: Value) -> bool:
    return value is wanted or (isinstance(value, Items) and any(one is wanted for one in value.values))
