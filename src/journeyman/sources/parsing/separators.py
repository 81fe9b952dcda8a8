"""Which of "." and "," is the decimal sign: one decision a table, from what all its columns show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from journeyman.arrow import pa, pc
from journeyman.settings import decimal_sign
from journeyman.sources.parsing.numbers import keyboard

__all__ = ["TableSigns", "Votes", "count_few_votes", "count_votes", "series_votes", "table_signs"]

_SAMPLE = 1000
_NUMBER_LIKE = 0.8  # of the texts with digits
_LEAST_LIKE = 0.3  # of all, markers and words included
_OWN_SHARE = 0.1
_FEW_TEXTS = 3
_FEW_GROUPED = 3

# What may stand around the digits: signs, units, currencies; no further digit, so that dates match nothing.
_HEAD, _TAIL = r"^[^0-9.,]{0,8}", r"[^0-9.,]{0,16}$"
_GROUP = "[ ']"


def _beyond_doubt(decimal: str, thousands: str) -> str:
    """Return the pattern of texts that can only be read with this decimal sign."""
    return (
        f"{_HEAD}(?:"
        rf"[0-9]*{decimal}(?:[0-9]{{1,2}}|[0-9]{{4,}})(?:[eE][+-]?[0-9]+)?"  # 12,5
        rf"|[0-9]+{decimal}--?"  # 12,- without cents
        rf"|0?{decimal}[0-9]{{3}}|[0-9]{{4,}}{decimal}[0-9]{{3}}"  # 0,125 and 1234,567
        rf"|[0-9]{{1,3}}(?:{thousands}[0-9]{{2,4}})+{decimal}[0-9]+"  # 1.234,5
        rf"|[0-9]{{1,3}}(?:{_GROUP}[0-9]{{3}})+{decimal}[0-9]+"  # 1 234,567
        rf"|[0-9]{{1,3}}(?:{thousands}[0-9]{{3}}){{2,}}"  # 1.234.567
        rf"|[0-9]{{1,2}}(?:{thousands}[0-9]{{2}})+{thousands}[0-9]{{3}}"  # 12.34.567
        f"){_TAIL}"
    )


_BEYOND_DOUBT = {",": _beyond_doubt(",", r"\."), ".": _beyond_doubt(r"\.", ",")}
_OPEN = {sign: rf"{_HEAD}[1-9][0-9]{{0,2}}{sign}[0-9]{{3}}{_TAIL}" for sign in (",", r"\.")}
_SHORT, _LONG = f"{_HEAD}[0-9]{{1,3}}{_TAIL}", f"{_HEAD}[0-9]{{4,}}{_TAIL}"


@dataclass(frozen=True)
class Votes:
    """What the texts of one column show.

    Attributes
    ----------
    comma, point : int
        Texts that can only be read with that decimal sign ("12,5", "1.234,5", "0.125").
    open_comma, open_point : int
        Texts that can be read with both, as one sign stands before three digits ("1,234").
    short, long : int
        Whole numbers without a sign, of up to three digits and of more.
    """

    comma: int = 0
    point: int = 0
    open_comma: int = 0
    open_point: int = 0
    short: int = 0
    long: int = 0

    @property
    def own(self) -> str | None:
        """The decimal sign that most texts beyond doubt have; None without any."""
        if not self.comma and not self.point:
            return None
        return "," if self.comma > self.point else "."

    @property
    def grouped(self) -> str | None:
        """The decimal sign by which open texts are thousands, where whole numbers beside them show it.

        Decimals of which all have three places are hardly ever whole, and whole numbers from 1000 on that are not
        grouped speak against groups.
        """
        if self.long or self.short < _FEW_GROUPED or bool(self.open_comma) is bool(self.open_point):
            return None
        return "," if self.open_point else "."

    @property
    def open(self) -> int:
        """Texts that can be read with both signs."""
        return self.open_comma + self.open_point


@dataclass(frozen=True)
class TableSigns:
    """What a table shows of its decimal sign.

    Attributes
    ----------
    decimal : str or None
        The sign that its columns show; None where none of them does.
    texts : int
        Texts beyond doubt that show it.
    mixed : bool
        Whether other columns show the other sign.
    wanted : str or None
        The sign that the user named; it counts alone.
    """

    decimal: str | None = None
    texts: int = 0
    mixed: bool = False
    wanted: str | None = None

    def of_column(self, votes: Votes) -> tuple[str, str]:
        """Return the decimal sign of a column, and why it is in doubt ("" where it is not)."""
        if self.wanted is not None:
            return self.wanted, ""
        own = votes.own
        if own is not None and not (votes.open and self.decimal not in (None, own) and self._rare(votes)):
            return own, ""
        if self.decimal is None:
            decimal = votes.grouped or "."
            return decimal, "no other value of the table says which" if votes.open and not votes.grouped else ""
        if not votes.open:
            return self.decimal, ""
        if self.mixed:
            return self.decimal, "columns of the table disagree"
        few = self.texts < _FEW_TEXTS and votes.grouped != self.decimal
        return self.decimal, f"only {self.texts} other values say so" if few else ""

    @staticmethod
    def _rare(votes: Votes) -> bool:
        own = max(votes.comma, votes.point)
        return own < _OWN_SHARE * (own + votes.open)


def table_signs(votes: Iterable[Votes], decimal: str | None = None, thousands: str | None = None) -> TableSigns:
    """Decide what the columns of a table show together.

    A comma counts more than a point: whoever writes 12,5 in one column hardly writes 12.5 in the next, while versions,
    addresses and what programs write hold points anywhere.

    Parameters
    ----------
    votes : iterable of Votes
        One a column.
    decimal, thousands : str, optional
        The signs that the user named.

    Examples
    --------
    >>> signs = table_signs([Votes(comma=40), Votes(open_point=9, short=20)])
    >>> signs.of_column(Votes(open_point=9, short=20))
    (',', '')
    """
    wanted = decimal_sign(decimal, thousands)
    if wanted is not None:
        return TableSigns(wanted=wanted)
    columns = list(votes)
    if thousands is not None:  # groups are parted by another sign, so that no single point or comma parts any
        columns = [Votes(v.comma + v.open_comma, v.point + v.open_point, 0, 0, v.short, v.long) for v in columns]
    comma = [v.comma for v in columns if v.own == ","]
    point = [v.point for v in columns if v.own == "."]
    if comma and 2 * len(comma) >= len(point):
        return TableSigns(",", sum(comma), bool(point))
    if point:
        return TableSigns(".", sum(point), bool(comma))
    grouped = {v.grouped for v in columns if v.grouped is not None}
    return TableSigns(grouped.pop() if len(grouped) == 1 else None)


def count_votes(texts: pa.Array) -> Votes:
    """Count what texts show; nothing where most of them are no numbers.

    Parameters
    ----------
    texts : pyarrow.Array of string, shape (n,)
        Cleaned texts without nulls.

    Examples
    --------
    >>> count_votes(pa.array(["12,5", "1.234", "7", "1.234,50 €"]))
    Votes(comma=2, point=0, open_comma=0, open_point=1, short=1, long=0)
    """
    if not len(texts):
        return Votes()
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        texts = pa.array([keyboard(t) for t in texts.to_pylist()], type=pa.large_string())
    return _count_votes(lambda pattern: int(pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0), len(texts))


def count_few_votes(texts: Sequence[str]) -> Votes:
    """Count what a few texts show, as ``count_votes`` does, and without Arrow.

    Examples
    --------
    >>> count_few_votes(["12,5", "1.234", "7", "1.234,50 €"])
    Votes(comma=2, point=0, open_comma=0, open_point=1, short=1, long=0)
    """
    plain = [keyboard(text) for text in texts]
    return _count_votes(lambda pattern: sum(re.search(pattern, text) is not None for text in plain), len(plain))


def _count_votes(matching: Callable[[str], int], texts: int) -> Votes:
    """Return the votes of some texts of which so many match a pattern."""
    digits = matching("[0-9]")
    if digits < _LEAST_LIKE * texts:
        return Votes()
    votes = Votes(short=matching(_SHORT), long=matching(_LONG))
    if matching("[,.]"):
        decided = matching(_BEYOND_DOUBT[","]), matching(_BEYOND_DOUBT["."])
        votes = Votes(*decided, matching(_OPEN[","]), matching(_OPEN[r"\."]), votes.short, votes.long)
    like = votes.comma + votes.point + votes.open + votes.short + votes.long
    return votes if like >= max(_NUMBER_LIKE * digits, _LEAST_LIKE * texts) else Votes()


def series_votes(values: pd.Series) -> Votes:
    """Count what a raw column shows: a sample of its distinct texts, and all of them where that leaves it open."""
    if not (isinstance(values.dtype, pd.StringDtype) or values.dtype == object):
        return Votes()
    rows = len(values)
    at = np.unique(np.linspace(0, rows - 1, min(rows, _SAMPLE)).astype(np.int64)) if rows else np.zeros(0, dtype=int)
    votes = count_votes(_texts(values.iloc[at]))
    if votes.own is not None or rows <= _SAMPLE or not (votes.open or votes.short or votes.long):
        return votes
    more = count_votes(_texts(values, signed=True))
    return Votes(more.comma, more.point, more.open_comma, more.open_point, votes.short, votes.long)


def _texts(values: pd.Series, signed: bool = False) -> pa.Array:
    """Return the distinct texts among the values, trimmed; only those with a point or a comma where ``signed``."""
    try:
        array = pa.array(values, type=pa.large_string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        array = pa.array([v for v in values if isinstance(v, str)], type=pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if signed:
        array = array.filter(pc.or_(pc.match_substring(array, ","), pc.match_substring(array, ".")))
    texts = pc.utf8_trim(array.unique().drop_null(), characters=" \t\n\r\u00a0\u202f'\"")
    return texts.filter(pc.not_equal(texts, ""))
