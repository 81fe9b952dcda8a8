"""Why the model predicts as it does: importance, dependence and example rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.example_rows import example_views
from journeyman.reports.reason_figures import dependence_figures, importance_figure

__all__ = ["ReasonsSection"]


class ReasonsSection:
    """What the model relies on, how predictions move with a column, and single rows."""

    name, title, weight = "reasons", "Reasons", 400
    template = Path(__file__).with_name("reasons.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return figures and example rows; None for forecasts, which no column moves."""
        shown = {
            "importance": importance_figure(report),
            "dependences": dependence_figures(report),
            "examples": ()
            if report.evaluation.flagged is not None
            else example_views(report),  # they are a section there
        }
        return None if report.explanation.outlook is not None and not any(shown.values()) else shown
