"""Columns that arrive in another unit, told from drift by how it came and by what undoes it.

A change of unit is one exact map of all values of one column from one row to the next, while the other columns stay,
and the column's relation to them is as before once it is undone. A season, or a price that rises, comes little by
little, moves columns that belong together, and its factor is a coincidence. So a unit is told where, at one moment,

- what the other columns do not explain of the column jumps by more than it ever has from one stretch to the next, with
  a probability of at most 1e-7 a column and look, in what is known of its own wandering (``feed_jumps``);
- a map that is plausible for a column of that name undoes the jump, of the column itself and of what the others do not
  explain, as well as neighbours agree;
- the same map a quarter off does not (but where it is a change of order of magnitude);
- no other column jumps then, unless a map undoes that too.

Of a column that wanders too much the level says nothing, and without rows from before only changes of order of
magnitude are told. The alarm stays on until raw values fit better than converted ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.column_swap import measured
from journeyman.drift_detectors.effects import distance
from journeyman.drift_detectors.level_shift import (
    LEAST_AFTER,
    LEAST_BEFORE,
    alike,
    find_change_point,
    improbable,
    level_shifts_at,
    relation,
)
from journeyman.drift_detectors.unit_conversions import CONVERSIONS, UnitConversion, plausible_conversions
from journeyman.drift_detectors.windows import numbers, weightiest
from journeyman.entities.column import Column
from journeyman.entities.traffic import Reference

__all__ = ["UnitChange", "new_units", "skewed", "still_so"]

FloatArray = NDArray[np.float64]
_FAR = 0.3  # distance of the distribution functions that has to be undone
_MOST_ROWS = 200
_WIDER = 4.0
_FAR_BEYOND = 10.0
_MOST_PREDICTORS = 20
_MOST_TAUGHT = 500
_MOST_BEFORE = 1_000


@dataclass(frozen=True)
class UnitChange:
    """A column that arrives in another unit: by which of ``CONVERSIONS``, and from which row of its series on."""

    column: str
    way: int
    place: int


def new_units(
    reference: Reference, columns: Sequence[Column], series: Mapping[str, FloatArray], since: int
) -> tuple[UnitChange, ...]:
    """Return columns of which the unit changed at some row of their series.

    Parameters
    ----------
    columns : sequence of Column
        That are not broken in another way.
    series : mapping of str to ndarray of shape (n_rows,)
        Sound rows in the order in which they came, mended where they had to be.
    since : int
        Row from which on a change may lie.
    """
    plain = [c for c in weightiest(columns, reference) if measured(c, reference)]
    known = {c.name: series[c.name] for c in plain}
    count = len(next(iter(known.values()), np.empty(0)))
    if count < LEAST_AFTER + LEAST_BEFORE:
        return ()
    found = []
    since = max(since, LEAST_BEFORE)
    taught = _Taught(reference, known, since)
    for column in plain:
        unit = _find_suspect(reference, column.name, known, since, taught)
        if unit is not None:
            found.append(unit)
    if not found:
        return ()
    # what one column's new unit does to the others' relations must not count against it: each alone, then together
    told = tuple(unit for unit in found if _is_significant(reference, unit, known, _convert_units(known, (unit,))))
    told = told or tuple(
        unit for unit in found if _is_significant(reference, unit, known, _convert_units(known, found))
    )
    others = [name for name in known if name not in {unit.column for unit in told}]
    leaps = any(_leaps(known[o], unit.place, numbers(reference.rows[o]), 1) for unit in told for o in others)
    return () if leaps else told


def skewed(reference: Reference, columns: Sequence[Column], series: Mapping[str, FloatArray]) -> tuple[UnitChange, ...]:
    """Return columns that have been of another order of magnitude than the reference since the first row."""
    found = []
    for column in (c for c in columns if measured(c, reference)):
        live, before = series[column.name][-_MOST_ROWS:], numbers(reference.rows[column.name])
        if len(live) < LEAST_AFTER or not _beyond_all(live, before):
            continue
        middle, spread = _shape(before)
        fitting = [k for k in _fitting(column.name, live, before) if CONVERSIONS[k].clear]
        shapes = {k: _shape(CONVERSIONS[k].undone(live)) for k in fitting}
        near = [k for k in fitting if shapes[k][1] <= spread * _WIDER]  # a few rows may be of one season
        if near:
            best = min(near, key=lambda k: abs(shapes[k][0] - middle))
            found.append(UnitChange(column.name, best, 0))
    return tuple(found)


def still_so(reference: Reference, name: str, way: UnitConversion, live: FloatArray, lately: FloatArray) -> bool:
    """Say whether values still fit better when they are mended; of fewer than 20 that is taken for granted.

    Parameters
    ----------
    lately : ndarray
        Mended values from before.
    """
    if len(live) < LEAST_AFTER:
        return True
    before, mended = numbers(reference.rows[name]), way.undone(live)
    if distance(live, before) < _FAR <= distance(mended, before):
        return False
    known = lately[-_MOST_ROWS:] if len(lately) >= LEAST_AFTER else before
    return distance(mended, known) < distance(live, known)


def _convert_units(known: Mapping[str, FloatArray], units: Sequence[UnitChange]) -> Mapping[str, FloatArray]:
    mended = dict(known)
    for unit in units:
        values = known[unit.column].copy()
        values[unit.place :] = CONVERSIONS[unit.way].undone(values[unit.place :])
        mended[unit.column] = values
    return mended


def _find_suspect(
    reference: Reference, name: str, known: Mapping[str, FloatArray], since: int, taught: _Taught
) -> UnitChange | None:
    """Return where what the others do not explain of a column jumps, and the map that undoes it best, if one does."""
    values, before = known[name], numbers(reference.rows[name])[-_MOST_BEFORE:]
    tails = [t for t in (LEAST_AFTER, 60, _MOST_ROWS) if 2 * t <= len(values)]
    if max(distance(values[-t:], values[-2 * t : -t]) for t in tails) < _FAR and _alike_tails(values, since):
        return None
    explained = _Explained.of(name, known, known, taught)
    rest = values - explained.came
    place = find_change_point(rest, since)
    rows = min(len(values) - place, place, _MOST_ROWS)
    after, lately = slice(place, place + rows), slice(place - rows, place)
    far = _beyond_all(values[after], values[:place])
    if rows < LEAST_AFTER or not (far or _leaps(rest, place, before - explained.before, len(known))):
        return None
    left = {
        k: distance(CONVERSIONS[k].undone(values[after]) - explained.came[after], rest[lately])
        for k in _fitting(name, values[after], values[lately])
    }
    best = min(left, key=lambda k: left[k], default=None)
    return (
        None
        if best is None or left[best] > distance(rest[after], rest[lately]) - _FAR
        else UnitChange(name, best, place)
    )


def _alike_tails(values: FloatArray, since: int) -> bool:
    """Say whether what came since lies where what came before it lay."""
    rows = min(len(values) - since, since, _MOST_ROWS)
    return rows < LEAST_AFTER or distance(values[-rows:], values[since - rows : since]) < _FAR


def _fitting(name: str, live: FloatArray, before: FloatArray) -> list[int]:
    """Return the plausible maps that bring the middle of values to within half a range of where others lie."""
    known, now = before[np.isfinite(before)], live[np.isfinite(live)]
    if not len(known) or not len(now):
        return []
    low, high = np.quantile(known, [0.02, 0.98])
    middle, reach = np.array([float(np.median(now))]), (high - low) / 2.0
    return [k for k in plausible_conversions(name) if low - reach <= CONVERSIONS[k].undone(middle)[0] <= high + reach]


def _shape(values: FloatArray) -> tuple[float, float]:
    """Return the median, and how far apart the quarters are."""
    known = values[np.isfinite(values)]
    low, middle, high = np.quantile(known, [0.25, 0.5, 0.75]) if len(known) else (0.0, 0.0, 0.0)
    return float(middle), float(high - low)


def _is_significant(
    reference: Reference, unit: UnitChange, known: Mapping[str, FloatArray], mended: Mapping[str, FloatArray]
) -> bool:
    """Say whether a change of unit at a place is beyond chance, undone by its map, and by no neighbour of that."""
    name, place, way = unit.column, unit.place, CONVERSIONS[unit.way]
    values, before = known[name], numbers(reference.rows[name])[-_MOST_BEFORE:]
    level = level_shifts_at(values[:place], mended[name][place:], (before,))
    if way.clear and _beyond_all(values[place : place + _MOST_ROWS], values[:place]):
        return not level or alike(level)  # of an order that was never seen: no season does that
    if not alike(level):
        return False
    taught = _Taught(reference, known, place)
    explained = _Explained.of(name, known, mended, taught)
    if not _leaps(values - explained.came, place, before - explained.before, len(known)):
        return False
    rest = mended[name] - explained.mended
    undone = level_shifts_at(rest[:place], rest[place:], (before - explained.before,))
    if not alike(undone):
        return False
    # no other column's word is enough: it may be the one that is broken
    fewer = _Explained.of(name, known, mended, taught, without_best=True)
    if not _leaps(values - fewer.came, place, before - fewer.before, len(known)):
        return False
    rows = undone[-1].rows
    after, lately = slice(place, place + rows), slice(place - rows, place)
    left = [
        distance(near.undone(values[after]) - explained.mended[after], rest[lately])
        + distance(near.undone(values[after]), values[lately])
        for near in (way, *way.near)
    ]
    return way.clear or left[0] < min(left[1:])


def _leaps(values: FloatArray, place: int, before: FloatArray, series: int) -> bool:
    """Say whether one of so many series jumps at a place beyond chance, by how it wandered until then and before."""
    return improbable(level_shifts_at(values[:place], values[place:], (before,)), series)


class _Taught:
    """What relations between columns are learned from: the reference and the live rows before a place.

    Seasons that either has seen are known. All columns at once, since a wide stream asks for hundreds of relations.

    Parameters
    ----------
    place : int
        Row of the live series before which rows count.
    """

    def __init__(self, reference: Reference, known: Mapping[str, FloatArray], place: int) -> None:
        self._reference, self._known, self._place = reference, known, place
        self.names = tuple(known)
        self._number = {name: k for k, name in enumerate(self.names)}

    @cached_property
    def raw(self) -> FloatArray:
        """Values of each column, shape (n_columns, n_rows); NaN where missing."""
        whole = [numbers(self._reference.rows[name]) for name in self.names]
        taken = np.linspace(0, len(whole[0]) - 1, min(len(whole[0]), _MOST_TAUGHT)).astype(np.int64)
        return np.stack(
            [
                np.concatenate([values[taken], self._known[name][: self._place]])
                for name, values in zip(self.names, whole, strict=True)
            ]
        )

    @cached_property
    def _middles(self) -> FloatArray:
        some = np.isfinite(self.raw).any(axis=1)
        middles = np.zeros(len(self.raw))
        middles[some] = np.nanmedian(self.raw[some], axis=1)
        return middles

    @cached_property
    def _whole(self) -> FloatArray:
        return np.where(np.isfinite(self.raw), self.raw, self._middles[:, None])

    @cached_property
    def _centred(self) -> FloatArray:
        return np.asarray(self._whole - self._whole.mean(axis=1)[:, None])

    @cached_property
    def _spread(self) -> FloatArray:
        return np.asarray(self._whole.std(axis=1))

    def strongest(self, name: str) -> list[str]:
        """Return the columns that a column goes with, the closest first; no more than so many rows can tell."""
        own = self._number[name]
        spread = self._spread * self._spread[own]
        together = np.abs((self._centred * self._centred[own]).mean(axis=1))
        pulls = np.divide(together, spread, out=np.zeros_like(spread), where=spread > 0.0)
        most = min(_MOST_PREDICTORS, max(1, self.raw.shape[1] // 50))
        others = (other for other in self.names if other != name)
        return sorted(others, key=lambda other: (-pulls[self._number[other]], other))[:most]

    def values(self, name: str) -> FloatArray:
        """Return a column's values, NaN where missing."""
        return np.asarray(self.raw[self._number[name]])

    def rows(self, names: Sequence[str]) -> FloatArray:
        """Return what is learned from, shape (n_rows, n_names)."""
        return self.filled(dict(zip(names, (self.values(name) for name in names), strict=True)), names)

    def lately(self, names: Sequence[str]) -> FloatArray:
        """Return the latest rows of the reference, shape (n_rows, n_names)."""
        return self.filled({n: numbers(self._reference.rows[n])[-_MOST_BEFORE:] for n in names}, names)

    def filled(self, block: Mapping[str, FloatArray], names: Sequence[str]) -> FloatArray:
        """Return columns of a block with their usual middle where a value is missing, shape (n_rows, n_names)."""
        middles = (self._middles[self._number[name]] for name in names)
        return np.column_stack(
            [np.where(np.isfinite(block[n]), block[n], m) for n, m in zip(names, middles, strict=True)]
        )


@dataclass(frozen=True)
class _Explained:
    """What the other columns say of a column: as they came, so mended, and in the reference."""

    came: FloatArray
    mended: FloatArray
    before: FloatArray

    @classmethod
    def of(
        cls,
        name: str,
        known: Mapping[str, FloatArray],
        mended: Mapping[str, FloatArray],
        taught: _Taught,
        without_best: bool = False,
    ) -> _Explained:
        """Learn how a column goes with those closest to it, and say what that makes of each row."""
        others = taught.strongest(name)[without_best:]
        if not others:
            flat = np.zeros(len(known[name]))
            return cls(flat, flat, np.zeros(len(taught.lately([name]))))
        tells = relation(taught.rows(others), taught.values(name))
        came, before = tells(taught.filled(known, others)), tells(taught.lately(others))
        undone = came if mended is known else tells(taught.filled(mended, others))
        return cls(came, undone, before)


def _beyond_all(values: FloatArray, seen: FloatArray) -> bool:
    """Say whether values are of an order that was never seen: ten ranges from all, or ten times less than the least.

    A winter may lie a range or two from all of a summer.
    """
    seen, now = seen[np.isfinite(seen)], values[np.isfinite(values)]
    if not len(seen) or not len(now):
        return False
    low, high, middle = float(seen.min()), float(seen.max()), float(np.median(now))
    reach = _FAR_BEYOND * (high - low)
    return middle < low - reach or middle > high + reach or 0.0 < middle < low / _FAR_BEYOND
