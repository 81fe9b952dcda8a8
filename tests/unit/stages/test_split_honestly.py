"""Honest splits: the prototype's own test rows where they can stay, and whole groups, later rows, fresh parts else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from journeyman.entities.code_leak import CodeLeak, LeakKind
from journeyman.entities.honest_split import HonestSplit, RowDivision
from journeyman.errors import InputError
from journeyman.stages.split_honestly import split_honestly, without_columns

N = 1_200
RNG = np.random.default_rng(3)
TABLE = pd.DataFrame(
    {
        "patient": [f"p{k // 4}" for k in range(N)],
        "day": pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d"),
        "x": RNG.normal(size=N),
        "after": RNG.normal(size=N),
        "y": RNG.integers(0, 2, N),
    }
)
ORDER = RNG.permutation(N)
ROWS = RowDivision(np.sort(ORDER[300:]), np.sort(ORDER[:300]))


def leak(kind: LeakKind, columns: tuple[str, ...] = (), n_rows: int = 0) -> CodeLeak:
    return CodeLeak(kind, 4, "SVC.fit", 2, 5, columns, n_rows)


def split(*leaks: CodeLeak, rows: RowDivision = ROWS, table: pd.DataFrame = TABLE, seed: int = 0) -> HonestSplit:
    found = split_honestly(leaks, rows, table, "y", seed)
    judged = [row for part in found.parts for row in part.test]
    assert len(judged) == len(set(judged)), "no row judges twice"
    for part in found.parts:
        assert not set(part.training) & set(part.test)
        assert not set(found.clusters[part.training]) & set(found.clusters[part.test])
    return found


@pytest.mark.parametrize("kind", [None, LeakKind.PREPROCESSING, LeakKind.RESAMPLED, LeakKind.TARGET])
def test_own_test_rows_stay_where_they_can(kind: LeakKind | None) -> None:
    found = split(*([leak(kind)] if kind else []))
    assert found.own_test_rows
    [part] = found.parts
    assert (part.test == ROWS.test).all()
    assert (part.training == ROWS.training).all()


def test_rows_that_were_in_both_parts_only_judge() -> None:
    both = RowDivision(np.arange(N), ROWS.test)
    found = split(leak(LeakKind.TRAINING_SCORE), rows=both)
    assert not found.own_test_rows
    some = RowDivision(np.union1d(ROWS.training, ROWS.test[:50]), ROWS.test)
    [part] = split(leak(LeakKind.OVERLAP), rows=some).parts
    assert (part.test == ROWS.test).all()
    assert (part.training == ROWS.training).all()


def test_a_training_score_gets_a_fresh_part() -> None:
    every = RowDivision(np.arange(N), np.arange(N))
    [part] = split(leak(LeakKind.TRAINING_SCORE), rows=every).parts
    assert (len(part.test), len(part.training)) == (300, 900)
    [other] = split(leak(LeakKind.TRAINING_SCORE), rows=every, seed=1).parts
    assert set(part.test) != set(other.test)


def test_a_model_that_was_never_judged_gets_a_fresh_part() -> None:
    found = split(rows=RowDivision(np.arange(N), np.empty(0, dtype=np.int64)))
    assert len(found.parts[0].test) == 300
    assert "kept no rows" in " ".join(found.reasons)


def test_equal_rows_leave_the_test_part() -> None:
    table = TABLE.drop(columns=["patient", "day"])
    table.iloc[ROWS.test[:40]] = table.iloc[ROWS.training[:40]].to_numpy()
    found = split(leak(LeakKind.OVERLAP, n_rows=40), table=table)
    assert set(found.parts[0].test) == set(ROWS.test[40:])
    assert "260 of the 300 test rows" in " ".join(found.reasons)


def test_groups_stay_whole() -> None:
    found = split(leak(LeakKind.GROUPS, ("patient",)))
    [part] = found.parts
    assert not set(TABLE.patient[part.training]) & set(TABLE.patient[part.test])
    assert 290 <= len(part.test) <= 310
    assert len(set(found.clusters)) == N // 4


def test_later_rows_judge_earlier_ones() -> None:
    shuffled = TABLE.iloc[ORDER].reset_index(drop=True)
    found = split(leak(LeakKind.TIME, ("day",)), table=shuffled)
    [part] = found.parts
    assert found.in_time
    assert shuffled.day[part.training].max() < shuffled.day[part.test].min()
    assert len(part.test) == 300


def test_rows_without_a_time_column_come_as_they_stand() -> None:
    [part] = split(leak(LeakKind.TIME)).parts
    assert part.training.max() < part.test.min()


def test_rows_that_chose_the_model_judge_it_alone() -> None:
    few = RowDivision(np.arange(60), np.arange(60, 80))
    found = split(leak(LeakKind.CHOSEN), rows=few)
    [part] = found.parts
    assert (part.test == few.test).all()
    assert "chose the model" in found.reasons[0]


def test_columns_that_hold_the_target_are_left_out() -> None:
    found = split(leak(LeakKind.TARGET, ("after", "y", "made")))
    assert found.left_out == ("after",)
    left = without_columns(TABLE, found.left_out)
    assert left.after.nunique() == 1
    assert left.dtypes.equals(TABLE.dtypes)
    assert "'after' tell" in " ".join(found.reasons)


def test_few_rows_judge_in_turn() -> None:
    few = RowDivision(np.arange(60), np.arange(60, 80))
    found = split(rows=few)
    assert [len(part.test) for part in found.parts] == [20, 20, 20, 20]
    assert (found.parts[0].test == few.test).all()
    parts = split(leak(LeakKind.TIME), rows=few).parts
    assert [part.test.min() for part in parts] == [60, 40]


def test_rows_without_a_target_are_left_out() -> None:
    table = TABLE.assign(y=TABLE.y.where(TABLE.index != ROWS.test[0]))
    assert ROWS.test[0] not in split(table=table).parts[0].test


def test_what_cannot_be_divided_is_refused() -> None:
    with pytest.raises(InputError, match="4 rows of the main table"):
        split(rows=RowDivision(np.arange(3), np.arange(3, 4)))
    with pytest.raises(InputError, match="all belong together"):
        split(leak(LeakKind.GROUPS, ("one",)), table=TABLE.assign(one=1))
