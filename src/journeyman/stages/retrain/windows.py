"""Windows: which rows a retraining may learn from, and which of them the back-tests speak for."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import WindowKind, WindowPlan
from journeyman.entities.staleness import WindowScore

__all__ = ["ALL_ROWS", "choose_window", "score_windows", "window_name", "window_plans", "window_rows"]

ALL_ROWS = WindowPlan(WindowKind.ALL)
_SIZES = (1_000, 4_000, 16_000, 64_000, 256_000)
_MOST_SIZES = 2
_MEMORY = 0.95
"""What a back-test still counts once another block has been tested: the last twenty say most."""
_STANDARD_ERRORS = 1.0
"""A window other than all rows must be ahead by as many standard errors (Breiman's rule): all rows age best."""
_PRIOR_BLOCKS = 4.0
"""Blocks of back-test that what earlier operations taught of a window counts for."""


def window_name(plan: WindowPlan) -> str:
    """Return the name under which a plan is tested.

    Examples
    --------
    >>> window_name(WindowPlan(WindowKind.SLIDING, 4000))
    'sliding 4000'
    """
    return plan.kind.value if plan.kind is WindowKind.ALL else f"{plan.kind.value} {plan.rows}"


def window_plans(rows: int) -> tuple[WindowPlan, ...]:
    """Return the plans worth testing where so many labelled rows are known: all, and two sizes of each other kind.

    Examples
    --------
    >>> [window_name(plan) for plan in window_plans(9_000)]
    ['all', 'sliding 1000', 'sliding 4000', 'weighted 1000', 'weighted 4000']
    """
    sizes = [size for size in _SIZES if 2 * size <= rows][-_MOST_SIZES:]
    kinds = (WindowKind.SLIDING, WindowKind.WEIGHTED)
    return (ALL_ROWS, *(WindowPlan(kind, size) for kind in kinds for size in sizes))


def window_rows(plan: WindowPlan, rows: int) -> tuple[NDArray[np.int64], NDArray[np.float64] | None]:
    """Return which of so many labelled rows, the oldest first, are learned from, and their weights (1 in the mean).

    Examples
    --------
    >>> window_rows(WindowPlan(WindowKind.SLIDING, 2), 5)
    (array([3, 4]), None)
    >>> _, weights = window_rows(WindowPlan(WindowKind.WEIGHTED, 1), 3)
    >>> weights.round(2)
    array([0.43, 0.86, 1.71])
    """
    if plan.kind is WindowKind.SLIDING:
        return np.arange(max(0, rows - plan.rows), rows, dtype=np.int64), None
    index = np.arange(rows, dtype=np.int64)
    if plan.kind is WindowKind.ALL:
        return index, None
    weights = 0.5 ** ((rows - 1 - index) / plan.rows)
    return index, np.asarray(weights / weights.mean())


def score_windows(scores: Mapping[str, WindowScore], means: Mapping[str, float]) -> Mapping[str, WindowScore]:
    """Return the scores after a further block; ``means`` are the mean losses of models of each window on it."""
    least = means[window_name(ALL_ROWS)]
    updated = dict(scores)
    for name, mean in means.items():
        known, step = scores.get(name, WindowScore()), mean - least
        updated[name] = WindowScore(
            known.weight * _MEMORY + 1.0, known.total * _MEMORY + step, known.squares * _MEMORY + step * step
        )
    return updated


def choose_window(scores: Mapping[str, WindowScore], lessons: Lessons, unit: float, rows: int) -> WindowPlan:
    """Return the window that back-tests speak for, beyond doubt where it is not all rows.

    Parameters
    ----------
    scores : mapping of str to WindowScore
        By plan; a window's loss less that of all rows.
    lessons : Lessons
        What other streams taught of windows counts as a few blocks.
    unit : float
        Standard deviation of the reference's losses, in which lessons are told.
    rows : int
        Labelled rows that are known.
    """
    best, chosen = 0.0, ALL_ROWS
    for plan in window_plans(rows):
        name = window_name(plan)
        score = scores.get(name)
        if plan.kind is WindowKind.ALL or score is None or score.weight < 2.0:
            continue
        prior = lessons.windows.get(name)
        mean, weight = score.total / score.weight, score.weight
        error = math.sqrt(max(0.0, score.squares / weight - mean * mean) / max(1.0, weight - 1.0))
        if prior is not None:
            mean = (mean * weight + prior * unit * _PRIOR_BLOCKS) / (weight + _PRIOR_BLOCKS)
            error *= math.sqrt(weight / (weight + _PRIOR_BLOCKS))
        bound = mean + _STANDARD_ERRORS * error
        if bound < best:
            best, chosen = bound, plan
    tested = {name: score.total / score.weight for name, score in scores.items() if score.weight > 0}
    return WindowPlan(chosen.kind, chosen.rows, tested.get(window_name(chosen)), tested)
