"""Leaks that only rows show: copies, groups and times on both sides of a division; and none where there are none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.finding import Finding
from journeyman.entities.recording import CallRole, RecordedCall, RecordedModel, Recording, RowSet, Span
from journeyman.interfaces import QualityRule
from journeyman.quality_rules.groups import GroupRule
from journeyman.quality_rules.leaks import LeakRule
from journeyman.quality_rules.row_order import RowOrderRule
from journeyman.quality_rules.time_column import TimeColumnRule
from journeyman.settings import BuildSettings
from journeyman.sources import FrameSource
from journeyman.stages.check import check
from journeyman.stages.compare_parts import MainTable, candidate_scores, compare_parts, divided_rows, leaks_of_chance
from journeyman.stages.frame_task import frame_task
from journeyman.stages.ingest import ingest

FIT, SCORE = Span(10, 0, 10, 20), Span(12, 0, 12, 30)
RULES: tuple[QualityRule, ...] = (GroupRule(), TimeColumnRule(), RowOrderRule(), LeakRule())


def recorded(training: np.ndarray, test: np.ndarray) -> Recording:
    """Return a run in which a model learned from rows of table 0 and was scored on others."""
    sets = (RowSet(0, training), RowSet(0, test))
    fit = RecordedCall(0, FIT, CallRole.FIT, "sklearn.svm.SVC.fit", 0, (0, 0))
    score = RecordedCall(1, SCORE, CallRole.SCORE, "sklearn.svm.SVC.score", 0, (1, 1), value=0.9)
    models = (RecordedModel(0, "sklearn.svm.SVC", "model"),)
    return Recording("", True, "done", 1.0, models=models, calls=(fit, score), row_sets=sets)


def findings_of(frame: pd.DataFrame) -> tuple[Finding, ...]:
    settings = BuildSettings(source="t", target="y", name="t")
    table = ingest(FrameSource(frame), settings).table
    return check(table, frame_task(table, settings), RULES, 0)


def leaks_of(frame: pd.DataFrame, training: np.ndarray, test: np.ndarray, *told: CodeLeak) -> set[LeakKind]:
    main = MainTable(0, frame, "y", tuple(c for c in frame.columns if c != "y"), findings_of(frame))
    return {leak.kind for leak in compare_parts(told, recorded(training, test), 0, main)}


def at_random(rng: np.random.Generator, n: int, share: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(n)
    cut = int(n * share)
    return np.sort(order[cut:]), np.sort(order[:cut])


KEY_WORDS = (
    "patient_id customer user_id machine session subject sensor driver household StudentID animal deviceId plot "
    "account player vehicle company case batch author"
)
KEYS = KEY_WORDS.split()


def grouped(k: int, rng: np.random.Generator, alike: bool) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table of 60 to 120 groups whose rows are near copies, or share the label, and the group of each row."""
    n_groups, size = 60 + 3 * k, 3 + k % 8
    groups = np.repeat(np.arange(n_groups), size)[rng.permutation(n_groups * size)]
    n = len(groups)
    ways = ["label", "features", "both"][k % 3] if alike else ""
    centre = rng.normal(size=(n_groups, 4)) * 3
    x = rng.normal(size=(n, 4)) + (centre[groups] if ways in ("features", "both") else 0)
    classes = 2 if k % 2 else 3
    y = rng.integers(0, classes, n_groups)[groups] if ways in ("label", "both") else rng.integers(0, classes, n)
    if k % 4 == 3:
        key = [f"s{g}_{j}" for j, g in enumerate(groups)]  # the group is the beginning of a key
    else:
        key = [f"k{g:03d}" for g in groups] if k % 4 else list(groups + 1000)
    frame = pd.DataFrame(x, columns=["a", "b", "c", "d"])
    frame.insert(k % 5, KEYS[k], key)
    return frame.assign(y=np.array(["red", "blue", "green"])[y]), groups


@pytest.mark.parametrize("k", range(20), ids=KEYS)
def test_groups_on_both_sides_are_found(k: int) -> None:
    rng = np.random.default_rng(k)
    frame, groups = grouped(k, rng, alike=True)
    assert leaks_of(frame, *at_random(rng, len(frame))) == {LeakKind.GROUPS}
    kept = rng.permutation(groups.max() + 1)[:15]
    inside = np.isin(groups, kept)
    assert leaks_of(frame, np.flatnonzero(~inside), np.flatnonzero(inside)) == set()


@pytest.mark.parametrize("k", range(20), ids=KEYS)
def test_groups_that_say_nothing_are_no_leak(k: int) -> None:
    rng = np.random.default_rng(100 + k)
    frame, _ = grouped(k, rng, alike=False)
    assert leaks_of(frame, *at_random(rng, len(frame))) == set()


TIMES: list[tuple[str, Callable[[int], object]]] = [
    ("date", lambda n: pd.date_range("2019-03-01", periods=n).strftime("%Y-%m-%d")),
    ("timestamp", lambda n: pd.date_range("2021-01-01 05:00", periods=n, freq="h")),
    ("day", lambda n: pd.date_range("2015-01-01", periods=n).strftime("%d/%m/%Y")),
    ("time_step", lambda n: np.arange(n)),
    ("recorded at", lambda n: pd.date_range("2022-06-01 12:34:56", periods=n, freq="7min").astype(str)),
]


def over_time(k: int, rng: np.random.Generator, depends: bool) -> pd.DataFrame:
    """Return a table in the order of time with a target that trends, walks, has seasons or drifts; or that does not."""
    n = 400 + 20 * k
    t = np.arange(n)
    noise = rng.normal(size=n)
    level = [t / 60, np.cumsum(rng.normal(size=n)) / 2, 3 * np.sin(t / 45), np.where(t > n * 0.6, 2.5, 0)][k % 4]
    value = noise + (level if depends else 0)
    y: object = value if k % 5 < 3 else np.where(value > np.median(value), "up", "down")
    name, made = TIMES[k % len(TIMES)]
    return pd.DataFrame({name: made(n), "x": rng.normal(size=n), "z": rng.integers(0, 9, n), "y": y})


@pytest.mark.parametrize("k", range(20))
def test_later_rows_that_teach_are_found(k: int) -> None:
    rng = np.random.default_rng(k)
    frame = over_time(k, rng, depends=True)
    n = len(frame)
    assert leaks_of(frame, *at_random(rng, n)) == {LeakKind.TIME}
    assert leaks_of(frame, np.arange(int(0.8 * n)), np.arange(int(0.8 * n), n)) == set()


@pytest.mark.parametrize("k", range(20))
def test_times_that_say_nothing_are_no_leak(k: int) -> None:
    rng = np.random.default_rng(200 + k)
    frame = over_time(k, rng, depends=False)
    assert leaks_of(frame, *at_random(rng, len(frame))) == set()


@pytest.mark.parametrize("k", range(20))
def test_copies_on_both_sides_are_found(k: int) -> None:
    rng = np.random.default_rng(k)
    n, width = 200 + 30 * k, 3 + k % 5
    values = rng.normal(size=(n, width)) if k % 2 else rng.integers(0, 50, (n, width))
    frame = pd.DataFrame(values, columns=[f"f{j}" for j in range(width)]).assign(y=rng.integers(0, 2, n))
    apart = at_random(rng, n)
    assert leaks_of(frame, *apart) == set()
    several = 8 + k
    frame.iloc[apart[1][:several]] = frame.iloc[apart[0][:several]].to_numpy()
    main = MainTable(0, frame, "y", ("f0",))
    [leak] = compare_parts([], recorded(*apart), 0, main)
    assert (leak.kind, leak.n_rows) == (LeakKind.OVERLAP, several)


def test_rows_of_few_values_are_alike_by_chance() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(0, 2, (500, 6)), columns=list("abcdef")).assign(y=rng.integers(0, 2, 500))
    assert leaks_of(frame, *at_random(rng, 500)) == set()


def test_row_numbers_know_better_than_the_code() -> None:
    frame = pd.DataFrame({"a": np.arange(100) / 7, "b": 1, "y": np.arange(100) % 2})
    told = CodeLeak(LeakKind.OVERLAP, 10, "SVC.fit", 10, 12)
    assert leaks_of(frame, np.arange(80), np.arange(80, 100), told) == set()
    assert leaks_of(frame, np.arange(90), np.arange(80, 100)) == {LeakKind.OVERLAP}
    assert leaks_of(frame, np.arange(100), np.arange(80, 100)) == {LeakKind.TRAINING_SCORE}
    twice = np.r_[np.arange(90), np.arange(90)]
    assert leaks_of(frame, twice, np.arange(80, 100)) == {LeakKind.RESAMPLED}


def test_leaks_of_other_models_are_left_out() -> None:
    frame = pd.DataFrame({"a": np.arange(100) / 7, "b": 1, "y": np.arange(100) % 2})
    own, other = CodeLeak(LeakKind.PREPROCESSING, 10, "SVC.fit", 3, 12), CodeLeak(LeakKind.TARGET, 40, "S.fit", 3, 44)
    assert leaks_of(frame, np.arange(80), np.arange(80, 100), own, other) == {LeakKind.PREPROCESSING}


def test_a_choice_among_other_models_on_the_same_rows_is_one_for_this_model() -> None:
    frame = pd.DataFrame({"a": np.arange(100) / 7, "b": 1, "y": np.arange(100) % 2})
    run = recorded(np.arange(80), np.arange(80, 100))
    tried = [
        replace(run.calls[0], number=5, model=1, span=Span(3, 0, 3, 9)),
        replace(run.calls[1], number=6, model=1, span=Span(4, 0, 4, 9)),
        replace(run.calls[1], number=7, model=2, span=Span(7, 0, 7, 9), rows=(0, 0)),
    ]
    run = replace(run, calls=(*run.calls, *tried))
    main = MainTable(0, frame, "y", ("a", "b"))
    by_test_rows, by_others = (CodeLeak(LeakKind.CHOSEN, 3, "S.fit", 5, line) for line in (4, 7))
    assert compare_parts([by_test_rows], run, 0, main) == (by_test_rows,)
    assert compare_parts([replace(by_others, line=6)], run, 0, main) == ()


def test_a_column_that_gives_the_target_away_is_told_where_it_is_used() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 600)
    frame = pd.DataFrame({"a": rng.normal(size=600), "outcome_code": y + 5, "y": y})
    apart = at_random(rng, 600)
    main = MainTable(0, frame, "y", ("a", "outcome_code"), findings_of(frame))
    [leak] = compare_parts([], recorded(*apart), 0, main)
    assert (leak.kind, leak.columns, leak.line, leak.judged) == (LeakKind.TARGET, ("outcome_code",), 10, 12)
    assert compare_parts([], recorded(*apart), 0, replace(main, columns=("a",))) == ()


def test_a_model_that_was_never_judged_has_no_test_rows() -> None:
    run = recorded(np.arange(9), np.arange(9, 12))
    alone = replace(run, calls=run.calls[:1])
    assert len(divided_rows(alone, 0, 0).test) == 0
    rng = np.random.default_rng(1)
    frame, _ = grouped(1, rng, alike=True)
    once = recorded(np.arange(len(frame)), np.arange(3))
    once = replace(once, calls=once.calls[:1])
    main = MainTable(0, frame, "y", ("a",), findings_of(frame))
    assert compare_parts([], once, 0, main) == ()
    [leak] = leaks_of_chance(once, 0, main)
    assert (leak.kind, leak.columns) == (LeakKind.GROUPS, (KEYS[1],))
    assert divided_rows(run, 0, 0).test.tolist() == [9, 10, 11]
    assert len(divided_rows(run, 0, 7).training) == 0


def test_scores_on_the_same_rows_are_candidates() -> None:
    run = recorded(np.arange(9), np.arange(9, 12))
    more = [replace(run.calls[1], number=2 + k, model=k, value=0.1 * k) for k in range(3)]
    elsewhere = replace(run.calls[1], number=9, rows=(0, 0), value=0.99)
    run = replace(run, calls=(*run.calls, *more, elsewhere))
    assert candidate_scores(run, 0, 0) == (0.9, 0.0, 0.1, 0.2)
