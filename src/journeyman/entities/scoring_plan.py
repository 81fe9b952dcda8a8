"""The scoring plan as it leaves home: arrays and steps over registers, which a short reader in any language runs.

What each step means is written in docs/reference/scoring-plan.md.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PLAN_VERSION", "PlanColumn", "PlanStep", "ScoringPlan"]

PLAN_VERSION = 1


@dataclass(frozen=True)
class PlanColumn:
    """A column of raw rows, and how its texts are read.

    Attributes
    ----------
    name : str
        As the table has it.
    kind : str
        "number", "boolean", "category", "date" or "text".
    categories, missing, formats : tuple of str
        Names in the order of their codes; texts that stand for a missing value; formats of dates.
    decimal, unit : str
        Of numbers; the unit may be empty.
    century : int
        Two digits of a year lie in the hundred years from this one.
    """

    name: str
    kind: str
    categories: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    decimal: str = "."
    unit: str = ""
    century: int = 1969


@dataclass(frozen=True)
class PlanStep:
    """An operation and its arguments: registers, numbers, and positions of arrays."""

    operation: str
    arguments: tuple[float, ...]


@dataclass(frozen=True)
class ScoringPlan:
    """A whole release.

    Attributes
    ----------
    name, version, task, target : str, int, str, str
        Of the model.
    columns : tuple of PlanColumn
        Column ``i`` is register ``i``.
    texts, arrays : tuple of tuple of str, tuple of ndarray of float64
        What steps name by position.
    registers : int
        How many there are.
    steps : tuple of PlanStep
        In the order in which they run.
    scores, outputs : tuple of int
        Registers that have the same bits everywhere, and those of the predictions.
    labels : tuple of str
        In the order of the probabilities; empty for values.
    label_type : str
        "str", "int", "float" or "bool": as labels are given back.
    threshold : float or None
        Probability of the second class from which it is predicted; None takes the most probable class.
    ordered : bool
        Whether the classes have an order.
    interval : tuple of int, or None
        Registers of the two ends.
    """

    name: str
    version: int
    task: str
    target: str
    columns: tuple[PlanColumn, ...]
    texts: tuple[tuple[str, ...], ...]
    arrays: tuple[NDArray[np.float64], ...]
    registers: int
    steps: tuple[PlanStep, ...]
    scores: tuple[int, ...]
    outputs: tuple[int, ...]
    labels: tuple[str, ...] = ()
    label_type: str = "str"
    threshold: float | None = None
    ordered: bool = False
    interval: tuple[int, int] | None = None

    @property
    def operations(self) -> frozenset[str]:
        """The operations that a reader must know."""
        return frozenset(step.operation for step in self.steps)
