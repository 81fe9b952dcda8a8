"""The preparation "crafted": what "native" gives, and features made of several columns, learned inside the fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.crafted.choose import choose
from journeyman.transformers.crafted.craft import craft
from journeyman.transformers.crafted.ground import break_ground
from journeyman.transformers.crafted.propose import propose
from journeyman.transformers.crafted.small_model import residuals
from journeyman.transformers.preparations import NativePreparation
from journeyman.transformers.steps import Steps

__all__ = ["CraftedPreparation"]

FloatArray = NDArray[np.float64]
_SAMPLE = 8_000  # rows that proposals are tried on
_LEAST_ROWS = 100  # fewer cannot tell good proposals from lucky ones
_MOST_FEATURES = 60
_ROWS_A_FEATURE = 40


@dataclass(frozen=True)
class CraftedPreparation:
    """Numbers and codes as they are, and beside them what was worth adding of hundreds of proposals.

    Proposed are sums, differences, products and ratios of two numbers; the target's mean by category, by value and by
    two of these crossed; frequencies; a number's difference and ratio to its mean within a category; the missing
    values of a row. They are tried on a sample of the rows, so that the cost hardly grows with rows.

    References
    ----------
    Erickson et al. 2025, "TabArena" (what prepared features are worth); Micci-Barreca 2001 (the target's means).
    """

    name: str = "crafted"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns."""
        return NativePreparation().width(columns, task) + _most_crafted(len(columns))

    def fit(
        self, block: Block, columns: Sequence[Column], y: FloatArray, task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Try proposals on a sample of the rows, and learn those that are kept on all of them."""
        native, plain = NativePreparation().fit(block, columns, y, task, seed)
        most = min(_most_crafted(len(columns)), len(y) // _ROWS_A_FEATURE)
        if len(y) < _LEAST_ROWS or not plain.names:
            return native, plain
        ground = break_ground(block, columns, y, task, seed)
        rows = np.sort(np.random.default_rng(seed).permutation(len(y))[:_SAMPLE])
        x, y_tried = Matrix(plain.values[rows], plain.names, plain.categorical), y[rows]
        rest, gain = residuals(x, y_tried, task, seed)
        sample = ground.sample(rows)
        tried = craft(sample, propose(sample, dict(zip(x.names, gain.tolist(), strict=True)), seed))
        if not tried.recipes:
            return native, plain
        features = tried.step.combine({name: values[rows] for name, values in block.items()}, tried.looked_up)
        kept = choose(tried, features, sample, x, y_tried, task, rest)[:most]
        if not len(kept):
            return native, plain
        chosen = craft(ground, [tried.recipes[i] for i in kept.tolist()])
        assert isinstance(native, Steps)  # all preparations of this package are
        fitted = Steps((*native.steps, chosen.step))
        return fitted, fitted.matrix(np.hstack([plain.values, chosen.step.combine(block, chosen.looked_up)]))

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return Steps.from_files(files)


def _most_crafted(columns: int) -> int:
    return min(_MOST_FEATURES, int(1.5 * columns) + 20)
