"""The latest rows of a stream as plain arrays of numbers, as detectors remember them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block
from journeyman.entities.traffic import Reference

__all__ = ["append", "compared_columns", "numbers", "recall", "weightiest", "window_rows"]

FloatArray = NDArray[np.float64]
_MOST_ROWS, _FEWEST_ROWS = 1_000, 200
_MOST_CELLS = 40_000
_MOST_COLUMNS = 64
_PREFIX = "row:"


def numbers(values: NDArray[np.generic]) -> FloatArray:
    """Return a column's values as numbers: codes of categories with -1 where missing or unseen, NaN for no number.

    Of a text only whether it is there: 0 or NaN.

    Examples
    --------
    >>> numbers(np.array(["a", None], dtype=object))
    array([ 0., nan])
    """
    if values.dtype == object:
        return np.array([np.nan if value is None else 0.0 for value in values], dtype=np.float64)
    return values.astype(np.float64)


def compared_columns(reference: Reference) -> tuple[Column, ...]:
    """Return the columns that can be compared with the reference: all but texts; what they are is guessed if unsaid."""
    known = {column.name: column for column in reference.columns}
    found = []
    for name in sorted(reference.rows):
        values = reference.rows[name]
        kind = Kind.CATEGORY if values.dtype == np.int32 else Kind.NUMBER
        column = known.get(name, Column(name, kind))
        if values.dtype != object:
            found.append(column)
    return tuple(found)


def weightiest(columns: Sequence[Column], reference: Reference) -> tuple[Column, ...]:
    """Return the columns that the model relies on most, in their order, 64 at most.

    What is costly to find out is asked of these only: a change of a column that hardly moves an answer hurts nobody.
    Where the importance of columns is not known, those count that go along most with the model's answers.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> columns = [Column(f"x{k}", Kind.NUMBER) for k in range(300)]
    >>> none = np.empty(0)
    >>> known = Reference({}, none[:, None], none, none, importance={f"x{k}": float(k) for k in range(300)})
    >>> [c.name for c in weightiest(columns, known)][:2], len(weightiest(columns[:50], known))
    (['x236', 'x237'], 50)
    """
    if len(columns) <= _MOST_COLUMNS:
        return tuple(columns)
    weights = reference.importance or _going_along(columns, reference)
    order = sorted(columns, key=lambda c: (-weights.get(c.name, 0.0), c.name))
    chosen = {c.name for c in order[:_MOST_COLUMNS]}
    return tuple(c for c in columns if c.name in chosen)


def _going_along(columns: Sequence[Column], reference: Reference) -> dict[str, float]:
    """Return the largest correlation of each column with the model's answers, either way."""
    if len(reference.answers) < 2:
        return {}
    values = np.stack([np.nan_to_num(numbers(reference.rows[c.name])) for c in columns])
    answers = np.nan_to_num(reference.answers).T
    values, answers = (some - some.mean(axis=1)[:, None] for some in (values, answers))
    spread = np.sqrt((values**2).sum(axis=1)[:, None] * (answers**2).sum(axis=1)[None, :])
    together = np.divide(np.abs(values @ answers.T), spread, out=np.zeros_like(spread), where=spread > 0.0)
    return dict(zip((c.name for c in columns), together.max(axis=1).tolist(), strict=True))


def window_rows(reference: Reference) -> int:
    """Return how many of the latest rows are remembered: fewer where there are many columns."""
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _MOST_CELLS // max(1, len(reference.rows))))


def append(memory: Mapping[str, FloatArray], rows: Block, most: int) -> dict[str, FloatArray]:
    """Return the window with further rows at its end, of which the latest ``most`` are kept.

    Examples
    --------
    >>> append(append({}, {"x": np.array([1.0, 2.0])}, 2), {"x": np.array([3.0])}, 2)
    {'row:x': array([2., 3.])}
    """
    kept = {}
    for name, values in rows.items():
        key = _PREFIX + name
        before = memory.get(key, np.empty(0))
        kept[key] = np.concatenate([before, numbers(values)])[-most:]
    return kept


def recall(memory: Mapping[str, FloatArray]) -> Block:
    """Return the rows of a window."""
    return {key.removeprefix(_PREFIX): values for key, values in memory.items() if key.startswith(_PREFIX)}
