"""What learns ordered classes: probabilities that follow the order, and what it costs not to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from journeyman.algorithms.lightgbm_trees import LightGBM
from journeyman.algorithms.ordered_linear import OrderedLinear
from journeyman.algorithms.ordered_trees import OrderedTrees, class_probabilities
from journeyman.entities.task import Task
from journeyman.interfaces import minimises
from journeyman.metrics.ordered import ranked_probability_losses
from journeyman.testing.algorithm_checks import sample_request


def test_probabilities_of_thresholds_that_cross_become_those_of_classes() -> None:
    above = np.random.default_rng(0).random((50, 4))
    told = class_probabilities(above)
    assert told.shape == (50, 5)
    np.testing.assert_allclose(told.sum(axis=1), 1.0)
    assert (told > 0).all()


def test_only_ordered_classes_ask_them_and_whatever_learns_classes_takes_part() -> None:
    task = Task("y", "ordered", "rank_error", ("a", "b", "c"), metric_loss="ordered log")
    several = replace(task, kind="multiclass", metric="log_loss", metric_loss="log")
    for part in (OrderedLinear(), OrderedTrees()):
        assert minimises(part, task)
        assert not minimises(part, several)
    assert minimises(LightGBM(), task)


def test_the_plane_finds_the_weights_and_thresholds_of_proportional_odds() -> None:
    rng = np.random.default_rng(1)
    request = sample_request(OrderedLinear(), "ordered")
    x = rng.normal(size=(20_000, 4))
    weights, thresholds = np.array([1.0, -0.5, 0.0, 0.25]), np.array([-1.0, 1.5])
    latent = x @ weights + rng.logistic(size=len(x))
    y = np.digitize(latent, thresholds).astype(float)
    matrix = replace(request.x, values=x)
    model = OrderedLinear().fit(replace(request, x=matrix, y=y, valid_x=None, valid_y=None, rounds=1))
    np.testing.assert_allclose(model.weights, weights, atol=0.06)  # type: ignore[attr-defined] # a plane
    np.testing.assert_allclose(model.thresholds, thresholds, atol=0.06)  # type: ignore[attr-defined] # a plane


@pytest.mark.parametrize("scores", ["one", "each"])
def test_trees_are_nearer_than_shares_and_know_all_classes(scores: str) -> None:
    request = sample_request(OrderedTrees(), "ordered")
    request = replace(request, parameters={**request.parameters, "scores": scores})
    assert request.valid_x is not None
    assert request.valid_y is not None
    model = OrderedTrees().fit(request)
    told = model.predict(request.valid_x)
    shares = np.tile(np.bincount(request.y.astype(int)) / len(request.y), (len(told), 1))
    ours, plain = (ranked_probability_losses(request.valid_y, p).mean() for p in (told, shares))
    assert ours < 0.6 * plain
    kept = request.y != 1.0  # a class without rows
    lacking = replace(request, x=replace(request.x, values=request.x.values[kept]), y=request.y[kept], shared={})
    assert OrderedTrees().fit(lacking).predict(request.valid_x)[:, 1].mean() < 0.2
