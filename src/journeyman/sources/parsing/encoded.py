"""A raw column by its distinct values, so that each value is looked at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.sources.parsing.plain import plain_numbers
from journeyman.sources.parsing.texts import BLANKS, clean, text_of

__all__ = ["Dates", "Encoded", "Numbers", "Objects", "PlainTexts", "Texts", "as_texts", "encode", "raw_type"]

_HEAD = 1000


@dataclass(frozen=True)
class Texts:
    """A column of texts.

    Attributes
    ----------
    values : pyarrow.Array of large_string, shape (n_distinct,)
        Distinct raw texts, in the order in which they first appear.
    codes : ndarray of int32, shape (n_samples,)
        Position of each row's text, -1 where the source has no value.
    typed : bool
        Whether the source said that these are names of categories.
    ordered : bool
        Whether the source said that they are ordered as listed.
    """

    values: pa.Array
    codes: NDArray[np.int32]
    typed: bool = False
    ordered: bool = False

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Rows a distinct text, shape (n_distinct,)."""
        seen = self.codes if not len(self.codes) or self.codes.min() >= 0 else self.codes[self.codes >= 0]
        return np.bincount(seen, minlength=len(self.values)).astype(np.int64)

    @cached_property
    def trimmed(self) -> pa.Array:
        """The distinct texts without blanks around them, shape (n_distinct,)."""
        return pc.utf8_trim(self.values, characters=BLANKS)

    @cached_property
    def cleaned(self) -> pa.Array:
        """The distinct texts without blanks and quotes around them, shape (n_distinct,)."""
        trimmed = self.trimmed
        for first in ("'", '"', '="'):
            quoted = pc.and_(pc.starts_with(trimmed, first), pc.ends_with(trimmed, first[-1]))
            if pc.any(quoted).as_py():
                bare = pa.array([clean(t) for t in trimmed.filter(quoted).to_pylist()], type=pa.large_string())
                trimmed = pc.replace_with_mask(trimmed, quoted, bare)
        return trimmed


@dataclass(frozen=True)
class Numbers:
    """A column that the source holds as numbers or truth values.

    Attributes
    ----------
    values : ndarray of float64, shape (n_samples,)
        Missing ones are NaN.
    exact : ndarray
        The same in the source's own type, to name values without loss; missing ones hold anything.
    """

    values: NDArray[np.float64]
    exact: NDArray[np.generic]


@dataclass(frozen=True)
class Dates:
    """A column that the source holds as dates: microseconds since 1970 in UTC, the smallest int64 where missing."""

    micros: NDArray[np.int64]


@dataclass(frozen=True)
class Objects:
    """A column of Python objects of several types, shape (n_samples,)."""

    values: tuple[object, ...]


@dataclass(frozen=True)
class PlainTexts:
    """A column of texts that all are plain numbers and mostly differ, so that looking at distinct ones saves nothing.

    Attributes
    ----------
    array : pyarrow.Array of large_string, shape (n_samples,)
        The texts, without nulls.
    numbers : ndarray of float64, shape (n_samples,)
        What they say; all finite.
    """

    array: pa.Array
    numbers: NDArray[np.float64]


Encoded = Texts | PlainTexts | Numbers | Dates | Objects


def encode(values: pd.Series) -> Encoded:
    """Encode a raw column.

    Parameters
    ----------
    values : pandas.Series of shape (n_samples,)
        Of any dtype a source gives.

    Raises
    ------
    TypeError
        The column holds nested values.

    Examples
    --------
    >>> encode(pd.Series(["a", "b", "a", None])).codes
    array([ 0,  1,  0, -1], dtype=int32)
    """
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        names = [text_of(v) or "" for v in dtype.categories]
        codes = np.asarray(values.cat.codes, dtype=np.int32)
        return _merged(Texts(pa.array(names, type=pa.large_string()), codes, True, bool(dtype.ordered)))
    if isinstance(dtype, pd.ArrowDtype):
        return encode(pa.chunked_array(values.array.__arrow_array__()).to_pandas())
    if isinstance(dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
        return Dates(values.to_numpy("datetime64[us]").astype(np.int64))
    if dtype.kind == "M":
        return Dates(values.to_numpy("datetime64[us]").astype(np.int64))
    if dtype.kind == "m":
        seconds = values.dt.total_seconds().to_numpy(np.float64)
        return Numbers(seconds, seconds)
    if pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype):
        return _numbers(values)
    return _texts(values)


def raw_type(values: pd.Series) -> str:
    """Return the type of a typed column's values: "str", "int", "float" or "bool"; "" where they are mixed or others.

    Examples
    --------
    >>> [raw_type(pd.Series(v)) for v in (["1", "2"], [1, 2], pd.Categorical([True, False]), [1, "a"])]
    ['str', 'int', 'bool', '']
    """
    content = values.dtype.categories if isinstance(values.dtype, pd.CategoricalDtype) else values
    kind = pd.api.types.infer_dtype(content, skipna=True)
    return {"string": "str", "integer": "int", "boolean": "bool", "floating": "float"}.get(kind, "")


def _numbers(values: pd.Series) -> Numbers:
    if pd.api.types.is_complex_dtype(values.dtype):
        raise TypeError("complex numbers")
    if pd.api.types.is_extension_array_dtype(values.dtype):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        if pd.api.types.is_bool_dtype(values.dtype):
            return Numbers(numbers, numbers == 1)
        if pd.api.types.is_integer_dtype(values.dtype):
            return Numbers(numbers, np.asarray(values.fillna(0).to_numpy()))
        return Numbers(numbers, numbers)
    exact = values.to_numpy()
    return Numbers(exact.astype(np.float64), exact)


def _texts(values: pd.Series) -> Texts | PlainTexts | Objects:
    try:
        array = pa.array(values, type=pa.large_string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        objects = tuple(values)
        for value in objects:
            text_of(value)  # refuses nested values
        return Objects(objects)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    head = array.slice(0, _HEAD)
    if len(array) > 10 * _HEAD and not array.null_count and len(head.unique()) > 0.5 * _HEAD:
        numbers = plain_numbers(array)
        if not np.isnan(numbers).any():
            return PlainTexts(array, numbers)
    return _coded(array)


def _coded(array: pa.Array) -> Texts:
    coded = array.dictionary_encode()
    codes = coded.indices
    filled = codes.fill_null(-1) if codes.null_count else codes
    return Texts(coded.dictionary, filled.to_numpy(zero_copy_only=False).astype(np.int32, copy=False))


def _merged(texts: Texts) -> Texts:
    """Join categories that became one text."""
    coded = texts.values.dictionary_encode()
    if len(coded.dictionary) == len(texts.values):
        return texts
    to = np.append(coded.indices.to_numpy(zero_copy_only=False), -1).astype(np.int32)
    return Texts(coded.dictionary, to[texts.codes], texts.typed, texts.ordered)


def as_texts(encoded: Encoded) -> Texts:
    """Return a column as texts, as :func:`text_of` names each value.

    Examples
    --------
    >>> as_texts(encode(pd.Series([2.0, float("nan")]))).values.to_pylist()
    ['2']
    """
    if isinstance(encoded, Texts):
        return encoded
    if isinstance(encoded, PlainTexts):
        return _coded(encoded.array)
    if isinstance(encoded, Objects):
        return _coded(pa.array([text_of(v) for v in encoded.values], type=pa.large_string()))
    if isinstance(encoded, Dates):
        missing = encoded.micros == np.iinfo(np.int64).min
        distinct, codes = np.unique(encoded.micros, return_inverse=True)
        names = [text_of(np.datetime64(int(v), "us")) or "" for v in distinct]
    else:
        missing = np.isnan(encoded.values)
        distinct, codes = np.unique(encoded.exact, return_inverse=True)
        names = [text_of(v) or "" for v in distinct]
    codes = np.where(missing, -1, codes).astype(np.int32)
    used = np.unique(codes[codes >= 0])
    back = np.full(len(names) + 1, -1, dtype=np.int32)
    back[used] = np.arange(len(used), dtype=np.int32)
    kept = pa.array([names[i] for i in used], type=pa.large_string())
    return _merged(Texts(kept, back[codes]))
