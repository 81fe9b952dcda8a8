"""A small convolutional net as it is stored and as it predicts: plain arrays and NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.interfaces import Matrix
from journeyman.transformers.pictures import Size
from journeyman.transformers.steps import encode_array

__all__ = ["CONVOLUTIONS", "ConvolutionModel", "halved_after", "kernel_sides"]

FloatArray = NDArray[np.float64]
CONVOLUTIONS = (16, 32, 32, 64)
"""Channels after each convolution; a dense layer and the outputs come after them."""
_PIECE = 32  # images at a time: what a filter sees of them takes nine times their memory


def kernel_sides(layer: int) -> int:
    """Return the side of a convolution's filters: the first sees further."""
    return 5 if layer == 0 else 3


def halved_after(size: Size) -> tuple[bool, ...]:
    """Return after which convolutions an image is halved: the smaller it is, the later.

    Examples
    --------
    >>> halved_after(Size(28, 28, 1)), halved_after(Size(8, 8, 1)), halved_after(Size(1, 4, 1))
    ((True, False, True, False), (False, False, True, False), (False, False, False, False))
    """
    side = min(size.height, size.width)
    return (side >= 16, False, side >= 6, side >= 32)  # sides from which halving leaves enough


class ConvolutionModel(msgspec.Struct, frozen=True):
    """Filters over an image, each followed by the larger of nought and its answer; see ``CONVOLUTIONS``.

    Attributes
    ----------
    size : Size
        Of the images whose pixels are the features.
    filters : tuple of ndarray of float32, shape (side, side, n_channels, n_filters)
        In their order.
    offsets : tuple of ndarray of float32, shape (n_filters,)
        Added after each; those of the dense layer and of the outputs come last.
    dense, out : ndarray of float32, shape (n_inputs, n_units) and (n_units, n_outputs)
        The layers after them.
    mean, spread : float
        Of the pixels that taught.
    classifier : bool
        Whether outputs become probabilities.
    center, scale, low, high : float
        Values are ``center + scale * output``, and do not leave the range.
    rounds : int
        Epochs.
    """

    kind: ClassVar[NodeKind] = NodeKind.CONVOLUTIONS
    size: Size
    filters: tuple[np.ndarray, ...]
    offsets: tuple[np.ndarray, ...]
    dense: np.ndarray
    out: np.ndarray
    mean: float
    spread: float
    classifier: bool
    center: float
    scale: float
    low: float
    high: float
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer among many: a multiplication a filter, pixel and channel."""
        cells, work = self.size.height * self.size.width, 0.0
        for weights, half in zip(self.filters, halved_after(self.size), strict=True):
            work += cells * weights.size
            cells = cells // 4 if half else cells
        return 2e-5 + 1e-9 * (work + self.dense.size + self.out.size)

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        pieces = [self._outputs(x.values[i : i + _PIECE]) for i in range(0, max(len(x.values), 1), _PIECE)]
        scores = np.vstack(pieces)
        if not self.classifier:
            return np.clip(self.center + self.scale * scores, self.low, self.high)
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(odds / odds.sum(axis=1, keepdims=True))

    def _outputs(self, values: FloatArray) -> FloatArray:
        h = (values - self.mean) / self.spread
        h = h.reshape(len(values), self.size.height, self.size.width, self.size.channels)
        for weights, offset, half in zip(self.filters, self.offsets, halved_after(self.size), strict=False):
            h = np.maximum(_convolved(h, weights.astype(np.float64)) + offset, 0.0)
            if half:
                h = _halved(h)
        flat = h.reshape(len(values), self.dense.shape[0])
        hidden = np.maximum(flat @ self.dense.astype(np.float64) + self.offsets[-2], 0.0)
        return np.asarray(hidden @ self.out.astype(np.float64) + self.offsets[-1])

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {"convolution.msgpack": msgspec.msgpack.encode(self, enc_hook=encode_array)}


def _convolved(images: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the answers of filters at each pixel, nothing beyond the border, shape (n, height, width, n_filters)."""
    side = weights.shape[0]
    reach = side // 2
    padded = np.pad(images, ((0, 0), (reach, reach), (reach, reach), (0, 0)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    return np.asarray(np.tensordot(seen, weights.transpose(2, 0, 1, 3), axes=3))


def _halved(images: FloatArray) -> FloatArray:
    """Return the largest of each 2 x 2 pixels; a last odd line is left out."""
    n, height, width, channels = images.shape
    even = images[:, : height // 2 * 2, : width // 2 * 2]
    return np.asarray(even.reshape(n, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4)))
