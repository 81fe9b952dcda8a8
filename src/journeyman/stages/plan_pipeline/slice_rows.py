"""Slice a program twice: what predicting needs of it, and what learning needs; between them stands what is learned."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from journeyman.entities.recording import CallRole, Span
from journeyman.stages.plan_pipeline.find_prediction import Prediction
from journeyman.stages.plan_pipeline.places import loads, span_of
from journeyman.stages.plan_pipeline.program import Program, Statement, base_name
from journeyman.stages.plan_pipeline.rewrite import Rewriter
from journeyman.stages.plan_pipeline.special_calls import special_call

__all__ = ["Unit", "slice_rows"]

_IN_PLACE_WORDS = "dropna drop_duplicates query drop sort_values sort_index sample reset_index"
_IN_PLACE_FILTERS = frozenset(_IN_PLACE_WORDS.split())
_SEEDS = frozenset(("seed", "set_seed", "set_random_seed", "seed_everything"))


@dataclass
class Unit:
    """A statement that is kept.

    Attributes
    ----------
    statement : Statement
    learns, predicts : bool
        Whether learning and predicting need it.
    kept : tuple of str
        Names whose values are learned by it, and given back in predicting.
    whole : bool
        Whether all that predicting needs of it are those values.
    guarded : bool
        Whether it leaves rows out, and is passed over in predicting.
    parts : tuple of (str, ast.expr)
        Of a division: each name that predicting needs, and what it is taken from.
    folds : bool
        Whether it is a loop over divisions.
    inside : bool
        Whether it stands in a loop, of which it is the last pass that counts.
    dropped : frozenset of Span
        Statements within it that nothing depends on.
    loop : Unit or None
        Of a statement inside: the loop.
    """

    statement: Statement
    learns: bool = False
    predicts: bool = False
    kept: tuple[str, ...] = ()
    whole: bool = False
    guarded: bool = False
    parts: tuple[tuple[str, ast.expr], ...] = ()
    folds: bool = False
    inside: bool = False
    dropped: frozenset[Span] = frozenset()
    loop: Unit | None = None


def slice_rows(program: Program, prediction: Prediction, rewriter: Rewriter) -> tuple[Unit, ...]:
    """Return the statements that are kept, in their order, each with what needs it."""
    units = [Unit(one, folds=_folds(program, one)) for one in program.statements[: prediction.statement]]
    last = Unit(program.statements[prediction.statement])
    needed = {one.id for node in (prediction.features, prediction.model, *prediction.fit) for one in loads(node)}
    _slice_learning(program, rewriter, [*units, last] if prediction.runs else units, needed)
    if prediction.runs:
        last.learns = True
    inside = [Unit(program.inner(one), inside=True, loop=last) for one in prediction.inside]
    sequence: list[Unit] = []
    for unit in units:
        sequence.append(unit)
        if unit.folds and isinstance(unit.statement.node, ast.For):
            sequence += [Unit(program.inner(one), inside=True, loop=unit) for one in unit.statement.node.body]
    sequence += [*([last] if prediction.runs else []), *inside]
    _slice_predicting(sequence, prediction.features, rewriter, last)
    for unit in sequence:
        rewriter.dropped |= unit.dropped
    return tuple(unit for unit in sequence if unit.learns or unit.predicts)


def _folds(program: Program, statement: Statement) -> bool:
    if not isinstance(statement.node, ast.For):
        return False
    spans = [span_of(node) for node in ast.walk(statement.node.iter) if isinstance(node, ast.Call)]
    splits = {call.span for call in program.recording.calls if call.role is CallRole.SPLIT}
    return any(span in splits for span in spans)


def _slice_learning(program: Program, rewriter: Rewriter, units: list[Unit], needed: set[str]) -> None:
    """Mark the statements that names depend on, the last first."""
    for unit in reversed(units):
        one = unit.statement
        seeds = any(
            isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SEEDS
            for node in ast.walk(one.node)
        )
        if one.shown and not seeds:
            continue
        if seeds or (one.makes | one.changes) & needed or "*" in one.makes:
            unit.learns = True
            if isinstance(one.node, ast.For | ast.While | ast.If | ast.With):
                unit.dropped = program.idle_within(one.node, needed)
            needed -= one.surely
            needed |= program.reads_without(one, unit.dropped | _sources(one.node, rewriter))


def _sources(node: ast.stmt, rewriter: Rewriter) -> frozenset[Span]:
    """Return where the main table is read: rows are given in its place."""
    return frozenset(span_of(one) for one in ast.walk(node) if rewriter.source_of_rows(one))


def _slice_predicting(units: list[Unit], features: ast.expr, rewriter: Rewriter, last: Unit) -> None:
    """Mark what predicting needs, and what of it is learned."""
    needed: dict[str, list[ast.Name]] = {}
    prediction_inside = any(unit.loop is last for unit in units)
    _add(needed, rewriter.needed(features))
    for unit in reversed(units):
        one = unit.statement
        hits = (one.makes | one.changes) & needed.keys()
        if one.shown or (not hits and "*" not in one.makes):
            continue
        if isinstance(one.node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom):
            unit.predicts = True
            for name in one.makes:
                needed.pop(name, None)
            if isinstance(one.node, ast.FunctionDef | ast.ClassDef):
                _add(needed, (n for n in loads(one.node) if n.id in one.reads), one.node)
            continue
        carriers = {name for name in hits if any(rewriter.on_path(rewriter.program.value(n)) for n in needed[name])}
        parts = _parts(one.node, rewriter, carriers)
        if parts:
            unit.predicts, unit.parts = True, parts
            for name in hits:
                needed.pop(name, None)
            unit.kept = tuple(sorted(hits - carriers))
            for _, source in parts:
                _add(needed, rewriter.needed(source))
            continue
        if unit.loop is None and (unit.folds or (unit is last and prediction_inside)):
            kept = tuple(sorted(hits - carriers))  # what carries rows comes by the statements within
            if kept:
                unit.predicts, unit.whole, unit.kept = True, True, tuple(sorted({*unit.kept, *kept}))
            for name in hits:
                needed.pop(name, None)
            continue
        learns = rewriter.reads_rows(one.node) or _reads_file(one.node, rewriter)
        if not carriers and learns and unit.loop is not None:
            unit.loop.kept = tuple(sorted({*unit.loop.kept, *hits}))
            unit.loop.predicts = unit.loop.whole = True
            for name in hits:
                needed.pop(name, None)
            continue
        if not carriers and learns:
            unit.predicts, unit.whole, unit.kept = True, True, tuple(sorted(hits))
            for name in hits:
                needed.pop(name, None)
            continue
        unit.predicts = True
        if carriers and _in_place_filter(one.node, rewriter):
            unit.guarded = True
            continue
        if carriers and learns:
            unit.kept = tuple(sorted((hits - carriers) & one.changes - _fitted_before(one.node, rewriter)))
            for name in unit.kept:
                needed.pop(name, None)
        for name in one.surely | _fitted_before(one.node, rewriter):
            needed.pop(name, None)
        _add(needed, rewriter.needed(one.node), one.node)


def _add(needed: dict[str, list[ast.Name]], names: Iterator[ast.Name], within: ast.AST | None = None) -> None:
    own = set(_own_names(within)) if within is not None else set()
    for name in names:
        if name.id not in own:
            needed.setdefault(name.id, []).append(name)


def _own_names(node: ast.AST) -> Iterator[str]:
    """Yield the names of loops, comprehensions, lambdas and parameters within a node."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.comprehension | ast.For):
            yield from (n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name))
        elif isinstance(inner, ast.arg):
            yield inner.arg


def _parts(node: ast.stmt, rewriter: Rewriter, carriers: set[str]) -> tuple[tuple[str, ast.expr], ...]:
    """Return which name of a division comes from which table."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call) or len(node.targets) != 1:
        return ()
    splits = {
        call.span for call in rewriter.program.recording.calls
        if call.role is CallRole.SPLIT and call.name.endswith("train_test_split")
    }  # fmt: skip
    target = node.targets[0]
    if span_of(node.value) not in splits or not isinstance(target, ast.Tuple | ast.List):
        return ()
    found = []
    for k, one in enumerate(target.elts):
        if isinstance(one, ast.Name) and one.id in carriers and k // 2 < len(node.value.args):
            found.append((one.id, node.value.args[k // 2]))
    return tuple(found)


def _fitted_before(node: ast.stmt, rewriter: Rewriter) -> set[str]:
    """Return the names of transformers whose fit is written as a statement of its own."""
    found: set[str] = set()
    if isinstance(node, ast.Assign | ast.Expr | ast.AugAssign | ast.AnnAssign):
        for inner in ast.walk(node):
            special = special_call(rewriter, inner)
            if special is not None and special.before is not None and isinstance(inner, ast.Call):
                found.add(base_name(inner.func))
    return found


def _reads_file(node: ast.stmt, rewriter: Rewriter) -> bool:
    """Whether a statement reads or makes a table besides the main one."""
    spans = {span_of(inner) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    tables = rewriter.program.recording.tables
    if any(table.span in spans for table in tables):
        return True
    called = {base_name(inner.func) for inner in ast.walk(node) if isinstance(inner, ast.Call)}
    functions = [rewriter.program.functions[name] for name in called if name in rewriter.program.functions]
    return any(_inside(table.span, span_of(function)) for table in tables for function in functions)


def _inside(inner: Span, outer: Span) -> bool:
    return outer.line <= inner.line and inner.end_line <= outer.end_line


def _in_place_filter(node: ast.stmt, rewriter: Rewriter) -> bool:
    """Whether a statement leaves rows of a table out where it stands."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    call = node.value
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _IN_PLACE_FILTERS:
        return False
    if not isinstance(call.func.value, ast.Name):
        return False
    if call.func.attr == "drop" and any(
        one.arg == "columns" or (one.arg == "axis" and getattr(one.value, "value", 0) in (1, "columns"))
        for one in call.keywords
    ):
        return False
    before = rewriter.program.value(call.func.value)
    after = rewriter.program.next_value(call.func.value)
    if before is None or after is None or before.rows is None or after.rows is None:
        return call.func.attr in ("dropna", "drop_duplicates")
    return before.rows != after.rows
