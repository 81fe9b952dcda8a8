"""Leases: one holder at a time, taken over when it shows no life, and no write of the one before."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from journeyman.errors import LeaseError
from journeyman.stores.leases import Lease
from journeyman.stores.workspace import Workspace

Opened = Callable[[], Workspace]
NOW, TERM = 10_000, 30_000


def held(lease: Lease | None) -> Lease:
    assert lease is not None
    return lease


def test_one_holder_until_its_term_ends_or_it_lets_go(opened: Opened) -> None:
    leases = opened().leases
    first = held(leases.take("m", "a", NOW, TERM))
    assert leases.take("m", "b", NOW + TERM - 1, TERM) is None
    assert leases.renew(first, NOW + TERM - 1, TERM)
    assert leases.take("m", "b", NOW + TERM + 5, TERM) is None
    assert held(leases.take("other", "b", NOW, TERM)).number == 1
    second = held(leases.take("m", "b", NOW + 2 * TERM, TERM))
    assert second.number == 2
    assert not leases.renew(first, NOW + 2 * TERM, TERM)
    leases.release(first)  # of no effect: it is another's
    assert leases.take("m", "c", NOW + 2 * TERM, TERM) is None
    leases.release(second)
    assert held(leases.take("m", "c", NOW + 2 * TERM, TERM)).number == 3


def test_a_worker_that_wakes_up_after_a_take_over_cannot_write(opened: Opened) -> None:
    ours, theirs = opened(), opened()
    first = held(ours.leases.take("m", "a", NOW, TERM))
    sleeper = ours.fenced(first.fence)
    sleeper.journal.open("m@0", "m@", {}, "t")
    second = held(theirs.leases.take("m", "b", NOW + TERM, TERM))
    with pytest.raises(LeaseError, match="another worker operates m"):
        sleeper.journal.open("m@1", "m@", {}, "t")
    with pytest.raises(LeaseError):
        sleeper.operations.forget_rounds("m", 0)
    theirs.fenced(second.fence).journal.open("m@1", "m@", {}, "t")
    theirs.leases.release(second)
    with pytest.raises(LeaseError):
        theirs.fenced(second.fence).journal.open("m@2", "m@", {}, "t")
    assert [run.id for run in theirs.journal.runs()] == ["m@0", "m@1"]


def test_of_many_who_want_it_at_once_one_gets_it(opened: Opened) -> None:
    places = [opened() for _ in range(4)]
    for term in range(5):
        got: list[Lease] = []
        gate = threading.Barrier(len(places))

        def want(place: Workspace, now: int, gate: threading.Barrier, got: list[Lease]) -> None:
            gate.wait()
            lease = place.leases.take("m", "x", now, TERM)
            if lease is not None:
                got.append(lease)

        threads = [threading.Thread(target=want, args=(place, NOW + term * TERM, gate, got)) for place in places]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [lease.number for lease in got] == [term + 1]
