"""Series until now as models read them: ends in one column, gaps filled from within."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import History, Panel

__all__ = ["Past", "begun", "filled"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True)
class Past:
    """Series until now, whose last values all stand in the last column.

    Attributes
    ----------
    raw : ndarray of shape (n_series, n_steps)
        Values; NaN before a series begins and in gaps.
    last : ndarray of shape (n_series,)
        The calendar's step of the last column.
    panel : Panel
        What is asked for.
    known : ndarray of shape (n_series, n_steps + n_ahead, n_known)
        Columns that are known ahead, over the steps of ``raw`` and those after them; NaN where there is none.
    categorical : tuple of int
        Which of those hold codes of categories.
    """

    raw: FloatArray
    last: IntArray
    panel: Panel
    known: FloatArray
    categorical: tuple[int, ...] = ()

    @staticmethod
    def of(history: History, panel: Panel, rows: IntArray, most: int, categorical: tuple[int, ...] = ()) -> Past:
        """Return the last steps, at most so many, of some rows of a history.

        Examples
        --------
        >>> from journeyman.entities.panel import Calendar, StepUnit
        >>> panel = Panel(Calendar(StepUnit.ROW, 1, 0), 2)
        >>> history = History(np.array([[1.0, 2.0, np.nan], [np.nan, 4.0, 5.0]]), 7, np.empty((2, 3, 0)))
        >>> past = Past.of(history, panel, np.array([0, 1]), 100)
        >>> past.raw.tolist(), past.last.tolist()
        ([[1.0, 2.0], [4.0, 5.0]], [8, 9])
        """
        own = History(history.values[rows], history.first, history.known[rows])
        last, each = own.last_steps(), np.arange(len(rows))
        ends = last - own.first  # column of the last value, -1 without one
        lengths = np.where(ends >= 0, ends + 1 - np.isfinite(own.values).argmax(axis=1), 1)
        width = int(np.clip(lengths.max(initial=1), 1, max(1, most)))
        columns = ends[:, None] - np.arange(width - 1, -1, -1)
        inside = columns >= 0
        at = np.maximum(columns, 0)
        raw = np.where(inside, own.values[each[:, None], at], np.nan)
        known = np.where(inside[:, :, None], own.known[each[:, None], at], np.nan)
        return Past(raw, last, panel, known, categorical)

    @property
    def values(self) -> FloatArray:
        """The series with their gaps filled; NaN before a series begins, and nought where it has no value at all."""
        return filled(self.raw, self.panel.seasons)

    def cut(self, steps: int) -> Past:
        """Return what was known some steps ago; columns that are known ahead stay."""
        return replace(self, raw=self.raw[:, : self.raw.shape[1] - steps], last=self.last - steps)

    def some(self, rows: IntArray | slice) -> Past:
        """Return some of the series."""
        return replace(self, raw=self.raw[rows], last=self.last[rows], known=self.known[rows])

    def recent(self, steps: int) -> Past:
        """Return the last so many steps alone."""
        spare = max(0, self.raw.shape[1] - steps)
        return replace(self, raw=self.raw[:, spare:], known=self.known[:, spare:])

    def with_ahead(self, ahead: FloatArray) -> Past:
        """Return the same with values known ahead, shape (n_series, n_ahead, n_known), after the last column."""
        known = np.concatenate([self.known[:, : self.raw.shape[1]], ahead], axis=1)
        return replace(self, known=known)


def begun(history: History) -> History:
    """Return a history that has one step at least."""
    if history.values.shape[1]:
        return history
    series = len(history.values)
    return History(np.full((series, 1), np.nan), history.first, np.full((series, 1, history.known.shape[2]), np.nan))


def filled(raw: FloatArray, seasons: tuple[int, ...]) -> FloatArray:
    """Return series whose gaps hold the value one season before, or a straight line, or after it the last value.

    Parameters
    ----------
    raw : ndarray of shape (n_series, n_steps)
        NaN before a series begins and in gaps.
    seasons : tuple of int
        The first that fits is used.

    Returns
    -------
    ndarray of shape (n_series, n_steps)
        NaN before a series begins; nought in the last column of those without a value.

    Examples
    --------
    >>> filled(np.array([[np.nan, 1.0, np.nan, 3.0, np.nan], [np.nan] * 5]), ()).tolist()
    [[nan, 1.0, 2.0, 3.0, 3.0], [nan, nan, nan, nan, 0.0]]
    """
    there = np.isfinite(raw)
    values = np.where(there, raw, np.nan)
    values[~there.any(axis=1), -1:] = 0.0
    there = np.isfinite(values)
    begun = np.maximum.accumulate(there, axis=1)
    holes = begun & ~there
    for row in np.flatnonzero(holes.any(axis=1)):  # few series have gaps
        values[row] = _bridged(values[row], holes[row], seasons)
    return values


def _bridged(values: FloatArray, holes: NDArray[np.bool_], seasons: tuple[int, ...]) -> FloatArray:
    known = np.flatnonzero(np.isfinite(values))
    straight = np.interp(np.arange(len(values)), known, values[known])
    result = np.where(holes, np.nan, values)
    season = next((season for season in seasons if 2 * season <= len(values) - known[0]), 0)
    for place in np.flatnonzero(holes):
        earlier = result[place - season] if season and place - season >= known[0] else np.nan
        result[place] = earlier if np.isfinite(earlier) else straight[place]
    return result
