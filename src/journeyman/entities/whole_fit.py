"""What learning from all rows of a source came to, one member at a time."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WholeFit"]


@dataclass(frozen=True)
class WholeFit:
    """A member of the ensemble, fitted on all rows beside the same candidate on as many as one machine holds.

    Attributes
    ----------
    candidate : str
        Its name.
    reason : str
        Why it was not fitted on all rows; empty where it was.
    rows, sampled : int
        Rows that the one and the other learned from.
    judged : int
        Rows that both were judged by and neither learned from.
    metric : str
        What judged them.
    score, sampled_score : float
        Of the one and the other.
    kept : bool
        Whether the one on all rows is released: it scored at least as well.
    """

    candidate: str
    reason: str = ""
    rows: int = 0
    sampled: int = 0
    judged: int = 0
    metric: str = ""
    score: float = 0.0
    sampled_score: float = 0.0
    kept: bool = False
