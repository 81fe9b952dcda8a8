"""Forecasts: what they said of the steps that were kept for the end, how wrong they were, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.outlook import Outlook
from journeyman.entities.report import BuildReport
from journeyman.reports.forecast_figures import ahead_figures, line_figure
from journeyman.reports.quality_figures import unit_of
from journeyman.reports.words import number, percent, plural

__all__ = ["ForecastSection"]


class ForecastSection:
    """Pictures of series and their forecasts; nothing for kinds of task whose rows are no steps of series."""

    name, title, weight = "forecast", "Forecasts", 250
    template = Path(__file__).with_name("forecast.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return figures, the worst series, and what intervals held."""
        outlook, target = report.explanation.outlook, report.task.target
        if outlook is None:
            return None
        return {
            "coming": [line_figure(line, target, unit_of(report)) for line in outlook.coming],
            "kept": [line_figure(line, target, unit_of(report)) for line in outlook.kept],
            "by_step": ahead_figures(outlook),
            "worst": [(s.name, s.rows, number(s.error), number(s.naive)) for s in outlook.worst],
            "held": _held_words(outlook),
            "beaten": _beaten_words(outlook),
            "ahead": plural(len(outlook.ahead), outlook.step, outlook.steps),
        }


def _held_words(outlook: Outlook) -> str:
    """Say what the intervals held of the steps that were kept."""
    rows = sum(row.rows for row in outlook.ahead)
    shares = [
        sum(row.rows * held for row, held in zip(outlook.ahead, every, strict=True)) / rows for every in _held(outlook)
    ]
    return (
        f"80% intervals held {percent(shares[0])} and 95% intervals {percent(shares[1])} of the {rows:,} values that "
        "came."
    )


def _held(outlook: Outlook) -> tuple[list[float], list[float]]:
    return [row.held_80 for row in outlook.ahead], [row.held_95 for row in outlook.ahead]


def _beaten_words(outlook: Outlook) -> str:
    """Say on how many series repeating the past was better; empty where there is one series."""
    if outlook.series < 2:
        return ""
    return f"On {outlook.beaten:,} of {outlook.series:,} series repeating the past was better in these steps."
