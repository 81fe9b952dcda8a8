"""The verdict says in plain words whether a model is worth using; noise is not, and the incumbent stays unbeaten."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.comparison import Comparison, Readings
from journeyman.entities.decision import Action, Verdict
from journeyman.entities.evaluation import Evaluation, IntervalCheck, Score, Slice
from journeyman.entities.finding import Finding, Remedy, Severity
from journeyman.entities.search import SearchLimits
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.metrics import METRICS
from journeyman.stages.decide import decide
from journeyman.stages.evaluate import evaluate
from journeyman.stages.split import follow_split

TASK = Task("y", "binary", "roc_auc", ("no", "yes"))
GOOD = Score("roc_auc", 0.9, 0.87, 0.93, 0.5, 0.5, 0.5, 0.37, 0.43, True, 1.0, METRICS["roc_auc"].words)
CLEAN = Evaluation(1000, True, (GOOD,), calibration_error=0.02, calibration_noise=0.03, out_of_fold=0.9)
LEAK = Finding("DQ301", Severity.WARNING, ("after",), "Column 'after' is known only after the target.", "Ignore it.")


def test_a_good_model_is_released_with_a_sentence():
    found = decide(TASK, CLEAN, (), None)
    assert (found.verdict, found.action) == (Verdict.RELEASE, Action.PROMOTE)
    assert found.reason == (
        "Release this model: it is clearly better than predicting without a model: "
        "area under the ROC curve 0.9 (0.87 to 0.93) against 0.5."
    )
    assert found.evidence["gain_low"] == 0.37


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": 60}, "60 rows only"),
        ({"records": 60}, "60 rows (1000 with their copies) only"),
        ({"calibration_error": 0.12}, "off by 12 points"),
        ({"out_of_fold": 0.97}, "than the search promised"),
        ({"scores": (replace(GOOD, value=0.51, low=0.505, high=0.515, gain_low=0.005),)}, "only slightly better"),
        ({"slices": (Slice("a < 1", ("a",), 100, 0.5, 0.1, 0.4, 0.6, 0.001, 0.5),)}, "where a < 1 it is no better"),
    ],
)
def test_what_asks_for_care(change, words):
    found = decide(TASK, replace(CLEAN, **change), (), None)
    assert found.verdict is Verdict.RELEASE_WITH_CARE
    assert found.action is Action.PROMOTE
    assert words in found.reason


@pytest.mark.parametrize(
    "score",
    [
        replace(GOOD, gain_low=-0.01),
        replace(GOOD, gain_low=-0.2, gain_high=-0.1),
        replace(GOOD, value=0.501, gain_low=0.0004),
        replace(GOOD, value=float("nan"), gain_low=float("nan")),
    ],
)
def test_what_is_not_worth_having_is_not_released(score):
    found = decide(TASK, replace(CLEAN, scores=(score,)), (LEAK,), None)
    assert (found.verdict, found.action) == (Verdict.DO_NOT_RELEASE, Action.KEEP)
    assert found.reason.startswith("Do not release this model: ")


def test_a_suspected_leak_asks_for_care_until_it_is_remedied():
    found = decide(TASK, CLEAN, (LEAK,), None)
    assert found.verdict is Verdict.RELEASE_WITH_CARE
    assert "known only after the target (DQ301)" in found.reason
    remedied = replace(LEAK, remedy=Remedy.IGNORE_COLUMN)
    assert decide(TASK, CLEAN, (remedied,), None).verdict is Verdict.RELEASE


def test_a_doubt_about_a_column_that_is_not_used_asks_for_nothing():
    unused = Finding("DQ602", Severity.NOTE, LEAK.subject, "1 column(s) are not used")
    assert decide(TASK, CLEAN, (LEAK, unused), None).verdict is Verdict.RELEASE
    accepted = Finding("DQ601", Severity.NOTE, LEAK.subject, "accepted", evidence={"code": LEAK.code})
    assert decide(TASK, CLEAN, (LEAK, accepted), None).verdict is Verdict.RELEASE


def test_drift_asks_for_care_unless_the_examination_follows_time():
    drift = Finding("DQ504", Severity.WARNING, (), "Rows change along the table.")
    assert decide(TASK, CLEAN, (drift,), None).verdict is Verdict.RELEASE_WITH_CARE
    assert decide(replace(TASK, scheme=Scheme.TIME), CLEAN, (drift,), None).verdict is Verdict.RELEASE


def test_rows_that_could_not_be_divided_as_wanted_ask_for_care():
    task, findings = follow_split(
        replace(TASK, scheme=Scheme.TIME, time_column="when"),
        (),
        Split(Scheme.SHUFFLED, np.arange(9), np.arange(0), (), "time cannot divide these rows, so they are dealt; x"),
    )
    lazy = replace(GOOD, baseline=0.95, gain_low=-0.08, gain_high=-0.02)
    found = decide(task, replace(CLEAN, no_change=lazy), findings, None)
    assert found.verdict is Verdict.RELEASE_WITH_CARE
    assert "time cannot divide these rows" in found.reason
    assert not any("repeating" in r for r in found.reasons)


def test_in_time_the_previous_answer_has_to_be_beaten():
    timed = replace(TASK, scheme=Scheme.TIME)
    lazy = replace(GOOD, baseline=0.95, gain_low=-0.08, gain_high=-0.02)
    found = decide(timed, replace(CLEAN, no_change=lazy), (), None)
    assert found.verdict is Verdict.RELEASE_WITH_CARE
    assert "does not beat repeating the previous row's value" in found.reason
    panel = replace(CLEAN, no_change=lazy, no_change_rule="repeating the same series' value", series=("a", "b"))
    words = "does not beat repeating the same series' value (one series for each 'a' and 'b')"
    assert words in decide(timed, panel, (), None).reason
    close = replace(CLEAN, no_change=replace(GOOD, baseline=0.895, gain_low=-0.01, gain_high=0.02))
    assert "does not surely beat repeating the previous row's value" in decide(timed, close, (), None).reason
    beaten = decide(timed, replace(CLEAN, no_change=replace(GOOD, baseline=0.8, gain_low=0.05)), (), None)
    assert beaten.verdict is Verdict.RELEASE


def test_figures_of_rows_that_chose_the_model_say_so():
    found = decide(TASK, replace(CLEAN, on_holdout=False, rows=80, out_of_fold=None), (), None)
    assert any("80 rows only" in r for r in found.reasons)
    assert any("whose rows also chose the model, so the intervals are widened" in r for r in found.reasons)


def test_intervals_that_hold_less_than_they_promise_are_told():
    short = replace(CLEAN, interval_check=IntervalCheck(0.9, 0.78, 400, 0.74, 0.82))
    found = decide(TASK, short, (), None)
    assert found.verdict is Verdict.RELEASE
    assert any("90% prediction intervals held the outcome of 78% of 400 kept rows" in r for r in found.reasons)
    fine = replace(CLEAN, interval_check=IntervalCheck(0.9, 0.88, 400, 0.84, 0.91))
    assert not any("intervals held" in r for r in decide(TASK, fine, (), None).reasons)


BEATEN = Comparison("m", 3, 4, 200, 250, 0.8, 0.9, 0.02, 0.18)


@pytest.mark.parametrize(
    ("change", "action", "words"),
    [
        ({}, Action.PROMOTE, "it replaces version 3: on the same 200 rows, from which neither has learned"),
        ({"low": -0.01}, Action.ASK, "between 0.01 worse and 0.18 better (95% interval)"),
        ({"low": -0.2, "high": -0.1}, Action.KEEP, "version 3 stays in use, which is better"),
        ({"low": 0.0, "high": 0.0}, Action.KEEP, "both predict the same"),
        (
            {"low": math.nan, "obstacle": "only 9 are new"},
            Action.ASK,
            "version 3 stays in use: only 9 are new",
        ),
        ({"obstacle": "the table has changed"}, Action.ASK, "version 3 stays in use: the table has changed"),
        (
            {"low": 0.0, "high": 0.0, "reads": ("'x' with decimal sign '.', not ','",)},
            Action.ASK,
            "both predict the same from the same values, but version 4 reads 'x' with decimal sign '.', not ','",
        ),
        ({"low": -0.01, "reads": ("a", "b", "c")}, Action.ASK, "version 4 reads a and b and 1 more"),
        ({"earlier": 2, "low": -0.01}, Action.ASK, "wider since version 3 was challenged 2 times before"),
        (
            {"set_aside": ("total",), "low": -0.01},
            Action.ASK,
            "version 3 also uses 'total', which this build leaves out",
        ),
    ],
)
def test_the_champion_stays_unless_it_is_surely_beaten_on_the_same_rows(change, action, words):
    found = decide(TASK, CLEAN, (), replace(BEATEN, **change))
    assert found.action is action
    assert words in found.place
    by_hand = "To use the new one all the same: journeyman promote m --version 4" in found.place
    assert by_hand is (action is Action.ASK)
    assert "version 3" in found.reason


def test_what_is_not_to_be_released_replaces_nothing():
    worthless = replace(CLEAN, scores=(replace(GOOD, gain_low=-0.01),))
    assert decide(TASK, worthless, (), BEATEN).action is Action.KEEP


def test_rows_that_have_judged_other_builds_are_told_and_make_the_gain_less_sure():
    found = decide(TASK, CLEAN, (), None, Readings(5, 4))
    assert any("rows have judged 5 builds by now, with 4 different settings" in reason for reason in found.reasons)
    assert found.evidence["readings"] == 5
    slight = replace(CLEAN, scores=(replace(GOOD, gain_low=0.01, gain_high=0.1),))
    assert decide(TASK, slight, (), None).verdict is Verdict.RELEASE
    assert decide(TASK, slight, (), None, Readings(4, 4)).verdict is Verdict.DO_NOT_RELEASE
    again = decide(TASK, slight, (), None, Readings(4, 1))
    assert again.verdict is Verdict.RELEASE
    assert any("4 builds by now, always with the same settings" in reason for reason in again.reasons)


def noise(seed, kind, metric, holdout, n=300):
    """Fit a model to a target that has nothing to do with the columns."""
    rng = np.random.default_rng(seed)
    x, labels = rng.normal(size=(n, 5)), ("no", "yes")
    classify = kind != "regression"
    y = rng.integers(0, 2, n).astype(float) if classify else rng.lognormal(size=n)
    frame = pd.DataFrame(x, columns=list("abcde"))
    frame["y"] = pd.Categorical.from_codes(y.astype(int), categories=list(labels)) if classify else y
    target = Column("y", Kind.CATEGORY if classify else Kind.NUMBER, Role.TARGET, categories=labels if classify else ())
    table = Table("t", frame, (*(Column(c, Kind.NUMBER) for c in "abcde"), target), "0", n)
    rows = rng.permutation(n)
    kept, train = np.sort(rows[: int(n * holdout)]), np.sort(rows[int(n * holdout) :])
    parts = np.array_split(rng.permutation(train), 5)
    folds = tuple(Fold(np.setdiff1d(train, part), np.sort(part)) for part in parts)

    def fit(rows):
        model = (LogisticRegression() if classify else Ridge()).fit(x[rows], y[rows])
        return (lambda z: model.predict_proba(z)) if classify else (lambda z: model.predict(z)[:, None])

    oof = np.concatenate([fit(f.fit)(x[f.validate]) for f in folds])
    task = Task("y", kind, metric, labels if classify else ())
    truth = y[np.concatenate([f.validate for f in folds])]
    ensemble = Ensemble((), METRICS[metric].score(truth, oof), oof, threshold=0.5 if classify else None)
    final = fit(train)
    split = Split(Scheme.SHUFFLED, train, kept, folds, "")
    found = evaluate(lambda b: final(np.column_stack([b[c] for c in "abcde"])), ensemble, table, task, split, seed)
    return decide(task, found, (), None)


@pytest.mark.slow
@pytest.mark.parametrize("holdout", [0.2, 0.0])
@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("binary", "roc_auc"),
        ("binary", "accuracy"),
        ("regression", "rmse"),
        ("regression", "mae"),
    ],
)
def test_noise_is_not_released(kind, metric, holdout):
    verdicts = Counter(noise(seed, kind, metric, holdout).verdict for seed in range(100))
    print(kind, metric, holdout, verdicts)
    assert verdicts[Verdict.DO_NOT_RELEASE] >= 95


def test_the_weakest_part_is_one_and_its_figures_support_the_sentence():
    weak = Slice("a < 1", ("a",), 100, 0.5, 0.1, 0.4, 0.6, 0.001, 0.48)
    weaker = Slice("b = x", ("b",), 90, 0.7, 0.1, 0.6, 0.8, 0.001, 0.66)
    fine = Slice("c > 2", ("c",), 80, 0.9, 0.1, 0.8, 1.0, 0.001, 2.0)  # a greater loss, but far below its own baseline
    found = decide(TASK, replace(CLEAN, slices=(weak, weaker, fine), slice_loss="log loss"), (), None)
    [reason] = [r for r in found.reasons if "where" in r]
    assert (
        reason
        == "where b = x it is no better than predicting without a model (log loss 0.7 against 0.66 without a model)"
    )
    found = decide(TASK, replace(CLEAN, slices=(fine,), slice_loss="log loss"), (), None)
    assert "it is weakest where c > 2 (log loss 0.9 against 0.1 over all rows)" in found.reasons


def test_what_a_wanted_limit_costs_stands_in_the_sentence_with_both_figures():
    limits = SearchLimits(latency=0.0002, score=0.84, unlimited=0.91)
    found = decide(TASK, CLEAN, (), None, limits=limits)
    assert found.verdict is Verdict.RELEASE
    assert "the limit of 0.2 ms on a prediction, as asked for, makes it worse" in found.reason
    assert "0.84 out of fold, 0.91 without it" in found.reason
    assert (
        decide(TASK, CLEAN, (), None, limits=replace(limits, unlimited=0.841)).reason
        == decide(TASK, CLEAN, (), None).reason
    )


def test_a_better_ensemble_that_time_did_not_hold_is_told():
    found = decide(TASK, CLEAN, (), None, limits=SearchLimits(score=0.84, unlimited=0.91))
    assert "could not be fitted in the time that was left" in found.reason


def test_a_thin_search_is_released_with_care():
    found = decide(
        TASK, CLEAN, (), None, limits=SearchLimits(thin="only 2 candidates were tried; 2m would try about 12")
    )
    assert (found.verdict, found.action) == (Verdict.RELEASE_WITH_CARE, Action.PROMOTE)
    assert "2m would try about 12" in found.reason
