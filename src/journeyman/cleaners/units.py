"""Numbers with words or signs around them, such as 12 oz or 0.05%, where most have none or others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.cleaning import Evidence, TextTable, column_evidence

__all__ = ["Units"]

_PARTS = re.compile(r"\s*([^\d\s+.-]{0,3})\s*([+-]?\d[\d,]*(?:\.\d+)?|[+-]?\.\d+)\s*([^\d]{0,12})\s*")


@dataclass(frozen=True)
class Units:
    """Suspects numbers that are written with another unit than most of their column, or with one among plain ones."""

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
            several = len([m for m in rows if m not in (None, "|")])
            features = np.column_stack(
                [odd, named, share, np.full(len(odd), numeric), np.full(len(odd), min(several, 20))]
            )
            reason = "is written with another unit than most numbers here"
            found.append(column_evidence(table, place, np.clip(sure, 0, 1), features, reason, wanted))
        return found
