"""Retrain: it pays or it does not, never on a broken feed; back-tests say what is fresh and which window is best."""

import itertools
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.entities.column import Column, Kind
from journeyman.entities.decision import Action
from journeyman.entities.finding import Severity
from journeyman.entities.labelled import Labelled
from journeyman.entities.lessons import Lessons
from journeyman.entities.operation import Economics, WindowKind, WindowPlan
from journeyman.entities.signal import Signal, Tier, Watched
from journeyman.entities.staleness import Staleness, WindowScore
from journeyman.entities.task import Task
from journeyman.stages.retrain import (
    BlockLosses,
    Known,
    QuickModels,
    absorb,
    aged,
    back_test,
    choose_window,
    handicapped,
    learned_again,
    paid_for,
    price,
    reference_unit,
    retrain,
    slope_of,
    wants_test,
    window_name,
)
from journeyman.transformers.preparations import NativePreparation

UNIT = 0.2
ECONOMICS = price(Economics(), UNIT)
QUIET = Watched((), 500, 500)


def signal(rung: Tier, severity: Severity = Severity.ERROR) -> Signal:
    return Signal("DR001", rung, severity, "Something has changed.", 0)


def block(mean: float, age: int, known: int, rows: int = 500, seed: int = 0) -> BlockLosses:
    rng = np.random.default_rng([seed, age])
    fresh = rng.uniform(0.1, 0.3, rows)
    return BlockLosses(fresh + mean + rng.normal(0, 0.05, rows), fresh, {"all": 0.2}, age, known)


def stale(means: list[float], step: int = 500) -> Known:
    staleness = Staleness(2000, tested=2000)
    for number, mean in enumerate(means, 1):
        staleness = absorb(staleness, block(mean, number * step, 2000 + number * step))
    return Known(staleness, 2000 + len(means) * step, UNIT)


def test_nothing_is_learned_from_a_broken_feed_however_stale_the_champion() -> None:
    known = stale([0.2] * 10)
    assert retrain([QUIET], known, ECONOMICS, Lessons()).action is Action.RETRAIN
    broken = Watched((signal(Tier.FEED), signal(Tier.LOSS)), 500, 500)
    move = retrain([QUIET, broken], known, ECONOMICS, Lessons())
    assert move.action is Action.KEEP
    assert "broken" in move.reason
    only_noted = Watched((signal(Tier.FEED, Severity.NOTE),), 500, 500)
    assert retrain([only_noted], known, ECONOMICS, Lessons()).action is Action.RETRAIN


def test_a_champion_that_is_not_stale_is_kept() -> None:
    move = retrain([QUIET], stale([0.0] * 12), ECONOMICS, Lessons())
    assert move.action is Action.KEEP
    assert move.benefit < move.cost


def test_slow_rot_pays_once_it_has_cost_as_much_as_learning_again() -> None:
    # It grows evenly by a hundredth of the unit a block, far too little for any single block to be sure of.
    moves = [retrain([QUIET], stale([0.001 * n for n in range(1, last)]), ECONOMICS, Lessons()) for last in (3, 30)]
    assert [move.action for move in moves] == [Action.KEEP, Action.RETRAIN]
    assert moves[1].benefit >= moves[1].cost


def test_a_jump_pays_at_once() -> None:
    move = retrain([QUIET], stale([0.0, 0.0, 0.1]), ECONOMICS, Lessons())
    assert move.action is Action.RETRAIN
    assert move.evidence["trigger"] == "jump"


def test_a_dearer_retraining_waits_longer() -> None:
    known = stale([0.03])
    cheap = retrain([QUIET], known, ECONOMICS, Lessons())
    dear = retrain([QUIET], known, replace(ECONOMICS, retraining=50.0), Lessons())
    assert (cheap.action, dear.action) == (Action.RETRAIN, Action.KEEP)


def test_an_alarm_alone_is_no_reason_where_a_fresh_model_is_no_better() -> None:
    alarmed = Watched((signal(Tier.LOSS),), 500, 500)
    assert retrain([alarmed], stale([0.0] * 6), ECONOMICS, Lessons()).action is Action.KEEP


def test_what_came_true_of_earlier_expectations_is_heeded() -> None:
    known = stale([0.0, 0.0, 0.018])
    hopeful = retrain([QUIET], known, ECONOMICS, Lessons())
    assert hopeful.action is Action.RETRAIN
    trigger = str(hopeful.evidence["trigger"])
    assert retrain([QUIET], known, ECONOMICS, Lessons(kept={trigger: 0.25})).action is Action.KEEP


def test_predictions_without_a_label_cost_too() -> None:
    known = stale([0.002] * 4)
    all_told = retrain([Watched((), 2000, 2000)], known, ECONOMICS, Lessons())
    one_in_ten = retrain([Watched((), 20000, 2000)], known, ECONOMICS, Lessons())
    assert float(one_in_ten.evidence["spent on staleness"]) == pytest.approx(
        10 * float(all_told.evidence["spent on staleness"]), rel=0.01
    )


def test_the_default_price_of_loss_makes_noise_over_the_horizon_cost_one_retraining() -> None:
    priced = price(Economics(retraining=3.0, horizon=5_000), UNIT)
    assert priced.loss * UNIT / 1000**0.5 * 5_000 == pytest.approx(3.0)
    assert price(Economics(loss=7.0), UNIT).loss == 7.0
    assert reference_unit(np.array([np.nan])) == 1.0


def test_the_slope_is_learned_from_blocks_and_begins_with_lessons() -> None:
    told = Lessons(slope=0.3, slope_spread=0.1)
    assert slope_of(Staleness(2000), told, UNIT) == pytest.approx(0.3 * UNIT)
    seen = stale([0.05 * aged(500 * n, 2000) for n in range(1, 21)]).staleness
    assert slope_of(seen, Lessons(), UNIT) == pytest.approx(0.05, rel=0.1)


def test_a_retraining_pays_its_age_off_whatever_becomes_of_it() -> None:
    known = stale([0.001 * n for n in range(1, 30)])
    paid = replace(known, staleness=paid_for(known.staleness, known.truths))
    assert retrain([QUIET], paid, ECONOMICS, Lessons()).action is Action.KEEP
    fresh = learned_again(known.staleness, known.truths, WindowPlan(WindowKind.SLIDING, 1000))
    assert (fresh.learned, fresh.blocks, fresh.paid) == (known.truths, (), 0)
    assert fresh.recipe == known.staleness.recipe


def test_a_window_is_chosen_beyond_doubt_only() -> None:
    sure = {"all": WindowScore(10, 0, 0), "sliding 1000": WindowScore(10.0, -1.0, 0.11)}
    unsure = {"all": WindowScore(10, 0, 0), "sliding 1000": WindowScore(10.0, -1.0, 5.0)}
    assert window_name(choose_window(sure, Lessons(), UNIT, 5000)) == "sliding 1000"
    assert window_name(choose_window(unsure, Lessons(), UNIT, 5000)) == "all"
    # What ten streams taught does not outweigh what this one shows for long, but it does at first.
    warned = Lessons(windows={"sliding 1000": 1.0})
    few = {"all": WindowScore(2, 0, 0), "sliding 1000": WindowScore(2.0, -0.2, 0.021)}
    assert window_name(choose_window(few, Lessons(), UNIT, 5000)) == "sliding 1000"
    assert window_name(choose_window(few, warned, UNIT, 5000)) == "all"


def test_back_tests_are_spaced_and_an_alarm_brings_them_forward() -> None:
    tested = Staleness(0, tested=20_000)
    assert not wants_test(tested, 20_300, alarmed=False)
    assert wants_test(tested, 20_300, alarmed=True)
    assert not wants_test(tested, 20_050, alarmed=True)


def abrupt(rows: int, change: int, seed: int = 0) -> Labelled:
    """Return rows whose truths turn round at ``change``, labelled 100 rows after they were asked about."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, rows)
    y = (x > 0).astype(np.float64)
    y[change:] = 1 - y[change:]
    asked = np.arange(1, rows + 1, dtype=np.int64) * 1000
    return Labelled({"x": x}, y, asked, asked + 100_000)


def quick_models() -> QuickModels:
    task = Task("y", "binary", "roc_auc", ("0", "1"))
    return QuickModels(LightGBM(), NativePreparation(), (Column("x", Kind.NUMBER),), task, 1.0, UNIT, rounds=20)


def test_a_back_test_sees_a_change_and_asks_for_the_rows_after_it() -> None:
    labelled = abrupt(5200, 2500)
    staleness, models = Staleness(2000, tested=2000), quick_models()
    moves = []
    for known in range(2200, 5201, 600):
        part = labelled.take(np.arange(known, dtype=np.int64))
        staleness = back_test(models, part, staleness, Lessons())
        moves.append(retrain([QUIET], Known(staleness, known, UNIT), ECONOMICS, Lessons()))
    assert moves[0].action is Action.KEEP  # the change is still to come
    assert moves[-1].action is Action.RETRAIN
    assert moves[-1].window is not None
    assert moves[-1].window.kind is not WindowKind.ALL
    assert staleness.tested == 5200
    assert back_test(models, labelled, staleness, Lessons()) == staleness  # no new truths, nothing said


def one_sided(rows):
    """A champion that goes on along a line where the world has turned: 90% sure of the wrong class on every row."""
    wrong = np.where(rows["x"] > 0, 0.1, 0.9)
    return np.column_stack([1 - wrong, wrong])


def test_a_champion_that_has_aged_worse_than_its_twin_is_learned_again() -> None:
    """Twin and fresh model are equally good, for they are of a kind that did not age; the champion is not."""
    labelled, begun = abrupt(2600, 2600), Staleness(2000, tested=2200)
    alone = back_test(quick_models(), labelled, begun, Lessons())
    asked = back_test(quick_models(), labelled, begun, Lessons(), one_sided)
    assert alone.blocks[0].mean == asked.blocks[0].mean
    assert asked.blocks[0].worse > 0.5
    moves = [retrain([QUIET], Known(s, 2600, UNIT), ECONOMICS, Lessons()).action for s in (alone, asked)]
    assert moves == [Action.KEEP, Action.RETRAIN]
    # A challenger of whose kind nothing is known yet is not replaced for that,
    waiting = Known(asked, 2600, UNIT, 0.0)
    assert retrain([QUIET], waiting, ECONOMICS, Lessons()).action is Action.KEEP
    # and where what was built proved no better, another build is not expected to be.
    dropped = Known(handicapped(asked), 2600, UNIT)
    assert retrain([QUIET], dropped, ECONOMICS, Lessons()).action is Action.KEEP
    assert learned_again(handicapped(asked), 2600, WindowPlan(WindowKind.ALL)).handicap == 0.0


def test_models_of_a_back_test_know_no_truth_that_came_later() -> None:
    """Labels that are known only after all rows were asked about teach nothing: a fresh model is the twin."""
    late = abrupt(3000, 2500)
    late = replace(late, labelled=np.where(np.arange(3000) < 2000, late.labelled, 4_000_000))
    staleness = back_test(quick_models(), late, Staleness(2000, tested=2000), Lessons())
    assert staleness.blocks == ()
    assert staleness.tested == 3000


def test_models_of_a_block_are_fitted_side_by_side_with_the_same_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.arange(3_000, dtype=np.float64)
    labelled = Labelled({"x": x % 50}, (x % 50 > 25) * 1.0, x.astype(np.int64), x.astype(np.int64))
    before = Staleness(2_000, tested=2_000)
    one = back_test(replace(quick_models(), side=1), labelled, before, Lessons())
    learn, both, calls = QuickModels.learn, threading.Barrier(2, timeout=30), itertools.count()

    def together(models: QuickModels, *facts: Any) -> Any:
        if next(calls) < 2:
            both.wait()  # breaks where the second begins after the first has ended
        return learn(models, *facts)

    monkeypatch.setattr(QuickModels, "learn", together)
    assert back_test(quick_models(), labelled, before, Lessons()) == one
    assert next(calls) > 2
