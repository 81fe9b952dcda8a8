"""Rows that repeat another one but for a single field, which is then likely to be wrong in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.cleaning import Evidence, TextTable

__all__ = ["NearDuplicates"]

_FEWEST_COLUMNS = 4
_MOST_IN_GROUPS = 0.04
"""Share of rows that differ in one column alone beyond which that is its nature: measurements of one thing."""

_MAJORITY, _RARER, _EITHER = 0.8, 0.6, 0.45
_TIMES_RARER = 3


@dataclass(frozen=True)
class NearDuplicates:
    """Suspects the one field in which a row differs from another that agrees with it in all others.

    The rows must hold something that no other row has, such as a key: rows of a few categories agree by chance.
    """

    name: str = "near duplicates"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        return [_of_column(table, place, *found) for place, found in enumerate(_groups(table))]


def _groups(table: TextTable) -> list[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Return for each column in which group a row is of rows that agree in all others, and whether it is suspected."""
    rows, count = table.rows, len(table.columns)
    nothing = [(np.zeros(rows, np.int64), np.zeros(rows, bool))] * count
    if count < _FEWEST_COLUMNS or rows < 2:
        return nothing
    rng = np.random.default_rng(0)  # of hashes: the same from run to run
    keys = [rng.integers(0, 2**63, len(column.values), dtype=np.uint64)[column.codes] for column in table.columns]
    whole = np.sum(keys, axis=0, dtype=np.uint64)
    alone = [column.counts[column.codes] for column in table.columns]
    found = []
    for place, column in enumerate(table.columns):
        groups = pd.factorize(whole - keys[place])[0].astype(np.int64)
        sizes = np.bincount(groups)[groups]
        cells = pd.factorize(groups * len(column.values) + column.codes)[0]
        differ = (sizes > 1) & (np.bincount(cells)[cells] < sizes)
        own = np.min([held for other, held in enumerate(alone) if other != place], axis=0)
        differ &= own == sizes
        if differ.mean() > _MOST_IN_GROUPS:
            differ = np.zeros(rows, bool)
        found.append((groups, differ))
    return found


def _of_column(table: TextTable, place: int, groups: NDArray[np.int64], differ: NDArray[np.bool_]) -> Evidence:
    column = table.columns[place]
    probability = np.zeros(table.rows)
    proposed = np.full(table.rows, -1, np.int32)
    rows = np.flatnonzero(differ)
    for members in pd.Series(rows).groupby(groups[rows]).indices.values():
        codes = column.codes[rows[members]]
        held, within = np.unique(codes, return_counts=True)
        most = held[within == within.max()]
        usual = most[np.argsort(-column.counts[most], kind="stable")]
        for row, code in zip(rows[members].tolist(), codes.tolist(), strict=True):
            other = usual[0] if usual[0] != code else next(c for c in [*usual[1:], *held] if c != code)
            if code in most and len(most) == 1:
                continue
            rarer = column.counts[code] * _TIMES_RARER <= column.counts[other]
            even = _RARER if rarer else _EITHER
            if column.counts[other] * _TIMES_RARER <= column.counts[code]:
                continue
            probability[row] = _MAJORITY if code not in most else even
            proposed[row] = other
    features = np.column_stack([differ, probability > 0])
    reason = "differs from a row that is the same in all other columns, which has {proposal!r}"
    return Evidence(place, probability.astype(np.float32), features.astype(np.float32), column.values, proposed, reason)
