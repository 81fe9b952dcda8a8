"""A scoring plan run by a library of tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.scoring_plan import PlanColumn, ScoringPlan
from journeyman.exporters.tensors.feature_steps import FEATURE_STEPS, is_equal
from journeyman.exporters.tensors.model_steps import MODEL_STEPS
from journeyman.exporters.tensors.prediction_steps import PREDICTION_STEPS, label_places
from journeyman.exporters.tensors.registers import Arguments, Registers, Writer
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary

__all__ = ["OPERATIONS", "Predicted", "run_plan", "typed_missing"]

_STEPS = {**FEATURE_STEPS, **MODEL_STEPS, **PREDICTION_STEPS}
OPERATIONS = frozenset(_STEPS)


@dataclass(frozen=True)
class Predicted:
    """What a plan predicts of a batch.

    Attributes
    ----------
    scores, outputs : tensor of shape (n_samples, n), scores None where there are none
        Raw scores; probabilities or values.
    interval : tensor of shape (n_samples, 2), or None
        Ends.
    label : tensor of int64 of shape (n_samples,), or None
        Places in the list of labels.
    """

    scores: Tensor | None
    outputs: Tensor
    interval: Tensor | None
    label: Tensor | None


def run_plan(
    t: TensorLibrary, plan: ScoringPlan, columns: Sequence[Tensor], own: Mapping[str, Writer] | None = None
) -> Predicted:
    """Run a plan on columns, each of shape (n_samples, 1): float64 numbers, or codes of categories as float64.

    Parameters
    ----------
    own : mapping of str to callable, optional
        What a library does in its own way, by operation.
    """
    registers = Registers(t)
    for i, (column, given) in enumerate(zip(plan.columns, columns, strict=True)):
        registers.write(i, given if column.kind == "category" else _read(t, column, given), 1)
    for step in plan.steps:
        writer, width = _STEPS[step.operation]
        arguments = Arguments(plan, step)
        made = (own or {}).get(step.operation, writer)(t, registers, arguments)
        registers.write(arguments.whole(0), made, width(arguments))
    outputs = registers.read(plan.outputs)
    return Predicted(
        scores=registers.read(plan.scores) if plan.scores else None,
        outputs=outputs,
        interval=None if plan.interval is None else registers.read(plan.interval),
        label=label_places(t, plan, outputs) if plan.labels else None,
    )


def typed_missing(column: PlanColumn) -> tuple[float, ...]:
    """Return the numbers that stand for a missing value.

    Examples
    --------
    >>> typed_missing(PlanColumn("age", "number", missing=("-1", "none", "99.0")))
    (-1.0, 99.0)
    """
    if column.kind != "number":
        return ()
    return tuple(float(text) for text in column.missing if _is_finite_number(text))


def _is_finite_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _read(t: TensorLibrary, column: PlanColumn, given: Tensor) -> Tensor:
    """Return typed numbers; infinite ones and those that stand for a missing value are NaN."""
    if column.kind == "text":
        return t.like_rows(np.array([math.nan]), given)
    gone = t.call("isinf", given)
    for number in typed_missing(column):
        gone = gone | is_equal(given, number)
    return t.where(gone, math.nan, given)
