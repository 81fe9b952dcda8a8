"""How many rows may be flagged: a share of false alarms, or a capacity; and what keeps a service within it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Kind
from journeyman.entities.table import Table, to_block
from journeyman.errors import SettingsError
from journeyman.tasks.framing import parse_share

__all__ = ["CAPACITY", "FALSE_ALARMS", "ROWS_A_DAY", "USUAL_SHARE", "AlarmBudget", "read_alarms", "rows_a_day"]

FALSE_ALARMS, CAPACITY, ROWS_A_DAY = "false_alarms", "capacity", "rows_a_day"
USUAL_SHARE = 0.01
_MOST = 0.5  # more than every other row is no alarm
_BATCH = 1_000  # rows that a capacity is meant for where no date says how many come a day
_DAY = 86_400.0
_RECENT = 1_000


def read_alarms(options: Mapping[str, str], table: Table, time: str | None) -> dict[str, float]:
    """Return the share of rows that may be flagged, and what it was made of.

    A capacity is rows that people can check a day; where no date tells how many rows come a day, it is rows that they
    can check of each 1,000.

    Parameters
    ----------
    options : mapping of str to str
        Of the task, as the user gave them.
    time : str or None
        Column of time, where one was named.

    Raises
    ------
    SettingsError
        Where a number makes no sense, or both were given.
    """
    shares, capacity = options.get(FALSE_ALARMS), options.get(CAPACITY)
    if shares is not None and capacity is not None:
        raise SettingsError(
            f"{FALSE_ALARMS} and {CAPACITY} each say how many rows are flagged, and both were given",
            hint=f"leave one of them out: --task-option {CAPACITY}={capacity}",
        )
    if capacity is None:
        return {FALSE_ALARMS: _share(shares)}
    try:
        rows = float(capacity)
    except ValueError:
        rows = float("nan")
    if not 0.0 < rows < float("inf"):
        raise SettingsError(
            f"{CAPACITY}={capacity} is no number of rows that can be checked",
            hint=f"give a number above 0: --task-option {CAPACITY}=20",
        )
    daily = rows_a_day(table, time)
    usual = _BATCH if daily is None else daily
    if rows > _MOST * usual:
        of = f"each {_BATCH:,} rows" if daily is None else f"the {daily:,.0f} rows that come a day"
        raise SettingsError(
            f"{CAPACITY}={capacity} is more than half of {of}: such a row is not odd",
            hint=f"give at most {_MOST * usual:g}, or leave it out",
        )
    return {FALSE_ALARMS: rows / usual, CAPACITY: rows, ROWS_A_DAY: daily or 0.0}


def rows_a_day(table: Table, time: str | None) -> float | None:
    """Return how many rows come a day that has any; None where no date, or more than one, says when they came.

    Of less than two days, the rows are taken to come on as they did.
    """
    dates = [c for c in table.columns if c.kind is Kind.DATETIME and time in (None, c.name)]
    if len(dates) != 1:
        return None
    seconds = to_block(table.frame, (dates[0],))[dates[0].name].astype(np.float64)
    seconds = seconds[np.isfinite(seconds)]
    if len(seconds) < 2 or np.ptp(seconds) <= 0.0:
        return None
    whole = len(seconds) * table.source_rows / len(table.frame)
    days = float(np.ptp(seconds)) / _DAY
    return whole / days if days < 2.0 else whole / len(np.unique(seconds // _DAY))


def _share(text: str | None) -> float:
    if text is None:
        return USUAL_SHARE
    try:
        share = parse_share(text)
    except ValueError:
        share = float("nan")
    if not 0.0 < share <= _MOST:
        raise SettingsError(
            f"{FALSE_ALARMS}={text} is no share of ordinary rows that may be flagged",
            hint="give a number above 0, up to 0.5, such as 0.01",
        )
    return share


@dataclass
class AlarmBudget:
    """Keeps alarms within a capacity on any stream of rows: a token bucket (Turner 1986, "leaky bucket").

    Of any ``n`` rows at most ``share * n + capacity`` are flagged, and where a capacity is meant a day, of any ``d``
    days at most ``capacity * (d + 1)``: whatever the rows hold, however they depend on one another. While less than
    half of the bucket is left, a row also has to be among the oddest of the latest rows, so that those come first.

    Attributes
    ----------
    share : float
        Of rows that may be flagged in the long run.
    capacity : float
        Rows that may be flagged at once: what the bucket holds.
    daily : bool
        Whether it fills as time goes by, and not as rows come.

    Examples
    --------
    >>> budget = AlarmBudget(share=0.1, capacity=2.0, daily=False)
    >>> [bool(budget.admit(np.array([True]), np.array([0.99 + k / 1e4]), 0.0)[0]) for k in range(5)]
    [True, True, False, False, False]
    """

    share: float
    capacity: float
    daily: bool

    def __post_init__(self) -> None:
        """Begin with a full bucket."""
        self._size = max(1.0, self.capacity)
        self._left = self._size
        self._latest: float | None = None
        self._recent: deque[float] = deque(maxlen=_RECENT)

    def admit(self, flagged: NDArray[np.bool_], scores: NDArray[np.float64], now: float) -> NDArray[np.bool_]:
        """Return which of the rows that came together are flagged within the budget, the oddest first.

        Parameters
        ----------
        flagged : ndarray of bool, shape (n_samples,)
            Whether each would be flagged for its score alone.
        scores : ndarray of shape (n_samples,)
            More for odd rows.
        now : float
            Seconds on a clock that never goes back.
        """
        if self.daily:
            since = 0.0 if self._latest is None else max(0.0, now - self._latest)
            self._left = min(self._size, self._left + since / _DAY * self.capacity)
            self._latest = now
        else:
            self._left = min(self._size, self._left + self.share * len(scores))
        admitted = np.zeros(len(scores), dtype=bool)
        ranked = sorted(self._recent)
        for row in np.argsort(-scores, kind="stable"):
            if not flagged[row] or self._left < 1.0:
                break
            scarce = self._left < self._size / 2.0
            if scarce and ranked and scores[row] < ranked[int((1.0 - self.share) * (len(ranked) - 1))]:
                break
            admitted[row] = True
            self._left -= 1.0
        self._recent.extend(scores.tolist())
        return admitted
