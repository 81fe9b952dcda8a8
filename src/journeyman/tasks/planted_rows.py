"""Rows that are planted to examine detectors of odd rows, and marks that people gave."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY, UNMARKED
from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Table
from journeyman.errors import SettingsError

__all__ = ["planted_rows", "read_mark", "read_marks"]

FloatArray = NDArray[np.float64]
_PLANTED_SHARE, _LEAST_PLANTED, _MOST_PLANTED = 0.5, 100, 5_000
_CHANGED_SHARE = 1 / 3  # of a planted row's columns, at most
_TAIL = 0.99
_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), MARKED_ODD),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), MARKED_ORDINARY),
    "": UNMARKED,
}


def read_marks(table: Table, name: str) -> FloatArray:
    """Return what marks say of each row, shape (n_samples,): odd, ordinary, or nothing where a cell is empty.

    Raises
    ------
    SettingsError
        Where there is no such column, it holds anything but true and false, or one of the two alone.
    """
    if name not in table.frame.columns:
        names = [c.name for c in table.columns]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean marks={near[0]}?" if near else f"its columns are {', '.join(names[:12])}"
        raise SettingsError(f"marks={name}: the table has no column {name!r}", hint=hint)
    texts = _texts(table.frame[name], table.column(name))
    known = [read_mark(text) for text in texts]
    for text, mark in zip(texts, known, strict=True):
        if mark is None:
            raise SettingsError(
                f"marks={name}: {text[:40]!r} is no mark",
                hint="write true for an anomaly, false for an ordinary row, and leave other cells empty",
            )
    marks = np.array(known, dtype=np.float64)
    odd, ordinary = int((marks == MARKED_ODD).sum()), int((marks == MARKED_ORDINARY).sum())
    if not odd or not ordinary:
        found = "no row is marked" if odd == ordinary else f"all marks are {'true' if odd else 'false'}"
        raise SettingsError(
            f"marks={name}: {found}", hint="mark some anomalies with true and some ordinary rows with false"
        )
    return marks


def read_mark(text: str) -> float | None:
    """Return what a cell says of its row: odd, ordinary or nothing; None where it is no mark.

    Examples
    --------
    >>> read_mark("Yes") == MARKED_ODD, read_mark("?")
    (True, None)
    """
    return _WORDS.get(text.strip().lower())


def _texts(values: pd.Series, column: Column) -> Sequence[str]:
    if column.kind is Kind.BOOLEAN and len(column.categories) == 2:
        return ["" if pd.isna(v) else column.categories[int(v)] for v in values]
    return ["" if pd.isna(v) else str(v) for v in values]


def planted_rows(frame: pd.DataFrame, features: Sequence[Column], rng: np.random.Generator) -> pd.DataFrame:
    """Return copies of rows, some cells of each taken from other rows, and of those one in two pushed into the tail."""
    rows = len(frame)
    count = int(np.clip(_PLANTED_SHARE * rows, _LEAST_PLANTED, _MOST_PLANTED))
    base = rng.choice(rows, count, replace=count > rows)
    planted = frame.iloc[base].reset_index(drop=True)
    most = max(1, round(_CHANGED_SHARE * len(features)))
    changed = rng.random((count, len(features))).argsort(axis=1) < rng.integers(1, most + 1, count)[:, None]
    for k, column in enumerate(features):
        donors = np.where(changed[:, k], rng.integers(rows, size=count), base)
        values = frame[column.name].iloc[donors].reset_index(drop=True)
        if column.kind in (Kind.NUMBER, Kind.INTEGER):
            pushed = changed[:, k] & (rng.random(count) < 0.5)
            far = _beyond(frame[column.name].to_numpy(np.float64), column.kind is Kind.INTEGER, count, rng)
            values = pd.Series(np.where(pushed, far, values.to_numpy(np.float64))).astype(frame[column.name].dtype)
        planted[column.name] = values
    return planted


def _beyond(values: FloatArray, whole: bool, count: int, rng: np.random.Generator) -> FloatArray:
    """Return values of one to three times as far from the median as a column's tails reach, on either side."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.full(count, np.nan)
    low, middle, high = np.quantile(known, [1 - _TAIL, 0.5, _TAIL])
    reach = np.where(rng.random(count) < 0.5, low - middle, high - middle)
    reach = np.where(reach == 0.0, max(high - low, float(known.std()), 1e-9), reach)
    found = middle + reach * rng.uniform(1.0, 3.0, count)
    return np.asarray(np.round(found) if whole else found)
