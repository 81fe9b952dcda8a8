"""A gain: what a change of a table brought a model on rows that did not suggest it, with how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Gain"]


@dataclass(frozen=True)
class Gain:
    """How a model learned after a change compares with the same one learned before it, out of fold.

    Attributes
    ----------
    before, after : float
        Mean loss of a row: log loss where classes are predicted, else squared error in the target's unit squared.
    low, high : float
        Interval (95 %) of the share of the loss that the change takes off; below nought where it adds some.
    p_value : float
        That the change takes nothing off, one-sided.
    folds, rows : int
        Pairs of models that were compared, and rows that were predicted.

    Examples
    --------
    >>> gain = Gain(before=0.50, after=0.45, low=0.04, high=0.16, p_value=0.002, folds=15, rows=800)
    >>> round(gain.share, 2), gain.beyond_noise(), gain.beyond_noise(level=0.001)
    (0.1, True, False)
    """

    before: float
    after: float
    low: float
    high: float
    p_value: float
    folds: int
    rows: int

    @property
    def share(self) -> float:
        """Part of the loss that the change takes off; below nought where it adds some."""
        return (self.before - self.after) / self.before if self.before > 0 else 0.0

    def beyond_noise(self, level: float = 0.05) -> bool:
        """Say whether the change takes something off, at a level that allows for all that was tried."""
        return self.after < self.before and self.p_value <= level
