"""Markers of a missing value, such as N/A, where a cell would be empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.cleaning import Evidence, TextTable, column_evidence

__all__ = ["MissingMarkers"]

_SURE = {"n/a", "na", "n.a.", "#n/a", "null", "nan", "<null>", "(null)", "nil", "\\n", "#value!", "#ref!", "#div/0!"}
_LIKELY = {"?", "-", "--", "---", ".", "..", "not available", "missing", "undefined", "tbd", "not recorded", "xxx"}
_PERHAPS = {"none", "unknown", "not applicable", "-1", "-99", "-999", "-9999", "999", "9999", "99999", "empty"}


@dataclass(frozen=True)
class MissingMarkers:
    """Suspects words that stand for a missing value; a column of them alone has a habit, not an error."""

    name: str = "missing markers"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        found = []
        for place, column in enumerate(table.columns):
            plain = [value.strip().lower() for value in column.values]
            kind = np.array([3 * (v in _SURE) + 2 * (v in _LIKELY) + (v in _PERHAPS) for v in plain])
            empty = np.array([not v for v in plain])
            numeric = np.array([_is_number(v) for v in plain])
            share = column.counts / max(1, table.rows)
            others = float(share[numeric & (kind == 0)].sum()) / max(1e-9, float(share[(kind == 0) & ~empty].sum()))
            sure = np.array([0.0, 0.2, 0.6, 0.95])[kind]
            # A word among numbers is a marker, whatever it says; a number among numbers may be one.
            sure = np.where((kind == 1) & ~numeric & (others > 0.95), 0.7, sure)
            sure[share > 0.98] = 0.0
            features = np.column_stack(
                [empty, kind, np.full(len(plain), float(share[empty].sum())), np.where(kind > 0, share, 0.0)]
            )
            wanted = [("" if k else None) for k in kind]
            found.append(
                column_evidence(
                    table, place, sure, features, "stands for a missing value, so the cell is empty", wanted
                )
            )
        return found


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
