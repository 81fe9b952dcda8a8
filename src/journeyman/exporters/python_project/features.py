"""Steps of a scoring plan from columns to features."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from journeyman.exporters.python_project.arguments import NAN, Arguments, Row, Step, finite

__all__ = ["FEATURE_STEPS"]


def _pass_on(a: Arguments) -> Step:
    out, column = a.wholes(2)

    def run(r: Row) -> None:
        r[out] = NAN if math.isinf(r[column]) else r[column]

    return run


def _fill(a: Arguments) -> Step:
    out, columns, fill, shift, scale = a.whole(), a.places(), a.numbers(), a.numbers(), a.numbers()
    limit, flagged = a.number(), a.places()
    told = list(zip(range(out, out + len(columns)), columns, fill, shift, scale))
    flags = [(out + len(columns) + i, columns[place]) for i, place in enumerate(flagged)]

    def run(r: Row) -> None:
        for o, c, instead, less, times in told:
            x = r[c]
            if not math.isfinite(x):
                x = instead
            x = (x - less) * times
            if limit and x == x:
                x = min(max(x, -limit), limit)
            r[o] = x
        for o, c in flags:
            r[o] = 0.0 if math.isfinite(r[c]) else 1.0

    return run


def _code(a: Arguments) -> Step:
    out, columns = a.whole(), a.places()

    def run(r: Row) -> None:
        for o, c in enumerate(columns, out):
            r[o] = NAN if r[c] < 0 else r[c]

    return run


def _onehot(a: Arguments) -> Step:
    out, column, count = a.wholes(3)

    def run(r: Row) -> None:
        for k in range(count):
            r[out + k] = 1.0 if r[column] == k else 0.0

    return run


def _table(a: Arguments) -> Step:
    out, column, width, values = a.whole(), a.whole(), a.whole(), a.numbers()
    last = len(values) // width - 1 if width else 0

    def run(r: Row) -> None:
        at = (last if r[column] < 0 else int(r[column])) * width
        r[out : out + width] = values[at : at + width]

    return run


def _calendar(a: Arguments) -> Step:
    out, column, parts, start, fill = a.whole(), a.whole(), a.places(), a.number(), a.number()

    def run(r: Row) -> None:
        seconds = r[column]
        told = None if seconds != seconds else _calendar_parts(seconds, start)
        for o, part in enumerate(parts, out):
            r[o] = fill if told is None else told[part]

    return run


def _calendar_parts(seconds: float, start: float) -> list[float]:
    """Return parts of a date by Hinnant's arithmetic (2013), whose years begin in March."""
    whole = int(seconds)
    days, rest = divmod(whole, 86_400)
    era, of_era = divmod(days + 719_468, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * of_year + 2) // 153
    day = of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = year_of_era + era * 400 + (month <= 2)
    before = year - 1
    new_year = 365 * before + before // 4 - before // 100 + before // 400 - 719_162
    told = [year, month, day, (days + 3) % 7, days - new_year + 1]
    return [*map(float, told), rest / 3600.0, (seconds - start) / 86_400.0]


def _gaps(a: Arguments) -> Step:
    out, numbers, codes = a.whole(), a.places(), a.places()

    def run(r: Row) -> None:
        r[out] = float(sum(not math.isfinite(r[c]) for c in numbers) + sum(r[c] < 0 for c in codes))

    return run


def _slot(a: Arguments) -> Step:
    out, column, size = a.whole(), a.whole(), a.number()

    def run(r: Row) -> None:
        r[out] = size if r[column] < 0 else r[column]

    return run


def _bin(a: Arguments) -> Step:
    out, column, edges = a.whole(), a.whole(), a.numbers()

    def run(r: Row) -> None:
        x = r[column]
        r[out] = float(bisect_left(edges, x) if math.isfinite(x) else len(edges))

    return run


def _cell(a: Arguments) -> Step:
    out, first, second, stride, offset, table = a.whole(), a.whole(), a.whole(), a.whole(), a.whole(), a.numbers()

    def run(r: Row) -> None:
        at = offset + stride * int(r[first])
        r[out] = table[at + int(r[second]) if second >= 0 else at]

    return run


def _weigh(a: Arguments) -> Step:
    out, first, second, by, other = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        r[out] = finite(r[first] * by + r[second] * other)

    return run


def _product(a: Arguments) -> Step:
    out, first, second = a.wholes(3)

    def run(r: Row) -> None:
        r[out] = finite(r[first] * r[second])

    return run


def _ratio(a: Arguments) -> Step:
    out, first, second = a.wholes(3)

    def run(r: Row) -> None:
        r[out] = finite(r[first] / r[second]) if r[second] else NAN

    return run


FEATURE_STEPS: dict[str, Callable[[Arguments], Step]] = {
    "plain": _pass_on,
    "fill": _fill,
    "code": _code,
    "onehot": _onehot,
    "table": _table,
    "calendar": _calendar,
    "gaps": _gaps,
    "slot": _slot,
    "bin": _bin,
    "cell": _cell,
    "weigh": _weigh,
    "product": _product,
    "ratio": _ratio,
}
"""By name."""
