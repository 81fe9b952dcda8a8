"""Rows without truths: moves that cost are told, moves that cost nothing alarm nobody, truths correct the estimate."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.drift_detectors.columns import ColumnsDetector
from journeyman.drift_detectors.effects import column_effects
from journeyman.drift_detectors.rows import RowsDetector
from journeyman.entities.finding import Severity


def run(world, detector, hours, change=None, since=0, truths=False, count=100):
    memory = detector.begin(world.reference, world.task)
    seen = []
    for hour in range(hours):
        traffic = world.traffic(hour, count, change if hour >= since else None, truths)
        memory, signals = detector.look(world.reference, world.task, memory, traffic)
        seen.append(signals)
    return memory, seen


def towards_the_unsure(rows, y):
    return {**rows, "age": 50.0 + (rows["age"] - 50.0) / 6.0}, y


def towards_the_sure(rows, y):
    return {**rows, "age": rows["age"] + 25.0}, y


@pytest.mark.slow
def test_sound_rows_are_silent_and_the_estimate_is_that_of_the_reference(world):
    memory, seen = run(world, RowsDetector(), 12)
    assert not any(seen)
    value, low, high = memory["estimate"]
    assert low <= world.reference.level[0] <= high
    assert value == pytest.approx(world.reference.level[0], abs=0.02)


def test_rows_that_move_to_where_the_model_is_unsure_alarm_without_truths(world):
    memory, seen = run(world, RowsDetector(), 10, towards_the_unsure, since=2)
    [signal] = seen[-1]
    assert (signal.code, signal.severity, signal.columns[0]) == ("DR201", Severity.ERROR, "age")
    answers = world.traffic(9, 2_000, towards_the_unsure).answers[:, 1]
    assert memory["estimate"][0] == pytest.approx((answers * (1 - answers)).mean(), abs=0.03)


@pytest.mark.slow
def test_rows_that_move_to_where_the_model_is_sure_alarm_nobody(world):
    _, seen = run(world, RowsDetector(), 14, towards_the_sure, since=4)
    assert not any(s.alarming for some in seen for s in some)
    assert seen[-1]
    assert seen[-1][0].cost == 0.0


@pytest.mark.slow
def test_a_column_that_the_model_does_not_use_is_not_looked_at(world):
    _, seen = run(world, RowsDetector(), 10, lambda rows, y: ({**rows, "noise": rows["noise"] + 3.0}, y), since=3)
    assert not any(seen)


@pytest.mark.slow
def test_truths_that_show_no_harm_take_the_alarm_back(world):
    def well_answered(rows, y):
        moved, _ = towards_the_unsure(rows, y)
        return moved, y

    detector = RowsDetector()
    memory = detector.begin(world.reference, world.task)
    for hour in range(30):
        traffic = world.traffic(hour, 100, well_answered if hour >= 4 else None)
        if hour >= 4:  # the world has become easier there: what was said with doubt is right
            truths = (traffic.answers[:, 1] > 0.5).astype(float)
            sure = np.where(traffic.answers > 0.5, 0.9, 0.1)
            traffic = replace(traffic, truths=truths, answers=0.5 * traffic.answers + 0.5 * sure)
        memory, signals = detector.look(world.reference, world.task, memory, traffic)
    assert not any(s.alarming for s in signals)


def test_effects_are_silent_on_noise_and_on_trifles(world):
    rng = np.random.default_rng(0)
    few = {n: v[:30] for n, v in world.rows(5, 30)[0].items()}
    assert not any(e.changed for e in column_effects(world.reference, few, world.reference.columns))
    many = world.rows(6, 20_000)[0]
    many["age"] = many["age"] + rng.normal(0.6, 0.1, len(many["age"]))  # significant, and nothing
    assert not any(e.changed for e in column_effects(world.reference, many, world.reference.columns))


def test_effects_do_not_depend_on_units(world):
    rows = world.rows(7, 500)[0]
    rows["mass"] = rows["mass"] * 1.5
    plain = column_effects(world.reference, rows, world.reference.columns)
    grams = replace(world.reference, rows={**world.reference.rows, "mass": world.reference.rows["mass"] * 1000.0})
    other = column_effects(grams, {**rows, "mass": rows["mass"] * 1000.0}, world.reference.columns)
    assert [(e.column, e.size, e.low) for e in plain] == [(e.column, e.size, e.low) for e in other]
    assert plain[0].column == "mass"
    assert "median" in plain[0].words


def test_changed_columns_are_notes_with_when_they_began(world):
    def moved(rows, y):
        return {**rows, "region": np.where(rows["region"] == 0, 1, rows["region"]).astype(np.int32)}, y

    _, seen = run(world, ColumnsDetector(), 20, moved, since=5)
    assert not any(seen[:5])
    [note] = seen[-1]
    assert (note.code, note.severity, note.columns) == ("DR301", Severity.NOTE, ("region",))
    assert world.traffic(5).begin <= note.since <= world.traffic(12).begin


def test_a_reference_of_one_stretch_is_halved_too(world):
    ordered = replace(world, reference=replace(world.reference, run=len(world.reference.losses)))
    memory, seen = run(ordered, RowsDetector(), 3)
    assert not any(seen)
    assert np.isfinite(memory["estimate"]).all()
