"""The net in Keras 3 on JAX, and its compiled steps. Only a fit imports this file: they take seconds to load."""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.neural.model import NeuralModel
from journeyman.algorithms.neural.shape import DROP_LEVELS, EMBEDDING, Shape
from journeyman.allocator import give_back

# Keras reads this once, when it is first imported; here is the only door to it.
os.environ.setdefault("KERAS_BACKEND", "jax")

# Keras loads matplotlib, where it is installed, for pictures of images: 24 MB and half a second for nothing here.
_NO_PICTURES = "matplotlib" not in sys.modules
if _NO_PICTURES:
    sys.modules["matplotlib"] = None  # type: ignore[assignment]  # the import system's way to say that it is not there

import jax  # noqa: E402  # both after what is above
import keras  # noqa: E402  # both after what is above

if _NO_PICTURES:
    del sys.modules["matplotlib"]

__all__ = ["Compiled", "Net", "as_keras", "compile_net"]

# Steps run in the thread that asks for them, so that a look at the clock tells how far the training really is.
jax.config.update("jax_cpu_enable_async_dispatch", False)


class Net(keras.Model):
    """Features to outputs.

    Called with ``values`` (n_samples, n_numbers + n_flats) and ``slots`` (n_samples, n_codes).
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(name="net")
        self.shape = shape
        self.factors = {a.name: a.factor for a in shape.arrays()}
        self.learned = {
            a.name: self.add_weight(shape=a.shape, initializer="zeros", name=a.name) for a in shape.arrays()
        }
        self.built = True

    def assign(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Take over arrays as they are used."""
        for name, value in arrays.items():
            self.learned[name].assign(value / self.factors[name])

    def call(self, values: Any, slots: Any) -> Any:
        """Return outputs of shape (n_samples, n_outputs): scores of classes, or a standardised value."""
        return _outputs(self.shape, {name: self.learned[name] * f for name, f in self.factors.items()}, values, slots)


def _outputs(
    shape: Shape, arrays: Mapping[str, Any], values: Any, slots: Any, noise: Any = None, level: Any = 0.0
) -> Any:
    """Return outputs, shape (n_samples, n_outputs).

    While the net is trained there is ``noise`` (n_samples, n_layers * width), bytes, with the ``level`` below which a
    unit is dropped.
    """
    ops = keras.ops
    entering = [values[:, : shape.numbers]]
    if shape.numbers:
        waves = ops.cos(entering[0][:, :, None] * arrays["frequency"] + arrays["phase"])
        mixed = ops.einsum("rnk,nkd->rnd", waves, arrays["mix"]) + arrays["mix_offset"]
        entering.append(ops.reshape(mixed, (-1, mixed.shape[1] * mixed.shape[2])))
    entering.append(values[:, shape.numbers :])
    if shape.sizes:
        # One look-up in all tables, one under the other: a look-up each makes the compiler's work many times as long.
        found = ops.take(arrays["tables"], slots + np.asarray(shape.first_rows, np.int32), axis=0)
        entering.append(ops.reshape(found, (-1, found.shape[1] * found.shape[2])))
    h = ops.concatenate(entering, axis=1) * arrays["front"]
    for i in range(shape.layers):
        z = ops.matmul(h, arrays[f"weights_{i}"]) + arrays[f"offset_{i}"]
        h = z + arrays[f"slope_{i}"] * (getattr(keras.activations, shape.activation)(z) - z)
        if noise is not None:
            kept = noise[:, i * shape.width : (i + 1) * shape.width] >= level
            h = ops.where(kept, h, 0.0) * (DROP_LEVELS / (DROP_LEVELS - level))
    return ops.matmul(h, arrays["weights_out"]) + arrays["offset_out"]


@dataclass(frozen=True)
class Compiled:
    """What is compiled once for all nets of a shape.

    All that is learned is one long array, ``flat`` (n_learned,): the compiler's time and memory grow with the number
    of arrays that an optimiser moves.

    Attributes
    ----------
    shape : Shape
        Of the net.
    batch, validated : int
        Rows that a step and a validation take at once.
    step : callable
        ``step(flat, memory, values, slots, y, noise, hyper)`` returns both after one step; ``hyper`` holds learning
        rate, weight decay and the level of dropout.
    losses : callable
        ``losses(flat, values, slots, y)`` returns a loss a row.
    memory : tuple of ndarray
        The optimiser's memory before the first step.
    """

    shape: Shape
    batch: int
    validated: int
    step: Any
    losses: Any
    memory: tuple[NDArray[Any], ...]

    def held(self, arrays: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
        """Return arrays as the optimiser moves them, shape (n_learned,)."""
        return np.concatenate([np.ravel(arrays[a.name]) / np.float32(a.factor) for a in self.shape.arrays()])

    def used(self, flat: Any) -> dict[str, NDArray[np.float32]]:
        """Return the optimiser's arrays as they are used."""
        return {name: np.asarray(array, np.float32) for name, array in _cut(self.shape, np.asarray(flat)).items()}


def _cut(shape: Shape, flat: Any) -> dict[str, Any]:
    """Return the arrays that lie one after the other in the long one, as they are used."""
    found, start = {}, 0
    for a in shape.arrays():
        stop = start + math.prod(a.shape)
        found[a.name] = flat[start:stop].reshape(a.shape) * np.float32(a.factor)
        start = stop
    return found


_compiling = threading.Lock()  # folds that start side by side wait for one compilation


def compile_net(shape: Shape, batch: int, validated: int, threads: int) -> Compiled:
    """Return the compiled steps of a shape, from memory where an earlier fit has asked for them.

    Raises
    ------
    RuntimeError
        Where Keras was loaded before with another backend.
    """
    if keras.backend.backend() != "jax":
        raise RuntimeError(f"Keras runs on {keras.backend.backend()} here; the net needs KERAS_BACKEND=jax")
    with _compiling:
        return _compile(shape, batch, validated, threads > 1)


@lru_cache(maxsize=16)
def _compile(shape: Shape, batch: int, validated: int, many_threads: bool) -> Compiled:
    every = shape.arrays()
    factors = _long([a.factor for a in every], shape)
    decays = _long([a.decay for a in every], shape)
    optimizer = keras.optimizers.Adam(learning_rate=0.0, beta_1=0.9, beta_2=0.95, epsilon=1e-8)
    optimizer.build([keras.Variable(np.zeros_like(factors))])
    rate_at = [v.path for v in optimizer.variables].index(optimizer._learning_rate.path)

    def losses(flat: Any, values: Any, slots: Any, y: Any) -> Any:
        return _loss(shape.loss, y, _outputs(shape, _cut(shape, flat), values, slots))

    def step(flat: Any, memory: list[Any], values: Any, slots: Any, y: Any, noise: Any, hyper: Any) -> Any:
        def loss(arrays: Mapping[str, Any]) -> Any:
            return keras.ops.mean(_loss(shape.loss, y, _outputs(shape, arrays, values, slots, noise, hyper[2])))

        slopes = jax.grad(loss)(_cut(shape, flat))
        slope = keras.ops.concatenate([keras.ops.reshape(slopes[a.name], (-1,)) for a in every]) * factors
        memory = [hyper[0] if i == rate_at else m for i, m in enumerate(memory)]
        (moved,), memory = optimizer.stateless_apply(memory, [slope], [flat])
        return moved * (1.0 - hyper[0] * hyper[1] * decays), memory

    memory = tuple(np.asarray(v) for v in optimizer.variables)
    flat = np.zeros_like(factors)
    noise = np.zeros((batch, shape.layers * shape.width), np.uint8)
    hyper = np.zeros(3, np.float32)
    give_back()  # the compiler asks for some 60 MB, each time on top of what is held
    options = {} if many_threads or jax.default_backend() != "cpu" else {"xla_cpu_multi_thread_eigen": False}
    learning = jax.jit(step, compiler_options=options)
    judging = jax.jit(losses, compiler_options=options)
    learned = learning.lower(flat, list(memory), *_rows(shape, batch), noise, hyper).compile()
    give_back()
    judged = judging.lower(flat, *_rows(shape, validated)).compile()
    give_back()
    return Compiled(shape, batch, validated, learned, judged, memory)


def _long(each: Sequence[float], shape: Shape) -> NDArray[np.float32]:
    """Return a number an array as a number an entry, shape (n_learned,)."""
    return np.repeat(np.asarray(each, np.float32), [math.prod(a.shape) for a in shape.arrays()])


def _rows(shape: Shape, rows: int) -> tuple[NDArray[Any], ...]:
    return (
        np.zeros((rows, shape.numbers + shape.flats), np.float32),
        np.zeros((rows, len(shape.sizes)), np.int32),
        np.zeros(rows, np.int32 if shape.loss == "log" else np.float32),
    )


def _loss(kind: str, y: Any, outputs: Any) -> Any:
    if kind == "log":
        return keras.losses.sparse_categorical_crossentropy(y, outputs, from_logits=True)
    off = y - outputs[:, 0]
    return keras.ops.abs(off) if kind == "absolute" else keras.ops.square(off)


def as_keras(model: NeuralModel) -> Net:
    """Return a stored net as a Keras model, to look into or to train on; its outputs are ``model.outputs``.

    What was folded into the weights when the net was stored (the scaling layer in front) stays there.
    """
    sizes = tuple(len(table) for table in model.tables)
    inputs, last = model.inputs, model.weights[-1]
    loss = "log" if model.classifier else "squared"
    numbers, flats, width = len(inputs.numbers), len(inputs.flats), model.weights[0].shape[1]
    shape = Shape(numbers, flats, sizes, width, len(model.slopes), last.shape[1], model.activation, loss)
    waves = model.waves
    arrays = {"frequency": waves.frequency, "phase": waves.phase, "mix": waves.mix, "mix_offset": waves.offset}
    arrays["tables"] = np.vstack([np.zeros((0, EMBEDDING), np.float32), *model.tables])
    arrays["front"] = np.ones(shape.entering, np.float32)
    for i, slope in enumerate(model.slopes):
        arrays |= {f"weights_{i}": model.weights[i], f"offset_{i}": model.offsets[i], f"slope_{i}": slope}
    arrays |= {"weights_out": last, "offset_out": model.offsets[-1]}
    net = Net(shape)
    net.assign(arrays)
    return net
