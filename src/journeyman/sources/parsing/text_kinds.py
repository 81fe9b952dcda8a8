"""What a column of texts is where the texts are truth values, numbers or dates in writing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from journeyman.arrow import pa, pc
from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.clocks import CLOCKS, clock_style
from journeyman.sources.parsing.date_styles import DateStyle, date_style
from journeyman.sources.parsing.dates import written_form
from journeyman.sources.parsing.encoded import Texts
from journeyman.sources.parsing.evidence import Evidence, marked
from journeyman.sources.parsing.inferred import InferredColumn, ParsingNote, UserOverride
from journeyman.sources.parsing.name_kinds import UNIQUE, most_frequent
from journeyman.sources.parsing.names import is_moment
from journeyman.sources.parsing.number_kinds import MIN_UNIQUE_ROWS, NumberColumn, kind_of_numbers
from journeyman.sources.parsing.numbers import LEDGERS, NumberStyle, number_style
from journeyman.sources.parsing.plain import flags
from journeyman.sources.parsing.reading import read

__all__ = ["PLAIN_STYLE", "as_boolean", "as_clock", "as_dates", "as_numbers", "has_codes"]

PLAIN_STYLE = NumberStyle(".", None, 0, 0)

_ENOUGH = 0.95
_ENOUGH_DATES = 0.75
_DATE_SAMPLE = 600
_FEW_BOUNDED = 30
_AGAIN = 3
_MOST_CLASSES = 100
_FEW_TIMES = 20
_PAIRS = frozenset(
    frozenset(p) for p in (("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("on", "off"), ("0", "1"))
)
_FALSE_NAMES = frozenset(["no", "n", "false", "f", "off", "0"])
_SCALE_LIKE = re.compile(r"[<>≤≥]=?\s*[0-9.,]+|[0-9.,]+\s*\+")


def as_boolean(name: str, found: Evidence, override: UserOverride) -> InferredColumn | None:
    """Read as yes or no where the only two values say so."""
    values = found.take(found.solid, 3)
    if len(values) != 2 or frozenset(v.lower() for v in values) not in _PAIRS:
        return None
    # In a target "unknown" would be a third class.
    if override.target and (found.words & (found.counts > 0)).any():
        return None
    low = next(v for v in values if v.lower() in _FALSE_NAMES)
    high = next(v for v in values if v != low)
    markers, remarks = marked(found, ~found.solid)
    reason = f"all values are {low!r} or {high!r}"
    column = Column(name, Kind.BOOLEAN, reason=reason, categories=(low, high), missing_markers=markers)
    return InferredColumn(column, (*found.remarks, *remarks))


def as_clock(name: str, found: Evidence, override: UserOverride) -> InferredColumn | None:
    """Read as seconds where nearly all values are times of day or durations."""
    texts = found.take(found.solid, _DATE_SAMPLE)
    if override.target and len(texts) <= _FEW_TIMES:
        return None  # names of classes, which are given back as they are
    unit = clock_style(texts)
    return (
        None
        if unit is None
        else _number_column(name, found, override, NumberStyle(override.decimal or ".", unit, 0, 0))
    )


def as_numbers(name: str, found: Evidence, override: UserOverride) -> InferredColumn | None:
    """Read as numbers where nearly all values are, plain or in writing, or all but a few words among many numbers."""
    decimal = override.decimal or "."
    plain = ~np.isnan(found.numbers) & (found.counts > 0)
    if decimal == ",":
        plain &= ~flags(pc.match_substring(found.values, "."))
    odd = found.solid & ~plain
    if not odd.any():
        return _codes(name, found, plain, override) or _number_column(
            name, found, override, replace(PLAIN_STYLE, decimal=decimal)
        )
    texts = found.take(odd)
    if not plain.any() and not any(c.isdigit() for t in texts[:100] for c in t):
        return None
    style = number_style(texts, decimal, bare=bool(plain.any()))
    # "3+" beside 0, 1 and 2 is the top of a scale; beside hundreds of numbers it is a number with a bound.
    few = plain.sum() <= _FEW_BOUNDED
    if few and (style.bounds or any(_SCALE_LIKE.fullmatch(t) for t in texts)):
        return None
    share = found.counts[plain].sum() / found.counts[found.solid].sum()
    lost = (1 - share) * (1 - style.readable / len(texts))
    if lost > 1 - _ENOUGH and not _few_words(plain, texts):
        return None
    return _number_column(name, found, override, style)


def _few_words(plain: NDArray[np.bool_], texts: Sequence[str]) -> bool:
    """Tell whether up to three words stand among many different numbers: markers that no list holds."""
    return len(texts) <= 3 and int(plain.sum()) >= 20 and all(len(t) >= 2 and t[0].isalpha() for t in texts)


def has_codes(texts: pa.Array, name: str) -> bool:
    """Tell whether texts of digits are no quantities: with leading zeros, all of one width, or too many digits."""
    digits = flags(pc.match_substring_regex(texts, "^-?[0-9]+$"))
    if not digits.any():
        return _has_uneven_zeros(texts)
    width = np.asarray(pc.utf8_length(texts).to_numpy(zero_copy_only=False))
    zeros = bool((flags(pc.starts_with(texts, "0")) & digits & (width > 1)).any())
    padded = zeros and bool(digits.all()) and width.min() == width.max()
    long = bool((digits & (width > 15)).mean() > 0.5) and not is_moment(name)
    return padded or long or _has_uneven_zeros(texts)


def _has_uneven_zeros(texts: pa.Array) -> bool:
    """Tell whether digits begin with zeros though others have fewer places: 007.1 beside 38.11, 012 beside 7."""
    zeros = flags(pc.match_substring_regex(texts, "^0[0-9]"))
    if not zeros.any() or pc.any(pc.match_substring_regex(texts, "[^0-9.]")).as_py():
        return False
    point = np.asarray(pc.find_substring(texts, ".").to_numpy(zero_copy_only=False))
    width = np.where(point < 0, np.asarray(pc.utf8_length(texts).to_numpy(zero_copy_only=False)), point)
    return int(width[zeros].max()) > int(width.min())


def _same_number(found: Evidence, plain: NDArray[np.bool_], override: UserOverride) -> bool:
    """Tell whether texts that come again are one number with more or fewer zeros behind: 250.0, 250.00.

    Measured values are seldom written both ways, and where they mostly differ it tells nothing.
    """
    pointed = plain & flags(pc.match_substring_regex(found.values, r"^[0-9]{1,8}\.[0-9]{1,6}$"))
    texts, rows = int(pointed.sum()), int(found.counts[plain].sum())
    if not texts or len(np.unique(found.numbers[pointed])) == texts:
        return False
    return rows >= _AGAIN * int(plain.sum()) and (not override.target or int(plain.sum()) <= _MOST_CLASSES)


def _codes(name: str, found: Evidence, plain: NDArray[np.bool_], override: UserOverride) -> InferredColumn | None:
    """Keep digits that are no quantities: with leading zeros, equal as numbers only, or too many for a number."""
    equal = False
    if not has_codes(found.values.filter(pa.array(plain)), name):
        equal = _same_number(found, plain, override)
        if not equal:
            return None
    rows, distinct = int(found.counts[plain].sum()), int(plain.sum())
    markers, remarks = marked(found, ~found.solid)
    if distinct >= UNIQUE * rows and rows >= MIN_UNIQUE_ROWS and not override.target:
        column = Column(name, Kind.IDENTIFIER, reason=f"{distinct} of {rows} codes differ")
    else:
        names, _ = most_frequent(found, plain)
        column = Column(name, Kind.CATEGORY, reason="digits that are codes", categories=names)
    detail = "digits with leading zeros or beyond 15 places are kept as codes"
    if equal:
        detail = "texts that differ but are equal as numbers, such as 250.0 and 250.00, are kept as codes"
    return InferredColumn(
        replace(column, missing_markers=markers), (*found.remarks, *remarks, ParsingNote("DQ014", detail))
    )


def _number_column(name: str, found: Evidence, override: UserOverride, style: NumberStyle) -> InferredColumn:
    """Build the column for numbers, from all values that can be read in the style."""
    solid = found.solid
    values = found.numbers
    odd = solid & np.isnan(values)
    if style.decimal == ",":
        odd |= solid & flags(pc.match_substring(found.values, "."))
    if odd.any():
        # Read through the same door as all later values, so that what is decided here is what will be read.
        base = Column(name, Kind.NUMBER, unit=style.unit, decimal=style.decimal)
        at = np.flatnonzero(odd)
        written = Texts(found.values.take(pa.array(at)), np.arange(len(at), dtype=np.int32))
        values = values.copy()
        values[at] = read(written, base).values.to_numpy(np.float64)
    good = ~np.isnan(values) & (found.counts > 0)
    distinct, counts = _distinct(values[good], found.counts[good])
    kept = np.where(good, values, np.nan)
    inferred = kind_of_numbers(NumberColumn(name, distinct, counts, found.by_row(kept)), override)
    column, kind = inferred.column, inferred.column.kind
    in_writing = odd & good
    if (style.unit or style.decimal == ",") and in_writing.any() and kind is not Kind.NUMBER:
        kind = Kind.INTEGER
    unread = solid & ~good
    markers, remarks = marked(found, ~solid)
    repeated = _repeated_words(found, unread)
    remarks = [*found.remarks, *remarks, *inferred.remarks]
    if unread.any():
        shown = ", ".join(repr(t[:30]) for t in found.take(unread, len(unread))[:3])
        detail = f"texts among numbers ({shown}) cannot be read and count as missing"
        remarks.append(ParsingNote("DQ006", detail, int(found.counts[unread].sum())))
    if in_writing.any():
        remarks.append(ParsingNote("DQ005", _style_words(style), int(found.counts[in_writing].sum())))
    column = replace(
        column,
        kind=kind,
        unit=style.unit,
        decimal=style.decimal,
        categories=column.categories if kind in (Kind.CATEGORY, Kind.BOOLEAN) else (),
        date_formats=column.date_formats if kind is Kind.DATETIME else (),
        missing_markers=tuple(dict.fromkeys((*markers, *repeated, *column.missing_markers))),
    )
    return InferredColumn(column, tuple(remarks))


def _distinct(values: NDArray[np.float64], counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Join equal numbers that were written differently; ascending."""
    if len(counts) and counts.max() == 1:
        values = np.sort(values)
    else:
        order = np.argsort(values, kind="stable")
        values, counts = values[order], counts[order]
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else np.zeros(0, dtype=np.int64)
    joined = np.add.reduceat(counts, first) if len(first) else counts
    return values[first], joined.astype(np.int64)


def _repeated_words(found: Evidence, unread: NDArray[np.bool_]) -> tuple[str, ...]:
    """Return up to ten words that come again and again among numbers: markers; a single slip of the pen is none."""
    again = unread & (found.counts >= 2)
    if not 0 < again.sum() <= 10:
        return ()
    return tuple(t for t in found.take(again) if len(t) > 1)


def _style_words(style: NumberStyle) -> str:
    if style.unit in CLOCKS:
        return f"times ({style.unit}) are read as seconds"
    parts = ["numbers are written"]
    signs = LEDGERS.get(style.unit or "")
    if signs is not None:
        minus = " and ".join(word.title() for word, sign in signs.items() if sign < 0)
        parts.append(f"with words for signs ({minus} for a minus)")
    elif style.unit:
        parts.append(f"in {style.unit!r}")
    if style.decimal == ",":
        parts.append("with a decimal comma")
    if style.bounds:
        parts.append("in part as bounds, read as the bound itself")
    if len(parts) == 1:
        parts.append("with separators")
    return " ".join(parts)


def as_dates(name: str, found: Evidence, _wish: UserOverride) -> InferredColumn | None:
    """Read as dates where most values can be; what cannot is missing then, for nothing else looks like a date."""
    texts = found.take(found.solid, _DATE_SAMPLE)
    few = texts[:: max(1, len(texts) // 30)]
    if date_style(few).readable < 0.5 * len(few):
        return None
    style = date_style(texts)
    if style.readable < _ENOUGH_DATES * len(texts):
        return None
    markers, remarks = marked(found, ~found.solid)
    column = Column(
        name,
        Kind.DATETIME,
        reason=f"values are dates, written {' or '.join(style.formats)}",
        missing_markers=markers,
        date_formats=style.formats,
        century_start=style.century,
        date_written=written if (written := written_form(texts, style.formats[0])) != style.formats[0] else "",
    )
    return InferredColumn(column, (*found.remarks, *remarks, *_date_remarks(style)))


def _date_remarks(style: DateStyle) -> list[ParsingNote]:
    written = " or ".join(style.formats)
    if style.ambiguous or style.contradictory:
        what = "no value says" if style.ambiguous else "values disagree on"
        return [ParsingNote("DQ008", f"{what} which of day and month comes first; dates are read as {written}")]
    if len(style.formats) > 1:
        return [ParsingNote("DQ007", f"dates in mixed formats are read as {written}")]
    if "%y" in written:
        years = f"{style.century} to {style.century + 99}"
        return [ParsingNote("DQ007", f"two-digit years are read as {years} ({written})")]
    return []
