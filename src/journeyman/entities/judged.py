"""What a judgement hands on: all that the policy remembers from one round to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from journeyman.entities.operation import Move, WindowPlan
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import LastingFault, Watched
from journeyman.entities.staleness import Staleness

__all__ = ["Judged", "LearnedFrom", "PolicyMemory"]


@dataclass(frozen=True)
class LearnedFrom:
    """What a release learned from: so many truths, in the order in which they came, and which of them."""

    truths: int
    window: WindowPlan


@dataclass(frozen=True)
class PolicyMemory:
    """What the policy remembers of one model, as one small fact.

    Attributes
    ----------
    staleness : Staleness
        What back-tests have said; it holds what the champion learned from.
    contest : PairedComparison or None
        Champion against whatever runs in the shadow.
    shadow : LearnedFrom or None
        What that learned from.
    since : Watched
        Looks since the champion learned, as one: their alarms, the latest of each code, and their rows and labels.
    retry_at : int
        Truths from which on a retraining is tried again, after one that gave no release.
    lost : tuple of LastingFault
        Faults of columns that are given up, of which it is not judged yet whether a model without them pays: the look
        that gave them up may have had something else to do, or another fault.
    last_rows : int
        Rows that had come since the champion learned when it was last learned again without labels.

    Examples
    --------
    >>> PolicyMemory(Staleness(2000)).contest is None
    True
    """

    staleness: Staleness
    contest: PairedComparison | None = None
    shadow: LearnedFrom | None = None
    since: Watched = field(default_factory=lambda: Watched((), 0, 0))
    retry_at: int = 0
    lost: tuple[LastingFault, ...] = ()
    last_rows: int = 0


@dataclass(frozen=True)
class Judged:
    """A move, what is remembered, and what is to be kept with the operation so that it can teach."""

    move: Move
    memory: PolicyMemory
    context: Mapping[str, float] = field(default_factory=dict)
