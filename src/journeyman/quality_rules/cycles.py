"""Traces of a clock in a series: spectral lines and echoes at calendar periods, calendar values that tick."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["calendar_cycle", "forward_share", "lag_one", "month_numbers", "sorted_stretches"]

FloatArray = NDArray[np.float64]

_PERIODS = np.array([7.0, 12.0, 24.0, 48.0, 52.18, 96.0, 144.0, 168.0, 288.0, 336.0, 365.25, 1440.0, 8766.0])
_ECHOES = (24, 48)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def lag_one(values: FloatArray) -> float:
    """Return the correlation of a standardised series with itself one row on.

    Examples
    --------
    >>> round(lag_one(np.array([1.0, 1.0, -1.0, -1.0])), 2)
    0.33
    """
    return float(np.mean(values[1:] * values[:-1])) if len(values) > 1 else 0.0


def calendar_cycle(values: FloatArray) -> float | None:
    """Return the calendar period, in rows, at which a standardised series repeats, or None.

    A spectral line must stand thirty times above the noise around it (local median of the periodogram; under noise
    ordinates are exponential, Percival & Walden 1993, ch. 6); where rows are lost now and then, a line smears, and
    the echo in the autocorrelation at 24 or 48 rows counts instead.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> hours = np.arange(2400)
    >>> wave = np.sin(2 * np.pi * hours / 24) + rng.normal(size=2400)
    >>> calendar_cycle((wave - wave.mean()) / wave.std())
    24.0
    >>> calendar_cycle(rng.normal(size=2400)) is None
    True
    """
    n = len(values)
    if n < 100 or lag_one(values) < 0.2:
        return None
    rising = float(np.mean(np.diff(values) >= 0))
    if rising > 0.9 or rising < 0.1:  # sorted stretches repeat too, but no clock made them
        return None
    line = _line(values, n)
    return (line or None) if line is not None else _echo(values, n)


def _line(values: FloatArray, n: int) -> float | None:
    """Return the period of the strongest line; 0 where that is no calendar period, None where there is no line."""
    power = np.abs(np.fft.rfft(values * np.hanning(n)))[1:] ** 2
    width = max(25, len(power) // 50)
    around = pd.Series(power).rolling(2 * width + 1, center=True, min_periods=width).median().to_numpy() / np.log(2)
    height = power / np.maximum(around, 1e-12)
    places = np.arange(1, len(power) + 1)
    height[(places < 8) | (places > n / 3)] = 0.0
    top = int(places[np.argmax(height)])
    if height[top - 1] < 30.0:
        return None
    # The strongest line must itself be a calendar period or an overtone of one; a sawtooth of sorting has its own.
    fitting = [
        (overtone, abs(overtone * n / period - top), float(period))
        for overtone in (1, 2, 3)
        for period in _PERIODS
        if n / period >= 8 and abs(overtone * n / period - top) <= max(1.0, 0.007 * top)
    ]
    return min(fitting)[2] if fitting else 0.0


def _echo(values: FloatArray, n: int) -> float | None:
    smooth = pd.Series(values).rolling(max(97, n // 12), center=True, min_periods=1).mean().to_numpy()
    detail = values - smooth
    if lag_one(detail) < 0.5 * float(np.var(detail)):
        return None
    size = 2 ** int(np.ceil(np.log2(2 * n)))
    spectrum = np.fft.rfft(detail, size)
    echo = np.fft.irfft(spectrum * np.conj(spectrum))[:120]
    echo = echo / max(echo[0], 1e-12)
    for period in _ECHOES:
        if n < 100 * period:
            continue  # too few days to tell a clock from an arrangement of the rows
        reach = max(1, period // 20)
        peak = float(echo[period - reach : period + reach + 1].max())
        trough = float(echo[period // 4 : 3 * period // 4 + 1].min())
        early = echo[1 : 3 * period // 4]
        if float((early - np.minimum.accumulate(early)).max()) > 0.3 * (peak - trough):
            continue  # an earlier echo: the true period is shorter
        again = float(echo[2 * period - 2 * reach : 2 * period + 2 * reach + 1].max())
        trough_again = float(echo[5 * period // 4 : 7 * period // 4 + 1].min())
        if peak - trough >= 0.25 and again - trough_again >= 0.12:
            return float(period)
    return None


def sorted_stretches(values: FloatArray) -> bool:
    """Say whether a series rises (or falls) steadily through many values, again and again: sorted piece by piece.

    Examples
    --------
    >>> sorted_stretches(np.tile(np.arange(150.0), 10)), sorted_stretches(np.arange(1500.0))
    (True, False)
    """
    steps = np.diff(values[np.isfinite(values)])
    steps = steps[steps != 0]
    if len(steps) < 100 or len(np.unique(values)) < 100:
        return False
    rising = float(np.mean(steps > 0))
    turns = round(min(rising, 1.0 - rising) * len(steps))
    return (rising > 0.9 or rising < 0.1) and turns >= 5


def month_numbers(values: pd.Series) -> FloatArray | None:
    """Return names of months or weekdays as numbers, or None where a column holds other names too.

    Examples
    --------
    >>> months = pd.Series(pd.Categorical(["may", "June", "jul", "aug", "sep", "oct"]))
    >>> month_numbers(months)
    array([ 5.,  6.,  7.,  8.,  9., 10.])
    >>> month_numbers(pd.Series(pd.Categorical(["red", "may"]))) is None
    True
    """
    names = [str(c).strip().lower()[:3] for c in values.cat.categories]
    for calendar, fewest in ((_MONTHS, 6), (_DAYS, 5)):
        if len(set(names)) >= fewest and set(names) <= set(calendar):
            numbers = np.array([calendar.index(name) + 1.0 for name in names] + [np.nan])
            found: FloatArray = numbers[values.cat.codes.to_numpy()]
            return found
    return None


def forward_share(values: FloatArray) -> float:
    """Return the share of changes that go forward a little or wrap around from the end to the start.

    0 where the column changes fewer than ten times or never wraps: then it is sorted, which proves no clock.

    Examples
    --------
    >>> forward_share(np.tile(np.arange(24.0), 5))
    1.0
    >>> forward_share(np.arange(100.0))
    0.0
    """
    known = values[np.isfinite(values)]
    if len(known) < 0.95 * len(values) or len(known) < 30:
        return 0.0
    steps = np.diff(known)
    steps = steps[steps != 0]
    span = float(np.ptp(known))
    if len(steps) < 10 or span == 0:
        return 0.0
    forward = (steps > 0) & (steps <= 0.2 * span)
    wraps = steps <= -0.5 * span
    if not wraps.any() or wraps.sum() > 0.34 * len(steps):
        return 0.0
    return float((forward | wraps).mean())
