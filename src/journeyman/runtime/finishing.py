"""What a job takes after its final fit: a build examines, explains and packages; an estimator does none of that."""

from __future__ import annotations

from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.trial import answers_within
from journeyman.stages.evaluate import MOST_SHUFFLED, SHUFFLING_SECONDS, shuffled_answers
from journeyman.stages.explain import EXPLAINING_SECONDS, MOST_DRAWN, drawn_answers

__all__ = ["embedded_finishing_seconds", "finishing_seconds"]

_OVERHEAD = 0.8
"""Seconds of finishing on a table of few rows: measured from the end of the search to the release."""

_EMBEDDED_OVERHEAD = 0.1

_ROW = 1e-5
"""Seconds that a row of the table takes then."""

_PREPARED_ROW = 1e-5
"""Seconds that preparing a row among many takes, beside what models take to answer it."""


def finishing_seconds(table: Table, split: Split, answer_seconds: float, assumed: float, slow: float) -> float:
    """Return the seconds that evaluating, explaining and packaging take after the final fit (docs/decisions/0007).

    Parameters
    ----------
    answer_seconds : float
        Of one answer of the ensemble.
    assumed : float
        Seconds of an answer by which it is decided how many answers are asked for; more gives fewer.
    slow : float
        How many times longer all else takes here than where it was measured.
    """
    examined = len(split.holdout) or len(split.train)
    allowed = answers_within(assumed, SHUFFLING_SECONDS, MOST_SHUFFLED)
    asked = examined + shuffled_answers(len(table.features), examined, allowed)
    asked += drawn_answers(len(split.train), answers_within(assumed, EXPLAINING_SECONDS, MOST_DRAWN))
    return slow * (_OVERHEAD + _ROW * min(table.source_rows, 300_000) + asked * _PREPARED_ROW) + asked * answer_seconds


def embedded_finishing_seconds(
    table: Table, _split: Split, _answer_seconds: float, _reckoned: float, slow: float
) -> float:
    """Return the seconds that an estimator takes after the final fit: nothing is examined, explained or stored."""
    return slow * (_EMBEDDED_OVERHEAD + _ROW * min(table.source_rows, 300_000))
