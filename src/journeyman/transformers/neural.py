"""The preparation "neural": dense features, and codes of the categories that are too many for one feature each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.preparations import DensePreparation
from journeyman.transformers.steps import CodeStep, Steps

__all__ = ["NeuralPreparation"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NeuralPreparation:
    """For nets: as "dense", but not clipped (the net clips smoothly), and with codes for embeddings.

    Attributes
    ----------
    name : str
        Registered name.
    most_labels : int
        Categories up to this many become one feature each; those with more are encoded by the target, and their codes
        stand beside for the net to embed.
    """

    name: str = "neural"
    most_labels: int = 8

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return about how many features it makes of columns: the dense ones and the codes."""
        many = sum(1 for c in columns if c.kind.categorical and len(c.categories) > self.most_labels)
        return DensePreparation(most_labels=self.most_labels).width(columns, task) + many

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn medians, scales and encodings."""
        dense = DensePreparation(most_labels=self.most_labels, limit=0.0)
        fitted, matrix = dense.fit(block, columns, y, task, seed)
        assert isinstance(fitted, Steps)
        many = tuple(c.name for c in columns if c.kind.categorical and len(c.categories) > self.most_labels)
        if not many:
            return fitted, matrix
        codes = CodeStep(many)
        steps = Steps((*fitted.steps, codes))
        return steps, steps.matrix(np.hstack([matrix.values, codes.transform(block)]))

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return Steps.from_files(files)
