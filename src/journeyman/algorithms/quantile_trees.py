"""Quantiles by boosted trees: LightGBM with the pinball loss, one model a level."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.lightgbm_candidates import plain_candidates
from journeyman.algorithms.lightgbm_library import BoostedTrees, StoredTrees
from journeyman.algorithms.lightgbm_trees import FEW_ROWS, LightGBM, answer_seconds, usual_rounds
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["QuantileTrees", "QuantileTreesModel", "in_order"]

FloatArray = NDArray[np.float64]
_STRONG = ("quick", "narrow")
"""Styles that did best untuned on tables of four sizes; many leaves, which are best for means, did worst."""

_LEAST_IN_LEAF = 10  # rows: of fewer, a leaf tells no tenth from another


def in_order(predictions: FloatArray, levels: Sequence[float]) -> FloatArray:
    """Return each row's quantiles sorted, so that none of a higher level lies below one of a lower.

    Sorting never makes the pinball loss worse (Chernozhukov, Fernández-Val and Galichon 2010, "Quantile and probability
    curves without crossing").

    Parameters
    ----------
    predictions : ndarray of shape (n_samples, n_levels)
        One column a level.
    levels : sequence of float
        Of the columns.

    Examples
    --------
    >>> in_order(np.array([[2.0, 3.0, 5.0]]), (0.5, 0.1, 0.9))
    array([[3., 2., 5.]])
    """
    place = np.argsort(np.argsort(levels))
    return np.asarray(np.sort(predictions, axis=1)[:, place])


class QuantileTreesModel:
    """Boosted trees of several levels; several copies of them answer with their mean.

    Parameters
    ----------
    levels : tuple of float
        In the order of the outputs.
    copies : sequence of sequence of (trees, int)
        For each copy and level, trees and how many of their rounds count.
    rounds : int
        That the median keeps.
    """

    kind: ClassVar[NodeKind] = NodeKind.TREES

    def __init__(
        self,
        levels: tuple[float, ...],
        copies: Sequence[Sequence[tuple[BoostedTrees, int]]],
        rounds: int = 0,
        threads: int = 0,
        usual: float = math.inf,
    ) -> None:
        self.levels, self.copies, self.rounds = levels, copies, rounds
        self._threads = threads
        self.learned_long = rounds > usual

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return sum(answer_seconds(trees, rounds) for copy in self.copies for trees, rounds in copy)

    def predict(self, x: Matrix) -> FloatArray:
        """Return quantiles that do not cross, shape (n_samples, n_levels)."""
        threads = 1 if len(x.values) < FEW_ROWS else self._threads
        total = np.zeros((len(x.values), len(self.levels)))
        for copy in self.copies:
            each = [trees.predict(x.values, rounds=rounds, threads=threads) for trees, rounds in copy]
            total += in_order(np.column_stack(each), self.levels)
        return total / len(self.copies)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the levels, and LightGBM's text format for each copy and level."""
        files = {"levels.txt": ",".join(map(repr, self.levels)).encode()}
        for number, copy in enumerate(self.copies):
            for place, (trees, rounds) in enumerate(copy):
                files[_file(number, place)] = trees.text(rounds)
        return files

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> QuantileTreesModel:
        """Load what ``to_files`` gave."""
        levels = tuple(map(float, files["levels.txt"].decode().split(",")))
        copies: list[list[tuple[BoostedTrees, int]]] = []
        while _file(len(copies), 0) in files:
            stored = [StoredTrees(files[_file(len(copies), place)]) for place in range(len(levels))]
            copies.append([(trees, trees.iterations) for trees in stored])
        return QuantileTreesModel(levels, copies)


def _file(copy: int, place: int) -> str:
    return f"trees-{copy}-{place}.txt"


@dataclass(frozen=True)
class QuantileTrees:
    """Boosted trees for quantiles, on the columns as they are.

    Examples
    --------
    >>> task = Task("y", "quantiles", "pinball_loss", metric_loss="pinball", output_names=("0.5", "0.1", "0.9"))
    >>> [c.style for c in QuantileTrees().candidates(task, 5000, ())][:3]
    ['quick', 'deep', 'small random']
    """

    name: str = "quantile_trees"
    preparations: tuple[str, ...] = ("native",)
    losses: frozenset[str] = frozenset({"pinball"})
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the settings that suit numbers, with leaves that hold enough rows to tell a quantile of."""
        return tuple(
            replace(
                candidate,
                parameters={**candidate.parameters, "min_data_in_leaf": _in_leaf(candidate)},
                turn=Turn.EARLY if candidate.style in _STRONG else Turn.RANKED,
            )
            for candidate in plain_candidates(self.name, task, rows, columns)
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: every level has its own trees, whose leaves are sorted for it."""
        return 2.0 * LightGBM().seconds(candidate, task, rows, features)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: all levels grow at once."""
        return task.outputs * LightGBM().memory(candidate, replace(task, output_names=()), rows, features)

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
        # Late: a service loads this file to answer, and must not wait for what only training needs.
        from journeyman.algorithms.lightgbm_training import boosted_quantiles  # noqa: PLC0415 - see above

        levels = tuple(map(float, request.task.output_names))
        trees, rounds = boosted_quantiles(request, levels)
        return QuantileTreesModel(levels, [trees], rounds, request.threads, usual_rounds(request.parameters))

    def average(self, models: Sequence[QuantileTreesModel]) -> FittedModel:
        """Return one model whose answer is the mean of theirs."""
        return QuantileTreesModel(models[0].levels, [copy for model in models for copy in model.copies])

    def varies(self, candidate: Candidate) -> bool:
        """Say whether rows, columns or cuts are drawn at random, so that fits from other seeds differ."""
        return LightGBM().varies(candidate)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return QuantileTreesModel.from_files(files)


def _in_leaf(candidate: Candidate) -> int:
    return max(_LEAST_IN_LEAF, int(candidate.parameters["min_data_in_leaf"]))
