"""Faults of the feed that do not go away: after a while they are the normal state, and are learned with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from journeyman.entities.finding import Severity
from journeyman.entities.operating import MonitorResult
from journeyman.entities.signal import LastingFault, Signal, Tier, Watched
from journeyman.stages.monitor.spans import broken_spans, end_faults

__all__ = ["LOST", "follow_faults", "follow_returns", "is_lasting", "lost_columns", "settle_faults"]

LOST = ("DR001", "DR002")
"""Codes that say that a column holds nothing any more: it is given up. Of the others something can still be learned."""

_LOOKS = 3
_ROWS = 400
_MILLISECONDS = 2 * 86_400_000
_ANY = 2
"""Times as many looks settle a feed in which there is always something else that is broken."""


def follow_faults(lasting: Sequence[LastingFault], watched: Watched, begin: int) -> tuple[LastingFault, ...]:
    """Return the faults that go on after one more look.

    A look without a fault takes one of its looks away: what is broken at most looks lasts, what is broken now and then
    does not. A look without rows says nothing. The claim "" stands for any fault at all.

    Parameters
    ----------
    begin : int
        Of the span, in milliseconds since 1970.

    Examples
    --------
    >>> stuck = Signal("DR002", Tier.FEED, Severity.ERROR, "", 0, ("x",))
    >>> once = follow_faults((), Watched((stuck,), 250, 0), 1_000)
    >>> once[1]
    LastingFault(claim='DR002 x', since=1000, looks=1, rows=250)
    >>> follow_faults(once, Watched((), 250, 0), 2_000)
    ()
    """
    if not watched.rows:
        return tuple(lasting)
    alarms = [s for s in watched.signals if s.rung is Tier.FEED and s.alarming]
    now = {claim for signal in alarms for claim in signal.claims if claim not in watched.accepted}
    now |= {""} if now else set()
    known = {fault.claim: fault for fault in lasting}
    found = []
    for claim in sorted(now | set(known)):
        fault = known.get(claim, LastingFault(claim, begin, 0, 0))
        if claim in now:
            found.append(replace(fault, looks=fault.looks + 1, rows=fault.rows + watched.rows))
        elif fault.looks > 1:
            found.append(replace(fault, looks=fault.looks - 1))
    return tuple(found)


def is_lasting(fault: LastingFault, end: int) -> bool:
    """Say whether a fault has lasted for so long that nobody can be expected to mend it soon.

    Three looks, 400 rows and two days, all of them: an outage of a day is over by then however often it is looked at,
    and an outage that has lasted goes on for about as long again (docs/decisions/0041).

    Parameters
    ----------
    end : int
        Of the latest span, in milliseconds since 1970.

    Examples
    --------
    >>> [is_lasting(LastingFault("DR001 x", 0, looks, 900), 3 * 86_400_000) for looks in (2, 3)]
    [False, True]
    """
    wanted = 1 if fault.claim else _ANY
    return (
        fault.looks >= wanted * _LOOKS and fault.rows >= wanted * _ROWS and end - fault.since >= wanted * _MILLISECONDS
    )


def lost_columns(faults: Collection[LastingFault]) -> tuple[str, ...]:
    """Return the columns of which such faults leave nothing.

    Examples
    --------
    >>> lost_columns([LastingFault("DR002 x", 0, 3, 900), LastingFault("DR004 z", 0, 3, 900)])
    ('x',)
    """
    return tuple(sorted({f.column for f in faults if f.code in LOST and f.column}))


def settle_faults(lasting: Sequence[LastingFault], looked: MonitorResult, begin: int, end: int) -> MonitorResult:
    """Return a look after the faults that have lasted were taken as the normal state of the feed.

    Their signals alarm nobody from then on, and rows that arrived with them are no longer kept out.

    Parameters
    ----------
    lasting : sequence of LastingFault
        From the look before.
    looked : MonitorResult
        From ``monitor`` and ``undo``.
    begin, end : int
        Of the span, in milliseconds since 1970.
    """
    memory, watched = looked
    faults = follow_faults(lasting, watched, begin)
    settled = tuple(f for f in faults if f.claim and is_lasting(f, end))
    if any(not f.claim and is_lasting(f, end) for f in faults):
        settled = tuple(f for f in faults if f.claim)
    if not settled:
        return MonitorResult(memory, replace(watched, lasting=faults))
    claims = {f.claim for f in settled}
    accepted = tuple(sorted({*watched.accepted, *claims}))
    signals = tuple(_as_normal(s, accepted) for s in watched.signals)
    left = tuple(f for f in faults if f.claim and f.claim not in claims)
    if not any(s.alarming and s.rung is Tier.FEED for s in signals):
        memory = end_faults(memory, min(f.since for f in settled))
    spans = broken_spans(memory)
    watched = replace(watched, signals=signals, accepted=accepted, broken=spans, lasting=left, settled=settled)
    return MonitorResult(memory, watched)


def follow_returns(
    returning: Sequence[LastingFault], watched: Watched, delivering: Collection[str], begin: int, end: int
) -> Watched:
    """Return a look with the given-up columns that deliver again; after as long as a fault takes they have returned.

    Parameters
    ----------
    returning : sequence of LastingFault
        From the look before.
    delivering : collection of str
        Columns that were given up and that this look found to hold what they should.
    begin, end : int
        Of the span, in milliseconds since 1970.
    """
    if not watched.rows:
        return replace(watched, returning=tuple(returning))
    known = {fault.column: fault for fault in returning}
    found = [known.get(name, LastingFault(f"back {name}", begin, 0, 0)) for name in sorted(delivering)]
    found = [replace(fault, looks=fault.looks + 1, rows=fault.rows + watched.rows) for fault in found]
    back = tuple(fault.column for fault in found if is_lasting(fault, end))
    return replace(watched, returning=tuple(f for f in found if f.column not in back), returned=back)


def _as_normal(signal: Signal, accepted: Collection[str]) -> Signal:
    if signal.rung is not Tier.FEED or not signal.alarming or not set(signal.claims) <= set(accepted):
        return signal
    what = signal.message.partition(": ")[2] or signal.message
    message = f"This has lasted for so long that it counts as the normal state of the feed: {what}"
    return replace(signal, severity=Severity.WARNING, message=message)
