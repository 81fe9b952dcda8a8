"""Contract checks that any joiner can be run through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.lake import END, KEY, START, Join, JoinKey, KeyMatch, LakeTable, Listed
from journeyman.interfaces import Joiner
from journeyman.joiners.lookups import Lookup
from journeyman.sources.parsing import infer_column
from journeyman.stages.sketch_table import sketch_table
from journeyman.testing.run_all import run_all

__all__ = ["JOINER_CHECKS", "check_joiner"]

_SHOP, _DAY = Column("shop", Kind.CATEGORY), Column("day", Kind.DATETIME, date_formats=("%Y-%m-%d",))
_SINGLE = pd.DataFrame({"shop": ["a", "b", "c"], "size": ["1", "2", "3"]})
_SEVERAL = pd.DataFrame({"shop": ["a", "a", "b", "b", "b"], "size": ["1", "3", "2", "4", "9"]})
_DAYS = ["2024-01-01", "2024-02-01", "2024-01-01", "2024-02-01", "2024-03-01"]
_ENDS = pd.Series(["2024-02-01", None, "2024-02-01", "2024-03-01", None])
_DATED = _SEVERAL.assign(day=_DAYS, until=_ENDS)
_BASE = pd.DataFrame(
    {"shop": ["a", "b", "b", "x", None, "a"], "day": ["2024-02-01", "2024-02-15", "2024-03-15", *["2024-02-15"] * 3]}
)


def check_joiner(joiner: Joiner) -> None:
    """Run every check.

    Raises
    ------
    AssertionError
        Naming the checks that failed, and the joiner.

    Examples
    --------
    >>> from journeyman.joiners.exact import ExactJoiner
    >>> check_joiner(ExactJoiner())
    """
    run_all(f"the joiner {joiner.name}", JOINER_CHECKS, joiner)


def _proposals(joiner: Joiner) -> list[tuple[Join, pd.DataFrame]]:
    """Return what a joiner proposes of tables with one row a key, several rows a key, rows with days and with spans."""
    found = []
    for frame, unique, times in ((_SINGLE, True, ()), (_SEVERAL, False, ()), (_DATED, False, ("day",))):
        for span in ((), ("day", "until")) if times else ((),):
            table = LakeTable(Listed("sizes", "sizes.csv"), len(frame), sketch_table(frame, thorough=True))
            columns = {name: infer_column(name, frame[name]) for name in map(str, frame.columns)}
            keys = (JoinKey(_SHOP, columns["shop"]),)
            told = (tuple(columns[n] for n in times), tuple(columns[n] for n in span))
            join = joiner.propose(KeyMatch(table, keys, unique, _DAY if times else None, *told))
            if join is not None:
                found.append((join, frame))
    return found


def _check_proposal(joiner: Joiner) -> None:
    """It joins one of the usual tables at least, under its own name, and repeats itself."""
    joins = _proposals(joiner)
    assert joins, "it proposes no join"
    assert all(join.kind == joiner.name for join, _ in joins), "its joins bear another name"
    assert [join for join, _ in _proposals(joiner)] == [join for join, _ in joins], "it proposes now this, now that"


def _check_prepared(joiner: Joiner) -> None:
    """What it prepares is sorted, has no two rows of a key and moment, and no name twice."""
    for join, frame in _proposals(joiner):
        before = frame.copy()
        ready = joiner.prepare(join, frame)
        assert frame.equals(before), "it changes the rows that it is given"
        names = [name for name in (KEY, START, END) if name in ready.columns]
        assert names[:1] == [KEY], "there is no key"
        assert (START in names) == (join.time is not None), "a start goes with a time"
        assert not ready.duplicated(names[:2]).any(), "two rows of one key and moment"
        assert ready.sort_values(names[:2], kind="stable").index.tolist() == list(range(len(ready))), "it is not sorted"
        assert ready.columns.is_unique, "a name is there twice"


def _check_rows_stay(joiner: Joiner) -> None:
    """Rows stay as many, and a key that is missing or unknown finds nothing."""
    for join, frame in _proposals(joiner):
        partners = Lookup(join, joiner.prepare(join, frame)).partners(_BASE)
        assert partners.shape == (len(_BASE),), "rows are more or fewer"
        assert partners[3] == -1, "a key that is not there finds a row"
        assert partners[4] == -1, "a missing key finds a row"


def _check_nothing_later(joiner: Joiner) -> None:
    """What a row is given does not change when rows of its moment or later are taken away."""
    for join, frame in _proposals(joiner):
        if join.time is None:
            continue
        whole = _fetch(joiner, join, frame)
        for number, day in enumerate(_BASE["day"]):
            early = frame[frame["day"] <= day] if join.end is not None else frame[frame["day"] < day]
            alone = _fetch(joiner, join, early.reset_index(drop=True)) if len(early) else None
            lost = alone is None or alone.iloc[number].isna().all()
            same = bool(lost and whole.iloc[number].isna().all())
            same = same or (alone is not None and alone.iloc[number].equals(whole.iloc[number]))
            assert same, f"row {number} was given something from {day} or later"


def _check_row_alone(joiner: Joiner) -> None:
    """A row alone is given what it is given among others."""
    for join, frame in _proposals(joiner):
        lookup = Lookup(join, joiner.prepare(join, frame))
        alone = [int(lookup.partners(_BASE.iloc[[k]].reset_index(drop=True))[0]) for k in range(len(_BASE))]
        assert np.array_equal(alone, lookup.partners(_BASE)), "a row alone finds another partner"


def _fetch(joiner: Joiner, join: Join, frame: pd.DataFrame) -> pd.DataFrame:
    lookup = Lookup(join, joiner.prepare(join, frame))
    return lookup.values(lookup.partners(_BASE)).astype(object)


JOINER_CHECKS: Mapping[str, Callable[[Joiner], None]] = {
    "it proposes a join": _check_proposal,
    "what it prepares is sorted, one row a key and moment": _check_prepared,
    "rows stay as many": _check_rows_stay,
    "nothing comes from later": _check_nothing_later,
    "a row alone is given the same": _check_row_alone,
}
