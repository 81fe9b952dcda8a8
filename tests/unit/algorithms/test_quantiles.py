"""Trees and planes for quantiles: they never cross, follow the spread, and heed the clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import QuantileRegressor

from journeyman.algorithms.baseline import Baseline
from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.quantile_linear import QuantileLinear
from journeyman.algorithms.quantile_trees import QuantileTrees, in_order
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix, minimises
from journeyman.tasks.quantiles import PinballLoss
from journeyman.testing.algorithm_checks import sample_request

BOTH = pytest.mark.parametrize("algorithm", [QuantileTrees(), QuantileLinear()], ids=lambda a: a.name)
LEVELS = ("0.5", "0.05", "0.25", "0.75", "0.95")


def spreading(seed: int, rows: int = 1_500) -> tuple[Matrix, np.ndarray]:
    """Labels whose spread grows with the first column."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, (rows, 2))
    return Matrix(x, ("a", "b")), 5 * x[:, 0] + (0.2 + 2 * x[:, 0]) * rng.normal(size=rows)


def request(algorithm: QuantileTrees | QuantileLinear, names: tuple[str, ...] = LEVELS) -> FitRequest:
    task = Task("y", "quantiles", "pinball_loss", metric_loss="pinball", output_names=names)
    (x, y), (valid_x, valid_y) = spreading(0), spreading(1)
    parameters = algorithm.candidates(task, len(y), ())[0].parameters
    return FitRequest(x, y, valid_x, valid_y, task, parameters, 0, 0, 1, lambda: False)


@pytest.mark.slow
@BOTH
def test_the_quantiles_hold_their_shares_where_the_spread_is_small_and_where_it_is_large(algorithm) -> None:
    x, y = spreading(2, 6_000)
    told = algorithm.fit(request(algorithm)).predict(x)
    for part in (x.values[:, 0] < 0.3, x.values[:, 0] > 0.7):
        below = (y[part, None] < told[part]).mean(axis=0)
        assert below == pytest.approx(np.array(LEVELS, dtype=float), abs=0.07)


@BOTH
def test_quantiles_never_cross_wherever_they_are_asked(algorithm) -> None:
    asked = request(algorithm)
    rounds = 150 if isinstance(algorithm, QuantileTrees) else 2
    quick = replace(asked, valid_x=None, valid_y=None, rounds=rounds)
    far = Matrix(np.random.default_rng(0).uniform(-1.0, 2.0, size=(4_000, 2)), ("a", "b"))
    told = algorithm.fit(quick).predict(far)
    assert (np.diff(told[:, np.argsort(np.array(LEVELS, dtype=float))], axis=1) >= 0).all()


def test_sorting_keeps_each_quantile_in_its_own_column() -> None:
    crossed = np.array([[1.0, 2.0, 0.0], [5.0, 4.0, 6.0]])
    assert in_order(crossed, (0.5, 0.1, 0.9)).tolist() == [[1.0, 0.0, 2.0], [5.0, 4.0, 6.0]]


def test_the_baseline_knows_the_quantiles_of_weighted_rows() -> None:
    asked = sample_request(Baseline(), "quantiles")
    usual = Baseline().fit(asked).predict(asked.x)
    assert usual[0] == pytest.approx(np.quantile(asked.y, [0.5, 0.1, 0.9]))
    upper = np.where(asked.y > np.median(asked.y), 1.998, 0.002)
    weighed = Baseline().fit(replace(asked, weights=upper)).predict(asked.x)
    assert weighed[0] == pytest.approx(np.quantile(asked.y, [0.75, 0.55, 0.95]), abs=0.1)


def test_trees_without_time_stop_where_they_are_and_planes_that_are_not_whole_are_no_model() -> None:
    hurried = replace(request(QuantileTrees()), out_of_time=lambda: True)
    model = QuantileTrees().fit(hurried)
    assert model.rounds >= 1
    assert np.isfinite(model.predict(hurried.x)).all()
    with pytest.raises(TimeoutError):
        QuantileLinear().fit(hurried)
    looks = iter(range(10_000))
    late = replace(request(QuantileLinear()), out_of_time=lambda: next(looks) > 75)  # in the middle of another penalty
    whole = QuantileLinear().fit(replace(late, valid_x=None, valid_y=None, rounds=2, out_of_time=lambda: False))
    assert np.array_equal(QuantileLinear().fit(late).predict(late.x), whole.predict(late.x))


def test_planes_come_as_near_as_an_exact_solver() -> None:
    asked = replace(request(QuantileLinear()), valid_x=None, valid_y=None, rounds=1)
    exact = np.column_stack(
        [
            QuantileRegressor(quantile=float(q), alpha=0.0).fit(asked.x.values, asked.y).predict(asked.x.values)
            for q in LEVELS
        ]
    )
    metric = PinballLoss(tuple(map(float, LEVELS)))
    ours = metric.score(asked.y, QuantileLinear().fit(asked).predict(asked.x))
    assert ours == pytest.approx(metric.score(asked.y, exact), rel=2e-3)


def test_a_final_fit_has_its_least_rounds_whatever_the_time() -> None:
    trees = QuantileTrees()
    hurried = replace(request(trees), valid_x=None, valid_y=None, rounds=40, least_rounds=32, out_of_time=lambda: True)
    model = trees.fit(hurried)
    assert model.rounds == 32
    assert [rounds for _, rounds in model.copies[0]][:2] == [32, 14]  # fewer where few rows lie beyond


def test_only_those_that_minimise_a_loss_are_asked() -> None:
    task = request(QuantileTrees()).task
    assert minimises(QuantileTrees(), task)
    assert minimises(Baseline(), task)
    assert not minimises(LightGBM(), task)
    assert not minimises(QuantileTrees(), Task("y", "regression", "mae", metric_loss="absolute"))
