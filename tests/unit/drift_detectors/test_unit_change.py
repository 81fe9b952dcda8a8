"""Units and seasons: what an exact map undoes at one moment is another unit, what the world moves is not."""

from collections.abc import Iterator

import numpy as np
import pytest

from journeyman.drift_detectors.feed import FeedDetector
from journeyman.drift_detectors.level_shift import find_change_point, level_shifts_at
from journeyman.drift_detectors.unit_conversions import CONVERSIONS
from journeyman.entities.column import Column, Kind
from journeyman.entities.signal import Signal
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic

HOUR, FIRST, SIZE = 3_600_000, 400, 60
TASK = Task("y", "regression", "rmse")


def weather(rows: int = 2_400, year: float = 1_200.0, seed: int = 0) -> Block:
    """Return three thermometers and a wind that follow one year, and a pressure that does not; it begins in summer."""
    rng = np.random.default_rng(seed)
    course = 1.0 + 0.5 * np.cos(2 * np.pi * np.arange(rows) / year)
    air = course + 0.05 * rng.normal(size=rows)
    return {
        "air": 40.0 * air,
        "ground": 30.0 * air**1.2 + rng.normal(size=rows),
        "lake": 20.0 * air + 5.0 + 0.5 * rng.normal(size=rows),
        "wind": 8.0 / air + 0.3 * rng.normal(size=rows),
        "pressure": rng.normal(1_000.0, 8.0, rows),
    }


def spans(block: Block, begin: int = FIRST, size: int = SIZE) -> Iterator[Traffic]:
    for hour, at in enumerate(range(begin, len(block["air"]) - size + 1, size)):
        rows = {n: v[at : at + size] for n, v in block.items()}
        times = hour * HOUR + np.arange(size) * 1_000
        ids, ones, none = np.arange(at, at + size), np.ones(size, dtype=np.int64), np.full(size, np.nan)
        end, late = (hour + 1) * HOUR, -ones
        yield Traffic(hour * HOUR, end, ids, times, ones, rows, none[:, None], none, late, {}, Feed(size))


def watch(block: Block, size: int = SIZE) -> list[tuple[Signal, ...]]:
    """Watch all but the first rows, which are the reference."""
    columns = tuple(Column(n, Kind.DATETIME if n == "when" else Kind.NUMBER) for n in block)
    first = {n: v[:FIRST] for n, v in block.items()}
    reference = Reference(first, np.zeros((FIRST, 1)), np.zeros(FIRST), np.zeros(FIRST), columns=columns)
    detector, seen = FeedDetector(), []
    memory = detector.begin(reference, TASK)
    for traffic in spans(block, FIRST, size):
        memory, signals = detector.look(reference, TASK, memory, traffic)
        seen.append(signals)
    return seen


def changed(block: Block, name: str, since: int, until: int, scale: float, offset: float = 0.0) -> Block:
    values = block[name].copy()
    values[since:until] = scale * values[since:until] + offset
    return {**block, name: values}


def test_a_winter_is_no_other_unit():
    assert not any(watch(weather(1_600)))


@pytest.mark.slow
@pytest.mark.parametrize(("scale", "offset"), [(1.0 / 0.45359237, 0.0), (1.8, 32.0), (0.001, 0.0)])
def test_another_unit_in_the_middle_of_an_autumn_is_told_until_it_is_gone(scale, offset):
    since, until = FIRST + 12 * SIZE, FIRST + 18 * SIZE
    seen = watch(changed(weather(1_660), "lake", since, until, scale, offset))
    told = [[s.code for s in some] for some in seen]
    assert not any(told[:12])
    assert all(some == ["DR004"] for some in told[13:18])
    assert not any(told[19:])
    assert {s.columns for some in seen for s in some} == {("lake",)}
    assert {s.since for some in seen for s in some} == {12 * HOUR}, "it began with the first such row"


@pytest.mark.slow
def test_where_all_columns_jump_at_once_the_world_has_changed():
    block = weather(1_500, year=1e9)
    for name, by in (("air", 0.4536), ("ground", 0.51), ("lake", 0.6), ("wind", 1.9), ("pressure", 0.98)):
        block = changed(block, name, FIRST + 12 * SIZE, 1_500, by)
    assert not any(watch(block))


@pytest.mark.slow
def test_what_has_been_a_thousandfold_since_the_first_row_is_told_and_what_is_a_third_off_is_not():
    block = weather(FIRST + 4 * SIZE)
    told = watch(changed(block, "lake", FIRST, len(block["air"]), 1000.0))
    assert [[s.code for s in some] for some in told] == [["DR004"]] * 4
    assert not any(watch(changed(block, "lake", FIRST, len(block["air"]), 0.6214)))


def test_a_clock_may_start_anywhere_and_jump_nowhere():
    block = weather(FIRST + 6 * SIZE)
    when = np.arange(len(block["air"])) * 60.0
    when[FIRST:] += 1e8  # put into use years later
    assert not any(watch({**block, "when": when}))
    when[FIRST + 3 * SIZE : FIRST + 4 * SIZE] += 1e9
    assert [[s.code for s in some] for some in watch({**block, "when": when})] == [[], [], [], ["DR006"], [], []]


@pytest.mark.slow
def test_rows_that_are_held_for_a_while_were_not_sent_twice():
    block = {n: np.repeat(v[:300], 3) for n, v in weather().items()}
    assert not any(s.code == "DR005" for some in watch(block) for s in some)
    twice = weather(FIRST + 4 * SIZE)
    for values in twice.values():
        values[FIRST + 2 * SIZE : FIRST + 3 * SIZE] = values[FIRST + SIZE : FIRST + 2 * SIZE]
    assert [[s.code for s in some] for some in watch(twice)] == [[], [], ["DR005"], []]


@pytest.mark.slow
def test_a_gauge_that_often_stands_still_is_not_stuck_before_it_stands_longer():
    rng = np.random.default_rng(2)
    block = weather(1_100)
    block["air"] = np.repeat(rng.normal(size=1_100), rng.geometric(0.1, 1_100))[:1_100]
    assert not any(s.code == "DR002" for some in watch(block, 30) for s in some)
    block["air"][800:1_100] = block["air"][800]
    assert any(s.code == "DR002" for some in watch(block, 30) for s in some)


def test_a_series_that_wanders_jumps_by_chance_and_a_calm_one_does_not():
    rng = np.random.default_rng(1)
    calm, walk = rng.normal(size=600), np.cumsum(rng.normal(size=600))
    assert min(j.chance for j in level_shifts_at(calm[:500], calm[500:] + 3.0)) < 1e-12
    assert min(j.chance for j in level_shifts_at(calm[:500], calm[500:])) > 1e-3
    assert min(j.chance for j in level_shifts_at(walk[:500], walk[500:] + 3.0)) > 1e-3
    assert level_shifts_at(calm[:60], calm[60:90] + 3.0) == (), "too few rows from before to say"
    assert find_change_point(np.concatenate([calm[:300], calm[300:400] + 4.0]), 200) == pytest.approx(300, abs=2)


def test_each_change_of_unit_has_its_reverse():
    values = np.array([1.0, 7.0])
    for way in CONVERSIONS:
        assert any(np.allclose(other.undone(way.undone(values)), values) for other in CONVERSIONS), way.words
