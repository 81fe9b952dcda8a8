"""Labels as a target held them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task

__all__ = ["typed_labels"]


def typed_labels(task: Task) -> NDArray[Any]:
    """Return the task's labels as an array of the type that the target had."""
    if task.label_types == "int":
        return _whole_numbers(
            [int(label) if label.lstrip("+-").isdigit() else int(float(label)) for label in task.labels]
        )
    if task.label_types == "float":
        return np.array([float(label) for label in task.labels])
    if task.label_types == "bool":
        return np.array([label.lower() in ("true", "1", "1.0", "yes") for label in task.labels])
    return np.array(task.labels, dtype=object)


def _whole_numbers(labels: list[int]) -> NDArray[Any]:
    """Return whole numbers of any size, to the last digit."""
    kind = "int64" if all(-(2**63) <= v < 2**63 for v in labels) else "uint64"
    return np.array(
        labels,
        dtype=kind if all(-(2**63) <= v < 2**64 for v in labels) and (kind == "int64" or min(labels) >= 0) else object,
    )
