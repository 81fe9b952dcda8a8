"""What breaks one column of a feed: values that are lacking, a sensor that is stuck, names nobody has seen."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.drift_detectors.windows import numbers
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["CHANCE", "FaultyColumn", "delivering", "missing_columns", "runs_of", "stuck_columns"]

FloatArray = NDArray[np.float64]
CHANCE = 1e-7
"""Probability that sound rows look so broken: columns times looks may be many thousands."""
_MOST = 0.5  # of the rows that must be hit: less is drift, which the other tiers judge
_LEAST_DISTINCT = 8


@dataclass(frozen=True)
class FaultyColumn:
    """A column, or several, that arrive broken.

    Attributes
    ----------
    code : str
        Of the signal.
    columns : tuple of str
        Their names.
    words : str
        What was seen, with figures.
    few : bool
        Whether too few rows are so for a fault: it is told, and alarms nobody.
    """

    code: str
    columns: tuple[str, ...]
    words: str
    few: bool = False


def runs_of(values: FloatArray, run: int, length: int) -> FloatArray:
    """Return the reference's rows as stretches that followed one another, shape (n_stretches, at most length).

    Examples
    --------
    >>> runs_of(np.arange(6.0), 3, 2)
    array([[0., 1.],
           [3., 4.]])
    """
    length = max(1, min(run, length))
    whole = values[: len(values) // run * run].reshape(-1, run)
    return whole[:, : run // length * length].reshape(-1, length)


def missing_columns(
    reference: Reference, columns: Sequence[Column], rows: Block, unseen: Collection[str]
) -> tuple[FaultyColumn, ...]:
    """Return columns of which most values are suddenly missing (DR001), or names never seen (DR008).

    Parameters
    ----------
    unseen : collection of str
        Columns in which values were noticed that the model has not met.
    """
    found = []
    for column in columns:
        gone, before = _missing_mask(column, rows[column.name]), _missing_mask(column, reference.rows[column.name])
        usual = (float(before.sum()) + 1.0) / (len(before) + 2.0)
        if reference.run > 1 and before.any():  # outages that training knew are nothing new
            usual = max(usual, float(runs_of(before, reference.run, len(gone)).mean(axis=1).max()))
        if gone.mean() < _MOST + usual / 2 or stats.binom.sf(gone.sum() - 1, len(gone), usual) > CHANCE:
            continue
        share = f"{gone.mean():.0%} of the rows, {before.mean():.0%} in the reference"
        if column.name in unseen:
            found.append(FaultyColumn("DR008", (column.name,), f"{column.name!r} holds names never seen in {share}"))
        else:
            found.append(FaultyColumn("DR001", (column.name,), f"{column.name!r} has no usable value in {share}"))
    return tuple(found)


def stuck_columns(
    reference: Reference, columns: Sequence[Column], rows: Block, sound: Block
) -> tuple[FaultyColumn, ...]:
    """Return numbers that have stopped changing, for longer than they ever did (DR002).

    A sensor that has stood still for as long as half of its longest pause goes on standing with some probability, read
    off such pauses, of the value at which it stands too; what is told is less probable than 1e-7 by that.

    Parameters
    ----------
    sound : Block
        Earlier live rows, in order: pauses that they knew are nothing new.
    """
    found = []
    for column in columns:
        if column.kind.categorical or column.kind in (Kind.BOOLEAN, Kind.DATETIME):
            continue
        live, before = numbers(rows[column.name]), numbers(reference.rows[column.name])
        if len(live) < 2 or not (live == live[0]).all():
            continue
        if len(np.unique(before[np.isfinite(before)])) < _LEAST_DISTINCT:
            continue
        # a sample stands in the table's order too, which may tell nothing: then pauses are those of chance
        stretches = runs_of(before, reference.run, reference.run) if reference.run > 1 else before[None, :]
        known = [*stretches, numbers(sound[column.name])] if column.name in sound else list(stretches)
        lengths, values = (np.concatenate(some) for some in zip(*map(_pauses, known), strict=True))
        same = lengths[values == live[0]]
        longest = int(lengths.max(initial=1))
        goes_on = max(_goes_on(lengths), _goes_on(same) if len(same) else 0.0)
        if longest * 2 > len(live) or (len(live) - longest) * np.log(goes_on) > np.log(CHANCE):
            continue
        found.append(
            FaultyColumn("DR002", (column.name,), f"{column.name!r} is {live[0]:.6g} in {len(live)} rows in a row")
        )
    return tuple(found)


def delivering(reference: Reference, names: Collection[str], rows: Block) -> tuple[str, ...]:
    """Return which of some columns hold values again: neither lacking nor stuck in these rows."""
    count = len(next(iter(rows.values()), np.empty(0)))
    columns = [c for c in reference.columns if c.name in names and c.name in rows]
    if count < 2 or not columns:
        return ()
    broken = (*missing_columns(reference, columns, rows, ()), *stuck_columns(reference, columns, rows, {}))
    return tuple(c.name for c in columns if not any(c.name in b.columns for b in broken))


def _missing_mask(column: Column, values: NDArray[np.generic]) -> FloatArray:
    plain = numbers(values)
    return (plain < 0).astype(np.float64) if column.kind.categorical else np.isnan(plain).astype(np.float64)


def _pauses(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the lengths of rows of equal values, and the values; missing ones belong to none.

    Examples
    --------
    >>> _pauses(np.array([1.0, 1.0, 2.0, np.nan]))
    (array([2., 1.]), array([1., 2.]))
    """
    if not len(values):
        return np.empty(0), np.empty(0)
    begins = np.concatenate([[0], np.flatnonzero(values[1:] != values[:-1]) + 1])
    lengths = np.diff(np.concatenate([begins, [len(values)]])).astype(np.float64)
    kept = np.isfinite(values[begins])
    return lengths[kept], values[begins][kept]


def _goes_on(lengths: FloatArray) -> float:
    """Return the probability that a pause goes on for another row once it is half as long as the longest."""
    half = max(1.0, float(lengths.max(initial=1.0)) // 2)
    long = lengths[lengths >= half]
    went_on = float((long - half).sum())
    return (went_on + 1.0) / (went_on + len(long) + 2.0)
