"""Growing forests with scikit-learn, and writing them as what is kept: LightGBM's text format, or arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from journeyman.algorithms.flat_trees import FlatTrees, flatten
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest

__all__ = ["grown"]

FloatArray = NDArray[np.float64]
_CHUNK, _CHUNK_OF_MANY, _MANY_CELLS = 20, 4, 500_000
"""Trees between two looks at the clock: beginning costs little beside them, and one does not come late by seconds."""

_GROWERS: dict[tuple[str, bool], Any] = {
    ("forest", True): RandomForestClassifier,
    ("forest", False): RandomForestRegressor,
    ("extra_trees", True): ExtraTreesClassifier,
    ("extra_trees", False): ExtraTreesRegressor,
}


def grown(request: FitRequest, name: str, wanted: int) -> FlatTrees | tuple[bytes, int]:
    """Grow so many trees, a few at a time while there is time; return them as arrays, or as text with their number.

    Parameters
    ----------
    request : FitRequest
        Rows, settings, and the clock.
    name : str
        "forest" or "extra_trees".
    wanted : int
        Trees.
    """
    classification = bool(request.task.labels)
    chunk = _CHUNK if request.x.values.size <= _MANY_CELLS else _CHUNK_OF_MANY
    grower = _GROWERS[name, classification](
        n_estimators=min(chunk, wanted),
        warm_start=True,
        n_jobs=request.threads,
        random_state=request.seed,
        min_weight_fraction_leaf=_least_weight(request),
        **request.parameters,
    )
    x = request.x.values.astype(np.float32)
    grower.fit(x, request.y, sample_weight=request.weights)
    while len(grower.estimators_) < wanted and (
        len(grower.estimators_) < request.least_rounds or not request.out_of_time()
    ):
        grower.set_params(n_estimators=min(len(grower.estimators_) + chunk, wanted))
        grower.fit(x, request.y, sample_weight=request.weights)
    classes = grower.classes_.astype(np.int64) if classification else None
    if len(request.task.labels) > 2:
        trees = [estimator.tree_ for estimator in grower.estimators_]
        return flatten(trees, [_leaf_answers(tree.value[:, 0, :], request.task, classes) for tree in trees])
    rounds = len(grower.estimators_)
    return _to_text(grower, request.task, classes), rounds


def _least_weight(request: FitRequest) -> float:
    """Return the share of all weight that a leaf must hold: that of as many usual rows as it must have anyway.

    In leaves of single rows a row that weighs next to nothing would answer for all that come near it.
    """
    if request.weights is None:
        return 0.0
    return min(0.5, float(request.parameters.get("min_samples_leaf", 1)) / len(request.y))


def _to_text(grower: Any, task: Task, classes: NDArray[np.int64] | None) -> bytes:
    """Write a scikit-learn forest as a LightGBM model whose raw sum is the forest's mean answer.

    The grower's trees go as they are written: both at once would be the most memory that a build takes.
    """
    features = int(grower.n_features_in_)
    head = [
        "tree",
        "version=v4",
        "num_class=1",
        "num_tree_per_iteration=1",
        "label_index=0",
        f"max_feature_idx={features - 1}",
        "feature_names=" + " ".join(f"f{i}" for i in range(features)),
        "feature_infos=" + " ".join("[-inf:inf]" for _ in range(features)),
        "",
    ]
    text = bytearray("\n".join(head).encode())
    share = 1.0 / len(grower.estimators_)
    waiting = grower.estimators_[::-1]
    grower.estimators_ = []
    for number in range(len(waiting)):
        tree = waiting.pop().tree_
        answers = _leaf_answers(tree.value[:, 0, :], task, classes)[:, 0] * share
        inner = tree.children_left >= 0
        place = np.where(inner, np.cumsum(inner) - 1, -np.cumsum(~inner))
        lines = ["", f"Tree={number}", f"num_leaves={int((~inner).sum())}", "num_cat=0"]
        if inner.any():
            lines += [
                "split_feature=" + " ".join(map(str, tree.feature[inner].tolist())),
                "threshold=" + " ".join(map(repr, tree.threshold[inner].tolist())),
                "decision_type=" + " ".join("0" for _ in range(int(inner.sum()))),
                "left_child=" + " ".join(map(str, place[tree.children_left[inner]].tolist())),
                "right_child=" + " ".join(map(str, place[tree.children_right[inner]].tolist())),
            ]
        lines += ["leaf_value=" + " ".join(map(repr, answers[~inner].tolist())), "is_linear=0", "shrinkage=1", ""]
        text += "\n".join(lines).encode()
    text += b"\nend of trees\n\nparameters:\nend of parameters\n\npandas_categorical:null\n"
    return bytes(text)


def _leaf_answers(values: FloatArray, task: Task, classes: NDArray[np.int64] | None) -> FloatArray:
    """Return each node's answer, shape (n_nodes, n_outputs), with a column for every class of the task."""
    if classes is None:
        return values[:, :1]
    full = np.zeros((len(values), len(task.labels)))
    full[:, classes] = values / values.sum(axis=1, keepdims=True)
    return full[:, 1:2] if len(task.labels) == 2 else full
