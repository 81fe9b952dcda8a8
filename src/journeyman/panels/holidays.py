"""Public holidays that fall on steps of a calendar."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.panel import Calendar

__all__ = ["count_holidays"]

_DAY = 86_400.0


def count_holidays(calendar: Calendar, steps: NDArray[np.int64], days: Sequence[int]) -> NDArray[np.float64]:
    """Return the holidays in each step, shape (n_samples,): of hours, those of the day that they are in.

    Parameters
    ----------
    calendar : Calendar
        Of times in seconds since 1970.
    days : sequence of int
        Holidays as days since 1970, rising.

    Examples
    --------
    >>> from journeyman.entities.panel import StepUnit
    >>> weeks = Calendar(StepUnit.SECOND, 7 * 86_400.0, 0.0)
    >>> count_holidays(weeks, np.array([0, 1]), [0, 6, 20]).tolist()
    [2.0, 0.0]
    """
    begins = np.floor(calendar.times(steps) / _DAY)
    ends = np.maximum(begins + 1, np.floor(calendar.times(steps + 1) / _DAY))
    known = np.asarray(days, dtype=np.float64)
    return np.asarray(np.searchsorted(known, ends) - np.searchsorted(known, begins), dtype=np.float64)
