"""Facts as bytes and back: msgpack for the tree, npy and Arrow for what is large in it; never pickle."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, get_origin

import msgspec
import numpy as np
import pandas as pd
from msgspec.msgpack import Ext

from journeyman.errors import JournalError
from journeyman.stores.arrays import Part, part_kind, read_part, write_part

__all__ = ["Fetch", "Outside", "decode", "encode", "settle"]

Outside = Callable[[Part], str | None]
"""Stores a part elsewhere and returns its name there, or None to have it written in place."""

Fetch = Callable[[int, str], Part]
"""Returns the part of a kind (see ``journeyman.stores.arrays``) that was stored elsewhere under a name."""

_ELSEWHERE = 64


def encode(fact: object, outside: Outside | None = None) -> bytes:
    """Return a fact as bytes; the same fact gives the same bytes, whatever the order of its mappings.

    Facts are frozen dataclasses, enums, texts, numbers, tuples, mappings, numpy arrays and canonical frames.

    Parameters
    ----------
    fact : object
        What to encode.
    outside : callable, optional
        Takes arrays and frames out of the bytes; without it they are written in place.

    Raises
    ------
    TypeError
        For something that is not a fact.

    Examples
    --------
    >>> decode(encode({"b": (1, 2), "a": (3,)}), dict[str, tuple[int, ...]])
    {'a': (3,), 'b': (1, 2)}
    """

    def extend(value: object) -> object:
        if isinstance(value, np.ndarray | pd.DataFrame):
            return _extension(value, outside)
        if isinstance(value, np.generic):
            return value.item()
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"{type(value).__name__} is not a fact")

    return msgspec.msgpack.Encoder(enc_hook=extend, order="deterministic").encode(fact)


def decode(data: bytes | memoryview, kind: Any, fetch: Fetch | None = None) -> Any:
    """Return the fact that was encoded, read as ``kind``.

    Parameters
    ----------
    data : bytes
        From ``encode``.
    kind : type
        A type or a generic alias; nothing else is ever made.
    fetch : callable, optional
        Brings the parts that ``outside`` took.

    Raises
    ------
    JournalError
        Where the bytes do not hold such a fact.
    """

    def extension(code: int, payload: memoryview) -> Part:
        if code < _ELSEWHERE:
            return read_part(code, payload)
        if fetch is None:
            raise ValueError("a part of the fact was stored elsewhere")
        return fetch(code - _ELSEWHERE, bytes(payload).decode())

    def check(wanted: Any, value: Any) -> Any:
        if not isinstance(value, get_origin(wanted) or wanted):
            raise ValueError(f"{type(value).__name__} where {wanted} was wanted")
        return value

    try:
        return msgspec.msgpack.Decoder(kind, ext_hook=extension, dec_hook=check).decode(data)
    except (msgspec.DecodeError, ValueError, OSError) as error:
        # pyarrow's and numpy's errors for broken bytes are ValueErrors and OSErrors.
        raise JournalError(
            f"a stored fact cannot be read as {getattr(kind, '__name__', kind)}: {error}",
            hint="it was written by another version of Journeyman or is damaged: start the build anew",
        ) from error


def settle(fact: object, kind: Any) -> Any:
    """Return a fact exactly as it would come back from a store, its arrays and frames by reference.

    A step hands on the settled fact, so that an undisturbed run and a resumed one go on with the same thing, and a
    fact that its declared kind cannot hold fails when it is made, not when it is needed again.

    Examples
    --------
    >>> settle([np.float64(1.5)], tuple[float, ...])
    (1.5,)
    """
    parts: list[Part] = []

    def keep(part: Part) -> str:
        parts.append(_compact(part))
        return str(len(parts) - 1)

    return decode(encode(fact, keep), kind, lambda _, name: parts[int(name)])


def _extension(part: Part, outside: Outside | None) -> Ext:
    kind = part_kind(part)
    name = None if outside is None else outside(part)
    if name is not None:
        return Ext(_ELSEWHERE + kind, name.encode())
    sink = io.BytesIO()
    write_part(part, sink)
    return Ext(kind, sink.getvalue())


def _compact(part: Part) -> Part:
    """Return the array in the memory layout it is read back with, for sums depend on it in the last bit."""
    if isinstance(part, np.ndarray) and not part.flags.forc:
        return np.ascontiguousarray(part)
    return part
