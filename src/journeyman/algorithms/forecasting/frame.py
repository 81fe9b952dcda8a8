"""What algorithms of series share: what they are proposed for, and how a fitted rule is loaded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from journeyman.algorithms.forecasting.model import loaded
from journeyman.entities.candidate import Candidate, Refusal
from journeyman.entities.column import Column
from journeyman.entities.metric import FORECAST_LOSS
from journeyman.entities.panel import Panel
from journeyman.entities.task import Task
from journeyman.interfaces import FittedModel

__all__ = ["RuleAlgorithm"]

_SERIES = "series"


@dataclass(frozen=True)
class RuleAlgorithm(ABC):
    """An algorithm whose fitted model is a rule with its spread.

    Whoever extends it says ``rule``, the class of the rule, and what it proposes.
    """

    name: str = ""
    preparations: tuple[str, ...] = (_SERIES,)
    losses: frozenset[str] = frozenset({FORECAST_LOSS})
    rule: ClassVar[type[Any]]

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate] | Refusal:
        """Return what is proposed for series, or why nothing is."""
        if task.panel is None:
            return Refusal("no series to forecast")
        found = self.proposed(task.panel, rows) if task.panel.series else self.proposed_alone(task.panel, rows)
        if isinstance(found, Refusal):
            return found
        return tuple(replace(candidate, preparation=_SERIES) for candidate in found)

    @abstractmethod
    def proposed(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return candidates for several series, the usual one first."""

    def proposed_alone(self, panel: Panel, rows: int) -> Sequence[Candidate] | Refusal:
        """Return candidates for a single series: none.

        A handful of windows of one series cannot tell ten rules apart, and what they prefer is chance: on monthly
        sunspots an ensemble that was so chosen erred 1.6 times as much as the combination, which weighs all rules by
        many more origins inside the history (docs/decisions/0067).

        Examples
        --------
        >>> from journeyman.entities.panel import Calendar, StepUnit
        >>> from journeyman.algorithms.forecasting.theta import Theta
        >>> Theta().proposed_alone(Panel(Calendar(StepUnit.ROW, 1, 0), 12), 100).reason
        'one series shows too little to choose it by, and forecast_combination weighs it with others'
        """
        return Refusal("one series shows too little to choose it by, and forecast_combination weighs it with others")

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return loaded(files, self.rule)
