"""A target on another scale: what is learned on logarithms or roots is given back on the scale of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.entities.table import Block
from journeyman.interfaces import FittedModel, LearnsLong, Matrix

__all__ = ["SCALES", "ScaledModel", "TargetScale", "long_tailed", "on_scale"]

FloatArray = NDArray[np.float64]
SCALES = ("log", "root")
"""Scales on which a long right tail weighs less, the stronger first."""

_FILE = "target_scale.msgpack"
_LONG_TAIL = 1.0
_BEYOND = 1.5  # answers may exceed the largest value seen by this factor, so that no exponential runs away


class TargetScale(msgspec.Struct, frozen=True):
    """A scale and the span of the values that it was fitted to.

    Attributes
    ----------
    name : str
        "log" or "root".
    low, high : float
        Least and greatest value of the training rows; the scale begins at the least.
    """

    kind: ClassVar[NodeKind] = NodeKind.SCALE
    name: str
    low: float
    high: float

    def forward(self, y: FloatArray) -> FloatArray:
        """Return values on this scale, shape (n_samples,); those below the least count as the least.

        Examples
        --------
        >>> TargetScale("root", 0.0, 9.0).forward(np.array([4.0, 9.0]))
        array([2., 3.])
        """
        above = np.maximum(y - self.low, 0.0)
        return np.asarray(np.log1p(above) if self.name == "log" else np.sqrt(above))

    def most(self) -> float:
        """Return the largest answer on this scale that is given back."""
        return float(self.forward(np.array([self.low + (self.high - self.low) * _BEYOND]))[0])

    def back(self, answers: FloatArray) -> FloatArray:
        """Return answers on the scale of the table, shape (n_samples, 1)."""
        held = np.clip(answers, 0.0, self.most())
        return np.asarray((np.expm1(held) if self.name == "log" else held**2) + self.low)

    def adjust(self, predictions: Sequence[FloatArray], x: Matrix | None, block: Block) -> FloatArray:
        """Return predictions on the scale of the table, shape (n_samples, 1)."""
        return self.back(predictions[0])


@dataclass(frozen=True)
class ScaledModel:
    """A model that learned on another scale."""

    model: FittedModel
    scale: TargetScale

    @property
    def rounds(self) -> int:
        """The model's own."""
        return self.model.rounds

    @property
    def answer_seconds(self) -> float:
        """The model's own, and an exponential."""
        return self.model.answer_seconds + 2e-8

    @property
    def learned_long(self) -> bool:
        """The model's own."""
        return isinstance(self.model, LearnsLong) and self.model.learned_long

    def predict(self, x: Matrix) -> FloatArray:
        """Return values (n_samples, 1)."""
        return self.scale.back(self.model.predict(x))

    def plan(self) -> ModelPlan:
        """Return the model's steps, and the way back from the scale."""
        return (*self.model.plan(), self.scale)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the model's files and the scale's."""
        return {**self.model.to_files(), _FILE: msgspec.msgpack.encode(self.scale)}


def on_scale(model: FittedModel, files: Mapping[str, bytes]) -> FittedModel:
    """Return a loaded model as it was stored: with its scale, where it has one."""
    if _FILE not in files:
        return model
    return ScaledModel(model, msgspec.msgpack.decode(files[_FILE], type=TargetScale))


def long_tailed(y: FloatArray) -> bool:
    """Say whether values have a right tail so long that another scale is worth trying: skewness above 1.

    Examples
    --------
    >>> long_tailed(np.array([1.0, 2.0, 3.0, 4.0])), long_tailed(np.array([1.0, 1.0, 2.0, 2.0, 1.0, 90.0]))
    (False, True)
    """
    spread = float(y.std())
    return spread > 0 and float((((y - y.mean()) / spread) ** 3).mean()) > _LONG_TAIL
