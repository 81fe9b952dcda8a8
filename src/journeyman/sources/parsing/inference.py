"""What the values of a column are, decided from the values, with the reasons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind
from journeyman.sources.parsing.date_styles import date_style
from journeyman.sources.parsing.encoded import Dates, Encoded, Numbers, PlainTexts, Texts, as_texts, encode
from journeyman.sources.parsing.evidence import Evidence, gathered, marked
from journeyman.sources.parsing.images import is_image_text
from journeyman.sources.parsing.inferred import InferredColumn, ParsingNote, UserOverride
from journeyman.sources.parsing.labels import parse_number
from journeyman.sources.parsing.name_kinds import UNIQUE, as_category, as_names, as_single, most_frequent
from journeyman.sources.parsing.number_kinds import MIN_UNIQUE_ROWS, NumberColumn, kind_of_numbers
from journeyman.sources.parsing.numbers import number_style
from journeyman.sources.parsing.plain import plain_in
from journeyman.sources.parsing.separators import Votes, count_votes, table_signs
from journeyman.sources.parsing.text_kinds import as_boolean, as_clock, as_dates, as_numbers, has_codes
from journeyman.sources.parsing.texts import PLAIN

__all__ = ["infer", "infer_column"]

_NAT = np.iinfo(np.int64).min
_EXACT = 2**53  # up to here doubles hold every whole number
_MOST_LABELS = 100
_LOOKED_AT = 40
_SAID = "the settings say so"


def infer_column(name: str, values: pd.Series, override: UserOverride | None = None) -> Column:
    """Decide what a raw column is.

    Parameters
    ----------
    name : str
        Its name, which decides only where the values do not (is 1553372469 a number or a moment?).
    values : pandas.Series of shape (n_samples,)
        Raw values of any dtype.
    override : UserOverride or None
        What the user said of it.

    Raises
    ------
    TypeError
        The column holds nested values.

    Examples
    --------
    >>> infer_column("price", pd.Series(["$1,200", "$900", "n/a"])).unit
    '$'
    >>> infer_column("size", pd.Series(["low", "high", "low", "medium"])).categories
    ('low', 'medium', 'high')
    """
    return infer(name, encode(values), override or UserOverride()).column


def infer(name: str, encoded: Encoded, override: UserOverride) -> InferredColumn:
    """Decide what an encoded column is, and say what should be said about it."""
    if override.decimal is None:
        votes = count_votes(as_texts(encoded).cleaned) if isinstance(encoded, (Texts, PlainTexts)) else Votes()
        override = replace(override, decimal=table_signs([votes]).of_column(votes)[0])
    inferred = _free(name, encoded, replace(override, kind=None))
    if override.kind is not None:
        inferred = _forced(inferred, encoded, override)
    if override.spelled and inferred.column.kind.numeric:
        inferred = _spelled(inferred, encoded)
    if inferred.column.kind.numeric:
        inferred = replace(inferred, column=replace(inferred.column, decimal=override.decimal or "."))
    if not override.missing:
        return inferred
    markers = tuple(dict.fromkeys((*inferred.column.missing_markers, *override.missing)))
    return replace(inferred, column=replace(inferred.column, missing_markers=markers))


def _spelled(inferred: InferredColumn, encoded: Encoded) -> InferredColumn:
    """Keep how few labels that are numbers are written, each number by its most frequent text."""
    texts, column = as_texts(encoded), inferred.column
    if len(texts.values) > _MOST_LABELS or (column.kind is Kind.BOOLEAN and column.categories != ("0", "1")):
        return inferred
    plain = replace(column, kind=Kind.NUMBER, categories=())
    by_number: dict[float, str] = {}
    for at in np.argsort(-texts.counts, kind="stable").tolist():
        text = texts.cleaned[at].as_py()
        by_number.setdefault(parse_number(text, plain), text)
    spelled = tuple(text for number, text in sorted(by_number.items()) if number == number)
    return replace(
        inferred,
        column=replace(column, kind=Kind.INTEGER if column.kind is Kind.BOOLEAN else column.kind, categories=spelled),
    )


def _free(name: str, encoded: Encoded, override: UserOverride) -> InferredColumn:
    if isinstance(encoded, Dates):
        if len(np.unique(encoded.micros[encoded.micros != _NAT])) < 2:
            return as_single(name, gathered(as_texts(encoded), override), native=True)
        return InferredColumn(Column(name, Kind.DATETIME, reason="the source holds dates", native=True))
    if isinstance(encoded, Numbers):
        return _typed(name, encoded, override)
    if (
        isinstance(encoded, PlainTexts)
        and not override.missing
        and plain_in(encoded.array, override.decimal)
        and not has_codes(encoded.array, name)
    ):
        distinct, counts = np.unique(encoded.numbers, return_counts=True)
        plain = kind_of_numbers(NumberColumn(name, distinct, counts.astype(np.int64), encoded.numbers), override)
        if plain.column.kind in (Kind.NUMBER, Kind.INTEGER, Kind.IDENTIFIER):
            return plain
    texts = as_texts(encoded)
    if not override.target and _holds_images(texts):
        return InferredColumn(Column(name, Kind.IMAGE, reason="its values are images"))
    found = gathered(texts, override)
    if texts.typed:
        return as_category(name, found, override, "the source says that these are names of categories")
    if found.solid.sum() < 2:
        # Where words are all there is beside one value, they are values.
        if found.present.sum() < 2:
            return as_single(name, found, native=False)
        return as_category(name, found, override, f"{int(found.present.sum())} categories")
    for decide in (as_boolean, as_dates, as_clock, as_numbers):
        inferred = decide(name, found, override)
        if inferred is not None:
            return inferred
    return as_names(name, found, override)


def _holds_images(texts: Texts) -> bool:
    """Say whether most of the first texts are images; some may be broken, and some rows may have none."""
    first = [t for t in texts.values.slice(0, _LOOKED_AT).to_pylist() if t]
    return sum(map(is_image_text, first)) > len(first) / 2


def _typed(name: str, encoded: Numbers, override: UserOverride) -> InferredColumn:
    """Decide for a column that the source holds as numbers or truth values."""
    exact = _beyond_doubles(encoded)
    if exact is not None:
        inferred = _big_codes(name, exact, encoded, override)
        if inferred is not None:
            return inferred
    finite = encoded.values[np.isfinite(encoded.values)]
    distinct, counts = np.unique(finite, return_counts=True)
    if len(distinct) < 2:
        return as_single(name, gathered(as_texts(encoded), override), native=True)
    if encoded.exact.dtype.kind == "b":
        reason = "the source holds truth values"
        return InferredColumn(Column(name, Kind.BOOLEAN, reason=reason, categories=("False", "True"), native=True))
    numbers = NumberColumn(name, distinct, counts.astype(np.int64), encoded.values)
    numbers = numbers.without(tuple(float(m) for m in override.missing if PLAIN.fullmatch(m)))
    if len(numbers.distinct) < 2:
        return as_single(name, gathered(as_texts(encoded), override), native=True)
    inferred = kind_of_numbers(numbers, override)
    return replace(inferred, column=replace(inferred.column, native=True))


def _beyond_doubles(encoded: Numbers) -> NDArray[np.generic] | None:
    """Return the distinct whole numbers of a column where some are too large for a double to hold each; else None."""
    if encoded.exact.dtype.kind not in "iu" or encoded.exact.dtype.itemsize < 8:
        return None
    present = encoded.exact[~np.isnan(encoded.values)]
    if not len(present) or (int(present.max()) <= _EXACT and int(present.min()) >= -_EXACT):
        return None
    return np.unique(present)


def _big_codes(
    name: str, exact: NDArray[np.generic], encoded: Numbers, override: UserOverride
) -> InferredColumn | None:
    """Keep whole numbers beyond 2^53 as codes, to the last digit: where doubles mix them up, or as labels."""
    mixed = len(np.unique(exact.astype(np.float64))) < len(exact)
    if len(exact) < 2 or not (mixed or (override.target and len(exact) <= _MOST_LABELS)):
        return None
    found = gathered(as_texts(encoded), override)
    rows = int(found.counts[found.solid].sum())
    if len(exact) >= UNIQUE * rows and rows >= MIN_UNIQUE_ROWS and not override.target:
        column = Column(name, Kind.IDENTIFIER, reason=f"{len(exact)} of {rows} whole numbers differ", native=True)
    else:
        names, _ = most_frequent(found, found.solid)
        column = Column(name, Kind.CATEGORY, reason="whole numbers that are codes", categories=names, native=True)
    detail = "whole numbers beyond 2^53, which calculations would round, are kept as codes"
    return InferredColumn(column, (ParsingNote("DQ014", detail),))


def _forced(free: InferredColumn, encoded: Encoded, override: UserOverride) -> InferredColumn:
    """Return the column of the kind that the user wants, read as well as it can be."""
    kind = override.kind or free.column.kind
    said = ParsingNote("DQ017", f"read as {kind} because {_SAID}")
    if free.column.kind is kind:
        return InferredColumn(replace(free.column, reason=_SAID), (*free.remarks, said))
    found = gathered(as_texts(encoded), override)
    base = Column(free.column.name, kind, reason=_SAID, native=not isinstance(encoded, (Texts, PlainTexts)))
    if kind.categorical:
        column = _as_wanted_names(base, found, override)
    elif kind is Kind.BOOLEAN:
        values = sorted(found.take(found.solid, 3))
        column = replace(base, categories=tuple(values) if len(values) == 2 else ())
    elif kind.numeric:
        column = _as_wanted_numbers(base, found, override)
    elif kind is Kind.DATETIME:
        column = _as_wanted_dates(base, found, encoded)
    else:
        column = base
    markers, _ = marked(found, found.signs)
    column = replace(column, missing_markers=tuple(dict.fromkeys((*column.missing_markers, *markers))))
    return InferredColumn(column, (*found.remarks, said))


def _as_wanted_names(base: Column, found: Evidence, override: UserOverride) -> Column:
    # What the user calls a category is one, "none" included.
    made = as_category(base.name, found, replace(override, target=True), _SAID).column
    levels = made.categories
    if base.kind is Kind.ORDERED and made.kind is not Kind.ORDERED and all(PLAIN.fullmatch(v) for v in levels):
        levels = tuple(sorted(levels, key=lambda v: (float(v), v)))
    return replace(base, categories=levels, missing_markers=made.missing_markers)


def _as_wanted_numbers(base: Column, found: Evidence, override: UserOverride) -> Column:
    odd = found.take(found.solid & np.isnan(found.numbers))
    return replace(base, unit=number_style(odd, override.decimal or ".").unit)


def _as_wanted_dates(base: Column, found: Evidence, encoded: Encoded) -> Column:
    style = date_style(found.take(found.solid, 600))
    formats = style.formats
    numbers = found.numbers[~np.isnan(found.numbers)]
    if not formats and (isinstance(encoded, Numbers) or len(numbers)):
        formats = ("epoch_ms",) if np.abs(numbers).max(initial=0.0) > 3e10 else ("epoch_s",)
    return replace(base, date_formats=formats, century_start=style.century)
