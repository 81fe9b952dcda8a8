"""Which findings need an act of the reader, and which were dealt with."""

from __future__ import annotations

from collections.abc import Sequence

from journeyman.entities.finding import Finding, Remedy, Severity

__all__ = ["handled_findings", "pressing_findings"]

_GRAVE = (Severity.ERROR, Severity.WARNING)


def pressing_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return findings that need an act, the gravest first: errors and warnings that nothing was done about.

    One without a hint leaves the reader nothing to do: it is told among the notes.

    Examples
    --------
    >>> few = Finding("DQ501", Severity.WARNING, (), "only 90 rows")
    >>> gone = Finding("DQ101", Severity.WARNING, ("age",), "'age' is mostly missing", "fill it, or leave it out")
    >>> [finding.code for finding in pressing_findings([few, gone])]
    ['DQ101']
    """
    pressing = [f for f in findings if f.severity in _GRAVE and f.hint and f.remedy is Remedy.NONE]
    return sorted(pressing, key=lambda f: f.severity.rank)


def handled_findings(findings: Sequence[Finding]) -> list[Finding]:
    """Return errors and warnings whose remedy was applied, the gravest first: to be known, and overruled if wrong."""
    handled = [f for f in findings if f.severity in _GRAVE and f.remedy is not Remedy.NONE]
    return sorted(handled, key=lambda f: f.severity.rank)
