"""Monitor: a broken feed silences the rungs above, now and when its truths come late; replays agree bit for bit."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.signal import Tier
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.plugins import load_parts
from journeyman.stages.monitor import monitor, reset_memory
from journeyman.stores.facts import decode, encode
from journeyman.tasks import task_type

HOUR = 3_600_000
START = 1_700_000_000_000
TASK = Task("y", "regression", "mae")
DETECTORS = list(load_parts("journeyman.drift_detectors").values())


def hour(number, count=40, factor=1.0, harm=0.0):
    rng = np.random.default_rng(number + 1)
    x = rng.gamma(4.0, 10.0, count)
    y = x + rng.normal(0, 4, count) + harm
    begin = START + number * HOUR
    ids, times = number * 1_000 + np.arange(count), begin + np.arange(count) * 1_000
    rows = {"x": x * factor, "z": rng.normal(size=count)}
    versions, none = np.ones(count, dtype=np.int64), np.full(count, -1)
    return Traffic(begin, begin + HOUR, ids, times, versions, rows, rows["x"][:, None], y, none, {}, Feed(count))


@pytest.fixture(scope="module")
def reference():
    past = hour(-1, 1_500)
    losses = task_type(TASK).live_losses(past.truths, past.answers, 25.0)
    columns = (Column("x", Kind.NUMBER), Column("z", Kind.NUMBER))
    return Reference(past.rows, past.answers, past.truths, losses, {"x": 1.0}, columns, 25.0)


def with_late(now, before):
    """Return an hour's rows, whose truths are not known yet, with the rows of another whose truths come now."""
    both = [replace(t, truths=t.truths) for t in (before, now)]
    truths = np.concatenate([before.truths, np.full(len(now.ids), np.nan)])
    labelled = np.concatenate([np.full(len(before.ids), now.end - 1), np.full(len(now.ids), -1)])
    return replace(
        now,
        ids=np.concatenate([t.ids for t in both]),
        times=np.concatenate([t.times for t in both]),
        versions=np.concatenate([t.versions for t in both]),
        rows={n: np.concatenate([t.rows[n] for t in both]) for n in now.rows},
        answers=np.vstack([t.answers for t in both]),
        truths=truths,
        labelled=labelled,
    )


def watch(reference, hours):
    memory, seen = {}, []
    for k in range(3, len(hours)):
        memory, watched = monitor(reference, TASK, DETECTORS, memory, with_late(hours[k], hours[k - 3]))
        seen.append(watched)
    return memory, seen


@pytest.mark.slow
def test_a_broken_feed_is_the_only_alarm_also_when_its_truths_come(reference):
    hours = [hour(k, factor=1000.0 if 10 <= k < 16 else 1.0) for k in range(30)]
    _, seen = watch(reference, hours)
    alarms = {s.rung for watched in seen for s in watched.signals if s.alarming}
    assert alarms == {Tier.FEED}
    [span] = seen[-1].broken
    assert span[0] <= hours[10].begin + HOUR
    assert span[1] >= hours[15].end
    assert all(w.loss is None or w.loss < 0.3 for w in seen)


def test_harm_is_told_in_words_with_its_cost_and_since_when(reference):
    _, seen = watch(reference, [hour(k, harm=6.0 if k >= 10 else 0.0) for k in range(20)])
    signal = seen[-1].signals[0]
    assert signal.code == "DR101"
    assert "Since about 2023-11-1" in signal.message
    assert "of 'y' more (mean absolute error)" in signal.message
    assert seen[-1].loss > seen[-1].reference
    assert seen[-1].low <= seen[-1].loss <= seen[-1].high


def test_a_replayed_round_gives_the_same_bits_also_from_the_journal(reference):
    hours = [hour(k, harm=6.0 if k >= 6 else 0.0) for k in range(10)]
    one, first = watch(reference, hours)
    two, second = watch(reference, hours)
    assert first == second
    assert encode(one) == encode(two)
    kept = decode(encode(one), dict[str, dict[str, np.ndarray]])
    again = monitor(reference, TASK, DETECTORS, kept, with_late(hours[-1], hours[-4]))
    assert encode(again) == encode(monitor(reference, TASK, DETECTORS, one, with_late(hours[-1], hours[-4])))


@pytest.mark.slow
def test_the_memory_stays_small(reference):
    memory, _ = watch(reference, [hour(k) for k in range(40)])
    before = sum(a.size for arrays in memory.values() for a in arrays.values())
    assert before < 60_000


def test_an_empty_hour_changes_nothing_and_breaks_nothing(reference):
    quiet = hour(50).take(np.zeros(0, dtype=np.int64))
    memory, watched = monitor(reference, TASK, DETECTORS, {}, replace(quiet, feed=Feed(0)))
    assert watched.signals == ()
    assert (watched.rows, watched.labels, watched.loss) == (0, 0, None)
    assert set(memory) == {d.name for d in DETECTORS} | {"monitor"}


def test_what_arrived_broken_stays_so_for_the_next_champion(reference):
    memory, watched = {}, None
    for number in range(4):
        memory, watched = monitor(
            reference, TASK, DETECTORS, memory, hour(number, factor=1000.0 if number == 2 else 1.0)
        )
    later, after = monitor(reference, TASK, DETECTORS, reset_memory(memory), hour(9))
    assert watched.broken == after.broken == ((START + 2 * HOUR, START + 3 * HOUR),)
    assert set(reset_memory(memory)) < set(later)


def test_what_a_person_has_said_is_right_is_told_and_alarms_nobody(reference):
    hours = [hour(k, factor=1000.0 if k >= 2 else 1.0) for k in range(4)]
    memory, watched = {}, None
    for at in hours[:3]:
        memory, watched = monitor(reference, TASK, DETECTORS, memory, at)
    [fault] = [s for s in watched.signals if s.alarming]
    _, again = monitor(reference, TASK, DETECTORS, memory, hours[3], fault.claims)
    [right] = [s for s in again.signals if s.rung is Tier.FEED]
    assert (right.claims, right.alarming) == (fault.claims, False)
    assert right.message.startswith(f"It counts as the normal state of the feed: {fault.columns[0]!r}")
    assert again.accepted == fault.claims
    assert again.broken == watched.broken, "the rows of this look are sound"
    _, other = monitor(reference, TASK, DETECTORS, memory, hours[3], ("DR004 another", "DR001"))
    assert any(s.rung is Tier.FEED and s.alarming for s in other.signals), "another column was meant"


def test_rows_before_an_outage_at_the_end_of_a_look_count_as_sound(reference):
    """All rows of a day were kept out for an outage of its last hours, and their truths lost for comparisons."""
    calm, day = hour(0, 200), hour(1, 200)
    memory, _ = monitor(reference, TASK, DETECTORS, {}, calm)
    gone = replace(day, rows={**day.rows, "x": np.where(np.arange(200) >= 140, np.nan, day.rows["x"])})
    _, watched = monitor(reference, TASK, DETECTORS, memory, gone)
    assert [s.code for s in watched.signals if s.rung is Tier.FEED] == ["DR001"]
    [(begin, end)] = watched.broken
    assert (int(day.times[0]) < begin <= int(day.times[140]), end) == (True, day.end)
    half = replace(day, rows={**day.rows, "x": np.where(np.arange(200) >= 60, np.nan, day.rows["x"])})
    _, watched = monitor(reference, TASK, DETECTORS, memory, half)
    assert watched.broken[0][0] == day.begin
