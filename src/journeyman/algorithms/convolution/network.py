"""The steps of training in JAX, compiled. Only a fit imports this file: JAX takes seconds to load."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from journeyman.algorithms.convolution.model import CONVOLUTIONS, halved_after
from journeyman.transformers.pictures import Size

__all__ = ["Steps", "compile_steps"]

# Steps run in the thread that asks for them, so that a look at the clock tells how far the training really is.
jax.config.update("jax_cpu_enable_async_dispatch", False)

Weights = dict[str, Any]
Held = tuple[Weights, Weights, Weights]
"""Weights, and the two moments of their slopes that Adam remembers."""
_TURN, _GROWTH, _SHIFT = 0.15, 0.1, 0.08  # radians, logarithm of the size, share of a side
_DROPPED = 0.3
_DECAY = 1e-3
_FIRST, _SECOND = 0.9, 0.98  # memory of Adam's moments


class Steps(NamedTuple):
    """What is compiled once for all nets of a shape."""

    train: Callable[..., Held]
    losses: Callable[..., Any]


@lru_cache(maxsize=8)
def compile_steps(size: Size, classifier: bool) -> Steps:
    """Return functions that move the weights by one batch, and that give the loss of each image.

    References
    ----------
    Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks applied to visual document
    analysis" (shifted and turned copies); Loshchilov and Hutter 2019 (AdamW).
    """
    halved = halved_after(size)
    moved = min(size.height, size.width) >= 6  # a smaller image cannot be moved

    def outputs(weights: Weights, images: Any, key: Any | None) -> Any:
        h = images
        for layer, half in zip(range(len(CONVOLUTIONS)), halved, strict=True):
            filters = weights[f"filters_{layer}"]
            h = jax.lax.conv_general_dilated(h, filters, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            h = jax.nn.relu(h + weights[f"offset_{layer}"])
            if half:
                h = jax.lax.reduce_window(h, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        hidden = jax.nn.relu(h.reshape(h.shape[0], -1) @ weights["dense"] + weights["dense_offset"])
        if key is not None:
            kept = jax.random.bernoulli(key, 1.0 - _DROPPED, hidden.shape)
            hidden = jnp.where(kept, hidden / (1.0 - _DROPPED), 0.0)
        return hidden @ weights["out"] + weights["out_offset"]

    def losses(weights: Weights, images: Any, y: Any, key: Any | None = None) -> Any:
        found = outputs(weights, images, key)
        if classifier:
            return -jnp.take_along_axis(jax.nn.log_softmax(found), y[:, None].astype(jnp.int32), axis=1)[:, 0]
        return (found[:, 0] - y) ** 2

    def mean_loss(weights: Weights, images: Any, y: Any, key: Any) -> Any:
        first, second = jax.random.split(key)
        return losses(weights, _moved(images, first) if moved else images, y, second).mean()

    def train(held: Held, images: Any, y: Any, key: Any, rate: Any, step: Any) -> Held:
        weights, first, second = held
        slope = jax.grad(mean_loss)(weights, images, y, key)
        first = jax.tree.map(lambda m, g: _FIRST * m + (1.0 - _FIRST) * g, first, slope)
        second = jax.tree.map(lambda v, g: _SECOND * v + (1.0 - _SECOND) * g * g, second, slope)

        def moved_weight(w: Any, m: Any, v: Any) -> Any:
            pace = (m / (1.0 - _FIRST**step)) / (jnp.sqrt(v / (1.0 - _SECOND**step)) + 1e-8)
            return w - rate * (pace + (_DECAY * w if w.ndim > 1 else 0.0))

        return jax.tree.map(moved_weight, weights, first, second), first, second

    return Steps(jax.jit(train), jax.jit(losses))


def _moved(images: Any, key: Any) -> Any:
    """Return images, each shifted, turned and stretched a little by chance; what comes in is the border's colour."""
    n, height, width, _ = images.shape
    turn, grow, shift = jax.random.split(key, 3)
    angle = _TURN * jax.random.normal(turn, (n, 1, 1))
    size = jnp.exp(_GROWTH * jax.random.normal(grow, (n, 1, 1)))
    away = _SHIFT * jax.random.uniform(shift, (2, n, 1, 1), minval=-1.0, maxval=1.0)
    down = jnp.arange(height)[None, :, None] - (height - 1) / 2
    across = jnp.arange(width)[None, None, :] - (width - 1) / 2
    rows = (down * jnp.cos(angle) - across * jnp.sin(angle)) * size + (height - 1) / 2 + away[0] * height
    columns = (down * jnp.sin(angle) + across * jnp.cos(angle)) * size + (width - 1) / 2 + away[1] * width

    def read(image: Any, row: Any, column: Any) -> Any:
        at = lambda channel: jax.scipy.ndimage.map_coordinates(channel, [row, column], order=1, mode="nearest")  # noqa: E731  # one line, used once
        return jax.vmap(at, in_axes=2, out_axes=2)(image)

    return jax.vmap(read)(images, rows, columns)
