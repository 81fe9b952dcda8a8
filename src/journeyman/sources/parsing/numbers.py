"""Numbers as people write them: separators, units, currencies, percent, decimal comma, bounds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from journeyman.sources.parsing.texts import PLAIN

__all__ = ["NumberStyle", "Written", "number_style", "read_number", "read_written"]

_CURRENCY = r"US\$|A\$|C\$|[$€£¥₹₩]|(?:USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|CNY|SEK|NOK|DKK|PLN|BRL)\b|Rs\.?"
_ATTACHED = frozenset(
    [
        *(
            "%",
            "‰",
            "°",
            "°c",
            "°f",
            "$",
            "€",
            "£",
            "¥",
            "km",
            "m",
            "cm",
            "mm",
            "mi",
            "ft",
            "in",
            "kg",
            "g",
            "mg",
            "lb",
        ),
        *("lbs", "oz", "l", "ml", "cl", "dl", "h", "hr", "hrs", "min", "mins", "s", "sec", "secs", "ms", "mph", "kmh"),
        *("km/h", "kph", "hp", "ps", "cc", "kw", "kwh", "w", "v", "hz", "khz", "mhz", "ghz", "gb", "mb", "kb", "tb"),
        *(
            "px",
            "y",
            "yr",
            "yrs",
            "yo",
            "m2",
            "m²",
            "m³",
            "km²",
            "sqft",
            "sqm",
            "mpg",
            "rpm",
            "kcal",
            "cal",
            "pt",
            "pts",
        ),
        *("usd", "eur", "gbp", "d", "wk", "mo", '"', "'"),
    ]
)
"""Units that may follow the digits without a blank; others would make numbers of codes such as 12B."""

_SPELLINGS = """
oz ounce; lb lbs pound; g gram; kg kilo kilogram; m meter metre; km kilometer kilometre; cm centimeter centimetre
mm millimeter millimetre; mi mile; ft foot feet; in inch inche; l liter litre; ml milliliter millilitre; h hr hrs hour
min mins minute; s sec secs second; yr y yrs year; mo month; wk week; d day; pt pts point; % percent pct; $ dollar usd
€ euro eur; £ gbp
"""
_ONE_SPELLING = {
    spelling: words.split()[0]
    for words in _SPELLINGS.strip().replace("\n", ";").split(";")
    for spelling in words.split()[1:]
}
_TIMES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "bn": 1e9, "Bn": 1e9, "mn": 1e6, "Mio": 1e6}


def _pattern(group: str, point: str) -> re.Pattern[str]:
    return re.compile(
        r"(?P<open>\()?\s*(?P<bound>[<>≤≥~≈]=?)?\s*(?P<sign>[+\-\u2212\u2013])?\s*"
        rf"(?P<currency>{_CURRENCY})?\s*(?P<sign2>[+\-\u2212])?\s*"
        rf"(?P<whole>[0-9]{{1,3}}(?:(?P<sep>{group})[0-9]{{3}})(?:(?P=sep)[0-9]{{3}})*|[0-9]+)?"
        rf"(?P<part>{point}[0-9]*)?(?P<power>[eE][+-]?[0-9]+)?(?P<plus>\+)?"
        r"(?P<gap>\s*)(?P<unit>[^\s0-9+)(][^0-9]*?)?\s*(?P<close>\))?"
    )


_PATTERNS = {".": _pattern("[,\u00a0\u202f '’_]", r"\."), ",": _pattern("[.\u00a0\u202f '’_]", ",")}


@dataclass(frozen=True)
class Written:
    """A number that was written with decoration.

    Attributes
    ----------
    value : float
        The number.
    unit : str or None
        Unit or currency, first word only, in one spelling for singular and plural.
    bound : bool
        Whether it was written as a bound ("<5", "90+").
    """

    value: float
    unit: str | None
    bound: bool


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of a column are written.

    Attributes
    ----------
    decimal : str
        "." or ",".
    unit : str or None
        The unit that nearly all values with a unit carry.
    readable : int
        How many of the given texts this style reads.
    bounds : int
        How many of them are bounds.
    """

    decimal: str
    unit: str | None
    readable: int
    bounds: int


def _unit(match: re.Match[str]) -> tuple[str | None, float] | None:
    """Return the unit and the multiplier of a match, or None where what follows the digits is no unit."""
    currency, raw = match["currency"], match["unit"]
    if raw is None:
        return currency.rstrip(".") if currency else None, 1.0
    word = raw.split()[0].rstrip(".,")
    if not match["gap"]:
        if word in _TIMES:
            return currency.rstrip(".") if currency else None, _TIMES[word]
        if word.lower() not in _ATTACHED and raw.lower() not in _ATTACHED:
            return None
    if len(raw) > 24 or not word or word[0] in "-/.,:;_":
        return None
    unit = word.lower()
    if len(unit) > 2 and unit.endswith("s"):
        unit = unit[:-1]
    unit = _ONE_SPELLING.get(unit, unit)
    return (currency.rstrip(".") if currency else unit), 1.0


def read_written(text: str, decimal: str) -> Written | None:
    """Read a decorated number; None where the text is none.

    Parameters
    ----------
    text : str
        A cleaned text.
    decimal : str
        "." or ",".

    Examples
    --------
    >>> read_written("$1,234.50", ".").value, read_written("1.234,5 km", ",").value, read_written("(12%)", ".").value
    (1234.5, 1234.5, -12.0)
    >>> read_written("A12", ".") is None
    True
    """
    match = _PATTERNS[decimal].fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["sign"] and match["sign2"]):
        return None
    whole, part = match["whole"] or "", match["part"] or ""
    if match["sep"]:
        if whole[0] == "0":
            return None
        whole = whole.replace(match["sep"], "")
    if not (whole or part[1:]):
        return None
    unit = _unit(match)
    if unit is None:
        return None
    name, times = unit
    value = float(f"{whole or '0'}.{part[1:] or '0'}{match['power'] or ''}") * times
    if not math.isfinite(value):
        return None
    negative = bool(match["open"]) or (match["sign"] or match["sign2"] or "+") != "+"
    return Written(-value if negative else value, name, bool(match["bound"] or match["plus"]))


def read_number(text: str, decimal: str, unit: str | None) -> float | None:
    """Read a cleaned text as a number in the style of its column; None where it cannot be read.

    Examples
    --------
    >>> read_number("1e3", ".", None), read_number("5 km", ".", "km"), read_number("5 km", ".", "kg")
    (1000.0, 5.0, None)
    """
    if PLAIN.fullmatch(text) and (decimal == "." or "." not in text):
        value = float(text)
        return value if math.isfinite(value) else None
    written = read_written(text, decimal)
    if written is None or (written.unit is not None and written.unit != unit):
        return {"True": 1.0, "False": 0.0}.get(text)
    return written.value


def number_style(texts: Sequence[str], others: int) -> NumberStyle:
    """Decide how the numbers of a column are written.

    The decimal sign is the one under which more texts can be read ("." in a tie); the unit the most frequent one.

    Parameters
    ----------
    texts : sequence of str
        Distinct cleaned texts that are no plain numbers.
    others : int
        Distinct plain numbers beside them that hold a "." (they speak for the decimal point).

    Examples
    --------
    >>> number_style(["1.234,5", "12,5"], 0).decimal
    ','
    """
    best: NumberStyle | None = None
    for decimal in (".", ","):
        read = [r for r in (read_written(t, decimal) for t in texts) if r is not None]
        units = Counter(r.unit for r in read if r.unit is not None)
        unit = min(units, key=lambda u: (-units[u], u)) if units else None
        fits = [r for r in read if r.unit in (None, unit)]
        style = NumberStyle(decimal, unit, len(fits), sum(r.bound for r in fits))
        score = style.readable + (others if decimal == "." else 0)
        if best is None or score > best.readable + others:
            best = style
    if best is None:  # pragma: no cover - the loop always sets it
        raise AssertionError
    return best
