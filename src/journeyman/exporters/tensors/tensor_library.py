"""What a library of tensors must offer to run a scoring plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tensor", "TensorLibrary"]

Tensor = Any
"""A tensor of the library: Python's operators add, subtract, multiply, divide, compare and mask (&, |, ~)."""


class TensorLibrary(Protocol):
    """Operations that ONNX and TensorFlow have alike. Numbers are float64, places int64, conditions bool."""

    def constant(self, values: NDArray[Any] | float) -> Tensor:
        """Return a tensor that holds these values."""
        ...

    def concat(self, parts: Sequence[Tensor]) -> Tensor:
        """Return tensors of shape (n_samples, n) side by side."""
        ...

    def columns(self, x: Tensor, places: Sequence[int]) -> Tensor:
        """Return columns of ``x``, shape (n_samples, n)."""
        ...

    def rows(self, table: NDArray[Any], places: Tensor) -> Tensor:
        """Return rows of a table, or its numbers where it has one dimension, at int64 ``places`` of any shape."""
        ...

    def pick(self, x: Tensor, places: Tensor) -> Tensor:
        """Return of each row of ``x`` its values at int64 ``places`` of shape (n_samples, n)."""
        ...

    def where(self, condition: Tensor, yes: Tensor | float, no: Tensor | float) -> Tensor:
        """Choose by a condition."""
        ...

    def call(self, name: str, *x: Tensor | float) -> Tensor:
        """Apply exp, expm1, log, sqrt, cos, floor, abs, isnan, isinf, minimum, maximum or pow to each number."""
        ...

    def cast(self, x: Tensor, kind: type[np.generic]) -> Tensor:
        """Return ``x`` as float64, float32, int64 or bool."""
        ...

    def total(self, x: Tensor, axis: int, keep: bool = False) -> Tensor:
        """Return sums along an axis."""
        ...

    def greatest(self, x: Tensor) -> Tensor:
        """Return the greatest of each row, shape (n_samples, 1)."""
        ...

    def first_greatest(self, x: Tensor) -> Tensor:
        """Return the first place of the greatest of each row, int64 of shape (n_samples,)."""
        ...

    def largest(self, x: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Return the largest of each row, descending, and their places; of equal ones the first comes first."""
        ...

    def product(self, x: Tensor, weights: NDArray[Any]) -> Tensor:
        """Return the matrix product."""
        ...

    def reshape(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        """Return the same numbers in another shape; one of its sizes may be -1."""
        ...

    def like_rows(self, values: NDArray[Any], x: Tensor) -> Tensor:
        """Return ``values``, shape (n,), once for each row of ``x``: shape (n_samples, n)."""
        ...

    def bits(self, x: Tensor) -> Tensor:
        """Return the bits of float64 as int64; -0.0 as 0.0 and any NaN as the usual one."""
        ...

    def fold(self, word: Tensor, by: int) -> Tensor:
        """Return ``word ^ (word >> by)`` of 64 bits without a sign, held as int64."""
        ...

    def places_of(self, x: Tensor, keys: NDArray[np.int64]) -> Tensor:
        """Return the place of each int64 among ascending keys, -1 where it is none of them."""
        ...
