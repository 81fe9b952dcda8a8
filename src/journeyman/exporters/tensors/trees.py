"""Trees whose places are numbered through, leaves behind nodes: all trees of a batch go down level by level."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from journeyman.exporters.tensors.registers import Arguments, Registers
from journeyman.exporters.tensors.tensor_library import Tensor, TensorLibrary

__all__ = ["ZERO", "TreeNodes", "cut", "entering", "forest", "tree_totals", "trees", "trees_of"]

Places = NDArray[np.int64]
ZERO = 1.0000000180025095e-35
"""Numbers as small as this are zero to LightGBM (kZeroThreshold)."""
_MISSING, _ZERO, _LEFT, _CATEGORY, _SINGLE, _WORD = 3, 1, 4, 8, 16, 32


@dataclass(frozen=True)
class TreeNodes:
    """The arrays of a step ``trees``, one entry a place: nodes, then leaves, whose children are themselves.

    Attributes
    ----------
    feature, left, right : ndarray of int64
        What a node asks, and the places that follow.
    threshold, value : ndarray of float64
        Of numbers; of leaves.
    nan_left : ndarray of bool
        Where NaN goes left.
    zero_side : ndarray of bool
        Where zero is missing, and goes where NaN goes.
    chosen : ndarray of int64
        Set of categories that go left; -1 asks for a number.
    sets : tuple of ndarray of int64
        Codes of each set.
    roots : ndarray of int64
        Places where trees begin.
    single : bool
        Whether features are rounded to float32.
    """

    feature: Places
    left: Places
    right: Places
    threshold: NDArray[np.float64]
    value: NDArray[np.float64]
    nan_left: NDArray[np.bool_]
    zero_side: NDArray[np.bool_]
    chosen: Places
    sets: tuple[Places, ...]
    roots: Places
    single: bool

    @property
    def depth(self) -> int:
        """The most questions on a way down."""
        return _depth(self.left, self.right, self.roots)


def trees_of(a: Arguments) -> TreeNodes:
    """Return the trees of a step ``trees``."""
    feature, flags, left, right, roots = (a.wholes(i) for i in (3, 5, 6, 7, 9))
    threshold, leaves = a.array(4), a.array(8)
    count = len(feature)
    behind = np.arange(count, count + len(leaves))
    is_category = (flags & _CATEGORY) > 0
    missing, default_left = flags & _MISSING, (flags & _LEFT) > 0
    as_zero = threshold >= 0.0  # where NaN is no missing value it counts as 0.0
    nan_left = np.where(missing == 0, as_zero, default_left) & ~is_category
    no = np.zeros(len(leaves), dtype=bool)

    def place(child: Places) -> Places:
        return np.where(child >= 0, child, count - 1 - child)

    zeros = np.zeros(len(leaves))
    return TreeNodes(
        feature=np.concatenate([feature, zeros.astype(np.int64)]),
        left=np.concatenate([place(left), behind]),
        right=np.concatenate([place(right), behind]),
        threshold=np.concatenate([np.where(is_category, 0.0, threshold), zeros]),
        value=np.concatenate([np.zeros(count), leaves]),
        nan_left=np.concatenate([nan_left, no]),
        zero_side=np.concatenate([(missing == _ZERO) & ~is_category, no]),
        chosen=np.concatenate([np.where(is_category, threshold, -1).astype(np.int64), behind * 0 - 1]),
        sets=_sets(a.wholes(10), a.wholes(11)),
        roots=place(roots),
        single=bool((flags & _SINGLE).any()),
    )


def _sets(starts: Places, words: Places) -> tuple[Places, ...]:
    bits = np.unpackbits(words.astype("<u4").view(np.uint8), bitorder="little")
    return tuple(np.flatnonzero(bits[low * _WORD : high * _WORD]) for low, high in pairwise(starts.tolist()))


def _depth(left: Places, right: Places, roots: Places) -> int:
    level, depth = np.unique(roots), 0
    while True:
        inner = level[(left[level] != level) | (right[level] != level)]
        if not len(inner):
            return depth
        level, depth = np.unique(np.concatenate([left[inner], right[inner]])), depth + 1


def entering(t: TensorLibrary, x: Tensor, single: bool) -> Tensor:
    """Return features as LightGBM's trees see them: rounded where they are, tiny numbers zero."""
    seen = t.cast(t.cast(x, np.float32), np.float64) if single else x
    return t.where(t.call("abs", seen) <= ZERO, 0.0, seen)


def trees(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    """Return the sums of the leaves that rows reach."""
    nodes = trees_of(a)
    x = entering(t, r.read(a.registers(1)), nodes.single)
    at = t.like_rows(nodes.roots, x)
    for _ in range(nodes.depth):
        value = t.pick(x, t.rows(nodes.feature, at))
        below = value <= t.rows(nodes.threshold, at)
        to_side = t.call("isnan", value)
        if nodes.zero_side.any():
            to_side = to_side | (t.rows(nodes.zero_side, at) & (t.call("abs", value) <= 0.0))
        left = t.where(to_side, t.rows(nodes.nan_left, at), below)
        if (nodes.chosen >= 0).any():
            left = t.where(t.rows(nodes.chosen >= 0, at), _is_chosen(t, nodes, at, value), left)
        at = t.where(left, t.rows(nodes.left, at), t.rows(nodes.right, at))
    return tree_totals(t, t.rows(nodes.value, at), len(nodes.roots), a.whole(2))


def _is_chosen(t: TensorLibrary, nodes: TreeNodes, at: Tensor, value: Tensor) -> Tensor:
    """Return where category codes are in the sets of their nodes."""
    sizes = np.array([chosen.max(initial=-1) + 1 for chosen in nodes.sets])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    members = np.zeros(starts[-1] + 1, dtype=bool)
    for start, chosen in zip(starts[:-1], nodes.sets, strict=True):
        members[start + chosen] = True
    asked = np.maximum(nodes.chosen, 0)
    code = cut(t, value)
    inside = (code >= 0.0) & (code < t.rows(sizes[asked].astype(np.float64), at))
    place = t.where(inside, code + t.rows(starts[asked].astype(np.float64), at), 0.0)
    return inside & t.rows(members, t.cast(place, np.int64))


def cut(t: TensorLibrary, value: Tensor) -> Tensor:
    """Return category codes, cut towards zero where they are no whole numbers; below 0 is no code."""
    return t.where((value > -1.0) & (value < 0.0), 0.0, t.call("floor", value))


def tree_totals(t: TensorLibrary, leaves: Tensor, count: int, outputs: int) -> Tensor:
    """Return sums of leaves, shape (n_samples, n_trees): tree ``i`` adds to output ``i mod outputs``."""
    if outputs == 1:
        return t.total(leaves, 1, keep=True)
    return t.concat([t.total(t.columns(leaves, range(k, count, outputs)), 1, keep=True) for k in range(outputs)])


def forest(t: TensorLibrary, r: Registers, a: Arguments) -> Tensor:
    """Return the mean of the answers of trees of several outputs."""
    feature, left, right, leaf, roots = (a.wholes(i) for i in (3, 5, 6, 7, 9))
    inner = left != np.arange(len(left))
    asked, threshold = np.where(inner, feature, 0), a.array(4)
    x = t.cast(t.cast(r.read(a.registers(1)), np.float32), np.float64)
    at = t.like_rows(roots, x)
    onwards = np.where(inner, right, left)
    for _ in range(_depth(left, onwards, roots)):
        greater = t.pick(x, t.rows(asked, at)) > t.rows(threshold, at)
        at = t.where(greater, t.rows(onwards, at), t.rows(left, at))
    answers = a.array(8).reshape(-1, a.whole(2))[np.where(inner, 0, leaf)]
    return t.total(t.rows(answers, at), 1) / float(len(roots))
