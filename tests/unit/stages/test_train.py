"""Training: out-of-fold predictions, failures as values, and time that is kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.algorithms.baseline import Baseline
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.linear import Linear
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Member, TrialStatus
from journeyman.metrics import METRICS
from journeyman.plugins import load_parts
from journeyman.stages.train import Allowance, FitTerms, Terms, fit_member, fit_preparation, prepare_folds, train

TASK = Task("y", "regression", "rmse")


class Clock:
    """A clock that ticks a second at each look."""

    def __init__(self):
        self.now_ = 0.0

    def monotonic(self):
        self.now_ += 1.0
        return self.now_

    def now(self):
        return ""


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    frame = pd.DataFrame({"x": x, "y": 3 * x + rng.normal(scale=0.1, size=300)})
    return Table("t", frame, (Column("x", Kind.NUMBER), Column("y", Kind.NUMBER, Role.TARGET)), "", 300)


@pytest.fixture
def split():
    rows = np.arange(300)
    folds = tuple(Fold(rows[rows % 3 != k], rows[rows % 3 == k]) for k in range(3))
    return Split(Scheme.SHUFFLED, rows, rows[:0], folds, "")


def run(algorithm, table, split, seconds=None, candidate=None, incumbent=None, threads=1):
    preparation = load_parts("journeyman.preparations")[algorithm.preparations[0]]
    clock = Clock()
    terms = Terms(METRICS["rmse"], Allowance(clock, clock.monotonic(), seconds), threads, incumbent)
    candidate = candidate or algorithm.candidates(TASK, 200, table.features)[0]
    return train(
        algorithm, lambda: prepare_folds(preparation, table, TASK, split, 0, threads), terms, candidate, TASK, 0
    )


def test_predictions_are_out_of_fold_in_the_order_of_the_folds(table, split):
    trial = run(Linear(), table, split)
    truth = np.concatenate([table.frame["y"].to_numpy()[f.validate] for f in split.folds])
    assert trial.status is TrialStatus.DONE
    assert trial.score == pytest.approx(METRICS["rmse"].score(truth, trial.predictions))
    assert trial.score < 0.15
    assert len(trial.fold_scores) == len(trial.rounds) == 3


def test_a_row_does_not_teach_its_own_prediction(table, split):
    """A changed target in the validation rows of a fold leaves that fold's predictions as they were."""
    constant = run(Baseline(), table, split)
    moved = table.frame.copy()
    moved.loc[split.folds[0].validate, "y"] += 1000.0
    after = run(Baseline(), replace(table, frame=moved), split)
    assert np.array_equal(constant.predictions[:100], after.predictions[:100])
    assert not np.array_equal(constant.predictions[100:], after.predictions[100:])


def test_a_failure_is_a_value_with_its_cause(table, split):
    trial = run(LightGBM(), table, split, candidate=Candidate("lightgbm", {"num_leaves": -5}))
    assert trial.status is TrialStatus.FAILED
    assert "num_leaves" in trial.cause
    assert "\n" not in trial.cause


def test_boosting_stops_where_it_is_when_its_time_is_used(table, split):
    free, hurried = run(LightGBM(), table, split), run(LightGBM(), table, split, seconds=12.0)
    assert hurried.status is TrialStatus.DONE
    assert max(hurried.rounds) < max(free.rounds)


def test_what_is_loaded_once_is_not_taken_off_the_first_folds_share():
    clock = Clock()
    waits = []
    for starting, first in ((0.0, True), (30.0, True), (30.0, False)):
        left, asked = Allowance(clock, clock.monotonic(), 60.0, starting).share(4, first), 1
        while left() > 0.0:
            asked += 1
        waits.append(asked)
    equal, longer, later = waits
    assert equal == later
    assert longer == pytest.approx(30 + (60 - 30) / 4, abs=2)
    assert equal == pytest.approx(60 / 4, abs=2)


def test_a_trial_tells_how_long_its_later_fits_took(table, split):
    """A look at the clock takes a second here, and the fits look at its time."""
    trial = run(Linear(), table, split)
    assert 0.0 < trial.fit_seconds < trial.seconds


def truth_of(table, split):
    return np.concatenate([table.frame["y"].to_numpy()[f.validate] for f in split.folds])[:, None]


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_a_candidate_without_hope_is_spared_the_other_folds(table, split, threads):
    """The incumbent knows the truth, so that nothing can help it; how many threads there are changes no outcome."""
    trial = run(Linear(), table, split, incumbent=truth_of(table, split), threads=threads)
    assert trial.status is TrialStatus.STOPPED
    assert trial.cause == "would not help, judged by 2 of 3 folds"
    assert trial.predictions is None
    assert 2 <= len(trial.fold_scores) <= 3


def test_a_candidate_that_helps_runs_to_the_end(table, split):
    poor = run(Baseline(), table, split).predictions
    assert run(Linear(), table, split, incumbent=poor).status is TrialStatus.DONE


def test_folds_side_by_side_give_what_they_give_in_turn(table, split):
    alone, together = run(LightGBM(), table, split), run(LightGBM(), table, split, threads=3)
    assert np.array_equal(alone.predictions, together.predictions)
    assert alone.rounds == together.rounds


def fitted_for_good(table, copies, threads, seconds_left=None, enough=lambda: False):
    rows = np.arange(300)
    preparation = load_parts("journeyman.preparations")["native"]
    parts = [lambda: fit_preparation(preparation, table, TASK, rows, 0)] * 2
    candidate = Candidate("lightgbm", {"bagging_fraction": 0.5, "num_leaves": 7, "min_data_in_leaf": 5})
    terms = FitTerms(threads, seconds_left, enough)
    stored = fit_member(LightGBM(), parts, terms, Member(candidate, 1.0, 20, copies), TASK, 0)
    return [part.files["model.txt"].decode() for part in stored]


def test_copies_are_one_model_with_the_mean_answer_on_any_number_of_threads(table):
    one, again = fitted_for_good(table, 3, 1)
    assert one == again
    assert one.count("Tree=") == 60
    side_by_side, _ = fitted_for_good(table, 3, 4)
    assert side_by_side == one


def test_a_copy_that_is_cut_short_is_thrown_away(table):
    looks = iter([1.0] * 15)
    text, _ = fitted_for_good(table, 8, 1, lambda: next(looks, 0.0))
    assert text.count("Tree=") == 20


def test_a_final_fit_has_most_of_its_rounds_whatever_the_time(table):
    """Weights were given to whole models: a fit of a few rounds in their place would spoil the ensemble."""
    text, _ = fitted_for_good(table, 1, 1, lambda: -1.0)
    assert text.count("Tree=") == 16
    whole, _ = fitted_for_good(table, 1, 1, lambda: 9.0)
    assert whole.count("Tree=") == 20


@pytest.mark.parametrize("name", ["catboost", pytest.param("forest", marks=pytest.mark.slow)])
def test_so_has_one_of_another_kind(table, name):
    algorithm = load_parts("journeyman.algorithms")[name]
    candidate = algorithm.candidates(TASK, 300, table.features)[0]
    preparation = load_parts("journeyman.preparations")[candidate.preparation]
    parts = [lambda: fit_preparation(preparation, table, TASK, np.arange(300), 0)]

    def learned(seconds):
        member = Member(candidate, 1.0, 200)
        [part] = fit_member(algorithm, parts, FitTerms(1, lambda: seconds, lambda: True), member, TASK, 0)
        return sum(map(len, part.files.values()))

    assert learned(-1.0) > 0.7 * learned(1e9)


def test_no_copy_is_begun_once_it_is_enough(table):
    looks = iter([False, False])
    text, _ = fitted_for_good(table, 8, 1, enough=lambda: next(looks, True))
    assert text.count("Tree=") == 60


def test_what_is_still_learning_when_its_time_is_up_is_not_called_hopeless(table, split):
    """A look at the clock takes a second: boosting is cut after a few rounds, where it is far from the incumbent."""
    candidate = Candidate("lightgbm", {"num_leaves": 7, "min_data_in_leaf": 5, "learning_rate": 0.05})
    incumbent = truth_of(table, split)
    cut = run(LightGBM(), table, split, seconds=60.0, candidate=candidate, incumbent=incumbent)
    assert (cut.status, cut.unfinished) == (TrialStatus.DONE, True)
    whole = run(LightGBM(), table, split, candidate=candidate, incumbent=incumbent)
    assert (whole.status, whole.unfinished) == (TrialStatus.STOPPED, False), "with all its time it is judged"


@pytest.mark.slow
def test_boosting_that_goes_on_for_long_says_so(table, split):
    slow = Candidate("lightgbm", {"num_leaves": 4, "min_data_in_leaf": 5, "learning_rate": 0.05, "lambda_l2": 900.0})
    quick = Candidate("lightgbm", {"num_leaves": 31, "min_data_in_leaf": 5, "learning_rate": 0.2})
    assert run(LightGBM(), table, split, candidate=slow).learned_long
    assert not run(LightGBM(), table, split, candidate=quick).learned_long


def test_a_final_fit_without_time_is_made_all_the_same(table):
    class Impatient:
        name, preparation = "impatient", "native"

        def fit(self, request):
            if request.out_of_time():
                raise TimeoutError
            return LightGBM().fit(request)

    preparation = load_parts("journeyman.preparations")["native"]
    parts = [lambda: fit_preparation(preparation, table, TASK, np.arange(300), 0)]
    candidate = Candidate("impatient", {"num_leaves": 4, "min_data_in_leaf": 5})
    terms = FitTerms(1, lambda: -1.0, lambda: True)
    [part] = fit_member(Impatient(), parts, terms, Member(candidate, 1.0, 20), TASK, 0)
    assert part.files["model.txt"].decode().count("Tree=") == 20
