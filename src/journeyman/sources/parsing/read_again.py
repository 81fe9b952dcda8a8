"""A canonical column read as another table's column was: the same value gives the same number, text or code."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.labels import label_texts
from journeyman.sources.parsing.texts import PLAIN

__all__ = ["read_again", "reads_otherwise"]

_TEXTS = (Kind.TEXT, Kind.IDENTIFIER, Kind.CONSTANT)


def read_again(values: pd.Series, now: Column, then: Column) -> NDArray[np.generic] | None:
    """Return values of a column in the form that another column of that name had, or None where they are of two kinds.

    Parameters
    ----------
    values : pandas.Series
        Canonical values of ``now``.
    now, then : Column
        How the values are held, and how they are wanted: an array as in a :data:`Block`. Categories that ``then`` does
        not know are -1; two units are two kinds.

    Examples
    --------
    >>> colours = pd.Series(pd.Categorical(["red", "blue"], categories=["red", "blue"]))
    >>> now = Column("c", Kind.CATEGORY, categories=("red", "blue"))
    >>> read_again(colours, now, Column("c", Kind.CATEGORY, categories=("blue",)))
    array([-1,  0], dtype=int32)
    >>> read_again(colours, now, Column("c", Kind.NUMBER)) is None
    True
    """
    if now.unit is not None and then.unit is not None and now.unit != then.unit:
        return None
    if then.kind.categorical:
        return _codes(values, now, then.categories)
    if Kind.IMAGE in (now.kind, then.kind):
        return values.to_numpy(object) if now.kind is then.kind else None
    if then.kind is Kind.DATETIME:
        return _seconds(values) if now.kind is Kind.DATETIME else None
    if then.kind is Kind.BOOLEAN and (now.kind is not Kind.BOOLEAN or now.categories != then.categories):
        if now.kind.numeric and now.kind is not Kind.BOOLEAN:
            return values.to_numpy(np.float64) if then.categories in ((), ("0", "1")) else None
        codes = _codes(values, now, then.categories)
        return None if codes is None else np.where(codes < 0, np.nan, codes.astype(np.float64))
    if then.kind.numeric:
        if now.kind.numeric and (now.kind is not Kind.BOOLEAN or now.categories in ((), ("0", "1"), then.categories)):
            return _without_markers(values.to_numpy(np.float64), then)
        return _constant_number(values) if now.kind is Kind.CONSTANT else None
    if now.kind in _TEXTS or now.kind.categorical:
        return label_texts(values, now).to_numpy(object)
    return None


def _codes(values: pd.Series, now: Column, categories: tuple[str, ...]) -> NDArray[np.int32] | None:
    if not (now.kind.categorical or now.kind in _TEXTS or now.kind is Kind.BOOLEAN):
        return None
    place = {name: code for code, name in enumerate(categories)}
    if now.kind.categorical:
        codes = np.array([*(place.get(str(name), -1) for name in values.cat.categories), -1], dtype=np.int32)
        return codes[values.cat.codes.to_numpy()]
    return np.array([place.get(text, -1) for text in label_texts(values, now)], dtype=np.int32)


def reads_otherwise(now: Column, then: Column) -> str:
    """Say how two columns read the same text otherwise, though their values are alike; empty where they do not.

    Examples
    --------
    >>> reads_otherwise(Column("x", Kind.NUMBER), Column("x", Kind.NUMBER, decimal=","))
    "'x' with decimal sign '.', not ','"
    >>> reads_otherwise(Column("x", Kind.NUMBER, native=True), Column("x", Kind.NUMBER, decimal=","))
    ''
    """
    if now.native or then.native:  # typed values are read as they are
        return ""
    if now.kind.numeric and then.kind.numeric and now.decimal != then.decimal:
        return f"{now.name!r} with decimal sign {now.decimal!r}, not {then.decimal!r}"
    known = then.date_formats
    for date_format in now.date_formats:
        other = _days_and_months(date_format)
        if other in known and date_format not in known:
            return f"{now.name!r} as {date_format}, not {other}"
    return ""


def _days_and_months(date_format: str) -> str:
    """Return a date format with day and month exchanged."""
    return date_format.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")


def _without_markers(values: NDArray[np.float64], then: Column) -> NDArray[np.float64]:
    """Return numbers, those missing that stand for a missing value where they are read as ``then``."""
    gone = [float(marker) for marker in then.missing_markers if PLAIN.fullmatch(marker)]
    return np.where(np.isin(values, gone), np.nan, values) if gone else values


def _seconds(values: pd.Series) -> NDArray[np.float64]:
    micros = values.to_numpy("datetime64[us]")
    return np.where(np.isnat(micros), np.nan, micros.astype(np.int64) / 1e6)


def _constant_number(values: pd.Series) -> NDArray[np.float64] | None:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
    return numbers if np.isfinite(numbers[values.notna().to_numpy()]).all() else None
