"""A stored neural net as a TensorFlow SavedModel, checked against the net that it came from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from journeyman.algorithms.neural import NeuralModel
from journeyman.errors import InputError, ReleaseError
from journeyman.interfaces import Matrix

__all__ = ["write_saved_model"]

_PROBES = 256
_AGREEMENT = 1e-5


def write_saved_model(model: NeuralModel, folder: Path, seed: int = 0) -> float:
    """Write a SavedModel that answers prepared features as the net does, and return the largest difference seen.

    Its one signature, ``serving_default``, takes ``features``: float32 of shape (n_samples, n_features), in the order
    of the net's preparation, category codes among them as numbers with NaN for missing and unseen; it returns
    ``predictions``: probabilities (n_samples, n_classes) or values (n_samples, 1).

    Parameters
    ----------
    model : NeuralModel
        What has learned.
    folder : Path
        Where the SavedModel goes; made where it is missing.
    seed : int
        Of the random rows that both are compared on.

    Raises
    ------
    InputError
        Where TensorFlow is not installed.
    ReleaseError
        Where the two differ by more than 1e-5 of the range of answers; nobody should use the export then.
    """
    try:
        # Here and not above: TensorFlow takes ten seconds to load, and is an extra that few installations have.
        import tensorflow as tf  # noqa: PLC0415  # the one place that imports TensorFlow
    except ImportError as error:
        raise InputError(
            "a SavedModel is written by TensorFlow, which is not installed", hint="pip install 'journeyman[tensorflow]'"
        ) from error

    module = tf.Module()
    # A SavedModel carries the arrays that its module holds.
    module.arrays = {name: tf.Variable(value, trainable=False) for name, value in _arrays(model).items()}
    entering = tf.TensorSpec((None, model.inputs.features), tf.float32, name="features")

    def answer(features: Any) -> dict[str, Any]:
        return {"predictions": _predict_graph(tf, module.arrays, model, features)}

    module.answer = tf.function(answer, input_signature=[entering])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": module.answer})
    return _compare(tf, model, folder, seed)


def _arrays(model: NeuralModel) -> dict[str, Any]:
    inputs, waves = model.inputs, model.waves
    found = {"frequency": waves.frequency, "phase": waves.phase, "mix": waves.mix, "mix_offset": waves.offset}
    found |= {"center": inputs.center.astype(np.float64), "scale": inputs.scale.astype(np.float64)}
    found |= {f"table_{i}": table for i, table in enumerate(model.tables)}
    for i, (weights, offset) in enumerate(zip(model.weights, model.offsets, strict=True)):
        found |= {f"weights_{i}": weights, f"offset_{i}": offset}
    return found | {f"slope_{i}": slope for i, slope in enumerate(model.slopes)}


def _predict_graph(tf: Any, arrays: Any, model: NeuralModel, features: Any) -> Any:
    inputs = model.inputs
    entering = [int(i) for i in np.concatenate([inputs.numbers, inputs.flats])]
    z = (tf.cast(tf.gather(features, entering, axis=1), tf.float64) - arrays["center"]) * arrays["scale"]
    z = tf.cast(z / tf.sqrt(1.0 + tf.square(z / 3.0)), tf.float32)
    numbers, flats = z[:, : len(inputs.numbers)], z[:, len(inputs.numbers) :]
    parts = [numbers]
    if len(inputs.numbers):
        waves = tf.cos(numbers[:, :, None] * arrays["frequency"] + arrays["phase"])
        mixed = tf.einsum("rnk,nkd->rnd", waves, arrays["mix"]) + arrays["mix_offset"]
        parts.append(tf.reshape(mixed, (-1, math.prod(model.waves.offset.shape))))
    parts.append(flats)
    for i, (position, size) in enumerate(zip(inputs.codes, inputs.sizes, strict=True)):
        code = features[:, int(position)]
        known = (code >= 0.0) & (code < size)
        slot = tf.where(known, tf.cast(tf.where(known, code, 0.0), tf.int32), size - 1)
        parts.append(tf.gather(arrays[f"table_{i}"], slot))
    h = tf.concat(parts, axis=1)
    for i in range(len(model.slopes)):
        z = h @ arrays[f"weights_{i}"] + arrays[f"offset_{i}"]
        bent = tf.nn.selu(z) if model.activation == "selu" else z * tf.tanh(tf.nn.softplus(z))
        h = z + arrays[f"slope_{i}"] * (bent - z)
    last = len(model.slopes)
    scores = h @ arrays[f"weights_{last}"] + arrays[f"offset_{last}"]
    if model.classifier:
        return tf.nn.softmax(scores)
    return tf.clip_by_value(model.center + model.spread * scores, model.low, model.high)


def _compare(tf: Any, model: NeuralModel, folder: Path, seed: int) -> float:
    """Return the largest difference between the export, loaded again, and the net, on random rows."""
    rng = np.random.default_rng(seed)
    inputs = model.inputs
    rows = np.zeros((_PROBES, inputs.features), dtype=np.float32)
    entering = np.concatenate([inputs.numbers, inputs.flats])
    width = np.divide(1.0, inputs.scale, out=np.ones_like(inputs.scale), where=inputs.scale > 0)
    rows[:, entering] = inputs.center + 2.0 * width * rng.standard_t(3, size=(_PROBES, len(entering)))
    for position, size in zip(inputs.codes, inputs.sizes, strict=True):
        rows[:, position] = rng.integers(0, size + 2, _PROBES)
        rows[:: _PROBES // 8, position] = np.nan
    loaded = tf.saved_model.load(str(folder)).signatures["serving_default"]
    given = loaded(features=tf.constant(rows))["predictions"].numpy().astype(np.float64)
    wanted = model.predict(Matrix(rows.astype(np.float64), tuple(str(i) for i in range(inputs.features))))
    difference = float(np.abs(given - wanted).max())
    if not difference <= _AGREEMENT * max(1.0, model.high - model.low):  # NaN differs too
        raise ReleaseError(
            f"the SavedModel's answers differ from the net's by {difference:.2g}",
            hint="use the release itself, and report this with the versions of TensorFlow and Journeyman",
        )
    return difference
