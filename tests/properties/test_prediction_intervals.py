"""Prediction intervals hold the truth as often as they promise, for small predictions and for large ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from journeyman.entities.column import Column, Kind
from journeyman.entities.conformal import Conformal
from journeyman.entities.task import Task
from journeyman.stages.conformal import COVERAGE, Validated, conformal_classes, conformal_numbers
from journeyman.stages.evaluate.examined import Examined
from journeyman.stages.evaluate.held import check_intervals
from journeyman.stages.evaluate.resample import Units

pytestmark = pytest.mark.slow
COLUMNS = [Column(f"x{i}", Kind.NUMBER) for i in range(4)]
World = Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def even(x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 2 * x[:, 0], 2 * x[:, 0] + rng.normal(size=len(x))


def growing(x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return 2 * x[:, 0], 2 * x[:, 0] + np.exp(x[:, 1]) * rng.normal(size=len(x))


def long_tailed(x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What a model that learned on logarithms would say."""
    middle = x[:, 0] + 0.5 * x[:, 1]
    return np.exp(middle), np.exp(middle + 0.6 * rng.normal(size=len(x)))


def heavy(x: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return x[:, 0], x[:, 0] + rng.standard_t(2, size=len(x))


def rows(world: World, n: int, seed: int, copies: int = 1) -> Validated:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    predictions, y = world(x, rng)
    again = np.repeat(np.arange(n), copies)
    block = {c.name: x[again, i] for i, c in enumerate(COLUMNS)}
    return Validated(predictions[again, None], y[again], again, False, COLUMNS, block)


def held(found: Conformal, new: Validated) -> np.ndarray:
    ends = found.intervals(new.predictions, new.block)
    return (new.y >= ends[:, 0]) & (new.y <= ends[:, 1])


def thirds(values: np.ndarray, inside: np.ndarray) -> list[float]:
    part = np.searchsorted(np.quantile(values, [1 / 3, 2 / 3]), values)
    return [float(inside[part == k].mean()) for k in range(3)]


@pytest.mark.parametrize("world", [even, growing, long_tailed, heavy])
@pytest.mark.parametrize(("n", "slack"), [(150, 0.02), (400, 0.015), (2_000, 0.012)])
def test_new_rows_lie_within_as_often_as_promised(world: World, n: int, slack: float) -> None:
    shares = []
    for seed in range(40):
        found = conformal_numbers(rows(world, n, seed))
        assert found is not None
        shares.append(held(found, rows(world, 2_000, 1_000 + seed)).mean())
    assert abs(np.mean(shares) - COVERAGE) < slack


@pytest.mark.parametrize("world", [growing, long_tailed])
@pytest.mark.parametrize(("n", "slack"), [(400, 0.06), (2_000, 0.035)])
def test_they_hold_alike_for_rows_of_every_size(world: World, n: int, slack: float) -> None:
    by_prediction, by_size, one_width = [], [], []
    for seed in range(30):
        learned, new = rows(world, n, seed), rows(world, 3_000, 1_000 + seed)
        found = conformal_numbers(learned)
        assert found is not None
        assert found.scale is not None
        sizes = found.scale.sizes(new.block, new.predictions[:, 0])
        by_prediction.append(thirds(new.predictions[:, 0], held(found, new)))
        by_size.append(thirds(sizes, held(found, new)))
        margin = np.quantile(np.abs(learned.y - learned.predictions[:, 0]), COVERAGE)
        one_width.append(thirds(sizes, held(Conformal(COVERAGE, float(margin)), new)))
    for shares in (np.mean(by_prediction, axis=0), np.mean(by_size, axis=0)):
        assert np.abs(shares - COVERAGE).max() < slack
    assert np.mean(one_width, axis=0)[2] < 0.8, "one width for all rows is wrong where errors are large"


def test_copies_are_not_counted_twice() -> None:
    shares = []
    for seed in range(60):
        found = conformal_numbers(rows(long_tailed, 120, seed, copies=5))
        assert found is not None
        shares.append(held(found, rows(long_tailed, 2_000, 1_000 + seed)).mean())
    assert abs(np.mean(shares) - COVERAGE) < 0.02


@pytest.mark.parametrize("groups", [15, 60, 200])
def test_rows_of_a_new_group(groups: int) -> None:
    """Groups of 2 to 30 rows whose errors go along: what is promised is promised of a row of a group never seen."""

    def world(count: int, seed: int) -> Validated:
        rng = np.random.default_rng(seed)
        codes = np.repeat(np.arange(count), rng.integers(2, 30, count))
        x = rng.normal(size=(len(codes), 4))
        x[:, 1] = rng.normal(size=count)[codes]
        y = np.exp(0.5 * x[:, 1]) * (rng.normal(size=count)[codes] + 0.5 * rng.normal(size=len(codes)))
        block = {c.name: x[:, i] for i, c in enumerate(COLUMNS)}
        return Validated(np.zeros((len(codes), 1)), y, codes, False, COLUMNS, block)

    shares = []
    for seed in range(60):
        found = conformal_numbers(world(groups, seed))
        assert found is not None
        new = world(150, 1_000 + seed)
        inside = held(found, new).astype(float)
        shares.append(np.mean(np.bincount(new.clusters, inside) / np.bincount(new.clusters)))
    assert np.mean(shares) >= COVERAGE - 0.015


def test_sets_of_classes_hold_the_truth_as_often_as_promised() -> None:
    shares = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        p = rng.dirichlet([0.6, 0.6, 0.6], size=2_500)
        y = (p.cumsum(axis=1) < rng.random((2_500, 1))).sum(axis=1).astype(float)
        found = conformal_classes(Validated(p[:500], y[:500], np.arange(500), False, (), {}))
        assert found is not None
        shares.append(found.label_sets(p[500:])[np.arange(2_000), y[500:].astype(int)].mean())
    assert abs(np.mean(shares) - COVERAGE) < 0.015


@pytest.mark.parametrize("copies", [1, 4])
def test_the_interval_of_what_was_held_holds_what_is_held(copies: int) -> None:
    right = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        again = np.repeat(np.arange(100), copies)
        y = rng.normal(size=100)[again]
        nothing = np.zeros(len(y), dtype=np.int64)
        examined = Examined(nothing, True, y, np.zeros((len(y), 1)), Units(again), {}, nothing, nothing)
        check = check_intervals(Conformal(0.9, 1.645), examined, Task("y", "regression", "mae"), {})
        assert check is not None
        right.append(check.low <= 0.9 <= check.high)
    assert np.mean(right) >= 0.94
