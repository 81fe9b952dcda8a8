"""What a column of texts is like: its words and the target, its languages and lengths, and the hardest texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["HardText", "TellingWord", "TextSummary"]


@dataclass(frozen=True)
class TellingWord:
    """A word or a pair of words that goes along with a class, or with high or low values.

    Attributes
    ----------
    word : str
        In lower case.
    texts : int
        Distinct texts that hold it.
    value : float
        Share of its texts that are of the class, or the mean value of its texts.
    usual : float
        The same of all texts.
    sureness : float
        By how many standard errors the two differ.
    """

    word: str
    texts: int
    value: float
    usual: float
    sureness: float


@dataclass(frozen=True)
class HardText:
    """A text whose prediction was far off.

    Attributes
    ----------
    text : str
        Its beginning.
    label : float
        Class code or value.
    predicted : float
        Probability of the label's class, or the predicted value; made by models that had not learned from the row.
    """

    text: str
    label: float
    predicted: float


@dataclass(frozen=True)
class TextSummary:
    """One column of texts.

    Attributes
    ----------
    column : str
        Its name.
    rows, distinct : int
        Rows that have a text, and different texts among them.
    characters, words : tuple of float
        Of the texts: the 10% quantile, the median and the 90% quantile.
    languages : mapping of str to float
        Share of each, the largest first; a guess.
    telling : mapping of str to tuple of TellingWord
        By the class, or by "high" and "low" values; the surest first.
    hardest : tuple of HardText
        The worst first.
    """

    column: str
    rows: int
    distinct: int
    characters: tuple[float, float, float]
    words: tuple[float, float, float]
    languages: Mapping[str, float]
    telling: Mapping[str, tuple[TellingWord, ...]]
    hardest: tuple[HardText, ...]
