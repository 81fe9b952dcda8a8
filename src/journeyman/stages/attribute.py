"""Attribute: what each column contributes to an answer, as against a typical row."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.entities.profile import Profile
from journeyman.entities.table import Block

__all__ = ["attribute", "attributions", "typical_row"]

FloatArray = NDArray[np.float64]
_ORDERS = 4  # each is walked forwards and backwards
_MOST_ANSWERS = 200_000  # rows that are predicted at once


def attribute(predict: Callable[[Block], FloatArray], row: Block, typical: Block, output: int) -> dict[str, float]:
    """Return the contribution of each column to one output of one row; see ``attributions``.

    Examples
    --------
    >>> x = {"a": np.array([3.0]), "b": np.array([5.0])}
    >>> zero = {"a": np.array([0.0]), "b": np.array([0.0])}
    >>> attribute(lambda block: (2 * block["a"] + block["b"]).reshape(-1, 1), x, zero, 0)
    {'a': 6.0, 'b': 5.0}
    """
    values = attributions(predict, row, typical, [output])[0]
    return {name: float(value) for name, value in zip(row, values, strict=True)}


def attributions(
    predict: Callable[[Block], FloatArray], rows: Block, typical: Block, outputs: Sequence[int]
) -> FloatArray:
    """Return the contribution of each column to one output of each row, shape (n_samples, n_columns).

    Columns of a typical row are replaced by the row's own, one after the other, in a few orders, each walked both ways;
    a column's contribution is the mean change of the prediction when its turn comes. The contributions sum to the
    prediction less the prediction for the typical row, exactly; each by itself is an estimate where columns act
    together.

    Parameters
    ----------
    predict : callable
        Returns predictions (n_samples, n_outputs) of a block.
    rows, typical : Block
        Rows, and one typical row.
    outputs : sequence of int, of length n_samples
        Which output of each row is explained.

    References
    ----------
    Sundararajan and Najmi 2020, "The many Shapley values for model explanation" (baseline Shapley); Strumbelj and
    Kononenko 2014 (sampling of orders).
    """
    names = list(rows)
    taken = _own_columns(len(names))
    steps_of_a_row = taken.shape[0] * taken.shape[1]
    at_once = max(1, _MOST_ANSWERS // steps_of_a_row)
    found = np.zeros((len(outputs), len(names)))
    for start in range(0, len(outputs), at_once):
        part = {name: values[start : start + at_once] for name, values in rows.items()}
        found[start : start + at_once] = _attributed(predict, part, typical, outputs[start : start + at_once], taken)
    return found


def _own_columns(columns: int) -> NDArray[np.bool_]:
    """Return which columns are the row's own, shape (n_orders, n_columns + 1, n_columns)."""
    rng = np.random.default_rng(0)
    orders = [rng.permutation(columns) for _ in range(_ORDERS)]
    orders += [order[::-1] for order in orders]
    taken = np.zeros((len(orders), columns + 1, columns), dtype=bool)
    for o, order in enumerate(orders):
        for step, column in enumerate(order):
            taken[o, step + 1 :, column] = True
    return taken


def _attributed(
    predict: Callable[[Block], FloatArray],
    rows: Block,
    typical: Block,
    outputs: Sequence[int],
    taken: NDArray[np.bool_],
) -> FloatArray:
    count, (orders, steps, columns) = len(outputs), taken.shape
    flat = np.tile(taken.reshape(-1, columns), (count, 1))
    block: Block = {}
    for i, (name, values) in enumerate(rows.items()):
        mixed = np.repeat(typical[name], len(flat))
        mixed[flat[:, i]] = np.repeat(values, orders * steps)[flat[:, i]]
        block[name] = mixed
    predicted = predict(block).reshape(count, orders, steps, -1)
    chosen = predicted[np.arange(count), :, :, np.asarray(outputs)]
    changes = np.diff(chosen, axis=2)
    # The column whose turn it is at each step of each order.
    turns = np.diff(taken.astype(np.int8), axis=1).argmax(axis=2)
    sums = np.zeros((count, columns))
    for order in range(orders):
        sums[:, turns[order]] += changes[:, order]
    return np.asarray(sums / orders)


def typical_row(profile: Profile, columns: Sequence[Column]) -> Block:
    """Return a row of medians and most frequent names, as the training table had them; what is unknown is missing."""
    profiles = {one.name: one for one in profile.columns}
    row: Block = {}
    for column in columns:
        known = profiles.get(column.name)
        top = known.top_values[0] if known is not None and known.top_values else None
        if column.kind.categorical:
            code = column.categories.index(top) if top in column.categories else -1
            row[column.name] = np.array([code], dtype=np.int32)
        elif column.kind.numeric or column.kind is Kind.DATETIME:
            middle = known.quantiles[len(known.quantiles) // 2] if known and known.quantiles else math.nan
            if column.kind is Kind.BOOLEAN and top in column.categories:
                middle = float(column.categories.index(top))
            row[column.name] = np.array([middle], dtype=np.float64)
        else:
            row[column.name] = np.array([None], dtype=object)
    return row
