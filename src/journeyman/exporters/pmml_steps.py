"""Steps of a scoring plan as expressions of PMML, one a register; NaN is a missing value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from journeyman.exporters.pmml_expressions import Expression, apply, constant, field, in_turn, look_up, missing, when
from journeyman.exporters.tensors.registers import Arguments

__all__ = ["PMML_STEPS", "register"]

_LARGEST = 1.7976931348623157e308
_DAY = 86_400.0
Expressions = list[Expression]


def register(place: float) -> Expression:
    """Return a register: a field of its own."""
    return field(f"r{int(place)}")


def _span(first: float, count: int = 1) -> Expressions:
    return [register(first + k) for k in range(count)]


def _is_lacking(x: Expression) -> Expression:
    return apply("isMissing", x)


def _finite(x: Expression) -> Expression:
    return when(apply("abs", x) <= _LARGEST, x)


def _held(x: Expression, low: float, high: float) -> Expression:
    held = when(x > high, high, x) if high < math.inf else x
    return when(x < low, low, held) if low > -math.inf else held


def _number(value: float) -> Expression:
    return constant(value) if math.isfinite(value) else missing()


def _fill(a: Arguments) -> Expressions:
    columns, limit, made = a.registers(1), a.number(5), []
    for i, column in enumerate(columns):
        fill, shift, scale = (float(a.array(k)[i]) for k in (2, 3, 4))
        x = when(_is_lacking(register(column)), _number(fill), register(column))
        scaled = (x - shift) * scale
        made.append(_held(scaled, -limit, limit) if limit else scaled)
    return made + [when(_is_lacking(register(columns[i])), 1.0, 0.0) for i in a.registers(6)]


def _table(a: Arguments) -> Expressions:
    table = a.array(3).reshape(-1, a.whole(2))
    return [look_up(register(a.whole(1)), column[:-1], float(column[-1])) for column in table.T]


def _calendar(a: Arguments) -> Expressions:
    """Hinnant's arithmetic (2013), whose years begin in March."""

    def through(x: Expression, by: float) -> Expression:
        return apply("floor", x / by)

    seconds = register(a.whole(1))
    down = apply("floor", apply("abs", seconds))
    whole = when(seconds < 0.0, down * -1.0, down)
    days = through(whole, _DAY)
    shifted = days + 719_468.0
    era = through(shifted, 146_097.0)
    of_era = shifted - era * 146_097.0
    years = through(of_era - through(of_era, 1_460.0) + through(of_era, 36_524.0) - through(of_era, 146_096.0), 365.0)
    of_year = of_era - (years * 365.0 + through(years, 4.0) - through(years, 100.0))
    march_month = through(of_year * 5.0 + 2.0, 153.0)
    day = of_year - through(march_month * 153.0 + 2.0, 5.0) + 1.0
    month = when(march_month < 10.0, march_month + 3.0, march_month - 9.0)
    year = years + era * 400.0 + when(march_month < 10.0, 0.0, 1.0)
    before = year - 1.0
    new_year = before * 365.0 + through(before, 4.0) - through(before, 100.0) + through(before, 400.0) - 719_162.0
    weekday = days + 3.0 - through(days + 3.0, 7.0) * 7.0
    hour = (whole - days * _DAY) / 3600.0
    parts = [year, month, day, weekday, days - new_year + 1.0, hour, (seconds - a.number(3)) / _DAY]
    return [when(_is_lacking(seconds), _number(a.number(4)), parts[i]) for i in a.registers(2)]


def _gaps(a: Arguments) -> Expressions:
    counted = [when(_is_lacking(register(i)), 1.0, 0.0) for i in a.registers(1)]
    return [in_turn([*counted, *(when(register(i) < 0.0, 1.0, 0.0) for i in a.registers(2))])]


def _bin(a: Arguments) -> Expressions:
    x, edges = register(a.whole(1)), a.array(2).tolist()

    def part(low: int, high: int) -> Expression:
        if low == high:
            return constant(float(low))
        middle = (low + high) // 2
        return when(x <= edges[middle], part(low, middle), part(middle + 1, high))

    return [when(_is_lacking(x), float(len(edges)), part(0, len(edges)))]


def _cell(a: Arguments) -> Expressions:
    place = register(a.whole(1)) * a.number(3) + a.number(4)
    if a.whole(2) >= 0:
        place = place + register(a.whole(2))
    return [look_up(place, a.array(5), math.nan)]


def _lines(a: Arguments) -> Expressions:
    outputs, seen = a.whole(2), a.registers(1)
    weights = a.array(3).reshape(-1, outputs)
    made = []
    for k in range(outputs):
        terms = [register(place) * float(weights[j, k]) for j, place in enumerate(seen)]
        made.append(in_turn([*terms, constant(float(a.array(4)[k]))]))
    return made


def _logistic(a: Arguments) -> Expressions:
    p = constant(1.0) / (apply("exp", register(a.whole(1)) * -1.0) + 1.0)
    return [constant(1.0) - p, p]


def _share(a: Arguments) -> Expressions:
    p = _held(register(a.whole(1)), 0.0, 1.0)
    return [constant(1.0) - p, p]


def _softmax(a: Arguments) -> Expressions:
    scores = _span(a.whole(1), a.whole(2))
    greatest = apply("max", *scores)
    powers = [apply("exp", score - greatest) for score in scores]
    total = in_turn(powers)
    return [power / total for power in powers]


def _mean(a: Arguments) -> Expressions:
    members = list(zip(a.registers(2), a.array(3).tolist(), strict=True))
    return [in_turn([register(first + k) * weight for first, weight in members]) for k in range(a.whole(1))]


def _temper(a: Arguments) -> Expressions:
    powers = [apply("pow", _held(p, 1e-7, 1.0), a.number(3)) for p in _span(a.whole(1), a.whole(2))]
    return [power / in_turn(powers) for power in powers]


def _unscale(a: Arguments) -> Expressions:
    x = _held(register(a.whole(1)), 0.0, a.number(3))
    back = x * x if a.whole(2) else apply("expm1", x)
    return [back + a.number(4)]


def _factor(a: Arguments) -> Expressions:
    x, at, logarithm, unknown = register(a.whole(1)), list(map(float, a.array(2))), a.array(3), a.number(4)
    if not at:
        return [look_up(x, logarithm, unknown)]

    def part(low: int, high: int) -> Expression:
        if high - low == 1:
            slope = float((logarithm[high] - logarithm[low]) / (at[high] - at[low]))
            return (x - float(at[low])) * slope + float(logarithm[low])
        middle = (low + high) // 2
        return when(x < at[middle], part(low, middle), part(middle, high))

    first, last = float(logarithm[0]), float(logarithm[-1])
    inside = when(x >= at[-1], last, part(0, len(at) - 1)) if len(at) > 1 else constant(last)
    return [when(_is_lacking(x), unknown, when(x <= at[0], first, inside))]


def _size(a: Arguments) -> Expressions:
    total = in_turn([constant(a.number(2)), *(register(i) for i in a.registers(1))])
    return [apply("exp", _held(total, a.number(3), a.number(4)))]


def _interval(a: Arguments) -> Expressions:
    first, lowest, highest, size = a.whole(1), a.whole(2), a.whole(3), a.whole(6)
    scale = register(size) if size >= 0 else constant(1.0)
    low = register(first + lowest) - scale * a.number(4)
    high = register(first + highest) + scale * a.number(5)
    if lowest == highest:
        return [low, high]
    return [apply("min", low, register(first)), apply("max", high, register(first))]


PMML_STEPS: Mapping[str, Callable[[Arguments], Expressions]] = {
    "plain": lambda a: _span(a.whole(1)),
    "fill": _fill,
    "code": lambda a: [when(register(i) >= 0.0, register(i)) for i in a.registers(1)],
    "onehot": lambda a: [when(apply("equal", register(a.whole(1)), float(k)), 1.0, 0.0) for k in range(a.whole(2))],
    "table": _table,
    "calendar": _calendar,
    "gaps": _gaps,
    "slot": lambda a: [when(register(a.whole(1)) < 0.0, a.number(2), register(a.whole(1)))],
    "bin": _bin,
    "cell": _cell,
    "weigh": lambda a: [_finite(register(a.whole(1)) * a.number(3) + register(a.whole(2)) * a.number(4))],
    "product": lambda a: [_finite(register(a.whole(1)) * register(a.whole(2)))],
    "ratio": lambda a: [
        when(
            apply("or", register(a.whole(2)) < 0.0, register(a.whole(2)) > 0.0),
            _finite(register(a.whole(1)) / register(a.whole(2))),
        )
    ],
    "constant": lambda a: [_number(float(value)) for value in a.array(1)],
    "lines": _lines,
    "copy": lambda a: _span(a.whole(1), a.whole(2)),
    "logistic": _logistic,
    "share": _share,
    "softmax": _softmax,
    "clip": lambda a: [_held(x, a.number(3), a.number(4)) for x in _span(a.whole(1), a.whole(2))],
    "affine": lambda a: [x * a.number(4) + a.number(3) for x in _span(a.whole(1), a.whole(2))],
    "divide": lambda a: [x / a.number(3) for x in _span(a.whole(1), a.whole(2))],
    "add": lambda a: [register(a.whole(1) + k) + register(a.whole(2) + k) for k in range(a.whole(3))],
    "mean": _mean,
    "temper": _temper,
    "unscale": _unscale,
    "factor": _factor,
    "size": _size,
    "interval": _interval,
}
"""By operation: the expressions of the registers that a step writes. Trees are models of their own."""
