"""Where the splits of a scoring plan lie on the very columns: values on which a reader may err by a last bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.scoring_plan import PlanStep, ScoringPlan

__all__ = ["column_edges"]

FloatArray = NDArray[np.float64]
_CATEGORY = 8
Edges = Callable[[ScoringPlan, PlanStep], Sequence[tuple[int, FloatArray]]]


def column_edges(plan: ScoringPlan) -> dict[int, FloatArray]:
    """Return for columns, by their registers, each threshold and its two neighbours, ascending.

    Thresholds reach columns through the steps ``plain``, ``fill`` and ``code``.
    """
    origins = {i: (i, 0.0, 1.0) for i in range(len(plan.columns))}
    for step in plan.steps:
        if step.operation in ("plain", "code", "fill"):
            passed = _passed_on(plan, step).items()
            origins |= {register: origin for register, origin in passed if origin[0] < len(plan.columns)}
    found: dict[int, list[FloatArray]] = {}
    for step in plan.steps:
        for register, values in _EDGES.get(step.operation, _no_edges)(plan, step):
            if register in origins:
                column, shift, scale = origins[register]
                if scale:
                    found.setdefault(column, []).append(values / scale + shift)
    return {column: _with_neighbours(np.concatenate(parts)) for column, parts in sorted(found.items())}


def _passed_on(plan: ScoringPlan, step: PlanStep) -> Mapping[int, tuple[int, float, float]]:
    """Return which columns registers repeat, and how they are shifted and scaled."""
    first, second = int(step.arguments[0]), int(step.arguments[1])
    if step.operation == "plain":
        return {first: (second, 0.0, 1.0)}
    columns = plan.arrays[second].astype(int).tolist()
    if step.operation == "code":
        return {first + i: (column, 0.0, 1.0) for i, column in enumerate(columns)}
    shift, scale = (plan.arrays[int(step.arguments[i])].tolist() for i in (3, 4))
    return {first + i: (column, shift[i], scale[i]) for i, column in enumerate(columns)}


def _with_neighbours(values: FloatArray) -> FloatArray:
    kept = np.unique(values[np.isfinite(values)])
    return np.unique(np.concatenate([kept, np.nextafter(kept, np.inf), np.nextafter(kept, -np.inf)]))


def _no_edges(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    return ()


def _of_trees(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    registers, feature, threshold, flags = (_array(plan, step, i) for i in (1, 3, 4, 5))
    numbers = (flags.astype(int) & _CATEGORY) == 0
    return _by_feature(registers, feature[numbers], threshold[numbers])


def _of_forest(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    registers, feature, threshold = (_array(plan, step, i) for i in (1, 3, 4))
    return _by_feature(registers, feature, threshold)


def _of_symmetric(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    registers, numbers, entry, border = (_array(plan, step, i) for i in (1, 3, 8, 9))
    asked = entry < len(numbers)
    # the next number of single precision, and where rounding to it begins
    above = np.nextafter(border[asked].astype(np.float32), np.float32(np.inf)).astype(np.float64)
    values = np.concatenate([border[asked], above, (border[asked] + above) / 2])
    return _by_feature(registers, np.tile(numbers[entry[asked].astype(int)], 3), values)


def _of_bins(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    return ((int(step.arguments[1]), _array(plan, step, 2)),)


def _of_factor(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    return ((int(step.arguments[1]), _array(plan, step, 2)),)


def _of_correction(plan: ScoringPlan, step: PlanStep) -> Sequence[tuple[int, FloatArray]]:
    return ((int(step.arguments[4]), np.array(step.arguments[5:7])),)


def _by_feature(registers: FloatArray, feature: FloatArray, values: FloatArray) -> list[tuple[int, FloatArray]]:
    return [(int(registers[int(one)]), values[feature == one]) for one in np.unique(feature)]


def _array(plan: ScoringPlan, step: PlanStep, argument: int) -> FloatArray:
    return plan.arrays[int(step.arguments[argument])]


_EDGES: Mapping[str, Edges] = {
    "trees": _of_trees,
    "forest": _of_forest,
    "symmetric": _of_symmetric,
    "bin": _of_bins,
    "factor": _of_factor,
    "correct": _of_correction,
}
