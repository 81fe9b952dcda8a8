"""LightGBM: histogram-based gradient boosting (Ke et al. 2017)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.averaged_trees import average_texts
from journeyman.algorithms.binary_trees import BinaryTrees, read_trees
from journeyman.algorithms.lightgbm_candidates import crafted_candidates, plain_candidates
from journeyman.algorithms.lightgbm_library import BoostedTrees, StoredTrees
from journeyman.entities.candidate import Candidate, Parameter
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Link, Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["FEW_ROWS", "BoosterModel", "LightGBM", "answer_seconds", "usual_rounds"]

FloatArray = NDArray[np.float64]
FEW_ROWS = 5_000
"""Of a prediction: for fewer, a second thread waits longer than it works (docs/decisions/0019)."""

_LEAST_CRAFTED = 200  # rows: on fewer, so many features mislead
_CACHED_LEAVES = 50_000
"""Leaves that an answer finds near at hand; from twice as many on, steps wait for memory."""


def answer_seconds(trees: BoostedTrees, rounds: int) -> float:
    """Return the expected seconds of one answer: a step down a tree costs 13 nanoseconds.

    More where trees outgrow caches, and where many steps look a category up among more than a word's bits.
    """
    number, leaves = trees.outputs * rounds, max(2, trees.leaves)
    step = 1.3e-8 * min(4.0, 1.0 + number * leaves / _CACHED_LEAVES)
    return step * number * math.log2(leaves) * (1.0 + min(1.0, 3.0 * trees.looked_up))


class BoosterModel:
    """Boosted trees, from training or from their text."""

    kind: ClassVar[NodeKind] = NodeKind.TREES

    def __init__(
        self, trees: BoostedTrees, rounds: int, link: Link, threads: int = 0, usual_rounds: float = math.inf
    ) -> None:
        self._trees = trees
        self._threads = threads
        self._link = link
        self.rounds = rounds
        self.learned_long = rounds > usual_rounds

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return answer_seconds(self._trees, self.rounds or self._trees.iterations)

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        threads = 1 if len(x.values) < FEW_ROWS else self._threads
        raw = self._trees.predict(x.values, rounds=self.rounds or -1, threads=threads)
        if self._link is Link.IDENTITY:
            return raw.reshape(-1, 1)
        return np.column_stack([1.0 - raw, raw]) if self._link is Link.LOGISTIC else raw

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    @cached_property
    def arrays(self) -> BinaryTrees:
        """The trees as plain arrays, for whoever writes them in another language."""
        return read_trees(self._trees.text(self.rounds).decode())

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format."""
        return {"model.txt": self._trees.text(self.rounds), "kind.txt": self._link.value.encode()}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> BoosterModel:
        """Load what ``to_files`` gave."""
        return BoosterModel(StoredTrees(files["model.txt"]), 0, Link(files["kind.txt"].decode()))


@dataclass(frozen=True)
class LightGBM:
    """Boosted trees with native categories and missing values; on the columns, and on features made of several of them.

    Examples
    --------
    >>> task = Task("y", "binary", "roc_auc", ("no", "yes"))
    >>> [c.parameters["num_leaves"] for c in LightGBM().candidates(task, 5000, ())][:2]
    [31, 50]
    """

    name: str = "lightgbm"
    preparations: tuple[str, ...] = ("native", "crafted")
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return those on the columns, and, where rows are enough, those on crafted features (docs/decisions/0054)."""
        crafted = crafted_candidates(self.name, rows) if rows >= _LEAST_CRAFTED else ()
        return (*plain_candidates(self.name, task, rows, columns), *crafted)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit (rounds x trees x a cost per cell and leaf seen on two cores)."""
        if candidate.preparation == "crafted":
            features += min(60, int(1.5 * features) + 20, rows // 40)
        leaves = float(candidate.parameters.get("num_leaves", 31))
        trees = usual_rounds(candidate.parameters) * task.outputs
        return 0.05 + trees * (1e-4 + 3e-9 * rows * (features + 5) + 6e-6 * leaves)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: bins of a byte, and 16 bytes a bin for every leaf that is open."""
        histogram = 16.0 * min(256, rows) * features
        leaves = float(candidate.parameters.get("num_leaves", 31))
        return int(2.5 * rows * features + histogram * leaves + 40.0 * rows * task.outputs)

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
        # Late: a service loads this file to answer, and must not wait for what only training needs.
        from journeyman.algorithms.lightgbm_training import boosted  # noqa: PLC0415 - see above

        trees, rounds = boosted(request)
        return BoosterModel(trees, rounds, request.task.link, request.threads, usual_rounds(request.parameters))

    def fit_together(self, request: FitRequest, machines: Sequence[str], rank: int) -> FittedModel:
        """Boost on several machines that each have some of the rows: :class:`journeyman.interfaces.FitsTogether`."""
        from journeyman.algorithms.lightgbm_training import boosted_together  # noqa: PLC0415 - only training needs it

        trees, rounds = boosted_together(request, machines, rank)
        return BoosterModel(trees, rounds, request.task.link, request.threads, usual_rounds(request.parameters))

    def average(self, models: Sequence[BoosterModel]) -> FittedModel:
        """Return the mean of several boosters' raw scores as one booster."""
        texts = [model.to_files()["model.txt"].decode() for model in models]
        kind = models[0].to_files()["kind.txt"]
        return BoosterModel.from_files({"model.txt": average_texts(texts).encode(), "kind.txt": kind})

    def varies(self, candidate: Candidate) -> bool:
        """Say whether rows, columns or cuts are drawn at random, so that fits from other seeds differ."""
        shares = (float(candidate.parameters.get(name, 1.0)) for name in ("bagging_fraction", "feature_fraction"))
        return min(shares) < 1.0 or bool(candidate.parameters.get("extra_trees", False))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return BoosterModel.from_files(files)


def usual_rounds(parameters: Mapping[str, Parameter]) -> float:
    """Return after how many rounds most fits have learned what there is."""
    return 30.0 / float(parameters.get("learning_rate", 0.1))
