"""After how many steps values of series repeat."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import Calendar, History, StepUnit
from journeyman.panels.moments import Moments, hidden_season

__all__ = ["calendar_seasons", "find_seasons", "seasonal_error"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_DAY = 86_400.0
_YEAR = 365.25 * _DAY
_MULTIPLES = (2, 3, 4, 5, 7, 12, 24, 52)
_MUCH_BETTER = 0.8  # of the error after one season: a longer season that is less telling is the same one twice
_MOST_SERIES = 200
_MOST_CELLS = 2_000_000
_MOST = 3
_LEAST_CYCLE = 3  # seasons
_CORRELATED, _SURE, _AS_HIGH = 0.3, 4.0, 0.85
_NEIGHBOURS = 16
_LEAST_PART = 4


def calendar_seasons(calendar: Calendar) -> tuple[int, ...]:
    """Return the seasons that a calendar has, in steps, the shortest first.

    Examples
    --------
    >>> calendar_seasons(Calendar(StepUnit.MONTH, 3, 0.0))
    (4,)
    >>> calendar_seasons(Calendar(StepUnit.SECOND, 1_800.0, 0.0))
    (48, 336)
    >>> calendar_seasons(Calendar(StepUnit.SECOND, 86_400.0, 0.0))
    (7, 365)
    """
    size = calendar.size
    if calendar.unit is StepUnit.MONTH:
        found = [12 / size]
    elif calendar.unit is StepUnit.WORKDAY:
        found = [5 / size, 261 / size]
    elif calendar.unit is StepUnit.SECOND and size >= _DAY:
        found = [7 * _DAY / size, round(_YEAR / size - 0.01)]
    elif calendar.unit is StepUnit.SECOND:
        found = [3_600 / size if size < 60 else 0, _DAY / size, 7 * _DAY / size]
    else:
        found = []
    return tuple(int(lag) for lag in found if lag >= 2 and float(lag).is_integer())


def find_seasons(history: History, calendar: Calendar) -> tuple[int, ...]:
    """Return at most three seasons, the most telling first.

    Those of the calendar that the history holds twice, and one that it shows itself (the autocorrelation of changes),
    with a multiple of it that is much more telling: a week of half-hours beside a day. A cycle of whole seasons of the
    calendar, such as the eleven years of sunspots, is looked for in their means.

    Parameters
    ----------
    history : History
        Of all series; of many, some are looked at.

    Examples
    --------
    >>> steps = np.arange(240)
    >>> values = 10 + np.sin(steps * 2 * np.pi / 12)[None, :]
    >>> find_seasons(History(values, 0, np.empty((1, 240, 0))), Calendar(StepUnit.NUMBER, 1.0, 0.0))
    (12,)
    """
    values = _sample_series(history.values)
    longest = _longest(values)
    by_calendar = [lag for lag in calendar_seasons(calendar) if 2 * lag <= longest]
    found = dict.fromkeys(by_calendar)
    hidden = _hidden(values)
    if (
        hidden is not None
        and 2 * hidden <= longest
        and not _near_one(hidden, by_calendar)
        and _stands_out(values, hidden)
    ):
        base = seasonal_error(values, hidden)
        if all(base < _MUCH_BETTER * seasonal_error(values, lag) for lag in by_calendar):
            found[hidden] = None
            if not by_calendar:
                found |= dict.fromkeys((*_longer(values, hidden, base, longest), *_shorter(values, hidden)))
    for lag in by_calendar[:1]:
        cycle = _cycle(values, lag)
        if cycle is not None and 3 * cycle <= longest and not _near_one(cycle, by_calendar[1:]):
            apart = seasonal_error(values, cycle // 2)  # where a cycle's highs meet its lows
            if seasonal_error(values, cycle) < _MUCH_BETTER * apart:
                found[cycle] = None
    ranked = sorted(found, key=lambda lag: (round(seasonal_error(values, lag), 6), lag))
    return tuple(ranked[:_MOST])


def seasonal_error(values: FloatArray, lag: int) -> float:
    """Return how far values are from those ``lag`` steps before, over the same for one step; infinite where unknown.

    Parameters
    ----------
    values : ndarray of shape (n_series, n_steps)
        NaN where there is none.

    Returns
    -------
    float
        The median over series of the ratio of mean absolute differences.

    Examples
    --------
    >>> seasonal_error(np.array([[1.0, 2.0, 1.0, 2.0, 1.0, 2.0]]), 2)
    0.0
    """
    errors, base = _mean_change(values, lag), _mean_change(values, 1)
    known = np.isfinite(errors) & (base > 0)
    return float(np.median(errors[known] / base[known])) if known.any() else float("inf")


def _mean_change(values: FloatArray, lag: int) -> FloatArray:
    if values.shape[1] <= lag:
        return np.full(len(values), np.nan)
    apart = np.abs(values[:, lag:] - values[:, :-lag])
    known = np.isfinite(apart)
    counts = known.sum(axis=1)
    return np.where(counts > 0, np.where(known, apart, 0.0).sum(axis=1) / np.maximum(counts, 1), np.nan)


def _sample_series(values: FloatArray) -> FloatArray:
    """Return some series, evenly chosen: seasons of ten thousand series are those of two hundred."""
    most = max(1, min(_MOST_SERIES, _MOST_CELLS // max(1, values.shape[1])))
    return values if len(values) <= most else values[np.linspace(0, len(values) - 1, most).astype(np.int64)]


def _longest(values: FloatArray) -> int:
    there = np.isfinite(values)
    return int(there.sum(axis=1).max(initial=0))


def _hidden(values: FloatArray) -> int | None:
    """Return the lag at which the mean of all series, each on its own scale, goes along with itself."""
    centred = (
        values - np.nanmean(np.where(np.isfinite(values).any(axis=1, keepdims=True), values, 0.0), axis=1)[:, None]
    )
    known = np.isfinite(centred)
    spread = np.sqrt(np.square(np.where(known, centred, 0.0)).sum(axis=1) / np.maximum(known.sum(axis=1), 1))
    scaled = centred / np.where(spread > 0, spread, 1.0)[:, None]
    row, step = np.nonzero(np.isfinite(scaled))
    found = hidden_season(Moments(step.astype(np.int64) + 1, (), "steps"), scaled[row, step])
    return found[0][0] if found else None


def _cycle(values: FloatArray, season: int) -> int | None:
    """Return a cycle of some whole seasons that their means show."""
    seasons = values.shape[1] // season
    if seasons < 2 * _LEAST_CYCLE:
        return None
    blocks = values[:, values.shape[1] - seasons * season :].reshape(len(values), seasons, season)
    known = np.isfinite(blocks)
    counts = known.sum(axis=2)
    means = np.where(counts > 0, np.where(known, blocks, 0.0).sum(axis=2) / np.maximum(counts, 1), np.nan)
    line = means[np.isfinite(means).all(axis=1)].mean(axis=0) if np.isfinite(means).all(axis=1).any() else None
    if line is None or float(line.std()) == 0.0:
        return None
    line = line - line.mean()
    together = np.correlate(line, line, "full")[seasons - 1 :]
    together = together / together[0] * seasons / (seasons - np.arange(seasons))
    below = np.flatnonzero(together[: seasons // 2] < 0)
    if not len(below):
        return None
    rest = together[below[0] : seasons // 2]
    if rest.max() <= 0:
        return None
    near = np.flatnonzero(rest >= _AS_HIGH * rest.max())  # a cycle comes again after twice its length, too
    run = near[: 1 + int(np.argmax(np.r_[np.diff(near) > 1, True]))]
    lag = int(below[0]) + int(run[rest[run].argmax()])
    sure = together[lag] >= max(_CORRELATED, _SURE / np.sqrt(seasons))
    return lag * season if sure and lag >= _LEAST_CYCLE else None


def _longer(values: FloatArray, season: int, error: float, longest: int) -> tuple[int, ...]:
    """Return the multiple of a season that is much more telling, if any."""
    errors = {season * k: seasonal_error(values, season * k) for k in _MULTIPLES if 3 * season * k <= longest}
    best = min(errors, key=lambda lag: errors[lag], default=None)
    return (best,) if best is not None and errors[best] < _MUCH_BETTER * error else ()


def _shorter(values: FloatArray, season: int) -> tuple[int, ...]:
    """Return the part of a season after which values repeat, too, if any: a day beside a week."""
    parts = [season // k for k in _MULTIPLES if season % k == 0 and season // k >= _LEAST_PART]
    errors = {lag: seasonal_error(values, lag) for lag in parts if _stands_out(values, lag)}
    best = min(errors, key=lambda lag: errors[lag], default=None)
    return () if best is None else (best,)


def _stands_out(values: FloatArray, lag: int) -> bool:
    """Say whether values repeat after this lag far better than after others of about its length.

    Of noise, and of a random walk, they do so about as well; of fewer pairs, luck makes a greater difference.
    """
    others = np.unique(np.linspace(0.55 * lag, 1.45 * lag, _NEIGHBOURS).astype(np.int64))
    others = others[(others >= 1) & (others != lag) & (others < values.shape[1])]
    if not len(others):
        return False
    usual = float(np.median([seasonal_error(values, int(other)) for other in others]))
    pairs = int(np.isfinite(values[:, lag:] - values[:, :-lag]).sum())
    needed = max(1.0 - _MUCH_BETTER, _SURE / np.sqrt(max(1, pairs)))
    return bool(seasonal_error(values, lag) < (1.0 - needed) * usual)


def _near_one(lag: int, known: list[int]) -> bool:
    """Say whether a lag is a known season, or nearly so, or a multiple of one that is short."""
    return any(abs(lag - k * season) <= 0.02 * lag for season in known for k in (1, 2, 3, 4))
