"""Texts that belong to another column: values in the wrong place, or two columns' values in one cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.cleaners.patterns import coarse_form
from journeyman.entities.cleaning import Evidence, TextTable, column_evidence

__all__ = ["Swapped"]


@dataclass(frozen=True)
class Swapped:
    """Suspects a rare text that is usual in another column, or that ends in or begins with another column's value."""

    name: str = "swapped"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        lookups = [dict(zip(c.values, c.counts.tolist(), strict=True)) for c in table.columns]
        names = [
            {v for v, n in found.items() if n >= 3 and len(v) >= 2 and not v.isdigit()} if len(found) < 2000 else set()
            for found in lookups
        ]
        forms = [{coarse_form(v) for v in c.values[:5000]} for c in table.columns]
        return [_of_column(table, place, lookups, names, forms) for place in range(len(table.columns))]


def _of_column(
    table: TextTable,
    place: int,
    lookups: Sequence[dict[str, int]],
    names: Sequence[set[str]],
    forms: Sequence[set[str]],
) -> Evidence:
    column = table.columns[place]
    number = len(column.values)
    elsewhere, joined, foreign = np.zeros(number), np.zeros(number), np.zeros(number)
    wanted: list[str | None] = [None] * number
    own = lookups[place]
    for value, text in enumerate(column.values):
        if len(text.strip()) < 2:
            continue
        elsewhere[value] = max((c.get(text, 0) for k, c in enumerate(lookups) if k != place), default=0)
        form = coarse_form(text)
        foreign[value] = form not in forms[place] or sum(form in f for k, f in enumerate(forms) if k != place)
        words = text.split()
        for cut in (1, len(words) - 1):
            if not 0 < cut < len(words):
                continue
            head, tail = " ".join(words[:cut]), " ".join(words[cut:])
            for kept, moved in ((head, tail), (tail, head)):
                if kept in own and own[kept] >= 1 and any(moved in n for k, n in enumerate(names) if k != place):
                    joined[value], wanted[value] = 1.0 + np.log10(own[kept]), kept
    counts = column.counts
    ratio = np.log10((elsewhere + 0.5) / (counts + 0.5))
    sure = np.where((elsewhere >= 10) & (ratio > 1.0) & ~_numeric(column.values), np.clip(0.3 * ratio, 0, 0.8), 0.0)
    sure = np.maximum(sure, np.where(joined > 0, 0.55, 0.0))
    features = np.column_stack([ratio, joined, np.minimum(foreign, 5), np.log10(elsewhere + 1)])
    return column_evidence(table, place, sure, features, "holds what belongs to another column", wanted)


def _numeric(values: Sequence[str]) -> np.ndarray:
    return np.array([text.replace(".", "", 1).lstrip("+-").isdigit() for text in values])
