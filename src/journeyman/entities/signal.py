"""Signals: what was seen to have changed in the traffic of a served model, and whom it hurts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from journeyman.entities.finding import Severity

__all__ = ["LastingFault", "Signal", "Tier", "Watched"]


class Tier(StrEnum):
    """How much a signal can prove, from the surest to the one that only helps to find the cause."""

    FEED = "feed"
    """The rows arrive broken: somebody has to mend the feed, and nothing is learned from such rows."""
    LOSS = "loss"
    """The truths that came show that the model has become worse."""
    ESTIMATE = "estimate"
    """Without truths: rows have moved to where the model is known to be worse."""
    COLUMN = "column"
    """A column has changed; that alone hurts nobody."""


@dataclass(frozen=True)
class Signal:
    """A detected change in live traffic.

    Attributes
    ----------
    code : str
        Stable: "DR101". docs/findings/ has a page for each.
    rung : Tier
        How much it can prove.
    severity : Severity
        ERROR where it hurts or the feed is broken, WARNING where it may, NOTE for diagnosis.
    message : str
        One sentence in plain words: what changed, with figures.
    since : int
        Milliseconds since 1970: when it began, as far as that can be told.
    columns : tuple of str
        Responsible columns, the weightiest first.
    whom : str
        The rows that are hurt, in words ("region = north"); empty for all of them.
    cost : float
        Loss that it adds to each prediction, in the unit in which answers are judged; 0 where it cannot be told.
    detector : str
        Which part saw it.
    evidence : mapping of str to str, int or float
        Figures behind the message.
    """

    code: str
    rung: Tier
    severity: Severity
    message: str
    since: int
    columns: tuple[str, ...] = ()
    whom: str = ""
    cost: float = 0.0
    detector: str = ""
    evidence: Mapping[str, str | int | float] = field(default_factory=dict)

    @property
    def alarming(self) -> bool:
        """Whether something is to be done about it."""
        return self.severity is Severity.ERROR

    @property
    def claims(self) -> tuple[str, ...]:
        """What it says of which column, so that a person can say that just this is right: "DR004 weight"."""
        return tuple(f"{self.code} {name}" for name in self.columns) or (self.code,)


@dataclass(frozen=True)
class LastingFault:
    """A fault of the feed that was seen at one look after another.

    Attributes
    ----------
    claim : str
        From ``Signal.claims``: "DR002 temperature".
    since : int
        Milliseconds since 1970: begin of the first span in which it was seen.
    looks, rows : int
        Looks at which it was seen, less those at which it was not, and the rows of the former.
    """

    claim: str
    since: int
    looks: int
    rows: int

    @property
    def code(self) -> str:
        """Code of the signal."""
        return self.claim.partition(" ")[0]

    @property
    def column(self) -> str:
        """Name of the column; empty where the claim is about none."""
        return self.claim.partition(" ")[2]


@dataclass(frozen=True)
class Watched:
    """What one look at the traffic gave.

    Attributes
    ----------
    signals : tuple of Signal
        The gravest first.
    rows, labels : int
        Rows that were looked at, and truths that came since the last look.
    loss, reference : float or None
        Mean loss of the truths that came, and of the reference; None where no truth came.
    low, high : float or None
        Interval of the mean loss (95 %).
    estimate, estimate_low, estimate_high : float or None
        Loss estimated without truths, with its interval (95 %).
    broken : tuple of (int, int)
        Spans, in milliseconds since 1970, whose rows arrived broken, so far; nothing is to be learned from them.
    accepted : tuple of str
        Claims of the feed tier that a person has said to be right, or that have lasted: they alarm nobody.
    lasting : tuple of LastingFault
        Faults of the feed that go on, and count as such.
    settled : tuple of LastingFault
        Faults that from this look on count as the normal state of the feed, since they have lasted for so long.
    returning : tuple of LastingFault
        Columns that were given up and deliver again, as if that were a fault: for how many looks and rows.
    returned : tuple of str
        Columns that have delivered for so long that from this look on they are not given up any more.
    refuted : bool
        Whether the truths that came last lie outside of what was estimated without truths, beyond both intervals: the
        estimate says nothing of the model then.
    """

    signals: tuple[Signal, ...]
    rows: int
    labels: int
    loss: float | None = None
    reference: float | None = None
    low: float | None = None
    high: float | None = None
    estimate: float | None = None
    estimate_low: float | None = None
    estimate_high: float | None = None
    broken: tuple[tuple[int, int], ...] = ()
    accepted: tuple[str, ...] = ()
    lasting: tuple[LastingFault, ...] = ()
    settled: tuple[LastingFault, ...] = ()
    returning: tuple[LastingFault, ...] = ()
    returned: tuple[str, ...] = ()
    refuted: bool = False
