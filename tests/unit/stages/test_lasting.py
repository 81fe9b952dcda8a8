"""A fault of the feed that goes on for long is its normal state; an outage of a day is not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from journeyman.drift_detectors.faulty_columns import delivering
from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Severity
from journeyman.entities.operating import MonitorResult
from journeyman.entities.signal import LastingFault, Signal, Tier, Watched
from journeyman.entities.traffic import Reference
from journeyman.stages.monitor import follow_returns, lost_columns, settle_faults

DAY = 86_400_000


def fault(code: str, *columns: str) -> Signal:
    return Signal(code, Tier.FEED, Severity.ERROR, f"The feed is broken: {columns} is stuck.", 0, columns)


def lived(looks: Sequence[tuple[Signal, ...]], rows: int = 250, length: int = DAY) -> list[MonitorResult]:
    """Return what each look settles; a look with a fault is a broken span."""
    seen: list[MonitorResult] = []
    lasting: tuple[LastingFault, ...] = ()
    broken = np.empty((0, 2))
    for number, signals in enumerate(looks):
        begin, end = number * length, (number + 1) * length
        if signals:
            broken = np.vstack([broken, [[float(begin), float(end)]]])
        watched = Watched(signals, rows, 0, broken=tuple((int(a), int(b)) for a, b in broken))
        memory, looked = settle_faults(lasting, ({"monitor": {"broken": broken}}, watched), begin, end)
        lasting, broken = looked.lasting, memory["monitor"]["broken"]
        seen.append((memory, looked))
    return seen


def test_a_column_that_stays_dead_is_lost_at_the_third_look_and_its_rows_count_again() -> None:
    seen = lived([(), *[(fault("DR002", "x"),)] * 3])
    assert [[f.claim for f in looked.settled] for _, looked in seen] == [[], [], [], ["DR002 x"]]
    memory, looked = seen[-1]
    assert not any(s.alarming for s in looked.signals)
    assert looked.broken == ()
    assert len(memory["monitor"]["broken"]) == 0
    assert lost_columns(looked.settled) == ("x",)
    assert "normal state" in looked.signals[0].message


@pytest.mark.parametrize(
    ("looks", "rows", "length"),
    [
        ([(), (fault("DR001", "x"),), (), ()], 250, DAY),
        ([(fault("DR001", "x"),)] * 24 + [()] * 3, 100, DAY // 24),
        ([(fault("DR001", "x"),)] * 10, 30, DAY),
        ([(fault("DR001", "x"),), (), ()] * 6, 250, DAY),
    ],
    ids=["a day in one look", "a day in hourly looks", "few rows", "now and then"],
)
def test_what_is_mended_soon_is_no_normal_state(looks: list[tuple[Signal, ...]], rows: int, length: int) -> None:
    assert not any(looked.settled for _, looked in lived(looks, rows, length))


def test_a_look_without_rows_says_nothing_of_a_fault() -> None:
    looks = [(fault("DR002", "x"),)] * 2
    (_, two) = lived(looks)[-1]
    _, looked = settle_faults(
        two.lasting, MonitorResult({"monitor": {"broken": np.empty((0, 2))}}, Watched((), 0, 0)), 0, 1
    )
    assert looked.lasting == two.lasting


def test_where_something_else_is_broken_at_each_look_that_is_the_normal_state() -> None:
    columns = "abc" * 4
    seen = lived([(fault("DR002", column),) for column in columns])
    settled = [number for number, (_, looked) in enumerate(seen) if looked.settled]
    assert settled, "the loop would never learn again"
    assert settled[0] == 5


def test_only_what_leaves_nothing_of_a_column_makes_it_lost() -> None:
    seen = lived([(fault("DR004", "weight"),)] * 3)
    assert [f.claim for f in seen[-1][1].settled] == ["DR004 weight"]
    assert lost_columns(seen[-1][1].settled) == ()


def test_a_lost_column_counts_again_once_it_has_delivered_for_as_long_as_it_took_to_be_lost() -> None:
    returning: tuple[LastingFault, ...] = ()
    returned = []
    for look, columns in enumerate([("x",), (), ("x",), ("x",), ("x",)]):
        watched = follow_returns(returning, Watched((), 250, 0), columns, look * DAY, (look + 1) * DAY)
        returning = watched.returning
        returned.append(watched.returned)
    assert returned == [(), (), (), (), ("x",)]
    assert returning == ()


def test_a_column_delivers_where_it_neither_lacks_values_nor_stands_still() -> None:
    rng = np.random.default_rng(0)
    usual = {name: rng.normal(size=400) for name in "abc"}
    none = np.zeros(400)
    columns = tuple(Column(name, Kind.NUMBER) for name in "abc")
    reference = Reference(usual, none[:, None], none, none, columns=columns)
    rows = {"a": rng.normal(size=200), "b": np.full(200, np.nan), "c": np.full(200, 3.0)}
    assert delivering(reference, set("abc"), rows) == ("a",)
    assert delivering(reference, set(), rows) == ()
