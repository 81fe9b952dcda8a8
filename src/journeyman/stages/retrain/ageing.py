"""Ageing: how staleness is taken to grow with the truths that a model has not learned from."""

from __future__ import annotations

import math

from journeyman.entities.operation import WindowKind
from journeyman.entities.staleness import Staleness

__all__ = ["aged", "borne", "rows_learned"]


def rows_learned(staleness: Staleness) -> int:
    """Return how many rows the champion's window holds; at least 1."""
    window = staleness.window
    rows = min(staleness.learned, window.rows) if window.kind is WindowKind.SLIDING else staleness.learned
    return max(1, rows)


def aged(age: float, rows: int) -> float:
    """Return how far a model of so many rows has aged once it has missed so many: the logarithm of their ratio.

    Learning curves are about straight in the logarithm of the rows, and a world that wanders has made a small model
    stale sooner than a large one; so staleness is this times a factor that differs little within a stream.

    Examples
    --------
    >>> aged(0, 1000), round(aged(1000, 1000), 3)
    (0.0, 0.693)
    """
    return math.log1p(max(0.0, age) / rows)


def borne(age: float, rows: int) -> float:
    """Return the sum of ``aged`` over all ages up to this one.

    Examples
    --------
    >>> round(borne(1000, 1000)), round(sum(aged(n, 1000) for n in range(1000)), -1)
    (386, 390.0)
    """
    age = max(0.0, age)
    return (rows + age) * math.log1p(age / rows) - age
