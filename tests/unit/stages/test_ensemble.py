"""Ensembles: chosen out of fold, never worse than the incumbent, quick enough, calibrated where rows allow."""

from dataclasses import replace

import numpy as np
import pytest

from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Member, Trial, TrialStatus
from journeyman.metrics import METRICS
from journeyman.stages.ensemble import (
    MOST_COPIES,
    EnsembleLimits,
    ReplicaCost,
    calibrate,
    ensemble,
    fastest_alike,
    lift,
    with_seed_replicas,
)

BINARY = Task("y", "binary", "log_loss", ("no", "yes"))
LATENCY = 0.001
LIMITS = EnsembleLimits(LATENCY)
REGRESSION = Task("y", "regression", "rmse")


def trial(name, predictions, y, metric, **facts):
    return Trial(
        Candidate(name),
        TrialStatus.DONE,
        score=METRICS[metric].score(y, predictions),
        rounds=(10, 20, 90),
        predictions=predictions,
        **facts,
    )


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    y = rng.normal(size=2000)
    return y, [(y + rng.normal(scale=0.5, size=2000))[:, None] for _ in range(4)]


def test_two_that_err_independently_beat_either(values):
    y, (first, second, *_) = values
    trials = [trial("a", first, y, "rmse"), trial("b", second, y, "rmse")]
    chosen = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, LIMITS)
    assert chosen.score < 0.8 * min(t.score for t in trials)
    assert {m.candidate.algorithm for m in chosen.members} == {"a", "b"}
    assert sum(m.weight for m in chosen.members) == pytest.approx(1.0)


def of_rows(rows, noises, seconds=0.0):
    rng = np.random.default_rng(5)
    y = rng.normal(size=rows)
    made = [(y + rng.normal(scale=noise, size=rows))[:, None] for noise in noises]
    return y, [trial(f"a{i}", answer, y, "rmse", answer_seconds=seconds) for i, answer in enumerate(made)]


def weights_of(y, trials):
    chosen = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, LIMITS)
    assert sum(m.weight for m in chosen.members) == pytest.approx(1.0)
    return {m.candidate.algorithm: m.weight for m in chosen.members}


def test_on_few_rows_the_best_share_what_their_mean_is_worth(monkeypatch):
    y, (best, worst) = of_rows(200, (0.5, 3.0))
    rng = np.random.default_rng(6)
    alike = [best.predictions + rng.normal(scale=0.02, size=(200, 1)) for _ in range(2)]
    trials = [best, worst, *(trial(f"like{i}", answer, y, "rmse") for i, answer in enumerate(alike))]
    weights = weights_of(y, trials)
    assert set(weights) == {"a0", "like0", "like1"}, "the other is worse beyond noise"
    monkeypatch.setattr("journeyman.stages.ensemble._MEAN_IS_WORTH", 0)
    chosen = weights_of(y, trials)
    assert max(chosen.values()) > 0.36, "else there would be nothing to draw together"
    assert weights == pytest.approx({name: 0.5 * chosen.get(name, 0.0) + 0.5 / 3 for name in weights})


def test_what_is_worse_beyond_noise_shares_nothing():
    y, trials = of_rows(200, (0.1, 2.0, 2.0))
    assert weights_of(y, trials) == {"a0": 1.0}


def test_on_many_rows_weights_are_what_was_chosen():
    y, trials = of_rows(6_000, (0.5, 0.6, 0.7))
    for weight in weights_of(y, trials).values():
        assert min(abs(weight * n - round(weight * n)) for n in range(1, 26)) < 1e-9


def test_nothing_is_shared_where_there_is_no_room():
    y, trials = of_rows(200, (0.5, 0.5, 0.5), seconds=0.9 * LATENCY * 0.4)
    assert weights_of(y, trials) == {"a" + str(int(np.argmin([t.score for t in trials]))): 1.0}


def test_rounds_are_the_median_of_the_folds(values):
    y, (first, *_) = values
    chosen = ensemble(METRICS["rmse"], [trial("a", first, y, "rmse")], y, REGRESSION, None, LIMITS)
    assert chosen.members[0].rounds == 20


def test_the_incumbent_stays_unless_it_is_beaten(values):
    y, (first, *_) = values
    good = trial("a", first, y, "rmse")
    incumbent = ensemble(METRICS["rmse"], [good], y, REGRESSION, None, LIMITS)
    worse = trial("b", 100.0 * np.roll(first, 7, axis=0), y, "rmse")
    assert ensemble(METRICS["rmse"], [good, worse], y, REGRESSION, incumbent, LIMITS) is incumbent


def test_more_trials_never_score_worse(values):
    y, answers = values
    trials, best, scores = [], None, []
    for i, answer in enumerate(answers):
        trials.append(trial(f"a{i}", answer, y, "rmse"))
        best = ensemble(METRICS["rmse"], trials, y, REGRESSION, best, LIMITS)
        scores.append(best.score)
    assert scores == sorted(scores, reverse=True)


def test_failed_trials_are_passed_over(values):
    y, (first, *_) = values
    failed = Trial(Candidate("broken"), TrialStatus.FAILED, cause="ValueError: no")
    assert ensemble(METRICS["rmse"], [failed], y, REGRESSION, None, LIMITS) is None
    chosen = ensemble(METRICS["rmse"], [failed, trial("a", first, y, "rmse")], y, REGRESSION, None, LIMITS)
    assert [m.candidate.algorithm for m in chosen.members] == ["a"]


def test_the_baseline_is_a_member_only_while_there_is_nothing_else(values):
    y, (first, *_) = values
    constant = trial("baseline", np.full((len(y), 1), y.mean()), y, "rmse")
    alone = ensemble(METRICS["rmse"], [constant], y, REGRESSION, None, LIMITS)
    assert [m.candidate.algorithm for m in alone.members] == ["baseline"]
    both = ensemble(METRICS["rmse"], [constant, trial("a", first, y, "rmse")], y, REGRESSION, alone, LIMITS)
    assert [m.candidate.algorithm for m in both.members] == ["a"]


def slow_and_quick():
    """The slow trial is the better one, and both together are better still."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=20_000)
    slow, quick = [(y + rng.normal(scale=s, size=len(y)))[:, None] for s in (0.4, 0.5)]
    trials = [
        trial("slow", slow, y, "rmse", answer_seconds=1e-3),
        trial("quick", quick, y, "rmse", answer_seconds=1e-6),
    ]
    return trials, y


def test_a_slow_member_is_left_out_on_a_large_table():
    trials, y = slow_and_quick()
    chosen = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, LIMITS)
    assert [m.candidate.algorithm for m in chosen.members] == ["quick"]


def test_without_a_limit_the_slow_one_is_taken():
    trials, y = slow_and_quick()
    limited, free = [
        ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(at)) for at in (LATENCY, None)
    ]
    assert {m.candidate.algorithm for m in free.members} == {"slow", "quick"}
    assert free.score < limited.score
    assert ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(1.0)).score == free.score


def test_a_lone_answer_bounds_the_number_of_members(values):
    y, answers = values
    trials = [trial(f"m{i}", a, y, "rmse") for i, a in enumerate(answers)]
    assert len(ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(0.0002)).members) == 1


def test_lift_beyond_noise_and_within_it(values):
    y, (first, second, *_) = values
    one = ensemble(METRICS["rmse"], [trial("a", first, y, "rmse")], y, REGRESSION, None, LIMITS)
    two = ensemble(
        METRICS["rmse"], [trial("a", first, y, "rmse"), trial("b", second, y, "rmse")], y, REGRESSION, one, LIMITS
    )
    beyond, gain = lift(y, one, two, REGRESSION)
    assert beyond
    assert 0.2 < gain < 0.8
    assert lift(y, one, one, REGRESSION) == (False, 0.0)


def test_overconfident_probabilities_are_calmed():
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.95, 5000)
    y = (rng.uniform(size=5000) < p).astype(float)
    odds = (p / (1 - p)) ** 2
    loud = odds / (1 + odds)
    chosen = ensemble(
        METRICS["log_loss"], [trial("a", np.column_stack([1 - loud, loud]), y, "log_loss")], y, BINARY, None, LIMITS
    )
    calm = calibrate(METRICS["log_loss"], chosen, y, BINARY)
    assert calm.temperature == pytest.approx(2.0, rel=0.15)
    assert calm.score < chosen.score
    assert calm.threshold == 0.5


def test_the_threshold_follows_a_metric_of_labels():
    rng = np.random.default_rng(0)
    y = (rng.uniform(size=3000) < 0.05).astype(float)
    p = np.clip(0.05 + 0.2 * y + rng.normal(scale=0.05, size=3000), 0.001, 0.999)
    answers = np.column_stack([1 - p, p])
    task = Task("y", "binary", "balanced_accuracy", ("no", "yes"))
    chosen = ensemble(
        METRICS["balanced_accuracy"], [trial("a", answers, y, "balanced_accuracy")], y, task, None, LIMITS
    )
    assert 0.05 < calibrate(METRICS["balanced_accuracy"], chosen, y, task).threshold < 0.3


def for_ever(answer_seconds):
    return 1e9


EACH = (ReplicaCost(1.0, 2e-5, True), ReplicaCost(1.0, 2e-5, True))


def copied(chosen, left, latency=LATENCY, each=EACH):
    return [m.copies for m in with_seed_replicas(chosen, each, latency, left).members]


def test_members_are_fitted_as_often_as_answers_and_the_clock_allow(values):
    y, (first, second, *_) = values
    trials = [trial("a", first, y, "rmse", answer_seconds=2e-5), trial("b", second, y, "rmse", answer_seconds=2e-5)]
    chosen = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, LIMITS)
    assert [m.copies for m in chosen.members] == [1, 1]
    only_one = (ReplicaCost(1.0, 2e-5, True), ReplicaCost(1.0, 2e-5, False))
    assert copied(chosen, for_ever, None, only_one) == [MOST_COPIES, 1]
    # On 2,000 rows an answer may take 400 microseconds, so eight times the ensemble's 40 fit in.
    assert copied(chosen, for_ever) == [MOST_COPIES, MOST_COPIES]
    assert max(copied(chosen, None)) == 4  # no clock
    assert sum(copied(chosen, lambda answer: 5.0)) == 5  # each takes a second
    assert copied(chosen, for_ever, LATENCY / 4) == [1, 1]


def test_copies_go_first_where_they_take_off_most(values):
    y, _ = values
    members = (Member(Candidate("a"), 0.8), Member(Candidate("b"), 0.2))
    chosen = Ensemble(members, 1.0, np.column_stack([y]))
    heavy, light = copied(chosen, lambda answer: 6.0)
    assert (heavy, light) == (5, 1)
    slow_and_heavy = (ReplicaCost(5.0, 2e-5, True), ReplicaCost(0.1, 2e-5, True))
    heavy, light = copied(chosen, lambda answer: 9.0, each=slow_and_heavy)
    assert heavy == 1
    assert light > 1


def two_models(rows, gap, slow=1e-3, quick=1e-6):
    """A slow model, and a quick one whose error is greater by a share; their errors are the same otherwise."""
    rng = np.random.default_rng(3)
    y = rng.normal(size=rows)
    error = rng.normal(scale=0.3, size=rows)
    trials = [
        trial("slow", (y + error)[:, None], y, "rmse", answer_seconds=slow),
        trial("quick", (y + (1.0 + gap) * error)[:, None], y, "rmse", answer_seconds=quick),
    ]
    return y, trials


def released(y, trials, latency=None):
    best = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(latency))
    chosen = best if latency is not None else fastest_alike(METRICS["rmse"], trials, y, REGRESSION, best)
    return chosen, best


def test_without_a_wanted_limit_a_slow_model_that_is_better_stays():
    y, trials = two_models(40_000, gap=1.5)
    chosen, best = released(y, trials)
    assert chosen is best
    assert chosen.members[0].candidate.algorithm == "slow"
    assert released(y, trials, LATENCY)[0].members[0].candidate.algorithm == "quick", (
        "only a wanted limit makes it worse"
    )


def test_among_equals_the_faster_one_is_taken():
    y, trials = two_models(40_000, gap=0.0)
    chosen, best = released(y, trials)
    assert chosen.answer_seconds < best.answer_seconds
    assert [m.candidate.algorithm for m in chosen.members] == ["quick"]


@pytest.mark.parametrize("rows", [200, 2_000, 40_000])
@pytest.mark.parametrize("gap", [0.001, 0.003, 0.004, 0.006, 0.02, 0.1])
def test_a_default_costs_no_more_than_a_hundredth_of_the_loss(rows, gap):
    y, trials = two_models(rows, gap, slow=1.0)
    chosen, best = released(y, trials)
    loss, least = (float(((e.predictions[:, 0] - y) ** 2).mean()) for e in (chosen, best))
    assert loss <= 1.01 * least + 1e-12
    assert chosen.score <= 1.01 * best.score + 1e-9


def test_what_cannot_be_fitted_in_time_is_no_member():
    y, trials = of_rows(2_000, (0.5, 0.5, 0.5))
    each = {t.candidate.key: seconds for t, seconds in zip(trials, (10.0, 4.0, 3.0), strict=True)}
    free = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(None, 20.0, each))
    short = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(None, 8.0, each))
    least = ensemble(METRICS["rmse"], trials, y, REGRESSION, None, EnsembleLimits(None, 1.0, each))
    assert {m.candidate.algorithm for m in free.members} == {"a0", "a1", "a2"}
    assert {m.candidate.algorithm for m in short.members} == {"a1", "a2"}
    assert [m.candidate.algorithm for m in least.members] == ["a2"], "something must be released"


def test_a_fallback_is_released_only_while_nothing_else_is_done(values):
    y, (first, second, *_) = values
    fallback = replace(trial("naive", first, y, "rmse"), candidate=Candidate("naive", turn=Turn.FALLBACK))
    worse = trial("model", second * 1.5, y, "rmse")
    alone = ensemble(METRICS["rmse"], [fallback], y, REGRESSION, None)
    assert [m.candidate.algorithm for m in alone.members] == ["naive"]
    both = ensemble(METRICS["rmse"], [fallback, worse], y, REGRESSION, alone)
    assert [m.candidate.algorithm for m in both.members] == ["model"]
    assert both.score > alone.score  # few windows prefer the fallback by chance: they are not asked
