"""Steps of a scoring plan from scores to predictions."""

from __future__ import annotations

import math
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from journeyman.exporters.python_project.arguments import Arguments, Row, Step, exp, held, left_sum, through_sum

__all__ = ["PREDICTION_STEPS"]


def _copy(a: Arguments) -> Step:
    out, first, count = a.wholes(3)

    def run(r: Row) -> None:
        r[out : out + count] = r[first : first + count]

    return run


def _logistic(a: Arguments) -> Step:
    out, first = a.wholes(2)

    def run(r: Row) -> None:
        p = 1.0 / (1.0 + exp(-r[first]))
        r[out], r[out + 1] = 1.0 - p, p

    return run


def _share(a: Arguments) -> Step:
    out, first = a.wholes(2)

    def run(r: Row) -> None:
        p = held(r[first], 0.0, 1.0)
        r[out], r[out + 1] = 1.0 - p, p

    return run


def _softmax(a: Arguments) -> Step:
    out, first, count = a.wholes(3)

    def run(r: Row) -> None:
        scores = r[first : first + count]
        greatest = max(scores)
        r[out : out + count] = through_sum([math.exp(s - greatest) for s in scores])

    return run


def _above(a: Arguments) -> Step:
    out, first, count, each, thresholds = a.whole(), a.whole(), a.whole(), a.whole(), a.numbers()

    def run(r: Row) -> None:
        scores = [r[first + i] if each else r[first] for i in range(count)]
        above = [1.0 / (1.0 + exp(-(s - t))) for s, t in zip(scores, thresholds)]
        ends = [1.0, *sorted(above, reverse=True), 0.0]
        chances = [max(x - y, 1e-9) for x, y in zip(ends, ends[1:])]
        r[out : out + count + 1] = through_sum(chances)

    return run


def _clip(a: Arguments) -> Step:
    out, first, count, low, high = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = held(r[first + i], low, high)

    return run


def _affine(a: Arguments) -> Step:
    out, first, count, shift, scale = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = shift + scale * r[first + i]

    return run


def _divide(a: Arguments) -> Step:
    out, first, count, by = a.whole(), a.whole(), a.whole(), a.number()

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = r[first + i] / by

    return run


def _add(a: Arguments) -> Step:
    out, first, second, count = a.wholes(4)

    def run(r: Row) -> None:
        for i in range(count):
            r[out + i] = r[first + i] + r[second + i]

    return run


def _ordered(a: Arguments) -> Step:
    out, first, count, order = a.whole(), a.whole(), a.whole(), a.places()

    def run(r: Row) -> None:
        for value, place in zip(sorted(r[first : first + count]), order):
            r[out + place] = value

    return run


def _mean(a: Arguments) -> Step:
    out, count, members, weights = a.whole(), a.whole(), a.places(), a.numbers()

    def run(r: Row) -> None:
        for k in range(count):
            total = weights[0] * r[members[0] + k]
            for member, weight in zip(members[1:], weights[1:]):
                total += weight * r[member + k]
            r[out + k] = total

    return run


def _temper(a: Arguments) -> Step:
    out, first, count, power = a.whole(), a.whole(), a.whole(), a.number()

    def run(r: Row) -> None:
        powered = [held(x, 1e-7, 1.0) ** power for x in r[first : first + count]]
        r[out : out + count] = through_sum(powered)

    return run


def _unscale(a: Arguments) -> Step:
    out, first, kind, most, low = a.whole(), a.whole(), a.whole(), a.number(), a.number()

    def run(r: Row) -> None:
        x = held(r[first], 0.0, most)
        r[out] = (x * x if kind else math.expm1(x)) + low

    return run


def _correct(a: Arguments) -> Step:
    out, first, count, classes, column = a.wholes(5)
    low, high, missing = a.number(), a.number(), a.whole()
    numbers, least, most, coded, codes = a.places(), a.numbers(), a.numbers(), a.places(), a.numbers()
    center, spread, weights, offset = a.numbers(), a.numbers(), a.numbers(), a.numbers()

    def run(r: Row) -> None:
        x, given = r[column], r[first : first + count]
        inside = x != x if missing else low <= x < high
        if not inside:
            r[out : out + count] = given
            return
        inputs = [held(r[c], a, b) for c, a, b in zip(numbers, least, most)]
        inputs += [1.0 if r[c] == code else 0.0 for c, code in zip(coded, codes)]
        z = [0.0 if i != i else (i - c) / s for i, c, s in zip([*inputs, *given], center, spread)]
        made = []
        for k in range(count):
            total = 0.0
            for j, value in enumerate(z):
                total += value * weights[j * count + k]
            made.append(given[k] + offset[k] + total)
        r[out : out + count] = through_sum([held(p, 0.005, 1.0) for p in made]) if classes else made

    return run


WORD = 2**64 - 1


def _mixed(word: int) -> int:
    word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9 & WORD
    word = (word ^ (word >> 27)) * 0x94D049BB133111EB & WORD
    return word ^ (word >> 31)


def _look_up(a: Arguments) -> Step:
    out, first, count, prior, columns = a.whole(), a.whole(), a.whole(), a.number(), a.places()
    high, low, labels = a.places(), a.places(), a.numbers()
    marks = [upper << 32 | lower for upper, lower in zip(high, low)]

    def run(r: Row) -> None:
        total = 0
        for i, column in enumerate(columns, 1):
            x = r[column]
            word = 0x7FF8000000000000 if x != x else struct.unpack("<Q", struct.pack("<d", x + 0.0))[0]
            total += _mixed(word + i * 0xD1342543DE82EF95 & WORD)
        mark = _mixed(total & WORD)
        begin, end = bisect_left(marks, mark), bisect_right(marks, mark)
        given, met = r[first : first + count], labels[begin:end]
        if met and count == 1:
            given = [(left_sum(met) + prior * given[0]) / (len(met) + prior)]
        elif met:
            given = [(met.count(k) + prior * p) / (len(met) + prior) for k, p in enumerate(given)]
        r[out : out + count] = given

    return run


def _spread(a: Arguments) -> Step:
    out, first, count, floor, levels, factors = a.whole(), a.whole(), a.whole(), a.number(), a.numbers(), a.numbers()
    order = sorted(range(len(levels)), key=lambda k: levels[k])
    below = [k for k in order if levels[k] < levels[0]][::-1]
    above = [k for k in order if levels[k] > levels[0]]

    def run(r: Row) -> None:
        given = r[first : first + count]
        median = given[0]
        apart = [median + (p - median) * factor for p, factor in zip(given, factors)]
        if floor == floor:
            apart = [max(p, floor) for p in apart]
        for side, nearer in ((below, min), (above, max)):
            reached = apart[0]
            for k in side:
                reached = apart[k] = nearer(apart[k], reached)
        r[out : out + count] = [*apart, *given[len(levels) :]]

    return run


def _factor(a: Arguments) -> Step:
    out, column, at, logarithm, unknown = a.whole(), a.whole(), a.numbers(), a.numbers(), a.number()

    def between(x: float) -> float:
        if x < at[0]:
            return logarithm[0]
        i = bisect_right(at, x) - 1
        if i == len(at) - 1:
            return logarithm[-1]
        return (logarithm[i + 1] - logarithm[i]) / (at[i + 1] - at[i]) * (x - at[i]) + logarithm[i]

    def run(r: Row) -> None:
        x = r[column]
        if at:
            r[out] = between(x) if math.isfinite(x) else unknown
        else:
            r[out] = logarithm[int(x)] if 0 <= x < len(logarithm) else unknown

    return run


def _size(a: Arguments) -> Step:
    out, factors, base, low, high = a.whole(), a.places(), a.number(), a.number(), a.number()

    def run(r: Row) -> None:
        total = base
        for register in factors:
            total += r[register]
        r[out] = exp(held(total, low, high))

    return run


def _interval(a: Arguments) -> Step:
    out, first, lowest, highest, below, above, size = (*a.wholes(4), a.number(), a.number(), a.whole())

    def run(r: Row) -> None:
        by = 1.0 if size < 0 else r[size]
        low, high = r[first + lowest] - below * by, r[first + highest] + above * by
        if lowest != highest:
            low, high = min(low, r[first]), max(high, r[first])
        r[out], r[out + 1] = low, high

    return run


PREDICTION_STEPS: dict[str, Callable[[Arguments], Step]] = {
    "copy": _copy,
    "logistic": _logistic,
    "share": _share,
    "softmax": _softmax,
    "above": _above,
    "clip": _clip,
    "affine": _affine,
    "divide": _divide,
    "add": _add,
    "ordered": _ordered,
    "mean": _mean,
    "temper": _temper,
    "unscale": _unscale,
    "correct": _correct,
    "known": _look_up,
    "spread": _spread,
    "factor": _factor,
    "size": _size,
    "interval": _interval,
}
"""By name."""
