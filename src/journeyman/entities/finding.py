"""A finding: something seen in the data or the model, with a stable code, a severity and a hint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Finding", "Remedy", "Severity"]


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
