"""Single out: which columns make a row odd, told by what it would be with a usual value in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import ColumnProfile, Profile
from journeyman.entities.table import Block

__all__ = ["reliefs", "usual_values"]

FloatArray = NDArray[np.float64]
_MOST_NAMES = 3
_MOST_ROWS = 100_000  # that are scored at once


def reliefs(
    surprise: Callable[[Block], FloatArray], rows: Block, usual: Mapping[str, NDArray[np.generic]], typical: Block
) -> FloatArray:
    """Return how much less odd each row would be if a column had a usual value, shape (n_samples, n_columns).

    Of a few usual values the one counts that suits the row best, so that a value which is usual by itself and odd
    beside the others shows too. 0 where none helps.

    Where no column would make twice as many rows as odd, several are unusual together, each of which suits the others:
    then a column's figure is how much odder its value would make a typical row.

    Parameters
    ----------
    surprise : callable
        How odd rows of a block are, shape (n_samples,).
    rows : Block
        Rows.
    usual : mapping of str to ndarray
        From ``usual_values``.
    typical : Block
        One row of medians and most frequent names.

    References
    ----------
    Wachter et al. 2018, "Counterfactual explanations": the nearest change that alters the outcome, of one column here.

    Examples
    --------
    >>> rows = {"a": np.array([9.0]), "b": np.array([1.0])}
    >>> usual = {"a": np.array([0.0, 1.0]), "b": np.array([0.0, 1.0])}
    >>> typical = {"a": np.array([0.0]), "b": np.array([0.0])}
    >>> reliefs(lambda block: block["a"] + block["b"], rows, usual, typical).tolist()
    [[9.0, 1.0]]
    """
    names = [name for name in rows if len(usual.get(name, ()))]
    count = len(next(iter(rows.values()))) if rows else 0
    found = np.zeros((count, len(rows)))
    changes = sum(len(usual[name]) for name in names)
    at_once = max(1, _MOST_ROWS // max(1, changes))
    places = {name: k for k, name in enumerate(rows)}
    for start in range(0, count, at_once):
        part = {name: values[start : start + at_once] for name, values in rows.items()}
        size = len(next(iter(part.values())))
        block = {name: np.tile(values, changes) for name, values in part.items()}
        begin = 0
        for name in names:
            for value in usual[name]:
                block[name][begin : begin + size] = value
                begin += size
        before, after = surprise(part), surprise(block).reshape(changes, size)
        begin = 0
        for name in names:
            least = after[begin : begin + len(usual[name])].min(axis=0)
            found[start : start + size, places[name]] = np.maximum(before - least, 0.0)
            begin += len(usual[name])
    together = np.flatnonzero(found.max(axis=1, initial=0.0) < np.log(2.0))
    at_once = max(1, _MOST_ROWS // max(1, len(rows)))
    for start in range(0, len(together), at_once):
        chosen = together[start : start + at_once]
        found[chosen] = _alone(surprise, {name: values[chosen] for name, values in rows.items()}, typical)
    return found


def _alone(surprise: Callable[[Block], FloatArray], rows: Block, typical: Block) -> FloatArray:
    """Return how much odder each column's value would make a typical row, shape (n_samples, n_columns)."""
    size, names = len(next(iter(rows.values()))), list(rows)
    block = {name: np.repeat(typical[name], size * len(names)) for name in names}
    for k, name in enumerate(names):
        block[name][k * size : (k + 1) * size] = rows[name]
    odder = surprise(block).reshape(len(names), size).T - surprise(typical)[0]
    return np.asarray(np.maximum(odder, 0.0))


def usual_values(profile: Profile, columns: Sequence[Column]) -> dict[str, NDArray[np.generic]]:
    """Return a few usual values of each column: quantiles of numbers, the most frequent names of categories."""
    profiles = {one.name: one for one in profile.columns}
    return {column.name: _usual(column, profiles.get(column.name)) for column in columns}


def _usual(column: Column, known: ColumnProfile | None) -> NDArray[np.generic]:
    names = () if known is None else known.top_values[:_MOST_NAMES]
    if column.kind.categorical:
        codes = [column.categories.index(name) for name in names if name in column.categories]
        return np.array(codes, dtype=np.int32)
    if column.kind is Kind.BOOLEAN:
        return np.array([0.0, 1.0])
    if known is None or not (column.kind.numeric or column.kind is Kind.DATETIME):
        return np.empty(0)
    return np.unique(np.array(known.quantiles[1:-1], dtype=np.float64))  # from 0.05 to 0.95
