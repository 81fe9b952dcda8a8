"""Training: one long stride down, with shifted copies, ended when the time is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.convolution.model import CONVOLUTIONS, ConvolutionModel, halved_after, kernel_sides
from journeyman.interfaces import FitRequest
from journeyman.transformers.pictures import Size, size_of_names

__all__ = ["train_convolution"]

FloatArray = NDArray[np.float64]
Arrays = dict[str, NDArray[np.float32]]
_BATCH = 64
_UNITS = 64
_RATE = 3e-3
_WARM = 0.2  # share of the steps in which the rate rises
_MEASURED = 12  # steps after which it is known how many there is time for
_SAFE = 0.9


def train_convolution(request: FitRequest) -> ConvolutionModel:
    """Train for the epochs of the candidate, or of an earlier fit, or for as many as there is time for.

    Raises
    ------
    TimeoutError
        Where the time is up before an epoch is done.
    """
    # Here and not above: JAX takes two seconds to load, and only a fit needs it.
    import jax  # noqa: PLC0415  # see the line above

    from journeyman.algorithms.convolution.network import compile_steps  # noqa: PLC0415  # see the line above

    size = size_of_names(request.x.names)
    classifier = bool(request.task.labels)
    pixels = request.x.values.astype(np.float32).reshape(-1, size.height, size.width, size.channels)
    mean, spread = float(pixels.mean()), max(float(pixels.std()), 1e-6)
    pixels = (pixels - mean) / spread
    y, center, scale = _target(request)
    rng = np.random.default_rng(request.seed)
    weights = _first(size, len(request.task.labels) or 1, request, rng)
    nothing = {name: np.zeros_like(w) for name, w in weights.items()}
    held: Any = (weights, nothing, nothing)
    steps = compile_steps(size, classifier)
    epochs = request.rounds or int(request.parameters["epochs"])
    per_epoch = max(1, len(y) // _BATCH)
    total, step, began = epochs * per_epoch, 0, 0.0
    order = np.empty(0, dtype=np.int64)
    key = jax.random.key(request.seed)
    while step < total:
        if request.out_of_time():
            if step < per_epoch:
                raise TimeoutError("no time was left for an epoch")
            break
        if len(order) < _BATCH:
            order = np.concatenate([order, rng.permutation(len(y)), rng.permutation(len(y))])
        batch, order = order[:_BATCH], order[_BATCH:]
        if len(batch) < _BATCH:
            batch = np.resize(batch, _BATCH)
        rate = np.float32(_RATE * _share((step + 0.5) / total))
        count = np.float32(step + 1)
        held = steps.train(held, pixels[batch], y[batch], jax.random.fold_in(key, step), rate, count)
        step += 1
        if request.seconds_left is not None and step == 2:  # the first step compiles
            began = request.seconds_left()
        if request.seconds_left is not None and step == _MEASURED:
            left = request.seconds_left()
            each = max((began - left) / (_MEASURED - 2), 1e-6)
            total = min(total, max(step + 1, step + int(_SAFE * left / each)))
    found = {name: np.asarray(w) for name, w in held[0].items()}
    layers = range(len(CONVOLUTIONS))
    return ConvolutionModel(
        size=size,
        filters=tuple(found[f"filters_{k}"] for k in layers),
        offsets=(*(found[f"offset_{k}"] for k in layers), found["dense_offset"], found["out_offset"]),
        dense=found["dense"],
        out=found["out"],
        mean=mean,
        spread=spread,
        classifier=classifier,
        center=center,
        scale=scale,
        low=float(request.y.min()),
        high=float(request.y.max()),
        rounds=max(1, round(step / per_epoch)),
    )


def _share(done: float) -> float:
    """Return the share of the learning rate: up in the first fifth, then down along half a cosine.

    Examples
    --------
    >>> [round(_share(done), 2) for done in (0.1, 0.2, 0.6, 1.0)]
    [0.5, 1.0, 0.5, 0.0]
    """
    if done < _WARM:
        return done / _WARM
    return 0.5 + 0.5 * math.cos(math.pi * (done - _WARM) / (1.0 - _WARM))


def _target(request: FitRequest) -> tuple[NDArray[np.float32], float, float]:
    if request.task.labels:
        return request.y.astype(np.float32), 0.0, 1.0
    center, scale = float(request.y.mean()), float(request.y.std())
    scale = scale if scale > 0 else 1.0
    return ((request.y - center) / scale).astype(np.float32), center, scale


def _first(size: Size, outputs: int, request: FitRequest, rng: np.random.Generator) -> Arrays:
    """Return the weights before the first step (He et al. 2015); the outputs begin with the shares of the classes."""
    found: Arrays = {}
    channels, height, width = size.channels, size.height, size.width
    for layer, (number, half) in enumerate(zip(CONVOLUTIONS, halved_after(size), strict=True)):
        side = kernel_sides(layer)
        found[f"filters_{layer}"] = _normal(rng, (side, side, channels, number), side * side * channels)
        found[f"offset_{layer}"] = np.zeros(number, dtype=np.float32)
        channels, height, width = number, height // 2 if half else height, width // 2 if half else width
    inputs = channels * height * width
    found["dense"] = _normal(rng, (inputs, _UNITS), inputs)
    found["dense_offset"] = np.zeros(_UNITS, dtype=np.float32)
    found["out"] = np.zeros((_UNITS, outputs), dtype=np.float32)
    shares = np.zeros(outputs)
    if request.task.labels:
        counts = np.bincount(request.y.astype(np.int64), minlength=outputs) + 0.1
        shares = np.log(counts / counts.sum())
    found["out_offset"] = shares.astype(np.float32)
    return found


def _normal(rng: np.random.Generator, shape: tuple[int, ...], inputs: int) -> NDArray[np.float32]:
    return (rng.normal(size=shape) * math.sqrt(2.0 / inputs)).astype(np.float32)
