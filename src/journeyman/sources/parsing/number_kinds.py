"""What a column of numbers is: a measure, a count, a truth value, a date, a code or a row label."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.inferred import InferredColumn, ParsingNote, UserOverride
from journeyman.sources.parsing.markers import sentinels
from journeyman.sources.parsing.names import is_identifier, is_moment, is_position, is_postal
from journeyman.sources.parsing.texts import number_text

__all__ = ["MAX_CATEGORIES", "MIN_UNIQUE_ROWS", "NumberColumn", "kind_of_numbers"]

MAX_CATEGORIES = 100_000
MIN_UNIQUE_ROWS = 20


@dataclass(frozen=True)
class NumberColumn:
    """A column read as numbers.

    Attributes
    ----------
    name : str
        Its name.
    distinct, counts : ndarrays of shape (n_distinct,)
        Distinct finite values, ascending, and their rows.
    rows : ndarray of float64, shape (n_samples,)
        All values, NaN where missing.
    """

    name: str
    distinct: NDArray[np.float64]
    counts: NDArray[np.int64]
    rows: NDArray[np.float64]

    def without(self, gone: tuple[float, ...]) -> NumberColumn:
        """Return the column with some values missing."""
        at = np.isin(self.distinct, gone)
        rows = np.where(np.isin(self.rows, gone), np.nan, self.rows)
        return NumberColumn(self.name, self.distinct[~at], self.counts[~at], rows)


def kind_of_numbers(numbers: NumberColumn, override: UserOverride) -> InferredColumn:
    """Decide what numbers are; the column has no unit and no format but those found here."""
    remarks: list[ParsingNote] = []
    gone = sentinels(numbers.distinct, numbers.counts)
    markers = tuple(number_text(s) for s in gone)
    if gone:
        touched = int(numbers.counts[np.isin(numbers.distinct, gone)].sum())
        detail = f"{' and '.join(markers)} far outside the other values is read as missing"
        remarks.append(ParsingNote("DQ004", detail, touched))
        numbers = numbers.without(gone)
    base = Column(numbers.name, Kind.NUMBER, missing_markers=markers)
    distinct, total = numbers.distinct, int(numbers.counts.sum())
    if len(distinct) == 2 and distinct[0] == 0 and distinct[1] == 1:
        column = replace(base, kind=Kind.BOOLEAN, reason="all values are 0 or 1", categories=("0", "1"))
        return InferredColumn(column, tuple(remarks))
    if not bool((distinct == np.floor(distinct)).all()):
        return InferredColumn(replace(base, reason=f"{total} values are numbers"), tuple(remarks))
    integer = replace(base, kind=Kind.INTEGER, reason=f"all {total} values are whole numbers")
    if override.target:
        return InferredColumn(integer, tuple(remarks))
    other = _date(integer, distinct) or _postal(base, distinct) or _row_label(base, numbers)
    if other is None:
        return InferredColumn(integer, tuple(remarks))
    return InferredColumn(other.column, (*remarks, *other.remarks))


def _date(column: Column, distinct: NDArray[np.float64]) -> InferredColumn | None:
    """Read whole numbers as dates where they are written as days (20190323) or named as moments (seconds)."""
    low, high = float(distinct[0]), float(distinct[-1])
    form, reason = "", ""
    if len(distinct) < 3:
        return None
    if low >= 18_000_101 and high <= 22_001_231:
        month, day = np.divmod(distinct % 10_000, 100)
        if ((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all():
            form, reason = "%Y%m%d", "numbers are days, written YYYYMMDD"
    elif is_moment(column.name):
        form = _epoch(low, high)
        reason = "numbers are moments since 1970"
    elif is_position(column.name) and low >= 190_001 and high <= 220_012:
        month = distinct % 100
        if ((month >= 1) & (month <= 12)).all():
            form, reason = "%Y%m", "numbers are months, written YYYYMM"
    if not form:
        return None
    dated = replace(column, kind=Kind.DATETIME, reason=reason, date_formats=(form,))
    return InferredColumn(dated, (ParsingNote("DQ007", f"whole numbers are read as dates ({form})"),))


def _epoch(low: float, high: float) -> str:
    """Return the unit in which numbers are moments between 1979 and 2065; "" where they are none."""
    for name, unit in (("epoch_s", 1.0), ("epoch_ms", 1e3), ("epoch_us", 1e6), ("epoch_ns", 1e9)):
        if low >= 3e8 * unit and high <= 3e9 * unit:
            return name
    return ""


def _postal(base: Column, distinct: NDArray[np.float64]) -> InferredColumn | None:
    if not is_postal(base.name) or len(distinct) > MAX_CATEGORIES or distinct[-1] <= 99:
        return None
    names = tuple(sorted(number_text(float(v)) for v in distinct))
    column = replace(base, kind=Kind.CATEGORY, reason="the name says that these are postal codes", categories=names)
    return InferredColumn(column, (ParsingNote("DQ014", "postal codes are kept as names, not as numbers"),))


def _row_label(base: Column, numbers: NumberColumn) -> InferredColumn | None:
    """Recognise whole numbers that name rows: unique, and either named so or running along the rows."""
    present = numbers.rows[~np.isnan(numbers.rows)]
    if len(numbers.distinct) != len(present) or len(present) < max(MIN_UNIQUE_ROWS, 0.99 * len(numbers.rows)):
        return None
    named = is_identifier(base.name)
    if not named:
        steps = np.diff(present)
        # A table sorted by a measured value rises as well, but with steps of all sizes.
        steady = np.abs(steps) <= 10 * max(1.0, float(np.median(np.abs(steps))))
        running = bool((steps > 0).all() or (steps < 0).all()) and steady.mean() > 0.99
        if is_position(base.name) or not running:
            return None
    form = _epoch(float(numbers.distinct[0]), float(numbers.distinct[-1]))
    if not named and form in ("epoch_s", "epoch_ms"):
        dated = replace(
            base, kind=Kind.DATETIME, reason="numbers that rise are moments since 1970", date_formats=(form,)
        )
        return InferredColumn(dated, (ParsingNote("DQ007", f"whole numbers are read as dates ({form})"),))
    why = "whole numbers that never repeat, " + ("named like an identifier" if named else "in row order")
    column = replace(base, kind=Kind.IDENTIFIER, reason=why)
    return InferredColumn(column, (ParsingNote("DQ011", f"{why}: read as an identifier"),))
