"""Odd rows: what flags a row, the oddest of the table with their reasons, and what marks say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.alarm_words import alarm_words, marked_words, odd_rows

__all__ = ["OddRowsSection"]


class OddRowsSection:
    """Shown where rows are flagged as odd."""

    name, title, weight = "odd-rows", "Odd rows", 250
    template = Path(__file__).with_name("odd_rows.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return words and the oddest rows; None for other kinds of task."""
        if report.evaluation.flagged is None:
            return None
        return {"alarms": alarm_words(report), "marked": marked_words(report), "rows": odd_rows(report)}
