"""TensorFlow's tensors as a library for a scoring plan. TensorFlow comes in as an argument: it is an extra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.tensors.tensor_library import TensorLibrary

__all__ = ["TensorFlowTensors"]

_CALLS = {"expm1": "math.expm1", "isnan": "math.is_nan", "isinf": "math.is_inf", "log": "math.log"}


@dataclass(frozen=True)
class TensorFlowTensors(TensorLibrary):
    """Operations of TensorFlow, in doubles.

    Attributes
    ----------
    tf : module
        The package. Constants are stored once in the graph in which they are made: one library a graph.
    """

    tf: Any
    _known: dict[tuple[str, tuple[int, ...], bytes], Any] = field(default_factory=dict)

    def constant(self, values: NDArray[Any] | float) -> Any:
        array = np.asarray(values)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self.tf.constant(array)
        return self._known[key]

    def concat(self, parts: Sequence[Any]) -> Any:
        return self.tf.concat(list(parts), axis=1)

    def columns(self, x: Any, places: Sequence[int]) -> Any:
        return self.tf.gather(x, np.array(places, dtype=np.int64), axis=1)

    def rows(self, table: NDArray[Any], places: Any) -> Any:
        return self.tf.gather(self.constant(table), places)

    def pick(self, x: Any, places: Any) -> Any:
        return self.tf.gather(x, places, batch_dims=1)

    def where(self, condition: Any, yes: Any, no: Any) -> Any:
        kind = next((x.dtype for x in (yes, no) if self.tf.is_tensor(x)), self.tf.float64)
        yes, no = (x if self.tf.is_tensor(x) else self.tf.constant(x, kind) for x in (yes, no))
        return self.tf.where(condition, yes, no)

    def call(self, name: str, *x: Any) -> Any:
        found = self.tf
        for part in _CALLS.get(name, name).split("."):
            found = getattr(found, part)
        return found(*x)

    def cast(self, x: Any, kind: type[np.generic]) -> Any:
        return self.tf.cast(x, self.tf.as_dtype(kind))

    def total(self, x: Any, axis: int, keep: bool = False) -> Any:
        return self.tf.reduce_sum(x, axis=axis, keepdims=keep)

    def greatest(self, x: Any) -> Any:
        return self.tf.reduce_max(x, axis=1, keepdims=True)

    def first_greatest(self, x: Any) -> Any:
        return self.tf.argmax(x, axis=1)

    def largest(self, x: Any, count: int) -> tuple[Any, Any]:
        values, places = self.tf.math.top_k(x, count)
        return values, self.tf.cast(places, self.tf.int64)

    def product(self, x: Any, weights: NDArray[Any]) -> Any:
        return self.tf.matmul(x, self.constant(weights))

    def reshape(self, x: Any, shape: Sequence[int]) -> Any:
        return self.tf.reshape(x, list(shape))

    def like_rows(self, values: NDArray[Any], x: Any) -> Any:
        return self.tf.tile(self.tf.constant(values[None, :]), [self.tf.shape(x)[0], 1])

    def bits(self, x: Any) -> Any:
        usual = self.where(self.tf.math.is_nan(x), np.nan, self.where(self.tf.equal(x, 0.0), 0.0, x))
        return self.tf.bitcast(usual, self.tf.int64)

    def fold(self, word: Any, by: int) -> Any:
        unsigned = self.tf.bitcast(word, self.tf.uint64)
        shifted = self.tf.bitwise.right_shift(unsigned, self.tf.constant(by, self.tf.uint64))
        return self.tf.bitcast(self.tf.bitwise.bitwise_xor(unsigned, shifted), self.tf.int64)

    def places_of(self, x: Any, keys: NDArray[np.int64]) -> Any:
        ascending = self.tf.constant(keys)
        found = self.tf.searchsorted(ascending, self.tf.reshape(x, [-1]), out_type=self.tf.int64)
        place = self.tf.reshape(self.tf.minimum(found, len(keys) - 1), self.tf.shape(x))
        return self.where(self.tf.equal(self.tf.gather(ascending, place), x), place, -1)
