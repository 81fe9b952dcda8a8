"""Which findings need an act of the reader."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.finding import Finding, Severity

__all__ = ["pressing_findings"]


def pressing_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings that need an act, the gravest first: errors and warnings that offer something to do.

    A warning without a hint leaves the reader nothing to do: it is told among the notes.

    Examples
    --------
    >>> few = Finding("DQ501", Severity.WARNING, (), "only 90 rows")
    >>> gone = Finding("DQ101", Severity.WARNING, ("age",), "'age' is mostly missing", "fill it, or leave it out")
    >>> [finding.code for finding in pressing_findings([few, gone])]
    ['DQ101']
    """
    pressing = [f for f in findings if f.hint and f.severity in (Severity.ERROR, Severity.WARNING)]
    return sorted(pressing, key=lambda f: f.severity.rank)
