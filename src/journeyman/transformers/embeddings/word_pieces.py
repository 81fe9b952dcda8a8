"""Texts as numbers of word pieces, as BERT's English vocabulary without capitals has them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

__all__ = ["FIRST", "LAST", "UNKNOWN", "piece_numbers"]

FIRST, LAST, UNKNOWN = 101, 102, 100
"""Numbers of the pieces that open a text, close it, and stand for a word that cannot be spelled."""

_LONGEST_WORD = 100
_IDEOGRAPHS = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)
_ASCII_TOKEN = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")
_ASCII_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))


def piece_numbers(text: str, most: int) -> list[int]:
    """Return the numbers of a text's word pieces, at most so many, without the pieces that open and close it.

    A word is cut into the longest pieces that the vocabulary knows, from its beginning on.

    References
    ----------
    Devlin et al. 2018, "BERT: pre-training of deep bidirectional transformers", arXiv 1810.04805; the pieces are those
    of Wu et al. 2016, arXiv 1609.08144.

    Examples
    --------
    >>> [_names()[i] for i in piece_numbers("Unaffable, über-café!", 20)]
    ['una', '##ffa', '##ble', ',', 'uber', '-', 'cafe', '!']
    >>> piece_numbers("one two three", 2) == piece_numbers("one two", 9)
    True
    """
    numbers: list[int] = []
    for token in _tokens(text):
        numbers.extend(_pieces(token))
        if len(numbers) >= most:
            return numbers[:most]
    return numbers


def _tokens(text: str) -> Sequence[str]:
    """Return words and signs, in lower case and without accents."""
    if text.isascii():
        return _ASCII_TOKEN.findall(text.translate(_ASCII_CONTROLS).lower())
    kept = "".join(_spaced(c) for c in text)
    plain = "".join(c for c in unicodedata.normalize("NFD", kept) if unicodedata.category(c) != "Mn").lower()
    return "".join(f" {c} " if _is_sign(c) else c for c in plain).split()


def _spaced(character: str) -> str:
    """Return a character as it is cut: blanks alike, no controls, each ideograph a word."""
    point = ord(character)
    if point in (0, 0xFFFD):
        return ""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.category(character).startswith("C"):
        return ""
    return f" {character} " if any(low <= point <= high for low, high in _IDEOGRAPHS) else character


def _is_sign(character: str) -> bool:
    if character.isascii():
        return not character.isalnum() and not character.isspace()
    return unicodedata.category(character).startswith("P")


@lru_cache(maxsize=50_000)
def _pieces(token: str) -> tuple[int, ...]:
    """Return the numbers of a word's pieces."""
    known = _numbers()
    if len(token) > _LONGEST_WORD:
        return (UNKNOWN,)
    found: list[int] = []
    start = 0
    while start < len(token):
        for end in range(len(token), start, -1):
            piece = token[start:end] if start == 0 else f"##{token[start:end]}"
            if piece in known:
                found.append(known[piece])
                start = end
                break
        else:
            return (UNKNOWN,)
    return tuple(found)


@cache
def _names() -> tuple[str, ...]:
    text = files("journeyman.transformers.embeddings").joinpath("wordpieces.txt").read_text(encoding="utf-8")
    return tuple(text.split("\n")[:-1])


@cache
def _numbers() -> dict[str, int]:
    return {name: number for number, name in enumerate(_names())}
