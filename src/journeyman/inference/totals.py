"""Forecasts of sums of series: bottom-up, so that parts always add up to the whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import Panel
from journeyman.errors import SettingsError
from journeyman.inference.following import Forecasts
from journeyman.transformers.series import SeriesStep

__all__ = ["EVERYTHING", "total_forecasts"]

FloatArray = NDArray[np.float64]
EVERYTHING = "all"
"""What stands for the sum of all series, unless a column is called so."""
_FEWEST = 8  # changes from which it is told how far series go together


def total_forecasts(
    forecasts: Forecasts, step: SeriesStep, panel: Panel, names: Sequence[str], columns: Sequence[str]
) -> Forecasts:
    """Return the sums of forecasts over all series that some columns do not tell apart, a row a total and time.

    Medians are added up. The interval of a sum is the root of the summed squares of its parts' widths, times how much
    further the sum has moved in the past than independent series would have: the variance of its changes over a season
    over the sum of its parts' variances.

    Parameters
    ----------
    step : SeriesStep
        Of the release: the history tells how far series go together.
    names : sequence of str
        Of the outputs: levels of quantiles, and "scale".
    columns : sequence of str
        Among those that tell series apart; ``EVERYTHING`` alone for one sum of all.

    Raises
    ------
    SettingsError
        Where a column tells no series apart.
    """
    wanted = () if list(columns) == [EVERYTHING] and EVERYTHING not in step.series else tuple(columns)
    for name in wanted:
        if name not in step.series:
            have = ", ".join(step.series)
            hint = f"name some of {have}, or {EVERYTHING}" if have else "leave it out: there is one series"
            raise SettingsError(f"--total {name}: {name!r} does not tell series apart", hint=hint)
    rows = forecasts.rows.reset_index(drop=True)
    keys = [*wanted, *step.times]
    code = rows.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
    first = np.unique(code, return_index=True)[1]
    rank = np.argsort(np.argsort(first))
    code, first = rank[code], np.sort(first)
    series = step.rows_of(forecasts.block)
    group = rows.groupby(list(wanted), sort=False, dropna=False).ngroup().to_numpy() if wanted else np.zeros(len(rows))
    known = {
        k: _together(step.values[np.unique(series[(group == k) & (series >= 0)])], panel) for k in np.unique(group)
    }
    factor = np.array([known[k] for k in group[first]])
    levels = np.array([k for k, name in enumerate(names) if name != "scale"])
    median = np.bincount(code, forecasts.answers[:, 0])
    answers = np.empty((len(first), len(names)))
    for place, name in enumerate(names):
        own = forecasts.answers[:, place]
        if place not in levels:
            answers[:, place] = np.bincount(code, own)
            continue
        width = np.sqrt(factor * np.bincount(code, (own - forecasts.answers[:, 0]) ** 2))
        answers[:, place] = median + (np.sign(float(name) - 0.5) * width)
    if panel.counts:
        answers[:, levels] = np.maximum(answers[:, levels], 0.0)
    block = {name: values[first] for name, values in forecasts.block.items()}
    return Forecasts(rows.iloc[first][keys].reset_index(drop=True), block, answers)


def _together(values: FloatArray, panel: Panel) -> float:
    """Return how much more a sum of series varies than if each went its own way: 1 to their number."""
    number = len(values)
    if number < 2:
        return 1.0
    season = panel.seasons[0] if panel.seasons and values.shape[1] > panel.seasons[0] + _FEWEST else 1
    moved = values[:, season:] - values[:, :-season]
    whole = moved[:, np.isfinite(moved).all(axis=0)]
    if whole.shape[1] < _FEWEST:
        return float(number)
    apart = float(whole.var(axis=1).sum())
    return float(np.clip(whole.sum(axis=0).var() / apart, 1.0, number)) if apart > 0 else 1.0
