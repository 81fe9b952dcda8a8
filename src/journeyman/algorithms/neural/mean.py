"""Several nets of one shape that answer as one: the mean of their scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.neural.model import ROWS_AT_ONCE, NeuralModel
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.interfaces import FittedModel, Matrix

__all__ = ["MeanOfNets", "nets_from_files"]

FloatArray = NDArray[np.float64]
_FOLDER = "net-{}-"


@dataclass(frozen=True)
class MeanOfNets:
    """Nets that learned from the same rows, each from another seed.

    Attributes
    ----------
    nets : tuple of NeuralModel
        With the same inputs, which are entered once for all of them.

    References
    ----------
    Lakshminarayanan, Pritzel and Blundell 2017, "Simple and scalable predictive uncertainty estimation using deep
    ensembles".
    """

    kind: ClassVar[NodeKind] = NodeKind.NETS
    nets: tuple[NeuralModel, ...]

    @property
    def rounds(self) -> int:
        """Epochs kept: the median."""
        return int(np.median([net.rounds for net in self.nets]))

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer."""
        return sum(net.answer_seconds for net in self.nets)

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        first = self.nets[0]
        values, slots = first.inputs.values(x), first.inputs.slots(x)
        parts = [
            self._predict_block(values[i : i + ROWS_AT_ONCE], slots[i : i + ROWS_AT_ONCE])
            for i in range(0, max(len(values), 1), ROWS_AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else np.vstack(parts)

    def _predict_block(self, values: FloatArray, slots: NDArray[np.int32]) -> FloatArray:
        total = self.nets[0].outputs(values, slots)
        for net in self.nets[1:]:
            total = total + net.outputs(values, slots)
        return self.nets[0].answers(total / len(self.nets))

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the files of each net, numbered."""
        return {
            _FOLDER.format(number) + name: content
            for number, net in enumerate(self.nets)
            for name, content in net.to_files().items()
        }


def nets_from_files(files: Mapping[str, bytes]) -> FittedModel:
    """Load a net, or several as one, from what ``to_files`` gave."""
    nets: list[NeuralModel] = []
    while own := _of(_FOLDER.format(len(nets)), files):
        nets.append(NeuralModel.from_files(own))
    return MeanOfNets(tuple(nets)) if nets else NeuralModel.from_files(files)


def _of(prefix: str, files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    return {name.removeprefix(prefix): content for name, content in files.items() if name.startswith(prefix)}
