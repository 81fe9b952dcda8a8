"""Numbers that arrive as something else: in another unit, or in one another's place.

Both are told from drift by what undoes them: a clean factor or offset between units, or an exchange of two columns,
after which the values fit what was usual as well as sound rows of that number do. What nothing undoes is drift.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.feed_columns import CHANCE, Broken, runs_of
from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["other_units", "swapped"]

FloatArray = NDArray[np.float64]
_FAR = 0.3  # distance of the distribution functions that has to be undone
_LEAST_DISTINCT = 5
_NEAR = 1.36  # Kolmogorov's 95% point: what undone values may still differ by, over the root of their number
_NOT_SO = 1.25  # a factor so much larger or smaller must not fit as well, or the data do not tell which it is
_CLEAR = 5.0  # from which ratio on a change of scale needs no such check
_LEAST_LATELY = 50
_SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
_FACTORS = {
    1000.0: "a thousand times",
    100.0: "a hundred times",
    10.0: "ten times",
    1_000_000.0: "a million times",
    0.45359237: "pounds as kilograms, or 0.4536 times",
    1.609344: "miles as kilometres, or 1.609 times",
    2.54: "inches as centimetres, or 2.54 times",
    0.3048: "feet as metres, or 0.3048 times",
    0.0254: "inches as metres, or 0.0254 times",
    3.785411784: "gallons as litres, or 3.785 times",
    28.349523125: "ounces as grams, or 28.35 times",
    60.0: "sixty times",
    3600.0: "3,600 times",
    24.0: "24 times",
    1024.0: "1,024 times",
    3.6: "m/s as km/h, or 3.6 times",
    0.5144444: "knots as m/s, or 0.5144 times",
    1.852: "knots as km/h, or 1.852 times",
    4.184: "calories as joules, or 4.184 times",
}


def _undone() -> tuple[tuple[str, float, Callable[[FloatArray], FloatArray]], ...]:
    """Return how each change of unit is undone, with its ratio; 0 where there is an offset."""
    ways: list[tuple[str, float, Callable[[FloatArray], FloatArray]]] = []
    for factor, words in _FACTORS.items():
        ways.append((words, factor, lambda v, f=factor: v / f))  # type: ignore[misc]  # a default binds the loop's value
        ways.append((f"the reverse of {words}", 1.0 / factor, lambda v, f=factor: v * f))  # type: ignore[misc]  # as above
    ways += [
        ("the sign changed", -1.0, lambda v: -v),
        ("Celsius as Fahrenheit", 0.0, lambda v: (v - 32.0) / 1.8),
        ("Fahrenheit as Celsius", 0.0, lambda v: v * 1.8 + 32.0),
        ("Celsius as Kelvin", 0.0, lambda v: v - 273.15),
        ("Kelvin as Celsius", 0.0, lambda v: v + 273.15),
        ("Fahrenheit as Kelvin", 0.0, lambda v: v * 1.8 - 459.67),
        ("Kelvin as Fahrenheit", 0.0, lambda v: (v + 459.67) / 1.8),
        ("shares as percentages that were taken from 100", 0.0, lambda v: 100.0 - v),
    ]
    return tuple(ways)


_WAYS = _undone()


def other_units(
    reference: Reference, columns: Sequence[Column], rows: Block, recent: Mapping[str, FloatArray]
) -> tuple[Broken, ...]:
    """Return columns whose values a clean change of unit explains (DR004).

    Parameters
    ----------
    recent : mapping of str to ndarray
        Sound rows from before: where neighbours are alike, a change shows best against them; and what they have moved
        already did not change at once, as a unit does.
    """
    found = []
    for column in columns:
        if not _measured(column, reference):
            continue
        live, before = numbers(rows[column.name]), numbers(reference.rows[column.name])
        lately = recent.get(column.name, np.empty(0))
        own = distance(live, before)
        at_once = len(lately) >= _LEAST_LATELY and distance(lately, before) <= own / 2.0
        way = None
        if own > max(_FAR, _chance(live, before)):
            way = _way(live, before, _usual(before, reference, len(live)), close=at_once)
        beside = reference.run > 1 and len(lately) >= max(_LEAST_LATELY, len(live) // 2)
        if way is None and beside and distance(live, lately) > max(_FAR, _chance(live, lately)):
            way = _way(live, lately, _from_one_to_the_next(before, reference, len(live)), close=True)
        if way is not None:
            now, was = np.nanmedian(live), np.nanmedian(before)
            words = f"{column.name!r} arrives in another unit ({way}): median {now:.4g}, {was:.4g} in the reference"
            found.append(Broken("DR004", (column.name,), words))
    return tuple(found)


def swapped(reference: Reference, columns: Sequence[Column], rows: Block) -> tuple[Broken, ...]:
    """Return pairs of columns that arrive in one another's place (DR003)."""
    measured = [c for c in columns if not c.kind.categorical and c.kind is not Kind.DATETIME]
    live = {c.name: numbers(rows[c.name]) for c in measured}
    before = {c.name: numbers(reference.rows[c.name]) for c in measured}
    far = []
    for c in measured:
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
            usual = max(_usual(before[name], reference, count) for name in (first, second))
            if crossed <= usual + _NEAR / np.sqrt(count):
                words = f"{first!r} and {second!r} arrive in one another's place"
                found.append(Broken("DR003", (first, second), words))
    return tuple(found)


def _measured(column: Column, reference: Reference) -> bool:
    if column.kind.categorical or column.kind in (Kind.BOOLEAN, Kind.DATETIME):
        return False
    values = numbers(reference.rows[column.name])
    return len(np.unique(values[np.isfinite(values)])) >= _LEAST_DISTINCT


def _way(live: FloatArray, before: FloatArray, usual: float, close: bool) -> str | None:
    """Return the change of unit that explains live values, in words; None where none does, or there is none to explain.

    ``close``: factors near 1 count too. There they must be told from their neighbours, for prices that rose are no
    other unit.
    """
    own = distance(live, before)
    if own <= usual + max(_FAR, _chance(live, before)):
        return None
    tolerated = usual + _NEAR * float(np.sqrt(1.0 / len(live) + 1.0 / len(before)))
    left = [(distance(undo(live), before), words, ratio, undo) for words, ratio, undo in _WAYS]
    least, words, ratio, undo = min(left, key=lambda way: way[0])
    if least > tolerated or least > own - _FAR:
        return None
    if 1.0 / _CLEAR < ratio < _CLEAR:
        near = min(distance(undo(live) * off, before) for off in (_NOT_SO, 1.0 / _NOT_SO))
        if not close or near <= tolerated:
            return None
    return words


def _usual(before: FloatArray, reference: Reference, count: int) -> float:
    """Return how far sound stretches of so many rows lay from the whole, where they followed one another; else 0."""
    if reference.run <= 1:
        return 0.0
    stretches = np.sort(runs_of(np.nan_to_num(before, nan=-np.inf), reference.run, count), axis=1)
    whole, length = np.sort(np.nan_to_num(before, nan=-np.inf)), stretches.shape[1]
    below, upto = (np.searchsorted(whole, stretches, side) / len(whole) for side in _SIDES)
    steps = np.arange(length) / length
    apart = np.maximum((steps + 1.0 / length - upto).max(axis=1), (below - steps).max(axis=1))
    return float(np.quantile(apart, 0.95))


def _from_one_to_the_next(before: FloatArray, reference: Reference, count: int) -> float:
    """Return how far sound stretches of so many rows lay from the one before them."""
    length = max(1, min(count, reference.run // 2))
    stretches = runs_of(before, reference.run, length)
    each = reference.run // length
    pairs = [k for k in range(len(stretches) - 1) if (k + 1) % each][:100]
    return float(np.quantile([distance(stretches[k], stretches[k + 1]) for k in pairs], 0.95)) if pairs else 1.0


def _chance(live: FloatArray, before: FloatArray) -> float:
    return float(np.sqrt(np.log(2.0 / CHANCE) / 2.0) * np.sqrt(1.0 / len(live) + 1.0 / len(before)))
