"""Which rules a search may choose by windows: of a single series, few of them are no evidence."""

from __future__ import annotations

from journeyman.entities.candidate import Refusal
from journeyman.entities.task import Task

__all__ = ["left_to_combination"]


def left_to_combination(task: Task) -> Refusal | None:
    """Return why a rule is not tried alone; None where it is.

    A handful of windows of one series cannot tell ten rules apart, and what they prefer is chance: on monthly sunspots
    an ensemble that was so chosen erred 1.6 times as much as the combination, which weighs all rules by many more
    origins inside the history (docs/decisions/0067).

    Examples
    --------
    >>> left_to_combination(Task("y", "regression", "rmse"))
    Refusal(reason='no series to forecast', hint='')
    """
    if task.panel is None:
        return Refusal("no series to forecast")
    if not task.panel.series:
        return Refusal("one series shows too little to choose it by, and forecast_combination weighs it with others")
    return None
