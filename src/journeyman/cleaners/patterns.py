"""Texts of a form that is rare in their column: characters, lengths, order of letters and digits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.cleaning import Evidence, TextColumn, TextTable, column_evidence

__all__ = ["Patterns", "coarse_form", "fine_form"]

_LONGEST = 60  # characters that a form is made of


def _class(sign: str) -> str:
    if sign.isdigit():
        return "9"
    if sign.isalpha():
        return "A" if sign.isupper() else "a"
    return sign


def coarse_form(text: str) -> str:
    """Return a text's form: runs of digits, small and capital letters each as one sign.

    Examples
    --------
    >>> coarse_form("12.0 oz"), coarse_form("Reno NV")
    ('9.9 a', 'Aa A')
    """
    return "".join(kind for kind, _ in groupby(_class(sign) for sign in text[:_LONGEST]))


def fine_form(text: str) -> str:
    """Return a text's form with the length of each run of digits.

    Examples
    --------
    >>> fine_form("08x/22/2006")
    '99a/99/9999'
    """
    parts = []
    for kind, run in groupby(_class(sign) for sign in text[:_LONGEST]):
        parts.append(kind * len(list(run)) if kind == "9" else kind)
    return "".join(parts)


def _signs(text: str) -> str:
    return "".join(sorted({_class(s) if s.isalnum() else s for s in text[:_LONGEST]} - {"A", "a"})) + (
        "a" if any(s.isalpha() for s in text[:_LONGEST]) else ""
    )


@dataclass(frozen=True)
class Patterns:
    """Suspects a rare form in a column that has few forms; gives the rarity of characters and pairs of them."""

    name: str = "patterns"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        found = []
        for place, column in enumerate(table.columns):
            forms = [_rarity(column, form) for form in (_signs, coarse_form, fine_form)]
            letters = _rarest(column)
            lengths = np.array([len(v) for v in column.values], float)
            weights = column.counts / column.counts.sum()
            spread = np.sqrt(max(1e-9, float(weights @ (lengths - weights @ lengths) ** 2)))
            blanks = np.array([v != " ".join(v.split()) for v in column.values], float)
            features = np.column_stack(
                [
                    *(np.log10(share + 1e-6) for share, _ in forms),
                    *(np.full(len(lengths), told) for _, told in forms),
                    letters,
                    (lengths - weights @ lengths) / spread,
                    np.minimum(lengths, 200),
                    blanks,
                    np.log10(column.counts),
                    np.log10(column.counts / column.counts.max()),
                    np.full(len(lengths), len(lengths) / max(1, table.rows)),
                ]
            )
            sure = np.zeros(len(lengths))
            for (share, told), weight in zip(forms, (0.85, 0.8, 0.7), strict=True):
                # Entropy says how many forms are usual; a rare one tells more where few are.
                rare = np.clip(-np.log10(share + 1e-6) - 1.3, 0, 1) * np.clip(1.3 - told, 0, 1)
                sure = np.maximum(sure, weight * rare)
            wanted = [" ".join(v.split()) if b else None for v, b in zip(column.values, blanks, strict=True)]
            sure[[not v.strip() for v in column.values]] = 0.0
            found.append(column_evidence(table, place, sure, features, "has a form that is rare here", wanted))
        return found


def _rarity(column: TextColumn, form: Callable[[str], str]) -> tuple[NDArray[np.float64], float]:
    """Return the share of rows that have each value's form, and the entropy (nats) of forms."""
    of_values = [form(value) for value in column.values]
    rows: Counter[str] = Counter()
    for one, count in zip(of_values, column.counts.tolist(), strict=True):
        rows[one] += count
    total = sum(rows.values())
    shares = np.array(list(rows.values())) / max(1, total)
    return np.array([rows[one] / total for one in of_values]), float(-(shares * np.log(shares)).sum())


def _rarest(column: TextColumn) -> NDArray[np.float64]:
    """Return how rare each value's rarest character, pair of characters and word are: log10 shares of values."""
    texts = [value[:_LONGEST] for value in column.values]
    parts = (
        [set(text) for text in texts],
        [{text[i : i + 2] for i in range(len(text) - 1)} for text in texts],
        [set(value.lower().split()) for value in column.values],
    )
    columns = []
    for sets in parts:
        counts: Counter[str] = Counter()
        for one in sets:
            counts.update(one)
        # A share of distinct values, the value itself left out: a typo that comes in ten rows is still one text.
        seen = [sorted(counts[part] - 1 for part in one) for one in sets]
        columns.append(np.array([s[0] if s else len(texts) for s in seen], float))
        columns.append(np.array([np.mean(np.log10(np.array(s[:3]) + 1.0)) if s else 3.0 for s in seen]))
        columns.append(np.array([sum(1 for n in s if n <= 1) for s in seen], float))
    counted = np.column_stack(columns)
    counted[:, [0, 3, 6]] = np.log10((counted[:, [0, 3, 6]] + 0.5) / max(1, len(texts)))
    return counted
