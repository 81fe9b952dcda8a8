"""Seasonal patterns of many series at once, drawn towards none where they are not clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["moving_mean", "seasonal_pattern", "usable_season"]

FloatArray = NDArray[np.float64]


def usable_season(seasons: tuple[int, ...], width: int, cycles: float = 2.0) -> int:
    """Return the first season of which a series of some width holds enough cycles; 1 where it holds none."""
    return next((season for season in seasons if 1 < season and cycles * season <= width), 1)


def moving_mean(values: FloatArray, season: int) -> FloatArray:
    """Return the centred mean over one season, shape (n_series, n_steps); NaN where it would reach over an end.

    Examples
    --------
    >>> moving_mean(np.array([[1.0, 3.0, 1.0, 3.0, 1.0]]), 2).tolist()
    [[nan, 2.0, 2.0, 2.0, nan]]
    """
    half = season // 2
    series, width = values.shape
    if width < 2 * half + 1:
        return np.full_like(values, np.nan)
    there = np.isfinite(values)
    sums = np.concatenate([np.zeros((series, 1)), np.cumsum(np.where(there, values, 0.0), axis=1)], axis=1)
    begins = np.where(there.any(axis=1), there.argmax(axis=1), width)
    inner = sums[:, 2 * half + 1 :] - sums[:, : -2 * half - 1]  # over 2 * half + 1 values
    if season % 2 == 0:
        ends = np.where(there, values, 0.0)
        inner = inner - 0.5 * (ends[:, : -2 * half] + ends[:, 2 * half :])
    result = np.full_like(values, np.nan)
    result[:, half : width - half] = inner / season
    result[np.arange(width) < begins[:, None] + half] = np.nan
    return result


def seasonal_pattern(values: FloatArray, season: int) -> FloatArray:
    """Return what each place of the season adds to the level, shape (n_series, season), the next step's place first.

    The classical decomposition, with the pattern drawn towards nought by the part of its variance that noise explains
    (Miller and Williams 2003): a series without a season keeps almost nothing of it.

    Parameters
    ----------
    values : ndarray of shape (n_series, n_steps)
        NaN before a series begins.
    season : int
        Steps; more than 1.

    Examples
    --------
    >>> seasonal_pattern(np.tile([1.0, 3.0], (1, 8)), 2).round(2).tolist()
    [[-1.0, 1.0]]
    """
    series, width = values.shape
    apart = values - moving_mean(values, season)
    cycles = -(-width // season)
    padded = np.full((series, cycles * season), np.nan)
    padded[:, cycles * season - width :] = apart
    by_place = padded.reshape(series, cycles, season)
    known = np.isfinite(by_place)
    number = known.sum(axis=1)
    mean = np.where(known, by_place, 0.0).sum(axis=1) / np.maximum(number, 1)
    rest = np.where(known, by_place - mean[:, None], 0.0)
    mean = np.where(number > 0, mean, 0.0)
    mean = mean - mean.mean(axis=1, keepdims=True)
    total = number.sum(axis=1)
    noise = (rest**2).sum(axis=(1, 2)) / np.maximum(total - season, 1)
    of_mean = noise * season / np.maximum(total, 1)
    seen = (mean**2).sum(axis=1) / max(1, season - 1)
    kept = np.clip(1.0 - of_mean / np.where(seen > 0, seen, 1.0), 0.0, 1.0)
    kept = np.where((total > season) & (number.min(axis=1) > 0), kept, 0.0)
    return mean * kept[:, None]
