"""The data: rows, their division, the target, missing values, and every column."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.data_figures import column_rows, missing_figure, target_figure
from journeyman.reports.reach_words import reach

__all__ = ["DataSection"]


class DataSection:
    """What the model learned from, column by column."""

    name, title, weight = "data", "Data", 500
    template = Path(__file__).with_name("data.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return figures and the columns that are listed."""
        rows, left_out = column_rows(report)
        return {
            "target": target_figure(report),
            "missing": missing_figure(report),
            "columns": rows,
            "columns_left_out": left_out,
            "reach": reach(report),
        }
