"""Symmetric trees as plain arrays: all nodes of a level ask the same question, so that a leaf is a number of bits."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.binary_trees import linked
from journeyman.entities.plan import ModelPlan, NodeKind
from journeyman.interfaces import Matrix
from journeyman.transformers.steps import decode_array, encode_array

__all__ = ["SymmetricTrees", "mean_of_trees"]

FloatArray = NDArray[np.float64]
_FILE = "symmetric.msgpack"
_FEW_ROWS = 6  # below: all trees of a row at once; above: a level of some trees for many rows at once
_ROWS_AT_ONCE = 8_192
_CELLS_AT_ONCE = 131_072  # rows times trees, so that what is made in between stays in the cache
_ROWS_A_THREAD = 16_384
_ROWS_COMPARED = 4_096  # while borders are counted
_FEW_TO_GATHER = 1_024  # rows for which the leaves of many trees are gathered in one call


class SymmetricTrees(msgspec.Struct, frozen=True, dict=True):
    """Boosted symmetric trees.

    Inputs are numbers, then tables: a feature as float32, or the float32 that a table has for a feature's category
    code. A level of a tree asks whether its input is greater than a border; the answer of level ``j`` is bit ``j`` of
    the leaf's position. The score of a row is ``bias``, to which the leaves are added tree by tree, in float64.

    Attributes
    ----------
    numbers : ndarray of int64, shape (n_numbers,)
        Which features enter as float32, counted among those without category codes; NaN is greater than no border.
    coded : ndarray of int64, shape (n_tables,)
        Whose codes each table is for, counted among the features with category codes.
    tables : tuple of ndarray of float32
        At 0 for a missing category, at ``code + 1`` for a code; the last one for all codes beyond.
    feature : ndarray of int32, shape (n_trees, depth)
        Input of each level.
    border : ndarray of float32, shape (n_trees, depth)
        A level that asks nothing has infinity.
    leaves : ndarray of float64, shape (n_trees, 2 ** depth, n_outputs)
        Scores.
    bias : ndarray of float64, shape (n_outputs,)
        Score of no tree.
    link : str
        "identity"; "logistic": the one score is the log odds of the second of two classes; "softmax".
    """

    kind: ClassVar[NodeKind] = NodeKind.TREES
    numbers: np.ndarray
    coded: np.ndarray
    tables: tuple[np.ndarray, ...]
    feature: np.ndarray
    border: np.ndarray
    leaves: np.ndarray
    bias: np.ndarray
    link: str

    @property
    def rounds(self) -> int:
        """The number of trees."""
        return len(self.feature)

    @property
    def answer_seconds(self) -> float:
        """Expected seconds of one answer: half a nanosecond a level and two a leaf's score, some to read inputs."""
        trees, depth = map(int, self.feature.shape)
        read = 3e-8 * (len(self.numbers) + len(self.tables))
        return 1e-6 + read + trees * (5e-10 * depth + 2e-9 * len(self.bias))

    def predict(self, x: Matrix) -> FloatArray:
        """Return probabilities (n_samples, n_classes) or values (n_samples, 1)."""
        return linked(self.scores(x), self.link)

    def scores(self, x: Matrix) -> FloatArray:
        """Return scores, shape (n_samples, n_outputs); the same bits for a row whatever rows come along."""
        rows = len(x.values)
        if rows < _FEW_ROWS:
            return self._few(self._inputs(x.values, x.categorical))
        workers = min(os.cpu_count() or 1, rows // _ROWS_A_THREAD)
        if workers < 2:
            return self._many(x.values, x.categorical)
        ends = np.linspace(0, rows, workers + 1).astype(np.int64)
        with ThreadPoolExecutor(workers) as pool:
            parts = [x.values[a:b] for a, b in pairwise(ends.tolist())]
            return np.vstack(list(pool.map(self._many, parts, [x.categorical] * workers)))

    def _inputs(self, values: FloatArray, categorical: tuple[int, ...]) -> NDArray[np.float32]:
        """Return what levels compare, shape (n_samples, n_inputs)."""
        plain, coded = _positions(values.shape[1], categorical)
        with np.errstate(over="ignore"):  # a number too large for float32 is infinite
            numbers = values[:, plain[self.numbers]].astype(np.float32)
        if not self.tables:
            return numbers
        table, starts, lasts = self._flat_tables
        slots = np.minimum(np.nan_to_num(values[:, coded[self.coded]], nan=-1.0).astype(np.int64) + 1, lasts)
        return np.hstack([numbers, table[starts + slots]])

    def _few(self, inputs: NDArray[np.float32]) -> FloatArray:
        trees, depth = self.feature.shape
        bits = np.zeros((len(inputs), trees, -(-depth // 8) * 8), dtype=bool)
        bits[:, :, :depth] = inputs[:, self.feature] > self.border
        octets = np.packbits(bits, axis=2, bitorder="little").astype(np.int64)
        leaf = octets @ (256 ** np.arange(octets.shape[2])) + self._starts
        scores = np.empty((len(inputs), trees + 1, len(self.bias)))
        scores[:, 0], scores[:, 1:] = self.bias, self._flat_leaves[leaf]
        return np.cumsum(scores, axis=1)[:, -1]  # a plain sum would add in an order of its own

    def _many(self, values: FloatArray, categorical: tuple[int, ...]) -> FloatArray:
        parts = [
            self._block(self._bins(values[i : i + _ROWS_AT_ONCE], categorical))
            for i in range(0, len(values), _ROWS_AT_ONCE)
        ]
        return parts[0] if len(parts) == 1 else np.vstack(parts)

    def _bins(self, values: FloatArray, categorical: tuple[int, ...]) -> NDArray[Any]:
        """Return how many borders of each input lie below it, shape (n_inputs, n_samples)."""
        plain, coded = _positions(values.shape[1], categorical)
        borders, kind, rows = self._borders[0], self._borders[1].dtype, len(values)
        bins = np.empty((len(borders), rows), dtype=kind)
        above = np.empty((max(map(len, borders), default=1), min(rows, _ROWS_COMPARED)), dtype=bool)
        for column, ends, out in zip(plain[self.numbers], borders, bins, strict=False):
            with np.errstate(over="ignore"):  # as for few rows
                number = values[:, column].astype(np.float32)
            for start in range(0, rows, _ROWS_COMPARED):
                part = number[start : start + _ROWS_COMPARED]
                found = above[: len(ends), : len(part)]
                np.greater(part, ends, out=found)
                np.add.reduce(found.view(np.uint8), axis=0, dtype=kind, out=out[start : start + len(part)])
        slots = {one: np.nan_to_num(values[:, coded[one]], nan=-1.0).astype(np.int64) + 1 for one in set(self._coded)}
        for one, table, out in zip(self._coded, self._bin_tables, bins[len(self.numbers) :], strict=True):
            np.take(table, slots[one], mode="clip", out=out)
        return bins

    def _block(self, bins: NDArray[Any]) -> FloatArray:
        """Return scores of some rows from their bins; leaves are added in the order of the trees."""
        rows, (trees, depth), outputs = bins.shape[1], self.feature.shape, len(self.bias)
        total = np.tile(self.bias, (rows, 1)) if outputs > 1 else np.full(rows, self.bias[0])
        few = rows < _FEW_TO_GATHER
        most = min(trees, max(1, _CELLS_AT_ONCE // (rows * outputs if few else rows)))
        # made once: memory that is asked for anew comes page by page
        seen, above = np.empty((most, rows), dtype=bins.dtype), np.empty((most, rows), dtype=bool)
        leaf, wide = np.empty((most, rows), np.uint8 if depth <= 8 else np.uint16), np.empty((most, rows), np.int64)
        scores = np.empty((most + 1, *total.shape) if few else total.shape)
        flat = self._flat_leaves[:, 0] if outputs == 1 else self._flat_leaves
        for start in range(0, trees, most):
            part = slice(start, min(trees, start + most))
            here = slice(part.stop - start)
            leaf[here] = 0
            for level in range(depth - 1, -1, -1):
                np.take(bins, self._levels[level][part], axis=0, mode="clip", out=seen[here])
                np.greater(seen[here], self._borders[1][part, level, None], out=above[here])
                np.add(leaf[here], leaf[here], out=leaf[here])
                np.bitwise_or(leaf[here], above[here].view(np.uint8), out=leaf[here])
            wide[here] = leaf[here]
            if few:
                wide[here] += self._starts[part, None]
                scores[0] = total
                np.take(flat, wide[here], axis=0, mode="clip", out=scores[1 : here.stop + 1])
                np.add.reduce(scores[: here.stop + 1], axis=0, out=total)  # in the order of the trees
                continue
            for own, places in zip(self._scores[part], wide, strict=False):
                np.take(own, places, axis=0, mode="clip", out=scores)
                np.add(total, scores, out=total)
        return total.reshape(rows, outputs)

    @cached_property
    def _starts(self) -> NDArray[np.int64]:
        """Position of each tree's first leaf among all leaves."""
        trees, leaves, _ = self.leaves.shape
        return np.arange(0, trees * leaves, leaves, dtype=np.int64)

    @cached_property
    def _levels(self) -> NDArray[np.int64]:
        """Inputs, shape (depth, n_trees)."""
        return np.ascontiguousarray(self.feature.T, dtype=np.int64)

    @cached_property
    def _scores(self) -> FloatArray:
        """Leaves, shape (n_trees, n_leaves) where there is one output, else (n_trees, n_leaves, n_outputs)."""
        return np.ascontiguousarray(self.leaves[:, :, 0] if len(self.bias) == 1 else self.leaves)

    @cached_property
    def _flat_leaves(self) -> FloatArray:
        return np.asarray(self.leaves.reshape(-1, len(self.bias)))

    @cached_property
    def _flat_tables(self) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
        """All tables one after the other, where each begins, and its last place."""
        sizes = np.array([len(table) for table in self.tables], dtype=np.int64)
        return np.concatenate(self.tables), np.cumsum(sizes) - sizes, sizes - 1

    @cached_property
    def _coded(self) -> list[int]:
        return [int(one) for one in self.coded]

    @cached_property
    def _bin_tables(self) -> list[NDArray[Any]]:
        """How many borders lie below each entry of each table: a category needs no comparison."""
        borders, place = self._borders
        ends = borders[len(self.numbers) :]
        return [np.searchsorted(e[:, 0], t).astype(place.dtype) for e, t in zip(ends, self.tables, strict=True)]

    @cached_property
    def _borders(self) -> tuple[list[NDArray[np.float32]], NDArray[Any]]:
        """Distinct borders of each input, shape (n, 1), and the position of each level's border among its input's."""
        inputs = len(self.numbers) + len(self.tables)
        place = np.zeros(self.feature.shape, dtype=np.int64)
        borders = []
        for one in range(inputs):
            asked = self.feature == one
            ends, place[asked] = np.unique(self.border[asked], return_inverse=True)
            borders.append(ends[:, None])
        most = max(map(len, borders), default=0)
        return borders, place.astype(np.uint8 if most < 256 else np.uint16)

    def plan(self) -> ModelPlan:
        """Return this model as its one step: it runs as it is stored."""
        return (self,)

    def to_files(self) -> Mapping[str, bytes]:
        """Return the arrays as MessagePack."""
        return {_FILE: msgspec.msgpack.encode(self, enc_hook=encode_array)}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> SymmetricTrees | None:
        """Load what ``to_files`` gave; None where it is not among the files."""
        if _FILE not in files:
            return None
        return msgspec.msgpack.decode(files[_FILE], type=SymmetricTrees, dec_hook=decode_array)


@lru_cache(maxsize=64)
def _positions(width: int, categorical: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the positions of features without category codes, and of those with."""
    coded = np.array(categorical, dtype=np.int64)
    return np.delete(np.arange(width), coded), coded


def mean_of_trees(models: Sequence[SymmetricTrees]) -> SymmetricTrees:
    """Return trees whose scores are the mean of those of models of one link; each keeps its own tables.

    Examples
    --------
    >>> def stump(low: float, high: float) -> SymmetricTrees:
    ...     at, ends = np.zeros((1, 1), np.int32), np.zeros((1, 1), np.float32)
    ...     leaves = np.array([[[low], [high]]])
    ...     return SymmetricTrees(np.array([0]), np.array([], int), (), at, ends, leaves, np.zeros(1), "identity")
    >>> mean_of_trees([stump(0.0, 2.0), stump(0.0, 4.0)]).predict(Matrix(np.array([[-1.0], [1.0]]), ("x",))).tolist()
    [[0.0], [3.0]]
    """
    first, depth = models[0], max(model.feature.shape[1] for model in models)
    if len(models) == 1:
        return first
    assert all(np.array_equal(model.numbers, first.numbers) for model in models)  # fitted on the same features
    tables = np.cumsum([0, *(len(model.tables) for model in models)])
    deep = [_deepened(model, depth, before) for model, before in zip(models, tables, strict=False)]
    return SymmetricTrees(
        numbers=first.numbers,
        coded=np.concatenate([model.coded for model in models]),
        tables=tuple(table for model in models for table in model.tables),
        feature=np.concatenate([feature for feature, _, _ in deep]),
        border=np.concatenate([border for _, border, _ in deep]),
        leaves=np.concatenate([leaves for _, _, leaves in deep]) / len(models),
        bias=np.mean([model.bias for model in models], axis=0),
        link=first.link,
    )


def _deepened(model: SymmetricTrees, depth: int, before: int) -> tuple[NDArray[Any], NDArray[Any], FloatArray]:
    """Return inputs, borders and leaves of trees made this deep by levels that ask nothing, tables moved back."""
    more = depth - model.feature.shape[1]
    moved = np.where(model.feature < len(model.numbers), model.feature, model.feature + before).astype(np.int32)
    feature = np.pad(moved, ((0, 0), (0, more)))
    border = np.pad(model.border, ((0, 0), (0, more)), constant_values=np.inf)
    return feature, border, np.pad(model.leaves, ((0, 0), (0, 2**depth - model.leaves.shape[1]), (0, 0)))
