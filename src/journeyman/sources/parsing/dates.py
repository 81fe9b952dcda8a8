"""Dates and times as people write them, read the same way one by one and by the million."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.sources.parsing.months import MONTH_NAMES, month_of

__all__ = ["EPOCHS", "read_date", "read_dates", "readable_by", "written_form"]

EPOCHS = {"epoch_s": 1_000_000.0, "epoch_ms": 1_000.0, "epoch_us": 1.0, "epoch_ns": 0.001}
"""Formats for numbers: microseconds in one unit."""

_MONTH_NAMES = "|".join(sorted(MONTH_NAMES, key=len, reverse=True))
_DAY_NAMES = (
    "montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|"
    "lunes|martes|miércoles|jueves|viernes|sábado|domingo|mo|di|mi|do|fr|sa|so|lun|mar|mié|jue|vie|sáb|dom|jeu|ven|sam|dim|"
    "monday|tuesday|wednesday|thursday|friday|saturday|sunday|mon|tues|tue|wed|thurs|thur|thu|fri|sat|sun"
)
# Of names of zones those that mean one thing: summer times are told from winter times, CST is not of China.
_ZONES_EAST = {"UTC": 0, "GMT": 0, "WET": 0, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9}
_ZONES_EAST |= {"EST": -5, "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "BST": 1, "AEST": 10}
_ZONE_NAMES = "|".join(sorted(_ZONES_EAST, key=len, reverse=True))
_CODES = {
    "Y": "(?P<Y>[0-9]{4})",
    "y": "(?P<y>[0-9]{2})",
    "m": "(?P<m>[0-9]{1,2})",
    "d": "(?P<d>[0-9]{1,2})(?:st|nd|rd|th|er|º|ª)?",
    "G": "(?P<G>[0-9]{4})",
    "V": "(?P<V>[0-9]{2})",
    "u": "(?P<u>[1-7])",
    "H": "(?P<H>[0-9]{1,2})",
    "I": "(?P<I>[0-9]{1,2})",
    "M": "(?P<M>[0-9]{2})",
    "S": "(?P<S>[0-9]{2})",
    "f": "(?P<f>[0-9]{1,9})",
    "b": rf"(?P<b>(?i:{_MONTH_NAMES}))\.?",
    "a": rf"(?i:{_DAY_NAMES})\.?",
    "p": r"(?P<p>[AaPp])\.?\s?[Mm]\.?",
    "z": rf"(?P<z>Z|{_ZONE_NAMES}|(?:GMT|UTC)?[+-][0-9]{{2}}:?[0-9]{{2}}|[+-][0-9]{{2}})"
    r"(?:\[[A-Za-z_/+-]+\]| \([A-Za-z ]+\))?",  # a name besides
    "q": "(?P<q>[1-4])",
    "h": "(?P<h>[12])",
}
_ISO = {
    "%Y-%m-%d": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "%Y-%m-%d %H:%M:%S": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
    "%Y-%m-%dT%H:%M:%S": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$",
}
_DIGIT = re.compile("[0-9]")
_SPLIT_MANY = 4096

# Dates by what stands between the digits; ISO first, then by how common they are. Which of day and month comes first is
# decided by the values, so both orders are listed.
_DATES = tuple(
    """%Y-%m-%d;%Y/%m/%d;%Y.%m.%d;%d/%m/%Y;%m/%d/%Y;%d-%m-%Y;%m-%d-%Y;%d.%m.%Y;%d/%m/%y;%m/%d/%y;%d-%m-%y
    %m-%d-%y;%d.%m.%y;%d %b %Y;%d-%b-%Y;%d-%b-%y;%d %b %y;%d %b, %Y;%d. %b %Y;%b %d, %Y;%b %d %Y
    %b-%d-%Y;%Y-%b-%d;%Y %b %d;%a, %d %b %Y;%a %d %b %Y;%a, %b %d, %Y;%a %b %d %Y;%Y-%m;%m/%Y;%Y/%m
    %b-%y;%b %Y;%b-%Y;%b %y;%b, %Y;%Y-%b;%Y %b;%YM%m;%Y Q%q;%Y-Q%q;%YQ%q;Q%q %Y;Q%q-%Y;Q%q/%Y;%qQ%Y
    %Y/Q%q;Q%q%Y;Q%q %y;%qQ%y;%d de %b de %Y;%d de %b %Y;%d %b de %Y;%b de %Y;%d.%b.%Y;%d.%b.%y
    %d. %b %y;%d/%b/%Y;%d/%b/%y;%d%b%Y;%d%b%y;%b %d %y;%a, %d. %b %Y;%a, %d de %b de %Y
    %Y年%m月%d日;%Y年%m月;%Y년 %m월 %d일;%G-W%V;%GW%V;%G-W%V-%u;%G W%V;W%V %G;W%V-%G;%GW%V%u;KW %V/%G;KW%V/%G
    KW %V %G;%d. %m. %Y;%Y. %m. %d.;%Y.%m.%d.;%Y %m %d;%q. Quartal %Y;%Y-H%h;H%h %Y;%Y H%h;%YH%h
    %Y%m%dT%H%M%S;%Y%m%dT%H%M%S%z;%Y%m%d %H%M%S
    %a %b %d %H:%M:%S %Y;%a %b %d %H:%M:%S %z %Y""".replace("\n    ", ";").split(";")
)
_TIMES = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "%I:%M%p", "%I:%M:%S%p",
          "%H:%M:%S,%f", "%Hh%M", "%H.%M", "%H.%M.%S", "%I.%M.%S.%f %p", "%H時%M分", "%H時%M分%S秒", "%I:%M:%S\u202f%p",
          "%I:%M\u202f%p")  # fmt: skip
_ZONES = ("", "%z", " %z", " Uhr")
_JOINTS = (" ", "T", ", ", ":", " à ", " um ")


@lru_cache(maxsize=512)
def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(_expression(form))


def _expression(form: str) -> str:
    out, at = "", 0
    while at < len(form):
        if form[at] == "%":
            out += _CODES[form[at + 1]]
            at += 2
        else:
            out += re.escape(form[at])
            at += 1
    # A month without a day is only told from a fraction ("2004-7") when it has two digits.
    whole = form in ("%Y-%m", "%Y/%m", "%m/%Y", "%YM%m") or form.startswith("%Y%m%d")
    return out.replace("{1,2})", "{2})") if whole else out


def readable_by(text: str) -> tuple[str, ...]:
    """Return the formats that read a cleaned text as a date, day-first and month-first ones alike.

    Examples
    --------
    >>> readable_by("3/4/2020"), readable_by("2020-05-17T10:00:00Z"), readable_by("17.5")
    (('%d/%m/%Y', '%m/%d/%Y'), ('%Y-%m-%dT%H:%M:%S%z',), ())
    """
    if not 4 <= len(text) <= 70 or not any(c.isdigit() for c in text):
        return ()
    forms = list(_candidates(_DIGIT.sub("1", text)))
    if not forms:
        for size, tail in _tails(_DIGIT.sub("1", text)):
            forms += [f + tail for f in _candidates(_DIGIT.sub("1", text[:size]))]
            if forms:
                break
    return tuple(f for f in forms if read_date(text, (f,), 1969) is not None)


@lru_cache(maxsize=4096)
def _candidates(shape: str) -> tuple[str, ...]:
    """Return the formats that fit a text in which every digit is 1, which every digit class holds."""
    return tuple(f for f in _DATES if _pattern(f).fullmatch(shape))


@lru_cache(maxsize=4096)
def _tails(shape: str) -> tuple[tuple[int, str], ...]:
    """Return how a text may end with a time of day: where its date ends, and the format of the rest."""
    found = []
    for joint in _JOINTS:
        at = shape.find(joint, 1)
        while at > 0:
            rest = shape[at + len(joint) :]
            found += [(at, joint + t + z) for t in _TIMES for z in _ZONES if _pattern(t + z).fullmatch(rest)]
            at = shape.find(joint, at + 1)
    return tuple(found)


def read_date(text: str, formats: Sequence[str], century: int) -> int | None:
    """Read a cleaned text by the first format that fits; microseconds since 1970 in UTC, None where none does.

    Parameters
    ----------
    text : str
        A cleaned text.
    formats : sequence of str
        Formats in order.
    century : int
        First of the hundred years that two-digit years mean.

    Examples
    --------
    >>> read_date("Aug-62", ("%b-%y",), 1914) == read_date("1962-08-01", ("%Y-%m-%d",), 1969)
    True
    """
    for form in formats:
        if form in EPOCHS:
            continue
        match = _pattern(form).fullmatch(text)
        if match is None:
            continue
        parts = match.groupdict()
        try:
            return _micros(parts, century)
        except (ValueError, OverflowError):
            continue
    return None


def written_form(texts: Sequence[str], form: str) -> str:
    """Return the format that writes dates as these texts do: noughts before digits, and names of months, as they have.

    Parameters
    ----------
    texts : sequence of str
        Cleaned texts.
    form : str
        Format that reads them.

    Examples
    --------
    >>> written_form(["1/5/2011", "12/31/2011"], "%m/%d/%Y"), written_form(["01/05/2011"], "%m/%d/%Y")
    ('%-m/%-d/%Y', '%m/%d/%Y')
    >>> written_form(["5 March 2011", "17 APRIL 2011"], "%d %b %Y"), written_form(["MAY-11"], "%b-%y")
    ('%-d %B %Y', '%^b-%y')
    """
    if form in EPOCHS:
        return form
    found = [match.groupdict() for text in texts if (match := _pattern(form).fullmatch(text)) is not None]
    for code in (code for code in "mdHI" if any(len(parts.get(code) or "") == 1 for parts in found)):
        form = form.replace(f"%{code}", f"%-{code}")
    names = [parts["b"] for parts in found if "b" in parts]
    capital = "^" if names and all(name.isupper() for name in names) else ""
    return form.replace("%b", f"%{capital}{'B' if any(len(name) > 4 for name in names) else 'b'}")


def _micros(parts: dict[str, str], century: int) -> int:
    """Return microseconds since 1970; ValueError where there is no such moment."""
    if "G" in parts:
        monday = dt.date.fromisocalendar(int(parts["G"]), int(parts["V"]), int(parts.get("u", 1)))
        return (monday - dt.date(1970, 1, 1)).days * 86_400_000_000
    year = int(parts["Y"]) if "Y" in parts else century + (int(parts["y"]) - century) % 100
    if "b" in parts:
        month = month_of(parts["b"])
    elif "q" in parts:
        month = 3 * int(parts["q"]) - 2
    elif "h" in parts:
        month = 6 * int(parts["h"]) - 5
    else:
        month = int(parts["m"])
    hour = int(parts.get("H", 0))
    if "I" in parts:
        hour = int(parts["I"])
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + (12 if parts["p"] in "Pp" else 0)
    fraction = int(parts["f"].ljust(6, "0")[:6]) if "f" in parts else 0
    minute, second = int(parts.get("M", 0)), int(parts.get("S", 0))
    midnight = "H" in parts and (hour, minute, second, fraction) == (24, 0, 0, 0)  # the end of the day
    moment = dt.datetime(year, month, int(parts.get("d", 1)), 0 if midnight else hour, minute, second, fraction)
    moment += dt.timedelta(days=midnight)
    delta = moment - dt.datetime(1970, 1, 1)
    return (delta.days * 86_400 + delta.seconds - _zone(parts.get("z"))) * 1_000_000 + delta.microseconds


def _zone(text: str | None) -> int:
    """Return seconds east of UTC."""
    if text is None or text == "Z":
        return 0
    if text in _ZONES_EAST:
        return _ZONES_EAST[text] * 3600
    text = text.removeprefix("GMT").removeprefix("UTC")
    digits = text[1:].replace(":", "").ljust(4, "0")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return (hours * 3600 + minutes * 60) * (-1 if text[0] == "-" else 1)


def read_dates(texts: pa.Array, formats: Sequence[str], century: int) -> NDArray[np.int64]:
    """Read many cleaned texts as :func:`read_date` does each; the smallest int64 stands for "not read".

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
        Cleaned texts without nulls.
    formats, century
        See :func:`read_date`.
    """
    nat = np.iinfo(np.int64).min
    out = np.full(len(texts), nat, dtype=np.int64)
    if len(texts) < _SPLIT_MANY:
        for i, text in enumerate(texts.to_pylist()):
            moment = read_date(text, formats, century)
            out[i] = nat if moment is None else moment
        return out
    left = np.arange(len(texts))
    for form in formats:
        if form in EPOCHS or not len(left):
            continue
        if "%G" in form:  # weeks, of which there are few: one by one
            for i in left.tolist():
                moment = read_date(texts[i].as_py(), (form,), century)
                out[i] = nat if moment is None else moment
            left = left[out[left] == nat]
            continue
        some = texts if len(left) == len(texts) else texts.take(pa.array(left))
        micros = _by_format(some, form, century)
        out[left] = micros
        left = left[micros == nat]
    return out


def _by_format(texts: pa.Array, form: str, century: int) -> NDArray[np.int64]:
    """Read texts by one format, all at once."""
    nat = np.iinfo(np.int64).min
    if form in _ISO and pc.all(pc.match_substring_regex(texts, _ISO[form])).as_py():
        try:
            whole = pc.cast(texts, pa.timestamp("us")).view(pa.int64())
            return np.asarray(whole.to_numpy(zero_copy_only=False), dtype=np.int64)
        except pa.ArrowInvalid:
            pass  # an impossible day is among them; the longer way finds out which
    parts = pc.extract_regex(texts, pattern=f"^(?:{_expression(form)})$")
    fits = parts.is_valid().to_numpy(zero_copy_only=False)
    out = np.full(len(texts), nat, dtype=np.int64)
    if not fits.any():
        return out
    parts = parts.filter(pa.array(fits))
    names = [parts.type.field(i).name for i in range(parts.type.num_fields)]
    text = {name: pc.struct_field(parts, name) for name in names}

    def number(name: str, otherwise: int) -> NDArray[np.int64]:
        if name not in text:
            return np.full(len(parts), otherwise, dtype=np.int64)
        return np.asarray(pc.cast(text[name], pa.int64()).to_numpy(zero_copy_only=False), dtype=np.int64)

    year = number("Y", 0) if "Y" in text else century + (number("y", 0) - century) % 100
    month = number("m", 1)
    if "b" in text:
        at = pc.index_in(pc.utf8_lower(text["b"]), value_set=pa.array(list(MONTH_NAMES), type=text["b"].type))
        numbers = np.array([*MONTH_NAMES.values(), 0], dtype=np.int64)  # 0, which is no month, for what is not found
        month = numbers[pc.fill_null(at, len(MONTH_NAMES)).to_numpy(zero_copy_only=False)]
    elif "q" in text:
        month = 3 * number("q", 1) - 2
    elif "h" in text:
        month = 6 * number("h", 1) - 5
    hour = number("H", 0)
    good = np.ones(len(parts), dtype=bool)
    if "I" in text:
        hour = number("I", 1)
        good &= (hour >= 1) & (hour <= 12)
        late = pc.equal(pc.utf8_lower(text["p"]), "p").to_numpy(zero_copy_only=False)
        hour = hour % 12 + 12 * late
    fraction = np.zeros(len(parts), dtype=np.int64)
    if "f" in text:
        padded = pc.utf8_slice_codeunits(pc.utf8_rpad(text["f"], 6, "0"), 0, 6)
        fraction = pc.cast(padded, pa.int64()).to_numpy(zero_copy_only=False)
    day, minute, second = number("d", 1), number("M", 0), number("S", 0)
    late_night = (hour == 24) & (minute == 0) & (second == 0) & (fraction == 0)
    hour = np.where(late_night, 0, hour)
    good &= (year >= 1) & (month >= 1) & (month <= 12) & (hour < 24) & (minute < 60) & (second < 60)
    first = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    length = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    good &= (day >= 1) & (day <= length)
    days = first.astype("datetime64[D]").astype(np.int64) + day - 1 + late_night
    zone = np.zeros(len(parts), dtype=np.int64)
    if "z" in text:
        encoded = text["z"].dictionary_encode()
        offsets: list[int] = []
        for name in encoded.dictionary.to_pylist():
            try:
                offsets.append(_zone(name))
            except ValueError:
                offsets.append(nat)
        zone = np.array(offsets, dtype=np.int64)[encoded.indices.to_numpy(zero_copy_only=False)]
        good &= zone != nat
        zone = np.where(good, zone, 0)
    micros = ((days * 86_400 + hour * 3600 + minute * 60 + second - zone) * 1_000_000) + fraction
    out[fits] = np.where(good, micros, nat)
    return out
