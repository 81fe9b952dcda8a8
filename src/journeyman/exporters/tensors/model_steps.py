"""Steps from features to scores: lines, symmetric trees, neighbours and nets."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from journeyman.exporters.tensors.registers import Arguments, Registers, Width, Writer
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary
from journeyman.exporters.tensors.trees import forest, trees

__all__ = ["MODEL_STEPS"]

_SELU, _SELU_DEEP = 1.0507009873554805, 1.6732632423543772


def _constant(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return t.like_rows(a.array(1), r.span(0))


def _lines(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    outputs, offsets, seen = a.whole(2), a.array(4), a.registers(1)
    if not seen:
        return t.like_rows(offsets, r.span(0))
    return t.product(r.read(seen), a.array(3).reshape(-1, outputs)) + t.constant(offsets[None, :])


def _symmetric(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    outputs, depth = a.whole(2), a.whole(7)
    features, numbers, coded, starts = a.registers(1), a.wholes(3), a.wholes(4), a.wholes(5)
    parts = []
    if len(numbers):
        single = t.cast(r.read([features[i] for i in numbers]), np.float32)
        parts.append(t.cast(single, np.float64))
    for i, low, high in zip(coded, starts[:-1], starts[1:], strict=True):
        code = r.span(features[i])
        place = t.where(t.call("isnan", code), 0.0, code + 1.0)
        held = t.call("minimum", t.call("maximum", place, 0.0), float(high - low - 1))
        parts.append(t.rows(a.array(6)[low:high], t.cast(held, np.int64)))
    asked, border = a.wholes(8), a.array(9)
    count = len(asked) // depth
    above = t.cast(t.columns(t.concat(parts), asked.tolist()) > t.constant(border[None, :]), np.float64)
    bits = t.reshape(above, (-1, count, depth)) * t.constant(2.0 ** np.arange(depth)[None, None, :])
    first = np.arange(count, dtype=np.float64) * 2.0**depth
    leaf = t.cast(t.total(bits, 2) + t.constant(first[None, :]), np.int64)
    return t.total(t.rows(a.array(10).reshape(-1, outputs), leaf), 1) + t.constant(a.array(11)[None, :])


def _neighbours(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    features, columns, scale = a.registers(1), a.wholes(3), a.array(4)
    rows, copies, prior = a.array(5).reshape(-1, len(columns)), a.array(7), a.array(8)
    number, near, classes = a.whole(9), a.whole(10), a.whole(11)
    squares = None
    for j, column in enumerate(columns.tolist()):
        off = t.constant(rows[None, :, j]) - r.span(features[column]) * float(scale[j])
        squares = off * off if squares is None else squares + off * off
    kept = min(number + 1, len(rows))
    nearness, places = t.largest(t.call("sqrt", squares) * -1.0, kept)
    distance = nearness * -1.0
    counted = list(range(min(number, kept)))
    chosen = t.columns(places, counted)
    weight = t.rows(copies, chosen)
    if near:
        share = t.columns(distance, counted) / t.call("maximum", t.columns(distance, [kept - 1]), 1e-12)
        weight = weight * t.call("maximum", share * share * -1.0 + 1.0, 1e-6)
    total = t.total(weight, 1, keep=True)
    answers = a.array(6).reshape(len(rows), -1)
    means = [
        t.total(t.rows(np.ascontiguousarray(answers[:, k]), chosen) * weight, 1, keep=True) / total
        for k in range(a.whole(2))
    ]
    mean = t.concat(means)
    return (mean * float(number) + t.constant(prior[None, :])) / (number + 1.0) if classes else mean


def _squash(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    z = (r.read(a.registers(1)) - t.constant(a.array(2)[None, :])) * t.constant(a.array(3)[None, :])
    third = z / 3.0
    return z / t.call("sqrt", third * third + 1.0)


def _waves(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    first, count, waves, mixtures = (a.whole(i) for i in range(1, 5))
    frequency, phase = (a.array(i).reshape(count, waves) for i in (5, 6))
    mix, offset = a.array(7).reshape(count, waves, mixtures), a.array(8).reshape(count, mixtures)
    parts = []
    for n in range(count):
        cosines = t.call("cos", r.span(first + n) * t.constant(frequency[n][None, :]) + t.constant(phase[n][None, :]))
        parts.append(t.product(cosines, mix[n]) + t.constant(offset[n][None, :]))
    return t.concat(parts)


def _embed(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    size, code = a.whole(2), r.span(a.whole(1))
    # a comparison with NaN is false; between -1 and 0 a code is cut to 0, but counts as below 0
    known = (code >= 0.0) & (code < float(size))
    place = t.cast(t.call("floor", t.where(known, code, size - 1.0)), np.int64)
    return t.rows(a.array(4).reshape(size, a.whole(3)), t.reshape(place, (-1,)))


def _bend(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    z = r.span(a.whole(1), a.whole(2))
    if a.whole(3) == 0:
        low = t.call("expm1", t.call("minimum", z, 0.0)) * _SELU_DEEP
        bent = (t.call("maximum", z, 0.0) + low) * _SELU
    else:
        e = t.call("exp", t.call("minimum", z, 20.0))
        up = e * (e + 2.0)
        bent = z * (up / (up + 2.0))
    return z + t.constant(a.array(4)[None, :]) * (bent - z)


def _outputs(a: Arguments) -> int:
    return a.whole(2)


MODEL_STEPS: Mapping[str, tuple[Writer, Width]] = {
    "constant": (_constant, lambda a: len(a.array(1))),
    "lines": (_lines, _outputs),
    "trees": (trees, _outputs),
    "forest": (forest, _outputs),
    "symmetric": (_symmetric, _outputs),
    "neighbours": (_neighbours, _outputs),
    "squash": (_squash, lambda a: len(a.array(1))),
    "waves": (_waves, lambda a: a.whole(2) * a.whole(4)),
    "embed": (_embed, lambda a: a.whole(3)),
    "dense": (_lines, _outputs),
    "bend": (_bend, _outputs),
}
"""By operation: what writes a step's registers as one tensor, and how many registers these are."""
