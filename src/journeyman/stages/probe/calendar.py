"""Parts of the calendar beside dates: months, weekdays and hours come again, moments do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.table import Block

__all__ = ["calendar_parts", "names_of_parts", "with_calendar"]

_DAY = 86_400
_MOST_DATES = 5
_PARTS = ("month", "weekday", "hour")


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


def names_of_parts(column: Column) -> tuple[str, ...]:
    """Return what the parts of a date are called; none of another column."""
    return tuple(f"{column.name} ({name})" for name in _PARTS) if column.kind is Kind.DATETIME else ()


def calendar_parts(block: Block, columns: tuple[Column, ...]) -> dict[Column, NDArray[np.int64]]:
    """Return codes of all parts of the calendar, shape (n_samples,) each, by the columns that they make."""
    found = {}
    for column in [c for c in columns if c.kind is Kind.DATETIME][:_MOST_DATES]:
        parts = _parts(np.asarray(block[column.name], dtype=np.float64))
        for name, (size, values) in zip(names_of_parts(column), parts, strict=True):
            found[Column(name, Kind.CATEGORY, categories=tuple(map(str, range(size))))] = values
    return found


def _parts(seconds: NDArray[np.float64]) -> list[tuple[int, NDArray[np.int64]]]:
    """Return codes of month, weekday (0 is Monday) and hour, -1 where no date is known, with how many there are."""
    known = np.isfinite(seconds)
    whole = np.where(known, seconds, 0.0).astype(np.int64)
    months = whole.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    weekdays = (whole // _DAY + 3) % 7  # the first of January 1970 was a Thursday
    hours = whole // 3_600 % 24
    return [(n, np.where(known, part, -1)) for n, part in ((12, months), (7, weekdays), (24, hours))]
