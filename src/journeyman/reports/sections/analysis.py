"""The analysis that a build followed: what was found, what was done about it, and what that gained."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journeyman.entities.report import BuildReport
from journeyman.reports.analysis_words import build_links

__all__ = ["AnalysisSection"]


class AnalysisSection:
    """Discoveries of an analysis, candidates that follow them, and their gains out of fold."""

    name, title, weight = "analysis", "Analysis", 550
    template = Path(__file__).with_name("analysis.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return the chain; None where the build followed no analysis."""
        if report.analysis is None:
            return None
        return {"links": build_links(report), "found": len(report.analysis.discoveries)}
