"""Texts that belong to another column: values in the wrong place, or two columns' values in one cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain

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
        places = _Places(_largest_counts(lookups), Counter(v for found in names for v in found), Counter(chain(*forms)))
        return [
            _of_column(table, place, places, lookups[place], names[place], forms[place])
            for place in range(len(table.columns))
        ]


@dataclass(frozen=True)
class _Places:
    """What all columns hold: of each text the two largest counts of a column, and how many columns have it so.

    Attributes
    ----------
    counts : mapping of str to (int, int)
        The largest number of rows of a column that hold the text, and the second largest.
    names, forms : mapping of str to int
        In how many columns a text is usual, and in how many a form is there.
    """

    counts: Mapping[str, tuple[int, int]]
    names: Mapping[str, int]
    forms: Mapping[str, int]

    def elsewhere(self, text: str, own: int) -> int:
        """Return the largest number of rows of another column that hold a text, which the own one has so often."""
        first, second = self.counts.get(text, (0, 0))
        return second if own == first else first


def _largest_counts(lookups: Sequence[Mapping[str, int]]) -> dict[str, tuple[int, int]]:
    largest: dict[str, tuple[int, int]] = {}
    for found in lookups:
        for text, rows in found.items():
            first, second = largest.get(text, (0, 0))
            largest[text] = (rows, first) if rows > first else (first, max(second, rows))
    return largest


def _of_column(
    table: TextTable, place: int, places: _Places, own: Mapping[str, int], names: Set[str], forms: Set[str]
) -> Evidence:
    column = table.columns[place]
    number = len(column.values)
    elsewhere, joined, foreign = np.zeros(number), np.zeros(number), np.zeros(number)
    wanted: list[str | None] = [None] * number
    for value, text in enumerate(column.values):
        if len(text.strip()) < 2:
            continue
        elsewhere[value] = places.elsewhere(text, own.get(text, 0))
        form = coarse_form(text)
        foreign[value] = form not in forms or places.forms[form] - 1
        words = text.split()
        for cut in (1, len(words) - 1):
            if not 0 < cut < len(words):
                continue
            head, tail = " ".join(words[:cut]), " ".join(words[cut:])
            for kept, moved in ((head, tail), (tail, head)):
                if kept in own and own[kept] >= 1 and places.names[moved] > (moved in names):
                    joined[value], wanted[value] = 1.0 + np.log10(own[kept]), kept
    counts = column.counts
    ratio = np.log10((elsewhere + 0.5) / (counts + 0.5))
    sure = np.where((elsewhere >= 10) & (ratio > 1.0) & ~_numeric(column.values), np.clip(0.3 * ratio, 0, 0.8), 0.0)
    sure = np.maximum(sure, np.where(joined > 0, 0.55, 0.0))
    features = np.column_stack([ratio, joined, np.minimum(foreign, 5), np.log10(elsewhere + 1)])
    return column_evidence(table, place, sure, features, "holds what belongs to another column", wanted)


def _numeric(values: Sequence[str]) -> np.ndarray:
    return np.array([text.replace(".", "", 1).lstrip("+-").isdigit() for text in values])
