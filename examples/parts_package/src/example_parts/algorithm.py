"""An algorithm: a line through ranks, or one a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge

from journeyman.entities.candidate import Candidate, Turn
from journeyman.entities.column import Column
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["LineModel", "RankedLinear"]


class LineModel(msgspec.Struct, frozen=True):
    """Weights, shape (n_features, n_outputs); offsets, shape (n_outputs,), minus infinity for a class never seen."""

    kind: ClassVar[NodeKind] = NodeKind.OTHER
    weights: np.ndarray
    offsets: np.ndarray
    classes: bool
    rounds: int = 0

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many."""
        return 1e-9 * self.weights.size

    def predict(self, x: Matrix) -> np.ndarray:
        """Return probabilities or values."""
        scores = x.values @ self.weights + self.offsets
        if not self.classes:
            return scores
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def plan(self) -> ModelPlan:
        """Return itself: it is a step of the release's plan."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return what a release stores."""
        return {"line.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


@dataclass(frozen=True)
class RankedLinear:
    """Ridge or logistic regression of scikit-learn; what it learned is kept as plain arrays."""

    name: str = "ranked_linear"
    preparations: tuple[str, ...] = ("ranked",)

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return one candidate, early, as it costs next to nothing."""
        reason = "answers may rise or fall with ranks"
        return (Candidate(self.name, {"penalty": 1.0}, reason, turn=Turn.EARLY, preparation="ranked"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of a fit."""
        return 0.02 + 2e-8 * rows * features * task.outputs

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of a fit: two copies of the features, and scores."""
        return 16 * rows * (features + task.outputs)

    def fit(self, request: FitRequest) -> LineModel:
        """Learn."""
        x, y, penalty = request.x.values, request.y, float(request.parameters["penalty"])
        if request.task.kind == "regression":
            line = Ridge(penalty).fit(x, y)
            return LineModel(line.coef_[:, None], np.array([line.intercept_]), False)
        classes = len(request.task.labels)
        weights, offsets = np.zeros((x.shape[1], classes)), np.full(classes, -np.inf)
        seen = np.unique(y).astype(int)
        offsets[seen] = 0.0
        if len(seen) > 1:
            fitted = LogisticRegression(C=1 / penalty, max_iter=300).fit(x, y)
            of = seen if len(seen) > 2 else seen[1:]  # of two classes scikit-learn scores the second one
            weights[:, of], offsets[of] = fitted.coef_.T, fitted.intercept_
        return LineModel(weights, offsets, True)

    def from_files(self, files: Mapping[str, bytes]) -> LineModel:
        """Load what was stored."""
        return msgspec.msgpack.decode(files["line.msgpack"], type=LineModel, dec_hook=decode_array)
