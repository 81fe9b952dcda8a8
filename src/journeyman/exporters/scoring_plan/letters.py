"""What a scoring plan says of Unicode, so that no reader relies on its own version of it: letters and small letters."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["Letters", "letters_of"]

_SIGMA, _SMALL_SIGMAS = 0x3A3, frozenset("σς")


@dataclass(frozen=True)
class Letters:
    """Tables of code points.

    Attributes
    ----------
    lower : ndarray of int64, shape (2 * n_pairs,)
        A letter and its small letter by turns, ascending by the letter.
    words : ndarray of int64, shape (2 * n_ranges,)
        First and last of each range of what words are made of, ascending.
    cased, passed : ndarray of int64, shape (2 * n_ranges,)
        Ranges of letters that have a case, and of what is passed over beside a sigma; empty where none matters.
    """

    lower: NDArray[np.int64]
    words: NDArray[np.int64]
    cased: NDArray[np.int64]
    passed: NDArray[np.int64]


def letters_of(used: Collection[str]) -> Letters:
    """Return the tables that matter to n-grams of these characters.

    A letter whose small letter is in no n-gram stays as it is: it is in none either, and a word of it is unknown.

    Examples
    --------
    >>> letters_of({"a", "k"}).lower.tolist(), len(letters_of({"a"}).cased)
    ([65, 97, 75, 107, 8490, 107], 0)
    """
    pairs = [(point, small) for point, small in _small_letters() if chr(small) in used]
    if _SMALL_SIGMAS & set(used):
        pairs = sorted({*pairs, (_SIGMA, ord("σ"))})
        cased, passed = _beside_sigma()
    else:
        pairs = [pair for pair in pairs if pair[0] != _SIGMA]
        cased = passed = _ranges(())
    return Letters(np.array(pairs, dtype=np.int64).ravel(), _word_letters(), cased, passed)


def _every_character() -> str:
    return "".join(map(chr, range(sys.maxunicode + 1)))


@cache
def _small_letters() -> tuple[tuple[int, int], ...]:
    every = _every_character()
    changed = [c for c in every if c.isupper() or c.istitle() or c.lower() != c]
    return tuple((ord(c), ord(c.lower())) for c in changed if len(c.lower()) == 1 and c.lower() != c)


@cache
def _word_letters() -> NDArray[np.int64]:
    found = (match.span() for match in re.finditer(r"\w+", _every_character()))
    return np.array([(first, end - 1) for first, end in found], dtype=np.int64).ravel()


@cache
def _beside_sigma() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the letters that have a case, and what is passed over, as ``str.lower`` takes them for a last sigma."""
    cased, passed = [], []
    for point, c in enumerate(_every_character()):
        if (c + "Σ").lower()[-1] == "ς":
            cased.append(point)
        elif ("A" + c + "Σ").lower()[-1] == "ς":
            passed.append(point)
    return _ranges(cased), _ranges(passed)


def _ranges(points: Collection[int]) -> NDArray[np.int64]:
    """Return first and last of each run of neighbours."""
    held = np.array(list(points), dtype=np.int64)
    if not len(held):
        return held
    breaks = np.flatnonzero(np.diff(held) > 1)
    return np.column_stack([held[np.append(0, breaks + 1)], held[np.append(breaks, len(held) - 1)]]).ravel()
