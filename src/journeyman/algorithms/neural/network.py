"""The net in Keras 3 on JAX, and its compiled steps. Only a fit imports this file: they take seconds to load."""

from __future__ import annotations

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
from journeyman.algorithms.neural.shape import DROP_LEVELS, Shape
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

    Called with ``values`` (n_samples, n_numbers + n_flats), ``slots`` (n_samples, n_codes) and, while it is trained,
    ``noise`` (n_samples, n_layers * width), bytes, with the ``level`` below which a unit is dropped.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__(name="net")
        self.shape = shape
        self.factors = {a.name: a.factor for a in shape.arrays()}
        self.learned = {
            a.name: self.add_weight(shape=a.shape, initializer="zeros", name=a.name) for a in shape.arrays()
        }
        self.built = True

    def array(self, name: str) -> Any:
        """Return an array as it is used."""
        return self.learned[name] * self.factors[name]

    def assign(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Take over arrays as they are used."""
        for name, value in arrays.items():
            self.learned[name].assign(value / self.factors[name])

    def call(self, values: Any, slots: Any, noise: Any = None, level: Any = 0.0) -> Any:
        """Return outputs of shape (n_samples, n_outputs): scores of classes, or a standardised value."""
        ops, shape = keras.ops, self.shape
        entering = [values[:, : shape.numbers]]
        if shape.numbers:
            waves = ops.cos(entering[0][:, :, None] * self.array("frequency") + self.array("phase"))
            mixed = ops.einsum("rnk,nkd->rnd", waves, self.array("mix")) + self.array("mix_offset")
            entering.append(ops.reshape(mixed, (-1, mixed.shape[1] * mixed.shape[2])))
        entering.append(values[:, shape.numbers :])
        entering += [ops.take(self.array(f"table_{i}"), slots[:, i], axis=0) for i in range(len(shape.sizes))]
        h = ops.concatenate(entering, axis=1) * self.array("front")
        for i in range(shape.layers):
            z = ops.matmul(h, self.array(f"weights_{i}")) + self.array(f"offset_{i}")
            h = z + self.array(f"slope_{i}") * (getattr(keras.activations, shape.activation)(z) - z)
            if noise is not None:
                kept = noise[:, i * shape.width : (i + 1) * shape.width] >= level
                h = ops.where(kept, h, 0.0) * (DROP_LEVELS / (DROP_LEVELS - level))
        return ops.matmul(h, self.array("weights_out")) + self.array("offset_out")


@dataclass(frozen=True)
class Compiled:
    """What is compiled once for all nets of a shape.

    Attributes
    ----------
    shape : Shape
        Of the net.
    batch, validated : int
        Rows that a step and a validation take at once.
    step : callable
        ``step(arrays, memory, values, slots, y, noise, hyper)`` returns arrays and memory after one step; ``hyper``
        holds learning rate, weight decay and the level of dropout.
    losses : callable
        ``losses(arrays, values, slots, y)`` returns a loss a row.
    memory : tuple of ndarray
        The optimiser's memory before the first step.
    """

    shape: Shape
    batch: int
    validated: int
    step: Any
    losses: Any
    memory: tuple[NDArray[Any], ...]

    def held(self, arrays: Mapping[str, NDArray[np.float32]]) -> list[Any]:
        """Return arrays as the optimiser moves them."""
        return [np.asarray(arrays[a.name] / a.factor, dtype=np.float32) for a in self.shape.arrays()]

    def used(self, held: Sequence[Any]) -> dict[str, NDArray[np.float32]]:
        """Return the optimiser's arrays as they are used."""
        pairs = zip(self.shape.arrays(), held, strict=True)
        return {a.name: np.asarray(h, dtype=np.float32) * np.float32(a.factor) for a, h in pairs}


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
    net = Net(shape)
    optimizer = keras.optimizers.Adam(learning_rate=0.0, beta_1=0.9, beta_2=0.95, epsilon=1e-8)
    optimizer.build(net.trainable_variables)
    rate_at = [v.path for v in optimizer.variables].index(optimizer._learning_rate.path)
    decays = [a.decay for a in shape.arrays()]

    def losses(arrays: list[Any], values: Any, slots: Any, y: Any) -> Any:
        outputs, _ = net.stateless_call(arrays, [], values, slots)
        return _loss(shape.loss, y, outputs)

    def step(arrays: list[Any], memory: list[Any], values: Any, slots: Any, y: Any, noise: Any, hyper: Any) -> Any:
        def loss(moved: list[Any]) -> Any:
            outputs, _ = net.stateless_call(moved, [], values, slots, noise=noise, level=hyper[2])
            return keras.ops.mean(_loss(shape.loss, y, outputs))

        memory = [hyper[0] if i == rate_at else m for i, m in enumerate(memory)]
        moved, memory = optimizer.stateless_apply(memory, jax.grad(loss)(arrays), arrays)
        shrunk = [m * (1.0 - hyper[0] * hyper[1] * d) if d else m for m, d in zip(moved, decays, strict=True)]
        return shrunk, memory

    memory = tuple(np.asarray(v) for v in optimizer.variables)
    arrays = [np.zeros(a.shape, np.float32) for a in shape.arrays()]
    noise = np.zeros((batch, shape.layers * shape.width), np.uint8)
    hyper = np.zeros(3, np.float32)
    give_back()  # the compiler asks for some 80 MB, each time on top of what is held
    options = {} if many_threads or jax.default_backend() != "cpu" else {"xla_cpu_multi_thread_eigen": False}
    learning = jax.jit(step, compiler_options=options)
    judging = jax.jit(losses, compiler_options=options)
    learned = learning.lower(arrays, list(memory), *_rows(shape, batch), noise, hyper).compile()
    give_back()
    judged = judging.lower(arrays, *_rows(shape, validated)).compile()
    give_back()
    return Compiled(shape, batch, validated, learned, judged, memory)


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
    arrays |= {f"table_{i}": table for i, table in enumerate(model.tables)}
    arrays["front"] = np.ones(shape.entering, np.float32)
    for i, slope in enumerate(model.slopes):
        arrays |= {f"weights_{i}": model.weights[i], f"offset_{i}": model.offsets[i], f"slope_{i}": slope}
    arrays |= {"weights_out": last, "offset_out": model.offsets[-1]}
    net = Net(shape)
    net.assign(arrays)
    return net
