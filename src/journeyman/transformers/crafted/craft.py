"""Craft: recipes become a fitted step, and the training rows are encoded without their own targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.transformers.crafted.ground import INNER_FOLDS, Ground
from journeyman.transformers.crafted.recipes import (
    Combination,
    GapCount,
    Lookup,
    Number,
    Operand,
    Operation,
    Quantity,
    Recipe,
)
from journeyman.transformers.crafted_step import Combinations, CraftedStep, Gaps, Keys, Lookups

__all__ = ["Crafted", "craft"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_SMOOTHING = 10.0  # rows' worth of belief in what is known without the key
_ORDER = (Operation.SUM, Operation.DIFFERENCE, Operation.PRODUCT, Operation.RATIO)


@dataclass(frozen=True)
class Crafted:
    """What recipes have become.

    Attributes
    ----------
    step : CraftedStep
        Makes the features of any row.
    looked_up : ndarray of shape (n_lookups, n_samples)
        Looked-up numbers of the training rows, those of the target without its own.
    recipes : tuple of Recipe
        In the order of the features.
    """

    step: CraftedStep
    looked_up: FloatArray
    recipes: tuple[Recipe, ...]


def craft(ground: Ground, recipes: Sequence[Recipe]) -> Crafted:
    """Learn the tables that recipes ask for.

    Parameters
    ----------
    ground : Ground
        Training rows.
    recipes : sequence of Recipe
        Features wanted; their order may change, see ``Crafted.recipes``.
    """
    combinations = [r for op in _ORDER for r in recipes if isinstance(r, Combination) and r.operation is op]
    plain = [r for r in recipes if not isinstance(r, Combination)]
    operands = dict.fromkeys(o for c in combinations for o in (c.left, c.right))
    lookups = list(
        dict.fromkeys([*(r for r in plain if isinstance(r, Lookup)), *(o for o in operands if isinstance(o, Lookup))])
    )
    used = sorted({o.position for o in operands if isinstance(o, Number)})
    place: dict[Operand | GapCount, int] = {Number(p): i for i, p in enumerate(used)}
    place[GapCount()] = len(used)
    place |= {lookup: len(used) + 1 + i for i, lookup in enumerate(lookups)}
    tables = _Tables(ground)
    learned = [tables.learn(lookup) for lookup in lookups]
    kept_keys = sorted({k for x in lookups for k in (x.first, x.second) if k is not None})
    step = CraftedStep(
        features=tuple(_name(ground, r) for r in (*plain, *combinations)),
        columns=tuple(ground.names[p] for p in used),
        gaps=ground.gaps if GapCount() in plain else Gaps((), ()),
        keys=_subset(ground.keys, kept_keys),
        lookups=_lookups(ground, lookups, [table for table, _ in learned], kept_keys),
        combinations=_combinations(ground, combinations, place),
        kept=np.array([place[r] for r in plain], dtype=np.int64),
    )
    rows = ground.slots.shape[1]
    looked_up = np.array([values for _, values in learned]).reshape(len(lookups), rows)
    return Crafted(step, looked_up, (*plain, *combinations))


def _name(ground: Ground, recipe: Recipe | Operand) -> str:
    if isinstance(recipe, GapCount):
        return "missing values in the row"
    if isinstance(recipe, Number):
        return ground.names[recipe.position]
    if isinstance(recipe, Combination):
        sign = f"~{recipe.operation}" if recipe.scaled else recipe.operation
        return f"({_name(ground, recipe.left)}) {sign} ({_name(ground, recipe.right)})"
    keys = [_key_name(ground, k) for k in (recipe.first, recipe.second) if k is not None]
    if recipe.quantity is Quantity.TARGET:
        about = f"target {ground.output_names[recipe.position]}"
    elif recipe.quantity is Quantity.MEAN:
        about = f"mean of {ground.names[recipe.position]}"
    else:
        about = "frequency"
    return f"{about} by {' and '.join(keys)}"


def _key_name(ground: Ground, key: int) -> str:
    return ground.key_names[key] + ("" if ground.exact[key] else " (bins)")


def _subset(keys: Keys, kept: Sequence[int]) -> Keys:
    n = len(keys.categories)
    categories = [k for k in kept if k < n]
    binned = [k - n for k in kept if k >= n]
    return Keys(
        tuple(keys.categories[k] for k in categories),
        tuple(keys.sizes[k] for k in categories),
        tuple(keys.binned[k] for k in binned),
        tuple(keys.edges[k] for k in binned),
    )


def _lookups(ground: Ground, lookups: Sequence[Lookup], tables: Sequence[FloatArray], kept: Sequence[int]) -> Lookups:
    counts = ground.keys.slot_counts()
    place = {key: i for i, key in enumerate(kept)}

    def column(values: Sequence[int]) -> IntArray:
        return np.array(values, dtype=np.int64).reshape(-1, 1)

    sizes = [len(table) for table in tables]
    return Lookups(
        column([place[x.first] for x in lookups]),
        column([len(kept) if x.second is None else place[x.second] for x in lookups]),
        column([1 if x.second is None else counts[x.second] for x in lookups]),
        column([0, *np.cumsum(sizes)[:-1]] if sizes else []),
        np.concatenate(tables) if tables else np.empty(0),
    )


def _combinations(
    ground: Ground, combinations: Sequence[Combination], place: dict[Operand | GapCount, int]
) -> Combinations:
    sums = [c for c in combinations if c.operation in (Operation.SUM, Operation.DIFFERENCE)]
    weights = np.ones((2, len(sums), 1))
    for i, combination in enumerate(sums):
        if combination.scaled:
            weights[:, i, 0] = [_unit(ground, o) for o in (combination.left, combination.right)]
        if combination.operation is Operation.DIFFERENCE:
            weights[1, i, 0] *= -1.0
    return Combinations(
        np.array([place[c.left] for c in combinations], dtype=np.int64),
        np.array([place[c.right] for c in combinations], dtype=np.int64),
        weights,
        sum(c.operation is Operation.PRODUCT for c in combinations),
    )


def _unit(ground: Ground, operand: Operand) -> float:
    return 1.0 / ground.spread(operand.position) if isinstance(operand, Number) else 1.0


class _Tables:
    """Tables by key, learned from a ground; sums that several tables need are taken once."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.counts = ground.keys.slot_counts()
        # A cross asks for what its keys say one by one, and so do others.
        self._targets: dict[tuple[int, int | None, int], tuple[FloatArray, FloatArray]] = {}

    def learn(self, lookup: Lookup) -> tuple[FloatArray, FloatArray]:
        """Return the table, shape (n_cells,), and the training rows' numbers."""
        if lookup.quantity is Quantity.TARGET:
            return self._target(lookup.first, lookup.second, lookup.position)
        cells, size = self._cells(lookup.first, lookup.second), self._size(lookup.first, lookup.second)
        if lookup.quantity is Quantity.FREQUENCY:
            table = np.log1p(np.bincount(cells, minlength=size).astype(np.float64))
        else:
            table = self._mean(cells, size, lookup.position)
        return table, table[cells]

    def _mean(self, cells: IntArray, size: int, number: int) -> FloatArray:
        """Mean of a number by key; that of all rows where no row has the key."""
        values = self.ground.numbers[number]
        known = ~np.isnan(values)
        if not known.any():
            return np.full(size, np.nan)
        overall = float(values[known].mean())
        counts = np.bincount(cells[known], minlength=size)
        # Centred first, so that a large common part does not swallow the differences.
        sums = np.bincount(cells[known], values[known] - overall, size)
        return np.asarray(overall + sums / np.maximum(counts, 1), dtype=np.float64)

    def _target(self, first: int, second: int | None, output: int) -> tuple[FloatArray, FloatArray]:
        """Smoothed means of an output; a cross is drawn to what its keys say one by one, a key to the overall mean.

        A training row is encoded by the rows of other folds. The overall mean is that of all rows: one without the
        own fold would tell which fold a row is in, and so, in reverse, what its fold's target is.

        References
        ----------
        Micci-Barreca 2001, "A preprocessing scheme for high-cardinality categorical attributes".
        """
        key = (first, second, output)
        if key not in self._targets:
            cells, values = self._cells(first, second), self.ground.outputs[:, output]
            counts = np.bincount(cells, minlength=self._size(first, second))
            totals = np.bincount(cells, values, self._size(first, second))
            prior_table, prior_rows = self._prior(first, second, output)
            table = (totals + _SMOOTHING * prior_table) / (counts + _SMOOTHING)
            other_counts = self._others(cells, None, self._size(first, second))
            other_totals = self._others(cells, values, self._size(first, second))
            encoded = (other_totals + _SMOOTHING * prior_rows) / (other_counts + _SMOOTHING)
            self._targets[key] = (table, encoded)
        return self._targets[key]

    def _prior(self, first: int, second: int | None, output: int) -> tuple[FloatArray, FloatArray]:
        """Return what is believed of each cell, and of each training row, before the key is known."""
        overall = float(self.ground.outputs[:, output].mean())
        if second is None:
            return np.full(self._size(first, None), overall), np.full(len(self.ground.folds), overall)
        one_table, one_rows = self._target(first, None, output)
        two_table, two_rows = self._target(second, None, output)
        table = (one_table[:, None] + two_table - overall).ravel()
        rows = one_rows + two_rows - overall
        if self.ground.bounded:
            return np.clip(table, 0.0, 1.0), np.clip(rows, 0.0, 1.0)
        return table, rows

    def _others(self, cells: IntArray, values: FloatArray | None, size: int) -> FloatArray:
        """Sum values (ones where there are none) over the rows of a row's cell that are in other folds."""
        folds = self.ground.folds
        sums = np.bincount(folds * size + cells, values, INNER_FOLDS * size).reshape(INNER_FOLDS, size)
        return np.asarray((sums.sum(axis=0) - sums)[folds, cells], dtype=np.float64)

    def _size(self, first: int, second: int | None) -> int:
        return self.counts[first] * (1 if second is None else self.counts[second])

    def _cells(self, first: int, second: int | None) -> IntArray:
        one = self.ground.slots[first]
        return one if second is None else np.asarray(one * self.counts[second] + self.ground.slots[second])
