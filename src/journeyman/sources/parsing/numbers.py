"""Numbers as people write them: separators, units, currencies, percent, decimal comma, bounds."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.sources.parsing.clocks import CLOCKS, read_clock
from journeyman.sources.parsing.texts import PLAIN

__all__ = ["LEDGERS", "NumberStyle", "Written", "keyboard", "number_style", "read_number", "read_written"]

_CURRENCY = (
    r"(?:US|A|C|NZ|HK|S|NT|MX|R|AU|CA)?\$|[$€£¥₹₩₽₺₪฿₫₴₦₱₲₵₸₼₾₿¢%]"
    r"|(?:USD|EUR|GBP|CHF|JPY|INR|CAD|AUD|NZD|CNY|RMB|HKD|SGD|TWD|KRW|SEK|NOK|DKK|ISK|PLN|CZK|HUF|RON|BGN|BRL|MXN|ARS"
    r"|CLP|COP|ZAR|TRY|RUB|UAH|ILS|AED|SAR|EGP|NGN|KES|THB|IDR|MYR|PHP|VND|PKR|BDT|LKR)\b|Rs\.?|Fr\.|kr\.?|zł|Kč|Ft|R(?=\s?[0-9])"
)
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
        *("usd", "eur", "gbp", "chf", "kr", "zł", "kč", "ft", "₽", "₹", "₺", "d", "wk", "mo", '"', "'"),
        *("円", "元", "원", "руб", "р", "cr", "dr"),
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
_TIMES = {
    **{"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "bn": 1e9, "Bn": 1e9, "mn": 1e6, "Mio": 1e6},
    **{"万": 1e4, "萬": 1e4, "만": 1e4, "億": 1e8, "亿": 1e8, "억": 1e8},
}

LEDGERS: Mapping[str, Mapping[str, float]] = {
    "Dr/Cr": {"dr": -1.0, "db": -1.0, "cr": 1.0},
    "S/H": {"s": -1.0, "h": 1.0},  # Soll and Haben
    "D/C": {"d": -1.0, "c": 1.0},
    "-Cr": {"cr": -1.0},
    "-Dr": {"dr": -1.0, "db": -1.0},
}
"""Units of columns whose numbers have a word of bookkeeping for a sign. Where one of the two words stands behind some
numbers and nothing behind the others, it is the minus."""


_DASHES = "\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d"
_SPACES = "\u00a0\u202f\u2009\u2007\u2008\u200a\u3000"
_PLAIN_SIGNS = {
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, "\u2019\u2018\u02bc\u2032\u00b4"), "'"),
    **{ord(wide): plain for wide, plain in zip("．，＋％（）٫٬٪", ".,+%().,%", strict=True)},
    **dict.fromkeys(map(ord, "\u200b\u200e\u200f\u061c\u2060\u202a\u202b\u202c\u202d\u202e\ufeff"), None),
}
"""Signs of other scripts and of typesetting, as a keyboard has them; marks of the direction of writing are none."""
_POWER = re.compile(r"\s?[x×·*]\s?10\^(?=[+-]?[0-9])|[dD](?=[+-][0-9]{2,3}$)")
"""How others than programs write the e of 1e5."""
_NOTE = re.compile(r"(?<=[0-9.,)])\s?(?:[*†‡]{1,3}|\([0-9a-z]\)|\[[0-9]{1,2}\])$")
_NOTHING = re.compile(rf"(?:{_CURRENCY})\s*-|-\s*(?:{_CURRENCY})")
"""How accounts write zero: a currency and a dash."""


def _pattern(group: str, point: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:(?P<before>{_CURRENCY})\s*(?=\())?(?P<open>\()?\s*"
        r"(?:(?P<bound>[<>≤≥~≈]=?|ca\.?|circa|approx\.?|about|etwa|environ|約|约)\s*)?(?P<sign>[+-])?\s*"
        rf"(?P<currency>{_CURRENCY})?\s*(?P<sign2>[+-])?\s*"
        # groups of three; of two before the last three, as in India; of four, as in China
        rf"(?P<whole>[0-9]{{1,3}}(?P<sep>{group})[0-9]{{3}}(?:(?P=sep)[0-9]{{3}})*"
        rf"|[0-9]{{1,2}}(?P<lakh>{group})[0-9]{{2}}(?:(?P=lakh)[0-9]{{2}})*(?P=lakh)[0-9]{{3}}"
        rf"|[0-9]{{1,4}}(?P<wan>{group})[0-9]{{4}}(?:(?P=wan)[0-9]{{4}})+|[0-9]+)?"
        # a dash behind the decimal sign stands for no cents, any other one behind the digits is a minus
        rf"(?P<part>{point}(?:--?(?=[^0-9]*$)|[0-9]*))?(?P<power>[eE][+-]?[0-9]+)?(?P<tail>\s*-|/[-=])?(?P<plus>\+)?"
        r"(?P<gap>\s*)(?P<unit>[^\s0-9+)-][^0-9]*?)?\s*(?P<close>\))?(?P<last>-)?"
    )


_PATTERNS = {".": _pattern("[, '`_]", r"\."), ",": _pattern("[. '`_]", ",")}


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
    currency, raw = match["before"] or match["currency"], match["unit"]
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
    text = text if text.isascii() else keyboard(text)
    for form in dict.fromkeys((text, _NOTE.sub("", _POWER.sub("e", text.removeprefix("'"))))):
        written = _written(form, decimal)
        if written is not None:
            return written
    return Written(0.0, None, False) if _NOTHING.fullmatch(text) else None


def _written(text: str, decimal: str) -> Written | None:
    match = _PATTERNS[decimal].fullmatch(text) or _other_style(text, decimal)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    # "/-" behind rupees stands for no paise
    signs = [match[name] for name in ("sign", "sign2", "tail", "last") if match[name] and match[name][0] != "/"]
    if len(signs) + bool(match["open"]) > 1:
        return None
    whole, part = match["whole"] or "", (match["part"] or "").replace("-", "")
    sep = match["sep"] or match["lakh"] or match["wan"]
    if sep:
        if whole[0] == "0":
            return None
        whole = whole.replace(sep, "")
    if not (whole or part[1:]):
        return None
    unit = _unit(match)
    if unit is None:
        return None
    name, times = unit
    value = float(f"{whole or '0'}.{part[1:] or '0'}{match['power'] or ''}") * times
    if not math.isfinite(value):
        return None
    negative = bool(match["open"]) or (bool(signs) and signs[0] != "+")
    bound = bool(match["plus"] or (match["bound"] and not match["bound"][0].isalpha()))
    return Written(-value if negative else value, name, bound)


def _other_style(text: str, decimal: str) -> re.Match[str] | None:
    """Match a number that can only have been written with the other decimal sign: 12.5 in a column of commas."""
    match = _PATTERNS["," if decimal == "." else "."].fullmatch(text)
    if match is None or match["sep"] or match["lakh"] or match["wan"] or not match["whole"]:
        return None
    places = len((match["part"] or "")[1:])
    return match if places in (1, 2) or places > 3 else None


def keyboard(text: str) -> str:
    """Return a text with the digits, dashes and blanks that a keyboard has."""
    text = text.translate(_PLAIN_SIGNS)
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


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
    if unit in CLOCKS:
        return read_clock(text, unit)
    written = read_written(text, decimal)
    signs = LEDGERS.get(unit or "", {})
    if written is not None and written.unit is not None and written.unit in signs:
        return written.value * signs[written.unit]
    if written is None or (written.unit is not None and written.unit != unit):
        return {"True": 1.0, "False": 0.0}.get(text)
    return written.value


def number_style(texts: Sequence[str], decimal: str, *, bare: bool = False) -> NumberStyle:
    """Tell how many texts can be read with a decimal sign; the unit is the most frequent one.

    Parameters
    ----------
    texts : sequence of str
        Distinct cleaned texts that are no plain numbers.
    decimal : str
        "." or ",".
    bare : bool
        Whether the column holds plain numbers besides.

    Examples
    --------
    >>> number_style(["1.234,5 km", "12,5 km", "far"], ",")
    NumberStyle(decimal=',', unit='km', readable=2, bounds=0)
    >>> number_style(["1.50 Dr", "2.50 Cr"], ".").unit, number_style(["1,250.00", "20.00CR"], ".").unit
    ('Dr/Cr', '-Cr')
    """
    read = [r for r in (read_written(t, decimal) for t in texts) if r is not None]
    units = Counter(r.unit for r in read if r.unit is not None)
    unit = _ledger(units, texts, bare or any(r.unit is None for r in read))
    unit = unit or (min(units, key=lambda u: (-units[u], u)) if units else None)
    fits = [r for r in read if r.unit in (None, unit, *LEDGERS.get(unit or "", ()))]
    return NumberStyle(decimal, unit, len(fits), sum(r.bound for r in fits))


def _ledger(units: Counter[str], texts: Sequence[str], bare: bool) -> str | None:
    """Return the words of bookkeeping that a column has for signs; None where it has others, or none."""
    found = [name for name, words in LEDGERS.items() if units and units.keys() <= words.keys()]
    single = len(units) == 1  # "2 Cr" may be ten millions each, and "5 s" seconds
    capital = all(any(c.isupper() for c in t) for t in texts if any(c.isalpha() for c in t))
    wanted = [name for name in found if name.startswith("-") is single]
    return wanted[0] if wanted and capital and (bare or not single) else None
