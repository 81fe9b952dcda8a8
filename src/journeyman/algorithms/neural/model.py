"""The net that has learned: plain arrays, answered by NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.interfaces import Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["ROWS_AT_ONCE", "Inputs", "NeuralModel", "Waves", "bend"]

FloatArray = NDArray[np.float64]
_FILE = "neural.msgpack"
ROWS_AT_ONCE = 256  # a layer's results of this many rows stay in a core's own cache
_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772


class Inputs(msgspec.Struct, frozen=True):
    """How prepared features enter the net.

    Attributes
    ----------
    numbers : ndarray of int, shape (n_numbers,)
        Positions of features with many values: they get waves.
    flats : ndarray of int, shape (n_flats,)
        Positions of features with two values (flags, one-hot): they enter as they are.
    codes : ndarray of int, shape (n_codes,)
        Positions of category codes: they get embeddings.
    center, scale : ndarray of shape (n_numbers + n_flats,)
        Middle and width: ``(x - center) * scale``, then clipped smoothly at ±3.
    sizes : tuple of int
        Rows of each code's table; the last one is for missing and unseen categories.
    """

    numbers: np.ndarray
    flats: np.ndarray
    codes: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    sizes: tuple[int, ...]

    @property
    def features(self) -> int:
        """Prepared features that enter, in whatever way."""
        return len(self.numbers) + len(self.flats) + len(self.codes)

    def values(self, x: Matrix) -> FloatArray:
        """Return centred, scaled and smoothly clipped numbers and flats, shape (n_samples, n_numbers + n_flats)."""
        z = (x.values[:, np.concatenate([self.numbers, self.flats])] - self.center) * self.scale
        z /= np.sqrt(1.0 + np.square(z / 3.0))
        return np.asarray(z, dtype=np.float64)

    def slots(self, x: Matrix) -> NDArray[np.int32]:
        """Return the rows of the tables, shape (n_samples, n_codes)."""
        codes = np.nan_to_num(x.values[:, self.codes], nan=-1.0).astype(np.int64)
        last = np.asarray(self.sizes, dtype=np.int64) - 1
        return np.where((codes < 0) | (codes > last), last, codes).astype(np.int32)


class Waves(msgspec.Struct, frozen=True):
    """Periodic embedding of numbers: a number, and mixtures of cosines of it.

    Attributes
    ----------
    frequency, phase : ndarray of shape (n_numbers, n_waves)
        ``cos(frequency * x + phase)``.
    mix : ndarray of shape (n_numbers, n_waves, n_mixtures)
        Weights of the waves.
    offset : ndarray of shape (n_numbers, n_mixtures)
        Added to the mixtures.
    """

    frequency: np.ndarray
    phase: np.ndarray
    mix: np.ndarray
    offset: np.ndarray

    def embed(self, numbers: FloatArray) -> FloatArray:
        """Return the mixtures of each number, shape (n_samples, n_numbers * n_mixtures)."""
        waves = np.cos(numbers.T[:, :, None] * self.frequency[:, None, :] + self.phase[:, None, :])
        mixed = waves @ self.mix + self.offset[:, None, :]
        return np.asarray(mixed.transpose(1, 0, 2).reshape(len(numbers), self.offset.size), dtype=np.float64)


class NeuralModel(msgspec.Struct, frozen=True, dict=True):
    """A net for tables as arrays of float32; it computes in float64, so that a row's company changes nothing.

    Attributes
    ----------
    inputs : Inputs
        Where features go.
    waves : Waves
        What numbers are turned into.
    tables : tuple of ndarray, each of shape (size, n_dimensions)
        Embeddings of categories.
    weights, offsets : tuple of ndarray, of shape (n_in, n_out) and (n_out,)
        Layers, the last one without activation.
    slopes : tuple of ndarray of shape (n_out,)
        How much of the activation each unit takes, a layer but the last: ``z + slope * (bend(z) - z)``.
    activation : str
        "selu" or "mish".
    classifier : bool
        Whether answers are probabilities.
    center, spread, low, high : float
        Values are ``center + spread * output``, clipped to [low, high].
    rounds : int
        Epochs kept.
    """

    kind: ClassVar[NodeKind] = NodeKind.NETS
    inputs: Inputs
    waves: Waves
    tables: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...]
    offsets: tuple[np.ndarray, ...]
    slopes: tuple[np.ndarray, ...]
    activation: str
    classifier: bool
    center: float
    spread: float
    low: float
    high: float
    rounds: int

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: a multiplication a weight, a cosine a wave, an exponential a unit."""
        multiplied = sum(w.size for w in self.weights)
        return 4e-11 * multiplied + 1e-8 * self.waves.frequency.size + 8e-9 * sum(s.size for s in self.slopes)

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        values, slots = self.inputs.values(x), self.inputs.slots(x)
        parts = [
            self._predict_block(values[i : i + ROWS_AT_ONCE], slots[i : i + ROWS_AT_ONCE])
            for i in range(0, max(len(values), 1), ROWS_AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else np.vstack(parts)

    def outputs(self, values: FloatArray, slots: NDArray[np.int32]) -> FloatArray:
        """Return what the last layer gives for entered rows, shape (n_samples, n_outputs)."""
        waves, tables, layers = self._wide
        n_numbers = len(self.inputs.numbers)
        numbers = values[:, :n_numbers]
        h = np.hstack(
            [
                numbers,
                waves.embed(numbers),
                values[:, n_numbers:],
                *(table[slots[:, i]] for i, table in enumerate(tables)),
            ]
        )
        for weights, offset, slope in layers[:-1]:
            z = h @ weights
            z += offset
            h = bend(z, self.activation)
            h -= z
            h *= slope
            h += z
        return np.asarray(h @ layers[-1][0] + layers[-1][1], dtype=np.float64)

    def _predict_block(self, values: FloatArray, slots: NDArray[np.int32]) -> FloatArray:
        return self.answers(self.outputs(values, slots))

    def answers(self, scores: FloatArray) -> FloatArray:
        """Turn outputs of the last layer into probabilities or values."""
        if self.classifier:
            odds = np.exp(scores - scores.max(axis=1, keepdims=True))
            return np.asarray(odds / odds.sum(axis=1, keepdims=True))
        return np.asarray(np.clip(self.center + self.spread * scores, self.low, self.high))

    @cached_property
    def _wide(self) -> tuple[Waves, list[FloatArray], list[tuple[FloatArray, FloatArray, FloatArray]]]:
        """The arrays in float64, made once."""
        w = self.waves
        waves = Waves(*(a.astype(np.float64) for a in (w.frequency, w.phase, w.mix, w.offset)))
        slopes = (*self.slopes, np.ones(0, dtype=np.float32))
        layers = zip(self.weights, self.offsets, slopes, strict=True)
        return (
            waves,
            [t.astype(np.float64) for t in self.tables],
            [(a.astype(np.float64), b.astype(np.float64), c.astype(np.float64)) for a, b, c in layers],
        )

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {_FILE: msgspec.msgpack.encode(self, enc_hook=encode_array)}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> NeuralModel:
        """Load what ``to_files`` gave."""
        return msgspec.msgpack.decode(files[_FILE], type=NeuralModel, dec_hook=decode_array)


def bend(z: FloatArray, activation: str) -> FloatArray:
    """Return the activation, "selu" (Klambauer et al. 2017) or "mish" (Misra 2019).

    Examples
    --------
    >>> bend(np.array([0.0, 1.0]), "selu")
    array([0.        , 1.05070099])
    >>> bend(np.array([0.0, 30.0]), "mish")
    array([ 0., 30.])
    """
    if activation == "selu":
        low = np.minimum(z, 0.0)
        np.expm1(low, out=low)
        low *= _SELU_ALPHA
        low += np.maximum(z, 0.0)
        low *= _SELU_SCALE
        return low
    # z * tanh(softplus(z)), with tanh(log(1 + e)) written as (e² + 2e) / (e² + 2e + 2)
    e = np.minimum(z, 20.0)
    np.exp(e, out=e)
    e *= e + 2.0
    e /= e + 2.0
    e *= z
    return e
