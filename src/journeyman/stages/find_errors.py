"""Find errors: what detectors say of each cell becomes features and one probability of being wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.cleaning import Evidence, TextColumn, TextTable
from journeyman.interfaces import ErrorDetector

__all__ = ["CellEvidence", "find_errors"]

FloatArray = NDArray[np.float32]
_SIGNS = 24
"""Characters of a column whose presence is a feature of its cells."""


@dataclass(frozen=True)
class CellEvidence:
    """All evidence about a table's cells.

    Attributes
    ----------
    table : TextTable
    by_detector : mapping of str to sequence of Evidence
        One piece a column.
    """

    table: TextTable
    by_detector: Mapping[str, Sequence[Evidence]]

    @cached_property
    def probability(self) -> FloatArray:
        """Of each cell being wrong, as detectors without labels judge it, shape (n_rows, n_columns)."""
        columns = []
        for place in range(len(self.table.columns)):
            parts = np.array([found[place].probability for found in self.by_detector.values()])
            # The strongest voice counts; others that agree raise it a little.
            best = parts.max(axis=0)
            rest = 1.0 - np.prod(1.0 - 0.3 * np.sort(parts, axis=0)[:-1], axis=0)
            columns.append(best + (1.0 - best) * rest * (best > 0.2))
        return np.column_stack(columns).astype(np.float32)

    def features(self, place: int) -> FloatArray:
        """Return the features of a column's cells, shape (n_rows, n_features), the same ones for each column."""
        parts = [found[place] for found in self.by_detector.values()]
        return np.column_stack(
            [*(p.features for p in parts), *(p.probability for p in parts), self.probability[:, place]]
        ).astype(np.float32)

    def signs(self, place: int) -> FloatArray:
        """Return which characters each cell holds, shape (n_rows, n_signs): those that some hold and some lack."""
        return _signs(self.table.columns[place])


def _signs(column: TextColumn) -> FloatArray:
    held: dict[str, list[int]] = {}
    for value, text in enumerate(column.values):
        for sign in set(text):
            held.setdefault("9" if sign.isdigit() else sign, []).append(value)
    counts = column.counts
    shares = {sign: counts[list(set(values))].sum() / counts.sum() for sign, values in held.items()}
    kept = sorted(held, key=lambda sign: (-shares[sign] * (1 - shares[sign]), sign))[:_SIGNS]
    bits = np.zeros((len(column.values), len(kept)), np.float32)
    for place, sign in enumerate(kept):
        bits[held[sign], place] = 1.0
    return bits[column.codes]


def find_errors(table: TextTable, detectors: Mapping[str, ErrorDetector]) -> CellEvidence:
    """Ask each detector about each cell.

    Examples
    --------
    >>> import pandas as pd
    >>> from journeyman.cleaners.missing import MissingMarkers
    >>> from journeyman.entities.cleaning import text_table
    >>> table = text_table("t", pd.DataFrame({"x": ["1", "2", "N/A", "4", "5"]}))
    >>> find_errors(table, {"missing markers": MissingMarkers()}).probability.round(2).ravel().tolist()
    [0.0, 0.0, 0.949999988079071, 0.0, 0.0]
    """
    return CellEvidence(table, {name: detector.find(table) for name, detector in detectors.items()})
