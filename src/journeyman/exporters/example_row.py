"""The row that a project's README calls with, and what comes back, in words."""

from __future__ import annotations

import re

from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.interfaces.project_exporting import ProjectFacts

__all__ = ["example_cells", "returned_words"]

_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def example_cells(facts: ProjectFacts) -> list[tuple[str, str | float]]:
    """Return names of columns and their values: a number where the column is one and the text is plain.

    Examples
    --------
    >>> plan = ScoringPlan("m", 1, "regression", "y", (), (), (), 0, (), (), (0,))
    >>> example_cells(ProjectFacts(plan, "m", {"age": "54.0"}))
    [('age', '54.0')]
    """
    decimals = {column.name: column.decimal for column in facts.plan.columns if column.kind == "number"}
    return [
        (name, float(text) if decimals.get(name) == "." and _PLAIN.fullmatch(text) else text)
        for name, text in facts.example.items()
    ]


def returned_words(plan: ScoringPlan) -> str:
    """Return what a table of predictions holds, in words.

    Examples
    --------
    >>> returned_words(ScoringPlan("m", 1, "regression", "y", (), (), (), 0, (), (), (0,)))
    '`prediction`'
    """
    if plan.labels:
        return "`label`, and a column of probabilities for each label"
    numbers = "`prediction`" if len(plan.outputs) == 1 else "`prediction_0`, `prediction_1`, ..."
    return f"{numbers}, and the interval from `low` to `high`" if plan.interval else numbers
