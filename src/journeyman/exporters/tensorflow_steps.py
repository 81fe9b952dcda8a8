"""The steps of a plan as TensorFlow operations. TensorFlow comes in as an argument: it is loaded where it is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from journeyman.algorithms.baseline import ConstantModel
from journeyman.algorithms.linear import LinearModel
from journeyman.algorithms.neural import NeuralModel
from journeyman.algorithms.neural.mean import MeanOfNets
from journeyman.entities.plan import MeanStep, TemperatureStep
from journeyman.transformers.steps import CalendarStep, CodeStep, LookupStep, NumberStep, OneHotStep
from journeyman.transformers.target_scale import TargetScale

__all__ = ["ADJUSTING", "MAKING", "PREDICTING"]

_DAY = 86_400
_LEAST_PROBABILITY = 1e-7  # as TemperatureStep has it

Columns = Mapping[str, Any]  # by name: float64 of shape (n_samples,), or int32 codes


def _fill(tf: Any, step: NumberStep, columns: Columns) -> Any:
    x = tf.stack([columns[name] for name in step.columns], axis=1)
    missing = tf.math.logical_not(tf.math.is_finite(x))
    flags = tf.cast(tf.gather(missing, list(step.flagged), axis=1), tf.float64)
    x = (tf.where(missing, _rows(tf, step.fill, x), x) - step.shift) * step.scale
    if step.limit:
        x = tf.clip_by_value(x, -step.limit, step.limit)
    return tf.concat([x, flags], axis=1)


def _code(tf: Any, step: CodeStep, columns: Columns) -> Any:
    codes = tf.cast(tf.stack([columns[name] for name in step.columns], axis=1), tf.float64)
    return tf.where(codes < 0.0, tf.constant(math.nan, tf.float64), codes)


def _one_hot(tf: Any, step: OneHotStep, columns: Columns) -> Any:
    return tf.cast(columns[step.column][:, None] == np.arange(len(step.labels), dtype=np.int32), tf.float64)


def _lookup(tf: Any, step: LookupStep, columns: Columns) -> Any:
    codes = columns[step.column]
    return tf.gather(tf.constant(step.table), tf.where(codes < 0, len(step.table) - 1, codes))


def _calendar(tf: Any, step: CalendarStep, columns: Columns) -> Any:
    """Return parts of dates by Hinnant's arithmetic (2013), whose years begin in March: a leap day is a year's last."""
    seconds = columns[step.column]
    missing = tf.math.is_nan(seconds)
    known = tf.where(missing, tf.zeros_like(seconds), seconds)
    whole = tf.cast(known, tf.int64)  # towards zero, as NumPy does
    days = tf.math.floordiv(whole, _DAY)
    shifted = days + 719_468  # from 1 March of the year 0
    era = tf.math.floordiv(shifted, 146_097)
    of_era = shifted - era * 146_097
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * of_year + 2) // 153
    day = of_year - (153 * month_from_march + 2) // 5 + 1
    month = tf.where(month_from_march < 10, month_from_march + 3, month_from_march - 9)
    year = year_of_era + era * 400 + tf.cast(month <= 2, tf.int64)
    before = year - 1
    start_of_year = 365 * before + before // 4 - before // 100 + before // 400 - 719_162
    parts = [
        tf.cast(part, tf.float64)
        for part in (year, month, day, tf.math.floormod(days + 3, 7), days - start_of_year + 1, whole - days * _DAY)
    ]
    parts[5] = parts[5] / 3600.0
    parts.append((known - step.start) / float(_DAY))
    found = tf.stack([parts[i] for i in step.parts], axis=1)
    return tf.where(missing[:, None], tf.constant(step.fill, tf.float64), found)


def _constant(tf: Any, step: ConstantModel, x: Any) -> Any:
    return tf.tile(tf.constant([step.answer], tf.float64), [tf.shape(x)[0], 1])


def _line(tf: Any, step: LinearModel, x: Any) -> Any:
    scores = x @ tf.constant(step.weights, tf.float64) + tf.constant(step.offsets, tf.float64)
    return tf.nn.softmax(scores) if step.classifier else tf.clip_by_value(scores, step.low, step.high)


def _net(tf: Any, step: NeuralModel, x: Any) -> Any:
    return _decoded(tf, step, _scores(tf, step, x))


def _nets(tf: Any, step: MeanOfNets, x: Any) -> Any:
    total = sum(_scores(tf, net, x) for net in step.nets)
    return _decoded(tf, step.nets[0], total / float(len(step.nets)))


def _scores(tf: Any, net: NeuralModel, x: Any) -> Any:
    """Return what the last layer gives, in float32 from the smoothly clipped numbers on."""
    inputs, waves = net.inputs, net.waves
    entering = [int(i) for i in np.concatenate([inputs.numbers, inputs.flats])]
    z = (tf.gather(x, entering, axis=1) - inputs.center.astype(np.float64)) * inputs.scale.astype(np.float64)
    z = tf.cast(z / tf.sqrt(1.0 + tf.square(z / 3.0)), tf.float32)
    numbers, flats = z[:, : len(inputs.numbers)], z[:, len(inputs.numbers) :]
    parts = [numbers]
    if len(inputs.numbers):
        cosines = tf.cos(numbers[:, :, None] * waves.frequency + waves.phase)
        mixed = tf.einsum("rnk,nkd->rnd", cosines, tf.constant(waves.mix)) + waves.offset
        parts.append(tf.reshape(mixed, (-1, math.prod(waves.offset.shape))))
    parts.append(flats)
    for table, position, size in zip(net.tables, inputs.codes, inputs.sizes, strict=True):
        code = x[:, int(position)]
        known = (code >= 0.0) & (code < float(size))
        slot = tf.where(known, tf.cast(tf.where(known, code, tf.zeros_like(code)), tf.int32), size - 1)
        parts.append(tf.gather(tf.constant(table), slot))
    h = tf.concat(parts, axis=1)
    for weights, offset, slope in zip(net.weights, net.offsets, net.slopes, strict=False):
        z = h @ tf.constant(weights) + offset
        bent = tf.nn.selu(z) if net.activation == "selu" else z * tf.tanh(tf.nn.softplus(z))
        h = z + slope * (bent - z)
    return tf.cast(h @ tf.constant(net.weights[-1]) + net.offsets[-1], tf.float64)


def _decoded(tf: Any, net: NeuralModel, scores: Any) -> Any:
    if net.classifier:
        return tf.nn.softmax(scores)
    return tf.clip_by_value(net.center + net.spread * scores, net.low, net.high)


def _mean(tf: Any, step: MeanStep, predictions: Sequence[Any]) -> Any:
    return sum(weight * values for weight, values in zip(step.weights, predictions, strict=True))


def _tempered(tf: Any, step: TemperatureStep, predictions: Sequence[Any]) -> Any:
    powered = tf.clip_by_value(predictions[0], _LEAST_PROBABILITY, 1.0) ** (1.0 / step.temperature)
    return powered / tf.reduce_sum(powered, axis=1, keepdims=True)


def _scaled_back(tf: Any, step: TargetScale, predictions: Sequence[Any]) -> Any:
    held = tf.clip_by_value(predictions[0], 0.0, step.most())
    return (tf.math.expm1(held) if step.name == "log" else tf.square(held)) + step.low


def _rows(tf: Any, values: Any, like: Any) -> Any:
    return tf.broadcast_to(tf.constant(values, tf.float64), tf.shape(like))


MAKING: Mapping[type, Callable[[Any, Any, Columns], Any]] = {
    NumberStep: _fill,
    CodeStep: _code,
    OneHotStep: _one_hot,
    LookupStep: _lookup,
    CalendarStep: _calendar,
}
"""Steps that make features (n_samples, n_features) of columns."""

PREDICTING: Mapping[type, Callable[[Any, Any, Any], Any]] = {
    ConstantModel: _constant,
    LinearModel: _line,
    NeuralModel: _net,
    MeanOfNets: _nets,
}
"""Steps that make predictions (n_samples, n_outputs) of features."""

ADJUSTING: Mapping[type, Callable[[Any, Any, Sequence[Any]], Any]] = {
    MeanStep: _mean,
    TemperatureStep: _tempered,
    TargetScale: _scaled_back,
}
"""Steps that make predictions of predictions."""
