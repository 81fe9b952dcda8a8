"""Times of day and durations as numbers of seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc

__all__ = ["CLOCKS", "clock_style", "read_clock", "read_clocks"]

CLOCKS = ("h:min:s", "min:s")
"""Units of columns of times; they differ in what two numbers mean: 59:30 is 59 hours and a half, or minutes."""

_CLOCK = re.compile(
    r"(?P<sign>[-\u2212])?(?:(?P<d>[0-9]+)(?:\s*(?:days?,?|d|\.)\s*|\s))?(?P<h>[0-9]{1,6}):(?P<m>[0-5][0-9])"
    r"(?::(?P<s>[0-5][0-9]|60))?(?:[.,](?P<f>[0-9]{1,9}))?\s*(?P<p>[AaPp]\.?[Mm]\.?)?(?:\s*(?:Uhr|h|hrs))?"
)
_HALF = re.compile(r"(?P<h>[0-9]{1,2})\s*(?P<p>[AaPp]\.?[Mm]\.?)")
_FRENCH = re.compile(r"(?P<h>[0-9]{1,3})\s*[hH]\s*(?P<m>[0-5][0-9])")
_ISO = re.compile(r"P(?:(?P<d>[0-9]+)D)?(?:T(?:(?P<h>[0-9]+)H)?(?:(?P<m>[0-9]+)M)?(?:(?P<s>[0-9]+(?:\.[0-9]+)?)S)?)?")
_WORDS = re.compile(
    r"(?:(?P<d>[0-9]+)\s*(?:days?|d),?\s*)?(?:(?P<h>[0-9]+)\s*(?:hours?|hrs?|h|std\.?|stunden?),?\s*)?"
    r"(?:(?P<m>[0-9]+)\s*(?:minutes?|mins?|min\.?|m|minuten),?\s*)?(?:(?P<s>[0-9]+)\s*(?:seconds?|secs?|sec|s|sek\.?|sekunden))?",
    re.IGNORECASE,
)
_SECONDS = {"d": 86_400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_LEAST_SHARE = 0.95


def read_clock(text: str, unit: str) -> float | None:
    """Read a time of day or a duration; seconds, None where it is neither.

    Parameters
    ----------
    text : str
        A cleaned text.
    unit : str
        One of :data:`CLOCKS`.

    Examples
    --------
    >>> [read_clock(t, "h:min:s") for t in ("1:30", "24:00", "9:05 PM", "1 day 00:00:01.5", "PT2H", "1h 5min", "x")]
    [5400.0, 86400.0, 75900.0, 86401.5, 7200.0, 3900.0, None]
    >>> read_clock("59:30", "min:s")
    3570.0
    """
    match = _CLOCK.fullmatch(text)
    if match is not None:
        return _of_clock(match, unit)
    match = _HALF.fullmatch(text)
    if match is not None:
        return _half(match["h"], match["p"])
    for pattern in (_FRENCH, _ISO, _WORDS):
        match = pattern.fullmatch(text)
        if match is not None and any(match.groups()):
            return sum(float(n) * _SECONDS[name] for name, n in match.groupdict().items() if n is not None)
    return None


def _of_clock(match: re.Match[str], unit: str) -> float | None:
    first, second, third, part = float(match["h"]), float(match["m"]), match["s"], match["f"]
    if match["p"]:
        hour = _half(match["h"], match["p"])
        if hour is None:
            return None
        first = hour / 3600.0
    short = third is None and (part is not None or unit == "min:s")  # 59:30.5 is minutes and seconds
    seconds = first * 60 + second if short else first * 3600 + second * 60 + float(third or 0)
    seconds += float(match["d"] or 0) * _SECONDS["d"] + float(f"0.{part or 0}")
    return -seconds if match["sign"] else seconds


def _half(hour: str, part: str) -> float | None:
    """Return the seconds of an hour before or after noon."""
    if not 1 <= int(hour) <= 12:
        return None
    return (int(hour) % 12 + 12 * (part[0] in "Pp")) * 3600.0


def clock_style(texts: Sequence[str]) -> str | None:
    """Return the unit of a column of times, None where these are none.

    Parameters
    ----------
    texts : sequence of str
        Distinct cleaned texts.

    Examples
    --------
    >>> clock_style(["10:30", "24:00"]), clock_style(["59:30", "1:02:03"]), clock_style(["5 min", "10 min"])
    ('h:min:s', 'min:s', None)
    """
    few = texts[:: max(1, len(texts) // 30)]
    if sum(read_clock(t, CLOCKS[0]) is not None for t in few) < 0.5 * len(few):
        return None
    read = [t for t in texts if read_clock(t, CLOCKS[0]) is not None]
    # "5 min" and "10 min" alone are numbers with a unit
    if len(read) < _LEAST_SHARE * len(texts) or not any(_has_parts(t) for t in read):
        return None
    two = [int(t.split(":")[0]) for t in read if re.fullmatch("[0-9]+:[0-9]{2}", t)]
    three = any(t.count(":") == 2 for t in read)
    return CLOCKS[1] if three and two and max(two) >= 24 else CLOCKS[0]


def _has_parts(text: str) -> bool:
    """Tell whether a time has several parts, or is an hour before or after noon."""
    return ":" in text or text[0] == "P" or len(re.findall("[0-9]+", text)) > 1 or bool(_HALF.fullmatch(text))


def read_clocks(texts: pa.Array) -> NDArray[np.float64]:
    """Read the commonest form, h:mm:ss, by the million; NaN for all others. Shape (n,)."""
    parts = pc.extract_regex(texts, pattern="^(?P<h>[0-9]{1,6}):(?P<m>[0-5][0-9]):(?P<s>[0-5][0-9])$")

    def number(name: str) -> NDArray[np.float64]:
        cast = pc.cast(pc.struct_field(parts, name), pa.float64())
        return np.asarray(cast.to_numpy(zero_copy_only=False), dtype=np.float64)

    return number("h") * 3600 + number("m") * 60 + number("s")
