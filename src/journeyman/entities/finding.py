"""A finding: something seen in the data or the model, with a stable code, a severity and a hint."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Finding", "Remedy", "Severity", "accept_option", "open_findings"]


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NOT_APPLICABLE = "not applicable"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Remedy(StrEnum):
    """What ``repair`` does about a finding unless the user overrules it."""

    NONE = "none"
    IGNORE_COLUMN = "ignore column"
    DROP_ROWS = "drop rows"
    MERGE_LABELS = "merge labels"
    USE_AS_TIME = "use as time"
    USE_AS_GROUP = "use as group"
    USE_ROW_ORDER = "use row order as time"


@dataclass(frozen=True)
class Finding:
    """Something that was seen, and what follows.

    Attributes
    ----------
    code : str
        Stable: "DQ301". docs/findings/ has a page for each.
    severity : Severity
        How much it matters.
    subject : tuple of str
        Columns (or other subjects) it is about; empty for the whole table.
    message : str
        One sentence: what was seen, with figures.
    hint : str
        One sentence: what the user can do.
    evidence : mapping of str to str, int or float
        Figures behind the message.
    remedy : Remedy
        What ``repair`` will do about it.
    """

    code: str
    severity: Severity
    subject: tuple[str, ...]
    message: str
    hint: str = ""
    evidence: Mapping[str, str | int | float] = field(default_factory=dict)
    remedy: Remedy = Remedy.NONE


def accept_option(code: str, column: str = "") -> str:
    """Return the option that leaves a finding without its remedy, as it is typed in a shell.

    Examples
    --------
    >>> accept_option("DQ306"), accept_option("DQ302", "unit price")
    ('--accept DQ306', "--accept 'DQ302:unit price'")
    """
    return f"--accept {shlex.quote(f'{code}:{column}' if column else code)}"


def open_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings that nobody has settled.

    Settled are those that the settings accept (a DQ601 names their code), and suspicions about columns that are not
    used anyway (a DQ602 names those); that such a column was left out is still told by the finding that did it.

    Examples
    --------
    >>> doubt = Finding("DQ303", Severity.WARNING, ("total",), "may be known only afterwards")
    >>> left_out = Finding("DQ602", Severity.NOTE, ("total",), "1 column is not used")
    >>> [f.code for f in open_findings([doubt, left_out])]
    ['DQ602']
    """
    accepted = {(f.evidence.get("code"), f.subject) for f in findings if f.code == "DQ601"}
    unused = {name for f in findings if f.code == "DQ602" for name in f.subject}

    def settled(finding: Finding) -> bool:
        if finding.code in ("DQ601", "DQ602"):
            return False
        moot = finding.remedy is Remedy.NONE and bool(finding.subject) and unused.issuperset(finding.subject)
        return moot or (finding.code, finding.subject) in accepted

    return tuple(f for f in findings if not settled(f))
