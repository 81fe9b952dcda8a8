"""Predictions to predictions: means, temperatures, scales, corrections, known rows, spreads; and intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journeyman.entities.conformal import Conformal, ErrorFactor
from journeyman.entities.plan import MeanStep, SpreadStep, TemperatureStep
from journeyman.exporters.scoring_plan.draft import CannotSay, Draft, Features
from journeyman.exporters.scoring_plan.models import Predicted
from journeyman.transformers.duplicate_lookup import DuplicateLookup
from journeyman.transformers.target_scale import TargetScale
from journeyman.transformers.treated import SliceCorrection

__all__ = ["ADJUSTMENTS", "Given", "interval_registers"]


@dataclass(frozen=True)
class Given:
    """What an adjustment reads.

    Attributes
    ----------
    predictions : sequence of (int, int)
        First register and number of each.
    features : Features or None
        Those of the model that is adjusted.
    columns : mapping of str to int
        Registers of the columns.
    texts : frozenset of str
        Columns whose values are texts.
    """

    predictions: Sequence[Predicted]
    features: Features | None
    columns: Mapping[str, int]
    texts: frozenset[str]


def _mean(draft: Draft, step: MeanStep, given: Given) -> Predicted:
    count = given.predictions[0][1]
    members = [first for first, _ in given.predictions]
    return draft.emit("mean", count, count, members, np.array(step.weights)), count


def _temperature(draft: Draft, step: TemperatureStep, given: Given) -> Predicted:
    ((first, count),) = given.predictions
    if step.temperature == 1.0:
        return first, count
    return draft.emit("temper", count, first, count, 1.0 / step.temperature), count


def _scale(draft: Draft, step: TargetScale, given: Given) -> Predicted:
    ((first, _),) = given.predictions
    return draft.emit("unscale", 1, first, 0 if step.name == "log" else 1, step.most(), step.low), 1


def _correction(draft: Draft, step: SliceCorrection, given: Given) -> Predicted:
    ((first, count),) = given.predictions
    features, condition, learned = given.features, step.condition, step.correction
    assert features is not None  # a correction reads the features that its model reads
    registers = np.array(features.registers, dtype=np.int64)
    made = draft.emit(
        "correct",
        count,
        first,
        count,
        int(step.classifier),
        features.registers[features.names.index(condition.column)],
        condition.low,
        condition.high,
        int(condition.missing),
        registers[learned.columns],
        learned.low,
        learned.high,
        registers[learned.coded],
        learned.codes,
        learned.center,
        learned.spread,
        learned.weights,
        learned.offset,
    )
    return made, count


def _lookup(draft: Draft, step: DuplicateLookup, given: Given) -> Predicted:
    ((first, count),) = given.predictions
    told = sorted(set(step.columns) & given.texts)
    if told:
        raise CannotSay(f"known rows marked by the texts of {', '.join(told)}")
    marks = step.marks.astype(np.uint64)
    high, low = marks >> np.uint64(32), marks & np.uint64(0xFFFFFFFF)
    columns = [given.columns[name] for name in step.columns]
    return draft.emit("known", count, first, count, step.prior, columns, high, low, step.truths), count


def _spread(draft: Draft, step: SpreadStep, given: Given) -> Predicted:
    ((first, count),) = given.predictions
    floor = math.nan if step.spread.floor is None else step.spread.floor
    levels, factors = np.array(step.spread.levels), np.array(step.spread.factors)
    return draft.emit("spread", count, first, count, floor, levels, factors), count


ADJUSTMENTS: Mapping[type, Callable[[Draft, Any, Given], Predicted]] = {
    MeanStep: _mean,
    TemperatureStep: _temperature,
    TargetScale: _scale,
    SliceCorrection: _correction,
    DuplicateLookup: _lookup,
    SpreadStep: _spread,
}
"""By the type of the step: adds steps, returns where the predictions are."""


def interval_registers(draft: Draft, step: Conformal, first: int, columns: Mapping[str, int]) -> tuple[int, int]:
    """Add the steps of an interval; return the registers of its ends."""
    size = -1
    if step.scale is not None:
        factors = [_factor(draft, one, columns[one.column] if one.column else first) for one in step.scale.factors]
        size = draft.emit("size", 1, factors, step.scale.base, step.scale.low, step.scale.high)
    above = step.margin if step.above is None else step.above
    low = draft.emit("interval", 2, first, step.low_output, step.high_output, step.margin, above, size)
    return low, low + 1


def _factor(draft: Draft, factor: ErrorFactor, column: int) -> int:
    return draft.emit("factor", 1, column, np.array(factor.at), np.array(factor.logarithm), factor.unknown)
