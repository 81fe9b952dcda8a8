"""Features to predictions: each model as steps of the scoring plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from journeyman.algorithms.baseline import ConstantModel
from journeyman.algorithms.binary_trees import BinaryTrees, read_trees
from journeyman.algorithms.flat_trees import FlatTrees
from journeyman.algorithms.forest import ForestModel
from journeyman.algorithms.lightgbm_trees import BoosterModel
from journeyman.algorithms.linear import LinearModel
from journeyman.algorithms.neighbours import NeighboursModel
from journeyman.algorithms.neural import NeuralModel
from journeyman.algorithms.neural.mean import MeanOfNets
from journeyman.algorithms.ordered_linear import OrderedPlane
from journeyman.algorithms.ordered_trees import OrderedTreesModel
from journeyman.algorithms.quantile_linear import QuantilePlanes
from journeyman.algorithms.quantile_trees import QuantileTreesModel
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.algorithms.text_linear import TextLinearModel
from journeyman.exporters.scoring_plan.draft import CannotSay, Draft, Features
from journeyman.exporters.scoring_plan.free_texts import sparse_sums
from journeyman.exporters.scoring_plan.nets import net_scores
from journeyman.exporters.scoring_plan.trees import binary_trees, flat_trees, symmetric_trees

__all__ = ["MODELS", "Predicted"]

Predicted = tuple[int, int]
"""The first register of predictions, and how many there are."""


def _constant(draft: Draft, model: ConstantModel, features: Features) -> Predicted:
    count = len(model.answer)
    return draft.emit("constant", count, np.array(model.answer)), count


def _lines(draft: Draft, weights: Any, offsets: Any, features: Features) -> Predicted:
    count = len(offsets)
    first = draft.emit("lines", count, features.registers, count, weights, offsets)
    return draft.scored(first, count), count


def _line(draft: Draft, model: LinearModel, features: Features) -> Predicted:
    first, count = _lines(draft, model.weights, model.offsets, features)
    return _decoded_line(draft, model, first, count)


def _text_line(draft: Draft, model: TextLinearModel, features: Features) -> Predicted:
    count = len(model.offsets)
    first = draft.emit("lines", count, features.registers, count, model.weights, model.offsets)
    if len(model.sparse_weights):
        first = draft.emit("add", count, first, sparse_sums(draft, features, model.sparse_weights), count)
    return _decoded_line(draft, model, draft.scored(first, count), count)


def _decoded_line(draft: Draft, model: LinearModel | TextLinearModel, first: int, count: int) -> Predicted:
    if model.classifier:
        return draft.emit("softmax", count, first, count), count
    return draft.emit("clip", count, first, count, model.low, model.high), count


def _ordered_line(draft: Draft, model: OrderedPlane, features: Features) -> Predicted:
    first, _ = _lines(draft, model.weights, np.zeros(1), features)
    return _above(draft, first, False, model.thresholds)


def _quantile_lines(draft: Draft, model: QuantilePlanes, features: Features) -> Predicted:
    first, count = _lines(draft, model.weights, model.offsets, features)
    held = draft.emit("clip", count, first, count, model.low, model.high)
    return draft.emit("ordered", count, held, count, np.argsort(model.levels)), count


def _above(draft: Draft, first: int, each: bool, thresholds: Any) -> Predicted:
    classes = len(thresholds) + 1
    return draft.emit("above", classes, first, len(thresholds), int(each), thresholds), classes


def _read(text: bytes, link: str | None = None) -> BinaryTrees:
    try:
        return read_trees(text.decode(), link)
    except ValueError as error:
        raise CannotSay(f"trees of which {error}") from error


def _booster(draft: Draft, model: BoosterModel, features: Features) -> Predicted:
    try:
        trees = model.arrays
    except ValueError as error:
        raise CannotSay(f"trees of which {error}") from error
    return _linked(draft, binary_trees(draft, trees, features), trees.outputs, trees.link)


def _forest(draft: Draft, model: ForestModel, features: Features) -> Predicted:
    trees = model.arrays
    return _linked(draft, binary_trees(draft, trees, features), trees.outputs, trees.link)


def _symmetric(draft: Draft, model: SymmetricTrees, features: Features) -> Predicted:
    return _linked(draft, symmetric_trees(draft, model, features), len(model.bias), model.link)


def _linked(draft: Draft, first: int, count: int, link: str) -> Predicted:
    if link == "identity":
        return first, count
    if link == "softmax":
        return draft.emit("softmax", count, first, count), count
    return draft.emit(link, 2, first), 2  # logistic or share


def _flat(draft: Draft, model: FlatTrees, features: Features) -> Predicted:
    return flat_trees(draft, model, features), model.answers.shape[1]


def _ordered_trees(draft: Draft, model: OrderedTreesModel, features: Features) -> Predicted:
    trees = _read(model.to_files()["model.txt"], "identity")
    first = binary_trees(draft, trees, features)
    return _above(draft, first, trees.outputs > 1, model.thresholds)


def _quantile_trees(draft: Draft, model: QuantileTreesModel, features: Features) -> Predicted:
    count, total = len(model.levels), -1
    order = np.argsort(model.levels)
    for copy in model.copies:
        raw = draft.reserve(count)
        for place, (trees, rounds) in enumerate(copy):
            binary_trees(draft, _read(trees.text(rounds), "identity"), features, raw + place)
        first = draft.emit("ordered", count, raw, count, order)
        total = first if total < 0 else draft.emit("add", count, total, first, count)
    if len(model.copies) > 1:
        total = draft.emit("divide", count, total, count, len(model.copies))
    return total, count


def _net(draft: Draft, model: NeuralModel, features: Features) -> Predicted:
    return _decoded(draft, model, net_scores(draft, model, features))


def _nets(draft: Draft, model: MeanOfNets, features: Features) -> Predicted:
    total, count = net_scores(draft, model.nets[0], features)
    for net in model.nets[1:]:
        total = draft.emit("add", count, total, net_scores(draft, net, features)[0], count)
    total = draft.emit("divide", count, total, count, len(model.nets))
    return _decoded(draft, model.nets[0], (total, count))


def _decoded(draft: Draft, net: NeuralModel, scores: Predicted) -> Predicted:
    first, count = scores
    if net.classifier:
        return draft.emit("softmax", count, first, count), count
    scaled = draft.emit("affine", count, first, count, float(net.center), float(net.spread))
    return draft.emit("clip", count, scaled, count, float(net.low), float(net.high)), count


def _neighbours(draft: Draft, model: NeighboursModel, features: Features) -> Predicted:
    count = len(model.prior)
    number, near = model.setting
    first = draft.emit(
        "neighbours",
        count,
        features.registers,
        count,
        model.columns,
        model.scale,
        model.rows,
        model.answers,
        model.copies,
        model.prior,
        number,
        int(near),
        int(model.classifier),
    )
    return first, count


MODELS: Mapping[type, Callable[[Draft, Any, Features], Predicted]] = {
    ConstantModel: _constant,
    LinearModel: _line,
    TextLinearModel: _text_line,
    OrderedPlane: _ordered_line,
    QuantilePlanes: _quantile_lines,
    BoosterModel: _booster,
    ForestModel: _forest,
    SymmetricTrees: _symmetric,
    FlatTrees: _flat,
    OrderedTreesModel: _ordered_trees,
    QuantileTreesModel: _quantile_trees,
    NeuralModel: _net,
    MeanOfNets: _nets,
    NeighboursModel: _neighbours,
}
"""By the type of the step: adds steps, returns where the predictions are."""
