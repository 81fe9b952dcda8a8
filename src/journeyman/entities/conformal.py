"""How far the truth lies from an answer, learned from out-of-fold predictions."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Conformal"]


@dataclass(frozen=True)
class Conformal:
    """A conformal bound.

    Attributes
    ----------
    coverage : float
        Share of rows whose truth the interval or the set is to hold.
    margin : float
        Numbers: half the width of the interval, in the target's unit. Classes: a class belongs to the set where its
        probability is at least one minus this.
    """

    coverage: float
    margin: float
