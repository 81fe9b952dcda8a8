"""Diagnosis: the planted place is named first, with its cause and what is tried against it; noise gives nothing."""

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble, Member
from journeyman.entities.weakness import Cause, TreatmentKind
from journeyman.stages.diagnose import diagnose, inside
from journeyman.stages.treat import treat

N = 3000
GROUPS = tuple("abcdefgh")
BASE = Candidate("lightgbm", {"num_leaves": 31}, "trees", "quick")


def planted(y, answers, x, group, metric, labels=(), scheme=Scheme.SHUFFLED):
    """Return what ``diagnose`` takes: a table with such a target, and an ensemble that answered so out of fold."""
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
    frame["g"] = pd.Categorical.from_codes(group, categories=list(GROUPS))
    columns = [
        *(Column(name, Kind.NUMBER) for name in frame.columns[:-1]),
        Column("g", Kind.CATEGORY, categories=GROUPS),
    ]
    kind = ("regression", None, "binary", "multiclass")[len(labels)]
    if labels:
        frame["y"] = pd.Categorical.from_codes(y.astype(int), categories=list(labels))
        columns.append(Column("y", Kind.CATEGORY, Role.TARGET, categories=tuple(labels)))
    else:
        frame["y"] = y
        columns.append(Column("y", Kind.NUMBER, Role.TARGET))
    rows = np.arange(len(y))
    if scheme is Scheme.TIME:
        folds = tuple(Fold(rows[: k * 500], rows[k * 500 : (k + 1) * 500]) for k in range(2, 6))
    else:
        folds = tuple(Fold(rows[rows % 4 != k], rows[rows % 4 == k]) for k in range(4))
    answers = answers[:, None] if answers.ndim == 1 else answers
    predictions = answers[np.concatenate([fold.validate for fold in folds])]
    task = Task("y", kind, metric, tuple(labels), scheme)
    table = Table("t", frame, tuple(columns), "", len(y))
    return table, Split(scheme, rows, rows[:0], folds, ""), task, Ensemble((Member(BASE, 1.0),), 0.0, predictions), 0


def drawn(seed=0):
    rng = np.random.default_rng(seed)
    return rng, rng.normal(size=(N, 6)), rng.choice(8, size=N, p=[0.16, 0.16, 0.16, 0.16, 0.16, 0.1, 0.06, 0.04])


def two(p):
    return np.column_stack([1.0 - p, p])


def kinds(found, task):
    return [c.treatment.kind if c.treatment else c.target_scale for c in treat(found, BASE, task)]


def few_rows(seed=0):
    """In g = h, the fewest rows, the target follows x2, which the answers do not know."""
    rng, x, group = drawn(seed)
    known = 2 * x[:, 0] + x[:, 1]
    return planted(known + (group == 7) * 3 * x[:, 2] + rng.normal(scale=0.5, size=N), known, x, group, "rmse")


def flipped(seed=0):
    """Where x3 is large, four labels in ten are wrong; the answers are as sure there as elsewhere."""
    rng, x, group = drawn(seed)
    score = 8 * x[:, 0] + 4 * x[:, 1]
    y = (score + rng.logistic(size=N) > 0).astype(float)
    y = np.where((x[:, 3] > 1) & (rng.random(N) < 0.4), 1 - y, y)
    return planted(y, two(1 / (1 + np.exp(-score))), x, group, "roc_auc", ("no", "yes"))


def drifting(seed=0):
    """The weight of x0 moves to x1; the answers stayed with the first."""
    rng, x, group = drawn(seed)
    angle = np.arange(N) / N
    y = x[:, 0] * np.cos(angle) + x[:, 1] * np.sin(angle) + rng.normal(scale=0.2, size=N)
    return planted(y, x[:, 0], x, group, "rmse", scheme=Scheme.TIME)


def imbalanced(metric, seed=0):
    """One class in thirty, which well calibrated answers seldom give."""
    rng, x, group = drawn(seed)
    odds = np.exp(np.column_stack([2 * x[:, 0], 2 * x[:, 1], 2 * x[:, 2] - 4.5]))
    p = odds / odds.sum(axis=1, keepdims=True)
    y = (p.cumsum(axis=1) < rng.random(N)[:, None]).sum(axis=1).clip(0, 2).astype(float)
    return planted(y, p, x, group, metric, ("a", "b", "c"))


def wrong_scale(seed=0):
    """Errors are a share of the answer."""
    rng, x, group = drawn(seed)
    known = np.exp(0.8 * x[:, 0])
    return planted(known * np.exp(rng.normal(scale=0.3, size=N)), known, x, group, "rmse")


def silent(seed=0):
    """In g = g nothing tells the target, which spreads five times as much there."""
    rng, x, group = drawn(seed)
    known = 2 * x[:, 0] + x[:, 1]
    return planted(known + np.where(group == 6, 2.5, 0.5) * rng.normal(size=N), known, x, group, "rmse")


def gross(seed=0):
    """One value in fifty is far off, anywhere."""
    rng, x, group = drawn(seed)
    y = 2 * x[:, 0] + rng.normal(scale=0.3, size=N) + (rng.random(N) < 0.02) * rng.normal(scale=15, size=N)
    return planted(y, 2 * x[:, 0], x, group, "rmse")


@pytest.mark.parametrize(
    ("made", "place", "cause", "tried"),
    [
        (few_rows, "g = h", Cause.TOO_FEW_ROWS, [TreatmentKind.CORRECTED]),
        (flipped, "x3 ≥ ", Cause.LABEL_NOISE, []),
        (drifting, "the latest rows", Cause.DRIFT, [TreatmentKind.FADING, TreatmentKind.FADING_FAST]),
        (lambda: imbalanced("balanced_accuracy"), "y = c", Cause.IMBALANCE, [TreatmentKind.BALANCED]),
        (wrong_scale, "predictions ≥ ", Cause.WRONG_SCALE, ["log", "root"]),
        (silent, "g = g", Cause.MISSING_INFORMATION, [TreatmentKind.QUIETED]),
        (gross, "all rows", Cause.LABEL_NOISE, [TreatmentKind.DOUBT]),
    ],
    ids=["few rows", "flipped", "drifting", "imbalanced", "wrong scale", "silent", "gross"],
)
def test_the_planted_place_is_named_first_with_its_cause_and_what_is_tried(made, place, cause, tried):
    case = made()
    first = diagnose(*case)[0]
    assert first.place.text.startswith(place)
    assert first.cause is cause
    assert kinds(first, case[2]) == tried


def test_a_threshold_is_found_about_where_it_was_planted():
    assert 0.8 < diagnose(*flipped())[0].place.condition.low < 1.2


def test_a_rare_class_is_no_weakness_where_the_metric_does_not_count_it_like_the_others():
    assert all(w.cause is not Cause.IMBALANCE for w in diagnose(*imbalanced("log_loss")))


@pytest.mark.parametrize("seed", range(4))
def test_where_nothing_was_learned_and_where_all_was_nothing_is_found(seed):
    """Pure noise, and signal with the same noise everywhere that answers cannot know."""
    rng, x, group = drawn(seed)
    noise = rng.normal(size=N)
    assert diagnose(*planted(noise, 0.1 * x[:, 0], x, group, "rmse")) == ()
    assert diagnose(*planted(2 * x[:, 0] + noise, 2 * x[:, 0], x, group, "rmse")) == ()
    p = 1 / (1 + np.exp(-2 * x[:, 0] - x[:, 1]))
    assert diagnose(*planted((rng.random(N) < p).astype(float), two(p), x, group, "roc_auc", ("no", "yes"))) == ()
    coin = (rng.random(N) < 0.2).astype(float)
    assert diagnose(*planted(coin, two(np.full(N, 0.2)), x, group, "roc_auc", ("no", "yes"))) == ()


def test_a_table_of_few_rows_is_left_alone():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6))
    case = planted(2 * x[:, 0] + (x[:, 1] > 1) * 9 * x[:, 2], 2 * x[:, 0], x, rng.choice(8, 200), "rmse")
    assert diagnose(*case) == ()


def test_rows_of_a_place_are_those_that_meet_its_condition():
    table, split, task, best, seed = few_rows()
    validated = np.concatenate([fold.validate for fold in split.folds])
    first = diagnose(table, split, task, best, seed)[0]
    there = inside(first, table, split, table.frame["y"].to_numpy()[validated])
    assert (table.frame["g"].to_numpy()[validated][there] == "h").all()
    assert there.sum() == first.rows == (table.frame["g"] == "h").sum()


def test_the_holdout_changes_nothing():
    """Rows outside the folds may hold anything."""
    table, split, task, best, seed = few_rows()
    kept = Split(split.scheme, split.train[:2000], split.train[2000:], (Fold(split.train[:9], split.train[:2000]),), "")
    best = Ensemble(best.members, 0.0, (2 * table.frame["x0"] + table.frame["x1"]).to_numpy()[:2000, None])
    frame = table.frame.copy()
    frame.loc[2000:, ["x0", "x1", "y"]] = 1e6
    other = Table("t", frame, table.columns, "", N)
    found = diagnose(table, kept, task, best, seed)
    assert found
    assert diagnose(other, kept, task, best, seed) == found
