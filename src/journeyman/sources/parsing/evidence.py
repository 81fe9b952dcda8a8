"""The distinct texts of a column, with what can be told of each at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.sources.parsing.encoded import Texts
from journeyman.sources.parsing.inferred import ParsingNote, UserOverride
from journeyman.sources.parsing.markers import missing_signs, missing_words
from journeyman.sources.parsing.plain import flags, plain_numbers

__all__ = ["SAMPLE", "Evidence", "gathered", "marked"]

SAMPLE = 2000
_SHOWN = 6


@dataclass(frozen=True)
class Evidence:
    """Distinct cleaned texts of a column.

    Attributes
    ----------
    texts : Texts
        The column.
    values : pyarrow.Array of large_string, shape (n_distinct,)
        Distinct cleaned texts.
    counts : ndarray of int64, shape (n_distinct,)
        Rows that hold each.
    numbers : ndarray of float64, shape (n_distinct,)
        Those that are plain numbers, NaN for others.
    signs, words : ndarrays of bool, shape (n_distinct,)
        Those that say "no value" beyond doubt, and words that mostly do.
    remarks : tuple of ParsingNote
        What was seen on the way.
    """

    texts: Texts
    values: pa.Array
    counts: NDArray[np.int64]
    numbers: NDArray[np.float64]
    signs: NDArray[np.bool_]
    words: NDArray[np.bool_]
    remarks: tuple[ParsingNote, ...] = ()

    @property
    def rows(self) -> int:
        """Rows of the column, those without a value included."""
        return len(self.texts.codes)

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Which distinct texts are values even where words may mean missing."""
        return (self.counts > 0) & ~self.signs

    @cached_property
    def solid(self) -> NDArray[np.bool_]:
        """Which distinct texts are values beyond doubt."""
        return self.present & ~self.words

    def take(self, mask: NDArray[np.bool_], limit: int = SAMPLE) -> list[str]:
        """Return the distinct texts of a mask, evenly thinned to a limit."""
        at = np.flatnonzero(mask)
        if len(at) > limit:
            at = at[np.linspace(0, len(at) - 1, limit).astype(np.int64)]
        out: list[str] = self.values.take(pa.array(at)).to_pylist()
        return out

    def by_row(self, of_values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Spread one number a distinct text over the rows, NaN where a row has no text."""
        if len(self.values) != len(self.texts.values):
            at = pc.index_in(self.texts.cleaned, value_set=self.values)
            of_values = of_values[at.to_numpy(zero_copy_only=False)]
        return np.append(of_values, np.nan)[self.texts.codes]


def gathered(texts: Texts, override: UserOverride) -> Evidence:
    """Look at every distinct text of a column once."""
    values, counts, remarks = texts.cleaned, texts.counts, []
    blank = flags(pc.not_equal(texts.trimmed, texts.values))
    quoted = flags(pc.not_equal(values, texts.trimmed))
    if quoted.any():
        remarks.append(ParsingNote("DQ012", "quotes around values are left out", int(counts[quoted].sum())))
    touched = blank & flags(pc.not_equal(texts.trimmed, ""))
    if touched.any():
        remarks.append(ParsingNote("DQ012", "blanks around values are left out", int(counts[touched].sum())))
    if blank.any() or quoted.any():
        # " a" and "a" are one value now.
        unique = values.dictionary_encode()
        at = unique.indices.to_numpy(zero_copy_only=False)
        counts = np.bincount(at, weights=counts, minlength=len(unique.dictionary)).astype(np.int64)
        values = unique.dictionary
    numbers = plain_numbers(values)
    signs, words = np.zeros(len(values), dtype=bool), np.zeros(len(values), dtype=bool)
    if np.isnan(numbers).any():
        lower = pc.utf8_lower(values)
        signs |= flags(pc.equal(lower, "") if override.keep else pc.is_in(lower, value_set=missing_signs()))
        words |= flags(pc.is_in(lower, value_set=missing_words())) & (not override.keep)
    if override.missing:
        signs |= flags(pc.is_in(values, value_set=pa.array(override.missing, type=pa.large_string())))
    found = Evidence(texts, values, counts, numbers, signs, words, tuple(remarks))
    return _with_names_kept(found, override)


def _with_names_kept(found: Evidence, override: UserOverride) -> Evidence:
    """Keep "-" beside "+", and "NA" in a list of two-letter codes: there they are values."""
    signs, remarks = found.signs, found.remarks
    if not signs.any():
        return found
    plus = flags(pc.equal(found.values, "+")) & (found.counts > 0)
    if plus.any() and "-" not in override.missing:
        signs = signs & ~flags(pc.equal(found.values, "-"))
    codes = found.take(found.solid, 300)
    if 6 <= len(codes) <= 260 and all(len(c) == 2 and c.isascii() and c.isupper() and c.isalpha() for c in codes):
        na = flags(pc.equal(found.values, "NA")) & signs
        if na.any() and "NA" not in override.missing:
            signs = signs & ~na
            remarks = (*remarks, ParsingNote("DQ003", "'NA' is kept as a name among other two-letter codes"))
    return Evidence(found.texts, found.values, found.counts, found.numbers, signs, found.words, remarks)


def marked(found: Evidence, mask: NDArray[np.bool_]) -> tuple[tuple[str, ...], list[ParsingNote]]:
    """Return the markers among the values of a mask, the most frequent first, and the remark about them."""
    at = np.flatnonzero(mask & (found.counts > 0))
    seen = sorted((-int(found.counts[i]), found.values[int(i)].as_py()) for i in at)
    seen = [(n, text) for n, text in seen if text]
    if not seen:
        return (), []
    quoted = ", ".join(repr(text) for text in sorted(text for _, text in seen)[:_SHOWN])
    return tuple(text for _, text in seen), [
        ParsingNote("DQ002", f"{quoted} read as missing", -sum(n for n, _ in seen))
    ]
