"""Champion against challenger, many times over: luck replaces nothing, and what is clearly better takes over."""

import re

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.comparison import ChampionPredictions, JudgedRows, Readings
from journeyman.entities.evaluation import Evaluation, Score
from journeyman.entities.split import Split
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.metrics import METRICS
from journeyman.stages.decide import decide
from journeyman.stages.evaluate.compare_champion import compare_champion, error_level, paired_interval

NUMBERS = Task("y", "regression", "rmse")
ERROR = error_level(0)


def promoted(world, runs, metric, error=ERROR):
    """Return in which share of worlds the challenger is surely better."""
    found = 0
    for run in range(runs):
        y, new, old, units = world(np.random.default_rng(run))
        found += paired_interval(METRICS[metric], y, (new, old), units, error, run)[0] > 0
    return found / runs


def numbers(rows, better=0.0, tail=None, copies=1):
    def world(rng):
        draw = rng.standard_normal if tail is None else lambda size: rng.standard_t(tail, size)
        shared, mine, theirs = draw(rows), draw(rows), draw(rows)
        new, old = shared + (1 - better) * mine, shared + theirs
        return (
            np.zeros(rows * copies),
            *(np.repeat(e, copies)[:, None] for e in (new, old)),
            np.repeat(np.arange(rows), copies),
        )

    return world


def classes(rows, better=0.0):
    def world(rng):
        z = rng.normal(size=rows)
        y = (z + rng.normal(size=rows) > 0).astype(float)
        new, old = (1 / (1 + np.exp(-z - s * rng.normal(size=rows))) for s in (1 - better, 1.0))
        return y, np.column_stack([1 - new, new]), np.column_stack([1 - old, old]), np.arange(rows)

    return world


def rare_disasters(rows, share):
    """The challenger is a little better on most rows, sure and wrong on a few; on average no better (Brier score)."""

    def world(rng):
        y = rng.integers(0, 2, rows).astype(float)
        right_new = np.where(rng.random(rows) < share, 0.03, 1 - np.sqrt((0.05 - share * 0.94) / (1 - share)))
        right_old = np.clip(1 - np.sqrt(0.05) + 0.03 * rng.normal(size=rows), 0.5, 0.99)
        new, old = (np.where(y == 1, p, 1 - p) for p in (right_new, right_old))
        return y, np.column_stack([1 - new, new]), np.column_stack([1 - old, old]), np.arange(rows)

    return world


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "metric"),
    [
        (numbers(60), "rmse"),
        (numbers(250), "mae"),
        (numbers(250, tail=2), "rmse"),
        (numbers(60, copies=5), "rmse"),
        (numbers(20, copies=10), "mae"),
        (classes(250), "roc_auc"),
        (classes(100), "log_loss"),
        (rare_disasters(250, 0.02), "brier"),
        (rare_disasters(250, 0.005), "brier"),
        (rare_disasters(250, 0.001), "brier"),
        (rare_disasters(60, 0.001), "brier"),
    ],
    ids=[
        "few",
        "mae",
        "heavy tails",
        "copies",
        "20 groups",
        "ranking",
        "log loss",
        "1 in 50",
        "1 in 200",
        "1 in 1000",
        "few of them",
    ],
)
def test_an_equally_good_challenger_is_hardly_ever_surely_better(world, metric):
    assert promoted(world, 100, metric) <= 0.05


def test_copies_that_are_taken_for_rows_would_promote_by_luck():
    """The null above has to be able to fail: the same worlds, each copy a row of its own."""
    together = numbers(60, copies=12)

    def apart(rng):
        y, new, old, units = together(rng)
        return y, new, old, np.arange(len(units))

    assert promoted(apart, 40, "mae") > 0.1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("world", "metric"),
    [(numbers(300, 0.5), "rmse"), (classes(600, 0.8), "roc_auc"), (classes(600, 0.8), "log_loss")],
    ids=["rmse", "roc_auc", "log_loss"],
)
def test_a_clearly_better_challenger_is_promoted_nearly_always(world, metric):
    assert promoted(world, 30, metric) >= 0.9


def rebuilt(seed, rows=3_000, builds=8):
    """Rebuild one table with other seeds: which of the builds, all as good as one another, replaced the champion."""
    rng = np.random.default_rng(seed)
    y = rng.normal(size=rows)
    columns = (Column("a", Kind.NUMBER), Column("y", Kind.NUMBER, Role.TARGET))
    table = Table("t", pd.DataFrame({"a": y, "y": y}), columns, "0", rows)

    def build():
        held = np.sort(rng.choice(rows, rows // 5, replace=False))
        errors = 0.3 * rng.normal(size=len(held))  # what differs from build to build; the noise is in y
        return JudgedRows(held, (errors)[:, None])

    champion, number, replaced = build(), 0, []
    for _ in range(builds):
        challenger = build()
        both = np.intersect1d(champion.rows, challenger.rows)
        known = champion.predictions[np.searchsorted(champion.rows, both)]
        old = ChampionPredictions("m", 1, rows=both, predictions=known, recorded=len(both), earlier=number)
        train = np.setdiff1d(np.arange(rows), challenger.rows)
        split = Split(Scheme.SHUFFLED, train, challenger.rows, (), "")
        found = compare_champion(2, challenger, old, table, NUMBERS, split, seed)
        assert not found.obstacle
        replaced.append(found.better)
        champion, number = (challenger, 0) if found.better else (champion, number + 1)
    return replaced


@pytest.mark.slow
def test_rebuilding_with_other_seeds_selects_no_lucky_holdout():
    assert np.mean([any(rebuilt(seed)) for seed in range(40)]) <= 0.05


def test_all_challengers_of_a_champion_share_one_error():
    levels = [error_level(n) for n in range(10_000)]
    assert sum(levels) <= 0.05
    assert levels == sorted(levels, reverse=True)


@pytest.mark.parametrize("settings", [2, 5, 40])
def test_the_luckiest_of_some_builds_is_no_more_too_good_than_is_said(settings):
    score = Score("rmse", 5.0, 5.0 - 1.96, 5.0 + 1.96, 90.0, 90.0, 90.0, 80.0, 84.0, False)
    said = decide(NUMBERS, Evaluation(500, True, (score,)), (), None, Readings(settings, settings))
    figure = float(re.search(r"too good by up to ([\d.]+)", " ".join(said.reasons))[1])
    luckiest = np.random.default_rng(0).standard_normal((20_000, settings)).max(axis=1).mean()
    assert 0.45 * figure < luckiest < figure
