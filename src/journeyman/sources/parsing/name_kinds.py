"""What a column of words is: names of categories, ordered ones, free text or an identifier."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.evidence import Evidence, marked
from journeyman.sources.parsing.inferred import InferredColumn, ParsingNote, UserOverride
from journeyman.sources.parsing.number_kinds import MAX_CATEGORIES, MIN_UNIQUE_ROWS
from journeyman.sources.parsing.scales import ordered_levels

__all__ = ["UNIQUE", "as_category", "as_constant", "as_names", "as_single", "most_frequent"]

UNIQUE = 0.95
"""Share of distinct values from which a column says something else in nearly every row."""


def as_names(name: str, found: Evidence, override: UserOverride) -> InferredColumn:
    """Decide between category, ordered, text and identifier."""
    distinct = int(found.solid.sum())
    if override.target:
        return as_category(name, found, override, f"{distinct} categories")
    rows = int(found.counts[found.solid].sum())
    texts = found.take(found.solid)
    words = float(np.mean([len(t.split()) for t in texts]))
    length = float(np.mean([len(t) for t in texts]))
    ratio = distinct / rows
    if ratio >= UNIQUE and rows >= MIN_UNIQUE_ROWS:
        codes = np.mean([_looks_like_code(t) for t in texts]) > 0.9
        if codes and words < 1.5:
            return _free_text(name, found, Kind.IDENTIFIER, f"{distinct} of {rows} codes differ")
        return _free_text(name, found, Kind.TEXT, f"{distinct} of {rows} texts differ")
    talk = (words >= 5 and ratio > 0.3) or (length >= 40 and words >= 3 and ratio > 0.1) or length > 150
    if distinct > 50 and talk:
        return _free_text(name, found, Kind.TEXT, f"{words:.0f} words a value on average")
    return as_category(name, found, override, f"{distinct} categories")


def _looks_like_code(text: str) -> bool:
    """Tell whether a text names a thing rather than describes it: one word with digits, capitals, an address."""
    if any(c.isspace() for c in text):
        return False
    return text.isupper() or any(c.isdigit() or c in "@/\\_" for c in text)


def _free_text(name: str, found: Evidence, kind: Kind, reason: str) -> InferredColumn:
    # Words such as "none" may be all that a person wrote; only signs are missing for sure.
    markers, remarks = marked(found, ~found.present)
    identifier = kind is Kind.IDENTIFIER
    detail = f"nearly every value differs: read as {'an identifier' if identifier else 'free text'}"
    if not identifier and not reason.endswith("differ"):
        detail = "many words a value: read as free text"
    remark = ParsingNote("DQ011" if identifier else "DQ013", detail)
    column = Column(name, kind, reason=reason, missing_markers=markers)
    return InferredColumn(column, (*found.remarks, *remarks, remark))


def most_frequent(found: Evidence, mask: NDArray[np.bool_]) -> tuple[tuple[str, ...], int]:
    """Return the distinct texts of a mask, sorted, bounded in number, and the rows of those left out."""
    names = found.take(mask, limit=len(mask))
    counts = found.counts[mask]
    if len(names) <= MAX_CATEGORIES:
        return tuple(sorted(names)), 0
    ranked = sorted(range(len(names)), key=lambda i: (-int(counts[i]), names[i]))
    lost = int(counts[ranked[MAX_CATEGORIES:]].sum())
    return tuple(sorted(names[i] for i in ranked[:MAX_CATEGORIES])), lost


def as_category(name: str, found: Evidence, override: UserOverride, reason: str) -> InferredColumn:
    """Return names of categories, ordered where their order is common knowledge."""
    worded = found.words & (found.counts > 0)
    # Beside a single name, and in a target, "none" is a name as well.
    keep_words = override.target or found.solid.sum() < 2
    mask = found.present if keep_words else found.solid
    remarks = list(found.remarks)
    markers, said = marked(found, found.signs)
    remarks += said
    words, _ = marked(found, worded)
    if words and not override.target:
        shown = ", ".join(repr(w) for w in sorted(words)[:4])
        how = "kept as a category" if keep_words else "read as missing although it may name a category"
        remarks.append(ParsingNote("DQ003", f"{shown} {how}", int(found.counts[worded].sum())))
    categories, lost = most_frequent(found, mask)
    if lost:
        remarks.append(ParsingNote("DQ016", f"only the {MAX_CATEGORIES} most frequent names are kept", lost))
    column = Column(
        name,
        Kind.CATEGORY,
        reason=reason,
        categories=categories,
        missing_markers=markers if keep_words else (*markers, *words),
    )
    if found.texts.typed:
        known = frozenset(categories)
        listed = tuple(v for v in found.texts.cleaned.to_pylist() if v in known)
        ordered = replace(column, kind=Kind.ORDERED, categories=listed, native=True)
        return InferredColumn(ordered if found.texts.ordered else replace(column, native=True), tuple(remarks))
    levels = ordered_levels(categories)
    if levels is None:
        return InferredColumn(column, tuple(remarks))
    detail = "ordered: " + " < ".join(levels[:8]) + (" < ..." if len(levels) > 8 else "")
    scale = replace(column, kind=Kind.ORDERED, categories=levels, reason="names whose order is common knowledge")
    return InferredColumn(scale, (*remarks, ParsingNote("DQ010", detail)))


def as_single(name: str, found: Evidence, native: bool) -> InferredColumn:
    """Return the column for one value or none: constant, or a category where some rows lack it."""
    if not found.present.any() or int(found.counts[found.present].sum()) == found.rows:
        return as_constant(name, found, native)
    category = as_category(name, found, UserOverride(), "one value or none")
    remark = ParsingNote("DQ015", "holds one value or none: that it is there is the information")
    return InferredColumn(replace(category.column, native=native), (*category.remarks, remark))


def as_constant(name: str, found: Evidence, native: bool) -> InferredColumn:
    """Return the column for a value that never changes, or never is."""
    markers, remarks = marked(found, ~found.present)
    values = found.take(found.present, 1)
    reason = f"every row holds {values[0]!r}" if values else "no row holds a value"
    column = Column(name, Kind.CONSTANT, reason=reason, missing_markers=markers, native=native)
    return InferredColumn(column, (*found.remarks, *remarks))
