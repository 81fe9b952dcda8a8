"""Leaks in a program: what a model's score was told that rows to predict cannot tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CodeLeak", "LeakKind"]


class LeakKind(StrEnum):
    """How the rows that judge a model took part in its making."""

    PREPROCESSING = "learned before the split"
    OVERLAP = "rows in both parts"
    RESAMPLED = "resampled before the split"
    TRAINING_SCORE = "scored on the rows it learned from"


@dataclass(frozen=True)
class CodeLeak:
    """A fit whose score is not worth what it says.

    Attributes
    ----------
    kind : LeakKind
    line : int
        Of the fit, from 1.
    method : str
        What was called: "LogisticRegression.fit".
    cause : int
        Line of what brought the judging rows in: a statistic of all rows, a resampling, a division.
    judged : int
        Line of the score or the prediction.
    """

    kind: LeakKind
    line: int
    method: str
    cause: int
    judged: int
