"""Which rows of a table belong together: of one group, equal in all columns, and in which order of time they come."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["equal_rows", "group_codes", "time_order"]

IntArray = NDArray[np.int64]


def group_codes(table: pd.DataFrame, column: str, derive: str = "") -> IntArray:
    """Return the group of each row, shape (n_rows,); a row without a key is a group of its own.

    Parameters
    ----------
    derive : str
        "before the last '_'" or "before the first '_'", where the group is the beginning of a text.

    Examples
    --------
    >>> group_codes(pd.DataFrame({"key": ["p1_1", "p1_2", None, "p2_1"]}), "key", "before the last '_'").tolist()
    [0, 0, 2, 1]
    """
    values = table[column]
    way = re.fullmatch(r"before the (first|last) '(.)'", derive)
    if way is not None:
        cut = str.rpartition if way[1] == "last" else str.partition
        parts = [(cut(text, way[2])[0] or text) if isinstance(text, str) else None for text in values.tolist()]
        values = pd.Series(parts, index=values.index, dtype=object)
    return _codes(values)


def _codes(values: pd.Series) -> IntArray:
    codes = np.asarray(pd.factorize(values)[0], dtype=np.int64)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(int(missing.sum()))
    return codes


def equal_rows(table: pd.DataFrame, columns: Sequence[str] | None = None) -> IntArray:
    """Return a number for each row, shape (n_rows,), the same for rows that are equal in the columns.

    Examples
    --------
    >>> equal_rows(pd.DataFrame({"a": [1, 2, 1], "b": ["x", "y", "x"]})).tolist()
    [0, 1, 0]
    """
    part = table if columns is None else table[list(columns)]
    texts = pd.DataFrame({k: part.iloc[:, k].astype(str) for k in range(part.shape[1])})
    hashed = pd.util.hash_pandas_object(texts, index=False).to_numpy()
    return np.asarray(pd.factorize(hashed)[0], dtype=np.int64)


def time_order(table: pd.DataFrame, columns: Sequence[str]) -> IntArray:
    """Return the rows from the earliest to the latest, shape (n_rows,): as they stand where no column tells the time.

    Rows without a time come first.

    Examples
    --------
    >>> time_order(pd.DataFrame({"day": ["2024-02-01", "2023-12-31", "2024-01-05"]}), ["day"]).tolist()
    [1, 2, 0]
    """
    if not columns:
        return np.arange(len(table), dtype=np.int64)
    values = table[columns[0]]
    if not pd.api.types.is_numeric_dtype(values):
        times = pd.to_datetime(values, errors="coerce", format="mixed", utc=True)
        values = times if times.notna().mean() > 0.5 else values.astype(str)
    return np.asarray(values.reset_index(drop=True).sort_values(kind="stable", na_position="first").index, np.int64)
