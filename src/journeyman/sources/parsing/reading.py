"""Raw columns to canonical ones, by the million: distinct values only, and plain numbers and dates without Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.cells import (
    REFUSED,
    Refused,
    cell_reader,
    date_cell,
    date_formats,
    sentinel_moments,
    sentinel_values,
)
from journeyman.sources.parsing.clocks import CLOCKS, read_clocks
from journeyman.sources.parsing.dates import EPOCHS, read_dates
from journeyman.sources.parsing.encoded import Dates, Encoded, Numbers, Objects, PlainTexts, Texts, as_texts, encode
from journeyman.sources.parsing.markers import missing_signs
from journeyman.sources.parsing.plain import flags, plain_in, plain_numbers
from journeyman.sources.parsing.values import ValueReader

__all__ = ["Reading", "parse", "read"]

_EXAMPLES = 3
_NAT = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Reading:
    """A canonical column and what could not be read.

    Attributes
    ----------
    values : pandas.Series of shape (n_samples,)
        Canonical (see :class:`Column`).
    refused : int
        Rows whose value is there but cannot be read (or is a category never seen); they are missing in ``values``.
    present : int
        Rows that hold a value, read or not.
    examples : tuple of str
        A few refused texts, the most frequent first.
    """

    values: pd.Series
    refused: int = 0
    present: int = 0
    examples: tuple[str, ...] = ()


def parse(values: pd.Series, column: Column) -> pd.Series:
    """Read raw values of a column into canonical form.

    Parameters
    ----------
    values : pandas.Series of shape (n_samples,)
        Raw values of any dtype.
    column : Column
        How to read them.

    Raises
    ------
    TypeError
        The column holds nested values.

    Examples
    --------
    >>> parse(pd.Series(["1,5", "?"]), Column("x", Kind.NUMBER, decimal=",")).tolist()
    [1.5, nan]
    """
    return read(encode(values), column).values


def read(encoded: Encoded, column: Column) -> Reading:
    """Read an encoded column into canonical form and tell what could not be read."""
    if column.kind is Kind.BOOLEAN:
        return _by_cells(as_texts(encoded), column)
    if isinstance(encoded, Objects) and column.kind.numeric:
        return _objects(encoded, column)
    if column.kind.numeric:
        return _numbers(encoded, column)
    if column.kind is Kind.DATETIME:
        return _dates(encoded, column)
    if column.kind.categorical:
        return _by_cells(as_texts(encoded), column)
    if column.kind is Kind.IMAGE:
        return _images(as_texts(encoded), column)
    return _words(as_texts(encoded), column)


def _objects(encoded: Objects, column: Column) -> Reading:
    """Read numbers from Python objects one by one, since a number need not be written as a text would be."""
    one = ValueReader(column, cell_reader(column), sentinel_values(column), {})
    read = [one.value(v) for v in encoded.values]
    refused = [i for i, v in enumerate(read) if v is REFUSED]
    values = np.array([np.nan if v is REFUSED else v for v in read], dtype=np.float64)
    there = int((~np.isnan(values)).sum()) + len(refused)
    examples = tuple(dict.fromkeys(str(encoded.values[i]) for i in refused))[:_EXAMPLES]
    return Reading(pd.Series(values), len(refused), there, examples)


def _grouped_numbers(texts: pa.Array, column: Column) -> NDArray[np.float64]:
    """Read the commonest decorated numbers ("$1,234.50", "3,5"); NaN for all others. Shape (n,)."""
    if column.unit in CLOCKS:
        return read_clocks(texts)
    bare = texts
    if column.unit in ("$", "€", "£"):
        at_front = pc.starts_with(texts, column.unit)
        bare = pc.if_else(at_front, pc.utf8_slice_codeunits(texts, 1), texts)
    point, group = (",", "[.]") if column.decimal == "," else ("[.]", ",")
    pattern = f"^-?([1-9][0-9]{{0,2}}({group}[0-9]{{3}})+|[0-9]+)({point}[0-9]+)?$"
    bare = pc.if_else(pc.match_substring_regex(bare, pattern), bare, "")
    if column.decimal == ",":
        return plain_numbers(pc.replace_substring(pc.replace_substring(bare, ".", ""), ",", "."))
    return plain_numbers(pc.replace_substring(bare, ",", ""))


def _numbers(encoded: Encoded, column: Column) -> Reading:
    sentinels = sentinel_values(column)
    if isinstance(encoded, Numbers):
        values = encoded.values.copy()
        there = ~np.isnan(values)
        bad = np.isinf(values)
        values[bad] = np.nan
        for sentinel in sentinels:
            values[values == sentinel] = np.nan
        examples = ("inf",) if bad.any() else ()
        return Reading(pd.Series(values), int(bad.sum()), int(there.sum()), examples)
    if isinstance(encoded, PlainTexts) and plain_in(encoded.array, column.decimal):
        return _numbers(Numbers(encoded.numbers, encoded.numbers), column)
    texts = as_texts(encoded)
    cleaned = texts.cleaned
    distinct = plain_numbers(cleaned) if column.decimal == "." else np.full(len(cleaned), np.nan)
    left = np.flatnonzero(np.isnan(distinct))
    if len(left) > 1000:
        distinct[left] = _grouped_numbers(cleaned.take(pa.array(left)), column)
        left = np.flatnonzero(np.isnan(distinct))
    for sentinel in sentinels:
        distinct[distinct == sentinel] = np.nan
    cell = cell_reader(column)
    refused = np.zeros(len(distinct), dtype=bool)
    for i, raw in zip(left.tolist(), texts.values.take(pa.array(left)).to_pylist(), strict=True):
        value = cell(raw)
        if value is REFUSED:
            refused[i] = True
        else:
            distinct[i] = cast(float, value)
    return _reading(texts, pd.Series(_spread(distinct, texts.codes)), refused, ~np.isnan(distinct))


def _dates(encoded: Encoded, column: Column) -> Reading:
    scale = next((EPOCHS[f] for f in column.date_formats if f in EPOCHS), None)
    gone = list(sentinel_moments(column))
    if isinstance(encoded, Dates):
        micros = np.where(np.isin(encoded.micros, gone), _NAT, encoded.micros)
        return Reading(_moments(micros), 0, int((micros != _NAT).sum()))
    plain = isinstance(encoded, Numbers) and encoded.exact.dtype.kind != "b" and not column.missing_markers
    if isinstance(encoded, Numbers) and scale is not None and plain:
        return _epochs(encoded, scale)
    texts = as_texts(encoded)
    distinct = np.full(len(texts.values), _NAT, dtype=np.int64)
    if scale is None:
        distinct = read_dates(texts.cleaned, date_formats(column), column.century_start)
        distinct[flags(pc.is_in(texts.cleaned, value_set=_markers(column))) | np.isin(distinct, gone)] = _NAT
    # Numbers since 1970, markers and what no format reads are left to the cell.
    left = np.flatnonzero(distinct == _NAT)
    cell = date_cell(column)
    refused = np.zeros(len(distinct), dtype=bool)
    for i, raw in zip(left.tolist(), texts.values.take(pa.array(left)).to_pylist(), strict=True):
        value = cell(raw)
        if isinstance(value, Refused):
            refused[i] = True
        elif value is not None:
            distinct[i] = value
    spread = np.append(distinct, _NAT)[texts.codes]
    return _reading(texts, _moments(spread), refused, distinct != _NAT)


def _epochs(encoded: Numbers, scale: float) -> Reading:
    """Read numbers since 1970."""
    number = encoded.values * scale
    there = ~np.isnan(number)
    fits = there & (np.abs(np.where(there, number, 0.0)) < 2**62)
    micros = np.where(fits, np.rint(np.where(fits, number, 0.0)).astype(np.int64), _NAT)
    examples = ("a number too large",) if (there & ~fits).any() else ()
    return Reading(_moments(micros), int((there & ~fits).sum()), int(there.sum()), examples)


def _markers(column: Column) -> pa.Array:
    return pa.array(column.missing_markers, type=pa.large_string())


def _by_cells(texts: Texts, column: Column) -> Reading:
    """Read every distinct text by its cell."""
    cell = cell_reader(column)
    cells = [cell(raw) for raw in texts.values.to_pylist()]
    refused = np.array([c is REFUSED for c in cells], dtype=bool)
    if column.kind.categorical:
        codes = np.array([-1 if c is REFUSED else cast(int, c) for c in cells], dtype=np.int64)
        spread = np.append(codes, -1)[texts.codes]
        names = pd.Index(list(column.categories), dtype="str")
        values = pd.Series(pd.Categorical.from_codes(spread, names, ordered=column.kind is Kind.ORDERED))
        return _reading(texts, values, refused, codes >= 0)
    numbers = np.array([np.nan if c is REFUSED else cast(float, c) for c in cells], dtype=np.float64)
    return _reading(texts, pd.Series(_spread(numbers, texts.codes)), refused, ~np.isnan(numbers))


def _words(texts: Texts, column: Column) -> Reading:
    """Read texts that stay texts; see ``cells`` for the same one by one."""
    values = texts.trimmed if column.kind is Kind.TEXT else texts.cleaned
    gone = flags(pc.is_in(pc.utf8_lower(values), value_set=missing_signs())) | flags(
        pc.is_in(values, value_set=_markers(column))
    )
    words = np.empty(len(values) + 1, dtype=object)  # the last one is what code -1 stands for
    words[:-1] = values.to_numpy(zero_copy_only=False)
    words[:-1][gone] = None
    return _reading(texts, pd.Series(words[texts.codes], dtype=object), np.zeros_like(gone), ~gone)


def _images(texts: Texts, column: Column) -> Reading:
    """Read every distinct image by its cell."""
    cell = cell_reader(column)
    cells = [cell(raw) for raw in texts.values.to_pylist()]
    refused = np.array([c is REFUSED for c in cells], dtype=bool)
    images = np.empty(len(cells) + 1, dtype=object)  # the last one is what code -1 stands for
    images[:-1] = [None if c is REFUSED else c for c in cells]
    present = np.array([c is not None and c is not REFUSED for c in cells], dtype=bool)
    return _reading(texts, pd.Series(images[texts.codes], dtype=object), refused, present)


def _spread(distinct: NDArray[np.float64], codes: NDArray[np.int32]) -> NDArray[np.float64]:
    return np.append(distinct, np.nan)[codes]


def _moments(micros: NDArray[np.int64]) -> pd.Series:
    return pd.Series(micros.view("datetime64[us]"))


def _reading(texts: Texts, values: pd.Series, refused: NDArray[np.bool_], present: NDArray[np.bool_]) -> Reading:
    if not refused.any():
        return Reading(values, 0, int(texts.counts[present].sum()))
    at = np.flatnonzero(refused & (texts.counts > 0))
    first = at[np.argsort(-texts.counts[at], kind="stable")][:_EXAMPLES]
    examples = tuple(str(v) for v in texts.values.take(pa.array(first)).to_pylist())
    return Reading(values, int(texts.counts[at].sum()), int(texts.counts[present | refused].sum()), examples)
