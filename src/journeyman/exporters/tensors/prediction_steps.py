"""Steps from scores to predictions and intervals, and the place of the label."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from journeyman.entities.scoring_plan import ScoringPlan
from journeyman.exporters.tensors.feature_steps import finite_or, is_equal, is_lacking
from journeyman.exporters.tensors.known_rows import known
from journeyman.exporters.tensors.registers import Arguments, Registers, Width, Writer
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary

__all__ = ["PREDICTION_STEPS", "label_places"]


def _held(t: TensorLibrary, x: Tensor, low: float, high: float) -> Tensor:
    return t.where(x < low, low, t.where(x > high, high, x))


def _shares(t: TensorLibrary, x: Tensor) -> Tensor:
    return x / t.total(x, 1, keep=True)


def _pair(t: TensorLibrary, p: Tensor) -> Tensor:
    return t.concat([p * -1.0 + 1.0, p])


def _sigmoid(t: TensorLibrary, x: Tensor) -> Tensor:
    return t.constant(1.0) / (t.call("exp", x * -1.0) + 1.0)


def _copy(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return r.span(a.whole(1), a.whole(2))


def _logistic(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return _pair(t, _sigmoid(t, r.span(a.whole(1))))


def _share(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return _pair(t, _held(t, r.span(a.whole(1)), 0.0, 1.0))


def _softmax(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    scores = _copy(t, r, a)
    return _shares(t, t.call("exp", scores - t.greatest(scores)))


def _above(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    count = a.whole(2)
    scores = r.span(a.whole(1), count if a.whole(3) else 1)
    chances, _ = t.largest(_sigmoid(t, scores - t.constant(a.array(4)[None, :])), count)
    first, last = (t.like_rows(np.array([end]), scores) for end in (1.0, 0.0))
    differences = t.concat([first, chances]) - t.concat([chances, last])
    return _shares(t, t.call("maximum", differences, 1e-9))


def _clip(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return _held(t, _copy(t, r, a), a.number(3), a.number(4))


def _affine(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return _copy(t, r, a) * a.number(4) + a.number(3)


def _divide(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return _copy(t, r, a) / a.number(3)


def _add(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return r.span(a.whole(1), a.whole(3)) + r.span(a.whole(2), a.whole(3))


def _ordered(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    count = a.whole(2)
    descending, _ = t.largest(_copy(t, r, a), count)
    place_of = np.empty(count, dtype=np.int64)
    place_of[a.wholes(3)] = np.arange(count)[::-1]
    return t.columns(descending, place_of.tolist())


def _mean(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    total = None
    for first, weight in zip(a.registers(2), a.array(3).tolist(), strict=True):
        term = r.span(first, a.whole(1)) * weight
        total = term if total is None else total + term
    return total


def _temper(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    return _shares(t, t.call("pow", _held(t, _copy(t, r, a), 1e-7, 1.0), a.number(3)))


def _unscale(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    x = _held(t, r.span(a.whole(1)), 0.0, a.number(3))
    return (x * x if a.whole(2) else t.call("expm1", x)) + a.number(4)


def _correct(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    count, classes = a.whole(2), a.whole(3)
    before, asked = r.span(a.whole(1), count), r.span(a.whole(4))
    inside = t.call("isnan", asked) if a.whole(7) else (asked >= a.number(5)) & (asked < a.number(6))
    parts = []
    if len(a.array(8)):
        x = r.read(a.registers(8))
        low, high = t.constant(a.array(9)[None, :]), t.constant(a.array(10)[None, :])
        parts.append(t.where(x < low, low, t.where(x > high, high, x)))
    for register, code in zip(a.registers(11), a.array(12).tolist(), strict=True):
        parts.append(t.cast(is_equal(r.span(register), code), np.float64))
    inputs = t.concat([*parts, before])
    z = (inputs - t.constant(a.array(13)[None, :])) / t.constant(a.array(14)[None, :])
    z = t.where(t.call("isnan", z), 0.0, z)
    after = before + t.constant(a.array(16)[None, :]) + t.product(z, a.array(15).reshape(-1, count))
    if classes:
        after = _shares(t, _held(t, after, 0.005, 1.0))
    return t.where(inside, after, before)


def _spread(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    floor, levels, factors = a.number(3), a.array(4).tolist(), a.array(5).tolist()
    before = [r.span(a.whole(1) + k) for k in range(a.whole(2))]
    median, middle = before[0], levels[0]
    made = [median + (p - median) * factor for p, factor in zip(before, factors, strict=False)]
    if not math.isnan(floor):
        made = [t.call("maximum", p, floor) for p in made]
    for side, hold in ((1.0, "maximum"), (-1.0, "minimum")):
        nearer = made[0]
        for k in sorted(range(len(levels)), key=lambda i: side * levels[i]):
            if side * levels[k] > side * middle:
                made[k] = nearer = t.call(hold, made[k], nearer)
    return t.concat([*made, *before[len(made) :]])


def _factor(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    x, at, logarithm, unknown = r.span(a.whole(1)), a.array(2), a.array(3), a.number(4)
    if not len(at):
        known = (x >= 0.0) & (x < float(len(logarithm)))
        return t.where(known, t.rows(logarithm, t.cast(t.where(known, x, 0.0), np.int64)), unknown)
    known = finite_or(t, x, float(at[0]))
    between = t.like_rows(logarithm[:1], x)
    if len(at) > 1:
        slopes = np.diff(logarithm) / np.diff(at)
        reached = t.total(t.cast(known >= t.constant(at[None, :]), np.float64), 1, keep=True) - 1.0
        i = t.cast(_held(t, reached, 0.0, float(len(at) - 2)), np.int64)
        between = (known - t.rows(at, i)) * t.rows(slopes, i) + t.rows(logarithm, i)
        ends = t.where(known <= float(at[0]), float(logarithm[0]), between)
        between = t.where(known >= float(at[-1]), float(logarithm[-1]), ends)
    return t.where(is_lacking(t, x), unknown, between)


def _size(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    total = t.like_rows(np.array([a.number(2)]), r.span(0))
    for register in a.registers(1):
        total = total + r.span(register)
    return t.call("exp", _held(t, total, a.number(3), a.number(4)))


def _interval(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    first, lowest, highest, size = a.whole(1), a.whole(2), a.whole(3), a.whole(6)
    below, above = a.number(4), a.number(5)
    scale = r.span(size) if size >= 0 else None
    low = r.span(first + lowest) - (below if scale is None else scale * below)
    high = r.span(first + highest) + (above if scale is None else scale * above)
    if lowest != highest:
        low, high = t.call("minimum", low, r.span(first)), t.call("maximum", high, r.span(first))
    return t.concat([low, high])


def label_places(t: TensorLibrary, plan: ScoringPlan, outputs: Tensor) -> Tensor:
    """Return the place of each row's label, int64 of shape (n_samples,)."""
    count = len(plan.outputs)
    if plan.ordered:
        reached = t.product(outputs, np.triu(np.ones((count, count))))
        return t.first_greatest(t.cast(reached >= t.total(outputs, 1, keep=True) * 0.5 - 1e-12, np.float64))
    if plan.threshold is not None:
        return t.reshape(t.cast(t.columns(outputs, [1]) >= plan.threshold, np.int64), (-1,))
    return t.first_greatest(outputs)


def _count(a: Arguments) -> int:
    return a.whole(2)


def _two(a: Arguments) -> int:
    return 2


def _one(a: Arguments) -> int:
    return 1


PREDICTION_STEPS: Mapping[str, tuple[Writer, Width]] = {
    "copy": (_copy, _count),
    "logistic": (_logistic, _two),
    "share": (_share, _two),
    "softmax": (_softmax, _count),
    "above": (_above, lambda a: a.whole(2) + 1),
    "clip": (_clip, _count),
    "affine": (_affine, _count),
    "divide": (_divide, _count),
    "add": (_add, lambda a: a.whole(3)),
    "ordered": (_ordered, _count),
    "mean": (_mean, lambda a: a.whole(1)),
    "temper": (_temper, _count),
    "unscale": (_unscale, _one),
    "correct": (_correct, _count),
    "known": (known, _count),
    "spread": (_spread, _count),
    "factor": (_factor, _one),
    "size": (_size, _one),
    "interval": (_interval, _two),
}
"""By operation: what writes a step's registers as one tensor, and how many registers these are."""
