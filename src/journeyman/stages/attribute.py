"""Attribute: what each column contributes to one answer, as against a typical row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.table import Block

__all__ = ["attribute"]

_ORDERS = 4  # each is walked forwards and backwards


def attribute(
    predict: Callable[[Block], NDArray[np.float64]], row: Block, typical: Block, output: int
) -> dict[str, float]:
    """Return the contribution of each column to one output of one row.

    Columns of a typical row are replaced by the row's own, one after the other, in a few orders, each walked both ways;
    a column's contribution is the mean change of the answer when its turn comes. The contributions sum to the answer
    less the answer for the typical row, exactly; each by itself is an estimate where columns act together.

    Parameters
    ----------
    predict : callable
        Returns answers (n_samples, n_outputs) of a block.
    row, typical : Block
        One row each.
    output : int
        Which output is explained.

    References
    ----------
    Sundararajan and Najmi 2020, "The many Shapley values for model explanation" (baseline Shapley); Strumbelj and
    Kononenko 2014 (sampling of orders).

    Examples
    --------
    >>> x = {"a": np.array([3.0]), "b": np.array([5.0])}
    >>> zero = {"a": np.array([0.0]), "b": np.array([0.0])}
    >>> attribute(lambda block: (2 * block["a"] + block["b"]).reshape(-1, 1), x, zero, 0)
    {'a': 6.0, 'b': 5.0}
    """
    names = list(row)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(len(names)) for _ in range(_ORDERS)]
    orders += [order[::-1] for order in orders]
    taken = np.zeros((len(orders), len(names) + 1, len(names)), dtype=bool)
    for o, order in enumerate(orders):
        for step, column in enumerate(order):
            taken[o, step + 1 :, column] = True
    flat = taken.reshape(-1, len(names))
    block: Block = {}
    for i, name in enumerate(names):
        mixed = np.repeat(typical[name], len(flat))
        mixed[flat[:, i]] = row[name][0]
        block[name] = mixed
    answers = predict(block)[:, output].reshape(len(orders), len(names) + 1)
    steps = np.diff(answers, axis=1)
    sums = np.zeros(len(names))
    for o, order in enumerate(orders):
        sums[order] += steps[o]
    return {name: float(value) for name, value in zip(names, sums / len(orders), strict=True)}
