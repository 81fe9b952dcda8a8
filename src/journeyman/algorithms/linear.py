"""Linear models along a path of penalties: logistic regression and ridge regression."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics import METRICS
from journeyman.metrics.weighted import score_rows
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["Linear", "LinearModel"]

FloatArray = NDArray[np.float64]
_PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0, 10_000.0)
"""In units of a row; a fit's ``rounds`` is 1 + the position of the one that was kept."""
_START = 3
_MOST_SEARCHED_CELLS = 2_000_000
_STRIDE, _MOST_STRIDES = 25, 6  # iterations between two looks at the clock, and how often
_MOST_NEWTON_WEIGHTS = 400  # Newton's method inverts a matrix of this side; beyond it, L-BFGS is quicker


class LinearModel(msgspec.Struct, frozen=True):
    """Weights of shape (n_features, n_outputs) and offsets (n_outputs,); probabilities where it is a classifier."""

    kind: ClassVar[NodeKind] = NodeKind.LINES
    weights: np.ndarray
    offsets: np.ndarray
    classifier: bool
    low: float
    high: float
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a multiplication a weight."""
        return 1e-9 * self.weights.size

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        scores = x.values @ self.weights + self.offsets
        if self.classifier:
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            return np.asarray(odds / odds.sum(axis=1, keepdims=True))
        return np.asarray(np.clip(scores, self.low, self.high), dtype=np.float64)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"linear.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class Linear:
    """The simple model: seconds to learn, plain to read, and on small data often enough.

    Examples
    --------
    >>> Linear().preparations
    ('dense',)
    """

    name: str = "linear"
    preparations: tuple[str, ...] = ("dense",)
    weighs_rows: bool = True

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the path of penalties, as one candidate."""
        reason = "the simple model: a usable one exists within seconds"
        return (Candidate(self.name, {}, reason, preparation="dense"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit."""
        outputs = max(len(task.labels), 1)
        per_cell = 2e-9 if not task.labels else 6e-8
        fits = 3 if rows * (features + 10) * outputs <= _MOST_SEARCHED_CELLS else 1
        return 0.05 + per_cell * rows * (features + 10) * outputs * fits

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: scaled rows, and the solver's copies of them."""
        return 32 * rows * features + 40 * rows * task.outputs

    def fit(self, request: FitRequest) -> FittedModel:
        """Learn with each penalty while it helps the validation rows, or with the one that an earlier fit kept."""
        x = request.x.values
        center, spread = x.mean(axis=0), x.std(axis=0)
        spread[spread <= 1e-12] = 1.0
        scaled = (x - center) / spread
        valid_x, valid_y = request.valid_x, request.valid_y
        if valid_x is None or valid_y is None:
            position = request.rounds - 1 if request.rounds else _START
            return self._one(request, scaled, center, spread, position)
        metric = METRICS["log_loss" if request.task.labels else "rmse"]
        found: dict[int, tuple[float, LinearModel]] = {}

        def loss(position: int) -> float:
            if position not in found:
                model = self._one(request, scaled, center, spread, position)
                score = score_rows(metric, valid_y, model.predict(valid_x), request.valid_weights)
                found[position] = (score, model)
            return found[position][0]

        here = _START
        cells = x.size * max(1, len(request.task.labels))
        if cells <= _MOST_SEARCHED_CELLS:  # on many rows one penalty does as well as another
            for step in (1, -1):  # downhill on one side, then on the other: losses along the path have one valley
                while (
                    0 <= here + step < len(_PENALTIES) and not request.out_of_time() and loss(here + step) < loss(here)
                ):
                    here += step
        loss(here)
        return found[here][1]

    def _one(
        self, request: FitRequest, scaled: FloatArray, center: FloatArray, spread: FloatArray, position: int
    ) -> LinearModel:
        # Here and not above: scikit-learn takes two seconds to load, and a stored line predicts without it.
        from sklearn.exceptions import ConvergenceWarning  # noqa: PLC0415  # heavy: imported where it is used
        from sklearn.linear_model import LogisticRegression, Ridge  # noqa: PLC0415  # heavy: imported where it is used

        penalty = _PENALTIES[position]
        y = request.y
        if not request.task.labels:
            model = Ridge(alpha=penalty, solver="cholesky" if scaled.shape[1] <= len(y) else "auto")
            model.fit(scaled, y, sample_weight=request.weights)
            weights = np.asarray(model.coef_).reshape(1, -1) / spread
            offsets = np.atleast_1d(model.intercept_ - weights @ center)
            margin = 0.1 * float(np.ptp(y))  # a line leaves the range of what was seen; not by much
            return LinearModel(
                weights.T, offsets, False, float(y.min()) - margin, float(y.max()) + margin, position + 1
            )
        classes = np.unique(y).astype(np.int64)
        full = np.zeros((len(request.task.labels), scaled.shape[1]))
        offsets = np.full(len(request.task.labels), -18.0)  # a class without rows: one in 65 million
        if len(classes) == 1:
            offsets[classes] = 0.0
            return LinearModel((full / spread).T, offsets, True, 0.0, 0.0, position + 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # an unfinished fit is judged by its score like any
            small = scaled.shape[1] * (len(classes) if len(classes) > 2 else 1) <= _MOST_NEWTON_WEIGHTS
            solver = "newton-cholesky" if small else "lbfgs"
            model = LogisticRegression(C=1.0 / penalty, solver=solver, max_iter=_STRIDE, tol=3e-3, warm_start=True)
            for _ in range(_MOST_STRIDES):
                model.fit(scaled, y, sample_weight=request.weights)
                if model.n_iter_.max() < _STRIDE or request.out_of_time():
                    break
        if len(classes) == 2:
            full[classes] = np.vstack([-model.coef_[0] / 2, model.coef_[0] / 2])
            offsets[classes] = np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
        else:
            full[classes] = model.coef_
            offsets[classes] = model.intercept_
        weights = full / spread
        return LinearModel(weights.T, offsets - weights @ center, True, 0.0, 0.0, position + 1)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["linear.msgpack"], type=LinearModel, dec_hook=decode_array)
