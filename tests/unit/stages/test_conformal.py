"""Conformal bounds are absent where rows are too few; what they hold is simulated in tests/properties."""

from __future__ import annotations

import msgspec
import numpy as np

from journeyman.entities.column import Column, Kind
from journeyman.entities.conformal import Conformal
from journeyman.stages.conformal import Validated, conformal_classes, conformal_numbers


def numbers(
    predictions: np.ndarray, y: np.ndarray, clusters: np.ndarray | None = None, **block: np.ndarray
) -> Validated:
    columns = [Column(name, Kind.NUMBER) for name in block]
    codes = np.arange(len(y)) if clusters is None else clusters
    return Validated(predictions.reshape(len(y), -1), y, codes, False, columns, dict(block))


def test_too_few_rows_promise_nothing() -> None:
    assert conformal_numbers(numbers(np.zeros(8), np.arange(8.0))) is None
    assert conformal_numbers(numbers(np.zeros(9), np.arange(9.0))) is not None
    alike = np.repeat(np.arange(8), 10)
    assert conformal_numbers(numbers(np.zeros(80), np.arange(80.0), alike)) is None
    assert conformal_classes(numbers(np.full((8, 2), 0.5), np.zeros(8))) is None


def test_few_rows_reach_equally_far_to_both_sides() -> None:
    found = conformal_numbers(numbers(np.zeros(50), np.random.default_rng(0).exponential(size=50)))
    assert found is not None
    assert found.above is None
    assert found.scale is None


def test_a_long_tail_reaches_further_above_than_below() -> None:
    rng = np.random.default_rng(0)
    found = conformal_numbers(numbers(np.ones(2_000), rng.exponential(size=2_000)))
    assert found is not None
    assert found.above > 2 * found.margin
    assert found.intervals(np.array([[10.0]]), {})[0].tolist() == [10 - found.margin, 10 + found.above]


def test_errors_of_one_size_have_one_width() -> None:
    rng = np.random.default_rng(1)
    found = conformal_numbers(numbers(np.zeros(600), rng.normal(size=600), x=rng.normal(size=600)))
    assert found is not None
    assert found.scale is None


def test_where_errors_grow_with_a_column_the_interval_follows() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(size=2_000)
    found = conformal_numbers(numbers(np.zeros(2_000), (0.2 + 3 * x) * rng.normal(size=2_000), x=x))
    assert found is not None
    low, high, unknown = found.intervals(np.zeros((3, 1)), {"x": np.array([0.02, 0.98, np.nan])})
    assert high[1] - high[0] > 4 * (low[1] - low[0])
    assert low[1] < unknown[1] < high[1]
    beyond = found.intervals(np.zeros((2, 1)), {"x": np.array([-1e9, 1e9])})
    assert np.abs(beyond).max() < 30


def test_errors_that_are_all_nothing_have_no_width() -> None:
    found = conformal_numbers(numbers(np.arange(300.0), np.arange(300.0), x=np.arange(300.0)))
    assert found is not None
    assert found.margin == found.above == 0.0


def test_a_bound_is_read_back_as_it_was_written_and_an_old_one_still_loads() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(size=800)
    found = conformal_numbers(numbers(np.zeros(800), (0.1 + x) * rng.normal(size=800), x=x))
    assert msgspec.json.decode(msgspec.json.encode(found), type=Conformal) == found
    old = msgspec.json.decode(b'{"coverage":0.9,"margin":2.0}', type=Conformal)
    assert old.intervals(np.array([[1.0]]), {}).tolist() == [[-1.0, 3.0]]
