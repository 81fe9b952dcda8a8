"""Findings as they stand when all is done: what was settled asks for nothing, and only what was done is said to be."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.column import Role
from journeyman.entities.finding import Finding, Remedy, Severity, open_findings
from journeyman.entities.report import BuildReport
from journeyman.entities.task import Scheme

__all__ = ["reported_findings"]

_IN_TIME = (Remedy.USE_AS_TIME, Remedy.USE_ROW_ORDER)


def reported_findings(report: BuildReport) -> tuple[Finding, ...]:
    """Return a report's findings, the settled ones as notes, and remedies only where they were applied.

    A rule proposes a remedy before anyone knows whether the settings, or a stronger finding, will have it otherwise.
    """
    unsettled = {id(f) for f in open_findings(report.findings)}
    return tuple(_settled_note(f, report, id(f) in unsettled) for f in report.findings)


def _settled_note(finding: Finding, report: BuildReport, unsettled: bool) -> Finding:
    if finding.severity is Severity.NOT_APPLICABLE:
        return finding
    if not unsettled:
        return replace(finding, severity=Severity.NOTE, remedy=Remedy.NONE, hint="")
    if not _is_applied(finding, report):
        if finding.remedy in _IN_TIME and report.task.scheme is Scheme.TIME:
            return replace(finding, severity=Severity.NOTE, remedy=Remedy.NONE, hint="")  # another time was followed
        hint = "" if finding.remedy is Remedy.IGNORE_COLUMN else finding.hint  # it says that the column is not used
        return replace(finding, remedy=Remedy.NONE, hint=hint)
    return finding


def _is_applied(finding: Finding, report: BuildReport) -> bool:
    task = report.task
    name = finding.subject[0] if finding.subject else ""
    if finding.remedy is Remedy.IGNORE_COLUMN:
        used = {c.name for c in report.columns if c.role is Role.FEATURE}
        return used.isdisjoint(finding.subject)
    if finding.remedy is Remedy.USE_AS_TIME:
        return task.scheme is Scheme.TIME and task.time_column == name
    if finding.remedy is Remedy.USE_AS_GROUP:
        group = task.group_column or ""  # "name (before the first _)" where it was derived
        return task.scheme is Scheme.GROUPED and (group == name or group.startswith(f"{name} ("))
    if finding.remedy is Remedy.USE_ROW_ORDER:
        return task.scheme is Scheme.TIME and task.time_column is None
    return True
