"""Lessons: what earlier operations, of this and of other models, taught about the next decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Lessons"]


@dataclass(frozen=True)
class Lessons:
    """Beliefs that a decision starts from; without any operation they are what is shipped.

    Losses are in units of the standard deviation of the reference's row losses, so that they carry over.

    Attributes
    ----------
    slope, slope_spread : float
        How fast a model goes stale, per truth it has not learned from, and how far streams differ in that.
    kept : mapping of str to float
        By what led to a retraining: share of the gain that was expected which came true.
    windows : mapping of str to float
        By window: its loss less that of all rows.
    operations : int
        Measured operations behind that.

    Examples
    --------
    >>> Lessons().operations
    0
    """

    slope: float = 6.3e-6
    slope_spread: float = 1.9e-4
    kept: Mapping[str, float] = field(default_factory=dict)
    windows: Mapping[str, float] = field(default_factory=dict)
    operations: int = 0
