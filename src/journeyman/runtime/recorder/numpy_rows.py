"""Which rows an array, a sparse matrix or a list holds after an operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from journeyman.runtime.recorder.row_tags import Rows, RowTags, is_table, length_of

__all__ = ["call_rows", "elementwise_rows", "item_rows", "method_rows"]

_ELEMENTWISE_TEXT = (
    "where round around clip nan_to_num isnan select vectorize real angle i0 sinc isclose "
    "asarray array asfarray ascontiguousarray asfortranarray asanyarray copy float64 float32 int64 int32 str_ "
    "atleast_2d csr_matrix csc_matrix coo_matrix lil_matrix csr_array csc_array"
)
_ELEMENTWISE = frozenset(_ELEMENTWISE_TEXT.split())
_SIDE_BY_SIDE_TEXT = "column_stack hstack c_ dstack"
_SIDE_BY_SIDE = frozenset(_SIDE_BY_SIDE_TEXT.split())
_BELOW_TEXT = "vstack row_stack r_"
_BELOW = frozenset(_BELOW_TEXT.split())
_METHODS_TEXT = (
    "astype copy round clip ravel flatten squeeze tolist reshape toarray todense tocsr tocsc tocoo "
    "tolil asformat power multiply maximum minimum getcol conj view sum mean max min any all argmax "
    "std var prod dot argmin log1p sqrt expm1"
)
_METHODS = frozenset(_METHODS_TEXT.split())
_OVER_COLUMNS_TEXT = "sum mean max min any all argmax argmin std var prod amax amin median nanmean nansum nanmax nanmin"
_OVER_COLUMNS = frozenset(_OVER_COLUMNS_TEXT.split())


def elementwise_rows(operands: Sequence[Any], result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of what was worked out element by element; tables are put side by side by their labels."""
    size = length_of(result)
    if size is None:
        return None
    agreed: Rows | None = None
    for one in operands:
        known = tags.get(one)
        if known is None or known.rows is None:
            continue
        rows: Rows | None = known.rows
        if is_table(result) and is_table(one):
            if not result.index.equals(known.index):
                return None
        elif length_of(one) != size or np.ndim(one) != np.ndim(result):
            continue
        if agreed is not None and rows is not None and not agreed.equals(rows):
            return None
        agreed = rows
    return agreed


def method_rows(
    method: str, receiver: Any, args: Sequence[Any], named: Mapping[str, Any], result: Any, tags: RowTags
) -> Rows | None:
    """Return the rows of what a method of an array or a sparse matrix gave."""
    rows = tags.rows(receiver)
    size = length_of(result)
    if rows is None or size != len(rows):
        return None
    if method in _OVER_COLUMNS:
        axis = named.get("axis", args[0] if args else None)
        return rows if axis in (1, -1) and receiver.ndim == 2 else None
    if method == "dot":
        other = args[0] if args else None
        return rows if tags.rows(other) is None and receiver.ndim == 2 else None
    if method == "reshape" and named.get("order", "C") != "C":
        return None
    if method in ("multiply", "maximum", "minimum"):
        return elementwise_rows([receiver, *args[:1]], result, tags)
    return rows if method in _METHODS else None


def call_rows(name: str, args: Sequence[Any], named: Mapping[str, Any], result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of what a function of NumPy, or of SciPy's sparse matrices, gave."""
    size = length_of(result)
    if size is None or not args:
        return None
    first = args[0]
    axis = named.get("axis", args[1] if len(args) > 1 else None)
    if name == "hstack" and np.ndim(result) == 1:
        return _below(_parts(first), size, tags)
    if name in _SIDE_BY_SIDE or (name == "concatenate" and axis in (1, -1)):
        return _agreed(_parts(first), size, tags)
    if name == "append" and named.get("axis") in (1, -1):
        return _agreed(args[:2], size, tags)
    if name in _BELOW or (name == "concatenate" and named.get("axis", 0) == 0 and axis in (0, None)):
        return _below(_parts(first), size, tags)
    if name == "append":
        return _below(args[:2], size, tags)
    if name == "delete":
        rows = tags.rows(first)
        if rows is None or named.get("axis", args[2] if len(args) > 2 else None) not in (0, None):
            return rows if rows is not None and size == len(rows) else None
        kept = np.delete(rows.numbers, args[1])
        return Rows(rows.table, kept) if len(kept) == size else None
    if name in ("dot", "matmul"):
        alone = tags.rows(args[1]) is None and np.ndim(first) == 2
        return _agreed([first], size, tags) if alone else None
    if name in _OVER_COLUMNS:
        return _agreed([first], size, tags) if axis in (1, -1) and np.ndim(first) == 2 else None
    if name in ("reshape", "ravel", "squeeze", "expand_dims", "take"):
        if name == "take":
            return item_rows(first, args[1], result, tags) if axis == 0 or np.ndim(first) == 1 else None
        return _agreed([first], size, tags) if named.get("order", "C") == "C" else None
    if name in ("interp", "digitize", "isin"):  # the others are no rows
        return elementwise_rows(args[:1], result, tags)
    if name in ("apply_along_axis",):
        return _agreed(args[2:3], size, tags) if args[1] in (1, -1) else None
    if name in ("insert",):
        return _agreed([first], size, tags) if named.get("axis") in (1, -1) else None
    if name == "atleast_2d" and np.ndim(first) < 2:
        return None
    if name in _ELEMENTWISE:
        if name in ("array", "asarray") and not hasattr(first, "shape"):
            return _agreed([first], size, tags)
        return elementwise_rows(args, result, tags) or (_agreed([first], size, tags) if len(args) == 1 else None)
    return None


def item_rows(owner: Any, key: Any, result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of a part of an array, a sparse matrix or a list."""
    rows, size = tags.rows(owner), length_of(result)
    if rows is None or size is None:
        return None
    if isinstance(owner, list):
        return rows.take(key) if isinstance(key, slice) else None
    first = key[0] if isinstance(key, tuple) and key else key
    if first is Ellipsis:
        return rows if owner.ndim >= 2 and size == len(rows) else None
    if first is None or isinstance(first, (int, np.integer)):
        return None
    positions = first if isinstance(first, slice) else np.asarray(first)
    if isinstance(positions, np.ndarray) and positions.ndim != 1:
        return None
    try:
        found = rows.take(positions)
    except (IndexError, TypeError):
        return None
    return found if len(found) == size else None


def _parts(first: Any) -> list[Any]:
    return list(first) if isinstance(first, (list, tuple)) else [first]


def _agreed(parts: Sequence[Any], size: int, tags: RowTags) -> Rows | None:
    """Return the rows of parts that stand side by side, and None where two say otherwise."""
    found = [rows for part in parts if (rows := tags.rows(part)) is not None]
    if not found or len(found[0]) != size or any(not found[0].equals(other) for other in found[1:]):
        return None
    return found[0]


def _below(parts: Sequence[Any], size: int, tags: RowTags) -> Rows | None:
    """Return the rows of parts that stand one below another, and None where one's rows are not known."""
    found = [rows for part in parts if (rows := tags.rows(part)) is not None]
    if not found or len(found) < len(parts) or len({one.table for one in found}) != 1:
        return None
    numbers = np.concatenate([one.numbers for one in found])
    return Rows(found[0].table, numbers) if len(numbers) == size else None
