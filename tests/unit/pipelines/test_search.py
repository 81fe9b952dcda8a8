"""What the search proposes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from journeyman.algorithms.catboost_trees import CatBoost
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.neural import Neural
from journeyman.entities.candidate import Candidate, Refusal, Turn
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.dataset import Dataset
from journeyman.entities.experience import Expectation
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.entities.weakness import Condition, Treatment, TreatmentKind
from journeyman.pipelines.search import SearchState, _longer, _queue, _rescaled, propose
from journeyman.stages.rank import Cost


def test_a_long_tail_is_tried_on_both_scales_for_the_first_two_of_each():
    several = [Candidate("a", {"n": n}, "why", f"style {n}") for n in range(3)]
    found = _rescaled(several)
    assert [(c.parameters["n"], c.target_scale) for c in found] == [(0, "log"), (0, "root"), (1, "log"), (1, "root")]
    assert len({c.key for c in [*found, *several]}) == 7
    assert found[0].name == "a (style 0, log of the target)"


def test_each_learner_of_an_algorithm_is_tried_on_both_scales():
    first = [Candidate("a", {"n": n}, "why", f"style {n}", preparation="native") for n in range(3)]
    other = [replace(c, preparation="crafted", known_as="a_crafted") for c in first]
    found = _rescaled([*first, *other])
    assert [c.learner for c in found] == ["a"] * 4 + ["a_crafted"] * 4
    assert {c.preparation for c in found if c.learner == "a_crafted"} == {"crafted"}
    assert len({c.key for c in [*first, *other, *found]}) == 14


def test_who_proposes_nothing_is_listed_with_the_reason():
    def part(answer):
        return SimpleNamespace(candidates=lambda *_: answer)

    refusal = Refusal("more than 5 rows", "take fewer")
    algorithms = {
        "silent": part(()),
        "refusing": part(refusal),
        "willing": part([Candidate("willing")]),
        "baseline": part([Candidate("baseline")]),
    }
    rows = np.arange(8)
    columns = (Column("x", Kind.NUMBER), Column("y", Kind.NUMBER, Role.TARGET))
    table = Table("t", pd.DataFrame({"x": rows * 1.0, "y": rows * 1.0}), columns, "", 8)
    split = Split(Scheme.SHUFFLED, rows, rows[:0], (Fold(rows[:4], rows[4:]),), "")
    task = Task("y", "regression", "rmse")
    candidates, not_tried = propose(SimpleNamespace(algorithms=algorithms), Dataset(table, task, split))
    assert [c.algorithm for c in candidates] == ["baseline", "willing"]
    assert [one.name for one in not_tried] == ["refusing", "silent"]
    assert not_tried[0].refusal == refusal
    assert not_tried[1].refusal.reason


def waits(name, seconds, turn=Turn.RANKED, **more):
    candidate = Candidate(name, {"n": 1}, turn=turn, **more)
    return candidate, Expectation(candidate.key, 0.5, 0.1, seconds)


def queued(pairs, trials=()):
    return _queue([e for _, e in pairs], [c for c, _ in pairs], trials)


def test_what_is_strong_without_tuning_comes_first_and_the_quickest_of_it():
    dear, cheap, other = waits("dear", 9.0, Turn.EARLY), waits("cheap", 2.0, Turn.EARLY), waits("other", 0.1)
    queue = queued([other, dear, cheap])
    assert [e.seconds for e in queue.early] == [2.0, 9.0]
    assert not queue.smooth
    assert len(queue.ranked) == 3


def test_a_candidate_on_another_scale_or_with_a_treatment_has_no_early_turn():
    assert not queued([waits("a", 2.0, Turn.EARLY, target_scale="log")]).early


@pytest.mark.parametrize("facts", [{"learned_long": True}, {"unfinished": True}])
def test_once_a_trial_has_learned_for_long_what_suits_smooth_functions_is_next(facts):
    pairs = [waits("boosted", 1.0), waits("net", 9.0, Turn.SMOOTH)]
    tried = Trial(Candidate("boosted", {"n": 2}), TrialStatus.DONE, 1.0, (1.0,))
    assert not queued(pairs, [tried]).smooth, "nothing speaks for it yet"
    assert [e.seconds for e in queued(pairs, [replace(tried, **facts)]).smooth] == [9.0]
    net = Trial(Candidate("net", {"n": 3}), TrialStatus.DONE, 1.0, (1.0,))
    assert not queued(pairs, [replace(tried, **facts), net]).smooth, "its algorithm was tried"


def test_the_boosters_as_they_come_are_marked_and_so_is_the_net_for_smooth_functions():
    task = Task("y", "regression", "rmse")
    turns = {a.name: [c.turn for c in a.candidates(task, 20_000, ())] for a in (LightGBM(), CatBoost(), Neural())}
    assert turns["lightgbm"].count(Turn.EARLY) == turns["catboost"].count(Turn.EARLY) == 1
    assert turns["neural"].count(Turn.SMOOTH) == (1 if turns["neural"] else 0)


def test_where_one_booster_learned_for_long_another_is_expected_to():
    (early, _), (other, _) = waits("b", 1.0, Turn.EARLY), waits("c", 1.0)
    costs = {early.key: Cost(3.0, 1.0), other.key: Cost(3.0, 1.0)}
    tried = Trial(Candidate("a"), TrialStatus.DONE, 1.0, (1.0,))
    assert _longer(costs, [early, other], [tried]) == costs
    longer = _longer(costs, [early, other], [replace(tried, learned_long=True)])
    assert (longer[early.key].seconds, longer[other.key].seconds) == (6.0, 3.0)


def test_what_treats_a_grave_weakness_need_not_wait_for_what_is_quick():
    treatment = Treatment(TreatmentKind.CORRECTED, Condition("a", 1.0))
    pairs = [waits("plain", 0.1), waits("treated", 9.0, treatment=treatment)]
    assert [e.seconds for e in queued(pairs).early] == [9.0]
    slight = [(c, replace(e, gain=0.01)) for c, e in pairs]
    assert not queued(slight).early


def test_the_baseline_is_the_score_of_the_first_baseline_that_has_one():
    failed = Trial(Candidate("baseline"), TrialStatus.FAILED)
    done = [Trial(Candidate(name), TrialStatus.DONE, score) for name, score in (("linear", 1.0), ("baseline", 2.0))]
    assert SearchState(()).baseline is None
    assert SearchState((), (failed, *done)).baseline == 2.0
