"""Trees as formulas of a worksheet, within what Excel takes: 64 levels of functions and 8,192 characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.algorithms.binary_trees import BinaryTrees
from journeyman.algorithms.symmetric_trees import SymmetricTrees
from journeyman.entities.matrix import Matrix

__all__ = [
    "CannotWriteError",
    "SymmetricInputs",
    "binary_tree",
    "leaf_of",
    "number_text",
    "symmetric_inputs",
    "symmetric_tree",
]

_DEEPEST, _LONGEST = 60, 8_000


class CannotWriteError(Exception):
    """The plan has what no formula is written of."""


def number_text(value: float) -> str:
    """Return a number as a formula has it; negative ones in brackets."""
    text = f"{value:.15G}"
    return f"({text})" if text.startswith("-") else text


def _short(formula: str) -> str:
    if len(formula) > _LONGEST:
        raise CannotWriteError("a tree is too long for a formula")
    return formula


def binary_tree(trees: BinaryTrees, root: int, refs: Sequence[str]) -> str:
    """Return a tree as nested IFs over the cells of its features."""
    return _short(_nested(trees, root, refs, 0))


def _nested(trees: BinaryTrees, place: int, refs: Sequence[str], depth: int) -> str:
    if place < 0:
        return f"{float(trees.leaves[-1 - place]):.15G}"
    if depth >= _DEEPEST:
        raise CannotWriteError("a tree is deeper than formulas nest")
    left, right = (_nested(trees, int(child), refs, depth + 1) for child in trees.children[place])
    return f"IF({_goes_left(trees, place, refs[int(trees.feature[place])])},{left},{right})"


def _goes_left(trees: BinaryTrees, place: int, cell: str) -> str:
    chosen = int(trees.chosen[place])
    if chosen >= 0:  # a missing code is a text, which no number of the list equals
        return f"ISNUMBER(MATCH({cell},{{{','.join(map(str, trees.sets[chosen].tolist()))}}},0))"
    threshold, missing = float(trees.threshold[place]), int(trees.missing[place])
    limit = number_text(threshold) if np.isfinite(threshold) else ("1E+300" if threshold > 0 else "(-1E+300)")
    left = bool(trees.default_left[place])
    if missing == 0:  # NaN counts as zero
        return f'OR({cell}="",{cell}<={limit})' if threshold >= 0.0 else f"AND(ISNUMBER({cell}),{cell}<={limit})"
    lacking = f'OR({cell}="",ABS(N({cell}))<=1E-35)' if missing == 1 else f'{cell}=""'
    if left:
        return f"OR({lacking},{cell}<={limit})"
    return f"AND(NOT({lacking}),{cell}<={limit})" if missing == 1 else f"AND(ISNUMBER({cell}),{cell}<={limit})"


@dataclass(frozen=True)
class SymmetricInputs:
    """What the levels of symmetric trees compare, of one row.

    Attributes
    ----------
    places : tuple of (int, ndarray or None)
        Position of each input's feature, and its table by code where it has one.
    values : tuple of float
        What they come to; minus infinity where missing.
    """

    places: tuple[tuple[int, NDArray[np.float32] | None], ...]
    values: tuple[float, ...]


def symmetric_inputs(trees: SymmetricTrees, matrix: Matrix) -> SymmetricInputs:
    """Return the inputs of the first row."""
    width = matrix.values.shape[1]
    plain = [i for i in range(width) if i not in set(matrix.categorical)]
    coded = [i for i in range(width) if i in set(matrix.categorical)]
    places: list[tuple[int, NDArray[np.float32] | None]] = [(plain[int(one)], None) for one in trees.numbers]
    places += [(coded[int(one)], table) for one, table in zip(trees.coded, trees.tables, strict=True)]
    values = []
    for place, table in places:
        value = float(matrix.values[0, place])
        if table is not None:
            value = float(table[0 if np.isnan(value) else min(int(value) + 1, len(table) - 1)])
        values.append(-np.inf if np.isnan(value) else float(np.float32(value)))
    return SymmetricInputs(tuple(places), tuple(values))


def leaf_of(trees: SymmetricTrees, tree: int, read: SymmetricInputs) -> int:
    """Return the position of the leaf that a row falls into."""
    levels = zip(trees.feature[tree].tolist(), trees.border[tree].tolist(), strict=True)
    return sum((read.values[one] > border) << level for level, (one, border) in enumerate(levels))


def symmetric_tree(trees: SymmetricTrees, tree: int, output: int, cells: Sequence[str]) -> str:
    """Return a tree as a choice among its leaves by the bits of its levels, over the cells of its inputs."""
    levels = zip(trees.feature[tree].tolist(), trees.border[tree].tolist(), strict=True)
    asked = [(level, cells[one], border) for level, (one, border) in enumerate(levels) if np.isfinite(border)]
    bits = "".join(f"+{2**level}*({cell}>{number_text(border)})" for level, cell, border in asked)
    leaves = ",".join(f"{value:.15G}" for value in trees.leaves[tree, :, output].tolist())
    return _short(f"INDEX({{{leaves}}},1{bits})")
