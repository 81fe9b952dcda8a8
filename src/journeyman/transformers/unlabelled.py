"""The preparation for what learns without labels: nothing in it comes from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.anomaly import PLANTED
from journeyman.entities.column import Column, Kind
from journeyman.entities.metric import ANOMALY_LOSS
from journeyman.entities.table import Block
from journeyman.entities.task import Task
from journeyman.interfaces import FittedPreparation, Matrix
from journeyman.transformers.preparations import date_steps, scaled_numbers
from journeyman.transformers.steps import CalendarStep, LookupStep, Step, Steps

__all__ = ["UnlabelledPreparation"]

_DAYS_TO_RECUR = {1: 730.0, 2: 62.0, 3: 14.0, 4: 730.0, 5: 3.0}
"""Days that rows must span before a part of a date (month, day, weekday, day of year, hour) has come round twice; the
year and the days since the first row never do."""


@dataclass(frozen=True)
class UnlabelledPreparation:
    """Numbers scaled and not clipped, gaps filled with medians; categories by how rare they are.

    A column is one feature, so that no column outweighs others by the number of its categories or by its gaps.

    Rows that were planted to examine a model (where ``ANOMALY_LOSS`` is minimised) teach nothing.
    """

    name: str = "unlabelled"

    def width(self, columns: Sequence[Column], task: Task) -> int:
        """Return the most features that it makes of columns.

        Examples
        --------
        >>> colour = Column("colour", Kind.CATEGORY, categories=("red", "green", "blue"))
        >>> UnlabelledPreparation().width([colour, Column("size", Kind.NUMBER)], Task("y", "anomaly", "roc_auc"))
        2
        """
        total = sum(1 for c in columns if c.kind.numeric) + 7 * sum(1 for c in columns if c.kind is Kind.DATETIME)
        return max(1, total + sum(1 + (c.kind is Kind.ORDERED) for c in columns if c.kind.categorical))

    def fit(
        self, block: Block, columns: Sequence[Column], y: NDArray[np.float64], task: Task, seed: int
    ) -> tuple[FittedPreparation, Matrix]:
        """Learn medians, scales and frequencies from the rows that were not planted."""
        taught = y != PLANTED if task.loss == ANOMALY_LOSS else np.ones(len(y), dtype=bool)
        ordinary = {name: values[taught] for name, values in block.items()}
        steps: list[Step] = []
        numbers = tuple(c.name for c in columns if c.kind.numeric)
        if numbers:
            steps.append(msgspec.structs.replace(scaled_numbers(numbers, ordinary, 0.0), flagged=()))
        dates = [_recurring(s, ordinary[s.column].astype(np.float64)) for s in date_steps(ordinary, columns, 0.0)]
        steps.extend(step for step in dates if step.parts)
        steps.extend(_rarity(c, ordinary[c.name].astype(np.int64)) for c in columns if c.kind.categorical)
        fitted = Steps(tuple(steps))
        return fitted, fitted.transform(block)

    def from_files(self, files: Mapping[str, bytes]) -> FittedPreparation:
        """Load what ``to_files`` gave."""
        return Steps.from_files(files)


def _recurring(step: CalendarStep, seconds: NDArray[np.float64]) -> CalendarStep:
    """Return a step with the parts of a date that have come round before: a later row is not odd for being later."""
    known = seconds[np.isfinite(seconds)]
    days = float(np.ptp(known)) / 86_400.0 if len(known) else 0.0
    return msgspec.structs.replace(step, parts=tuple(p for p in step.parts if days >= _DAYS_TO_RECUR.get(p, np.inf)))


def _rarity(column: Column, codes: NDArray[np.int64]) -> LookupStep:
    """Return a table of how rare each category is, and of its rank where there is an order; a new one is the rarest."""
    size = len(column.categories)
    counts = np.bincount(codes[codes >= 0], minlength=size).astype(np.float64)
    missing = float((codes < 0).sum())
    shares = (np.r_[counts, missing] + 1.0) / (len(codes) + 1.0)
    table, suffixes = [-np.log(shares)], ["rarity"]
    if column.kind is Kind.ORDERED:
        middle = float(np.median(codes[codes >= 0])) if (codes >= 0).any() else 0.0
        rank = np.r_[np.arange(size), middle] - middle
        table.append(rank / max(1.0, size / 4.0))
        suffixes.append("rank")
    return LookupStep(column.name, tuple(suffixes), np.column_stack(table))
