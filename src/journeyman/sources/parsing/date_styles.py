"""Which formats a column of dates is written in: day or month first, which century, mixed or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from journeyman.sources.parsing.dates import read_date, readable_by

__all__ = ["DateStyle", "date_style"]

_MOST_FORMATS = 8
_LATEST_SHORT_YEAR = 40
_OLD_CENTURY = 1969
_MIN_GAP = 10


@dataclass(frozen=True)
class DateStyle:
    """How the dates of a column are written.

    Attributes
    ----------
    formats : tuple of str
        Formats in the order in which they are tried.
    century : int
        First of the hundred years that two-digit years mean.
    readable : int
        How many of the given texts are read.
    ambiguous : bool
        Whether no value says which of day and month comes first.
    contradictory : bool
        Whether some values can only be day-first and others only month-first.
    """

    formats: tuple[str, ...]
    century: int
    readable: int
    ambiguous: bool
    contradictory: bool


def _other(form: str) -> str | None:
    """Return the format with day and month exchanged, where both are numbers; None otherwise."""
    if "%d" in form and "%m" in form and not form.startswith("%Y"):
        return form.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    return None


def date_style(texts: Sequence[str]) -> DateStyle:
    """Decide the formats of a column from distinct cleaned texts, given in the order of the rows.

    A value above 12 decides which of day and month comes first. Where none does, the order that makes the rows run in
    time is taken, and day-first when that says nothing either, unless the separator is "/" (month-first).

    Examples
    --------
    >>> date_style(["1/2/2020", "13/2/2020"]).formats
    ('%d/%m/%Y',)
    >>> date_style(["2020-01-02", "3 May 2021"]).formats
    ('%Y-%m-%d', '%d %b %Y')
    """
    reads = [readable_by(t) for t in texts]
    todo = [r for r in reads if r]
    chosen: list[str] = []
    ambiguous = contradictory = False
    while todo and len(chosen) < _MOST_FORMATS:
        counts = Counter(f for r in todo for f in r)
        best = min(counts, key=lambda f: (-counts[f], f))
        other = _other(best)
        if other is not None and other in counts:
            if counts[other] == counts[best]:
                ambiguous = True
                best = _by_order(texts, best, other)
            else:
                contradictory = contradictory or any(other in r and best not in r for r in todo)
        chosen.append(best)
        todo = [r for r in todo if best not in r]
    century = _century([t for t, r in zip(texts, reads, strict=True) if r], chosen)
    readable = sum(any(f in r for f in chosen) for r in reads)
    return DateStyle(tuple(chosen), century, readable, ambiguous, contradictory)


def _by_order(texts: Sequence[str], one: str, two: str) -> str:
    """Choose between two formats that read the same values."""
    steps: dict[str, float] = {}
    for form in (one, two):
        values = [v for v in (read_date(t, (form,), _OLD_CENTURY) for t in texts) if v is not None]
        pairs = list(pairwise(values))
        rising = sum(b >= a for a, b in pairs)
        steps[form] = max(rising, len(pairs) - rising) / max(len(pairs), 1)
    first, second = sorted((one, two))
    better, worse = max(steps.values()), min(steps.values())
    if better - worse > 0.2 or (better > 0.97 and better - worse > 0.02):
        return max(first, second, key=lambda f: steps[f])
    slash = "/" in one
    return next(f for f in (first, second) if (f.index("%m") < f.index("%d")) == slash)


def _century(texts: Sequence[str], formats: Sequence[str]) -> int:
    """Return the first of the hundred years meant, by cutting the circle of two-digit years at its widest gap."""
    short = tuple(f for f in formats if "%y" in f)
    if not short:
        return _OLD_CENTURY
    years = sorted({_year(v) % 100 for v in (read_date(t, short, _OLD_CENTURY) for t in texts) if v is not None})
    if not years:
        return _OLD_CENTURY
    gaps = [(b - a) % 100 or 100 for a, b in zip(years, years[1:] + years[:1], strict=True)]
    widest = max(range(len(gaps)), key=lambda i: gaps[i])
    if gaps[widest] < _MIN_GAP:
        return _OLD_CENTURY
    last = years[widest]
    return (2000 if last <= _LATEST_SHORT_YEAR else 1900) + last - 99


def _year(micros: int) -> int:
    # The mean length of a Gregorian year is near enough, but for the days around the new year: shift to mid-year first.
    return 1970 + round((micros / 1e6 / 86_400 - 182) / 365.2425)
