"""Steps from columns to features."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from journeyman.exporters.tensors.registers import Arguments, Registers, Width, Writer
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary

__all__ = ["FEATURE_STEPS", "finite_or", "is_equal", "is_lacking"]

_DAY = 86_400.0


def is_lacking(t: TensorLibrary, x: Tensor) -> Tensor:
    """Return where numbers are NaN or infinite."""
    return t.call("isnan", x) | t.call("isinf", x)


def finite_or(t: TensorLibrary, x: Tensor, otherwise: Tensor | float) -> Tensor:
    """Return numbers, and something else where they are not finite."""
    return t.where(is_lacking(t, x), otherwise, x)


def is_equal(x: Tensor, y: Tensor | float) -> Tensor:
    """Return where numbers are equal: tensors of some libraries compare themselves, not their values, by ``==``."""
    return (x >= y) & (x <= y)


def _finite(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return finite_or(t, r.span(a.whole(1)), math.nan)


def _fill(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    fill, shift, scale, limit = a.array(2), a.array(3), a.array(4), a.number(5)
    x = r.read(a.registers(1))
    lacking = is_lacking(t, x)
    made = (t.where(lacking, t.constant(fill[None, :]), x) - t.constant(shift[None, :])) * t.constant(scale[None, :])
    if limit:
        made = t.where(made > limit, limit, t.where(made < -limit, -limit, made))
    flagged = a.registers(6)
    return t.concat([made, t.cast(t.columns(lacking, flagged), np.float64)]) if flagged else made


def _code(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    codes = r.read(a.registers(1))
    return t.where(codes < 0.0, math.nan, codes)


def _onehot(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return t.cast(
        is_equal(r.span(a.whole(1)), t.constant(np.arange(a.whole(2), dtype=np.float64)[None, :])), np.float64
    )


def _table(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    table = a.array(3).reshape(-1, a.whole(2))
    codes = r.span(a.whole(1))
    places = t.cast(t.where(codes >= 0.0, codes, float(len(table) - 1)), np.int64)
    return t.rows(table, t.reshape(places, (-1,)))


def _calendar(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    """Return parts of dates by Hinnant's arithmetic (2013), whose years begin in March: a leap day is a year's last.

    Whole numbers are kept in doubles, where their quotients are cut exactly.
    """

    def through(x: Tensor, by: float) -> Tensor:
        return t.call("floor", x / by)

    seconds = r.span(a.whole(1))
    missing = is_lacking(t, seconds)
    known = t.where(missing, 0.0, seconds)
    down = t.call("floor", t.call("abs", known))
    whole = t.where(known < 0.0, down * -1.0, down)  # towards zero
    days = through(whole, _DAY)
    shifted = days + 719_468.0  # from 1 March of the year 0
    era = through(shifted, 146_097.0)
    of_era = shifted - era * 146_097.0
    year_of_era = through(
        of_era - through(of_era, 1_460.0) + through(of_era, 36_524.0) - through(of_era, 146_096.0), 365.0
    )
    of_year = of_era - (year_of_era * 365.0 + through(year_of_era, 4.0) - through(year_of_era, 100.0))
    march_month = through(of_year * 5.0 + 2.0, 153.0)
    day = of_year - through(march_month * 153.0 + 2.0, 5.0) + 1.0
    month = t.where(march_month < 10.0, march_month + 3.0, march_month - 9.0)
    year = year_of_era + era * 400.0 + t.where(month <= 2.0, 1.0, 0.0)
    before = year - 1.0
    new_year = before * 365.0 + through(before, 4.0) - through(before, 100.0) + through(before, 400.0) - 719_162.0
    weekday = days + 3.0 - through(days + 3.0, 7.0) * 7.0
    hour = (whole - days * _DAY) / 3600.0
    parts = [year, month, day, weekday, days - new_year + 1.0, hour, (known - a.number(3)) / _DAY]
    return t.where(missing, a.number(4), t.concat([parts[i] for i in a.registers(2)]))


def _gaps(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    numbers, codes = a.registers(1), a.registers(2)
    lacking = [t.cast(is_lacking(t, r.read(numbers)), np.float64)] if numbers else []
    lacking += [t.cast(r.read(codes) < 0.0, np.float64)] if codes else []
    return t.total(t.concat(lacking), 1, keep=True)


def _slot(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    codes = r.span(a.whole(1))
    return t.where(codes < 0.0, a.number(2), codes)


def _bin(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    x, edges = r.span(a.whole(1)), a.array(2)
    if not len(edges):
        return t.where(is_lacking(t, x), 0.0, 0.0)
    below = t.total(t.cast(x > t.constant(edges[None, :]), np.float64), 1, keep=True)
    return t.where(is_lacking(t, x), float(len(edges)), below)


def _cell(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    place = r.span(a.whole(1)) * a.number(3) + a.number(4)
    if a.whole(2) >= 0:
        place = place + r.span(a.whole(2))
    return t.rows(a.array(5), t.cast(place, np.int64))


def _weigh(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return finite_or(t, r.span(a.whole(1)) * a.number(3) + r.span(a.whole(2)) * a.number(4), math.nan)


def _product(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return finite_or(t, r.span(a.whole(1)) * r.span(a.whole(2)), math.nan)


def _ratio(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return finite_or(t, r.span(a.whole(1)) / r.span(a.whole(2)), math.nan)


def _one(arguments: Arguments) -> int:
    return 1


FEATURE_STEPS: Mapping[str, tuple[Writer, Width]] = {
    "plain": (_finite, _one),
    "fill": (_fill, lambda a: len(a.array(1)) + len(a.array(6))),
    "code": (_code, lambda a: len(a.array(1))),
    "onehot": (_onehot, lambda a: a.whole(2)),
    "table": (_table, lambda a: a.whole(2)),
    "calendar": (_calendar, lambda a: len(a.array(2))),
    "gaps": (_gaps, _one),
    "slot": (_slot, _one),
    "bin": (_bin, _one),
    "cell": (_cell, _one),
    "weigh": (_weigh, _one),
    "product": (_product, _one),
    "ratio": (_ratio, _one),
}
"""By operation: what writes a step's registers as one tensor, and how many registers these are."""
