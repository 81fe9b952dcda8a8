"""Which rows a table of pandas holds after an operation, worked out from what was called and from its index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from journeyman.runtime.recorder.row_tags import Rows, RowTags, is_table, length_of

__all__ = ["attribute_rows", "call_rows", "concat_rows", "index_rows", "item_rows", "merge_rows", "owner_of"]

_SAME_ORDER_TEXT = (
    "copy fillna ffill bfill replace astype rename assign clip round abs map applymap transform isna isnull notna "
    "notnull isin between cumsum cumprod cummax cummin shift diff pct_change rank interpolate infer_objects "
    "convert_dtypes add sub mul div truediv floordiv mod pow eq ne lt le gt ge radd rsub rmul rdiv rtruediv and_ or_ "
    "where mask reset_index set_index set_axis rename_axis add_prefix add_suffix select_dtypes pop get squeeze "
    "to_frame to_numpy tolist to_list ravel to_records duplicated combine eval join reindex_like filter view "
    "remove_unused_categories add_categories set_categories rename_categories reorder_categories as_ordered "
    "as_unordered tz_localize tz_convert normalize expanding bool at_time case_when"
)
_SAME_ORDER = frozenset(_SAME_ORDER_TEXT.split())
_BY_LABEL_TEXT = (
    "head tail drop dropna sort_values sort_index sample query drop_duplicates nlargest nsmallest take truncate "
    "explode between_time first last reindex filter join loc dot"
)
_BY_LABEL = frozenset(_BY_LABEL_TEXT.split())
_OVER_COLUMNS_TEXT = "sum mean median max min std var prod any all count nunique idxmax idxmin sem skew mode quantile"
_OVER_COLUMNS = frozenset(_OVER_COLUMNS_TEXT.split())
_OF_GROUPS_TEXT = (
    "transform cumcount cumsum cumprod cummax cummin ffill bfill fillna shift rank head tail diff pct_change sample "
    "ngroup"
)
_OF_GROUPS = frozenset(_OF_GROUPS_TEXT.split())
_ROLLING_TEXT = "mean sum median max min std var count apply quantile skew kurt"
_ROLLING = frozenset(_ROLLING_TEXT.split())


def owner_of(receiver: Any) -> Any:
    """Return the table or the column behind an accessor, a group or an indexer; other values as they are."""
    if is_table(receiver):
        return receiver
    module = type(receiver).__module__
    if not module.startswith("pandas"):
        return receiver
    for name in ("_orig", "_parent", "obj"):
        held = getattr(receiver, "__dict__", {}).get(name)
        if held is None and name == "obj":
            held = getattr(receiver, "obj", None)
        if is_table(held):
            return held
    return receiver


def index_rows(index: Any, before: Any, rows: Rows) -> Rows | None:
    """Return the rows of what has ``index`` and was made of rows indexed by ``before``; None where labels mislead."""
    if index.is_(before):
        return rows
    if not before.is_unique:
        return rows if len(index) == len(before) and index.equals(before) else None
    if (
        len(index)
        and index.dtype.kind != before.dtype.kind
        and (index.dtype.kind in "mM") != (before.dtype.kind in "mM")
    ):
        return None
    positions = before.get_indexer(index)
    return None if (positions < 0).any() else rows.take(positions)


def call_rows(method: str, receiver: Any, named: Mapping[str, Any], result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of what a method of a table, a column, an accessor or a group gave."""
    owner = owner_of(receiver)
    known = tags.before_change(owner) if result is owner else tags.get(owner)
    if known is None or known.rows is None:
        return None
    rows, before = known.rows, known.index
    if owner is not receiver:
        return _accessor_rows(method, receiver, result, before, rows)
    if not is_table(result):
        plain = method in ("to_numpy", "tolist", "to_list", "ravel", "to_records", "factorize")
        records = method == "to_dict" and isinstance(result, list)
        return rows if (plain or records) and length_of(result) == len(rows) else None
    if method == "apply":
        across = named.get("axis", 0) in (1, "columns") or owner.ndim == 1 or result.ndim == 2
        return rows if across and len(result) == len(rows) and result.index.equals(before) else None
    if method in _OVER_COLUMNS:
        across = named.get("axis", 0) in (1, "columns") and owner.ndim == 2
        return rows if across and len(result) == len(rows) and result.index.equals(before) else None
    if method in ("reset_index", "set_index", "rename", "set_axis", "rename_axis"):
        return rows if len(result) == len(rows) else None
    if method in _SAME_ORDER and len(result) == len(rows) and result.index.equals(before):
        return rows
    if method in _BY_LABEL and not named.get("ignore_index"):
        return index_rows(result.index, before, rows)
    if method == "add" or method in _SAME_ORDER:
        return index_rows(result.index, before, rows) if before.is_unique and method not in ("squeeze",) else None
    return None


def _accessor_rows(method: str, receiver: Any, result: Any, before: Any, rows: Rows) -> Rows | None:
    if not is_table(result):
        return None
    kind = type(receiver).__name__
    if "GroupBy" in kind:
        return index_rows(result.index, before, rows) if method in _OF_GROUPS else None
    if kind in ("Rolling", "Expanding", "ExponentialMovingWindow"):
        return rows if method in _ROLLING and result.index.equals(before) else None
    return rows if len(result) == len(rows) and result.index.equals(before) else None


def attribute_rows(owner: Any, word: str, result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of a column that is asked for by its name, or of a table's values."""
    table = owner_of(owner)
    known = tags.get(table)
    if known is None or known.rows is None or word == "T":
        return None
    if is_table(result):
        same = result.index.is_(known.index)
        return known.rows if same or (table is not owner and result.index.equals(known.index)) else None
    return known.rows if word in ("values", "array") and length_of(result) == len(known.rows) else None


def item_rows(owner: Any, key: Any, result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of what stands between brackets behind a table, a column, or its ``loc`` and ``iloc``."""
    table = owner_of(owner)
    known = tags.get(table)
    kind = type(owner).__name__
    if known is None or known.rows is None or "GroupBy" in kind or not is_table(result):
        return None
    rows = known.rows
    if table is owner:
        if result.index.is_(known.index):
            return rows
        if table.ndim == 2 and result.ndim == 1:
            return rows if result.index.equals(known.index) else None
        return _masked(key, rows, result) or index_rows(result.index, known.index, rows)
    first = key[0] if isinstance(key, tuple) else key
    if callable(first):
        first = None
    if kind == "_iLocIndexer":
        positions = None if first is None else _positions(first, len(rows))
        return None if positions is None or len(positions) != len(result) else rows.take(positions)
    if kind != "_LocIndexer" or (np.isscalar(first) and table.ndim > result.ndim):
        return None
    return _masked(first, rows, result) or index_rows(result.index, known.index, rows)


def _masked(key: Any, rows: Rows, result: Any) -> Rows | None:
    """Return rows by a mask in the order of the rows; a column's mask counts by its labels, which are the same."""
    if is_table(key) and (key.ndim == 2 or len(key) != len(rows)):
        return None
    if not is_table(key) and not isinstance(key, (np.ndarray, list)):
        return None
    mask = np.asarray(key)
    if mask.dtype != bool or mask.shape != (len(rows),) or int(mask.sum()) != len(result):
        return None
    if is_table(key) and not key.index[mask].equals(result.index):
        return None
    return rows.take(mask)


def _positions(key: Any, size: int) -> np.ndarray | None:
    if isinstance(key, (int, np.integer)):
        return None
    try:
        found = np.arange(size)[key if isinstance(key, slice) else np.asarray(key)]
    except (IndexError, TypeError, ValueError):
        return None
    return found if found.ndim == 1 else None


def concat_rows(parts: Sequence[Any], named: Mapping[str, Any], result: Any, tags: RowTags) -> Rows | None:
    """Return the rows of tables that were set one below another, or side by side."""
    known = [tags.get(part) for part in parts]
    if named.get("axis", 0) in (0, "index", "rows"):
        found = [one.rows for one in known if one is not None and one.rows is not None]
        if len(found) < len(parts) or len({one.table for one in found}) != 1:
            return None
        numbers = np.concatenate([one.numbers for one in found])
        return Rows(found[0].table, numbers) if len(numbers) == len(result) else None
    agreed: Rows | None = None
    for one in known:
        if one is None or one.rows is None:
            continue
        ignored = named.get("ignore_index")  # numbers the columns anew, not the rows
        rows = one.rows if ignored and len(one.rows) == len(result) else index_rows(result.index, one.index, one.rows)
        if rows is None or (agreed is not None and not agreed.equals(rows)):
            return None
        agreed = rows
    return agreed


def merge_rows(
    merge: Callable[..., Any], left: Any, right: Any, named: Mapping[str, Any], result: Any, rows: Rows
) -> Rows | None:
    """Return the rows of the left table that stand in a join, by joining their numbers in the same way."""
    options = {
        name: named[name]
        for name in ("how", "on", "left_on", "right_on", "left_index", "right_index", "sort")
        if name in named
    }
    if options.get("how", "inner") not in ("left", "inner"):
        return None
    keys = [options.get(name) for name in ("on", "left_on", "right_on")]
    if any(key is not None and not isinstance(key, (str, list)) for key in keys):
        return None
    try:
        numbered = left.assign(_row_number_=np.arange(len(left)))
        found = merge(numbered, right, **options)["_row_number_"].to_numpy()
    except (KeyError, ValueError, TypeError, MemoryError):
        return None
    return rows.take(found) if len(found) == len(result) else None
