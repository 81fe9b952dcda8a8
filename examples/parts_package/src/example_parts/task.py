"""A kind of task: whole numbers from 0 on, such as visitors of a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.tasks.numbers import Regression

__all__ = ["Counts"]


@dataclass(frozen=True)
class Counts(Regression):
    """Numbers are predicted as in a regression, and given as whole ones that are not below 0."""

    name: str = "counts"
    default_metric: str = "mae"

    def decode(self, predictions: NDArray[np.float64], task: Task, threshold: float | None) -> NDArray[Any]:
        """Return whole numbers from 0 on, shape (n_samples,)."""
        return np.maximum(np.round(predictions[:, 0]), 0.0)
