"""The fitted step of crafted features: columns to keys, keys to numbers by one table, numbers to combinations."""

from __future__ import annotations

from typing import ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.entities.plan import NodeKind
from journeyman.entities.table import Block

__all__ = ["Combinations", "CraftedStep", "Gaps", "Keys", "Lookups", "read_numbers"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_ROWS_AT_ONCE = 2_048  # so that what is made in between stays in the processor's cache


def read_numbers(block: Block, columns: tuple[str, ...], rows: int) -> FloatArray:
    """Return columns as numbers, shape (n_columns, n_samples); infinite values count as missing (NaN)."""
    numbers = np.array([block[c] for c in columns], dtype=np.float64).reshape(len(columns), rows)
    numbers[np.isinf(numbers)] = np.nan
    return numbers


class Keys(msgspec.Struct, frozen=True):
    """Columns as slots of tables: a slot a category, a known value or a bin, and one more for missing values.

    Attributes
    ----------
    categories : tuple of str
        Columns of category codes.
    sizes : tuple of int
        Their numbers of categories; missing and unseen take the slot after the last.
    binned : tuple of str
        Columns of numbers.
    edges : tuple of ndarray
        The upper ends of each one's bins, ascending, the last infinite.
    """

    categories: tuple[str, ...]
    sizes: tuple[int, ...]
    binned: tuple[str, ...]
    edges: tuple[np.ndarray, ...]

    def slots(self, block: Block, rows: int) -> IntArray:
        """Return slots of shape (n_keys + 1, n_samples); the last row is all zeros, a key that tells nothing."""
        slots = np.zeros((len(self.categories) + len(self.binned) + 1, rows), dtype=np.int64)
        for i, (column, size) in enumerate(zip(self.categories, self.sizes, strict=True)):
            codes = block[column].astype(np.int64)
            slots[i] = np.where(codes < 0, size, codes)
        for i, (column, edges) in enumerate(zip(self.binned, self.edges, strict=True), len(self.categories)):
            values = block[column]
            place = edges.searchsorted(values)  # NaN comes after infinity
            slots[i] = np.where(np.isinf(values), len(edges), place)
        return slots

    def slot_counts(self) -> tuple[int, ...]:
        """Return the number of slots of each key."""
        return (*(size + 1 for size in self.sizes), *(len(edges) + 1 for edges in self.edges), 1)


class Lookups(msgspec.Struct, frozen=True):
    """Numbers looked up by one key or by two crossed ones, all in one flat table.

    Attributes
    ----------
    first, second : ndarrays of int64, shape (n_lookups, 1)
        Positions of keys; where one key is enough the second is the one that tells nothing.
    stride, offset : ndarrays of int64, shape (n_lookups, 1)
        A row's cell is ``offset + stride * first slot + second slot``.
    table : ndarray of shape (n_cells,)
        All tables, one after the other.
    """

    first: np.ndarray
    second: np.ndarray
    stride: np.ndarray
    offset: np.ndarray
    table: np.ndarray

    def numbers(self, slots: IntArray) -> FloatArray:
        """Return looked-up numbers, shape (n_lookups, n_samples)."""
        cells = slots[self.first[:, 0]] * self.stride + slots[self.second[:, 0]] + self.offset
        return np.asarray(self.table[cells], dtype=np.float64)


class Combinations(msgspec.Struct, frozen=True):
    """Weighted sums, products and ratios of two numbers each, in this order.

    Attributes
    ----------
    left, right : ndarrays of int64, shape (n_combinations,)
        Positions of the operands.
    weights : ndarray of shape (2, n_sums, 1)
        Of the operands of sums; the products and ratios come after the sums.
    products : int
        Number of products; the rest are ratios.
    """

    left: np.ndarray
    right: np.ndarray
    weights: np.ndarray
    products: int

    def numbers(self, operands: FloatArray) -> FloatArray:
        """Return combined numbers, shape (n_combinations, n_samples); what is not finite is missing (NaN)."""
        left: FloatArray = operands[self.left]
        right: FloatArray = operands[self.right]
        sums = self.weights.shape[1]
        ratios = sums + self.products
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            left[:sums] = left[:sums] * self.weights[0] + right[:sums] * self.weights[1]
            left[sums:ratios] *= right[sums:ratios]
            left[ratios:] /= right[ratios:]
        left[~np.isfinite(left)] = np.nan
        return left


class Gaps(msgspec.Struct, frozen=True):
    """Columns whose missing values are counted."""

    numbers: tuple[str, ...]
    categories: tuple[str, ...]

    def count(self, block: Block, rows: int) -> FloatArray:
        """Return missing values a row, shape (1, n_samples)."""
        missing = np.isnan(read_numbers(block, self.numbers, rows)).sum(axis=0, keepdims=True)
        codes = np.array([block[c] for c in self.categories], dtype=np.int64).reshape(len(self.categories), rows)
        return np.asarray(missing + (codes < 0).sum(axis=0), dtype=np.float64)


class CraftedStep(msgspec.Struct, frozen=True, tag=True):
    """Features made of one or more columns; all are made at once, so that one row costs few calls.

    Operands are numbers, missing values a row and lookups, in this order; features are some operands and all
    combinations.

    Attributes
    ----------
    features : tuple of str
        Names of the features.
    columns : tuple of str
        Columns read as numbers (dates as seconds).
    kept : ndarray of int64
        Positions of the operands that are features themselves.
    """

    kind: ClassVar[NodeKind] = NodeKind.CRAFTED
    features: tuple[str, ...]
    columns: tuple[str, ...]
    gaps: Gaps
    keys: Keys
    lookups: Lookups
    combinations: Combinations
    kept: np.ndarray

    def reads(self) -> tuple[str, ...]:
        """Return the columns taken, each once."""
        used = {*self.columns, *self.gaps.numbers, *self.gaps.categories, *self.keys.categories, *self.keys.binned}
        return tuple(sorted(used))

    def names(self) -> tuple[str, ...]:
        """Return the features' names."""
        return self.features

    def transform(self, block: Block) -> FloatArray:
        """Return features of shape (n_samples, n_features)."""
        rows = len(next(iter(block.values())))
        if rows <= _ROWS_AT_ONCE:
            return self.combine(block, self.lookups.numbers(self.keys.slots(block, rows)))
        features, used = np.empty((rows, len(self.features))), self.reads()
        for start in range(0, rows, _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            features[part] = self.transform({name: block[name][part] for name in used})
        return features

    def combine(self, block: Block, looked_up: FloatArray) -> FloatArray:
        """Return features of shape (n_samples, n_features) from looked-up numbers, shape (n_lookups, n_samples)."""
        rows = looked_up.shape[1]
        parts = (read_numbers(block, self.columns, rows), self.gaps.count(block, rows), looked_up)
        operands = np.concatenate(parts)
        return np.concatenate((operands[self.kept], self.combinations.numbers(operands))).T
