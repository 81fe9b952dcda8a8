"""Columns that arrive in one another's place: told from drift by the exchange that undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.feed_columns import CHANCE, Broken, runs_of
from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["measured", "swapped", "wander"]

FloatArray = NDArray[np.float64]
_FAR = 0.3  # distance of the distribution functions that has to be undone
_LEAST_DISTINCT = 8
_STEADY = 0.15  # how far sound stretches may wander where an exchange is still to be told
_NEAR = 1.36  # Kolmogorov's 95% point: what undone values may still differ by, over the root of their number
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def swapped(reference: Reference, columns: Sequence[Column], rows: Block) -> tuple[Broken, ...]:
    """Return pairs of columns that arrive in one another's place (DR003)."""
    plain = [c for c in columns if measured(c, reference)]
    live = {c.name: numbers(rows[c.name]) for c in plain}
    before = {c.name: numbers(reference.rows[c.name]) for c in plain}
    far = []
    for c in plain:
        own = distance(live[c.name], before[c.name])
        if own > max(_FAR, _chance(live[c.name], before[c.name])):
            far.append((c.name, own))
    found = []
    for i, (first, own_first) in enumerate(far):
        for second, own_second in far[i + 1 :]:
            crossed = max(distance(live[first], before[second]), distance(live[second], before[first]))
            if crossed >= min(own_first, own_second) - _FAR:
                continue
            count = len(live[first])
            usual = max(wander(before[name], reference, count) for name in (first, second))
            if usual <= _STEADY and crossed <= usual + _NEAR / np.sqrt(count):
                words = f"{first!r} and {second!r} arrive in one another's place"
                found.append(Broken("DR003", (first, second), words))
    return tuple(found)


def measured(column: Column, reference: Reference) -> bool:
    """Say whether a column holds numbers of which there are enough to be a measure."""
    if column.kind.categorical or column.kind in (Kind.BOOLEAN, Kind.DATETIME):
        return False
    values = numbers(reference.rows[column.name])
    return len(np.unique(values[np.isfinite(values)])) >= _LEAST_DISTINCT


def wander(before: FloatArray, reference: Reference, count: int) -> float:
    """Return how far sound stretches of so many rows lay from the whole, where they followed one another; else 0."""
    if reference.run <= 1:
        return 0.0
    stretches = np.sort(runs_of(np.nan_to_num(before, nan=-np.inf), reference.run, count), axis=1)
    whole, length = np.sort(np.nan_to_num(before, nan=-np.inf)), stretches.shape[1]
    below, upto = (np.searchsorted(whole, stretches, side) / len(whole) for side in _SIDES)
    steps = np.arange(length) / length
    apart = np.maximum((steps + 1.0 / length - upto).max(axis=1), (below - steps).max(axis=1))
    return float(apart.max())


def _chance(live: FloatArray, before: FloatArray) -> float:
    return float(np.sqrt(np.log(2.0 / CHANCE) / 2.0) * np.sqrt(1.0 / len(live) + 1.0 / len(before)))
