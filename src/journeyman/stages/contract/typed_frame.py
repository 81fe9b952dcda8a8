"""Raw rows in memory as statements look at them: read as a model's rows are, without planning a query."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule
from journeyman.sources.parsing import encode, read
from journeyman.sources.parsing.clocks import CLOCKS
from journeyman.sources.parsing.encoded import Dates, Encoded, Numbers, PlainTexts, Texts, as_texts
from journeyman.sources.parsing.plain import plain_numbers
from journeyman.stages.contract.counts import on_a_scale

__all__ = ["canonical_frame", "storage_in_memory", "typed_frame"]

_DIGITS = r"[0-9.,:/' \x{00a0}\x{202f}+\-()\x{2212}]"
_NO_PART = re.compile(r"[^0-9eE+\-.]")  # of a number


def typed_frame(raw: pd.DataFrame, rules: Sequence[ColumnRule]) -> pd.DataFrame:
    """Return what tests look at, by the place k of a rule among ``rules``.

    Columns are those of :func:`journeyman.stages.contract.counting.typed_rows`, but for the raw texts: ``v`` + k the
    value (numbers, and dates as seconds since 1970, else texts), ``p`` + k whether there is one at all, and ``w`` + k
    what stands beside the digits of numbers and dates that are written as texts.

    Parameters
    ----------
    raw : pandas.DataFrame of shape (n_samples, n_columns)
        As a source gives it, with a column for each rule.

    Examples
    --------
    >>> raw = pd.DataFrame({"far": ["3 km", "x", None]})
    >>> typed_frame(raw, [ColumnRule(Column("far", Kind.NUMBER, unit="km"))])["v0"].tolist()
    [3.0, nan, nan]
    """
    columns: dict[str, Any] = {}
    for k, rule in enumerate(rules):
        encoded = encode(raw[rule.name])
        if not on_a_scale(rule.column.kind):
            columns[f"v{k}"] = _texts(encoded, rule.column)
            columns[f"p{k}"] = columns[f"v{k}"].notna()
            continue
        columns[f"v{k}"] = _numbers(encoded, rule.column)
        if isinstance(encoded, Numbers):
            columns[f"p{k}"] = columns[f"v{k}"].notna() | np.isinf(encoded.values)
        elif isinstance(encoded, Dates):
            columns[f"p{k}"] = columns[f"v{k}"].notna()
        else:
            columns[f"p{k}"] = _presence(encoded, columns[f"v{k}"], rule.column)
            columns[f"w{k}"] = _beside_digits(encoded)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(raw)))


def canonical_frame(typed: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return rows of :func:`typed_frame` by the names of their columns, dates as such, as rules are drafted by them."""
    values: dict[str, Any] = {}
    for k, column in enumerate(columns):
        found = typed[f"v{k}"]
        if column.kind is Kind.DATETIME:
            seconds = found.to_numpy(np.float64)
            micros = np.where(np.isnan(seconds), 0.0, seconds * 1e6).round().astype("datetime64[us]")
            micros[np.isnan(seconds)] = np.datetime64("NaT")
            found = pd.Series(micros)
        values[column.name] = found
    return pd.DataFrame(values, index=typed.index, copy=False)


def storage_in_memory(values: pd.Series[Any]) -> str:
    """Return what a typed source holds, of the type of a raw column.

    Examples
    --------
    >>> storage_in_memory(pd.Series([1, 2])), storage_in_memory(pd.Series(["a"]))
    ('number', 'text')
    """
    dtype = values.dtype
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_numeric_dtype(dtype):
        return "number"
    return "date" if pd.api.types.is_datetime64_any_dtype(dtype) else "text"


def _numbers(encoded: Encoded, column: Column) -> pd.Series[Any]:
    values = read(encoded, column).values
    if column.kind is not Kind.DATETIME:
        return _with_other_units(encoded, values.to_numpy(np.float64), column)
    moments = values.to_numpy("datetime64[us]")
    return pd.Series(np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / 1e6))


def _with_other_units(encoded: Encoded, values: NDArray[np.float64], column: Column) -> pd.Series[Any]:
    """Read what the model refuses for its unit, too: that another one stands there is a statement of its own."""
    plain_ones = isinstance(encoded, (Numbers, Dates, PlainTexts)) or column.unit in CLOCKS
    if plain_ones or not np.isnan(values).any():
        return pd.Series(values)
    texts = as_texts(encoded)
    unread = np.unique(texts.codes[np.isnan(values) & (texts.codes >= 0)])
    numbers = np.full(len(texts.values) + 1, np.nan)
    for code, text in zip(unread.tolist(), texts.values.take(pa.array(unread)).to_pylist(), strict=True):
        if str(text).strip() in column.missing_markers:
            continue
        plain = text.replace(".", "").replace(",", ".") if column.decimal == "," else text
        with suppress(ValueError):
            numbers[code] = float(_NO_PART.sub("", plain))
    found = numbers[texts.codes]
    return pd.Series(np.where(np.isnan(values) & np.isfinite(found), found, values))


def _texts(encoded: Encoded, column: Column) -> pd.Series[Any]:
    if column.kind is Kind.IMAGE:
        return read(encoded, column).values
    texts = read(encoded, replace(column, kind=Kind.TEXT)).values
    if isinstance(encoded, Numbers) and encoded.exact.dtype.kind == "b":
        return texts.str.lower()  # as engines write them
    return texts


def _presence(encoded: Encoded, values: pd.Series[Any], column: Column) -> Any:
    """Return which texts stand for a value, read or not."""
    if not values.isna().any():
        return np.ones(len(values), dtype=bool)
    return values.notna() | read(encoded, replace(column, kind=Kind.TEXT)).values.notna()


def _beside_digits(encoded: Encoded) -> Any:
    if isinstance(encoded, PlainTexts):
        return pd.Categorical.from_codes(np.zeros(len(encoded.numbers), dtype=np.int8), pd.Index([""], dtype="str"))
    texts: Texts = as_texts(encoded)
    if not np.isnan(plain_numbers(texts.cleaned)).any():  # as most are, and taking their digits away takes long
        return pd.Categorical.from_codes(np.minimum(texts.codes, 0), pd.Index([""], dtype="str"))
    beside = pc.replace_substring_regex(texts.values, pattern=_DIGITS, replacement="").dictionary_encode()
    codes = np.append(beside.indices.to_numpy(zero_copy_only=False).astype(np.int64), -1)
    return pd.Categorical.from_codes(codes[texts.codes], pd.Index(beside.dictionary.to_pylist(), dtype="str"))
