"""A dataset: a repaired table, what is predicted of it, and how its rows are divided."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values
from journeyman.entities.task import Task

__all__ = ["Dataset"]


@dataclass(frozen=True)
class Dataset:
    """What a search learns from."""

    table: Table
    task: Task
    split: Split

    @cached_property
    def validated(self) -> NDArray[np.int64]:
        """Validated rows in the order of the folds, shape (n_validated,)."""
        return np.concatenate([fold.validate for fold in self.split.folds])

    @cached_property
    def validated_labels(self) -> NDArray[np.float64]:
        """Their class codes or values, shape (n_validated,)."""
        return target_values(self.table, self.task.target)[self.validated]

    @cached_property
    def validated_weights(self) -> NDArray[np.float64] | None:
        """How much each of them counts; None where all count alike."""
        return self.table.weights_of(self.validated)

    @property
    def fit_rows(self) -> int:
        """Rows that the largest fold fits on."""
        return max(len(fold.fit) for fold in self.split.folds)
