"""Undo: truths tell a changed unit and exchanged columns from drift, until the feed is mended."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.finding import Severity
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.entities.task import Task
from journeyman.entities.traffic import Feed, Reference, Traffic
from journeyman.stages.monitor import MonitoredModel, attribute_to_faults
from journeyman.tasks import task_type

HOUR = 3_600_000
TASK = Task("y", "regression", "mae")
COLUMNS = (Column("weight", Kind.NUMBER), Column("heat", Kind.NUMBER), Column("note", Kind.CATEGORY))
ALARM = Signal("DR101", Tier.LOSS, Severity.ERROR, "worse", 0)


def answer(rows):
    return (rows["weight"] + 0.2 * rows["heat"])[:, None]


def hour(number, change=lambda rows: rows, count=60, harm=0.0):
    """Rows of an hour in a world that wanders: no level tells anything."""
    rng = np.random.default_rng(number + 10)
    weight = 50.0 + 8.0 * np.sin(number) + rng.normal(0, 10, count)
    heat = 200.0 + 30.0 * np.cos(number / 3) + rng.normal(0, 20, count)
    rows = {"weight": weight, "heat": heat, "note": np.zeros(count, dtype=np.int32)}
    truths = answer(rows)[:, 0] + rng.normal(0, 3, count) + harm
    arrived, begin = change(rows), number * HOUR
    times = begin + np.arange(count) * 1_000
    ones = np.ones(count, dtype=np.int64)
    ids = number * 1_000 + np.arange(count)
    feed = Feed(count)
    return Traffic(begin, begin + HOUR, ids, times, ones, arrived, answer(arrived), truths, times, {}, feed)


@pytest.fixture(scope="module")
def reference():
    past = hour(0, count=1_500)
    losses = task_type(TASK).live_losses(past.truths, past.answers, 20.0)
    return Reference(past.rows, past.answers, past.truths, losses, {"weight": 0.6, "heat": 0.4}, COLUMNS, 20.0)


def same(traffic):
    return traffic


def live(reference, hours, signals=(), latest=None):
    memory, seen = {"monitor": {"broken": np.empty((0, 2))}, "loss": {}, "feed": {}}, []
    for traffic in hours:
        looked = {**memory, "loss": {"bets": np.ones(1)}}, Watched(signals, 60, 60, 0.2, 0.1)
        memory, watched = attribute_to_faults(
            MonitoredModel(reference, TASK, answer), {"feed"}, memory, looked, traffic, latest or partial(same, traffic)
        )
        seen.append(watched)
    return memory, seen


def pounds(rows):
    return {**rows, "weight": rows["weight"] / 0.45359237}


def exchanged(rows):
    return {**rows, "weight": rows["heat"], "heat": rows["weight"]}


@pytest.mark.parametrize(
    ("change", "code", "columns"), [(pounds, "DR004", ("weight",)), (exchanged, "DR003", ("heat", "weight"))]
)
def test_what_truths_explain_is_a_broken_feed_until_they_say_that_it_is_over(reference, change, code, columns):
    memory, seen = live(reference, [hour(k, change if 4 <= k < 7 else lambda rows: rows) for k in range(10)])
    told = [{(s.code, tuple(sorted(s.columns))) for s in w.signals} for w in seen]
    assert told == [set()] * 4 + [{(code, columns)}] * 3 + [set()] * 3
    [span] = seen[-1].broken or seen[6].broken
    assert span[0] <= 4 * HOUR + 1_000
    assert span[1] >= 7 * HOUR
    assert seen[5].labels == 0
    assert seen[5].loss is None
    assert seen[4].signals[0].evidence["undone"] < seen[4].signals[0].evidence["loss"]
    assert not len(memory["undo"]["held"])


def test_what_was_seen_of_broken_rows_is_forgotten_but_for_the_feeds_own(reference):
    hours = [hour(k, pounds if k == 4 else lambda rows: rows) for k in range(5)]
    memory, seen = live(reference, hours, signals=(ALARM,))
    assert seen[-1].signals[0].rung is Tier.FEED
    assert all(s.rung is Tier.FEED for s in seen[-1].signals)
    assert set(memory) == {"monitor", "undo", "feed"}


def test_drift_is_not_undone_by_any_unit(reference):
    _, seen = live(reference, [hour(k, harm=12.0 if k >= 4 else 0.0) for k in range(8)], signals=(ALARM,))
    assert all(w.signals == (ALARM,) for w in seen)


def test_few_truths_a_look_are_joined_where_something_alarms(reference):
    hours = [hour(k, pounds if k >= 30 else lambda rows: rows, count=10) for k in range(45)]
    names = ("ids", "times", "versions", "answers", "truths", "labelled")
    whole = replace(
        hours[-1],
        rows={n: np.concatenate([h.rows[n] for h in hours]) for n in hours[0].rows},
        **{n: np.concatenate([getattr(h, n) for h in hours]) for n in names},
    )
    _, calm = live(reference, hours[-1:], latest=lambda: whole)
    _, alarmed = live(reference, hours[-1:], signals=(ALARM,), latest=lambda: whole)
    assert not calm[-1].signals
    assert alarmed[-1].signals[0].columns == ("weight",)


def test_where_the_feeds_rung_has_spoken_nothing_is_added(reference):
    spoken = Signal("DR001", Tier.FEED, Severity.ERROR, "nothing there", 0, ("weight",))
    _, seen = live(reference, [hour(k, pounds if k >= 3 else lambda rows: rows) for k in range(5)], signals=(spoken,))
    assert all(w.signals == (spoken,) for w in seen)


def sensors(rows, seed, gains=(1.0, 1.0, 1.0)):
    """Three sensors of one gas, of which each knows another part of the weather, with gains of their age."""
    rng = np.random.default_rng(seed)
    gas, heat, damp = rng.gamma(4.0, 0.25, rows), rng.normal(0, 1, rows), rng.normal(0, 1, rows)
    first = gains[0] * 100.0 * (gas + 0.12 * heat) + rng.normal(0, 3, rows)
    second = gains[1] * 130.0 * (gas + 0.08 * damp) + rng.normal(0, 3, rows)
    third = gains[2] * 90.0 * (gas - 0.1 * heat) + rng.normal(0, 3, rows)
    found = {"first": first, "second": second, "third": third, "heat": heat, "damp": damp}
    return found, gas + rng.normal(0, 0.25, rows)


def of_sensors(rows):
    return (rows["first"] / 100.0 - 0.12 * rows["heat"])[:, None]


@pytest.mark.parametrize(("gains", "swap", "told"), [((1.32, 0.76, 1.0), False, []), ((1.0,) * 3, True, ["DR003"])])
def test_sensors_whose_gain_has_wandered_to_anothers_place_are_not_exchanged(gains, swap, told):
    columns = tuple(Column(n, Kind.NUMBER) for n in ("first", "second", "third", "heat", "damp"))
    past, truths = sensors(3_000, 0)
    losses = task_type(TASK).live_losses(truths, of_sensors(past), 1.0)
    used = {"first": 0.7, "second": 0.2, "heat": 0.1}
    reference = Reference(past, of_sensors(past), truths, losses, used, columns, 1.0)
    rows, truths = sensors(300, 1, gains)
    if swap:
        rows |= {"first": rows["second"], "second": rows["first"]}
    ids, times = np.arange(300), np.arange(300) * 1_000
    ones, given = np.ones(300, dtype=np.int64), of_sensors(rows)
    traffic = Traffic(0, HOUR, ids, times, ones, rows, given, truths, times, {}, Feed(300))
    looked = {"monitor": {"broken": np.empty((0, 2))}, "feed": {}}, Watched((ALARM,), 300, 300, 0.2, 0.1)
    _, watched = attribute_to_faults(
        MonitoredModel(reference, TASK, of_sensors), {"feed"}, looked[0], looked, traffic, partial(same, traffic)
    )
    assert [s.code for s in watched.signals if s.rung is Tier.FEED] == told
