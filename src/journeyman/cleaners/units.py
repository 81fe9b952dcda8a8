"""Numbers in another unit: with words or signs around them, such as 12 oz, or a thousand times as high as others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.cleaning import Evidence, TextTable, column_evidence

__all__ = ["Units"]

FloatArray = NDArray[np.float64]
_FACTORS = (1_000.0, 100.0, 10_000.0, 1_000_000.0)
_MOST_SHIFTED, _FEWEST_SHIFTED = 0.4, 5
_OFF, _EMPTY, _GAPS = 0.12, 0.02, 8
_PARTS = re.compile(r"\s*([^\d\s+.-]{0,3})\s*([+-]?\d[\d,]*(?:\.\d+)?|[+-]?\.\d+)\s*([^\d]{0,12})\s*")


@dataclass(frozen=True)
class Units:
    """Suspects numbers that are written with another unit than most of their column, or with one among plain ones.

    Numbers without a unit are suspected where they lie as the others do, but a thousand, a hundred, ten thousand or a
    million times as high or as low, with nothing in between.
    """

    name: str = "units"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        found = []
        for place, column in enumerate(table.columns):
            parts = [_PARTS.fullmatch(value) for value in column.values]
            marks = [f"{p[1]}|{p[3].strip()}" if p else None for p in parts]
            rows: Counter[str | None] = Counter()
            for mark, count in zip(marks, column.counts.tolist(), strict=True):
                rows[mark] += count
            total = max(1, sum(n for mark, n in rows.items() if mark is not None))
            usual, most = max(((m, n) for m, n in rows.items() if m is not None), key=lambda x: x[1], default=("|", 0))
            numeric = total / max(1, table.rows)
            share = np.array([rows[m] / total if m is not None else 1.0 for m in marks])
            odd = np.array([m is not None and m != usual for m in marks])
            named = np.array([m is not None and m != "|" for m in marks])
            sure = np.where(odd & (numeric > 0.6) & (most / total > 0.6), 0.85 - 0.7 * share, 0.0)
            prefix, _, suffix = str(usual).partition("|")
            gap = " " if any(p and p[3].strip() and p[0].rstrip(p[3]).endswith(" ") for p in parts) else ""
            wanted = [
                f"{prefix}{p[2]}{gap if suffix else ''}{suffix}" if p and o else None
                for p, o in zip(parts, odd, strict=True)
            ]
            scaled, divided = _scaled(column.values, column.counts)
            sure = np.maximum(sure, scaled)
            wanted = [d if d is not None and not o else w for d, o, w in zip(divided, odd, wanted, strict=True)]
            several = len([m for m in rows if m not in (None, "|")])
            features = np.column_stack(
                [odd, named, share, np.full(len(odd), numeric), np.full(len(odd), min(several, 20)), scaled]
            )
            reason = "is in another unit than most numbers here"
            found.append(column_evidence(table, place, np.clip(sure, 0, 1), features, reason, wanted))
        return found


def _scaled(values: Sequence[str], counts: NDArray[np.int64]) -> tuple[FloatArray, list[str | None]]:
    """Return how surely each text is a plain number of another scale, and what it is on the scale of the others."""
    sure = np.zeros(len(values))
    wanted: list[str | None] = [None] * len(values)
    numbers = np.array([_plain_number(value) for value in values])
    kept = np.flatnonzero(numbers != 0.0)
    if len(kept) < 2 * _FEWEST_SHIFTED:
        return sure, wanted
    logs, weights = np.log10(np.abs(numbers[kept])), counts[kept]
    order = np.argsort(logs, kind="stable")
    logs, weights, kept = logs[order], weights[order], kept[order]
    shift = _shift(logs, weights)
    if shift is not None:
        moved = kept[shift[0]]
        sure[moved] = 0.8
        for place in moved.tolist():
            wanted[place] = f"{numbers[place] / shift[1]:.12g}"
    return sure, wanted


def _plain_number(text: str) -> float:
    """Return the number that a text is; 0 where it is none, or one without end."""
    try:
        found = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return found if np.isfinite(found) else 0.0


def _shift(logs: FloatArray, weights: NDArray[np.int64]) -> tuple[slice, float] | None:
    """Return which of some ordered logarithms are those of a few numbers of another scale, and its factor; or none.

    One of the widest gaps divides the numbers in two, so that the smaller part is the larger one, moved by a factor.
    """
    gaps, total = np.diff(logs), weights.sum()
    at = [0.1, 0.5, 0.9]
    for gap in np.argsort(-gaps, kind="stable")[:_GAPS].tolist():
        place = gap + 1
        low, high = weights[:place].sum(), weights[place:].sum()
        few, many = (slice(0, place), slice(place, None)) if low < high else (slice(place, None), slice(0, place))
        if min(low, high) < _FEWEST_SHIFTED or min(low, high) > _MOST_SHIFTED * total:
            continue
        one, other = (np.quantile(np.repeat(logs[part], weights[part]), at) for part in (few, many))
        for factor in _FACTORS:
            moved = float(np.sign(one[1] - other[1])) * np.log10(factor)
            if gaps[gap] > _EMPTY * abs(moved) and np.abs(one - other - moved).max() < _OFF * abs(moved):
                return few, float(10.0**moved)
    return None
