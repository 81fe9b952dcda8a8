"""LightGBM's settings: categories of small tables, fits that differ by seed, and what an answer is expected to take."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from journeyman.algorithms.lightgbm_trees import BoosterModel, LightGBM
from journeyman.entities.candidate import Candidate, Parameter
from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix

VALUES = Task("y", "regression", "rmse")
FEW, MANY = (tuple(Column(f"c{i}", Kind.NUMBER) for i in range(n)) for n in (7, 8))


def quick(rows: int, columns: tuple[Column, ...] = MANY) -> Candidate:
    return LightGBM().candidates(VALUES, rows, columns)[0]


def fitted(
    codes: np.ndarray, y: np.ndarray, parameters: Mapping[str, Parameter], rounds: int = 60, seed: int = 0
) -> tuple[BoosterModel, Matrix]:
    rng = np.random.default_rng(1)
    x = Matrix(np.column_stack([codes, rng.normal(size=len(y))]), ("code", "number"), (0,))
    model = LightGBM().fit(FitRequest(x, y, None, None, VALUES, parameters, rounds, seed, 1, lambda: False))
    assert isinstance(model, BoosterModel)
    return model, x


@pytest.mark.parametrize(("categories", "rows"), [(4, 200), (12, 400), (20, 400)])
def test_categories_of_a_small_table_are_told_apart(categories: int, rows: int) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, categories, rows)
    means = rng.permutation(categories) * 3.0
    y = means[codes] + rng.normal(size=rows)

    def error(parameters: Mapping[str, Parameter]) -> float:
        model, x = fitted(codes, y, parameters)
        return float(np.abs(model.predict(x)[:, 0] - means[codes]).mean())

    names = ("learning_rate", "num_leaves", "min_data_in_leaf")
    plain = {name: quick(rows).parameters[name] for name in names}
    assert error(quick(rows).parameters) < 0.65 * error(plain)


def test_fits_of_the_quick_setting_differ_by_seed_and_use_all_of_few_columns() -> None:
    assert LightGBM().varies(quick(400))
    assert quick(400, MANY).parameters["feature_fraction"] == 0.8
    assert quick(400, FEW).parameters["feature_fraction"] == 1.0
    rng = np.random.default_rng(0)
    codes, y = rng.integers(0, 5, 400), rng.normal(size=400)
    one, two = (fitted(codes, y, quick(400).parameters, seed=seed) for seed in (1, 2))
    assert not np.array_equal(one[0].predict(one[1]), two[0].predict(one[1]))


def test_an_answer_that_looks_many_categories_up_is_expected_to_take_longer() -> None:
    rng = np.random.default_rng(0)
    expected = []
    for categories in (10, 300):
        codes = rng.integers(0, categories, 3_000)
        y = rng.normal(size=categories)[codes] + rng.normal(size=3_000) * 0.1
        expected.append(fitted(codes, y, quick(3_000).parameters)[0].answer_seconds)
    assert 1.2 * expected[0] < expected[1] <= 2.0 * expected[0]
