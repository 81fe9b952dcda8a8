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

__all__ = ["CHANCE", "Broken", "lacking", "runs_of", "stuck"]

FloatArray = NDArray[np.float64]
CHANCE = 1e-7
"""Probability that sound rows look so broken: columns times looks may be many thousands."""
_MOST = 0.5  # of the rows that must be hit: less is drift, which the other rungs judge
_LEAST_DISTINCT = 8


@dataclass(frozen=True)
class Broken:
    """A column, or several, that arrive broken.

    Attributes
    ----------
    code : str
        Of the signal.
    columns : tuple of str
        Their names.
    words : str
        What was seen, with figures.
    """

    code: str
    columns: tuple[str, ...]
    words: str


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


def lacking(
    reference: Reference, columns: Sequence[Column], rows: Block, unseen: Collection[str]
) -> tuple[Broken, ...]:
    """Return columns of which most values are suddenly missing (DR001), or names never seen (DR008).

    Parameters
    ----------
    unseen : collection of str
        Columns in which values were noticed that the model has not met.
    """
    found = []
    for column in columns:
        gone, before = _gone(column, rows[column.name]), _gone(column, reference.rows[column.name])
        usual = (float(before.sum()) + 1.0) / (len(before) + 2.0)
        if reference.run > 1 and before.any():  # outages that training knew are nothing new
            usual = max(usual, float(runs_of(before, reference.run, len(gone)).mean(axis=1).max()))
        if gone.mean() < _MOST + usual / 2 or stats.binom.sf(gone.sum() - 1, len(gone), usual) > CHANCE:
            continue
        share = f"{gone.mean():.0%} of the rows, {before.mean():.0%} in the reference"
        if column.name in unseen:
            found.append(Broken("DR008", (column.name,), f"{column.name!r} holds names never seen in {share}"))
        else:
            found.append(Broken("DR001", (column.name,), f"{column.name!r} has no usable value in {share}"))
    return tuple(found)


def stuck(reference: Reference, columns: Sequence[Column], rows: Block) -> tuple[Broken, ...]:
    """Return numbers that have stopped changing, for longer than they ever did (DR002)."""
    found = []
    for column in columns:
        if column.kind.categorical or column.kind in (Kind.BOOLEAN, Kind.DATETIME):
            continue
        live, before = numbers(rows[column.name]), numbers(reference.rows[column.name])
        if len(live) < 2 or not (live == live[0]).all():
            continue
        values, counts = np.unique(before[np.isfinite(before)], return_counts=True)
        if len(values) < _LEAST_DISTINCT:
            continue
        if reference.run > 1:
            stretches = runs_of(before, reference.run, reference.run)
            same = stretches[:, 1:] == stretches[:, :-1]
            repeats = (float(same.sum()) + 1.0) / (same.size + 2.0)
            longest = _longest(same) + 1
        else:
            repeats, longest = float(((counts / counts.sum()) ** 2).sum()), 1
            repeats = max(repeats, float((counts[values == live[0]] / counts.sum()).sum()))
        if longest * 2 > len(live) or (len(live) - 1) * np.log(max(repeats, 1e-12)) > np.log(CHANCE):
            continue
        found.append(Broken("DR002", (column.name,), f"{column.name!r} is {live[0]:.6g} in {len(live)} rows in a row"))
    return tuple(found)


def _gone(column: Column, values: NDArray[np.generic]) -> FloatArray:
    plain = numbers(values)
    return (plain < 0).astype(np.float64) if column.kind.categorical else np.isnan(plain).astype(np.float64)


def _longest(same: NDArray[np.bool_]) -> int:
    """Return the longest row of True in any line."""
    longest, now = 0, np.zeros(len(same), dtype=np.int64)
    for k in range(same.shape[1]):
        now = np.where(same[:, k], now + 1, 0)
        longest = max(longest, int(now.max(initial=0)))
    return longest
