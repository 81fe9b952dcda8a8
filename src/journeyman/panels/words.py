"""Steps and times of series, as people write them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.panel import Calendar, Panel, StepUnit

__all__ = ["panel_words", "step_words", "write_clocks", "write_times"]

FloatArray = NDArray[np.float64]
_MINUTE, _HOUR, _DAY = 60.0, 3_600.0, 86_400.0
_MONTHS = {1.0: "month", 3.0: "quarter", 6.0: "half-year", 12.0: "year"}
_SECONDS = {
    1.0: "second",
    _MINUTE: "minute",
    1_800.0: "half-hour",
    900.0: "quarter of an hour",
    _HOUR: "hour",
    _DAY: "day",
    7 * _DAY: "week",
}
_PLURALS = {"quarter of an hour": "quarters of an hour"}


def step_words(calendar: Calendar, many: bool = True) -> str:
    """Return what a step is, in the plural unless one is meant.

    Examples
    --------
    >>> step_words(Calendar(StepUnit.MONTH, 3, 0.0)), step_words(Calendar(StepUnit.SECOND, 600.0, 0.0), many=False)
    ('quarters', 'step of 10 minutes')
    """
    size = calendar.size
    if calendar.unit is StepUnit.MONTH:
        word = _MONTHS.get(size, f"step of {size:g} months")
    elif calendar.unit is StepUnit.WORKDAY:
        word = "working day" if size == 1 else f"step of {size:g} working days"
    elif calendar.unit is StepUnit.SECOND:
        word = _SECONDS.get(size) or _long_step(size)
    elif calendar.unit is StepUnit.ROW:
        word = "row"
    else:
        word = "step" if size == 1 else f"step of {size:g}"
    if not many:
        return word
    first, *rest = word.split(" of ", 1)
    return _PLURALS.get(word) or " of ".join([f"{first}s", *rest])


def _long_step(size: float) -> str:
    for seconds, word in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if size % seconds == 0:
            return f"step of {size / seconds:g} {word}"
    return f"step of {size:g} seconds"


def panel_words(panel: Panel, series: int, span: tuple[str, str]) -> str:
    """Say in one sentence what was found.

    Parameters
    ----------
    series : int
        How many there are.
    span : tuple of str
        The first and the last time.

    Examples
    --------
    >>> quarters = Panel(Calendar(StepUnit.MONTH, 3, 0.0), 8, (4,), ("Region", "State"))
    >>> panel_words(quarters, 304, ("1998 Q1", "2017 Q4"))
    '304 series of quarters, 1998 Q1 to 2017 Q4; found by Region, State; season 4; 8 quarters ahead'
    """
    what = f"{series:,} series" if panel.series else "One series"
    parts = [f"{what} of {step_words(panel.calendar)}, {span[0]} to {span[1]}"]
    if panel.series:
        parts.append(f"found by {', '.join(panel.series)}")
    if panel.time_parts:
        parts.append(f"time told by {', '.join(part.column for part in panel.time_parts)}")
    if len(panel.seasons) > 1:
        parts.append(f"seasons {', '.join(map(str, panel.seasons[:-1]))} and {panel.seasons[-1]}")
    else:
        parts.append(f"season {panel.seasons[0]}" if panel.seasons else "no season")
    if panel.known:
        parts.append(f"known ahead: {', '.join(panel.known)}")
    parts.append(f"{panel.horizon:,} {step_words(panel.calendar, panel.horizon != 1)} ahead")
    return "; ".join(parts)


def write_times(times: FloatArray, column: Column) -> list[object]:
    """Return times as the table writes them.

    Parameters
    ----------
    times : ndarray of shape (n_samples,)
        Seconds since 1970 for dates, else numbers.
    column : Column
        How the table writes them: in its own style, or as ISO dates where it holds dates themselves.

    Examples
    --------
    >>> write_times(np.array([0.0]), Column("t", Kind.DATETIME, date_formats=("%Y Q%q",)))
    ['1970 Q1']
    >>> write_times(np.array([0.0, 3_600.0]), Column("t", Kind.DATETIME))
    ['1970-01-01 00:00:00', '1970-01-01 01:00:00']
    >>> write_times(np.array([1999.0]), Column("year", Kind.INTEGER))
    [1999]
    """
    if column.kind is not Kind.DATETIME:
        return [int(t) if float(t).is_integer() else float(t) for t in times.tolist()]
    form = column.date_written or (column.date_formats[0] if column.date_formats else "")
    if form.startswith("epoch"):
        scale = {"epoch_s": 1.0, "epoch_ms": 1e3, "epoch_us": 1e6, "epoch_ns": 1e9}[form]
        return [round(t * scale) for t in times.tolist()]
    if not form:
        form = "%Y-%m-%d" if bool((np.mod(times, _DAY) == 0).all()) else "%Y-%m-%d %H:%M:%S"
    return list(_written(times, form))


def _written(times: FloatArray, form: str) -> Sequence[str]:
    found = []
    for seconds in times.tolist():
        moment = dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)
        own = form.replace("%q", str((moment.month - 1) // 3 + 1)).replace("%h", str((moment.month - 1) // 6 + 1))
        own = own.replace("%z", "Z").replace("%Y", f"{moment.year:04d}")
        for code in (code for code in "mdHI" if f"%-{code}" in own):  # not every platform knows %-d
            own = own.replace(f"%-{code}", moment.strftime(f"%{code}").lstrip("0") or "0")
        for code in (code for code in "bB" if f"%^{code}" in own):
            own = own.replace(f"%^{code}", moment.strftime(f"%{code}").upper())
        found.append(moment.strftime(own))
    return found


def write_clocks(seconds: FloatArray) -> list[str]:
    """Return times of day as texts, with seconds where there are some.

    Examples
    --------
    >>> write_clocks(np.array([0.0, 5_400.0]))
    ['00:00', '01:30']
    """
    whole = np.round(seconds).astype(np.int64)
    texts = [f"{t // 3600:02d}:{t // 60 % 60:02d}:{t % 60:02d}" for t in whole.tolist()]
    return [text[:5] for text in texts] if bool((whole % 60 == 0).all()) else texts
