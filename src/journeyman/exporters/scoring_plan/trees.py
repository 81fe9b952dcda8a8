"""Trees to raw scores: LightGBM's arrays, symmetric trees, forests of several outputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.binary_trees import BinaryTrees
from journeyman.algorithms.flat_trees import FlatTrees
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.exporters.scoring_plan.draft import Draft, Features

__all__ = ["binary_trees", "flat_trees", "symmetric_trees"]

_LEFT, _CATEGORY, _SINGLE = 4, 8, 16
_WORD = 32


def binary_trees(draft: Draft, trees: BinaryTrees, features: Features, first: int | None = None) -> int:
    """Add the step; return the first of the raw scores, which are new registers unless ``first`` says where."""
    category = trees.chosen >= 0
    flags = trees.missing + _LEFT * trees.default_left + _CATEGORY * category + _SINGLE * int(trees.single)
    words = [_words(chosen) for chosen in trees.sets]
    starts = np.cumsum([0, *map(len, words)])
    where = draft.reserve(trees.outputs) if first is None else first
    draft.emit_at(
        where,
        "trees",
        features.registers,
        trees.outputs,
        trees.feature,
        np.where(category, trees.chosen, trees.threshold),
        flags,
        trees.children[:, 0],
        trees.children[:, 1],
        trees.leaves,
        trees.roots,
        starts,
        np.concatenate([np.empty(0), *words]),
    )
    return draft.scored(where, trees.outputs)


def _words(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return a set of codes as words of 32 bits, the lowest code in the lowest bit of the first word."""
    size = int(codes.max(initial=-1)) // _WORD + 1
    bits = np.zeros(size * _WORD, dtype=np.uint8)
    bits[codes] = 1
    return np.packbits(bits, bitorder="little").view("<u4").astype(np.float64)


def symmetric_trees(draft: Draft, trees: SymmetricTrees, features: Features) -> int:
    """Add the step; return the first of the raw scores."""
    plain, coded = np.array(features.uncoded, dtype=np.int64), np.array(features.coded, dtype=np.int64)
    outputs = len(trees.bias)
    first = draft.emit(
        "symmetric",
        outputs,
        features.registers,
        outputs,
        plain[trees.numbers],
        coded[trees.coded],
        np.cumsum([0, *map(len, trees.tables)]),
        np.concatenate([np.empty(0), *trees.tables]),
        trees.feature.shape[1],
        trees.feature,
        trees.border,
        trees.leaves,
        trees.bias,
    )
    return draft.scored(first, outputs)


def flat_trees(draft: Draft, trees: FlatTrees, features: Features) -> int:
    """Add the step; return the first of the mean answers."""
    left, right = trees.children[0::2], trees.children[1::2]
    outputs = trees.answers.shape[1]
    first = draft.emit(
        "forest",
        outputs,
        features.registers,
        outputs,
        trees.feature,
        trees.threshold,
        left,
        right,
        trees.leaf,
        trees.answers,
        trees.roots,
    )
    return draft.scored(first, outputs)
