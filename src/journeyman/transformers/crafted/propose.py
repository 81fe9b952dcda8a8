"""Propose: which features are worth trying, bounded before any of them is made."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from journeyman.transformers.crafted.ground import Ground
from journeyman.transformers.crafted.recipes import Combination, GapCount, Lookup, Number, Operation, Quantity, Recipe

__all__ = ["propose"]

_NUMBERS = 14
_KEYS = 14
_GROUPED = 7  # keys, and numbers, that are paired for aggregates
_MOST_CELLS = 20_000
_ROWS_A_CELL = 20  # on average, at least, where two keys are crossed: a mean of fewer is noise
_UNLIKE = 5.0  # times as widely spread: numbers of different units, added only after scaling
_MOST = 350  # of each kind of pair


def propose(ground: Ground, importance: dict[str, float], seed: int) -> list[Recipe]:
    """Return recipes of the columns that matter most, no more than some hundred; sampled where there are more.

    Parameters
    ----------
    importance : dict of str to float
        What each column is worth by itself; columns that it lacks are worth nothing.
    """
    worth = [importance.get(n, 0.0) for n in ground.names]
    numbers = [i for i in np.argsort(-np.array(worth), kind="stable").tolist() if not ground.dates[i]]
    counts = ground.keys.slot_counts()[:-1]
    key_worth = [importance.get(n, 0.0) for n in ground.key_names]
    keys = np.argsort(-np.array(key_worth), kind="stable").tolist()
    single = [k for k in keys if ground.exact[k] and counts[k] > 3]
    proposals: list[Recipe] = [GapCount()] if ground.gaps.numbers or ground.gaps.categories else []
    outputs = range(ground.outputs.shape[1])
    proposals += [Lookup(Quantity.TARGET, k, None, o) for k in single[: 2 * _KEYS] for o in outputs]
    proposals += [Lookup(Quantity.FREQUENCY, k) for k in single[: 2 * _KEYS] if counts[k] > 8]
    pairs = [_arithmetic(ground, a, b) for a, b in combinations(numbers[:_NUMBERS], 2)]
    dates = [i for i, date in enumerate(ground.dates) if date][:_GROUPED]
    pairs += [[Combination(Operation.DIFFERENCE, Number(a), Number(b))] for a, b in combinations(dates, 2)]
    most_cells = min(_MOST_CELLS, len(ground.outputs) / _ROWS_A_CELL)
    crosses = [
        [Lookup(Quantity.TARGET, a, b, o) for o in outputs]
        for a, b in combinations(keys[:_KEYS], 2)
        if ground.key_names[a] != ground.key_names[b] and counts[a] * counts[b] <= most_cells
    ]
    groups = [
        _deviations(k, i)
        for k in single[:_GROUPED]
        for i in numbers[:_GROUPED]
        if ground.key_names[k] != ground.names[i]
    ]
    rng = np.random.default_rng(seed)
    for several in (pairs, crosses, groups):
        proposals += _sampled([r for recipes in several for r in recipes], _MOST, rng)
    return proposals


def _sampled(recipes: Sequence[Recipe], most: int, rng: np.random.Generator) -> list[Recipe]:
    if len(recipes) <= most:
        return list(recipes)
    return [recipes[i] for i in np.sort(rng.permutation(len(recipes))[:most]).tolist()]


def _arithmetic(ground: Ground, a: int, b: int) -> list[Recipe]:
    left, right = Number(a), Number(b)
    x, y = ground.numbers[a], ground.numbers[b]
    if (x == 0).sum() < (y == 0).sum():
        left, right = right, left  # the one that is zero less often divides
    alike = _UNLIKE**-1 < ground.spread(a) / ground.spread(b) < _UNLIKE
    return [
        Combination(Operation.SUM, left, right, not alike),
        Combination(Operation.DIFFERENCE, left, right, not alike),
        Combination(Operation.PRODUCT, left, right),
        Combination(Operation.RATIO, left, right),
    ]


def _deviations(key: int, number: int) -> list[Recipe]:
    mean = Lookup(Quantity.MEAN, key, None, number)
    return [Combination(operation, Number(number), mean) for operation in (Operation.DIFFERENCE, Operation.RATIO)]
