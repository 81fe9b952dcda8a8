"""Where time orders rows, a model is put beside the past of its own series, and nothing is praised that is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.metrics import METRICS
from journeyman.panels.moments import moments_of
from journeyman.panels.series_key import series_codes, series_columns
from journeyman.stages.evaluate import evaluate
from journeyman.stages.evaluate.repeating import repeated

KINDS = {"when": Kind.DATETIME, "store": Kind.INTEGER, "item": Kind.CATEGORY, "price": Kind.NUMBER, "week": Kind.TEXT}


def divided_table(frame: pd.DataFrame) -> tuple[Table, Task, Split]:
    """Return a table divided by its first column, the last fifth of its moments kept for the end."""
    columns = []
    for name in frame.columns:
        kind = Kind.NUMBER if name == "y" else KINDS[name]
        categories = tuple(sorted(set(frame[name]))) if kind is Kind.CATEGORY else ()
        if kind is Kind.CATEGORY:
            frame = frame.assign(**{name: pd.Categorical(frame[name], categories=categories)})
        role = Role.TARGET if name == "y" else Role.FEATURE
        columns.append(Column(name, kind, role, categories=categories))
    table = Table("t", frame, tuple(columns), "0", len(frame))
    task = Task("y", "regression", "mae", (), Scheme.TIME, time_column=columns[0].name)
    step = moments_of(table, task).step
    order = np.argsort(step, kind="stable")
    edge = np.quantile(np.unique(step), 0.8)
    train, kept = np.sort(order[step[order] < edge]), np.sort(order[step[order] >= edge])
    parts = np.array_split(train[np.argsort(step[train], kind="stable")], 4)
    folds = tuple(Fold(np.sort(np.concatenate(parts[:k])), np.sort(parts[k])) for k in (1, 2, 3))
    return table, task, Split(Scheme.TIME, train, kept, folds, "")


def stores(seed: int = 0, moments: int = 60, freq: str = "MS", season: int = 12, noise: float = 1.0) -> pd.DataFrame:
    """Twelve series of two columns, each on its own level; rows are shuffled, some are missing."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2019-01-01", periods=moments, freq=freq)
    level = rng.normal(0, 50, (4, 3))
    shape = rng.normal(0, 10, season)
    rows = [
        (days[t], s, f"item {i}", round(rng.uniform(1, 9), 2), level[s, i] + shape[t % season] + noise * rng.normal())
        for s in range(4)
        for i in range(3)
        for t in range(moments)
        if rng.random() > 0.05
    ]
    frame = pd.DataFrame(rows, columns=["when", "store", "item", "price", "y"])
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def rules(table: Table, task: Task, split: Split) -> dict[str, float]:
    moments = moments_of(table, task)
    codes = series_codes(table, series_columns(table, task, moments.step))
    y = target_values(table, "y")
    found = repeated(task, split, y, moments, codes, split.holdout)
    return {rule.words: METRICS["mae"].score(y[split.holdout], rule.answers) for rule in found}


def test_the_smallest_set_of_columns_that_tells_series_apart() -> None:
    table, task, _ = divided_table(stores())
    assert series_columns(table, task, moments_of(table, task).step) == ("item", "store")


def test_copies_of_rows_hide_no_series() -> None:
    frame = stores()
    twice = pd.concat([frame, frame.head(200)], ignore_index=True)
    table, task, _ = divided_table(twice)
    assert series_columns(table, task, moments_of(table, task).step) == ("item", "store")


def test_a_feature_that_differs_within_a_moment_is_no_series() -> None:
    """Prices seldom come twice in a month, and name nothing."""
    table, task, _ = divided_table(stores()[["when", "price", "y"]])
    assert series_columns(table, task, moments_of(table, task).step) == ()


def test_a_season_of_the_own_series_is_found_and_named() -> None:
    found = rules(*divided_table(stores()))
    best = min(found, key=lambda words: found[words])
    assert best == "repeating the same series' value of one year before"
    assert found[best] < 2.0
    assert found["repeating the previous value of the same series"] > 5.0


@pytest.mark.parametrize(
    ("freq", "season", "words"),
    [("D", 7, "one week"), ("QS", 4, "one year"), ("h", 24, "one day"), ("W", 52, "one year")],
)
def test_the_calendar_says_which_seasons_there_are(freq: str, season: int, words: str) -> None:
    found = rules(*divided_table(stores(moments=5 * season, freq=freq, season=season)))
    assert min(found, key=lambda w: found[w]) == f"repeating the same series' value of {words} before"


def test_without_a_calendar_the_rows_say_it() -> None:
    rng = np.random.default_rng(0)
    shape = rng.normal(0, 10, 33)
    frame = pd.DataFrame({"week": [str(t) for t in range(400)], "y": shape[np.arange(400) % 33] + rng.normal(size=400)})
    found = rules(*divided_table(frame))
    assert min(found, key=lambda w: found[w]) == "repeating the value of 33 steps before"


def test_nothing_of_the_same_moment_or_later_is_used() -> None:
    frame = stores(noise=0.0)
    table, task, split = divided_table(frame)
    before = rules(table, task, split)
    last = frame["when"] == frame["when"].max()
    other = frame.assign(y=np.where(last, 1e6, frame["y"]))
    table, task, split = divided_table(other)
    moments = moments_of(table, task)
    codes = series_codes(table, ("item", "store"))
    again = repeated(task, split, target_values(table, "y"), moments, codes, split.holdout)
    assert len(before) == len(again)
    assert max(float(rule.answers.max()) for rule in again) < 1e6


def beats(seed: int, skill: float) -> bool:
    """Say whether a model is said to beat the past that knows the season as well as last year does, plus ``skill``."""
    table, task, split = divided_table(stores(seed, moments=72))
    y = target_values(table, "y")
    moments = moments_of(table, task)
    codes = series_codes(table, ("item", "store"))
    every = np.arange(len(y))
    past = next(r for r in repeated(task, split, y, moments, codes, every) if "one year" in r.words).answers[:, 0]
    rng = np.random.default_rng(seed)
    # as far from the truth as last year is, in rows drawn anew
    wrong = rng.choice((past - y)[split.holdout], len(y)) * rng.choice([-1, 1], len(y)) * (1 - skill)
    said = (y + wrong)[:, None]
    rows = np.concatenate([fold.validate for fold in split.folds])
    block = to_block(table.frame, table.features)
    keys = np.column_stack([block["when"], block["store"], block["item"]])
    where = {tuple(key): number for number, key in enumerate(keys.tolist())}

    def predict(block: dict[str, np.ndarray]) -> np.ndarray:
        keys = np.column_stack([block["when"], block["store"], block["item"]]).tolist()
        return said[[where.get(tuple(key), 0) for key in keys]]

    found = evaluate(predict, Ensemble((), 1.0, said[rows]), table, task, split, seed)
    assert found.series == ("item", "store")
    assert found.no_change is not None
    return found.no_change.gain_low > 0


@pytest.mark.slow
def test_a_model_as_good_as_the_past_is_not_said_to_beat_it() -> None:
    assert np.mean([beats(seed, skill=0.0) for seed in range(20)]) <= 0.1
    assert np.mean([beats(seed, skill=0.5) for seed in range(4)]) >= 0.75
