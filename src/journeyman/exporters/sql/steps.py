"""Steps of the scoring plan as expressions; a missing number is NULL."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from journeyman.exporters.sql import spark_steps
from journeyman.exporters.sql.dialect import LARGEST
from journeyman.exporters.sql.known_rows import known
from journeyman.exporters.sql.layers import Layers
from journeyman.exporters.sql.neighbours import neighbours
from journeyman.exporters.sql.nets import bend, dense, embed, squash, waves
from journeyman.exporters.sql.trees import forest, symmetric, trees

__all__ = ["SPARK_STEPS", "STEPS"]

_MOST_TERMS = 900  # of a sum: databases read expressions up to a depth of 1,000


def _pass_on(q: Layers, a: Sequence[float]) -> None:
    q.put(int(a[0]), f"r{int(a[1])}", [int(a[1])])


def _fill(q: Layers, a: Sequence[float]) -> None:
    out, limit = int(a[0]), a[5]
    columns, fill, shift, scale = q.places(a[1]), q.array(a[2]), q.array(a[3]), q.array(a[4])
    for i, c in enumerate(columns):
        given = f"r{c}" if math.isnan(fill[i]) else f"COALESCE(r{c}, {q.number(fill[i])})"
        z = q.times(f"{given} - {q.number(shift[i])}", float(scale[i]))
        if abs(scale[i]) > 1 and q.dialect.name == "PostgreSQL":  # it stops at results beyond doubles
            most, far = q.number(LARGEST / abs(scale[i])), math.copysign(limit or LARGEST, scale[i])
            z = (
                f"CASE WHEN {given} - {q.number(shift[i])} > {most} THEN {q.number(far)}"
                f" WHEN {given} - {q.number(shift[i])} < -{most} THEN {q.number(-far)} ELSE {z} END"
            )
        if limit == 0:
            q.put(out + i, z, [c])
        else:
            between = q.between(z, [c])
            q.put(out + i, q.held(f"r{between}", -limit, limit), [between])
    for i, place in enumerate(q.places(a[6])):
        q.put(
            out + len(columns) + i,
            f"CASE WHEN r{columns[place]} IS NULL THEN {q.number(1)} ELSE {q.number(0)} END",
            [columns[place]],
        )


def _code(q: Layers, a: Sequence[float]) -> None:
    for i, c in enumerate(q.places(a[1])):
        q.put(int(a[0]) + i, f"CASE WHEN r{c} >= 0 THEN r{c} END", [c])


def _onehot(q: Layers, a: Sequence[float]) -> None:
    out, c, n = map(int, a)
    for k in range(n):
        q.put(out + k, f"CASE WHEN r{c} = {k} THEN {q.number(1)} ELSE {q.number(0)} END", [c])


def _table(q: Layers, a: Sequence[float]) -> None:
    out, c, width = map(int, a[:3])
    last = len(q.array(a[3])) // width - 1
    for k in range(width):
        place = f"CASE WHEN r{c} < 0 THEN {last} ELSE r{c} END * {width} + {k}"
        q.put(out + k, q.look_up(a[3], place), [c])


def _calendar(q: Layers, a: Sequence[float]) -> None:
    """Days to dates of the Gregorian calendar, by sums and floors.

    References
    ----------
    https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    """
    out, c, start, fill = int(a[0]), int(a[1]), a[3], q.number(a[4])

    def one(expression: str, *reads: int) -> int:
        return q.between(expression, reads)

    whole = one(f"CASE WHEN r{c} >= 0 THEN floor(r{c}) ELSE ceil(r{c}) END", c)
    days = one(f"floor(r{whole} / 86400)", whole)
    since = one(f"r{days} + 719468", days)  # from 1 March of the year 0
    era = one(f"floor(r{since} / 146097)", since)
    day = one(f"r{since} - r{era} * 146097", since, era)
    year = one(f"floor((r{day} - floor(r{day} / 1460) + floor(r{day} / 36524) - floor(r{day} / 146096)) / 365)", day)
    rest = one(f"r{day} - (365 * r{year} + floor(r{year} / 4) - floor(r{year} / 100))", day, year)
    month = one(f"floor((5 * r{rest} + 2) / 153)", rest)
    early = f"CASE WHEN r{month} < 10 THEN 0 ELSE 1 END"
    named = one(f"r{year} + r{era} * 400 + {early}", year, era, month)
    leap = one(
        f"CASE WHEN r{named} - 4 * floor(r{named} / 4) = 0 AND (r{named} - 100 * floor(r{named} / 100) <> 0"
        f" OR r{named} - 400 * floor(r{named} / 400) = 0) THEN 1 ELSE 0 END",
        named,
    )
    parts = {
        0: (f"r{named}", [named]),
        1: (f"CASE WHEN r{month} < 10 THEN r{month} + 3 ELSE r{month} - 9 END", [month]),
        2: (f"r{rest} - floor((153 * r{month} + 2) / {q.number(5)}) + 1", [rest, month]),
        3: (f"r{days} + 3 - 7 * floor((r{days} + 3) / {q.number(7)})", [days]),
        4: (f"CASE WHEN r{month} < 10 THEN r{rest} + 60 + r{leap} ELSE r{rest} - 305 END", [rest, month, leap]),
        5: (f"(r{whole} - r{days} * 86400) / {q.number(3600)}", [whole, days]),
        6: (f"(r{c} - {q.number(start)}) / {q.number(86400)}", [c]),
    }
    for i, part in enumerate(q.places(a[2])):
        expression, reads = parts[part]
        q.put(out + i, f"COALESCE({expression}, {fill})", reads)


def _gaps(q: Layers, a: Sequence[float]) -> None:
    numbers, codes = q.places(a[1]), q.places(a[2])
    terms = [f"CASE WHEN r{i} IS NULL THEN 1 ELSE 0 END" for i in numbers]
    terms += [f"CASE WHEN r{i} < 0 THEN 1 ELSE 0 END" for i in codes]
    q.put(int(a[0]), f"{q.number(0)} + {' + '.join(terms) or '0'}", [*numbers, *codes])


def _slot(q: Layers, a: Sequence[float]) -> None:
    q.put(int(a[0]), f"CASE WHEN r{int(a[1])} < 0 THEN {q.number(a[2])} ELSE r{int(a[1])} END", [int(a[1])])


def _bin(q: Layers, a: Sequence[float]) -> None:
    c, count = int(a[1]), len(q.array(a[2]))
    if q.dialect.name == "Spark":
        below = spark_steps.bin_of(q, a[2], c, "<")
    else:
        q.looked_up.add(int(a[2]))
        below = f"(SELECT count(*) FROM {q.package}_arrays a WHERE a.list = {int(a[2])} AND a.value < r{c})"
    q.put(int(a[0]), f"CASE WHEN r{c} IS NULL THEN {count} ELSE {below} END * {q.number(1)}", [c])


def _cell(q: Layers, a: Sequence[float]) -> None:
    first, second, stride, offset = map(int, a[1:5])
    place = f"{offset} + {stride} * r{first}" + (f" + r{second}" if second >= 0 else "")
    q.put(int(a[0]), q.look_up(a[5], place), [first, *([second] if second >= 0 else [])])


def _finite(q: Layers, out: float, expression: str, reads: Sequence[int]) -> None:
    between = q.between(expression, reads)
    q.put(int(out), f"CASE WHEN abs(r{between}) <= {q.number(LARGEST)} THEN r{between} END", [between])


def _weigh(q: Layers, a: Sequence[float]) -> None:
    one, other = int(a[1]), int(a[2])
    _finite(q, a[0], f"{q.times(f'r{one}', a[3])} + {q.times(f'r{other}', a[4])}", [one, other])


def _within(q: Layers, one: int, other: int, sign: str, expression: str) -> str:
    """Return an expression where its result is a double, 0 below, NULL beyond: PostgreSQL stops at such results."""
    if q.dialect.name != "PostgreSQL":
        return expression
    size = f"ln(abs(r{one})) {sign} ln(abs(r{other}))"
    return (
        f"CASE WHEN r{one} = 0 OR r{other} = 0 THEN 0 * r{one} * r{other} WHEN {size} > 709.78 THEN NULL"
        f" WHEN {size} < -745 THEN 0 ELSE {expression} END"
    )


def _product(q: Layers, a: Sequence[float]) -> None:
    one, other = int(a[1]), int(a[2])
    _finite(q, a[0], _within(q, one, other, "+", f"r{one} * r{other}"), [one, other])


def _ratio(q: Layers, a: Sequence[float]) -> None:
    one, other = int(a[1]), int(a[2])
    quotient = _within(q, one, other, "-", f"r{one} / r{other}")
    _finite(q, a[0], f"CASE WHEN r{other} <> 0 THEN {quotient} END", [one, other])


def _constant(q: Layers, a: Sequence[float]) -> None:
    for i, value in enumerate(q.array(a[1])):
        q.put(int(a[0]) + i, q.number(value), [])


def _lines(q: Layers, a: Sequence[float]) -> None:
    out, features, outputs = int(a[0]), q.places(a[1]), int(a[2])
    weights, offsets = q.array(a[3]), q.array(a[4])
    for k in range(outputs):
        total: list[str] = []
        before: list[int] = []
        for start in range(0, len(features), _MOST_TERMS):
            part = features[start : start + _MOST_TERMS]
            terms = [q.times(f"r{f}", float(weights[(start + j) * outputs + k])) for j, f in enumerate(part)]
            before = [q.between(" + ".join([*total, *terms]), [*before, *part])]
            total = [f"r{before[0]}"]
        q.put(out + k, " + ".join([*(total or [q.number(0)]), q.number(offsets[k])]), before)


def _copy(q: Layers, a: Sequence[float]) -> None:
    for k in range(int(a[2])):
        q.put(int(a[0]) + k, f"r{int(a[1]) + k}", [int(a[1]) + k])


def _both(q: Layers, out: int, p: int) -> None:
    q.put(out, f"{q.number(1)} - r{p}", [p])
    q.put(out + 1, f"r{p}", [p])


def _sigmoid(q: Layers, register: int) -> int:
    minus = q.between(f"-r{register}", [register])
    return q.between(f"{q.number(1)} / ({q.number(1)} + {q.exp(minus)})", [minus])


def _logistic(q: Layers, a: Sequence[float]) -> None:
    _both(q, int(a[0]), _sigmoid(q, int(a[1])))


def _share(q: Layers, a: Sequence[float]) -> None:
    _both(q, int(a[0]), q.between(q.held(f"r{int(a[1])}", 0.0, 1.0), [int(a[1])]))


def _through_sum(q: Layers, out: int, parts: Sequence[int]) -> None:
    total = q.between(" + ".join(f"r{p}" for p in parts), parts)
    for k, part in enumerate(parts):
        q.put(out + k, f"r{part} / r{total}", [part, total])


def _softmax(q: Layers, a: Sequence[float]) -> None:
    scores = range(int(a[1]), int(a[1]) + int(a[2]))
    most = q.between(q.all_of("greatest", [f"r{s}" for s in scores]), scores)
    less = [q.between(f"r{s} - r{most}", [s, most]) for s in scores]
    _through_sum(q, int(a[0]), [q.between(q.exp(s), [s]) for s in less])


def _sorted(q: Layers, registers: Sequence[int]) -> list[int]:
    """Return registers of the values in ascending order: neighbours are put in order, by turns."""
    values = list(registers)
    for turn in range(len(values)):
        for i in range(turn % 2, len(values) - 1, 2):
            pair = [f"r{values[i]}", f"r{values[i + 1]}"]
            reads = values[i : i + 2]
            values[i : i + 2] = [q.between(q.all_of(f, pair), reads) for f in ("least", "greatest")]
    return values


def _above(q: Layers, a: Sequence[float]) -> None:
    out, first, n, each = map(int, a[:4])
    thresholds = q.array(a[4])
    shifted = [
        q.between(f"r{first + i if each else first} - {q.number(thresholds[i])}", [first + i if each else first])
        for i in range(n)
    ]
    ends = [
        q.between(q.number(1), []),
        *_sorted(q, [_sigmoid(q, s) for s in shifted])[::-1],
        q.between(q.number(0), []),
    ]
    least = q.number(1e-9)
    parts = [
        q.between(f"CASE WHEN r{x} - r{y} < {least} THEN {least} ELSE r{x} - r{y} END", [x, y])
        for x, y in pairwise(ends)
    ]
    _through_sum(q, out, parts)


def _clip(q: Layers, a: Sequence[float]) -> None:
    for k in range(int(a[2])):
        q.put(int(a[0]) + k, q.held(f"r{int(a[1]) + k}", a[3], a[4]), [int(a[1]) + k])


def _affine(q: Layers, a: Sequence[float]) -> None:
    for k in range(int(a[2])):
        q.put(int(a[0]) + k, f"{q.number(a[3])} + {q.number(a[4])} * r{int(a[1]) + k}", [int(a[1]) + k])


def _divide(q: Layers, a: Sequence[float]) -> None:
    for k in range(int(a[2])):
        q.put(int(a[0]) + k, f"r{int(a[1]) + k} / {q.number(a[3])}", [int(a[1]) + k])


def _add(q: Layers, a: Sequence[float]) -> None:
    out, one, other, n = map(int, a)
    for k in range(n):
        q.put(out + k, f"r{one + k} + r{other + k}", [one + k, other + k])


def _ordered(q: Layers, a: Sequence[float]) -> None:
    values = _sorted(q, range(int(a[1]), int(a[1]) + int(a[2])))
    for place, value in zip(q.places(a[3]), values, strict=True):
        q.put(int(a[0]) + place, f"r{value}", [value])


def _mean(q: Layers, a: Sequence[float]) -> None:
    members, weights = q.places(a[2]), q.array(a[3])
    for k in range(int(a[1])):
        terms = [f"{q.number(w)} * r{m + k}" for m, w in zip(members, weights, strict=True)]
        q.put(int(a[0]) + k, " + ".join(terms), [m + k for m in members])


def _temper(q: Layers, a: Sequence[float]) -> None:
    held = [q.between(q.held(f"r{int(a[1]) + k}", 1e-7, 1.0), [int(a[1]) + k]) for k in range(int(a[2]))]
    _through_sum(q, int(a[0]), [q.between(f"power(r{h}, {q.number(a[3])})", [h]) for h in held])


def _unscale(q: Layers, a: Sequence[float]) -> None:
    held = q.between(q.held(f"r{int(a[1])}", 0.0, a[3]), [int(a[1])])
    grown = f"({q.exp(held)} - {q.number(1)})" if a[2] == 0 else f"r{held} * r{held}"
    q.put(int(a[0]), f"{grown} + {q.number(a[4])}", [held])


def _correct(q: Layers, a: Sequence[float]) -> None:
    out, first, n, classes, column = map(int, a[:5])
    low, high, missing = a[5:8]
    numbers, lows, highs = q.places(a[8]), q.array(a[9]), q.array(a[10])
    coded, codes = q.places(a[11]), q.array(a[12])
    center, spread, weights, offset = (q.array(i) for i in a[13:17])
    inputs = [(q.held(f"r{c}", lows[i], highs[i]), c) for i, c in enumerate(numbers)]
    inputs += [
        (f"CASE WHEN r{c} = {q.number(codes[i])} THEN {q.number(1)} ELSE {q.number(0)} END", c)
        for i, c in enumerate(coded)
    ]
    inputs += [(f"r{first + k}", first + k) for k in range(n)]
    z = [
        q.between(f"COALESCE((({word}) - {q.number(center[j])}) / {q.number(spread[j])}, {q.number(0)})", [c])
        for j, (word, c) in enumerate(inputs)
    ]
    there = f"r{column} IS NULL" if missing else f"r{column} >= {q.number(low)} AND r{column} < {q.number(high)}"
    made = []
    for k in range(n):
        total = " + ".join(f"r{x} * {q.number(weights[j * n + k])}" for j, x in enumerate(z))
        made.append(q.between(f"r{first + k} + {q.number(offset[k])} + ({total})", [*z, first + k]))
    if classes:
        held = [q.between(q.held(f"r{m}", 0.005, 1.0), [m]) for m in made]
        whole = q.between(" + ".join(f"r{h}" for h in held), held)
        made = [q.between(f"r{h} / r{whole}", [h, whole]) for h in held]
    for k in range(n):
        q.put(out + k, f"CASE WHEN {there} THEN r{made[k]} ELSE r{first + k} END", [made[k], first + k, column])


def _spread(q: Layers, a: Sequence[float]) -> None:
    out, first, n, floor = int(a[0]), int(a[1]), int(a[2]), a[3]
    levels, factors = q.array(a[4]), q.array(a[5])
    apart = []
    for k in range(len(levels)):
        word = f"r{first} + (r{first + k} - r{first}) * {q.number(factors[k])}"
        value = q.between(word, [first, first + k])
        if not math.isnan(floor):
            value = q.between(q.all_of("greatest", [f"r{value}", q.number(floor)]), [value])
        apart.append(value)
    order = sorted(range(len(levels)), key=lambda k: levels[k])
    sides = {
        "least": [k for k in order if levels[k] < levels[0]][::-1],
        "greatest": [k for k in order if levels[k] > levels[0]],
    }
    for function, places in sides.items():
        edge = apart[0]
        for k in places:
            edge = apart[k] = q.between(q.all_of(function, [f"r{apart[k]}", f"r{edge}"]), [apart[k], edge])
    for k in range(n):
        value = apart[k] if k < len(apart) else first + k
        q.put(out + k, f"r{value}", [value])


def _factor(q: Layers, a: Sequence[float]) -> None:
    out, c, unknown = int(a[0]), int(a[1]), q.number(a[4])
    at, logarithm = q.array(a[2]), q.array(a[3])
    if not len(at):
        place = f"CASE WHEN r{c} >= 0 AND r{c} < {len(logarithm)} THEN r{c} END"
        q.put(out, f"COALESCE({q.look_up(a[3], place)}, {unknown})", [c])
        return
    if q.dialect.name == "Spark":
        below = q.between(spark_steps.position_below(q, a[2], c), [c])
    else:
        q.looked_up.add(int(a[2]))
        below = q.between(
            f"(SELECT max(a.place) FROM {q.package}_arrays a WHERE a.list = {int(a[2])} AND a.value <= r{c})", [c]
        )
    ends = [q.between(q.look_up(array, f"r{below} + {i}"), [below]) for array in (a[2], a[3]) for i in (0, 1)]
    x0, x1, y0, y1 = (f"r{end}" for end in ends)
    beyond = q.between(f"r{c} - {x0}", [c, ends[0]])
    line = f"({y1} - {y0}) / ({x1} - {x0}) * r{beyond} + {y0}"
    if q.dialect.name == "PostgreSQL":  # it stops at products below doubles
        line = f"CASE WHEN abs(r{beyond}) < {q.number(1e-290)} THEN {y0} ELSE {line} END"
    first, last = q.number(at[0]), q.number(at[-1])
    q.put(
        out,
        f"CASE WHEN r{c} IS NULL THEN {unknown} WHEN r{c} >= {last} THEN {q.number(logarithm[-1])}"
        f" WHEN r{c} <= {first} THEN {q.number(logarithm[0])} ELSE {line} END",
        [c, beyond, *ends],
    )


def _size(q: Layers, a: Sequence[float]) -> None:
    factors = q.places(a[1])
    total = q.between(" + ".join([q.number(a[2]), *(f"r{f}" for f in factors)]), factors)
    held = q.between(q.held(f"r{total}", a[3], a[4]), [total])
    q.put(int(a[0]), q.exp(held), [held])


def _interval(q: Layers, a: Sequence[float]) -> None:
    out, first, lowest, highest, size = int(a[0]), int(a[1]), int(a[2]), int(a[3]), int(a[6])
    scale = f" * r{size}" if size >= 0 else ""
    for k, (end, word, function) in enumerate(
        ((lowest, f"- {q.number(a[4])}{scale}", "least"), (highest, f"+ {q.number(a[5])}{scale}", "greatest"))
    ):
        reads = [first + end, *([size] if size >= 0 else [])]
        value = q.between(f"r{first + end} {word}", reads)
        both = [f"r{value}", f"r{first}"] if lowest != highest else [f"r{value}"]
        q.put(out + k, q.all_of(function, both), [value, first])


STEPS: Mapping[str, Callable[[Layers, Sequence[float]], None]] = {
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
    "constant": _constant,
    "lines": _lines,
    "trees": trees,
    "forest": forest,
    "symmetric": symmetric,
    "neighbours": neighbours,
    "squash": squash,
    "waves": waves,
    "embed": embed,
    "dense": dense,
    "bend": bend,
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
    "known": known,
    "spread": _spread,
    "factor": _factor,
    "size": _size,
    "interval": _interval,
}
"""By operation: what writes its registers."""

SPARK_STEPS: Mapping[str, Callable[[Layers, Sequence[float]], None]] = {
    **STEPS,
    "neighbours": spark_steps.neighbours,
    "waves": spark_steps.waves,
    "dense": spark_steps.dense,
    "bend": spark_steps.bend,
}
"""For Spark, where a query that is named twice runs twice."""
