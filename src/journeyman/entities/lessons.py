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
        How fast a model goes stale (loss per logarithm of the ratio by which its rows would have grown), and how far
        streams differ in that. What is shipped makes a model of as many rows as the usual horizon pay for one
        retraining just then.
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

    slope: float = 0.08
    slope_spread: float = 0.5
    kept: Mapping[str, float] = field(default_factory=dict)
    windows: Mapping[str, float] = field(default_factory=dict)
    operations: int = 0
