"""Axes of the report's pictures: where a value stands between 0 and 1, and which values get a label."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from journeyman.reports.words import number, percent

__all__ = ["Scale", "Tick", "date_scale", "date_text", "linear_scale", "share_scale"]

Tick = tuple[float, str]


@dataclass(frozen=True)
class Scale:
    """An axis.

    Attributes
    ----------
    low, high : float
        Ends.
    label : str
        Title, with its unit.
    ticks : tuple of (float, str)
        Labelled values inside the ends.
    """

    low: float
    high: float
    label: str
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """Return where a value stands, 0 at the low end; values beyond an end stand on it.

        Examples
        --------
        >>> share_scale("share").at(0.25), share_scale("share").at(7)
        (0.25, 1.0)
        """
        if self.high <= self.low or not math.isfinite(value):
            return 0.5
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


def _step(width: float, steps: int) -> float:
    """Return the smallest of 1, 2, 2.5, 5 x 10^k that covers ``width`` in at most so many steps."""
    raw = width / steps
    power = 10.0 ** math.floor(math.log10(raw))
    return next(m * power for m in (1.0, 2.0, 2.5, 5.0, 10.0) if m * power >= raw * (1 - 1e-9))


def _short(value: float, step: float) -> str:
    """Say a tick with just the decimals that its step needs."""
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size and step >= size / 100 and (size > 1e3 or abs(value) >= 1e4):
            return number(value / size) + sign
    if step < 1e-9 or (value != 0 and not 1e-4 <= abs(value) < 1e9):
        return f"{value:.3g}"
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    if round(step * 10**places, 6) != round(step * 10**places):
        places += 1
    return f"{value:,.{places}f}"


def linear_scale(
    low: float, high: float, label: str, *, steps: int = 5, zero: bool = False, as_percent: bool = False
) -> Scale:
    """Return an axis that ends on round values.

    Parameters
    ----------
    low, high : float
        What must be shown.
    label : str
        Title.
    steps : int
        Labels at most, roughly.
    zero : bool
        Whether 0 must be shown.
    as_percent : bool
        Whether labels are percentages.

    Examples
    --------
    >>> linear_scale(0.03, 0.97, "x").ticks[1]
    (0.2, '0.2')
    >>> [text for _, text in linear_scale(0, 48000, "rows", steps=4).ticks]
    ['0', '20k', '40k', '60k']
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        low, high = 0.0, 1.0
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if high - low <= max(1e-12 * max(abs(low), abs(high)), 1e-300):
        pad = abs(low) * 0.1 or 1.0
        low, high = (low - pad, high + pad) if not zero or low else (0.0, 1.0)
    step = _step(high - low, steps)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    values = [round(k * step, 3 - math.floor(math.log10(step))) for k in range(first, last + 1)]
    say: Callable[[float], str] = (lambda v: percent(v, 3)) if as_percent else (lambda v: _short(v, step))
    return Scale(values[0], values[-1], label, tuple((v, say(v)) for v in values))


def share_scale(label: str) -> Scale:
    """Return an axis from 0 to 100 %."""
    return Scale(0.0, 1.0, label, ((0, "0%"), (0.25, "25%"), (0.5, "50%"), (0.75, "75%"), (1, "100%")))


def date_text(seconds: float, span: float) -> str:
    """Say a moment as exactly as a span of so many seconds asks for.

    Examples
    --------
    >>> date_text(0, 4e8), date_text(0, 1e7), date_text(0, 3600)
    ('1970', '1 Jan 1970', '1 Jan 00:00')
    """
    # Not fromtimestamp: it refuses years that a dirty date column can hold on some platforms.
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        return number(seconds)
    day = f"{moment.day} {moment:%b}"
    if span > 6 * 365 * 86400:
        return f"{moment.year}"
    if span > 400 * 86400:
        return f"{moment:%b} {moment.year}"
    return f"{day} {moment.year}" if span > 3 * 86400 else f"{day} {moment:%H:%M}"


def date_scale(low: float, high: float, label: str) -> Scale:
    """Return an axis for seconds since 1970, labelled as dates.

    Examples
    --------
    >>> [text for _, text in date_scale(0, 40 * 365.25 * 86400, "day").ticks]
    ['1970', '1980', '1990', '2000', '2010']
    """
    if high <= low:
        low, high = low - 43200, high + 43200
    year = 365.25 * 86400
    if high - low > 6 * year:
        step = max(1, round(_step((high - low) / year, 4)))
        first, last = math.ceil(low / year / step - 1e-3), math.floor(high / year / step + 1e-3)
        values: Sequence[float] = [k * step * year + 43200 for k in range(first, last + 1)]
    else:
        values = [low + (high - low) * k / 3 for k in range(4)]
    inside = [min(max(v, low), high) for v in values]
    return Scale(low, high, label, tuple((v, date_text(v, high - low)) for v in inside))
