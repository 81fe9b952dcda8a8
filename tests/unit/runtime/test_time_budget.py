"""What a budget holds: folds, copies of members, and the time that is left for trials."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.dataset import Dataset
from journeyman.entities.search import Search
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble, Member, Trial, TrialStatus
from journeyman.runtime.finishing import embedded_finishing_seconds, finishing_seconds
from journeyman.runtime.time_budget import TimeBudget, members_of, seconds_to_start
from journeyman.settings import BuildSettings
from journeyman.stages.rank import CostModel, judgement

TASK = Task("y", "regression", "rmse")
COLUMNS = (Column("x", Kind.NUMBER), Column("y", Kind.NUMBER, Role.TARGET))
TABLE = Table("t", pd.DataFrame({"x": np.arange(80.0), "y": np.arange(80.0)}), COLUMNS, "", 80)
ROWS = np.arange(80)
FOLDS = tuple(Fold(ROWS[k != ROWS % 4], ROWS[k == ROWS % 4]) for k in range(4))
SPLIT = Split(Scheme.SHUFFLED, ROWS, ROWS[:0], FOLDS, "4 folds")


def components(seconds, finishing=finishing_seconds, **more):
    usual = SimpleNamespace(name="slow", candidates=lambda *_: (Candidate("slow"),), seconds=lambda *_: seconds, **more)
    return SimpleNamespace(algorithms={"baseline": None, "slow": usual}, finishing=finishing)


def settings(**more):
    return BuildSettings("t.csv", "y", "t", **more)


def budget_of(parts, split=SPLIT, table=TABLE, **more):
    return TimeBudget(Dataset(table, TASK, split), settings(**more), parts)


def tried(seconds, fit_seconds=0.0, preparing=0.0):
    """A trial of the four folds."""
    return Trial(
        Candidate("slow"),
        TrialStatus.DONE,
        1.0,
        (1.0,) * 4,
        seconds=seconds,
        preparing=preparing,
        fit_seconds=fit_seconds,
    )


def found_in(trial):
    """A search that has kept one trial."""
    return Search(Ensemble((Member(trial.candidate, 1.0),), 1.0, np.zeros((80, 1))), (trial,), (), (), (), "")


@pytest.mark.parametrize(("seconds", "folds"), [(0.1, 4), (4.0, 2), (100.0, 1)])
def test_a_budget_uses_as_many_folds_as_it_holds_and_says_so(seconds, folds):
    taken = budget_of(components(seconds), budget=60.0).affordable_split()
    assert taken.folds == SPLIT.folds[-folds:]
    assert ("used" in taken.reason) == (folds < 4)


def test_half_of_many_folds_comes_before_two():
    split = Split(Scheme.SHUFFLED, ROWS, ROWS[:0], FOLDS * 2, "8 folds")
    assert len(budget_of(components(2.0), split, budget=60.0).affordable_split().folds) == 4


def test_a_set_number_of_trials_uses_all_folds():
    assert budget_of(components(100.0), budget=60.0, trials=3).affordable_split() is SPLIT


@pytest.mark.parametrize(("threads", "seconds"), [(1, 8 / 3), (2, 4 / 3), (4, 4 / 3)])
def test_a_fit_for_good_takes_as_long_as_a_wave_of_its_trial_on_more_rows(threads, seconds):
    """One thread: two fits, on the training rows and on all, in turn. All rows are 4/3 of a fold's."""
    found = found_in(tried(100.0, fit_seconds=1.0))
    budget = budget_of(components(2.0), threads=threads)
    assert budget.seconds_of_fits(found, found.ensemble) == pytest.approx((seconds,))


def test_what_is_loaded_once_does_not_make_fits_for_good_dear():
    quick, unknown = found_in(tried(9.0, fit_seconds=0.5)), found_in(tried(9.0, preparing=1.0))
    budget = budget_of(components(2.0), threads=2)
    assert budget.seconds_of_fits(quick, quick.ensemble) == pytest.approx((0.5 * 4 / 3,))
    assert budget.seconds_of_fits(unknown, unknown.ensemble) == pytest.approx((4.0 * 4 / 3,))


def costs(parts, so_far, **more):
    """Expected costs of another candidate of the slow algorithm, where nothing is believed of it."""
    candidate, blank = Candidate("slow", {"n": 2}), judgement.blank([("slow", "slow")])
    budget = budget_of(parts, threads=2, **more)
    found = budget.expected_costs([candidate], so_far, {"log_rows": 2.0}, CostModel(blank))
    return found[candidate.key]


def test_the_first_trial_of_a_slow_starter_is_expected_to_take_its_start_too():
    slow, trial = components(2.0, start_seconds=8.0), tried(20.0, fit_seconds=1.0)
    assert costs(slow, [], budget=60.0).seconds == pytest.approx(2 * 2.0 + 8.0), "two waves of folds, and the start"
    assert 2 * 1.0 < costs(slow, [trial], budget=60.0).seconds < 2 * 2.0, "one trial does not tell all"
    assert seconds_to_start(components(2.0).algorithms["slow"], []) == 0.0


def test_the_more_trials_agree_the_more_they_are_believed():
    trials = [replace(tried(20.0, fit_seconds=1.0), candidate=Candidate("slow", {"n": n})) for n in range(10, 30)]
    said = [costs(components(2.0), trials[:n], budget=60.0).seconds for n in (0, 1, 3, 20)]
    assert said == sorted(said, reverse=True)
    assert said[-1] == pytest.approx(2 * 1.0, rel=0.05)


def test_where_the_number_of_trials_is_set_costs_do_not_depend_on_the_clock():
    trials = [tried(20.0, fit_seconds=9.0)]
    assert costs(components(2.0), trials, trials=5) == costs(components(2.0), [], trials=5)


def test_time_for_trials_leaves_the_time_to_fit_and_release_what_they_found():
    trial = tried(20.0, fit_seconds=3.0)
    found = found_in(trial)
    chosen = members_of(found.ensemble, [trial])
    budget = budget_of(components(2.0), budget=60.0, threads=2)
    left, finish = budget.trial_seconds(10.0, chosen, [trial], 1.0), budget.seconds_to_finish(0.0)
    assert chosen == [trial]
    assert left == pytest.approx((60.0 - 10.0 - 3.0 * 4 / 3 - finish) / (1.0 + 4 / 3 / 2))
    assert budget_of(components(2.0), budget=None).trial_seconds(10.0, [], [trial], 1.0) is None


def test_a_boosted_member_needs_the_time_for_most_of_its_rounds_only():
    """With 36 classes a linear model alone was released, because a boosted one missed its time by a twentieth."""
    plain = tried(20.0, fit_seconds=3.0)
    boosted = replace(plain, rounds=(90, 100, 110, 100))
    seconds = [
        budget_of(components(2.0), budget=60.0, threads=2).ensemble_limits(10.0, found_in(trial)).of(trial)
        for trial in (plain, boosted)
    ]
    assert seconds == pytest.approx([3.0 * 4 / 3, 0.8 * 3.0 * 4 / 3])


def test_on_a_machine_that_is_slow_just_now_more_time_is_kept_for_finishing():
    trial = tried(20.0, fit_seconds=3.0)
    found = found_in(trial)
    budget = budget_of(components(2.0), budget=60.0, threads=2)
    plain, slow = (budget.trial_seconds(10.0, [trial], [trial], pace) for pace in (1.0, 2.0))
    assert plain - slow == pytest.approx(budget.seconds_to_finish(0.0) / (1.0 + 4 / 3 / 2))
    usual, hindered = (
        budget.seconds_for_seed_replicas(replace(found, slowness=pace), 10.0)(1e-4) for pace in (1.0, 2.0)
    )
    assert hindered < usual


def test_an_estimator_keeps_no_time_for_an_examination_that_never_comes():
    rows = np.arange(20_000)
    table = replace(TABLE, frame=pd.DataFrame({"x": rows * 1.0, "y": rows * 1.0}), source_rows=20_000)
    folds = tuple(Fold(rows[k != rows % 4], rows[k == rows % 4]) for k in range(4))
    split = replace(SPLIT, train=rows, folds=folds)
    trial = replace(tried(8.0, fit_seconds=1.0), answer_seconds=1e-4)
    found, parts = found_in(trial), (components(2.0), components(2.0, embedded_finishing_seconds))
    build, embedded = (
        (
            budget.trial_seconds(10.0, [trial], [trial], 1.0),
            budget.ensemble_limits(10.0, found).seconds,
            budget.seconds_for_seed_replicas(found, 10.0)(1e-4),
        )
        for budget in (budget_of(one, split, table, budget=30.0, threads=2) for one in parts)
    )
    assert all(mine > theirs + 0.5 for mine, theirs in zip(embedded, build, strict=True))
    assert embedded_finishing_seconds(table, split, 1.0, 1.0, 1.0) == pytest.approx(0.3), "whatever answers take"


def test_time_for_copies_is_what_is_left_and_less_where_answers_take_long():
    found = found_in(tried(20.0, fit_seconds=3.0))
    left = budget_of(components(2.0), budget=60.0, threads=2).seconds_for_seed_replicas(found, 10.0)
    assert 30.0 < left(0.0) < 40.0
    assert left(1e-3) < left(0.0)
    assert budget_of(components(2.0), budget=None).seconds_for_seed_replicas(found, 10.0) is None
    assert budget_of(components(2.0), budget=60.0, trials=3).seconds_for_seed_replicas(found, 10.0) is None


def test_who_is_late_asks_for_fewer_answers():
    rows = np.arange(5_000)
    table = replace(TABLE, frame=pd.DataFrame({"x": rows * 1.0, "y": rows * 1.0}), source_rows=5_000)
    split = Split(Scheme.SHUFFLED, rows[1_000:], rows[:1_000], (), "")
    early, late, slow, set_trials = (
        budget_of(components(2.0), split, table, budget=60.0, **more).planned_prediction_seconds(5e-5, elapsed, pace)
        for more, elapsed, pace in (({}, 10.0, 1.0), ({}, 58.0, 1.0), ({}, 52.0, 5.0), ({"trials": 3}, 59.0, 5.0))
    )
    assert early == set_trials == 5e-5
    assert late > early
    assert slow > early
