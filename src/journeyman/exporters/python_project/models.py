"""Steps of a scoring plan from features to scores."""

from __future__ import annotations

import math
from collections.abc import Callable

from journeyman.exporters.python_project.arguments import Arguments, Row, Step, single

__all__ = ["MODEL_STEPS"]

ZERO = 1.0000000180025095e-35


def _constant(a: Arguments) -> Step:
    out, values = a.whole(), a.numbers()

    def run(r: Row) -> None:
        r[out : out + len(values)] = values

    return run


def _lines(a: Arguments) -> Step:
    out, features, outputs, weights, offsets = a.whole(), a.places(), a.whole(), a.numbers(), a.numbers()
    own = [weights[k::outputs] for k in range(outputs)]

    def run(r: Row) -> None:
        x = [r[f] for f in features]
        for k in range(outputs):
            total = 0.0
            for value, weight in zip(x, own[k]):
                total += value * weight
            r[out + k] = total + offsets[k]

    return run


def _trees(a: Arguments) -> Step:
    out, features, outputs = a.whole(), a.places(), a.whole()
    feature, threshold, flags = a.places(), a.numbers(), a.places()
    left, right, leaves, roots, starts, bits = a.places(), a.places(), a.numbers(), a.places(), a.places(), a.places()
    rounded = any(flag & 16 for flag in flags)
    nodes = list(zip(feature, threshold, left, right, (flag & 15 for flag in flags)))

    def is_chosen(place: int, code: int) -> bool:
        word = starts[place] + (code >> 5)
        return word < starts[place + 1] and bits[word] >> (code & 31) & 1 == 1

    def goes_left(flag: int, border: float, x: float) -> bool:
        if flag & 8:
            return -1 < x < 2147483648 and is_chosen(int(border), int(x))  # NaN is not
        if x != x:
            if flag & 3 == 2:
                return flag & 4 > 0
            x = 0.0
        return flag & 4 > 0 if flag & 3 == 1 and x == 0.0 else x <= border

    def run(r: Row) -> None:
        values = [r[f] for f in features]
        if rounded:
            values = [single(x) for x in values]
        values = [0.0 if abs(x) <= ZERO else x for x in values]
        scores = [0.0] * outputs
        for tree, place in enumerate(roots):
            while place >= 0:
                f, border, below, above, flag = nodes[place]
                x = values[f]
                if flag & 9 or x != x:  # a category, zero that is missing, or NaN
                    place = below if goes_left(flag, border, x) else above
                else:
                    place = below if x <= border else above
            scores[tree % outputs] += leaves[-1 - place]
        r[out : out + outputs] = scores

    return run


def _forest(a: Arguments) -> Step:
    out, features, outputs = a.whole(), a.places(), a.whole()
    feature, threshold, left, right, leaf = a.places(), a.numbers(), a.places(), a.places(), a.places()
    answers, roots = a.numbers(), a.places()

    def run(r: Row) -> None:
        x = [single(r[f]) for f in features]
        scores = [0.0] * outputs
        for node in roots:
            while left[node] != node:
                node = right[node] if x[feature[node]] > threshold[node] else left[node]
            at = leaf[node] * outputs
            for k in range(outputs):
                scores[k] += answers[at + k]
        r[out : out + outputs] = [score / len(roots) for score in scores]

    return run


def _symmetric(a: Arguments) -> Step:
    out, features, outputs = a.whole(), a.places(), a.whole()
    numbers, coded, starts, tables, depth = a.places(), a.places(), a.places(), a.numbers(), a.whole()
    entry, border, leaves, bias = a.places(), a.numbers(), a.numbers(), a.numbers()
    asked = list(zip(entry, border, [1 << level for level in range(depth)] * (len(entry) // max(depth, 1))))
    trees = [asked[i : i + depth] for i in range(0, len(asked), depth)] if depth else [[]] * (len(leaves) // outputs)

    def run(r: Row) -> None:
        x = [single(r[features[i]]) for i in numbers]
        for i, position in enumerate(coded):
            code = r[features[position]]
            slot = min(0 if code != code else int(code) + 1, starts[i + 1] - starts[i] - 1)
            x.append(tables[starts[i] + slot])
        scores = list(bias)
        for tree, levels in enumerate(trees):
            leaf = tree << depth
            for i, end, bit in levels:
                if x[i] > end:
                    leaf |= bit
            at = leaf * outputs
            for k in range(outputs):
                scores[k] += leaves[at + k]
        r[out : out + outputs] = scores

    return run


def _neighbours(a: Arguments) -> Step:
    out, features, outputs, columns, scale = a.whole(), a.places(), a.whole(), a.places(), a.numbers()
    flat, answers, copies, prior = a.numbers(), a.numbers(), a.numbers(), a.numbers()
    number, near, classes = a.whole(), a.whole(), a.whole()
    width = len(columns)
    rows = [flat[i * width : (i + 1) * width] for i in range(len(copies))]

    def run(r: Row) -> None:
        asked = [r[features[c]] * s for c, s in zip(columns, scale)]
        distances = []
        for i, row in enumerate(rows):
            total = 0.0
            for x, q in zip(row, asked):
                total += (x - q) * (x - q)
            distances.append((math.sqrt(total), i))
        nearest = sorted(distances)[: number + 1]
        reach = max(nearest[min(number, len(nearest) - 1)][0], 1e-12)
        weight, sums = 0.0, [0.0] * outputs
        for distance, i in nearest[:number]:
            own = copies[i] * (max(1.0 - (distance / reach) ** 2, 1e-6) if near else 1.0)
            weight += own
            for k in range(outputs):
                sums[k] += own * answers[i * outputs + k]
        for k in range(outputs):
            mean = sums[k] / weight
            r[out + k] = (mean * number + prior[k]) / (number + 1.0) if classes else mean

    return run


def _squash(a: Arguments) -> Step:
    out, features, center, scale = a.whole(), a.places(), a.numbers(), a.numbers()

    def run(r: Row) -> None:
        for o, (f, c, s) in enumerate(zip(features, center, scale), out):
            z = (r[f] - c) * s
            third = z / 3.0
            r[o] = z / math.sqrt(1.0 + third * third)

    return run


def _waves(a: Arguments) -> Step:
    out, first, count, waves, mixtures = a.wholes(5)
    frequency, phase, mix, offset = a.numbers(), a.numbers(), a.numbers(), a.numbers()

    def run(r: Row) -> None:
        for n in range(count):
            x, at = r[first + n], n * waves
            cosines = [math.cos(x * frequency[at + w] + phase[at + w]) for w in range(waves)]
            for m in range(mixtures):
                total = 0.0
                for w in range(waves):
                    total += cosines[w] * mix[(at + w) * mixtures + m]
                r[out + n * mixtures + m] = total + offset[n * mixtures + m]

    return run


def _embed(a: Arguments) -> Step:
    out, column, size, width, values = a.whole(), a.whole(), a.whole(), a.whole(), a.numbers()

    def run(r: Row) -> None:
        x = r[column]
        code = int(x) if -1 < x < size else size - 1
        r[out : out + width] = values[code * width : (code + 1) * width]

    return run


def _bend(a: Arguments) -> Step:
    out, first, count, kind, slopes = a.whole(), a.whole(), a.whole(), a.whole(), a.numbers()

    def selu(z: float) -> float:
        return 1.0507009873554805 * (max(z, 0.0) + 1.6732632423543772 * math.expm1(min(z, 0.0)))

    def mish(z: float) -> float:
        e = math.exp(min(z, 20.0))
        return z * (e * (e + 2.0) / (e * (e + 2.0) + 2.0))

    activate = mish if kind else selu

    def run(r: Row) -> None:
        for i in range(count):
            z = r[first + i]
            r[out + i] = z + slopes[i] * (activate(z) - z)

    return run


MODEL_STEPS: dict[str, Callable[[Arguments], Step]] = {
    "constant": _constant,
    "lines": _lines,
    "trees": _trees,
    "forest": _forest,
    "symmetric": _symmetric,
    "neighbours": _neighbours,
    "squash": _squash,
    "waves": _waves,
    "embed": _embed,
    "dense": _lines,
    "bend": _bend,
}
"""By name."""
