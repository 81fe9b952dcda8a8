"""Ranking states probabilities that experience moves; the search stops for a reason that can be told."""

from journeyman.entities.candidate import Candidate
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.stages.learn import learn
from journeyman.stages.rank import rank
from journeyman.stages.stop import choose_next, reason_to_stop

CANDIDATES = [
    Candidate("catboost", style="quick"),
    Candidate("lightgbm", style="quick"),
    Candidate("forest", style="fine"),
    Candidate("linear"),
]
SECONDS = {c.key: 10.0 for c in CANDIDATES}
CONTEXT = {"log_rows": 3.0, "categorical": 0.5}


def order(past=(), trials=(), seconds=SECONDS):
    keys = {c.key: c.algorithm for c in CANDIDATES}
    return [keys[e.candidate] for e in rank(CANDIDATES, seconds, trials, CONTEXT, past)]


def remembered(candidate, succeeded, times, context=CONTEXT):
    row = Experience(context, candidate.algorithm, candidate.name, Expectation("", 0.5, 0.1, 1.0), succeeded, 0.5, 1.0)
    return [row] * times


def test_the_simple_model_comes_first_then_gain_per_second():
    assert order() == ["linear", "lightgbm", "catboost", "forest"]
    slow = {**SECONDS, CANDIDATES[1].key: 1000.0}
    assert order(seconds=slow) == ["linear", "catboost", "forest", "lightgbm"]


def test_experience_changes_the_order():
    past = remembered(CANDIDATES[2], True, 30) + remembered(CANDIDATES[1], False, 30)
    assert order(past)[1] == "forest"


def test_experience_of_other_tables_weighs_less():
    near = rank(CANDIDATES, SECONDS, (), CONTEXT, remembered(CANDIDATES[2], True, 10))
    far = rank(CANDIDATES, SECONDS, (), CONTEXT, remembered(CANDIDATES[2], True, 10, {"log_rows": 7.0}))
    probability = {id(r): {e.candidate: e.probability for e in r}[CANDIDATES[2].key] for r in (near, far)}
    assert probability[id(near)] > probability[id(far)]


def test_a_second_candidate_of_one_algorithm_is_expected_to_add_less():
    done = [Trial(Candidate("lightgbm", style="deep"), TrialStatus.DONE)]
    before, after = (rank(CANDIDATES, SECONDS, t, CONTEXT, ()) for t in ((), done))
    key = CANDIDATES[1].key
    assert {e.candidate: e.gain for e in after}[key] < {e.candidate: e.gain for e in before}[key]


def test_reasons_to_stop():
    likely, unlikely = Expectation("a", 0.9, 0.1, 1.0), Expectation("b", 0.1, 0.1, 1.0)
    assert reason_to_stop((likely,), [], None, False) == ""
    assert "trials" in reason_to_stop((likely,), [True], 0, False)
    assert "asked" in reason_to_stop((likely,), [True], None, True)
    idle = [True, True, True, False, False, False, False]
    assert "no more than noise" in reason_to_stop((unlikely,), idle, None, False)
    assert reason_to_stop((likely,), idle, None, False) == ""


def test_what_does_not_fit_into_the_time_left_is_passed_over():
    slow, quick = Expectation("slow", 0.9, 0.1, 100.0), Expectation("quick", 0.5, 0.1, 1.0)
    assert choose_next((slow, quick), None) is slow
    assert choose_next((slow, quick), 10.0) is quick
    assert choose_next((slow,), 10.0) is None
    assert choose_next((slow,), 20.0) is slow


def test_experience_pairs_what_was_expected_with_what_came():
    trials = [Trial(c, TrialStatus.DONE, seconds=2.0) for c in CANDIDATES[:2]]
    rows = learn(
        CONTEXT, trials, [Expectation(c.key, 0.5, 0.1, 1.0) for c in CANDIDATES[:2]], [(True, 0.2), (False, 0.0)]
    )
    assert [(r.candidate, r.succeeded, r.gain, r.seconds) for r in rows] == [
        ("catboost (quick)", True, 0.2, 2.0),
        ("lightgbm (quick)", False, 0.0, 2.0),
    ]
