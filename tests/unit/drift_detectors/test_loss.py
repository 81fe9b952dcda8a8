"""The loss: silent without harm for a thousand looks, quick with it, fair to late, partial and dependent truths."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.drift_detectors.e_detector import LOOKS, advance, bettors, evidence
from journeyman.drift_detectors.loss import LossDetector, bar
from journeyman.entities.task import Task
from journeyman.entities.traffic import Reference, Traffic
from journeyman.tasks import task_type


def run(world, hours, change=None, since=0, count=60):
    detector = LossDetector()
    memory = detector.begin(world.reference, world.task)
    seen = []
    for hour in range(hours):
        traffic = world.traffic(hour, count, change if hour >= since else None)
        memory, signals = detector.look(world.reference, world.task, memory, traffic)
        seen.append(signals)
    return memory, seen


def test_bettors_at_the_bar_alarm_more_seldom_than_promised():
    rng = np.random.default_rng(0)
    alarms, looks = 0, 0
    for _ in range(5):
        memory = bettors()
        for _ in range(1_000):
            memory = advance(memory, (rng.random(20) < 0.2).astype(float), 0.2, 0.0)
            looks += 1
            if evidence(memory).alarm:
                alarms, memory = alarms + 1, bettors()
    assert alarms <= 2 * max(1, looks // LOOKS) + 1


def test_bettors_see_a_rise_from_a_tenth_to_a_seventh_and_when_it_began():
    rng = np.random.default_rng(1)
    memory = bettors()
    for k in range(200):
        memory = advance(memory, (rng.random(50) < (0.10 if k < 100 else 0.16)).astype(float), 0.11, float(k))
        if evidence(memory).alarm:
            break
    assert 100 < k < 160
    assert 90 <= evidence(memory).since <= k


def test_sound_traffic_is_silent(world):
    assert not any(run(world, 60)[1])


def test_flipped_labels_are_found_with_the_region_and_their_cost(world):
    def flip(rows, y):
        return rows, np.where(rows["region"] == 0, 1.0 - y, y)

    _, seen = run(world, 25, flip, since=10)
    first = next(k for k, signals in enumerate(seen) if signals)
    [signal] = seen[-1]
    assert 10 <= first <= 16
    assert signal.code == "DR101"
    assert signal.columns[0] == "region"
    assert signal.whom == "region = north"
    assert signal.cost == pytest.approx(0.3, abs=0.12)
    assert abs(signal.since - world.traffic(10).begin) <= 2 * 3_600_000


def test_replayed_traffic_gives_the_same_bits(world):
    def flip(rows, y):
        return rows, 1.0 - y

    one, two = run(world, 8, flip, since=4), run(world, 8, flip, since=4)
    assert one[1] == two[1]
    assert all(np.array_equal(one[0][name], two[0][name]) for name in one[0])


@pytest.mark.slow
def test_an_alarm_ends_when_its_cause_has(world):
    detector = LossDetector()
    memory = detector.begin(world.reference, world.task)
    told = []
    for hour in range(40):
        change = (lambda rows, y: (rows, 1.0 - y)) if 5 <= hour < 10 else None
        memory, signals = detector.look(world.reference, world.task, memory, world.traffic(hour, 60, change))
        told.append(bool(signals))
    assert told[9]
    assert not told[-1]


def test_labels_that_come_for_hard_answers_alone_are_no_harm(world):
    detector = LossDetector()
    memory = detector.begin(world.reference, world.task)
    for hour in range(40):
        traffic = world.traffic(hour, 100)
        unsure = np.abs(traffic.answers[:, 1] - 0.5) < 0.3
        truths = np.where(unsure, traffic.truths, np.nan)
        hard = replace(traffic, truths=truths, labelled=np.where(unsure, traffic.labelled, -1))
        # the first hours teach which rows are labelled
        memory, signals = detector.look(world.reference, world.task, memory, hard)
        assert hour < 5 or not signals


@pytest.mark.slow
def test_neighbours_that_err_alike_count_as_fewer(world):
    weeks = replace(world.reference, dependence=20.0)
    rng = np.random.default_rng(3)
    detector = LossDetector()
    memory = detector.begin(weeks, world.task)
    for hour in range(200):
        traffic = world.traffic(hour, 20)
        bad = rng.random() < 0.02  # now and then all rows of an hour err
        answers = traffic.answers[:, ::-1] if bad else traffic.answers
        memory, signals = detector.look(weeks, world.task, memory, replace(traffic, answers=answers))
        assert not signals


def test_regression_does_not_depend_on_the_unit_of_the_target():
    task = Task("y", "regression", "mae")
    rng = np.random.default_rng(4)
    truths, said = rng.normal(size=400), rng.normal(size=400)
    told = []
    for unit, offset in ((1.0, 0.0), (1000.0, -7.0)):
        y, a = truths * unit + offset, (said * unit + offset)[:, None]
        scale = task_type(task).loss_scale(y, a)
        losses = task_type(task).live_losses(y, a, scale)
        reference = Reference({"x": said}, a, y, losses, scale=scale)
        told.append((bar(reference), losses))
    assert told[0][0] == pytest.approx(told[1][0])
    assert np.allclose(told[0][1], told[1][1])


def test_no_truths_change_nothing(world):
    detector = LossDetector()
    memory = detector.begin(world.reference, world.task)
    after, signals = detector.look(world.reference, world.task, memory, world.traffic(0, truths=False))
    assert not signals
    assert all(np.array_equal(after[n], memory[n]) for n in ("wealth", "lead", "count"))


def test_traffic_tells_fresh_rows_from_told_ones(world):
    traffic: Traffic = world.traffic(2)
    late = replace(traffic, times=traffic.times - 3_600_000)
    assert not late.fresh.any()
    assert late.told.all()
