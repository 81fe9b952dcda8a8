"""Cox's model: a linear score that multiplies the hazard of an event."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.survival_hazards import RiskSets, survival_curves
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.metric import SURVIVAL_LOSS
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics.survival import times_of, with_risk
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["CoxModel", "SurvivalLinear", "efron"]

FloatArray = NDArray[np.float64]
_PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""In units of a row; a fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = 1
_STEPS, _HALVINGS = 30, 10
_CLOSE = 1e-7
_MOST_SEARCHED_CELLS = 2_000_000
_REACH = 0.1  # of the range of scores that were seen: a line leaves it, not by much


class CoxModel(msgspec.Struct, frozen=True):
    """Weights (n_features,), an offset, the ends of the score, and the baseline's cumulative hazard (n_times,)."""

    kind: ClassVar[NodeKind] = NodeKind.OTHER
    weights: np.ndarray
    offset: float
    low: float
    high: float
    cumulative: np.ndarray
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a multiplication a weight, an exponential a time."""
        return 1e-9 * self.weights.size + 1e-8 * self.cumulative.size

    def predict(self, x: Matrix) -> FloatArray:
        """Return the risk and the curve of survival, shape (n_samples, 1 + n_times)."""
        scores = np.clip(x.values @ self.weights + self.offset, self.low, self.high)
        return with_risk(survival_curves(scores, self.cumulative))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"cox.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class SurvivalLinear:
    """The simple model of survival.

    References
    ----------
    Cox 1972, "Regression models and life-tables"; Efron 1977, "The efficiency of Cox's likelihood function for
    censored data" (ties); Breslow 1974, "Covariance analysis of censored survival data" (the baseline hazard).
    """

    name: str = "survival_linear"
    preparations: tuple[str, ...] = ("dense",)
    losses: frozenset[str] = frozenset({SURVIVAL_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the path of penalties, as one candidate."""
        reason = "Cox's model: the simple one of survival"
        return (Candidate(self.name, {}, reason, turn=Turn.EARLY, preparation="dense"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit: some steps of Newton's method."""
        fits = 3 if rows * (features + 10) <= _MOST_SEARCHED_CELLS else 1
        return 0.1 + 20.0 * fits * rows * (2e-9 * features**2 + 4e-8 * features + 1e-7)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: scaled rows, and sums over who is at risk for each event."""
        return 48 * rows * (features + 4) + 24 * features**2

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn with each penalty while it helps the validation rows, or with the one that an earlier fit kept."""
        x, times = request.x.values, times_of(request.task)
        center, spread = x.mean(axis=0), x.std(axis=0)
        spread[spread <= 1e-12] = 1.0
        scaled = (x - center) / spread
        sets = RiskSets.of(request.y)

        def solved(position: int) -> CoxModel:
            found = _newton(scaled, sets, _PENALTIES[position], request)
            scores = scaled @ found
            weights = found / spread
            margin = _REACH * float(np.ptp(scores))
            ends = float(scores.min()) - margin, float(scores.max()) + margin
            return CoxModel(weights, float(-weights @ center), *ends, sets.cumulative(scores, times), position + 1)

        valid_x, valid_y = request.valid_x, request.valid_y
        if valid_x is None or valid_y is None:
            return solved((request.rounds or _START + 1) - 1)
        judged = RiskSets.of(valid_y)
        losses: dict[int, tuple[float, CoxModel]] = {}

        def loss(position: int) -> float:
            if position not in losses:
                model = solved(position)
                losses[position] = judged.loss(valid_x.values @ model.weights + model.offset), model
            return losses[position][0]

        loss(_START)
        if x.size <= _MOST_SEARCHED_CELLS:  # on many rows, one does as another
            for way in (range(_START, len(_PENALTIES)), range(_START, -1, -1)):
                for here, there in itertools.pairwise(way):
                    if request.out_of_time() or loss(there) >= loss(here):
                        break
        return min(losses.values(), key=lambda pair: pair[0])[1]

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["cox.msgpack"], type=CoxModel, dec_hook=decode_array)


def _newton(x: FloatArray, sets: RiskSets, penalty: float, request: FitRequest) -> FloatArray:
    """Return weights of scaled features at which the penalised partial likelihood is greatest.

    Where time ends before, those of the last whole step, of which the first goes most of the way.
    """
    weights = np.zeros(x.shape[1])

    def at(here: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        loss, slope, curvature = efron(x, sets, here)
        return (
            loss + 0.5 * penalty * float(here @ here),
            slope + penalty * here,
            curvature + penalty * np.eye(len(here)),
        )

    loss, slope, curvature = at(weights)
    for number in range(_STEPS):
        if number and request.out_of_time():
            break
        step = np.linalg.solve(curvature, slope)
        for _ in range(_HALVINGS):
            found = at(weights - step)
            if found[0] <= loss:
                break
            step = step / 2.0
        else:
            break
        gained, weights = loss - found[0], weights - step
        loss, slope, curvature = found
        if gained <= _CLOSE * (1.0 + abs(loss)):
            break
    return weights


def efron(x: FloatArray, sets: RiskSets, weights: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return the negative logarithm of Efron's partial likelihood, its gradient and its matrix of second derivatives.

    Of tied events, each is taken to meet those of the others that are still there on average: the l-th of d leaves a
    share of l / d of all of them out of who is at risk.

    Parameters
    ----------
    x : ndarray of shape (n_samples, n_features)
        Scaled features.
    weights : ndarray of shape (n_features,)
        Of the score.
    """
    scores = x @ weights
    shift = float(scores.max(initial=0.0))
    odds = np.exp(scores - shift)
    number = np.repeat(np.arange(len(sets.times)), sets.counts.astype(np.int64))  # of each event's time
    first = np.concatenate([[0.0], np.cumsum(sets.counts)[:-1]])
    share = (np.arange(len(number)) - first[number]) / sets.counts[number]
    tied = np.flatnonzero(sets.happened)
    place = sets.until[tied] - 1
    of_tied = np.bincount(place, odds[tied], len(sets.times))
    at_risk = sets.totals(odds)[number] - share * of_tied[number]
    by_place = tied[np.argsort(place, kind="stable")]
    starts = np.concatenate([[0], np.cumsum(sets.counts)[:-1]]).astype(np.int64)
    moved = np.add.reduceat(odds[by_place, None] * x[by_place], starts, axis=0)
    means = (sets.totals(odds[:, None] * x)[number] - share[:, None] * moved[number]) / at_risk[:, None]
    loss = float(np.log(at_risk).sum() + shift * len(number) - scores[tied].sum())
    slope = means.sum(axis=0) - x[tied].sum(axis=0)
    by_time = np.bincount(number, 1.0 / at_risk, len(sets.times))
    passed = np.concatenate([[0.0], np.cumsum(by_time)])[sets.until]
    passed[tied] -= np.bincount(number, share / at_risk, len(sets.times))[place]
    curvature = x.T @ ((odds * passed)[:, None] * x) - means.T @ means
    return loss, slope, curvature
