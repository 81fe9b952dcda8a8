"""Ordered scales: words and ranges whose order everybody knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["ordered_levels"]

# One scale a line, from low to high; words of one level are parted by a bar.
_SCALES = """
none < very low|extremely low|lowest < low < medium low < medium|moderate|mid|middle|average|normal <
    medium high < high < very high|extremely high|highest
tiny|extra small|very small|xxs|xs < small|s|sm < medium|mid|midsize|m|md|med < large|big|l|lg <
    extra large|very large|xl|xxl|huge
xxs < xs < s < m < l < xl < xxl|2xl < xxxl|3xl
compact < midsize < large
very poor|terrible|awful < poor|bad|po < fair|fa < average|typical|ta|ok|okay|satisfactory < good|gd < very good <
    excellent|ex|premium < outstanding|ideal|exceptional
fair < good < very good < premium < ideal
strongly disagree|completely disagree < disagree < somewhat disagree|slightly disagree <
    neutral|neither|neither agree nor disagree|undecided < somewhat agree|slightly agree < agree <
    strongly agree|completely agree
very dissatisfied < dissatisfied|somewhat dissatisfied < neutral|neither satisfied nor dissatisfied <
    satisfied|somewhat satisfied < very satisfied
very unfavorably < somewhat unfavorably <
    neither favorably nor unfavorably (neutral)|neither favorably nor unfavorably < somewhat favorably <
    very favorably
very unlikely < unlikely < neutral < likely < very likely
not at all < slightly|a little < moderately|somewhat < very|very much < extremely
never < very rarely < rarely|seldom < sometimes|occasionally < often|frequently < usually|very often < always
never < yearly|annually < quarterly < monthly < weekly < daily < hourly
not too happy < pretty happy < very happy
none < mild < moderate < severe < critical
trace < minor < moderate < major < extreme
info|informational < low < medium < high < critical
cold < cool < mild < warm < hot
slow < medium < fast
short < medium < long|tall
young|child < middle aged|middle-aged|adult < old|senior|elderly
beginner|novice < intermediate < advanced < expert
junior < mid|intermediate < senior < lead|principal
primary < secondary < tertiary
bronze < silver < gold < platinum < diamond
jan|january < feb|february < mar|march < apr|april < may < jun|june < jul|july < aug|august < sep|sept|september <
    oct|october < nov|november < dec|december
mon|monday < tue|tues|tuesday < wed|wednesday < thu|thur|thurs|thursday < fri|friday < sat|saturday < sun|sunday
i3 < i2 < i1 < si2 < si1 < vs2 < vs1 < vvs2 < vvs1 < if < fl
f < e < d- < d < d+ < c- < c < c+ < b- < b < b+ < a- < a < a+
sd < d < c < cc < ccc- < ccc < ccc+ < b- < b < b+ < bb- < bb < bb+ < bbb- < bbb < bbb+ < a- < a < a+ < aa- < aa <
    aa+ < aaa
zero < one < two < three < four < five < six < seven < eight < nine < ten < eleven < twelve
first < second < third < fourth < fifth < sixth < seventh < eighth < ninth < tenth
"""
_RANKS = tuple(
    {word: rank for rank, level in enumerate(scale.split(" < ")) for word in level.split("|")}
    for scale in _SCALES.replace(" <\n    ", " < ").strip().splitlines()
)

_FEW = 60
_DIGITS = re.compile(r"[0-9]+(?:[.,][0-9]{3})*(?:\.[0-9]+)?")
_BELOW = re.compile(r"^\s*[a-z$€£]*\s*(?:<=?|≤|under|below|less than|up to|until|younger than|fewer than|max\.?)")
_ABOVE = re.compile(
    r"^\s*[a-z$€£]*\s*(?:>=?|≥|over|above|more than|at least|older than|from)"
    r"|\+|\b(?:or|and) (?:more|above|over|older|up|higher)|\bplus\b"
)
_RANGE = re.compile(r"[\s$€£a-z%]*(?:-|–|—|\.\.|<=?|\bto\b|\band\b)[\s$€£a-z<=%]*")
_LINKS = re.compile(
    r"\b(?:under|below|less|than|up|to|until|younger|older|fewer|over|above|more|at|least|and|or|from|plus|max|higher|between)\b"
)


def ordered_levels(values: Sequence[str]) -> tuple[str, ...] | None:
    """Return the values from lowest to highest where their order is common knowledge; None otherwise.

    Parameters
    ----------
    values : sequence of str
        The distinct values.

    Examples
    --------
    >>> ordered_levels(["high", "low", "medium"]), ordered_levels(["18-25", "65+", "26-64"])
    (('low', 'medium', 'high'), ('18-25', '26-64', '65+'))
    >>> ordered_levels(["red", "blue"]) is None
    True
    """
    # The order of two names tells a model nothing that their being two does not.
    if not 3 <= len(values) <= _FEW:
        return None
    return _by_words(values) or _by_digits(values)


def _by_words(values: Sequence[str]) -> tuple[str, ...] | None:
    plain = {v: " ".join(v.lower().replace("_", " ").split()) for v in values}
    for ranks in _RANKS:
        if all(p in ranks for p in plain.values()) and len({ranks[p] for p in plain.values()}) == len(values):
            # Single letters alone are as likely codes as grades; only the sizes S, M, L are beyond doubt.
            if all(len(p) == 1 for p in plain.values()) and set(plain.values()) != {"s", "m", "l"}:
                continue
            return tuple(sorted(values, key=lambda v: ranks[plain[v]]))
    return None


def _by_digits(values: Sequence[str]) -> tuple[str, ...] | None:
    """Order by the numbers inside, where nothing but numbers, bounds and one common word differs."""
    keys: dict[str, tuple[float, float, float]] = {}
    words: set[str] = set()
    fancy = False
    for value in values:
        text = value.lower()
        found = list(_DIGITS.finditer(text))
        numbers = [float(m[0].replace(",", "")) for m in found]
        if not 1 <= len(numbers) <= 2:
            return None
        if len(numbers) == 2 and (
            numbers[0] > numbers[1] or not _RANGE.fullmatch(text[found[0].end() : found[1].start()])
        ):
            return None
        below, above = bool(_BELOW.search(text)), bool(_ABOVE.search(text))
        # A range is ordered by its lower end; "<18" comes before "18-25", "65+" after "60-65".
        keys[value] = (numbers[0], -1.0 if below and len(numbers) == 1 else float(above), numbers[-1])
        fancy = fancy or below or above or len(numbers) == 2
        rest = _LINKS.sub(" ", _DIGITS.sub(" ", text))
        words.add(
            " ".join(
                sorted(
                    {w.rstrip("s") if len(w) > 2 else w for w in re.findall(r"[a-z]+", rest)} - {"st", "nd", "rd", "th"}
                )
            )
        )
    if len(set(keys.values())) < len(values) or len(words - {""}) > 1:
        return None
    ordinal = any(re.search(r"\d(?:st|nd|rd|th)\b", v.lower()) for v in values)
    if not fancy and not ordinal:
        return None
    return tuple(sorted(values, key=lambda v: keys[v]))
