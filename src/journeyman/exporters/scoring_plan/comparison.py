"""Whether two readers of a scoring plan answer alike."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.scoring_plan.selftest import Answers

__all__ = ["Difference", "compare", "read_answers", "tolerance"]

FloatArray = NDArray[np.float64]
_SUMS = frozenset({"lines", "dense", "waves", "neighbours", "correct"})
"""Steps whose sums Journeyman's own libraries take in an order of their own."""


@dataclass(frozen=True)
class Difference:
    """The first place where answers differ by more than they may.

    Attributes
    ----------
    row : int
        From 0.
    column : str
        Of the answers, such as "score 0".
    told, wanted : str
        Both answers.
    """

    row: int
    column: str
    told: str
    wanted: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"row {self.row + 1} of selftest.csv has the {self.column} {self.told}; wanted is {self.wanted}"


def tolerance(plan: ScoringPlan, answers: Answers) -> float:
    """Return by how much predictions and ends of intervals may differ."""
    parts = [answers.predictions.ravel(), *([] if answers.interval is None else [answers.interval.ravel()])]
    finite = np.concatenate(parts)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return 0.0
    if plan.operations & _SUMS:
        return 1e-12 * max(1.0, float(np.ptp(finite)))
    return 4.0 * float(np.spacing(max(1.0 if plan.labels else 0.0, float(np.abs(finite).max()))))


def compare(plan: ScoringPlan, told: Answers, wanted: Answers) -> Difference | None:
    """Return the first difference: another bit of a score, a prediction that is too far, another label."""
    allowed = tolerance(plan, wanted)
    pairs = [("score", told.scores, wanted.scores, 0.0), ("prediction", told.predictions, wanted.predictions, allowed)]
    if wanted.interval is not None and told.interval is not None:
        pairs.append(("interval", told.interval, wanted.interval, allowed))
    for word, given, right, most in pairs:
        with np.errstate(invalid="ignore"):  # infinite less infinite
            alike = (given == right) | (np.abs(given - right) <= most) | (np.isnan(given) & np.isnan(right))
        if not alike.all():
            row, column = np.argwhere(~alike)[0].tolist()
            name = ("low", "high")[column] if word == "interval" else f"{word} {column}"
            return Difference(row, name, repr(float(given[row, column])), repr(float(right[row, column])))
    for row, (label, right_label) in enumerate(zip(told.labels, wanted.labels, strict=True)):
        if label != right_label:
            return Difference(row, "label", repr(label), repr(right_label))
    return None


def read_answers(path: Path, plan: ScoringPlan) -> Answers:
    """Return the answers that an export's own reader wrote.

    Raises
    ------
    ValueError
        Where columns lack, or a number is none.
    """
    with path.open(newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    at = {name: i for i, name in enumerate(names)}

    def numbers(wanted: list[str]) -> FloatArray:
        lacking = [name for name in wanted if name not in at]
        if lacking:
            raise ValueError(f"the answers lack {', '.join(lacking)}")
        return np.array([[float(row[at[name]]) for name in wanted] for row in rows]).reshape(len(rows), len(wanted))

    scores = numbers([f"score {i}" for i in range(len(plan.scores))])
    predictions = numbers([f"prediction {i}" for i in range(len(plan.outputs))])
    interval = numbers(["low", "high"]) if plan.interval is not None else None
    if plan.labels and "label" not in at:
        raise ValueError("the answers lack label")
    return Answers(scores, predictions, interval, tuple(row[at["label"]] for row in rows) if plan.labels else ())
