"""Seasonal patterns of many series at once, drawn towards none where they are not clear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["moving_mean", "seasonal_pattern", "smooth_pattern", "without_seasons"]

FloatArray = NDArray[np.float64]
_LONG = 24  # steps: patterns of longer seasons may be smooth
_REACHES = (2, 7, 20)  # steps that are averaged over


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
    return np.asarray(mean * kept[:, None])


def without_seasons(values: FloatArray, seasons: tuple[int, ...], steps: int) -> tuple[FloatArray, FloatArray]:
    """Return series without the patterns of all seasons, and what the patterns add to the next steps.

    Parameters
    ----------
    values : ndarray of shape (n_series, n_steps)
        NaN before a series begins.
    seasons : tuple of int
        Those of which the longest series holds fewer than two cycles are left out.
    steps : int
        Ahead.

    Returns
    -------
    rest : ndarray of shape (n_series, n_steps)
    ahead : ndarray of shape (n_series, steps)
    """
    width = values.shape[1]
    ahead = np.zeros((len(values), steps))
    for season in sorted(season for season in seasons if 1 < season <= width / 2):
        pattern = smooth_pattern(values, season)
        values = values - pattern[:, (np.arange(width) - width) % season]
        ahead += pattern[:, np.arange(steps) % season]
    return values, ahead


def smooth_pattern(values: FloatArray, season: int) -> FloatArray:
    """Return the pattern of a season, long ones smoothed over neighbouring places as far as it helps.

    How far is chosen by how well the pattern of all other cycles says each cycle, for each series.
    """
    plain = seasonal_pattern(values, season)
    if season < _LONG:
        return plain
    series, width = values.shape
    apart = values - moving_mean(values, season)
    cycles = width // season
    by_place = apart[:, width - cycles * season :].reshape(series, cycles, season)
    known = np.isfinite(by_place)
    filled = np.where(known, by_place, 0.0)
    number = known.sum(axis=1)
    best, least = plain, np.full(series, np.inf)
    for reach in (0, *(r for r in _REACHES if r * 6 <= season)):
        kernel = _circular(season, reach)
        total, weight = filled.sum(axis=1), number.astype(np.float64)
        error = np.zeros(series)
        for cycle in range(cycles):
            others = (total - filled[:, cycle]) @ kernel
            counted = (weight - known[:, cycle]) @ kernel
            error += np.where(
                known[:, cycle] & (counted > 1e-9), (filled[:, cycle] - others / np.maximum(counted, 1e-9)) ** 2, 0.0
            ).sum(axis=1)
        smoothed = (total @ kernel) / np.maximum(weight @ kernel, 1e-9)
        smoothed = smoothed - smoothed.mean(axis=1, keepdims=True)
        if reach:
            best = np.where((error < least)[:, None], smoothed, best)
        least = np.minimum(least, error)
    nothing = np.where(known, filled**2, 0.0).sum(axis=(1, 2))
    return np.where(
        (least < nothing)[:, None], best, 0.0
    )  # a pattern that says left-out cycles worse than none is none


def _circular(season: int, reach: int) -> FloatArray:
    """Return weights of places around each place, shape (season, season)."""
    if reach == 0:
        return np.eye(season)
    places = np.arange(season)
    apart = np.abs(places[:, None] - places)
    return np.asarray(np.exp(-0.5 * (np.minimum(apart, season - apart) / reach) ** 2))
