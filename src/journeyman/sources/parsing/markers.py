"""Texts and numbers that stand for a missing value."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa

__all__ = ["is_missing_sign", "is_missing_word", "missing_signs", "missing_words", "sentinels"]

_SIGNS = frozenset(
    [
        *("", "?", "??", "???", "-", "--", "---", "–", "—", ".", "..", "...", "*", "na", "n/a", "n.a.", "n.a"),
        *("#n/a", "#na", "<na>", "(na)", "nan", "-nan", "null", "(null)", "[null]", "<null>", "nat", "\\n"),
        *("#value!", "#ref!", "#div/0!", "#num!", "#name?", "#null!", "1.#ind", "1.#qnan", "-1.#ind", "-1.#qnan"),
        # what spreadsheets write in German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Russian
        *("#nv", "#wert!", "#bezug!", "#zahl!", "#überlauf!", "#spill!", "#calc!", "#valeur!", "#nom?", "#nombre!"),
        *("#nul!", "#¡valor!", "#¡div/0!", "#¡ref!", "#¿nombre?", "#¡num!", "#¡nulo!", "#n/d", "#valore!", "#rif!"),
        *("#nome?", "#valor!", "#núm!", "#nulo!", "#n/b", "#waarde!", "#verw!", "#naam?", "#getal!", "#deel/0!"),
        *("#leeg!", "#n/d!", "#arg!", "#adr!", "#nazwa?", "#liczba!", "#zero!", "#saknas!", "#värdefel!", "#referens!"),
        *(
            "#namn?",
            "#ogiltigt!",
            "#division/0!",
            "#н/д",
            "#дел/0!",
            "#знач!",
            "#ссылка!",
            "#имя?",
            "#число!",
            "#пусто!",
        ),
        *(f".{letter}" for letter in "abcdefghijklmnopqrstuvwxyz_"),  # SAS and Stata
    ]
)
_WORDS = frozenset(
    [
        *("none", "nil", "unknown", "unk", "n/k", "not known", "missing", "undefined", "unspecified", "not specified"),
        *("not available", "not applicable", "no data", "no value", "no answer", "tbd", "tba", "blank", "(blank)"),
        *("empty", "(empty)", "(none)", "<none>", "[none]", "(unknown)", "<unknown>", "(missing)", "<missing>"),
        *("iap", "dk"),  # the codes of the General Social Survey: inapplicable, don't know
    ]
)
_LONGEST = max(map(len, _SIGNS | _WORDS))

_SENTINELS = (
    *(float(s * int("9" * k)) for k in range(1, 8) for s in (-1, 1)),
    *(-200.0, -32768.0, -2147483648.0),
)
_POSITIVE_GAP = 3.0


@cache
def missing_signs() -> pa.Array:
    """Return the texts, in small letters, that say "no value" wherever they stand."""
    return pa.array(sorted(_SIGNS), type=pa.large_string())


@cache
def missing_words() -> pa.Array:
    """Return the texts, in small letters, that say so where the column's other values are of another kind."""
    return pa.array(sorted(_WORDS), type=pa.large_string())


def is_missing_sign(text: str) -> bool:
    """Tell whether a cleaned text says "no value" wherever it stands.

    Examples
    --------
    >>> is_missing_sign("N/A"), is_missing_sign("?"), is_missing_sign("unknown")
    (True, True, False)
    """
    return len(text) <= _LONGEST and text.lower() in _SIGNS


def is_missing_word(text: str) -> bool:
    """Tell whether a cleaned text is a word that mostly says "no value" but may name a category ("none").

    Examples
    --------
    >>> is_missing_word("Unknown"), is_missing_word("no")
    (True, False)
    """
    return len(text) <= _LONGEST and text.lower() in _WORDS


def sentinels(values: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[float, ...]:
    """Find numbers such as -999 that were written for a missing value.

    A negative one counts when it was seen at least twice and either nothing else is below zero or it lies further out
    than the other values are wide; a positive one when it lies three times as far out as the others are wide.

    Parameters
    ----------
    values : ndarray of float64, shape (n_distinct,)
        Distinct values, none missing.
    counts : ndarray of int64, shape (n_distinct,)
        How often each was seen.

    Examples
    --------
    >>> sentinels(np.array([1.0, 2.0, 3.5, -999.0]), np.array([5, 4, 3, 2]))
    (-999.0,)
    """
    found = [s for s in _SENTINELS if s in (values.min(initial=0.0), values.max(initial=0.0))]
    out: list[float] = []
    for candidate in found:
        at = values == candidate
        rest = values[~at]
        if len(rest) < 2 or counts[at].sum() < 2 or counts[at].sum() > 0.95 * counts.sum():
            continue
        low, high = float(rest.min()), float(rest.max())
        width = high - low
        if candidate < 0:
            # -9 among 0..5 may be an honest difference or code, so small sentinels must lie further out.
            gap = low - candidate
            alone = low >= 0 and candidate <= -99
            if gap > 0 and (alone or gap > max(width, 5.0) * (1.0 if candidate <= -99 else 3.0)):
                out.append(candidate)
        elif candidate - high > _POSITIVE_GAP * width and candidate >= 999:
            out.append(candidate)
    return tuple(sorted(out))
