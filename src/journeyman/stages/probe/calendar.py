"""Parts of the calendar beside dates: months, weekdays and hours come again, moments do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block

__all__ = ["calendar_parts", "with_calendar"]

_DAY = 86_400
_MOST_DATES = 5
_PARTS = {"month": 12, "weekday": 7, "hour": 24}


def with_calendar(block: Block, columns: tuple[Column, ...]) -> tuple[Block, tuple[Column, ...]]:
    """Return rows with the month, the weekday and the hour of each date as categories, where rows differ in them.

    Parameters
    ----------
    block : mapping of str to ndarray of shape (n_samples,)
        Dates in seconds since 1970.
    columns : tuple of Column
        Of the block; the first few dates count.

    Examples
    --------
    >>> days = np.arange(10) * 86_400.0
    >>> wide, columns = with_calendar({"day": days}, (Column("day", Kind.DATETIME),))
    >>> [c.name for c in columns], wide["day (weekday)"].tolist()[:5]
    (['day', 'day (weekday)'], [3, 4, 5, 6, 0])
    """
    parts = {c: v for c, v in calendar_parts(block, columns).items() if len(np.unique(v[v >= 0])) > 1}
    return {**block, **{column.name: values for column, values in parts.items()}}, (*columns, *parts)


def calendar_parts(block: Block, columns: tuple[Column, ...]) -> dict[Column, NDArray[np.int64]]:
    """Return codes of all parts of the calendar, shape (n_samples,) each, by the columns that they make."""
    found = {}
    for column in [c for c in columns if c.kind is Kind.DATETIME][:_MOST_DATES]:
        for name, values in _parts(np.asarray(block[column.name], dtype=np.float64)).items():
            categories = tuple(map(str, range(_PARTS[name])))
            found[Column(f"{column.name} ({name})", Kind.CATEGORY, categories=categories)] = values
    return found


def _parts(seconds: NDArray[np.float64]) -> dict[str, NDArray[np.int64]]:
    """Return codes of month, weekday (0 is Monday) and hour, -1 where no date is known."""
    known = np.isfinite(seconds)
    whole = np.where(known, seconds, 0.0).astype(np.int64)
    months = whole.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    weekdays = (whole // _DAY + 3) % 7  # the first of January 1970 was a Thursday
    hours = whole // 3_600 % 24
    return {name: np.where(known, part, -1) for name, part in zip(_PARTS, (months, weekdays, hours), strict=True)}
