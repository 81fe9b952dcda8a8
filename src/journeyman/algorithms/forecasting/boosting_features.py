"""What trees are shown of a step ahead: the season before it, what the series did last, and the calendar."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.past import Past
from journeyman.algorithms.forecasting.scale import own_scale
from journeyman.entities.panel import Calendar, StepUnit

__all__ = ["FeatureMaker", "calendar_features", "scales_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_CYCLES = 3
_LONG = 24  # steps: of longer seasons, neighbouring steps are averaged, too
_NEAR = 2
_SPANS = (3, 7, 28)  # steps that last values are averaged over
_DAY = 86_400.0


class FeatureMaker(msgspec.Struct, frozen=True):
    """Features of steps ahead, all of them differences in units of the series' scale, or of the calendar.

    Attributes
    ----------
    season : int
        Steps before which stands what a step is compared with; 1 is the mean of the last values.
    seasons : tuple of int
        Whose values before are shown.
    span : int
        Steps that the level is the mean of.
    known : int
        Columns that are known ahead.
    codes : tuple of int
        Which of these hold codes of categories.
    """

    season: int
    seasons: tuple[int, ...]
    span: int
    known: int
    codes: tuple[int, ...]

    @staticmethod
    def of(past: Past, season: int) -> FeatureMaker:
        """Return what suits series and a season."""
        usable = tuple(s for s in past.panel.seasons if s > 1 and 2 * s <= past.raw.shape[1])[:3]
        span = min(season, 48) if season > 1 else 3
        return FeatureMaker(season, usable, span, past.known.shape[2], past.categorical)

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of features that hold codes."""
        return tuple(1 + code for code in self.codes)

    def features(
        self, past: Past, values: FloatArray, where: tuple[IntArray, IntArray, IntArray]
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return features, what each step is compared with, and the units of differences.

        Parameters
        ----------
        past : Past
            The series.
        values : ndarray of shape (n_series, n_steps)
            Its values without gaps.
        where : tuple of ndarrays of shape (n_samples,)
            Rows of series, columns of origins, and steps ahead.

        Returns
        -------
        x : ndarray of shape (n_samples, n_features)
            The first is the number of steps ahead.
        base, unit : ndarrays of shape (n_samples,)
        """
        rows, origins, steps = where
        unit = scales_of(past)[rows]
        sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(np.nan_to_num(values), axis=1)], axis=1)
        begun = np.isfinite(values).argmax(axis=1)[rows]

        def at(columns: IntArray) -> FloatArray:
            return np.where(columns >= begun, values[rows, np.clip(columns, 0, values.shape[1] - 1)], np.nan)

        def mean(ends: IntArray, size: int) -> FloatArray:
            """Return the mean of values up to a column; fewer where the series begins inside."""
            first = np.maximum(ends + 1 - size, begun)
            number = ends + 1 - first
            total = sums[rows, np.clip(ends + 1, 0, values.shape[1])] - sums[rows, np.clip(first, 0, values.shape[1])]
            return np.where(number > 0, total / np.maximum(number, 1), np.nan)

        level = mean(origins, self.span)
        last = at(origins)
        base = level if self.season == 1 else at(_before(origins, steps, self.season, 1))
        base = np.where(np.isfinite(base), base, last)
        columns = [(mean(origins, size) - level) for size in _SPANS]
        columns += [last - level, at(origins - 1) - level, mean(origins, 4 * self.span) - level]
        for season in self.seasons:
            each = [at(_before(origins, steps, season, cycle)) for cycle in range(1, _CYCLES + 1)]
            cycles = np.array(each)
            there = np.isfinite(cycles)
            middle = np.where(there, cycles, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
            columns += [each[0] - base, each[1] - base, np.where(there.any(axis=0), middle - base, np.nan)]
            columns += [last - at(origins - season), level - mean(origins - season, self.span)]
            columns.append(mean(origins, 3) - mean(origins - season, 3))
            if season >= _LONG:
                place = np.minimum(_before(origins, steps, season, 1) + _NEAR, origins)
                columns.append(mean(place, 2 * _NEAR + 1) - base)
        columns.append(level - base)
        shown = [column / unit for column in columns]
        shown.append(level / unit)
        target = past.last[rows] - (past.raw.shape[1] - 1 - origins) + steps
        known = past.known[rows, np.clip(origins + steps, 0, past.known.shape[1] - 1)] if self.known else None
        parts = [steps.astype(np.float64)[:, None]]
        parts += [known[:, : self.known]] if known is not None else []
        calendar = calendar_features(past.panel.calendar, target, self.seasons)
        return np.column_stack([*parts, *shown, calendar]), base, unit


def _before(origins: IntArray, steps: IntArray, season: int, cycle: int) -> IntArray:
    """Return columns at the same place of the season, so many cycles before, at the origin or before it."""
    return np.asarray(origins + steps - season * (-(-steps // season) + cycle - 1))


def scales_of(past: Past) -> FloatArray:
    """Return the scale of each series, 1 where it is flat."""
    scale = own_scale(past.raw, past.panel.seasons)
    size = np.abs(np.where(np.isfinite(past.raw), past.raw, 0.0)).max(axis=1)
    return np.where(scale > 0, scale, np.where(size > 0, size, 1.0))


def calendar_features(calendar: Calendar, steps: IntArray, seasons: tuple[int, ...]) -> FloatArray:
    """Return what a calendar says of steps, shape (n_samples, n_features): places in the year, week, day and seasons.

    Examples
    --------
    >>> calendar_features(Calendar(StepUnit.MONTH, 1, 0), np.array([0, 13]), (12,)).tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    columns = [np.mod(steps, season).astype(np.float64) for season in seasons]
    if calendar.unit not in (StepUnit.NUMBER, StepUnit.ROW):
        distinct, place = np.unique(steps, return_inverse=True)
        seconds = calendar.times(distinct)
        days = np.floor(seconds / _DAY)
        date = days.astype(np.int64).astype("datetime64[D]")
        month = date.astype("datetime64[M]")
        said = [np.mod(month.astype(np.int64), 12).astype(np.float64)]
        if calendar.unit is not StepUnit.MONTH:
            in_year = (date - date.astype("datetime64[Y]")).astype(np.int64).astype(np.float64)
            in_month = (date - month).astype(np.int64).astype(np.float64)
            said += [in_year, in_month, np.mod(days + 3, 7)]
            if calendar.unit is StepUnit.SECOND and calendar.size < _DAY:
                said.append(seconds - days * _DAY)
        columns += [values[place] for values in said]
    return np.column_stack(columns) if columns else np.empty((len(steps), 0))
