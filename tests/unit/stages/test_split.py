"""Divisions keep their promises whatever the table: each row once, groups whole, time forward."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError
from journeyman.stages.split import follow_split, split


def make(y: np.ndarray, classes: int = 0, group: np.ndarray | None = None, when: np.ndarray | None = None) -> Table:
    rng = np.random.default_rng(len(y))
    data: dict[str, object] = {"a": rng.normal(size=len(y)), "b": rng.normal(size=len(y))}
    columns = [Column("a", Kind.NUMBER), Column("b", Kind.NUMBER)]
    if group is not None:
        data["g"] = group.astype(float)
        columns.append(Column("g", Kind.INTEGER, Role.GROUP))
    if when is not None:
        data["t"] = when.astype(float)
        columns.append(Column("t", Kind.NUMBER))
    labels = tuple(str(i) for i in range(classes))
    if classes:
        data["y"] = pd.Categorical.from_codes(y.astype(int), categories=pd.Index(labels, dtype=object))
        columns.append(Column("y", Kind.CATEGORY, Role.TARGET, categories=labels))
    else:
        data["y"] = y.astype(float)
        columns.append(Column("y", Kind.NUMBER, Role.TARGET))
    return Table("t", pd.DataFrame(data), tuple(columns), "0" * 64, len(y))


def task_of(classes: int = 0, **more: object) -> Task:
    kind = "regression" if not classes else "binary" if classes == 2 else "multiclass"
    return replace(Task("y", kind, "rmse", tuple(str(i) for i in range(classes))), **more)  # type: ignore[arg-type]  # test


def assert_partition(s: Split, rows: int) -> None:
    assert sorted([*s.train, *s.holdout]) == list(range(rows))
    for fold in s.folds:
        assert len(fold.fit)
        assert len(fold.validate)
        assert not set(fold.fit) & set(fold.validate)
        assert set(fold.fit) | set(fold.validate) <= set(s.train)
    for part in (s.train, s.holdout, *(p for f in s.folds for p in (f.fit, f.validate))):
        assert part.dtype == np.int64
        assert (np.diff(part) > 0).all()
    if s.scheme is not Scheme.TIME:
        assert sorted(np.concatenate([f.validate for f in s.folds])) == sorted(s.train)


def assert_same(left: Split, right: Split) -> None:
    assert (left.train.tolist(), left.holdout.tolist(), left.reason) == (
        right.train.tolist(),
        right.holdout.tolist(),
        right.reason,
    )
    for one, other in zip(left.folds, right.folds, strict=True):
        assert one.fit.tolist() == other.fit.tolist()
        assert one.validate.tolist() == other.validate.tolist()


@settings(max_examples=60)
@given(st.integers(12, 700), st.sampled_from([0, 2, 3, 4, 6]), st.integers(0, 3), st.integers(0, 10**6))
@pytest.mark.slow
def test_shuffled_rows_are_dealt_once(rows: int, classes: int, seed: int, chance: int) -> None:
    rng = np.random.default_rng(chance)
    y = rng.choice(classes, rows, p=rng.dirichlet(np.full(classes, 0.5))) if classes else rng.normal(size=rows)
    table, task = make(y, classes), task_of(classes)
    done = split(table, task, seed)
    assert_partition(done, rows)
    assert_same(done, split(table, task, seed))
    turned = replace(table, columns=table.columns[::-1], frame=table.frame[table.frame.columns[::-1]])
    assert_same(done, split(turned, task, seed))
    assert bool(len(done.holdout)) == (rows >= 120)


@settings(max_examples=60)
@given(st.integers(12, 600), st.integers(2, 80), st.integers(0, 3), st.integers(0, 3))
def test_no_group_stands_on_two_sides(rows: int, kinds: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(rows * 100 + kinds)
    group = (rng.beta(0.5, 2, rows) * kinds).astype(int)
    group[:2] = [0, 1]
    y = rng.integers(0, classes, rows) if classes > 1 else rng.normal(size=rows)
    table = make(y, classes if classes > 1 else 0, group=group)
    done = split(table, task_of(classes if classes > 1 else 0, scheme=Scheme.GROUPED, group_column="g"), seed)
    assert_partition(done, rows)
    assert done.scheme is Scheme.GROUPED
    assert not set(group[done.train]) & set(group[done.holdout])
    for fold in done.folds:
        assert not set(group[fold.fit]) & set(group[fold.validate])


@settings(max_examples=60)
@given(st.integers(40, 700), st.integers(2, 700), st.integers(0, 3), st.booleans())
def test_time_goes_forward(rows: int, moments: int, classes: int, gaps: bool) -> None:
    rng = np.random.default_rng(rows * 1000 + moments)
    when = rng.integers(0, moments, rows).astype(float)
    when[:2] = [0, moments]
    if gaps:
        when[rng.random(rows) < 0.1] = np.nan
    y = rng.integers(0, classes, rows) if classes > 1 else rng.normal(size=rows)
    table = make(y, classes if classes > 1 else 0, when=when)
    done = split(table, task_of(classes if classes > 1 else 0, scheme=Scheme.TIME, time_column="t"), 0)
    assert_partition(done, rows)
    assert done.scheme is Scheme.TIME
    assert len(done.folds) >= 3
    old = np.where(np.isnan(when), -np.inf, when)
    if len(done.holdout):
        assert old[done.train].max() <= old[done.holdout].min()
    for fold in done.folds:
        assert old[fold.fit].max() <= old[fold.validate].min()


def test_rows_of_one_day_stay_together_where_days_are_many() -> None:
    day = np.repeat(np.arange(50), 24).astype(float)
    table = make(np.random.default_rng(0).normal(size=1200), when=day)
    done = split(table, task_of(scheme=Scheme.TIME, time_column="t"), 0)
    assert not set(day[done.train]) & set(day[done.holdout])
    for fold in done.folds:
        assert not set(day[fold.fit]) & set(day[fold.validate])


def test_row_order_is_followed_without_a_column() -> None:
    done = split(make(np.random.default_rng(0).normal(size=1000)), task_of(scheme=Scheme.TIME), 0)
    assert done.holdout.tolist() == list(range(800, 1000))
    assert [f.validate.max() + 1 for f in done.folds][-1] == 800


@pytest.mark.parametrize("when", [np.zeros(300), np.full(300, np.nan)])
def test_a_time_that_cannot_divide_falls_back(when: np.ndarray) -> None:
    done = split(make(np.arange(300) % 7 + 0.5, when=when), task_of(scheme=Scheme.TIME, time_column="t"), 0)
    assert done.scheme is Scheme.SHUFFLED
    assert "time cannot divide" in done.reason
    assert_partition(done, 300)


def test_a_target_sorted_by_time_falls_back() -> None:
    """Early rows of one class teach nothing."""
    done = split(make(np.arange(300) >= 280, classes=2), task_of(2, scheme=Scheme.TIME), 0)
    assert done.scheme is Scheme.SHUFFLED


def test_classes_have_their_share_everywhere() -> None:
    y = np.repeat([0, 1, 2], [8000, 1900, 100])
    done = split(make(y, 3), task_of(3), 1)
    whole = np.bincount(y) / len(y)
    for part in (done.holdout, *(f.validate for f in done.folds)):
        assert np.abs(np.bincount(y[part], minlength=3) / len(part) - whole).max() < 0.002


def test_a_rare_class_is_never_kept_wholly_from_training() -> None:
    y = np.zeros(400, dtype=int)
    y[:4], y[4] = 1, 2
    for seed in range(20):
        done = split(make(y, 3), task_of(3), seed)
        assert set(y[done.train]) == {0, 1, 2}
        assert_partition(done, 400)


def test_values_have_their_share_everywhere() -> None:
    y = np.random.default_rng(0).lognormal(0, 2, 6000)
    done = split(make(y), task_of(), 1)
    high = np.quantile(y, 0.9)
    shares = [float((y[part] > high).mean()) for part in (done.holdout, *(f.validate for f in done.folds))]
    assert max(abs(s - 0.1) for s in shares) < 0.003


@pytest.mark.parametrize("kinds", [120, 12_000])
def test_groups_are_balanced_in_rows_and_classes(kinds: int) -> None:
    rng = np.random.default_rng(0)
    group = rng.integers(0, kinds, 30_000)
    y = (group % 4 == 0).astype(int)
    done = split(make(y, 2, group=group), task_of(2, scheme=Scheme.GROUPED, group_column="g"), 0)
    assert abs(len(done.holdout) - 3000) < 900
    sizes = np.array([len(f.validate) for f in done.folds])
    assert sizes.max() < 1.35 * sizes.min()
    assert max(abs(float(y[f.validate].mean()) - float(y.mean())) for f in done.folds) < 0.09


def copied(agree: bool) -> Table:
    rng = np.random.default_rng(4)
    table = make(rng.integers(0, 2, 1000), 2)
    take = np.r_[np.arange(900), np.arange(100)]
    frame = table.frame.iloc[take].reset_index(drop=True)
    if not agree:
        frame["y"] = table.frame["y"]
    return replace(table, frame=frame)


def test_copies_stay_on_one_side_where_they_agree() -> None:
    table = copied(agree=True)
    done = split(table, task_of(2), 0)
    assert "copies" in done.reason
    marks = table.frame["a"].to_numpy()
    for left, right in [(done.train, done.holdout), *((f.fit, f.validate) for f in done.folds)]:
        assert not set(marks[left]) & set(marks[right])
    assert "copies" not in split(copied(agree=False), task_of(2), 0).reason


def test_copies_are_divided_at_random_where_the_user_knows_that_rows_come_again() -> None:
    done = split(copied(agree=True), replace(task_of(2), copies_together=False), 0)
    assert "copies" not in done.reason


def test_seeds_differ() -> None:
    table = make(np.random.default_rng(0).normal(size=500))
    assert split(table, task_of(), 0).holdout.tolist() != split(table, task_of(), 1).holdout.tolist()
    assert target_values(table, "y").shape == (500,)


def test_all_rows_of_one_time_are_followed_as_rows_divided_at_random() -> None:
    table = make(np.random.default_rng(0).normal(size=300), when=np.zeros(300))
    asked = task_of(scheme=Scheme.TIME, time_column="t")
    said = (Finding("DQ605", Severity.NOTE, (), "Rows are divided by time."), Finding("DQ999", Severity.ERROR, (), "x"))
    task, findings = follow_split(asked, said, split(table, asked, 0))
    assert (task.scheme, task.time_column) == (Scheme.SHUFFLED, None)
    assert [f.code for f in findings] == ["DQ999", "DQ607"]
    assert "time cannot divide" in findings[1].message


def test_a_single_group_is_followed_as_none() -> None:
    table = make(np.random.default_rng(0).normal(size=300), group=np.zeros(300))
    asked = task_of(scheme=Scheme.GROUPED, group_column="g")
    task, findings = follow_split(asked, (), split(table, asked, 0))
    assert (task.scheme, task.group_column) == (Scheme.SHUFFLED, None)
    assert "one value only" in findings[0].message
    kept = task_of(scheme=Scheme.SHUFFLED)
    assert follow_split(kept, (), split(table, kept, 0)) == (kept, ())


def test_a_holdout_of_few_groups_is_not_kept() -> None:
    """One group of half the rows and twelve small ones: what one or two of them say is no score."""
    group = np.r_[np.zeros(600), np.repeat(np.arange(1, 5), 140), np.arange(5, 13)]
    done = split(
        make(np.random.default_rng(0).normal(size=len(group)), group=group),
        task_of(scheme=Scheme.GROUPED, group_column="g"),
        0,
    )
    assert not len(done.holdout) or len(set(group[done.holdout])) >= 5
    crowd = np.r_[np.repeat(np.arange(10), 100)]
    done = split(
        make(np.random.default_rng(0).normal(size=1000), group=crowd),
        task_of(scheme=Scheme.GROUPED, group_column="g"),
        0,
    )
    assert not len(done.holdout)


def test_records_are_counted_not_their_copies() -> None:
    """Thirty records written five times are too few to keep some for the end, whatever the number of rows."""
    table = make(np.random.default_rng(0).normal(size=30))
    frame = table.frame.iloc[np.repeat(np.arange(30), 5)].reset_index(drop=True)
    done = split(replace(table, frame=frame), task_of(), 0)
    assert done.copies is not None
    assert not len(done.holdout)
    assert len(done.folds) == 8


def late(delay: float, rows: int = 1_000, per_moment: int = 1) -> tuple[np.ndarray, Split]:
    when = np.random.default_rng(2).permutation(np.arange(rows) // per_moment)
    return when, split(make(when % 7, when=when), task_of(scheme=Scheme.TIME, time_column="t", label_delay=delay), 0)


@pytest.mark.parametrize("delay", [1.0, 50.0])
def test_labels_that_come_late_teach_nothing_that_happens_before_they_come(delay: float) -> None:
    when, s = late(delay)
    for fit, judged in [*((f.fit, f.validate) for f in s.folds), (s.train, s.holdout)]:
        assert when[fit].max() + delay == when[judged].min(), "as many as were known, and no more"
    assert_same(late(0.0)[1], split(make(when % 7, when=when), task_of(scheme=Scheme.TIME, time_column="t"), 0))
    validated = np.concatenate([f.validate for f in s.folds])
    assert set(validated) <= set(s.train), "what was not known yet chooses no model either"
    assert f"{int(delay) - 1} rows before those teach nothing" in s.reason or delay == 1


def test_without_a_time_column_the_delay_counts_rows() -> None:
    y = np.arange(500) % 7
    s = split(make(y), task_of(scheme=Scheme.TIME, label_delay=30.0), 0)
    assert s.train.max() + 30 == s.holdout.min()


def test_a_delay_that_leaves_nothing_is_told() -> None:
    with pytest.raises(SettingsError, match="too few labels are known"):
        late(900.0)
