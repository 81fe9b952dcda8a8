"""Find joins: which columns of a lake hold the keys of a table, one by one and together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import ColumnSketch, JoinKey, KeyForm, KeyMatch, LakeTable
from journeyman.joiners.keys import ABSENT, row_keys

__all__ = ["KeyPair", "choose_keys", "find_pairs", "holds_copy", "match_rate", "times_of"]

_LEAST_CONTAINED, _LEAST_SHARED = 0.3, 3
_SURE_CONTAINED, _SURE_DISTINCT = 0.9, 100
_LEAST_MATCHED = 0.1
_KEPT_MATCHED = 0.8
_FOLD_GAIN = 0.02
_MOST_KEYS = 6
_UNIQUE = 0.98
_COPIED = 0.7
_GENERIC = frozenset(["id", "key", "code", "no", "nr", "num", "number", "name", "the", "of"])
_NO_TIMES = re.compile(r"birth|born|dob|expir|until|due|planned|deadline|valid_?to|end(?:_|$)", re.IGNORECASE)
_FROM = re.compile(
    r"(?:valid|effective|active)?[_ ]?(?:from|since|start|begin)(?:[_ ]?(?:date|time|at))?", re.IGNORECASE
)
_TO = re.compile(r"(?:valid|effective|active)?[_ ]?(?:to|until|till|end|thru)(?:[_ ]?(?:date|time|at))?", re.IGNORECASE)


@dataclass(frozen=True)
class KeyPair:
    """Two columns that hold the same values.

    Attributes
    ----------
    base, other : ColumnSketch
        Of the table and of one of the lake.
    contained : float
        Share of the base column's distinct values that the other one has.
    alike : float
        From 0 to 1, how much their names say the same.
    """

    base: ColumnSketch
    other: ColumnSketch
    contained: float
    alike: float


def find_pairs(base: Sequence[ColumnSketch], tables: Sequence[LakeTable]) -> dict[str, tuple[KeyPair, ...]]:
    """Return the pairs of columns that could be keys, by the name of the table of the lake, the best first.

    All hashes of the lake are looked up at once: the work grows with the number of values, not of pairs.

    Examples
    --------
    >>> from journeyman.entities.lake import Listed
    >>> from journeyman.joiners.keys import hashes_of
    >>> def sketch(name, values):
    ...     return ColumnSketch(Column(name, Kind.CATEGORY), 3, 3, 3, hashes_of(values))
    >>> lake = [LakeTable(Listed("towns", ""), 3, (sketch("Town", ["ulm", "kiel", "bonn"]),))]
    >>> [p.contained for p in find_pairs([sketch("town", ["ulm", "kiel", "x"])], lake)["towns"]]
    [0.6666666666666666]
    """
    columns = [(table, column) for table in tables for column in table.columns if len(column.hashes)]
    if not columns:
        return {}
    hashes = np.concatenate([column.hashes for _, column in columns])
    owners = np.repeat(np.arange(len(columns)), [len(column.hashes) for _, column in columns])
    found: dict[str, list[KeyPair]] = {}
    for sketch in base:
        if len(sketch.hashes) < 2:
            continue
        places = np.minimum(np.searchsorted(sketch.hashes, hashes), len(sketch.hashes) - 1)
        shared = np.bincount(owners[sketch.hashes[places] == hashes], minlength=len(columns))
        for number in np.flatnonzero(shared).tolist():
            table, column = columns[number]
            asked = len(sketch.hashes)
            if not column.complete:  # of the smallest hashes of a column those of the other one are a fair sample
                asked = int(np.searchsorted(sketch.hashes, column.hashes[-1], side="right"))
            pair = KeyPair(
                sketch, column, float(shared[number]) / max(asked, 1), _alike(sketch.name, column.name, table.name)
            )
            if _is_plausible(pair, int(shared[number])):
                found.setdefault(table.name, []).append(pair)
    return {
        name: tuple(sorted(pairs, key=lambda p: (-p.alike - p.contained, -p.other.distinct)))
        for name, pairs in found.items()
    }


def _is_plausible(pair: KeyPair, shared: int) -> bool:
    """Say whether two columns can mean the same; small whole numbers are shared by chance."""
    base, other = pair.base, pair.other
    if (base.column.kind is Kind.DATETIME) != (other.column.kind is Kind.DATETIME):
        return False
    if pair.alike >= 0.5:
        return pair.contained >= _LEAST_CONTAINED
    if base.whole or other.whole:
        sure = pair.contained >= _SURE_CONTAINED and base.distinct >= _SURE_DISTINCT and other.unique
        return sure and other.distinct <= 20 * base.distinct and not _is_range(other)
    return pair.contained >= _LEAST_CONTAINED and shared >= _LEAST_SHARED


def _is_range(sketch: ColumnSketch) -> bool:
    """Say whether a column of whole numbers may just count rows, so that it holds any other numbers as well."""
    return sketch.whole and sketch.unique and sketch.distinct == sketch.rows


def _alike(base: str, other: str, table: str) -> float:
    """Return how much the names of two columns say the same; 1 for equal ones.

    Examples
    --------
    >>> _alike("Center ID", "center_id", "x"), _alike("center_id", "id", "centers"), _alike("day", "hour", "x")
    (1.0, 0.8, 0.0)
    """
    one, two = _words(base), _words(other)
    if one == two:
        return 1.0
    own = [word for word in one if word not in _GENERIC]
    its = [word for word in two if word not in _GENERIC]
    if own and not its and any(_words(table)[-1:] and word.startswith(own[-1]) for word in _words(table)):
        return 0.8
    if not own or not its:
        return 0.0
    shared = len(set(own) & set(its))
    return shared / max(len(set(own)), len(set(its)))


def _words(name: str) -> list[str]:
    parts = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name.rsplit(".", 1)[-1])
    return re.findall(r"[a-z]+|\d+", parts.lower())


def holds_copy(base: Sequence[ColumnSketch], table: LakeTable, target: str) -> str:
    """Return why a table is the base table itself, a copy or a part of its rows; "" where it is another one."""
    own = {s.name.strip().casefold(): s for s in base if s.distinct > 1}
    same = [
        (s, column)
        for column in table.columns
        if (s := own.get(column.name.strip().casefold())) is not None
        and (not len(s.hashes) or not len(column.hashes) or _share_contained(column, s) > 0.9)
    ]
    names = {s.name for s, _ in same}
    wanted = next(s for s in base if s.name == target)
    others = [s for s in own.values() if s.name != target]
    share = len([s for s in others if s.name in names]) / max(len(others), 1)
    if len(others) < 2 or share < _COPIED:
        return ""
    if target in names:
        return f"it looks like the table itself or a copy of its rows: it holds {target!r}, which is to be predicted"
    hidden = [
        c.name
        for c in table.columns
        if c.name.strip().casefold() not in own and len(wanted.hashes) and _share_contained(wanted, c) > 0.9
    ]
    if hidden:
        return f"it is a copy of the table's rows, and its column {hidden[0]!r} holds the values of {target!r}"
    return ""


def _share_contained(one: ColumnSketch, other: ColumnSketch) -> float:
    if not len(one.hashes):
        return 0.0
    return float(np.isin(one.hashes, other.hashes).mean())


def times_of(table: LakeTable, time: Column | None) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns that say when rows of a table were known, and the two that say from when until when they hold.

    Examples
    --------
    >>> from journeyman.entities.lake import Listed
    >>> def dates(name):
    ...     return ColumnSketch(Column(name, Kind.DATETIME), 1, 1, 1, np.zeros(0, dtype=np.uint64))
    >>> prices = LakeTable(Listed("prices", ""), 1, (dates("valid_from"), dates("valid_to"), dates("birth date")))
    >>> [[c.name for c in columns] for columns in times_of(prices, Column("day", Kind.DATETIME))]
    [['valid_from'], ['valid_from', 'valid_to']]
    """
    if time is None:
        return (), ()
    if time.kind is not Kind.DATETIME:
        same = [s.column for s in table.columns if s.column.kind.numeric or s.column.kind is Kind.IDENTIFIER]
        return tuple(c for c in same if _words(c.name) == _words(time.name)), ()
    dates = [s.column for s in table.columns if s.column.kind is Kind.DATETIME]
    begins = [c for c in dates if _FROM.fullmatch(c.name.strip())]
    ends = [c for c in dates if _TO.fullmatch(c.name.strip())]
    times = tuple(c for c in dates if not _NO_TIMES.search(c.name) and c not in ends)
    return times, (begins[0], ends[0]) if len(begins) == 1 and len(ends) == 1 else ()


def choose_keys(
    frames: tuple[pd.DataFrame, pd.DataFrame],
    pairs: Sequence[KeyPair],
    table: LakeTable,
    time: Column | None = None,
    via: str = "",
) -> tuple[KeyMatch, ...]:
    """Return by which keys the rows of a table can be found, the best first; none where few rows would be.

    Columns are put together until a key has one row, as long as nearly as many rows find a partner; else the column
    with most values has several rows a key.

    Parameters
    ----------
    frames : pair of pandas.DataFrame
        Raw rows of the base table and of the other one.
    pairs : sequence of KeyPair
        Columns that could be keys.
    table : LakeTable
        The other one.
    time : Column or None
        When a row of the base table happened; it is no key, and neither are the other table's times.
    via : str
        Name of the table that brings the keys.
    """
    times, span = times_of(table, time)
    taken = {c.name for c in (*times, *span)}
    pairs = [p for p in pairs if p.other.name not in taken and (time is None or p.base.name != time.name)]
    match = KeyMatch(table, (), False, time, times, span, via)
    found: list[KeyMatch] = []
    singles = [(p, *_strictest_form(frames, p)) for p in pairs]
    singles = [one for one in singles if one[2] >= _LEAST_MATCHED]
    dated = bool(times or span)
    for pair, key, _ in sorted((s for s in singles if s[0].other.unique), key=lambda s: (-s[2], -s[0].alike))[:2]:
        if not (pair.base.whole and pair.alike < 0.5 and pair.base.column.kind is Kind.BOOLEAN):
            found.append(replace(match, keys=(key,), unique=not dated))
    if found:
        return tuple(found)
    if singles:
        found = _compose_keys(frames, singles, match, dated)
    if not found and time is not None and times and not span and time.kind is Kind.DATETIME:
        found = [replace(match, keys=(), unique=False)]  # what is known of a moment, for all rows alike
    return tuple(found)


def _compose_keys(
    frames: tuple[pd.DataFrame, pd.DataFrame],
    singles: Sequence[tuple[KeyPair, JoinKey, float]],
    match: KeyMatch,
    dated: bool,
) -> list[KeyMatch]:
    base, other = frames
    order = sorted(singles, key=lambda s: (-s[0].other.distinct * s[2], -s[0].alike))
    keys: tuple[JoinKey, ...] = (order[0][1],)
    matched = order[0][2]
    unique = _uniqueness(other, keys, match.times)
    rest = [s for s in order[1:] if s[0].alike >= 0.5 or not s[0].base.whole]
    while unique < _UNIQUE and rest and len(keys) < _MOST_KEYS:
        best = None
        for single in rest:
            if any(single[1].base.name == k.base.name or single[1].other.name == k.other.name for k in keys):
                continue
            longer = (*keys, single[1])
            rate = match_rate(base, other, longer)
            if rate >= max(_LEAST_MATCHED, _KEPT_MATCHED * matched):
                told = _uniqueness(other, longer, match.times)
                if told > unique + 1e-9 and (best is None or told > best[0]):
                    best = (told, longer, rate, single)
        if best is None:
            break
        unique, keys, matched = best[0], best[1], best[2]
        rest = [s for s in rest if s is not best[3]]
    if unique >= _UNIQUE:
        return [replace(match, keys=keys, unique=not dated)]
    return [replace(match, keys=(order[0][1],), unique=False)]


def _uniqueness(other: pd.DataFrame, keys: Sequence[JoinKey], times: Sequence[Column]) -> float:
    """Return how many keys, and moments where there are some, differ, as a share of the rows."""
    texts = row_keys(other, keys, is_base=False)
    present = texts != ABSENT
    if not present.any():
        return 0.0
    told = pd.DataFrame({"key": texts[present], **{c.name: other[c.name].to_numpy()[present] for c in times}})
    return float(1.0 - told.duplicated().mean())


def _strictest_form(frames: tuple[pd.DataFrame, pd.DataFrame], pair: KeyPair) -> tuple[JoinKey, float]:
    """Return the strictest form in which two columns meet nearly as often as in any, and the share of rows that do."""
    base, other = frames
    if pair.base.column.kind is Kind.DATETIME:
        key = JoinKey(pair.base.column, pair.other.column, KeyForm.MOMENT)
        return key, match_rate(base, other, (key,))
    strict = JoinKey(pair.base.column, pair.other.column, KeyForm.EXACT)
    loose = JoinKey(pair.base.column, pair.other.column, KeyForm.FOLDED)
    exact, folded = match_rate(base, other, (strict,)), match_rate(base, other, (loose,))
    return (loose, folded) if folded > exact + _FOLD_GAIN else (strict, exact)


def match_rate(base: pd.DataFrame, other: pd.DataFrame, keys: Sequence[JoinKey]) -> float:
    """Return the share of the base table's rows whose key the other table has."""
    texts = row_keys(base, keys, is_base=True)
    known = pd.Index(pd.unique(row_keys(other, keys, is_base=False)), dtype=object)
    return float(((known.get_indexer(pd.Index(texts, dtype=object)) >= 0) & (texts != ABSENT)).mean())
