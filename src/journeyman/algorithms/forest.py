"""Forests of deep random trees: random forest (Breiman 2001) and extra trees (Geurts et al. 2006).

scikit-learn grows them; what is kept is LightGBM's text format, because it holds any tree, loads without running code
and walks a row in microseconds where scikit-learn takes milliseconds (docs/decisions/0009). Of several classes, each
tree would be repeated for each class there, so those are kept as arrays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.binary_trees import BinaryTrees, read_trees
from journeyman.algorithms.flat_trees import FlatTrees
from journeyman.algorithms.lightgbm_library import StoredTrees
from journeyman.entities.candidate import Candidate, Parameter
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Link, Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["ExtraTrees", "ForestModel", "RandomForest"]

FloatArray = NDArray[np.float64]
_MOST_CELLS = 3_000_000  # of leaves times classes, about, beyond which a release would be too large
_FEW_ROWS, _TREES_AT_ONCE = 64, 4


class ForestModel:
    """Trees in LightGBM's text format, for values and two classes; their answers are averaged."""

    kind: ClassVar[NodeKind] = NodeKind.TREES

    def __init__(self, text: bytes, rounds: int, link: Link) -> None:
        self._text = text
        self._link = link
        self.rounds = rounds

    @cached_property
    def _trees(self) -> StoredTrees:
        """The trees as LightGBM holds them; a final fit, which is stored and does not predict, does without."""
        return StoredTrees(self._text)

    def parsed(self) -> ForestModel:
        """Return itself once its text is read, so that the first answer is no slower than others."""
        assert self._trees is not None
        return self

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: deep trees miss the cache at most of their steps."""
        return 2e-7 * self.rounds

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, 2) or values (n_samples, 1)."""
        # scikit-learn compares float32 values with its thresholds, so that is what the trees must be shown.
        values = x.values.astype(np.float32).astype(np.float64)
        raw = self._few(values) if len(values) < _FEW_ROWS else self._many(values)
        if self._link is Link.IDENTITY:
            return raw.reshape(-1, 1)
        positive = np.clip(raw, 0.0, 1.0)
        return np.column_stack([1.0 - positive, positive])

    def _few(self, values: FloatArray) -> FloatArray:
        return self._trees.predict(values)

    def _many(self, values: FloatArray) -> FloatArray:
        """Ask some trees at a time: all at once would not stay in the cache from one row to the next."""
        total, trees = np.zeros(len(values)), self._trees.iterations
        for start in range(0, trees, _TREES_AT_ONCE):
            taken = min(_TREES_AT_ONCE, trees - start)
            total += self._trees.predict(values, start, taken)
        return total

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    @cached_property
    def arrays(self) -> BinaryTrees:
        """The trees as plain arrays, for whoever writes them in another language."""
        link = "identity" if self._link is Link.IDENTITY else "share"
        return read_trees(self._text.decode(), link, single=True)

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format."""
        return {
            "trees.txt": self._text,
            "kind.txt": self._link.value.encode(),
            "rounds.txt": str(self.rounds).encode(),
        }


@dataclass(frozen=True)
class _Forest:
    """Trees grown by scikit-learn.

    Examples
    --------
    >>> ExtraTrees().candidates(Task("y", "binary", "roc_auc", ("no", "yes")), 100, ())[0].parameters
    {'min_samples_leaf': 1, 'max_features': 0.4}
    """

    name: str
    preparations: tuple[str, ...] = ("encoded",)
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return a forest with small leaves, and one with larger leaves for noisy targets; larger for many classes."""
        smallest = 1 + rows // 10_000
        if len(task.labels) > 2:
            smallest += _trees(rows) * rows * len(task.labels) // (2 * _MOST_CELLS)
        kind = "random trees" if self.name == "extra_trees" else "bagged trees"
        proposals: tuple[tuple[dict[str, Parameter], str, str], ...] = (
            ({"min_samples_leaf": smallest, "max_features": 0.4}, f"{kind}: a different view", "fine"),
            ({"min_samples_leaf": smallest * 8, "max_features": 0.7}, f"{kind}, calm leaves", "calm"),
        )
        return tuple(Candidate(self.name, p, reason, style, preparation="encoded") for p, reason, style in proposals)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit (trees x rows x log rows x columns seen, on two cores)."""
        share = float(candidate.parameters.get("max_features", 0.4))
        per_cell = 6e-9 if self.name == "extra_trees" else 2.5e-8
        return 0.2 + _trees(rows) * (1e-3 + per_cell * rows * math.log2(rows + 2) * (1 + share * features))

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: float32 copies of the rows, and every tree's nodes."""
        leaves = 0.7 * rows / float(candidate.parameters.get("min_samples_leaf", 1))
        nodes = _trees(rows) * leaves * (300.0 + 32.0 * task.outputs)
        return int(12.0 * rows * features + nodes + 40.0 * rows * task.outputs)

    def fit(self, request: FitRequest) -> FittedModel:
        """Grow trees, twenty at a time while there is time."""
        # Late: a service loads this file to answer, and must not wait for scikit-learn.
        from journeyman.algorithms.forest_growing import grown  # noqa: PLC0415 - see above

        trees = grown(request, self.name, request.rounds or _trees(len(request.y)))
        if isinstance(trees, FlatTrees):
            return trees
        return ForestModel(*trees, request.task.link)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        if "trees.msgpack" in files:
            return FlatTrees.from_files(files)
        link = Link(files["kind.txt"].decode())
        return ForestModel(files["trees.txt"], int(files["rounds.txt"]), link).parsed()


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
