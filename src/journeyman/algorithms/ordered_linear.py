"""Linear model of ordered classes: one plane, and thresholds along it (proportional odds)."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from journeyman.algorithms.ordered_trees import class_probabilities, first_thresholds
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.metric import Loss
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["OrderedLinear", "OrderedPlane"]

FloatArray = NDArray[np.float64]
_PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""In units of a row; a fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = 1
_STEPS = 100
_MOST_SEARCHED_CELLS = 2_000_000
_TINY = 1e-12


class OrderedPlane(msgspec.Struct, frozen=True):
    """Weights of shape (n_features,) and thresholds (n_classes - 1,), which rise."""

    kind: ClassVar[NodeKind] = NodeKind.LINES
    weights: np.ndarray
    thresholds: np.ndarray
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a multiplication a weight, an exponential a threshold."""
        return 1e-9 * self.weights.size + 1e-8 * self.thresholds.size

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities, shape (n_samples, n_classes)."""
        return class_probabilities(expit((x.values @ self.weights)[:, None] - self.thresholds))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"plane.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class OrderedLinear:
    """The simple model of ordered classes: the odds of lying above a threshold, all moved alike by a column.

    References
    ----------
    McCullagh 1980, "Regression models for ordinal data".
    """

    name: str = "ordered_linear"
    preparations: tuple[str, ...] = ("dense",)
    losses: frozenset[str] = frozenset({Loss.ORDERED})
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the path of penalties, as one candidate."""
        reason = "the simple model of ordered classes: one weight a column"
        return (Candidate(self.name, {}, reason, turn=Turn.EARLY, preparation="dense"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit."""
        fits = 3 if rows * (features + 10) <= _MOST_SEARCHED_CELLS else 1
        return 0.05 + 2e-7 * rows * (features + 10 * len(task.labels)) * fits

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: scaled rows, and what is kept of each row."""
        return 24 * rows * features + 100 * rows + 32 * features**2

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn with each penalty while it helps the validation rows, or with the one that an earlier fit kept.

        Raises
        ------
        TimeoutError
            Where there is no time for one penalty.
        """
        problem = _Problem(request)
        valid_x, valid_y = request.valid_x, request.valid_y
        if valid_x is None or valid_y is None:
            return problem.solve((request.rounds or _START + 1) - 1)
        codes = valid_y.astype(np.int64)
        found: dict[int, tuple[float, OrderedPlane]] = {}

        def loss(position: int) -> float:
            if position not in found:
                model = problem.solve(position)
                chances = model.predict(valid_x)[np.arange(len(codes)), codes]
                found[position] = float(np.average(-np.log(chances), weights=request.valid_weights)), model
            return found[position][0]

        loss(_START)
        if request.x.values.size <= _MOST_SEARCHED_CELLS:  # on many rows, one does as another
            with contextlib.suppress(TimeoutError):  # what was found is whole
                for way in (range(_START, len(_PENALTIES)), range(_START, -1, -1)):
                    for here, there in itertools.pairwise(way):
                        if loss(there) >= loss(here):
                            break
        return min(found.values(), key=lambda pair: pair[0])[1]

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["plane.msgpack"], type=OrderedPlane, dec_hook=decode_array)


class _Problem:
    """Rows on scales of their own, and what is minimised."""

    def __init__(self, request: FitRequest) -> None:
        x = request.x.values
        self.center, self.spread = x.mean(axis=0), x.std(axis=0)
        self.spread[self.spread <= 1e-12] = 1.0
        scaled = (x - self.center) / self.spread
        weights = np.ones(len(x)) if request.weights is None else request.weights
        self.share = weights / weights.sum()
        self.codes = request.y.astype(np.int64)
        self.begun = first_thresholds(request.y, len(request.task.labels), weights)
        self.rows, self.out_of_time = len(x), request.out_of_time
        # On axes along which features are not related, few steps are enough.
        second = scaled.T @ (self.share[:, None] * scaled)
        self.axes = np.linalg.inv(np.linalg.cholesky(second + 1e-3 * np.eye(x.shape[1]))).T
        self.turned = scaled @ self.axes

    def solve(self, position: int) -> OrderedPlane:
        """Return the plane under a penalty.

        Raises
        ------
        TimeoutError
            Where there is no time for it.
        """
        # Here and not above: it takes long to load, and stored planes predict without it.
        from scipy.optimize import minimize  # noqa: PLC0415  # heavy: imported where it is used

        penalty, features = _PENALTIES[position] / self.rows, self.turned.shape[1]
        codes, cuts = self.codes, len(self.begun)
        above_low, below_high = codes > 0, codes < cuts

        def loss(flat: FloatArray) -> tuple[float, FloatArray]:
            """Return the penalised negative log likelihood and its gradient.

            Thresholds are the lowest one, and the logarithms of the steps from each to the next.
            """
            if self.out_of_time():
                raise TimeoutError
            plane, steps = flat[:features], np.exp(flat[features + 1 :])
            thresholds = flat[features] + np.concatenate([[0.0], np.cumsum(steps)])
            score = self.turned @ plane
            upper = np.where(below_high, expit(thresholds[np.minimum(codes, cuts - 1)] - score), 1.0)
            lower = np.where(above_low, expit(thresholds[np.maximum(codes - 1, 0)] - score), 0.0)
            chance = np.maximum(upper - lower, _TINY)
            weights = self.axes @ plane
            cost = -float(self.share @ np.log(chance)) + 0.5 * penalty * float(weights @ weights)
            of_upper, of_lower = (self.share * p * (1.0 - p) / chance for p in (upper, lower))
            by_score = of_upper - of_lower
            by_threshold = -np.bincount(codes, of_upper, cuts + 1)[:cuts]
            by_threshold += np.bincount(codes, of_lower, cuts + 1)[1:]
            later = np.cumsum(by_threshold[::-1])[::-1]
            slope = self.turned.T @ by_score + penalty * (self.axes.T @ weights)
            return cost, np.concatenate([slope, later[:1], later[1:] * steps])

        start = np.concatenate([np.zeros(features), self.begun[:1], np.log(np.maximum(np.diff(self.begun), 1e-3))])
        told = minimize(loss, start, method="L-BFGS-B", jac=True, options={"maxiter": _STEPS})
        found = np.asarray(told.x, dtype=np.float64)
        weights = self.axes @ found[:features] / self.spread
        thresholds = found[features] + np.concatenate([[0.0], np.cumsum(np.exp(found[features + 1 :]))])
        return OrderedPlane(weights, thresholds + self.center @ weights, position + 1)
