"""Typos: a rare text, or a rare word, that a few keys turn into a frequent one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from journeyman.entities.cleaning import Evidence, TextColumn, TextTable, column_evidence

__all__ = ["Spelling", "edit_distance"]

_WORD = re.compile(r"[^\W\d_]{3,}")
_MOST = 10_000  # values of a column that are compared
_TARGETS = 1_500  # frequent values that may be what was meant
_LONGEST = 80


def edit_distance(one: str, other: str, most: int) -> int:
    """Return the keys between two texts, a swap of neighbours counted once; ``most + 1`` where there are more.

    Source: optimal string alignment, Damerau, Communications of the ACM 1964.

    Examples
    --------
    >>> edit_distance("Norht", "North", 3), edit_distance("al", "xl", 3), edit_distance("yes", "no", 1)
    (1, 1, 2)
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    stop = 0
    while stop < min(len(one), len(other)) - start and one[-1 - stop] == other[-1 - stop]:
        stop += 1
    a, b = one[start : len(one) - stop], other[start : len(other) - stop]
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, sign in enumerate(a, 1):
        row = [i]
        for j, wanted in enumerate(b, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (sign != wanted))
            if i > 1 and j > 1 and sign == b[j - 2] and a[i - 2] == wanted:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
        before, last = last, row
    return min(last[-1], most + 1)


@dataclass(frozen=True)
class Spelling:
    """Suspects rare texts near frequent ones, and texts with a rare word near a frequent word."""

    name: str = "spelling"

    def find(self, table: TextTable) -> Sequence[Evidence]:
        """Return one piece of evidence a column."""
        words = Counter(
            word for column in table.columns for value in column.values[:_MOST] for word in set(_WORD.findall(value))
        )
        index = _index_of([word for word, count in words.items() if count >= 4])
        return [_of_column(table, place, words, index) for place in range(len(table.columns))]


def _of_column(table: TextTable, place: int, words: Counter[str], index: Mapping[str, Sequence[str]]) -> Evidence:
    column = table.columns[place]
    number = len(column.values)
    sure = np.zeros(number)
    wanted: list[str | None] = [None] * number
    features = np.zeros((number, 8), np.float32)
    features[:, 1], features[:, 5] = 9.0, 9.0
    meant = _near_values(column)
    for value, (target, distance) in meant.items():
        text, other = column.values[value], column.values[target]
        ratio = column.counts[target] / column.counts[value]
        near = 1.0 - distance / max(len(text), len(other))
        digits = any(s.isdigit() for s in text + other) and _digits(text) != _digits(other)
        features[value, :5] = near, distance, np.log10(ratio), np.log10(column.counts[target]), digits
        both_numbers = digits and not any(s.isalpha() for s in text)
        if not both_numbers:
            # One key in a short text is much of it: only a far more usual one makes that a typo.
            nearness = 0.8 if distance == 1 and ratio >= 30 else 0.0
            sure[value] = np.clip(0.15 + 0.4 * np.log10(ratio), 0, 0.95) * max(nearness, np.clip(4 * near - 2, 0, 1))
            sure[value] *= 0.5 if digits else 1.0
        wanted[value] = other
    repaired = _near_words(column, words, index)
    for value, (text, distance, ratio) in repaired.items():
        features[value, 5:8] = distance, np.log10(ratio), 1.0
        guess = float(np.clip(0.1 + 0.3 * np.log10(ratio), 0, 0.85))
        if guess > sure[value]:
            sure[value], wanted[value] = guess, text
        elif wanted[value] is None:
            wanted[value] = text
    return column_evidence(table, place, sure, features, "is a rare spelling close to {proposal!r}", wanted)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _near_values(column: TextColumn) -> dict[int, tuple[int, int]]:
    """Return for rare values the frequent one that is nearest by edits: its index, and the edits."""
    counts = column.counts
    frequent = np.argsort(-counts, kind="stable")[:_TARGETS]
    usual = [int(v) for v in frequent if counts[v] >= 3 and len(column.values[v]) >= 2]
    if not usual:
        return {}
    grams: dict[str, list[int]] = defaultdict(list)
    for place in usual:
        for gram in _grams(column.values[place]):
            grams[gram].append(place)
    cutoff = max(50, len(usual) // 4)
    common = [gram for gram, places in grams.items() if len(places) > cutoff and len(usual) > 200]
    for gram in common:
        del grams[gram]
    found = {}
    for value in range(min(len(column.values), _MOST)):
        text = column.values[value]
        if len(text) < 2 or len(text) > 4 * _LONGEST or _is_number(text):
            continue
        shared: Counter[int] = Counter()
        for gram in _grams(text):
            shared.update(grams.get(gram, ()))
        best: tuple[int, int, int] | None = None
        for place, _ in shared.most_common(6):
            if counts[place] < 3 * counts[value] or place == value:
                continue
            other = column.values[place]
            most = max(1, int(0.34 * max(len(text), len(other))))
            edits = edit_distance(text, other, min(most, 12))
            if edits <= min(most, 12) and (best is None or (edits, -counts[place]) < best[:2]):
                best = edits, -int(counts[place]), place
        if best is not None:
            found[value] = (best[2], best[0])
    return found


def _is_number(text: str) -> bool:
    """Say whether a text is a plain number: numbers are near one another without being typos."""
    return text.lstrip("+-").replace(".", "", 1).isdigit() and "." in text


def _grams(text: str) -> set[str]:
    padded = f"\x02{text[:_LONGEST]}\x03"
    return {padded[i : i + 2] for i in range(len(padded) - 1)}


def _near_words(
    column: TextColumn, words: Counter[str], index: Mapping[str, Sequence[str]]
) -> dict[int, tuple[str, int, float]]:
    """Return for values with a rare word near a frequent one: the repaired text, the edits, the ratio of counts."""
    found: dict[int, tuple[str, int, float]] = {}
    for value, text in enumerate(column.values[:_MOST]):
        for word in _WORD.findall(text):
            if words[word] > 2 or len(word) < 4:
                continue
            target = _meant_word(word, words, index)
            if target is None:
                continue
            ratio = words[target] / words[word]
            if value not in found or ratio > found[value][2]:
                found[value] = (text.replace(word, target), 1, ratio)
    return found


def _index_of(words: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return words by each text that they become by leaving out one letter at most."""
    index: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for part in _parts(word):
            index[part].append(word)
    return index


def _parts(word: str) -> Iterable[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


def _meant_word(word: str, words: Counter[str], index: Mapping[str, Sequence[str]]) -> str | None:
    near = {other for part in _parts(word) for other in index.get(part, ())}
    fit = [o for o in near if o != word and o.lower() != word.lower() and edit_distance(word, o, 1) == 1]
    fit = [o for o in fit if words[o] >= 4 * words[word]]
    return max(fit, key=lambda o: (words[o], o), default=None)
