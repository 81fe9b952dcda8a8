"""Columns that arrive in one another's place: told from drift by the exchange that undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.faulty_columns import CHANCE, FaultyColumn, runs_of
from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["in_place", "measured", "swapped_columns", "wander"]

FloatArray = NDArray[np.float64]
_FAR = 0.3  # distance of the distribution functions that has to be undone
_LEAST_DISTINCT = 8
_STEADY = 0.15  # how far sound stretches may wander where an exchange is still to be told
_NEAR = 1.36  # Kolmogorov's 95% point: what undone values may still differ by, over the root of their number
_APART = 0.05
"""Mean difference of correlations from which two columns are told apart. Where both go along with the others alike,
what correlations of a sample are off by is nearly the same for either place, and the difference far below it."""
_MOST_OTHERS = 20  # a stream may be wide, and the most important ones tell enough
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")


def swapped_columns(reference: Reference, columns: Sequence[Column], rows: Block) -> tuple[FaultyColumn, ...]:
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
            if in_place(reference, rows, (first, second), [c.name for c in plain]):
                continue
            usual = max(wander(before[name], reference, count) for name in (first, second))
            if usual <= _STEADY and crossed <= usual + _NEAR / np.sqrt(count):
                words = f"{first!r} and {second!r} arrive in one another's place"
                found.append(FaultyColumn("DR003", (first, second), words))
    return tuple(found)


def in_place(reference: Reference, rows: Block, pair: tuple[str, str], others: Sequence[str]) -> bool:
    """Say whether two columns go along with the others as each of them used to, not as the other one did.

    Levels wander with age and season, so that two sensors may come to lie where the other one lay. What each goes along
    with stays its own: an exchange would exchange that too. Rank correlations are compared, since a gain does not
    change them. Columns that go along with nothing, or with the same, are not in place for all that this tells.

    Parameters
    ----------
    pair : tuple of str
        The two columns.
    others : sequence of str
        Columns of numbers by which they are told apart, the 20 most important of them; the pair itself is left out.
    """
    names = [name for name in others if name not in pair]
    names = sorted(names, key=lambda name: -reference.importance.get(name, 0.0))[:_MOST_OTHERS]
    if not names:
        return False
    came, usual = (
        np.stack([_going_along(block[name], [block[o] for o in names]) for name in pair])
        for block in (rows, reference.rows)
    )
    own, crossed = float(np.abs(came - usual).mean()), float(np.abs(came - usual[::-1]).mean())
    return crossed - own > _APART


def _going_along(values: NDArray[np.generic], others: Sequence[NDArray[np.generic]]) -> FloatArray:
    """Return the rank correlation of a column with each other one, shape (n_others,); 0 where one stands still."""
    whole = [numbers(v) for v in (values, *others)]
    ranks = stats.rankdata(np.stack([np.nan_to_num(v, nan=_middle(v)) for v in whole]), axis=1)
    ranks -= ranks.mean(axis=1)[:, None]
    spread = np.sqrt((ranks**2).sum(axis=1))
    spread[spread == 0.0] = np.inf
    return np.asarray(ranks[1:] @ ranks[0] / (spread[1:] * spread[0]))


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


def _middle(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else 0.0
