"""Ways of grouping, and the frozen form in which all of them end."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from journeyman.algorithms.grouping.copies import one_mode, shuffled, unimodal_values
from journeyman.algorithms.grouping.finder import GroupFinder, fit_groups
from journeyman.algorithms.grouping.partition import Method, partition
from journeyman.algorithms.grouping.stability import halved, jaccard_stability, matched
from journeyman.entities.matrix import Matrix
from journeyman.metrics.agreement import adjusted_rand, contingency

FloatArray = NDArray[np.float64]


def two(rows: int = 80, seed: int = 0) -> tuple[FloatArray, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    codes = (np.arange(rows) % 4 == 0).astype(np.int64)
    return rng.normal(size=(rows, 2)) + 7.0 * codes[:, None], codes


@pytest.mark.parametrize("method", Method)
def test_every_way_finds_what_is_plain(method: Method) -> None:
    x, codes = two()
    found = partition(x, 2, method, 0)
    assert adjusted_rand(contingency(codes, found.assign(x), 2, 2)) == 1.0
    assert np.allclose(found.memberships(x).sum(axis=1), 1.0)
    assert (found.memberships(x).argmax(axis=1) == found.assign(x)).all()


@pytest.mark.parametrize("method", Method)
def test_fewer_different_rows_than_groups_and_one_group_do_no_harm(method: Method) -> None:
    x = np.repeat(np.eye(3), 10, axis=0)
    for k in (1, 5):
        shares = partition(x, k, method, 0).memberships(x)
        assert shares.shape == (30, k)
        assert np.isfinite(shares).all()


def test_groups_are_named_by_size_or_as_rows_say() -> None:
    x, codes = two()
    by_size = fit_groups(x, None, 2, Method.TIED, 0.01, 0).groups.assign(x)
    assert (by_size == codes).all()
    as_told = fit_groups(x, 1 - codes, 2, Method.TIED, 0.01, 0).groups.assign(x)
    assert (as_told == 1 - codes).all()


@pytest.mark.parametrize("method", Method)
def test_so_few_ordinary_rows_are_in_no_group_and_strange_ones_are(method: Method) -> None:
    """Nastier than what mixtures assume: long tails. The share that is promised is 1%, for any distribution."""
    rng = np.random.default_rng(5)

    def rows(count: int) -> FloatArray:
        return rng.standard_t(4, size=(count, 2)) + 12.0 * (rng.random(count) < 0.3)[:, None]

    outside = []
    for seed in range(4):
        model = fit_groups(rows(400), None, 2, method, 0.01, seed)
        outside.append((model.predict(Matrix(rows(2_000), ())).argmax(axis=1) == 2).mean())
        assert model.predict(Matrix(np.full((1, 2), 500.0), ())).argmax() == 2
    assert 0.002 <= np.mean(outside) <= 0.02


def test_a_model_is_stored_without_code_and_predicts_the_same() -> None:
    x, codes = two()
    model = fit_groups(x, codes, 2, Method.FULL, 0.05, 0)
    again = GroupFinder().from_files(model.to_files())
    assert np.array_equal(model.predict(Matrix(x, ())), again.predict(Matrix(x, ())))


def test_halves_agree_where_groups_are_and_not_where_none_are() -> None:
    x, codes = two()
    there = halved(x, 2, Method.KMEANS, 4, 0)
    assert there.strength == there.agreement == 1.0
    nothing = halved(np.random.default_rng(0).normal(size=(80, 3)), 4, Method.KMEANS, 4, 0)
    assert nothing.strength < 0.7
    assert nothing.agreement < 0.7
    assert (jaccard_stability(x, codes, 2, Method.KMEANS, 3, 0) > 0.95).all()


def test_names_are_matched_by_overlap() -> None:
    assert matched(np.array([[0.0, 9.0, 1.0], [8.0, 0.0, 0.0]])).tolist() == [1, 0]
    assert matched(np.array([[5.0], [9.0]])).tolist() == [-1, 0]


def test_shuffled_copies_keep_columns_and_the_features_of_one_together() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.arange(50.0), np.arange(50.0), np.arange(50.0)])
    copy = shuffled(x, ((0, 1), (2,)), rng)
    assert (copy[:, 0] == copy[:, 1]).all()
    assert (copy[:, 0] != copy[:, 2]).any()
    assert sorted(copy[:, 2]) == sorted(x[:, 2])


def test_copies_with_one_mode_hang_together_and_have_no_valley() -> None:
    rng = np.random.default_rng(0)
    x, _ = two(400)
    (copy,) = one_mode(x, 1, rng)
    assert copy.shape == x.shape
    assert np.allclose(np.cov(copy.T), np.cov(x.T))  # exactly: a little rounder, and long clouds pass for groups
    valley = (np.abs(x[:, 0] - 3.5) < 1.0).mean()
    assert (np.abs(copy[:, 0] - 3.5) < 1.0).mean() > valley + 0.02


def test_a_density_with_one_mode_stays_as_it_is() -> None:
    values = np.random.default_rng(1).normal(size=4_000)
    shares, edges = unimodal_values(values)
    at = np.interp(np.quantile(values, [0.1, 0.5, 0.9]), edges, shares)
    assert np.allclose(at, [0.1, 0.5, 0.9], atol=0.03)
