"""Cells that contradict what other columns say of them, where one column settles another in nearly all rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.cleaning import Evidence, TextTable

__all__ = ["Dependencies"]

_COMPARED, _FEWEST_PAIRS, _MOST_PAIRS = 20_000_000, 400, 10_000
"""Rows that are compared at most, over all pairs of columns, and the pairs that this may come to."""
_FEATURES = 11
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class _Rule:
    """How far a column of keys settles another: what the other rows of each row's group hold.

    Attributes
    ----------
    strength : float
        Share of rows, in groups of two or more, whose value the others' majority predicts, beyond the commonest value.
    own, other : ndarray of shape (n_rows,)
        Share of the group's other rows that hold the row's own value, and the most usual other value.
    size : ndarray of shape (n_rows,)
        Other rows of the group.
    usual : ndarray of shape (n_rows,)
        Code of the most usual other value, -1 where the group holds no other.
    """

    strength: float
    own: FloatArray
    other: FloatArray
    size: FloatArray
    usual: NDArray[np.int64]


@dataclass(frozen=True)
class Dependencies:
    """Suspects cells that differ from those of rows that agree in a column that settles them."""

    name: str = "dependencies"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        rules = _rules(table)
        return [_of_column(table, place, rules) for place in range(len(table.columns))]


def _rules(table: TextTable) -> dict[tuple[int, int], _Rule]:
    """Return the rules from one column to another that hold better than chance, by (key, settled column)."""
    rows = table.rows
    usable = [p for p, c in enumerate(table.columns) if 1 < len(c.values) < 0.9 * rows]
    rules: dict[tuple[int, int], _Rule] = {}
    for key, settled in _pairs(usable, rows):
        rule = _rule(table, key, settled)
        if rule is not None:
            rules[key, settled] = rule
    return rules


def _pairs(usable: Sequence[int], rows: int) -> list[tuple[int, int]]:
    """Return the pairs of columns that are compared: all, or in a wide table those that stand side by side.

    Examples
    --------
    >>> len(_pairs(range(20), 1_000)), len(_pairs(range(2_000), 1_000))
    (380, 7994)
    """
    most = min(_MOST_PAIRS, max(_FEWEST_PAIRS, _COMPARED // rows))
    pairs = [(a, b) for a in range(len(usable)) for b in range(len(usable)) if a != b]
    if len(pairs) > most:
        reach = max(1, most // (2 * len(usable)))
        pairs = [(a, b) for a, b in pairs if abs(a - b) <= reach]
    return [(usable[a], usable[b]) for a, b in pairs]


def _rule(table: TextTable, key: int, settled: int) -> _Rule | None:
    keys, values = table.columns[key].codes.astype(np.int64), table.columns[settled].codes.astype(np.int64)
    width = len(table.columns[settled].values)
    pairs, place, counts = np.unique(keys * width + values, return_inverse=True, return_counts=True)
    place = place.reshape(-1)
    group, value = pairs // width, pairs % width
    order = np.lexsort((value, -counts, group))
    first = np.flatnonzero(np.r_[True, np.diff(group[order]) > 0])
    best, second = np.full(group.max() + 1, -1), np.full(group.max() + 1, -1)
    best[group[order[first]]] = order[first]
    later = first + 1
    has = (later < len(order)) & (np.r_[group[order], -1][np.minimum(later, len(order))] == group[order[first]])
    second[group[order[first[has]]]] = order[later[has]]
    sizes = table.columns[key].counts[keys] - 1.0
    mine = counts[place] - 1.0
    rival = np.where(best[keys] == place, second[keys], best[keys])
    rivals = np.where(rival >= 0, counts[rival], 0).astype(float)
    grouped = sizes > 0
    if grouped.mean() < 0.1:
        return None
    agree = (mine > rivals)[grouped].mean() + 0.5 * ((mine == rivals) & (mine > 0))[grouped].mean()
    chance = float(np.max(table.columns[settled].counts)) / table.rows
    strength = (agree - chance) / max(1e-9, 1.0 - chance)
    if strength < 0.3:
        return None
    least = np.maximum(sizes, 1.0)
    usual = np.where(rival >= 0, value[rival], -1)
    return _Rule(float(strength), mine / least, rivals / least, sizes.astype(np.float64), usual)


def _of_column(table: TextTable, place: int, rules: dict[tuple[int, int], _Rule]) -> Evidence:
    rows = table.rows
    column = table.columns[place]
    into = [rule for (_, settled), rule in rules.items() if settled == place]
    out_of = [rule for (key, _), rule in rules.items() if key == place]
    features = np.zeros((rows, _FEATURES))
    probability = np.zeros(rows)
    proposed = np.full(rows, -1, np.int32)
    for rule in out_of:  # a wrong key makes the row disagree with its group in many columns
        against = np.where(rule.size > 0, rule.strength * (rule.other - rule.own), 0.0)
        features[:, 0] += np.maximum(against, 0)
        features[:, 1] += (rule.size > 0) & (rule.own == 0) & (rule.strength > 0.8)
    features[:, :2] /= max(1, len(out_of))
    if into:
        weights = np.array([[r.strength**2] * rows for r in into]) * np.array([r.size / (r.size + 2.0) for r in into])
        own = np.array([r.own for r in into])
        other = np.array([r.other for r in into])
        usual = np.array([r.usual for r in into])
        votes = weights * other
        best = _voted(usual, votes)
        agreeing = np.where(usual == best, votes, 0.0)
        against, support = agreeing.sum(axis=0), (weights * own).sum(axis=0)
        total = np.maximum(weights.sum(axis=0), 1e-9)
        strongest = np.argmax(weights * (other - own), axis=0)
        at = np.arange(rows)
        features[:, 2] = (weights * (other - own)).max(axis=0)
        features[:, 3] = (against - support) / total
        features[:, 4] = support / total
        features[:, 5] = against / total
        features[:, 6] = (weights * (own > 0)).sum(axis=0) / total
        features[:, 7] = np.log1p(weights.sum(axis=0))
        features[:, 8] = own[strongest, at]
        features[:, 9] = np.log1p(np.array([r.size for r in into])[strongest, at])
        features[:, 10] = (weights * own).max(axis=0)
        # The strongest rules alone: weak ones agree with much that is wrong.
        strict = np.where(np.array([[r.strength] for r in into]) > 0.85, weights, 0.0)
        pro, con = (strict * own).max(axis=0), np.where(usual == best, strict * other, 0.0).max(axis=0)
        probability = np.clip(con * (con - pro) / np.maximum(con + pro, 1e-9), 0, 0.95)
        proposed = best.astype(np.int32)
    # Both sides of a broken rule disagree; the key is at fault where it disagrees with many columns.
    probability = probability * np.clip(1.2 - features[:, 0], 0.2, 1.0)
    return Evidence(
        place,
        probability.astype(np.float32),
        features.astype(np.float32),
        column.values,
        proposed,
        "is {proposal!r} in the rows that agree with this one in other columns",
    )


def _voted(usual: NDArray[np.int64], votes: FloatArray) -> NDArray[np.int64]:
    """Return the value with most votes a row; shapes (n_rules, n_rows)."""
    best: NDArray[np.int64] = usual[0].copy()
    most = np.full(usual.shape[1], -1.0)
    for candidate in usual:
        weight = np.where(usual == candidate, votes, 0.0).sum(axis=0)
        better = (weight > most) & (candidate >= 0)
        best, most = np.where(better, candidate, best), np.where(better, weight, most)
    return best
