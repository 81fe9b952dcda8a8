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
    TARGET = "features that hold the target"
    GROUPS = "one group in both parts"
    TIME = "later rows teach about earlier ones"
    CHOSEN = "chosen by the rows that judge it"


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
        Line of what brought the judging rows in: a statistic of all rows, a resampling, a division, a choice.
    judged : int
        Line of the score or the prediction.
    columns : tuple of str
        That hold the target, name the group, or tell the time; empty for other kinds, and where rows come in order of
        time without a column that says so.
    n_rows : int
        Judging rows that it is about; 0 where the code says it of all.
    derive : str
        How a group is read from its column: "before the last '_'"; "" where the column is the group.
    """

    kind: LeakKind
    line: int
    method: str
    cause: int
    judged: int
    columns: tuple[str, ...] = ()
    n_rows: int = 0
    derive: str = ""
