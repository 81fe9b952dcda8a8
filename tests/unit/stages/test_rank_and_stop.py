"""Ranking states probabilities that experience moves; the search stops for a reason that can be told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import TrialOutcome
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Member, Trial, TrialStatus
from journeyman.stages.learn import learn
from journeyman.stages.rank import (
    Cost,
    SearchHistory,
    meta_features,
    overhead_allowance,
    rank,
    remembered,
    shown_by,
    update_prior,
    worth,
)
from journeyman.stages.rank.features import CONTEXT, Proposal, encode, feature_names
from journeyman.stages.rank.judgement import Prior, blank, expect_successes, from_text, shipped_prior, to_text, update
from journeyman.stages.stop import chance_of_more, choose_next, fits_whole, reason_to_stop, thin_search

CANDIDATES = [
    Candidate("catboost", {"a": 1}, style="quick"),
    Candidate("lightgbm", {"a": 2}, style="quick"),
    Candidate("lightgbm", {"a": 3}, style="searched 1"),
    Candidate("forest", style="fine"),
    Candidate("linear"),
]
NAMES = [(c.algorithm, c.name) for c in CANDIDATES]
COSTS = {c.key: Cost(10.0, 10.0) for c in CANDIDATES}
TABLE = {"log_rows": 3.0, "categorical": 0.5, "regression": 1.0}
NOTHING_SHOWN = SearchHistory({"done": 0.0})


def experience(candidate: Candidate, succeeded: bool, times: int, **table: float) -> list[Experience]:
    context = {**TABLE, "done": 1.0, **table}
    gain = 0.05 if succeeded else 0.0
    row = Experience(context, candidate.algorithm, candidate.name, Expectation("", 0.5, 0.1, 1.0), succeeded, gain, 1.0)
    return [row] * times


def stated(past: list[Experience], candidates: list[Candidate] = CANDIDATES) -> dict[str, Expectation]:
    prior = update_prior(TABLE, [(c.algorithm, c.name) for c in candidates], past)
    costs = {c.key: Cost(10.0, 10.0) for c in candidates}
    return {e.candidate: e for e in rank(candidates, costs, TABLE, NOTHING_SHOWN, prior, {})}


def test_the_simple_model_comes_first_then_gain_per_second() -> None:
    prior = update_prior(TABLE, NAMES, ())
    ranked = rank(CANDIDATES, COSTS, TABLE, NOTHING_SHOWN, prior, {})
    assert ranked[0].candidate == CANDIDATES[4].key
    worth = [e.probability * e.gain / e.seconds for e in ranked[1:]]
    assert worth == sorted(worth, reverse=True)
    slow = {**COSTS, ranked[1].candidate: Cost(1e5, 1e5)}
    assert rank(CANDIDATES, slow, TABLE, NOTHING_SHOWN, prior, {})[-1].candidate == ranked[1].candidate


def test_success_raises_the_probability_and_failure_lowers_it() -> None:
    forest = CANDIDATES[3]
    pasts = ([], experience(forest, True, 40), experience(forest, False, 40))
    plain, good, bad = (stated(past)[forest.key].probability for past in pasts)
    assert bad < plain < good


def test_experience_of_other_tables_weighs_less() -> None:
    forest = CANDIDATES[3]
    plain, near, far = (
        stated(past)[forest.key].probability
        for past in ([], experience(forest, False, 20), experience(forest, False, 20, log_rows=6.5, regression=0.0))
    )
    assert near < far < plain


def test_what_a_series_taught_is_believed_of_its_next_member() -> None:
    first, next_one = (Candidate("lightgbm", {"n": n}, style=f"searched {n}") for n in (901, 902))
    other = Candidate("lightgbm", {"n": 0}, style="never seen")
    before, after = (stated(past, [next_one, other]) for past in ([], experience(first, True, 60)))
    moved = {c.key: after[c.key].probability - before[c.key].probability for c in (next_one, other)}
    assert moved[next_one.key] > moved[other.key] > 0


def test_a_plug_ins_algorithm_is_believed_to_be_like_the_average() -> None:
    unknown = Candidate("my_algorithm", style="first")
    [known] = stated([], [unknown]).values()
    prior = shipped_prior()
    plain = expect_successes(prior, [Proposal("", "", {**TABLE, "done": 0.0})])
    assert known.probability == pytest.approx(float(plain[0][0]))
    assert known.gain == pytest.approx(float(plain[1][0]))
    [after] = stated(experience(unknown, True, 30), [unknown]).values()
    assert after.probability > known.probability


def test_experience_without_what_trials_showed_is_passed_over() -> None:
    old = [replace(row, context=TABLE) for row in experience(CANDIDATES[3], True, 30)]
    assert stated(old) == stated([])


def test_the_same_experience_gives_the_same_statements() -> None:
    past = experience(CANDIDATES[0], True, 7) + experience(CANDIDATES[1], False, 9)
    assert stated(past) == stated(past)


def test_expectations_carry_what_was_known() -> None:
    shown = SearchHistory({"done": 1.0}, {"forest": {"same": 0.7}})
    ranked = rank(CANDIDATES, COSTS, TABLE, shown, update_prior(TABLE, NAMES, ()), {})
    by_key = {e.candidate: e.context for e in ranked}
    assert by_key[CANDIDATES[3].key] == {**TABLE, "done": 1.0, "same": 0.7, "plain": pytest.approx(np.log(10.0))}
    assert "same" not in by_key[CANDIDATES[0].key]


def job(name: str, solos: dict[str, float | None], helped: str, table: float = 7.0) -> list[Experience]:
    said, context = Expectation("", 0.5, 0.1, 1.0), {**TABLE, "table": table, "done": 1.0}
    return [
        Experience(context, n.split()[0], n, said, n == helped, 0.1, 1.0, solo=solo, job=name)
        for n, solo in solos.items()
    ]


def test_what_earlier_jobs_of_a_table_said_of_candidates_is_remembered() -> None:
    best, stopped, near = "catboost (quick)", "forest (fine)", "lightgbm (quick)"
    past = job("monday", {best: 0.5, stopped: None, near: 0.55}, best) + job("tuesday", {best: 0.4}, near)
    past += job("wednesday", {best: 0.1}, best, table=8.0)
    known = remembered({**TABLE, "table": 7.0}, past)
    assert known[best] == {"met": pytest.approx(np.log(3)), "met_helped": 0.5, "met_gap": 0.0}
    assert known[near]["met_gap"] == pytest.approx(np.log(1.1))
    assert known[stopped] == {"met": pytest.approx(np.log(2)), "met_helped": 0.0}
    assert remembered(TABLE, past) == {}


def test_tables_are_told_apart_by_columns_and_task_and_arrays_are_no_table() -> None:
    def number(names: tuple[str, ...], kind: str) -> float | None:
        columns = tuple(Column(name, Kind.NUMBER) for name in names)
        frame = pd.DataFrame({name: [1.0, 2.0] for name in (*names, "y")})
        labels = ("no", "yes") if kind != "regression" else ()
        return meta_features(Table("t", frame, columns, "", 2), Task("y", kind, "rmse", labels)).get("table")

    age = number(("age", "size"), "regression")
    assert age is not None
    assert age not in (number(("age", "sex"), "regression"), number(("age", "size"), "binary"))
    assert number(("x0", "x1"), "regression") is None


def test_a_candidate_that_helped_on_the_same_table_comes_before_one_that_was_far_off() -> None:
    first, second = CANDIDATES[1], CANDIDATES[2]
    prior = update_prior(TABLE, NAMES, ())
    plain = {e.candidate: e for e in rank(CANDIDATES, COSTS, TABLE, NOTHING_SHOWN, prior, {})}
    for good, bad in ((first, second), (second, first)):
        past = [row for n in range(3) for row in job(f"{n}", {good.name: 0.4, bad.name: 0.7}, good.name)]
        known = remembered({"table": 7.0}, past)
        said = {e.candidate: e for e in rank(CANDIDATES, COSTS, TABLE, NOTHING_SHOWN, prior, known)}
        assert said[good.key].probability > plain[good.key].probability
        assert said[bad.key].probability < plain[bad.key].probability
        assert said[good.key].context["met_helped"] == 1.0
        assert "met" not in said[CANDIDATES[3].key].context


def test_beliefs_recover_what_made_the_outcomes() -> None:
    rng = np.random.default_rng(0)
    context = [{key: float(rng.normal(c, s)) for key, (c, s) in CONTEXT.items()} for _ in range(1500)]
    proposals = [Proposal("a" if i % 2 else "b", "a" if i % 2 else "b", c) for i, c in enumerate(context)]
    z = np.array([(c["dry"] - CONTEXT["dry"][0]) / CONTEXT["dry"][1] for c in context])
    chance = 1 / (1 + np.exp(-(-0.5 - 1.5 * z + np.array([1.5 if p.algorithm == "a" else 0.0 for p in proposals]))))
    succeeded = rng.uniform(size=1500) < chance
    gains = np.where(succeeded, np.exp(-4 + 0.5 * rng.normal(size=1500)), 0.0)
    start = replace(blank([("a", "a"), ("b", "b")], caution=8.0), spread=0.5)
    prior = update(start, proposals[:1000], succeeded[:1000], gains[:1000], np.ones(1000))
    said, gain = expect_successes(prior, proposals[1000:])
    assert float(np.abs(said - chance[1000:]).mean()) < 0.1 < 0.2 < float(np.abs(chance - chance.mean()).mean())
    assert float(np.median(gain)) == pytest.approx(np.exp(-4 + 0.125), rel=0.2)


def test_learning_bit_by_bit_is_learning_at_once() -> None:
    """Of the gain, whose beliefs are exact: what was learned is the prior of what comes."""
    rng = np.random.default_rng(1)
    proposals = [Proposal("a", "a", {"done": float(v)}) for v in rng.uniform(0, 3, 60)]
    succeeded, gains, weights = np.ones(60, dtype=bool), np.exp(rng.normal(-3, 1, 60)), np.ones(60)
    start = blank([("a", "a")])
    at_once = update(start, proposals, succeeded, gains, weights)
    half = update(start, proposals[:30], succeeded[:30], gains[:30], weights[:30])
    bit_by_bit = update(half, proposals[30:], succeeded[30:], gains[30:], weights[30:])
    assert np.allclose(at_once.gain, bit_by_bit.gain)


def test_beliefs_survive_their_text() -> None:
    prior = update(
        blank(NAMES), [Proposal(*NAMES[0], {"done": 1.0})] * 5, np.ones(5, bool), np.full(5, 0.1), np.ones(5)
    )
    again = from_text(to_text(prior))
    assert again.names == prior.names
    assert np.allclose(again.chance, prior.chance, rtol=1e-3, atol=1e-12)
    assert np.allclose(again.gain_precision, prior.gain_precision, rtol=1e-3, atol=1e-12)


def test_the_shipped_beliefs_are_sound() -> None:
    prior = shipped_prior()
    assert isinstance(prior, Prior)
    assert prior.jobs > 20
    assert np.isfinite(prior.chance).all()
    assert np.linalg.eigvalsh(prior.chance_precision).min() > 0
    assert np.linalg.eigvalsh(prior.gain_precision).min() > 0


def test_features_tell_levels_apart() -> None:
    names = feature_names([("a", "a (searched 1)"), ("a", "a (deep)"), ("b", "b")])
    x = encode([Proposal("a", "a (searched 1)", {"binary": 1.0}), Proposal("new", "new", {})], names)
    at = {name: k for k, name in enumerate(names)}
    assert all(x[0, at[n]] == 1.0 for n in ("1", "a", "a*binary", "[a (searched)]", "[[a (searched 1)]]"))
    assert all(x[1, at[n]] == 0.0 for n in ("a", "b", "[b]"))


def trial(name: str, score: float, style: str = "default", folds: tuple[float, ...] = (0.7, 0.8)) -> Trial:
    return Trial(Candidate(name, {"s": style}, style=style), TrialStatus.DONE, score=score, fold_scores=folds)


def test_what_the_trials_have_shown() -> None:
    trials = [
        trial("baseline", 0.5),
        trial("linear", 0.75),
        trial("forest", 0.8),
        trial("forest", 0.79, "b"),
        Trial(Candidate("catboost"), TrialStatus.FAILED),
    ]
    outcomes = [(True, 1.0), (True, 0.5), (True, 0.2), (False, 0.0), (False, 0.0)]
    best = Ensemble((Member(trials[2].candidate, 1.0),), 0.8, np.zeros((1, 1)))
    shown = shown_by(trials, outcomes, best, True)
    assert shown.overall["simple"] == pytest.approx(np.log(0.25 / 0.5))
    assert shown.overall["best"] == pytest.approx(np.log(0.2 / 0.5))
    assert shown.overall["done"] == pytest.approx(np.log(4))
    assert shown.overall["dry"] == pytest.approx(np.log(3))
    assert shown.overall["lately"] == pytest.approx(1 / 3)
    assert shown.of("forest")["same"] == pytest.approx(np.log(3))
    assert shown.of("forest")["same_gap"] == pytest.approx(0.0)
    assert shown.of("catboost")["same_failed"] == pytest.approx(np.log(2))
    assert "same" not in shown.of("lightgbm")


def test_scores_that_shrink_are_losses_themselves() -> None:
    trials = [trial("baseline", 10.0), trial("linear", 5.0)]
    shown = shown_by(trials, [(True, 1.0), (True, 0.5)], None, False)
    assert shown.overall["simple"] == pytest.approx(np.log(0.5))


def test_reasons_to_stop() -> None:
    likely, unlikely = Expectation("a", 0.9, 0.1, 1.0), Expectation("b", 0.02, 0.1, 1.0)
    assert reason_to_stop((likely,), 60.0, None, False) == ""
    assert "trials" in reason_to_stop((likely,), None, 0, False)
    assert "asked" in reason_to_stop((likely,), 60.0, None, True)
    assert "probability of 2%, below" in reason_to_stop((unlikely,), 60.0, None, False)
    assert reason_to_stop((likely, unlikely), 60.0, None, False) == ""
    assert reason_to_stop((unlikely,), None, 3, False) == "", "a number of trials that was asked for is run"


def test_what_does_not_fit_raises_no_hopes() -> None:
    slow, quick = Expectation("slow", 0.9, 0.1, 1000.0), Expectation("quick", 0.02, 0.1, 1.0)
    assert chance_of_more((slow, quick), 10.0) == pytest.approx(0.02)
    assert "below" in reason_to_stop((slow, quick), 10.0, None, False)


def test_many_small_chances_are_a_chance() -> None:
    some = tuple(Expectation(str(k), 0.06, 0.01, 1.0) for k in range(10))
    assert 0.06 < chance_of_more(some, None) < 1 - 0.94**10
    assert chance_of_more(some[:1], None) < chance_of_more(some[:2], None) < chance_of_more(some, None)


def test_what_does_not_fit_into_the_time_left_is_passed_over() -> None:
    slow, quick = Expectation("slow", 0.9, 0.1, 100.0), Expectation("quick", 0.5, 0.1, 1.0)
    assert choose_next((slow, quick), None) is slow
    assert choose_next((slow, quick), 10.0) is quick
    assert choose_next((slow,), 10.0) is None
    assert choose_next((slow,), 20.0) is slow


def test_experience_pairs_what_was_expected_with_what_came() -> None:
    trials = [
        replace(trial("baseline", 0.5), seconds=2.0),
        replace(trial("catboost", 0.6), seconds=2.0),
        Trial(Candidate("forest"), TrialStatus.FAILED, seconds=1.0),
    ]
    expected = [Expectation(t.candidate.key, 0.5, 0.1, 1.0, {"done": float(k)}) for k, t in enumerate(trials)]
    outcomes = [TrialOutcome(True, 1.0), TrialOutcome(True, 0.2), TrialOutcome(False, 0.0)]
    rows = learn(TABLE, trials, expected, outcomes, True)
    assert [(r.candidate, r.succeeded, r.gain, r.seconds, r.solo) for r in rows] == [
        ("baseline", True, 1.0, 2.0, 1.0),
        ("catboost", True, 0.2, 2.0, 0.8),
        ("forest", False, 0.0, 1.0, None),
    ]
    assert [r.context for r in rows] == [{**TABLE, "done": float(k)} for k in range(3)]


def test_while_much_time_is_left_what_gains_most_comes_before_what_gains_most_a_second() -> None:
    costs = {c.key: Cost(1.0 if c.algorithm == "lightgbm" else 3.0, 1.0) for c in CANDIDATES}
    known, prior = {"catboost (quick)": {"met": 1.0, "met_helped": 1.0}}, update_prior(TABLE, NAMES, ())
    firsts = []
    for left in (0.0, 60.0):
        ranked = rank(CANDIDATES, costs, TABLE, NOTHING_SHOWN, prior, known, overhead_allowance(costs, left))
        firsts.append(ranked[1].candidate)
        assert [worth(e, overhead_allowance(costs, left)) for e in ranked[1:]] == sorted(
            (worth(e, overhead_allowance(costs, left)) for e in ranked[1:]), reverse=True
        )
    told = {e.candidate: e for e in rank(CANDIDATES, costs, TABLE, NOTHING_SHOWN, prior, known)}
    best = max(told.values(), key=lambda e: e.probability * e.gain if e.candidate != CANDIDATES[4].key else 0.0)
    assert best.seconds == 3.0, "what gains most is dear here, else the test says nothing"
    assert firsts[0] != best.candidate
    assert firsts[1] == best.candidate


def test_patience_ends_with_the_time_and_is_no_more_than_half_of_what_a_trial_takes() -> None:
    costs = {str(k): Cost(float(k), 1.0) for k in range(1, 6)}
    assert [overhead_allowance(costs, left) for left in (0.0, -5.0, 1.0, 1e4)] == pytest.approx([0.0, 0.0, 0.3, 1.5])
    assert overhead_allowance({}, 60.0) == 0.0


def test_a_search_is_thin_where_time_left_most_of_it_untried():
    waiting = [Expectation(str(i), 0.5, 0.1, 5.0) for i in range(40)]
    assert thin_search(2, waiting, 45.0, 40.0) == "only 2 candidates were tried; 2m would try about 17"
    assert thin_search(0, waiting[:3], 5.0, 5.0).startswith("no candidate besides the simple model was tried")
    assert thin_search(3, waiting, 45.0, 40.0) == ""
    assert thin_search(1, (), 45.0, 40.0) == "", "nothing is left to try"


def test_what_is_to_learn_to_its_end_needs_most_of_its_time():
    whole = Expectation("a", 0.5, 0.1, 10.0)
    assert fits_whole(whole, None)
    assert [fits_whole(whole, left) for left in (5.0, 7.0)] == [False, True]
    assert fits_whole(whole, 5.0, scheduled=True), "a shorter schedule does"
