"""What the release itself says of rows: raw scores by the libraries that hold its trees, predictions by its plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.flat_trees import FlatTrees
from journeyman.algorithms.forest import ForestModel
from journeyman.algorithms.lightgbm_library import StoredTrees
from journeyman.algorithms.lightgbm_trees import BoosterModel
from journeyman.algorithms.linear import LinearModel
from journeyman.algorithms.ordered_linear import OrderedPlane
from journeyman.algorithms.ordered_trees import OrderedTreesModel
from journeyman.algorithms.quantile_linear import QuantilePlanes
from journeyman.algorithms.quantile_trees import QuantileTreesModel
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.algorithms.text_linear import TextLinearModel
from journeyman.entities.matrix import Matrix
from journeyman.entities.plan import ColumnStep, Plan
from journeyman.entities.table import Block
from journeyman.inference.scorer import Scorer
from journeyman.transformers.steps import JoinedSteps

__all__ = ["own_scores"]

FloatArray = NDArray[np.float64]


def own_scores(plan: Plan, block: Block) -> FloatArray:
    """Return the raw scores of a release, shape (n_samples, n_scores), in the order of its scoring plan."""
    parts = [np.empty((len(next(iter(block.values()))), 0))]
    block = Scorer(plan).with_derived(block)
    for node in plan.nodes:
        if node.features is not None and not node.predictions and type(node.step) in _SCORES:
            steps = [cast(ColumnStep, plan.node(name).step) for name in node.features]
            parts.append(_SCORES[type(node.step)](node.step, JoinedSteps(steps).transform(block)))
    return np.hstack(parts)


def _raw(text: bytes, values: FloatArray) -> FloatArray:
    return StoredTrees(text).scores(values)


def _in_turn(weights: NDArray[Any], offsets: NDArray[Any], x: Matrix) -> FloatArray:
    """Return lines with the terms added from left to right."""
    total = np.zeros((len(x.values), len(offsets)))
    for j in range(len(weights)):
        total += x.values[:, j : j + 1] * weights[j]
    return np.asarray(total + offsets)


def _with_texts(model: TextLinearModel, x: Matrix) -> FloatArray:
    told = _in_turn(model.weights, model.offsets, x)
    return told + x.sparse @ model.sparse_weights if len(model.sparse_weights) else told


def _quantiles(model: QuantileTreesModel, x: Matrix) -> FloatArray:
    return np.hstack([_raw(trees.text(rounds), x.values) for copy in model.copies for trees, rounds in copy])


_SCORES: Mapping[type, Callable[[Any, Matrix], FloatArray]] = {
    LinearModel: lambda model, x: _in_turn(model.weights, model.offsets, x),
    TextLinearModel: _with_texts,
    OrderedPlane: lambda model, x: _in_turn(model.weights[:, None], np.zeros(1), x),
    QuantilePlanes: lambda model, x: _in_turn(model.weights, model.offsets, x),
    BoosterModel: lambda model, x: _raw(model.to_files()["model.txt"], x.values),
    ForestModel: lambda model, x: _raw(model.to_files()["trees.txt"], x.values.astype(np.float32).astype(np.float64)),
    SymmetricTrees: lambda model, x: model.scores(x),
    FlatTrees: lambda model, x: model.predict(x),
    OrderedTreesModel: lambda model, x: _raw(model.to_files()["model.txt"], x.values),
    QuantileTreesModel: _quantiles,
}
"""By the type of the model; shape (n_samples, n_scores)."""
