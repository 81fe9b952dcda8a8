"""The text of one raw value, cleaned: the ground on which training and serving read alike."""

from __future__ import annotations

import datetime as dt
import math
import re
from decimal import Decimal
from uuid import UUID

import numpy as np

__all__ = ["BLANKS", "PLAIN", "clean", "number_text", "text_of", "utc"]

BLANKS = " \t\n\r\f\v\u00a0\u202f\ufeff\u2009\u3000\u200b\u200e\u200f\u2060"
"""Characters stripped from both ends of a value, such as are not seen among them; spelled out so that Arrow and Python
strip the same ones."""

PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""A number that both Python and Arrow read, to the same double."""


def clean(text: str) -> str:
    """Strip blanks, and one pair of quotes around the whole value, which may be a formula: ="007".

    Examples
    --------
    >>> clean(" '-1' "), clean("5'"), clean("'"), clean('="007"')
    ('-1', "5'", "'", '007')
    """
    text = text.strip(BLANKS)
    if text.startswith('="'):
        text = text[1:]
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip(BLANKS)
    return text


def number_text(value: float | int) -> str:
    """Return the shortest text of a number; whole numbers without a decimal point.

    Examples
    --------
    >>> number_text(3.0), number_text(0.1), number_text(7)
    ('3', '0.1', '7')
    """
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return repr(value)
    return str(value)


def text_of(value: object) -> str | None:
    """Return a raw value as text, or None where there is no value.

    Raises
    ------
    TypeError
        The value is a container: a list, a mapping, an array.

    Examples
    --------
    >>> text_of(2.0), text_of(True), text_of(float("nan")), text_of(dt.date(2020, 1, 2))
    ('2', 'True', None, '2020-01-02')
    """
    if isinstance(value, str):
        return str(value)
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (np.datetime64, np.timedelta64)):
        value = (
            None if np.isnat(value) else value.astype("datetime64[us]" if value.dtype.kind == "M" else "m8[us]").item()
        )
        return text_of(value)
    if isinstance(value, np.generic):
        return text_of(value.item())
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return None if isinstance(value, float) and math.isnan(value) else number_text(value)
    if isinstance(value, Decimal):
        return None if value.is_nan() else number_text(float(value))
    if isinstance(value, dt.datetime):
        return utc(value).isoformat(sep=" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return number_text(value.total_seconds())
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset, dict, np.ndarray)):
        raise TypeError(f"a nested value ({type(value).__name__})")
    return str(value)


def utc(moment: dt.datetime) -> dt.datetime:
    """Return a moment in UTC without a zone, to the microsecond."""
    if moment.tzinfo is not None:
        moment = (moment - (moment.utcoffset() or dt.timedelta())).replace(tzinfo=None)
    # pandas' Timestamp is a datetime with nanoseconds, which its isoformat would write out.
    return dt.datetime(
        moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second, moment.microsecond
    )
