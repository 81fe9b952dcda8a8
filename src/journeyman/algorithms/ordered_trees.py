"""Ordered classes by boosted trees: LightGBM on the chance of lying above each threshold between two classes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from journeyman.algorithms.lightgbm_candidates import plain_candidates
from journeyman.algorithms.lightgbm_library import BoostedTrees, StoredTrees
from journeyman.algorithms.lightgbm_trees import FEW_ROWS, LightGBM, answer_seconds, usual_rounds
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.metric import Loss
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix

__all__ = ["OrderedTrees", "OrderedTreesModel", "class_probabilities", "first_thresholds"]

FloatArray = NDArray[np.float64]
_SCORES = "scores"
"""A candidate's parameter: one score for all thresholds, or one for each."""
_ONE, _EACH = "one", "each"
_SMALLEST = 1e-9  # of a probability: none is ruled out
_LEAST_CURVATURE = 1e-6
_STYLES = ("quick", "deep", "small random", "narrow")
_STRONG = (("deep", _ONE), ("quick", _EACH))
"""What is tried early: many leaves with one score did best untuned on wines; scores a threshold differ from it."""


def class_probabilities(above: FloatArray) -> FloatArray:
    """Return probabilities of classes, shape (n_samples, n_classes), from those of lying above each threshold.

    These are sorted where they cross, which no proper score gets worse by.

    Parameters
    ----------
    above : ndarray of shape (n_samples, n_classes - 1)
        Lowest threshold first.

    Examples
    --------
    >>> class_probabilities(np.array([[0.75, 0.25], [0.25, 0.75]])).round(6)
    array([[0.25, 0.5 , 0.25],
           [0.25, 0.5 , 0.25]])
    """
    falling = -np.sort(-above, axis=1)
    ends = np.ones((len(above), 1))
    chances = np.maximum(-np.diff(np.hstack([ends, falling, 0.0 * ends]), axis=1), _SMALLEST)
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def first_thresholds(y: FloatArray, classes: int, weights: FloatArray) -> FloatArray:
    """Return the logits of lying below or at each threshold without knowing a column, shape (n_classes - 1,)."""
    counts = np.bincount(y.astype(np.int64), weights, classes) + 0.5
    return np.asarray(logit(np.cumsum(counts)[:-1] / counts.sum()), dtype=np.float64)


class OrderedTreesModel:
    """Boosted trees with thresholds on the scale of their scores.

    Parameters
    ----------
    trees : trees
        One score a row, or one a threshold.
    rounds : int
        How many of their rounds count.
    thresholds : ndarray of shape (n_classes - 1,)
        Where the chance of lying above is one half.
    """

    kind: ClassVar[NodeKind] = NodeKind.TREES

    def __init__(
        self, trees: BoostedTrees, rounds: int, thresholds: FloatArray, threads: int = 0, usual: float = math.inf
    ) -> None:
        self._trees, self.rounds, self.thresholds = trees, rounds, thresholds
        self._threads = threads
        self.learned_long = rounds > usual

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return answer_seconds(self._trees, self.rounds or self._trees.iterations)

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities, shape (n_samples, n_classes)."""
        threads = 1 if len(x.values) < FEW_ROWS else self._threads
        raw = self._trees.predict(x.values, rounds=self.rounds or -1, threads=threads)
        return class_probabilities(expit(raw.reshape(len(x.values), -1) - self.thresholds))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return LightGBM's text format, and the thresholds."""
        return {
            "model.txt": self._trees.text(self.rounds),
            "thresholds.msgpack": msgspec.msgpack.encode(self.thresholds.tolist()),
        }

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> OrderedTreesModel:
        """Load what ``to_files`` gave."""
        thresholds = np.array(msgspec.msgpack.decode(files["thresholds.msgpack"], type=list[float]))
        return OrderedTreesModel(StoredTrees(files["model.txt"]), 0, thresholds)


@dataclass(frozen=True)
class OrderedTrees:
    """Boosted trees for ordered classes: logistic losses of all thresholds, with one score for all or one for each.

    One score says that whatever moves a row up moves it over every threshold alike; it learns from few rows. A score a
    threshold may learn what matters between the upper classes alone.

    References
    ----------
    Rennie and Srebro 2005, "Loss functions for preference levels: regression with discrete ordered labels" (the
    all-threshold loss); Frank and Hall 2001, "A simple approach to ordinal classification" (a model a threshold).

    Examples
    --------
    >>> task = Task("y", "ordered", "rank_error", ("low", "middle", "high"), metric_loss="ordered log")
    >>> [c.style for c in OrderedTrees().candidates(task, 5000, ())][:2]
    ['quick, one score', 'deep, one score']
    """

    name: str = "ordered_trees"
    preparations: tuple[str, ...] = ("native",)
    losses: frozenset[str] = frozenset({Loss.ORDERED})
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return settings that suit classes, with one score and with several."""
        # a score for all thresholds is learned as a number is
        families = ((_ONE, replace(task, labels=()), "one score"), (_EACH, task, "a score a threshold"))
        return tuple(
            replace(
                candidate,
                parameters={**candidate.parameters, _SCORES: scores},
                style=f"{candidate.style}, {words}",
                turn=Turn.EARLY if (candidate.style, scores) in _STRONG else Turn.RANKED,
                reason=f"{candidate.reason}; {words} of ordered classes",
            )
            for scores, like, words in families
            for candidate in plain_candidates(self.name, like, rows, columns)
            if candidate.style in _STYLES
        )

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit; slopes are computed outside of LightGBM."""
        trees = self._trees(candidate, task)
        usual = LightGBM().seconds(candidate, replace(task, labels=task.labels[: max(2, trees)]), rows, features)
        return 1.3 * usual + 1e-6 * rows * trees

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: scores and slopes of every threshold besides the trees."""
        return LightGBM().memory(candidate, task, rows, features) + 64 * rows * len(task.labels)

    @staticmethod
    def _trees(candidate: Candidate, task: Task) -> int:
        return 1 if candidate.parameters.get(_SCORES) == _ONE else len(task.labels) - 1

    def fit(self, request: FitRequest) -> FittedModel:
        """Boost until the validation rows stop profiting, or for the rounds that an earlier fit kept."""
        # Late: a service loads this file to answer, and must not wait for what only training needs.
        from journeyman.algorithms.lightgbm_training import boosted_by  # noqa: PLC0415 - see above

        classes = len(request.task.labels)
        weights = np.ones(len(request.y)) if request.weights is None else request.weights
        thresholds = first_thresholds(request.y, classes, weights)
        lies_above = (request.y[:, None] > np.arange(classes - 1)).astype(np.float64)
        together = request.parameters[_SCORES] == _ONE
        parameters = {name: value for name, value in request.parameters.items() if name != _SCORES}

        def slopes(scores: FloatArray) -> tuple[FloatArray, FloatArray]:
            above = expit(scores - thresholds)
            first = (above - lies_above) * weights[:, None]
            second = np.maximum(above * (1.0 - above), _LEAST_CURVATURE) * weights[:, None]
            if not together:
                return first, second
            down, across = first.sum(axis=1, keepdims=True), second.sum(axis=1, keepdims=True)
            # A step of Newton's method, in place: the next round and the validation rows go on from it.
            thresholds[:] += np.clip(first.sum(axis=0) / second.sum(axis=0), -1.0, 1.0)
            thresholds.sort()
            return down, across

        valid_y = request.valid_y if request.valid_y is not None else np.empty(0)
        valid_above = (valid_y[:, None] > np.arange(classes - 1)).astype(np.float64)
        history: list[FloatArray] = []

        def valid_loss(scores: FloatArray) -> float:
            history.append(thresholds.copy())
            margin = scores - thresholds
            losses = (np.logaddexp(0.0, margin) - valid_above * margin).mean(axis=1)
            return float(np.average(losses, weights=request.valid_weights))

        outputs = 1 if together else classes - 1
        trees, rounds = boosted_by(replace(request, parameters=parameters), slopes, valid_loss, outputs)
        kept = history[rounds - 1] if history else thresholds
        return OrderedTreesModel(trees, rounds, kept, request.threads, usual_rounds(parameters))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return OrderedTreesModel.from_files(files)
