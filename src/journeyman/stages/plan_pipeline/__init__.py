"""Plan a pipeline: one source, made of the prototype's own statements, that learns from rows and predicts for rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeyman.entities.conversion import ModelChoice, Operation, OperationKind, PipelineCode
from journeyman.entities.recording import CallRole, RecordedCall, Recording, RowSet
from journeyman.errors import InputError
from journeyman.stages.plan_pipeline.find_prediction import Prediction, find_prediction, list_models
from journeyman.stages.plan_pipeline.find_target import find_target
from journeyman.stages.plan_pipeline.layout import lay_out
from journeyman.stages.plan_pipeline.program import read_program
from journeyman.stages.plan_pipeline.rewrite import Rewriter, Scope
from journeyman.stages.plan_pipeline.slice_rows import Unit, slice_rows
from journeyman.stages.plan_pipeline.tables import TableReader, project_path
from journeyman.stages.plan_pipeline.write_modules import write_modules

__all__ = ["list_models", "plan_pipeline"]

_LIBRARY_WORDS = "statsmodels xgboost lightgbm catboost imblearn nltk scipy tensorflow keras"
_KNOWN_LIBRARIES = tuple(_LIBRARY_WORDS.split())


def plan_pipeline(recording: Recording, choice: ModelChoice | None, target: str | None) -> PipelineCode:
    """Return the code that repeats what a prototype predicted, for any rows.

    Parameters
    ----------
    recording : Recording
        Of one run.
    choice : ModelChoice or None
        Which model; None for the one scored last.
    target : str or None
        Column of the main table that is predicted; None to find it.

    Raises
    ------
    InputError
        Where the program has no model, or its predictions cannot be traced back to rows of a table.
    """
    models = list_models(recording)
    if choice is None and not models:
        raise InputError("no model was fitted", hint="the prototype needs a model that is fitted and asked")
    chosen = choice if choice is not None else models[-1]
    program = read_program(recording)
    prediction = find_prediction(program, chosen)
    scope = _scope(recording, prediction)
    table = recording.tables[scope.table]
    reader = TableReader(program, table)
    rewriter = Rewriter(program, scope, given_rows=reader.given_rows)
    units = slice_rows(program, prediction, rewriter)
    column = target if target is not None else find_target(program, prediction, reader.columns)
    if column not in reader.columns:
        column = "target" if reader.kind in ("bunch", "pair") else None
    layout = lay_out(program, prediction, rewriter, units)
    modules = write_modules(program, prediction, layout, reader, column)
    return PipelineCode(
        modules=modules,
        operations=tuple(_operation(unit, rewriter) for unit in units),
        table=scope.table,
        columns=tuple(name for name in reader.columns if name != column),
        target=column,
        files={one.path: project_path(one.path) for one in recording.files if not one.written},
        needs=tuple(name for name in _KNOWN_LIBRARIES if any(name in text for text in modules.values())),
        model=chosen,
        call=prediction.call.number,
    )


def _scope(recording: Recording, prediction: Prediction) -> Scope:
    """Return the rows that matter; where it is not known which were predicted, all of the largest table."""
    call = prediction.call
    output = recording.arrays[call.output] if call.output is not None else np.empty(0)
    sets = [number for number in (*call.given, *call.rows) if number is not None]
    if sets:
        rows = recording.row_sets[sets[0]]
    else:
        tables = [table for table in recording.tables if table.n_rows >= max(2, len(output))]
        if not tables:
            raise InputError(
                "the rows that were predicted are of no table that was read",
                hint="the prototype is to predict for rows of a table that it has read",
            )
        largest = max(tables, key=lambda table: table.n_rows)
        rows = RowSet(largest.number, np.arange(largest.n_rows))
    fitted: set[int] = set()
    for one in recording.calls:
        if one.model == call.model and one.role in (CallRole.FIT, CallRole.FIT_TRANSFORM, CallRole.CROSS_VALIDATION):
            fitted |= _numbers(recording, one, rows)
    n_rows = recording.tables[rows.table].n_rows
    return Scope(rows, frozenset(fitted), rows.table, n_rows, frozenset((n_rows, len(rows.numbers), len(output))))


def _numbers(recording: Recording, call: RecordedCall, like: RowSet) -> set[int]:
    found: set[int] = set()
    for number in call.rows:
        if number is not None and recording.row_sets[number].table == like.table:
            found |= set(recording.row_sets[number].numbers.tolist())
    return found


def _operation(unit: Unit, rewriter: Rewriter) -> Operation:
    """Return what a kept statement is."""
    one = unit.statement
    found = list(rewriter.kinds(one.node))
    if unit.parts or unit.folds:
        return Operation(one.node.lineno, one.text, OperationKind.SPLIT, "divides rows as the prototype did")
    if unit.guarded:
        return Operation(one.node.lineno, one.text, OperationKind.FILTER, "leaves rows out, in training only")
    if unit.whole:
        return Operation(one.node.lineno, one.text, OperationKind.LEARNED, f"{', '.join(unit.kept)} is kept")
    if not unit.predicts:
        return Operation(one.node.lineno, one.text, OperationKind.FIT, "needed in learning alone")
    order: Sequence[OperationKind] = (
        OperationKind.OPAQUE, OperationKind.READ, OperationKind.SPLIT, OperationKind.FILTER, OperationKind.LEARNED,
        OperationKind.JOIN,
    )  # fmt: skip
    for kind in order:
        for what, reason in found:
            if what is kind:
                return Operation(one.node.lineno, one.text, kind, reason)
    return Operation(one.node.lineno, one.text, OperationKind.ROW)
