"""The trivial model: class shares, or the value that the metric likes best when nothing is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import BASELINE, Candidate
from journeyman.entities.column import Column
from journeyman.entities.metric import RANKING_LOSS, SURVIVAL_LOSS, Loss
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.task import Task
from journeyman.interfaces import FitRequest, FittedModel, Matrix
from journeyman.metrics.survival import curve_of_all, times_of, with_risk

__all__ = ["Baseline", "ConstantModel"]


class ConstantModel(msgspec.Struct, frozen=True):
    """The same answer for every row."""

    kind: ClassVar[NodeKind] = NodeKind.CONSTANT
    answer: tuple[float, ...]
    rounds: int = 0

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return 1e-8

    def predict(self, x: Matrix) -> NDArray[np.float64]:
        """Return the answer, shape (n_samples, n_outputs)."""
        return np.tile(np.array(self.answer), (len(x.values), 1))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the answer as MessagePack."""
        return {"constant.msgpack": msgspec.msgpack.encode(self)}


@dataclass(frozen=True)
class Baseline:
    """What any model must beat.

    Examples
    --------
    >>> Baseline().candidates(Task("y", "binary", "roc_auc", ("no", "yes")), 10, ())[0].algorithm
    'baseline'
    """

    name: str = BASELINE
    preparations: tuple[str, ...] = ("native",)
    losses: frozenset[str] = frozenset({*Loss, "pinball", SURVIVAL_LOSS, RANKING_LOSS})

    def candidates(self, task: Task, rows: int, columns: Sequence[Column]) -> Sequence[Candidate]:
        """Return the one there is."""
        return (Candidate(self.name, {}, "what any model must beat", preparation="native"),)

    def seconds(self, candidate: Candidate, task: Task, rows: int, features: int) -> float:
        """Return the expected seconds of one fit."""
        return 0.001

    def memory(self, candidate: Candidate, task: Task, rows: int, features: int) -> int:
        """Return the expected bytes of one fit: the answers of all rows."""
        return 40 * rows * task.outputs

    def fit(self, request: FitRequest) -> FittedModel:
        """Count classes, or take the mean (the median for absolute errors) or quantiles, of weighted rows."""
        weights = request.weights
        if request.task.loss == SURVIVAL_LOSS:
            return ConstantModel(tuple(with_risk(curve_of_all(request.y, times_of(request.task)))[0].tolist()))
        if request.task.loss == RANKING_LOSS:
            return ConstantModel((0.0,))  # all alike: what comes first is left to chance
        if not request.task.labels:
            if request.task.loss != Loss.SQUARED:
                levels = map(float, request.task.output_names or ("0.5",))
                return ConstantModel(tuple(_quantile(request.y, weights, level) for level in levels))
            return ConstantModel((float(np.average(request.y, weights=weights)),))
        codes = request.y.astype(np.int64)
        counts = np.bincount(codes, weights=weights, minlength=len(request.task.labels)) + 1.0
        return ConstantModel(tuple((counts / counts.sum()).tolist()))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files["constant.msgpack"], type=ConstantModel)


def _quantile(values: NDArray[np.float64], weights: NDArray[np.float64] | None, level: float) -> float:
    """Return the value below which a share of the weight lies."""
    if weights is None:
        return float(np.quantile(values, level))
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, level * reached[-1])])
