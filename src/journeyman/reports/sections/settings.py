"""Technical details: settings and versions, to repeat the build."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.phrases import score_row

__all__ = ["SettingsSection"]


class SettingsSection:
    """Effective settings, and versions of libraries."""

    name, title, weight = "settings", "Technical details", 900
    template = Path(__file__).with_name("settings.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return the score that candidates were chosen by; the rest stands in the report."""
        return {"score": score_row(report.evaluation.main)}
