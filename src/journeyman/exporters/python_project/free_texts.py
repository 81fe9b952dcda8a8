"""Steps of a scoring plan that read free texts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from journeyman.exporters.python_project.arguments import Arguments, Row, Step, single

__all__ = ["TEXT_STEPS"]

SPACES = re.compile("[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
SIGMA, LAST_SIGMA = "\u03a3", "\u03c2"


def _text(a: Arguments) -> Step:
    out, column, width, start, far, near = a.wholes(6)
    words = {word: i for i, word in enumerate(a.texts())}
    pairs = {int(pair): i for i, pair in enumerate(a.numbers(), len(words))}
    told = len(words) + len(pairs)
    runs = {run: i for i, run in enumerate(a.texts(), told)}
    idf, damped = list(map(single, a.numbers())), a.numbers()
    small, letters = _small_letters(a), _class(a)
    cased, passed = _class(a), _class(a)
    weights, offsets = list(map(single, a.numbers())), list(map(single, a.numbers()))
    rows = [weights[i : i + width] for i in range(0, len(weights), width)]

    def cleaned(text: str) -> str:
        seen = text[:far]
        if SIGMA in seen and ord(SIGMA) in small:
            seen = "".join(_sigmas(seen, cased, passed))
        return " ".join(part for part in SPACES.split(seen.translate(small)) if part)

    def counted(text: str) -> dict[int, int]:
        counts: dict[int, int] = {}
        before = -1
        for word in letters.findall(text):
            place = words.get(word, -1)
            for gram in (place, pairs.get(before * len(words) + place, -1) if before >= 0 and place >= 0 else -1):
                if gram >= 0:
                    counts[gram] = counts.get(gram, 0) + 1
            before = place
        if runs:
            spaced = f" {text[:near]} "
            for size in (2, 3, 4):
                for at in range(len(spaced) - size + 1):
                    gram = runs.get(spaced[at : at + size], -1)
                    if gram >= 0:
                        counts[gram] = counts.get(gram, 0) + 1
        return counts

    def run(r: Row) -> None:
        grams = sorted(counted(cleaned(r.texts[column])).items())
        values = [single(damped[min(count, len(damped) - 1)] * idf[gram]) for gram, count in grams]
        lengths = [0.0, 0.0]
        for (gram, _), value in zip(grams, values):
            lengths[gram >= told] += single(value * value)
        ends = [single(math.sqrt(length)) for length in lengths]
        totals = [0.0] * width if start < 0 else r[start : start + width]
        for (gram, _), value in zip(grams, values):
            share = single(value / ends[gram >= told])
            totals = [single(total + single(share * weight)) for total, weight in zip(totals, rows[gram])]
        r[out : out + width] = [single(total + offset) for total, offset in zip(totals, offsets)]

    return run


def _small_letters(a: Arguments) -> dict[int, str]:
    pairs = a.places()
    small = {point: chr(lower) for point, lower in zip(pairs[::2], pairs[1::2])}
    return {**small, 0x130: "i\u0307"}


def _class(a: Arguments) -> re.Pattern[str]:
    """Return what finds runs of the characters of these ranges."""
    ends = a.places()
    ranges = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in zip(ends[::2], ends[1::2]))
    return re.compile(f"[{ranges}]+" if ranges else "(?!)")


def _sigmas(text: str, cased: re.Pattern[str], passed: re.Pattern[str]) -> list[str]:
    """Return characters with a small sigma of its own kind where one ends a word."""
    letters = list(text)
    for at in [i for i, letter in enumerate(text) if letter == SIGMA]:
        before, after = at - 1, at + 1
        while before >= 0 and passed.fullmatch(text[before]):
            before -= 1
        while after < len(text) and passed.fullmatch(text[after]):
            after += 1
        ends = after == len(text) or not cased.fullmatch(text[after])
        if before >= 0 and cased.fullmatch(text[before]) and ends:
            letters[at] = LAST_SIGMA
    return letters


def _shape(a: Arguments) -> Step:
    out, column, far = a.wholes(3)

    def run(r: Row) -> None:
        text = r.texts[column]
        seen = text[:far]
        capitals = sum("A" <= c <= "Z" for c in seen)
        digits = sum("0" <= c <= "9" for c in seen)
        signs = sum("!" <= c <= "\x7f" for c in seen) - capitals - digits - sum("a" <= c <= "z" for c in seen)
        size = max(len(seen), 1)
        logarithms = [_logarithm(len(text) + 1), _logarithm(text.count(" ") + 2)]
        r[out : out + 5] = [*logarithms, capitals / size, digits / size, signs / size]

    return run


def _logarithm(number: int) -> float:
    left, power = math.frexp(number)
    if left < 0.75:
        left, power = left * 2.0, power - 1
    s = (left - 1.0) / (left + 1.0)
    square, total = s * s, 0.0
    for i in range(12, -1, -1):
        total = total * square + 1.0 / (2 * i + 1)
    return power * 0.6931471805599453 + 2.0 * s * total


TEXT_STEPS: dict[str, Callable[[Arguments], Step]] = {"text": _text, "shape": _shape}
