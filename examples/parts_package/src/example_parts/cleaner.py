"""A detector of wrong cells: texts that end in a question mark were doubted by whoever wrote them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.cleaning import Evidence, TextTable, column_evidence

__all__ = ["DoubtedTexts"]


@dataclass(frozen=True)
class DoubtedTexts:
    """Suspects a text with a question mark at its end, and proposes the text without it."""

    name: str = "doubted texts"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        found = []
        for place, column in enumerate(table.columns):
            doubted = np.array([len(text) > 1 and text.endswith("?") for text in column.values], float)
            wanted = [text[:-1].rstrip() if d else None for text, d in zip(column.values, doubted, strict=True)]
            reason = "ends in a question mark"
            found.append(column_evidence(table, place, 0.6 * doubted, doubted[:, None], reason, wanted))
        return found
