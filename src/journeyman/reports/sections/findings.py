"""The findings: what needs an act, what was done about the data, and what was noted on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from journeyman.entities.finding import Finding, Severity
from journeyman.entities.report import BuildReport
from journeyman.reports.pressing import handled_findings, pressing_findings
from journeyman.reports.reported_findings import reported_findings

__all__ = ["FindingGroup", "FindingsSection", "group_findings"]

_ALIKE = 3  # findings of one code shown in full before the rest is folded away


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one code: some in full, and how the rest is named."""

    code: str
    severity: str
    style: str
    shown: tuple[Finding, ...]
    folded: tuple[Finding, ...]


class FindingsSection:
    """Findings by what the reader has to do about them, those of one code together."""

    name, title, weight = "findings", "Findings", 200
    template = Path(__file__).with_name("findings.html.j2")

    def view(self, report: BuildReport) -> Mapping[str, object]:
        """Return groups of findings, and the checks that could not apply."""
        findings = reported_findings(report)
        act, handled = pressing_findings(findings), handled_findings(findings)
        shown = [f for f in findings if f.severity is not Severity.NOT_APPLICABLE]
        notes = [f for f in shown if not any(f is other for other in (*act, *handled))]
        return {
            "act": group_findings(act),
            "handled": group_findings(handled),
            "notes": group_findings(notes),
            "note_count": len(notes),
            "skipped": [f for f in findings if f.severity is Severity.NOT_APPLICABLE],
        }


def group_findings(findings: Sequence[Finding]) -> list[FindingGroup]:
    """Group findings by code, the gravest first, so that forty columns with one trouble do not fill the page."""
    chosen = sorted(findings, key=lambda f: f.severity.rank)
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in chosen:
        groups.setdefault((finding.severity, finding.code), []).append(finding)
    styles = {Severity.ERROR: "bad", Severity.WARNING: "warn"}
    return [
        FindingGroup(code, str(severity), styles.get(severity, "calm"), tuple(own[:_ALIKE]), tuple(own[_ALIKE:]))
        for (severity, code), own in groups.items()
    ]
