"""What the findings mean: the pages of their codes, folded up at the end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from journeyman.entities.finding import Severity
from journeyman.entities.report import BuildReport
from journeyman.reports.finding_pages import finding_sections
from journeyman.reports.reported_findings import reported_findings

__all__ = ["PagesSection"]


class PagesSection:
    """A page a code; findings link to them, so the navigation does not."""

    name, title, weight = "pages", "", 1000
    template = Path(__file__).with_name("pages.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object] | None:
        """Return the pages of the codes in this report; None where it has no finding with a page."""
        codes = {f.code for f in reported_findings(report) if f.severity is not Severity.NOT_APPLICABLE}
        pages = [(code, title, [Markup(p) for p in body]) for code, title, body in finding_sections(codes)]
        return {"pages": pages} if pages else None
