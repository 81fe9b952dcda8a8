"""How the texts of a row are read."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from journeyman.exporters.python_project.arguments import NAN

__all__ = ["Column", "PlanError", "number_text", "read_column", "text_of_word"]


class PlanError(Exception):
    """A plan or a table that cannot be used; the text says what was found."""


@dataclass(frozen=True)
class Column:
    """A column, and how it is read: a value as its register holds it."""

    name: str
    kind: str
    read: Callable[[str], float]
    missing: float
    gone: frozenset[float]
    read_text: Callable[[str], str] = lambda raw: ""

    def text(self, given: object) -> str:
        """Return the text that steps read; empty where it is missing, and of columns that hold no texts."""
        if self.kind != "text" or given is None or given != given:
            return ""
        if isinstance(given, (int, float)) and not isinstance(given, bool):
            given = number_text(float(given))
        return self.read_text(str(given))

    def value(self, given: object) -> float:
        """Return the register of a text or a typed value."""
        if self.kind == "text":
            return NAN
        if isinstance(given, bool):
            given = str(given) if self.kind == "category" else float(given)
        if isinstance(given, dt.date):
            given = _seconds(given)
        if isinstance(given, str):
            return self.read(given)
        if given is None or given != given:
            return self.missing
        if not isinstance(given, (int, float)):
            raise PlanError(f"column {self.name!r} holds {type(given).__name__}; wanted is a number or a text")
        if self.kind == "category":
            return self.read(number_text(float(given)))
        number = float(given)
        return NAN if math.isinf(number) or number in self.gone else number


def text_of_word(word: str) -> str:
    """Return the text that a word of the plan stands for."""
    if word == "\\e":
        return ""
    return re.sub(r"\\(.)", lambda m: {"s": " ", "n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), word)


BLANKS = " \t\n\r\f\v\u00a0\u202f\ufeff\u2009\u3000\u200b\u200e\u200f\u2060"
PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
EPOCHS = {"epoch_s": 1_000_000.0, "epoch_ms": 1_000.0, "epoch_us": 1.0, "epoch_ns": 0.001}
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
CODES = {
    "Y": "(?P<Y>[0-9]{4})",
    "y": "(?P<y>[0-9]{2})",
    "m": "(?P<m>[0-9]{1,2})",
    "d": "(?P<d>[0-9]{1,2})",
    "H": "(?P<H>[0-9]{1,2})",
    "I": "(?P<I>[0-9]{1,2})",
    "M": "(?P<M>[0-9]{2})",
    "S": "(?P<S>[0-9]{2})",
    "f": "(?P<f>[0-9]{1,9})",
    "b": f"(?P<b>(?i:{'|'.join(MONTHS)}|{'|'.join(m[:3] for m in MONTHS)}))\\.?",
    "p": "(?P<p>[AaPp])[Mm]",
    "z": "(?P<z>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2})",
}


def number_text(value: float) -> str:
    """Return the shortest text of a number."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _clean(text: str) -> str:
    text = text.strip(BLANKS)
    if text.startswith('="'):
        text = text[1:]
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1].strip(BLANKS)
    return text


def read_column(words: list[str], texts: list[tuple[str, ...]]) -> Column:
    """Return the column that eight words of the plan tell of."""
    name, kind, decimal, unit = text_of_word(words[0]), words[1], words[2], text_of_word(words[3])
    categories, missing, formats = (texts[int(word)] for word in words[4:7])
    gone = frozenset(float(text) for text in missing if PLAIN.fullmatch(text))
    if kind == "number":
        return Column(name, kind, _number_reader(decimal, unit, gone), NAN, gone)
    if kind == "boolean":
        return Column(name, kind, _boolean_reader(categories, missing, gone), NAN, gone)
    if kind == "category":
        return Column(name, kind, _category_reader(categories, missing, unit), -1.0, frozenset())
    if kind == "date":
        read, moments = _date_reader(formats, int(words[7]), missing)
        return Column(name, kind, read, NAN, moments)
    return Column(
        name, kind, lambda text: NAN, NAN, frozenset(), _text_reader(frozenset(missing), frozenset(categories))
    )


CAPITALS = [*range(0x41, 0x5B), *range(0xC0, 0xD7), *range(0xD8, 0xDF), *range(0x410, 0x430)]
SMALL = {**{point: point + 32 for point in CAPITALS}, 0x212A: 0x6B}


def _text_reader(missing: frozenset[str], signs: frozenset[str]) -> Callable[[str], str]:
    longest = max(map(len, signs), default=0)

    def read(raw: str) -> str:
        text = raw.strip(BLANKS)
        gone = text in missing or (len(text) <= longest and text.translate(SMALL) in signs)
        return "" if gone else text

    return read


def _number_reader(decimal: str, unit: str, gone: frozenset[float]) -> Callable[[str], float]:
    group, point = ("[. '_]", ",") if decimal == "," else ("[, '_]", r"\.")
    written = re.compile(
        rf"([+-]?)([1-9][0-9]{{0,2}}({group})[0-9]{{3}}(?:\3[0-9]{{3}})*|[0-9]*)(?:{point}([0-9]*))?([eE][+-]?[0-9]+)?"
    )

    other = "." if decimal == "," else ","
    swapped = re.compile(rf"([+-]?[0-9]+)\{other}([0-9]{{1,2}}|[0-9]{{4,}})([eE][+-]?[0-9]+)?")

    def read(raw: str) -> float:
        text = _clean(raw)
        whole = PLAIN.fullmatch(text) and (decimal == "." or "." not in text)
        number = float(text) if whole else decorated(text)
        return NAN if math.isinf(number) or number in gone else number

    def decorated(text: str) -> float:
        sign = text[:1] if text[:1] in ("+", "-") else ""
        if unit and text.startswith(sign + unit):
            text = sign + text[len(sign + unit) :].lstrip(BLANKS)
        elif unit and text.endswith(unit):
            text = text[: -len(unit)].rstrip(BLANKS)
        found = written.fullmatch(text)
        if found is not None and (found[2] or found[4]):
            digits = found[2].replace(found[3], "") if found[3] else found[2]
            return float(f"{found[1]}{digits or '0'}.{found[4] or '0'}{found[5] or ''}")
        found = swapped.fullmatch(text)
        if found is not None:
            return float(f"{found[1]}.{found[2]}{found[3] or ''}")
        return {"True": 1.0, "False": 0.0}.get(text, NAN)

    return read


def _boolean_reader(
    categories: tuple[str, ...], missing: tuple[str, ...], gone: frozenset[float]
) -> Callable[[str], float]:
    names: dict[str, float] = {}
    for i, name in enumerate(categories):
        names.setdefault(name.lower(), float(i % 2))
    numbers = categories[:2] == ("0", "1")

    def read(raw: str) -> float:
        text = _clean(raw)
        if text in missing:
            return NAN
        if text.lower() in names:
            return names[text.lower()]
        number = float(text) if PLAIN.fullmatch(text) else NAN
        if not math.isfinite(number) or number in gone:
            return NAN
        return names.get(number_text(number), number if numbers else NAN)

    return read


def _category_reader(categories: tuple[str, ...], missing: tuple[str, ...], spelling: str) -> Callable[[str], float]:
    codes = {name: float(i) for i, name in enumerate(categories)}
    width = len(categories[0]) if categories else 0

    def read(raw: str) -> float:
        text = _clean(raw)
        if text in codes:
            return codes[text]
        if text in missing or spelling == "exact" or not PLAIN.fullmatch(text):
            return -1.0
        if spelling == "zeros":
            bare = text if text.isdigit() else number_text(float(text))
            return codes.get(bare.zfill(width), -1.0) if bare.isdigit() else -1.0
        return codes.get(number_text(float(text)), -1.0)

    return read


def _date_reader(
    formats: tuple[str, ...], century: int, missing: tuple[str, ...]
) -> tuple[Callable[[str], float], frozenset[float]]:
    """Return the reader of dates, and the dates that stand for a missing value."""
    scale = next((EPOCHS[form] for form in formats if form in EPOCHS), None)
    patterns = [_pattern(form) for form in formats if form not in EPOCHS]

    def micros(text: str) -> int | None:
        if scale is not None and PLAIN.fullmatch(text):
            number = float(text) * scale
            return round(number) if abs(number) < 2**62 else None
        for pattern in patterns:
            found = pattern.fullmatch(text)
            if found is not None:
                try:
                    return _moment(found.groupdict(), century)
                except (ValueError, OverflowError):
                    continue
        return None

    gone = {found for found in map(micros, missing) if found is not None}

    def read(raw: str) -> float:
        text = _clean(raw)
        found = None if text in missing else micros(text)
        return NAN if found is None or found in gone else found / 1e6

    return read, frozenset(found / 1e6 for found in gone)


def _pattern(form: str) -> re.Pattern[str]:
    parts = [CODES[p[1]] if p[0] == "%" else re.escape(p) for p in re.findall(r"%.|[^%]", form)]
    whole = "".join(parts)
    tight = form in ("%Y-%m", "%Y/%m", "%m/%Y") or form.startswith("%Y%m%d")
    return re.compile(whole.replace("{1,2})", "{2})") if tight else whole)


def _moment(parts: dict[str, str], century: int) -> int:
    """Return microseconds since 1970; ValueError where there is no such moment."""
    year = int(parts["Y"]) if "Y" in parts else century + (int(parts["y"]) - century) % 100
    month = 1 + [m[:3] for m in MONTHS].index(parts["b"][:3].lower()) if "b" in parts else int(parts["m"])
    hour = int(parts.get("H", 0))
    if "I" in parts:
        hour = int(parts["I"])
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["p"] in "Pp" else 0)
    fraction = int(parts["f"].ljust(6, "0")[:6]) if "f" in parts else 0
    minute, second = int(parts.get("M", 0)), int(parts.get("S", 0))
    midnight = "H" in parts and (hour, minute, second, fraction) == (24, 0, 0, 0)  # the end of the day
    moment = dt.datetime(year, month, int(parts.get("d", 1)), 0 if midnight else hour, minute, second)
    since = moment - dt.datetime(1970, 1, 1)
    return ((since.days + midnight) * 86_400 + since.seconds - _zone(parts.get("z"))) * 1_000_000 + fraction


def _zone(text: str | None) -> int:
    """Return seconds east of UTC."""
    if text in (None, "Z", "UTC", "GMT"):
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def _seconds(given: dt.date) -> float:
    if not isinstance(given, dt.datetime):
        given = dt.datetime(given.year, given.month, given.day)
    zoned = given if given.tzinfo is not None else given.replace(tzinfo=dt.timezone.utc)
    since = zoned - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
    return ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) / 1e6
