"""What learns survival: Cox's model and boosted trees, on rows whose survival is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeyman.algorithms.survival_hazards import RiskSets
from journeyman.algorithms.survival_linear import SurvivalLinear, efron
from journeyman.algorithms.survival_trees import SurvivalTrees
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix
from journeyman.metrics.survival import BrierScore, Concordance, curve_name, with_risk

TIMES = (0.25, 0.5, 1.0, 1.5)
TASK = Task("t", "survival", "c_index", metric_loss="survival", output_names=("risk", *map(curve_name, TIMES)))
WEIGHTS = np.array([0.8, -0.5, 0.0])
SHAPE = 1.5


def weibull(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features, labels and the true curves: proportional hazards, a third of the rows censored."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, 3))
    times = (rng.exponential(size=rows) / np.exp(x @ WEIGHTS)) ** (1.0 / SHAPE)
    censored = rng.exponential(2.0, rows)
    y = np.where(times <= censored, times, -censored)
    return x, y, np.exp(-np.exp(x @ WEIGHTS)[:, None] * np.array(TIMES) ** SHAPE)


def request(rows: int, seed: int = 0, **parameters: object) -> FitRequest:
    x, y, _ = weibull(rows, seed)
    valid, valid_y, _ = weibull(rows, seed + 1)
    names = ("a", "b", "c")
    return FitRequest(
        Matrix(x, names, ()), y, Matrix(valid, names, ()), valid_y, TASK, parameters, 0, 0, 1, lambda: False
    )


def test_efrons_slopes_are_those_of_its_likelihood_and_ties_are_as_defined() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 2)), np.where(rng.random(40) < 0.7, 1.0, -1.0) * np.ceil(8 * rng.random(40))
    sets, weights = RiskSets.of(y), np.array([0.3, -0.2])
    loss, slope, curvature = efron(x, sets, weights)
    odds, slow = np.exp(x @ weights), 0.0
    for time in np.unique(y[y > 0]):
        tied = np.flatnonzero(y == time)
        at_risk = odds[np.abs(y) >= time].sum()
        slow -= np.log(odds[tied]).sum()
        slow += sum(np.log(at_risk - k / len(tied) * odds[tied].sum()) for k in range(len(tied)))
    assert loss == pytest.approx(slow)
    for k in range(2):
        step = 1e-5 * np.eye(2)[k]
        up, down = efron(x, sets, weights + step), efron(x, sets, weights - step)
        assert slope[k] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5)
        np.testing.assert_allclose(curvature[k], (up[1] - down[1]) / 2e-5, rtol=1e-4)


def test_slopes_of_the_partial_likelihood_are_those_of_its_loss() -> None:
    _, y, _ = weibull(50, 3)
    y = np.sign(y) * np.ceil(5 * np.abs(y))
    sets, scores = RiskSets.of(y), np.random.default_rng(1).normal(size=50)
    first, second = sets.slopes(scores)
    events = (y > 0).sum()
    for row in range(0, 50, 7):
        step = 1e-4 * np.eye(50)[row]
        up, middle, down = (events * sets.loss(scores + k * step) for k in (1, 0, -1))
        assert first[row] == pytest.approx((up - down) / 2e-4, abs=1e-5)
        assert second[row] == pytest.approx((up - 2 * middle + down) / 1e-8, abs=1e-3)


def test_cox_finds_the_weights_and_the_curves_of_proportional_hazards() -> None:
    x, y, _ = weibull(8_000, 0)
    asked = replace(request(10), x=Matrix(x, ("a", "b", "c"), ()), y=y, valid_x=None, valid_y=None, rounds=1)
    model = SurvivalLinear().fit(asked)
    np.testing.assert_allclose(model.weights, WEIGHTS, atol=0.05)  # type: ignore[attr-defined] # Cox's
    new, _, curves = weibull(500, 9)
    told = model.predict(Matrix(new, ("a", "b", "c"), ()))[:, 1:]
    assert np.abs(told - curves).mean() < 0.02


@pytest.mark.parametrize("hazard", ["factor", "intervals"])
def test_trees_come_near_the_truth_with_curves_that_fall(hazard: str) -> None:
    settings = {"learning_rate": 0.05, "num_leaves": 7, "min_data_in_leaf": 20, "hazard": hazard}
    model = SurvivalTrees().fit(request(1_500, **settings))
    new, y, curves = weibull(1_500, 11)
    told = model.predict(Matrix(new, ("a", "b", "c"), ()))
    assert (np.diff(told[:, 1:], axis=1) <= 1e-12).all()
    np.testing.assert_allclose(told[:, 0], 1.0 - told[:, 1:].mean(axis=1))
    best = with_risk(curves)
    metric, brier = Concordance(TIMES), BrierScore(TIMES)
    constant = np.tile(brier.best_constant(y, 5), (len(y), 1))
    assert metric.score(y, told) > 0.5 + 0.85 * (metric.score(y, best) - 0.5)
    gained = brier.score(y, constant) - brier.score(y, told)
    assert gained > 0.75 * (brier.score(y, constant) - brier.score(y, best))
