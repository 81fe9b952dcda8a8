"""How many groups: found where there are some, and none where there are none, under nasty nulls, too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from threadpoolctl import threadpool_limits

from journeyman.algorithms.grouping.choose import choose_groups, compare_with_copies, distinct_rows
from journeyman.algorithms.grouping.partition import Method
from journeyman.transformers.grouped import FoldedNumbers

FloatArray = NDArray[np.float64]


def prepared(x: FloatArray) -> FloatArray:
    names = tuple(map(str, range(x.shape[1])))
    block = dict(zip(names, x.T, strict=True))
    return FoldedNumbers.learned(names, block).transform(block)


def columns(x: FloatArray) -> tuple[tuple[int, ...], ...]:
    return tuple((k,) for k in range(x.shape[1]))


def groups_of(x: FloatArray, asked: int = 0, seed: int = 0) -> int:
    x = prepared(x)
    with threadpool_limits(1):
        return choose_groups(x, columns(x), asked, seed).k


def three(rng: np.random.Generator, rows: int = 90) -> FloatArray:
    """Return three long groups side by side, which k-means would cut across."""
    shape = np.array([[3.0, 2.4, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    middle = np.repeat(np.array([[0.0, 0.0, 0.0], [0.0, 6.0, 2.0], [0.0, 12.0, -2.0]]), rows // 3, axis=0)
    return rng.normal(size=(rows, 3)) @ shape + middle


@pytest.mark.slow
def test_long_groups_are_counted_and_the_runner_up_is_told() -> None:
    x = prepared(three(np.random.default_rng(0), 180))
    with threadpool_limits(1):
        found = choose_groups(x, columns(x), 0, 0)
    assert found.k == 3
    assert found.method in (Method.TIED, Method.FULL)
    assert found.supported
    assert found.runner_up
    assert found.runner_up != 3
    assert {point.k for point in found.curve} >= {2, 3, 4, 5}
    assert found.beside.beyond_columns <= 0.05
    assert found.beside.beyond_one_mode <= 0.05


@pytest.mark.slow
def test_a_number_that_is_asked_for_is_kept_and_doubted_where_the_rows_do_not_show_it() -> None:
    rng = np.random.default_rng(1)
    x = prepared(rng.normal(size=(60, 3)))
    with threadpool_limits(1):
        found = choose_groups(x, columns(x), 4, 0)
    assert found.k == 4
    assert not found.supported


@pytest.mark.slow
def test_a_lone_column_with_two_humps_has_two_groups_and_with_one_none() -> None:
    rng = np.random.default_rng(2)
    assert groups_of(np.r_[rng.normal(size=(50, 1)), rng.normal(size=(40, 1)) + 9.0]) == 2
    assert groups_of(rng.normal(size=(80, 1))) == 1


def test_equal_rows_count_once_where_a_column_is_continuous() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 2))
    assert len(distinct_rows(np.repeat(x, 5, axis=0))) == 60
    codes = rng.integers(3, size=(300, 2)).astype(np.float64)
    assert len(distinct_rows(codes)) == 300


def test_one_row_two_hundred_times_has_no_groups() -> None:
    x = np.zeros((200, 2))
    with threadpool_limits(1):
        assert choose_groups(x, columns(x), 0, 0).k == 1


Null = Callable[[np.random.Generator, int], FloatArray]


def _correlated(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.normal(size=(rows, 4)) @ rng.normal(size=(4, 4))


def _one_factor(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.normal(size=(rows, 1)) + 0.3 * rng.normal(size=(rows, 4))


def _long_tails_together(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.normal(size=(rows, 4)) / np.sqrt(rng.chisquare(3, size=(rows, 1)) / 3)


def _skewed_together(rng: np.random.Generator, rows: int) -> FloatArray:
    z = _correlated(rng, rows)
    return np.asarray(stats.gamma.ppf(stats.norm.cdf(z / z.std(axis=0)), 1.0))


def _humps_apart(rng: np.random.Generator, rows: int) -> FloatArray:
    return rng.normal(size=(rows, 4)) + 6.0 * (rng.random((rows, 4)) < 0.4) * np.array([1.0, 1.0, 0.0, 0.0])


def _copies(rng: np.random.Generator, rows: int) -> FloatArray:
    x = rng.standard_t(3, size=(rows // 4, 4))
    return x[rng.integers(len(x), size=rows)]


NULLS: dict[str, Null] = {
    "normal": lambda rng, rows: rng.normal(size=(rows, 4)),
    "correlated": _correlated,
    "one factor": _one_factor,
    "long tails": lambda rng, rows: rng.standard_t(2, size=(rows, 4)),
    "long tails together": _long_tails_together,
    "one skewed column": lambda rng, rows: np.column_stack(
        [rng.normal(size=(rows, 3)), rng.exponential(size=rows) ** 2]
    ),
    "skewed together": _skewed_together,
    "two humps, each for itself": _humps_apart,
    "copies of rows": _copies,
}


def is_doubtful(x: FloatArray, seed: int) -> bool:
    """Say whether copies without groups do not rule groups out: no others are ever found, and it costs a third."""
    with threadpool_limits(1):
        return compare_with_copies(prepared(x), columns(x), seed).there


def test_what_copies_rule_out_has_no_groups() -> None:
    x = prepared(np.random.default_rng(8).normal(size=(60, 2)))
    with threadpool_limits(1):
        assert not compare_with_copies(x, columns(x), 0).there
        assert choose_groups(x, columns(x), 0, 0).k == 1


@pytest.mark.slow
def test_no_groups_is_the_answer_where_there_are_none() -> None:
    """Of 9 kinds of tables without groups, 3 draws each, at most 2 of 27 show some: 95%, and a draw for chance.

    A kind of table that always shows groups is found by it; `benchmarks/kinds/groups.py` shuffles real tables. Doubtful
    ones are grouped until so few are left that the answer is known: the same answer as of grouping all.
    """
    wrong = {
        (name, draw): x
        for name, make in NULLS.items()
        for draw in range(3)
        if is_doubtful(x := make(np.random.default_rng([7, draw]), 100), draw)
    }
    for (name, draw), x in list(wrong.items()):
        if len(wrong) > 2 and groups_of(x, seed=draw) == 1:
            del wrong[name, draw]
    assert len(wrong) <= 2, list(wrong)
