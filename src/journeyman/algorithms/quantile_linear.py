"""Linear quantile regression: one plane a level, the pinball loss smoothed so that it has a gradient everywhere."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from journeyman.algorithms.quantile_trees import in_order
from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["QuantileLinear", "QuantilePlanes"]

FloatArray = NDArray[np.float64]
_PENALTIES = (1.0, 10.0, 100.0, 1000.0)
"""In units of a row; a fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = 1
_WIDTHS = (0.3, 0.1, 0.03)
"""Of the smoothing, in standard deviations of a ridge regression's errors: each begins where the last ended."""
_STEPS = 20
_MOST_SEARCHED_CELLS = 2_000_000


class QuantilePlanes(msgspec.Struct, frozen=True):
    """Weights of shape (n_features, n_levels), offsets (n_levels,), and the ends of what is predicted."""

    kind: ClassVar[NodeKind] = NodeKind.LINES
    weights: np.ndarray
    offsets: np.ndarray
    levels: tuple[float, ...]
    low: float
    high: float
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a multiplication a weight."""
        return 1e-9 * self.weights.size

    def predict(self, x: Matrix) -> FloatArray:
        """Return quantiles that do not cross, shape (n_samples, n_levels)."""
        values = np.clip(x.values @ self.weights + self.offsets, self.low, self.high)
        return in_order(values, self.levels)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"planes.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class QuantileLinear:
    """The simple model of quantiles.

    References
    ----------
    Koenker and Bassett 1978, "Regression quantiles"; Fernandes, Guerre and Horta 2021, "Smoothing quantile
    regressions" (the loss as it is convolved with a normal density).
    """

    name: str = "quantile_linear"
    preparations: tuple[str, ...] = ("dense",)
    losses: frozenset[str] = frozenset({"pinball"})
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the path of penalties, as one candidate."""
        reason = "the simple model: a usable one exists within seconds"
        return (Candidate(self.name, {}, reason, turn=Turn.EARLY, preparation="dense"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit."""
        cells = rows * (features + 10) * task.outputs
        return 0.05 + (2e-7 * cells + 1e-9 * rows * features**2) * (3 if cells <= _MOST_SEARCHED_CELLS else 1)

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: scaled rows, what is kept of each row and level, and axes."""
        return 24 * rows * features + 60 * rows * task.outputs + 200 * features * task.outputs + 32 * features**2

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
        found: dict[int, tuple[float, QuantilePlanes]] = {}

        def loss(position: int) -> float:
            if position not in found:
                model = problem.solve(position)
                above, levels = valid_y[:, None] - model.predict(valid_x), np.array(model.levels)
                costs = np.maximum(levels * above, (levels - 1.0) * above).mean(axis=1)
                found[position] = float(np.average(costs, weights=request.valid_weights)), model
            return found[position][0]

        loss(_START)
        if request.x.values.size * request.task.outputs <= _MOST_SEARCHED_CELLS:  # on many rows, one does as another
            with contextlib.suppress(TimeoutError):  # what was found is whole
                for way in (range(_START, len(_PENALTIES)), range(_START, -1, -1)):
                    for here, there in itertools.pairwise(way):
                        if loss(there) >= loss(here):
                            break
        return min(found.values(), key=lambda pair: pair[0])[1]

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["planes.msgpack"], type=QuantilePlanes, dec_hook=decode_array)


class _Problem:
    """Rows and labels on scales of their own, and what is minimised."""

    def __init__(self, request: FitRequest) -> None:
        x, y = request.x.values, request.y
        self.levels = tuple(map(float, request.task.output_names))
        self.center, self.spread = x.mean(axis=0), x.std(axis=0)
        self.spread[self.spread <= 1e-12] = 1.0
        self.scaled = (x - self.center) / self.spread
        share = np.ones(len(y)) if request.weights is None else request.weights
        self.share = (share / share.sum())[:, None]
        self.y, self.middle = y, float((self.share[:, 0] * y).sum())
        self.second = self.scaled.T @ (self.share * self.scaled)
        self.towards = self.scaled.T @ (self.share[:, 0] * (y - self.middle))
        margin = 0.1 * float(np.ptp(y))  # a plane leaves the range of what was seen; not by much
        self.ends = float(y.min()) - margin, float(y.max()) + margin
        self.out_of_time = request.out_of_time

    def solve(self, position: int) -> QuantilePlanes:
        """Return the planes under a penalty, from the ridge regression on.

        Raises
        ------
        TimeoutError
            Where there is no time for it: planes on their way are too far apart, or too near.
        """
        # Here and not above: it takes long to load, and stored planes predict without it.
        from scipy.optimize import minimize  # noqa: PLC0415  # heavy: imported where it is used

        penalty, features = _PENALTIES[position] / len(self.y), self.scaled.shape[1]
        # On axes along which features are not related, few steps are enough.
        axes = np.linalg.inv(np.linalg.cholesky(self.second + (penalty + 1e-9) * np.eye(features))).T
        start = axes @ (axes.T @ self.towards)
        left = self.y - self.middle - self.scaled @ start
        size = float(left.std()) or 1.0
        turned, labels = self.scaled @ axes, left / size
        found = np.zeros((features + 1, len(self.levels)))
        found[-1] = np.quantile(labels, self.levels)
        begun = start / size

        def loss(flat: FloatArray, width: float) -> tuple[float, FloatArray]:
            """Return the smoothed loss and its gradient."""
            if self.out_of_time():
                raise TimeoutError
            moved = flat.reshape(found.shape)
            above = labels[:, None] - (turned @ moved[:-1] + moved[-1])
            levels = np.array(self.levels)
            below = ndtr(-above / width)
            density = np.exp(-0.5 * (above / width) ** 2) / np.sqrt(2.0 * np.pi)
            weights = axes @ moved[:-1] + begun[:, None]
            cost = float((self.share * (above * (levels - below) + width * density)).sum())
            slope = self.share * (below - levels)
            gradient = np.vstack([turned.T @ slope + penalty * (axes.T @ weights), slope.sum(axis=0)])
            return cost + 0.5 * penalty * float((weights**2).sum()), gradient.ravel()

        for width in _WIDTHS:
            told = minimize(
                partial(loss, width=width), found.ravel(), method="L-BFGS-B", jac=True, options={"maxiter": _STEPS}
            )
            found = np.asarray(told.x, dtype=np.float64).reshape(found.shape)
        weights = (axes @ found[:-1] * size + start[:, None]) / self.spread[:, None]
        offsets = found[-1] * size + self.middle - self.center @ weights
        return QuantilePlanes(weights, offsets, self.levels, *self.ends, position + 1)
