"""The values of keys as texts that are equal where people mean the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import JoinKey, KeyForm
from journeyman.sources.parsing import encode, read

__all__ = ["ABSENT", "BETWEEN", "folded", "hashes_of", "key_text", "key_texts", "moments_of", "row_keys"]

ABSENT = ""
"""Stands for a key that is missing; it meets no other."""

BETWEEN = "\x1f"
"""Between the parts of a key of several columns."""

_WHOLE = re.compile(r"([+-]?)0*(\d+)(?:\.0*)?")
_DECIMAL = re.compile(r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?", re.IGNORECASE)
_ROUND = re.compile(r"([+-]?\d+)\.0+")
_SIGNS = re.compile(r"[\W_]+")
_NOUGHTS = re.compile(r"(?<!\d)0+(?=\d)")


def key_text(value: object) -> str:
    """Return a value as a text without blanks around it; whole numbers have no decimals.

    Examples
    --------
    >>> key_text(7.0), key_text(" 7.0 "), key_text("007"), key_text(None)
    ('7', '7', '007', '')
    """
    if value is None or value is pd.NaT:
        return ABSENT
    if isinstance(value, (bool, np.bool_)):
        return str(value).lower()
    if isinstance(value, (float, np.floating)):
        return ABSENT if np.isnan(value) else str(int(value)) if float(value).is_integer() else repr(float(value))
    text = str(value).strip()
    found = _ROUND.fullmatch(text)
    return found[1] if found else text


def folded(value: object) -> str:
    """Return a value without what people write now this way, now that way: case, accents, signs, leading noughts.

    Examples
    --------
    >>> folded("  São-Paulo "), folded("SAO PAULO"), folded("SKU 007"), folded("007"), folded("-7.50"), folded("--")
    ('saopaulo', 'saopaulo', 'sku7', '7', '-7.5', '--')
    """
    text = key_text(value)
    whole = _WHOLE.fullmatch(text)
    if whole:
        return ("-" if whole[1] == "-" and whole[2] != "0" else "") + whole[2]
    if _DECIMAL.fullmatch(text):
        return repr(float(text))
    bare = text if text.isascii() else unicodedata.normalize("NFKD", text)
    bare = _NOUGHTS.sub("", "".join(c for c in bare if not unicodedata.combining(c)).casefold())
    return _SIGNS.sub("", bare) or text


def moments_of(values: pd.Series, column: Column) -> NDArray[np.float64]:
    """Return when raw values of a column lie, as seconds since 1970 or the numbers that they are; NaN where missing."""
    read_values = read(encode(values), column).values
    if column.kind is Kind.DATETIME:
        micros = read_values.to_numpy("datetime64[us]")
        return np.where(np.isnat(micros), np.nan, micros.astype(np.int64) / 1e6)
    return np.asarray(pd.to_numeric(read_values, errors="coerce"), dtype=np.float64)


def key_texts(values: pd.Series, column: Column, form: KeyForm) -> NDArray[np.object_]:
    """Return the raw values of a column as keys, shape (n_rows,); empty where a value is missing."""
    if form is KeyForm.MOMENT:
        moments = moments_of(values, column)
        texts = [ABSENT if m != m else repr(int(m)) for m in moments.tolist()]
        return np.array(texts, dtype=object)
    codes, distinct = pd.factorize(values, use_na_sentinel=True)
    turn = key_text if form is KeyForm.EXACT else folded
    missing = {key_text(marker) for marker in column.missing_markers}
    texts = [ABSENT if key_text(v) in missing else turn(v) for v in distinct.tolist()]
    return np.array([*texts, ABSENT], dtype=object)[codes]


def row_keys(frame: pd.DataFrame, keys: Sequence[JoinKey], is_base: bool) -> NDArray[np.object_]:
    """Return the key of each row of one of the two tables, shape (n_rows,); empty where a part of it is missing.

    A join by time alone has one key for all rows.
    """
    if not keys:
        return np.full(len(frame), BETWEEN, dtype=object)
    columns = [(key.base if is_base else key.other) for key in keys]
    parts = [key_texts(frame[c.name], c, key.form) for c, key in zip(columns, keys, strict=True)]
    if len(parts) == 1:
        return parts[0]
    joined = parts[0]
    lacking = parts[0] == ABSENT
    for part in parts[1:]:
        joined = joined + BETWEEN + part
        lacking |= part == ABSENT
    joined[lacking] = ABSENT
    return joined


def hashes_of(texts: Sequence[str] | NDArray[np.object_]) -> NDArray[np.uint64]:
    """Return the distinct hashes of texts, sorted; the missing key has none.

    Examples
    --------
    >>> len(hashes_of(["a", "b", "", "a"]))
    2
    """
    distinct = pd.unique(np.asarray(texts, dtype=object))
    return np.unique(pd.util.hash_array(distinct[distinct != ABSENT]).astype(np.uint64))
