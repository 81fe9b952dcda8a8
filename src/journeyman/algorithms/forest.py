"""Forests of deep random trees: random forest (Breiman 2001) and extra trees (Geurts et al. 2006).

scikit-learn grows them; what is kept is LightGBM's text format, because it holds any tree, loads without running code
and walks a row in microseconds where scikit-learn takes milliseconds (docs/decisions/0009). Of several classes, each
tree would be repeated for each class there, so those are kept as arrays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from journeyman.algorithms.flat_trees import FlatTrees, flatten
from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.task import Task, TaskKind
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["ExtraTrees", "ForestModel", "RandomForest"]

FloatArray = NDArray[np.float64]
_MOST_CELLS = 3_000_000  # of leaves times classes, about, beyond which a release would be too large
_FEW_ROWS, _TREES_AT_ONCE = 64, 4
_CHUNK = 20  # trees between two looks at the clock
_GROWERS: dict[tuple[str, bool], Any] = {
    ("forest", True): RandomForestClassifier,
    ("forest", False): RandomForestRegressor,
    ("extra_trees", True): ExtraTreesClassifier,
    ("extra_trees", False): ExtraTreesRegressor,
}


class ForestModel:
    """Trees in LightGBM's text format, for values and two classes; their answers are averaged."""

    def __init__(self, text: str, rounds: int, kind: TaskKind) -> None:
        self._text = text
        self._booster: Any = lightgbm.Booster(model_str=text)
        self._kind = kind
        self.rounds = rounds

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: deep trees miss the cache at most of their steps."""
        return 2e-7 * int(self._booster.num_trees())

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, 2) or values (n_samples, 1)."""
        # scikit-learn compares float32 values with its thresholds, so that is what the trees must be shown.
        values = x.values.astype(np.float32).astype(np.float64)
        raw = self._few(values) if len(values) < _FEW_ROWS else self._many(values)
        if self._kind is TaskKind.REGRESSION:
            return raw.reshape(-1, 1)
        positive = np.clip(raw, 0.0, 1.0)
        return np.column_stack([1.0 - positive, positive])

    def _few(self, values: FloatArray) -> FloatArray:
        return np.asarray(self._booster.predict(values, num_threads=1))

    def _many(self, values: FloatArray) -> FloatArray:
        """Ask some trees at a time: all at once would not stay in the cache from one row to the next."""
        total, trees = np.zeros(len(values)), int(self._booster.num_trees())
        for start in range(0, trees, _TREES_AT_ONCE):
            taken = min(_TREES_AT_ONCE, trees - start)
            total += self._booster.predict(values, start_iteration=start, num_iteration=taken, num_threads=1)
        return total

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format."""
        return {
            "trees.txt": self._text.encode(),
            "kind.txt": self._kind.value.encode(),
            "rounds.txt": str(self.rounds).encode(),
        }


@dataclass(frozen=True)
class _Forest:
    """Trees grown by scikit-learn.

    Examples
    --------
    >>> ExtraTrees().candidates(Task("y", TaskKind.BINARY, "roc_auc"), 100, ())[0].parameters
    {'min_samples_leaf': 1, 'max_features': 0.4}
    """

    name: str
    preparation: str = "encoded"

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return a forest with small leaves, and one with larger leaves for noisy targets; larger for many classes."""
        smallest = 1 + rows // 10_000
        if task.kind is TaskKind.MULTICLASS:
            smallest += _trees(rows) * rows * len(task.labels) // (2 * _MOST_CELLS)
        kind = "random trees" if self.name == "extra_trees" else "bagged trees"
        return (
            Candidate(
                self.name, {"min_samples_leaf": smallest, "max_features": 0.4}, f"{kind}: a different view", "fine"
            ),
            Candidate(
                self.name, {"min_samples_leaf": smallest * 8, "max_features": 0.7}, f"{kind}, calm leaves", "calm"
            ),
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit (trees x rows x log rows x columns seen, on two cores)."""
        share = float(candidate.parameters.get("max_features", 0.4))
        per_cell = 6e-9 if self.name == "extra_trees" else 2.5e-8
        return 0.2 + _trees(rows) * (1e-3 + per_cell * rows * math.log2(rows + 2) * (1 + share * features))

    def fit(self, request: FitRequest) -> FittedModel:
        """Grow trees, twenty at a time while there is time."""
        classification = request.task.kind.classification
        wanted = request.rounds or _trees(len(request.y))
        grower = _GROWERS[self.name, classification](
            n_estimators=min(_CHUNK, wanted),
            warm_start=True,
            n_jobs=request.threads,
            random_state=request.seed,
            **request.parameters,
        )
        x = request.x.values.astype(np.float32)
        grower.fit(x, request.y)
        while len(grower.estimators_) < wanted and not request.out_of_time():
            grower.set_params(n_estimators=min(len(grower.estimators_) + _CHUNK, wanted))
            grower.fit(x, request.y)
        classes = grower.classes_.astype(np.int64) if classification else None
        if request.task.kind is TaskKind.MULTICLASS:
            trees = [estimator.tree_ for estimator in grower.estimators_]
            return flatten(trees, [_leaf_answers(tree.value[:, 0, :], request.task, classes) for tree in trees])
        return ForestModel(_to_text(grower, request.task, classes), len(grower.estimators_), request.task.kind)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        if "trees.msgpack" in files:
            return FlatTrees.from_files(files)
        kind = TaskKind(files["kind.txt"].decode())
        return ForestModel(files["trees.txt"].decode(), int(files["rounds.txt"]), kind)


@dataclass(frozen=True)
class RandomForest(_Forest):
    """Trees on resampled rows, with the best split of some columns."""

    name: str = "forest"


@dataclass(frozen=True)
class ExtraTrees(_Forest):
    """Trees on all rows, with random splits of some columns."""

    name: str = "extra_trees"


def _trees(rows: int) -> int:
    """More trees where they are cheap: 300 below 5,000 rows, down to 100."""
    return 300 if rows < 5_000 else 200 if rows < 30_000 else 100


def _to_text(grower: Any, task: Task, classes: NDArray[np.int64] | None) -> str:
    """Write a scikit-learn forest as a LightGBM model whose raw sum is the forest's mean answer."""
    features = int(grower.n_features_in_)
    lines = [
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
    share = 1.0 / len(grower.estimators_)
    for number, estimator in enumerate(grower.estimators_):
        tree = estimator.tree_
        answers = _leaf_answers(tree.value[:, 0, :], task, classes)[:, 0] * share
        inner = tree.children_left >= 0
        place = np.where(inner, np.cumsum(inner) - 1, -np.cumsum(~inner))
        lines += [f"Tree={number}", f"num_leaves={int((~inner).sum())}", "num_cat=0"]
        if inner.any():
            lines += [
                "split_feature=" + " ".join(map(str, tree.feature[inner].tolist())),
                "threshold=" + " ".join(map(repr, tree.threshold[inner].tolist())),
                "decision_type=" + " ".join("0" for _ in range(int(inner.sum()))),
                "left_child=" + " ".join(map(str, place[tree.children_left[inner]].tolist())),
                "right_child=" + " ".join(map(str, place[tree.children_right[inner]].tolist())),
            ]
        lines += ["leaf_value=" + " ".join(map(repr, answers[~inner].tolist())), "is_linear=0", "shrinkage=1", ""]
    lines += ["end of trees", "", "parameters:", "end of parameters", "", "pandas_categorical:null", ""]
    return "\n".join(lines)


def _leaf_answers(values: FloatArray, task: Task, classes: NDArray[np.int64] | None) -> FloatArray:
    """Return each node's answer, shape (n_nodes, n_outputs), with a column for every class of the task."""
    if classes is None:
        return values[:, :1]
    full = np.zeros((len(values), len(task.labels)))
    full[:, classes] = values / values.sum(axis=1, keepdims=True)
    return full[:, 1:2] if task.kind is TaskKind.BINARY else full
