"""Rows that are steps of series over time (DQ704)."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.errors import InputError
from journeyman.interfaces import RuleContext, RuleScope
from journeyman.panels.words import step_words
from journeyman.quality_rules.sampling import not_applicable
from journeyman.settings import BuildSettings
from journeyman.tasks.forecast_framing import find_panel
from journeyman.tasks.forecast_times import find_time

__all__ = ["PROPOSES_FORECAST", "SeriesOverTimeRule"]

PROPOSES_FORECAST = _CODE = "DQ704"
_FEWEST_STEPS = 12
_REGULAR = 0.98  # of the rows are on the grid


@dataclass(frozen=True)
class SeriesOverTimeRule:
    """Propose a forecast where a number has one row a time, and a series, on a regular calendar."""

    codes: tuple[str, ...] = (_CODE,)
    scope: RuleScope = RuleScope.WHOLE

    def check(self, table: Table, context: RuleContext) -> Sequence[Finding]:
        """Return at most one note."""
        task = context.task
        if task.labels or not table.column(task.target).kind.numeric:
            return [not_applicable(_CODE, "the target is no number")]
        settings = BuildSettings(table.name, task.target, "", time=task.time_column)
        try:
            times = find_time(table, task, settings)
            if times.column is None or not times.dated:
                return [not_applicable(_CODE, "no column holds dates")]
            panel = find_panel(table, task, times, settings)
        except InputError:
            return [not_applicable(_CODE, "rows are no steps of series")]
        step = panel.calendar.steps(times.values)
        known = np.isfinite(step)
        steps = len(np.unique(step[known]))
        if known.mean() < _REGULAR or steps < _FEWEST_STEPS:
            return [not_applicable(_CODE, "rows are no steps of series")]
        series = 1 if not panel.series else len(table.frame[list(panel.series)].drop_duplicates())
        return [_proposal(task, series, sorted(panel.series), step_words(panel.calendar))]


def _proposal(task: Task, series: int, columns: Sequence[str], steps: str) -> Finding:
    found = f" (told apart by {', '.join(columns)})" if columns else ""
    what = f"{series:,} series" if columns else "one series"
    option = f" --task-option {shlex.quote('series=' + ','.join(columns))}" if columns else ""
    return Finding(
        _CODE,
        Severity.NOTE,
        (task.target,),
        f"This looks like {what} of {steps} over time{found}.",
        f"To forecast the {steps} to come, add `--task forecast{option}`.",
        {"series": series},
    )
