"""The same counts of rows that are in memory; planning a query for each would take longer than to count them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Kind
from journeyman.entities.contract import ColumnRule, Contract, RowTest
from journeyman.stages.contract.counts import Counts, all_keys, asked_tests, on_a_scale

__all__ = ["count_frame", "rows_where"]

FloatArray = NDArray[np.float64]

_LESS, _MORE = (RowTest.BELOW, RowTest.SHORTER), (RowTest.ABOVE, RowTest.LONGER)


def count_frame(frame: pd.DataFrame, contract: Contract) -> Counts:
    """Return what a contract asks about rows.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns as :func:`journeyman.stages.contract.typed_frame.typed_frame` gives them.

    Examples
    --------
    >>> from journeyman.entities.column import Column, Kind
    >>> frame = pd.DataFrame({"v0": [1.0, np.nan, 3.0], "p0": [True, True, True]})
    >>> contract = Contract("t", 0, (ColumnRule(Column("x", Kind.NUMBER)),))
    >>> count_frame(frame, contract).tests["x", RowTest.UNREADABLE, None]
    1
    """
    places = {rule.name: k for k, rule in enumerate(contract.columns)}
    rules = {rule.name: rule for rule in contract.columns}
    values: dict[str, pd.Series[Any]] = {name: frame[f"v{k}"] for name, k in places.items()}
    tests = {}
    sizes = {rule.name: _sorted_sizes(rule, values[rule.name]) for rule in contract.columns}
    for name, test, at in asked_tests(contract.columns):
        if test in _LESS or test in _MORE:
            tests[name, test, at] = _beyond(sizes[name], test, float(at or 0.0))
        else:
            tests[name, test, at] = int(_where(frame, places[name], rules[name], test, at).sum())
    ends: dict[str, tuple[float, float]] = {}
    for rule in contract.columns:
        if on_a_scale(rule.column.kind) and values[rule.name].notna().any():
            ends[rule.name] = float(values[rule.name].min()), float(values[rule.name].max())
    return Counts(
        len(frame),
        {name: int(column.notna().sum()) for name, column in values.items()},
        ends,
        tests,
        {rule.name: _count_names(values[rule.name]) for rule in contract.columns if rule.closed},
        tuple(_count_doubled(frame, [f"v{places[c]}" for c in key.columns]) for key in all_keys(contract)),
        tuple(_count_apart(values[d.given], values[d.fixed]) for d in contract.dependencies),
        tuple(_count_reversed(values[o.lesser], values[o.greater]) for o in contract.orders),
    )


def _sorted_sizes(rule: ColumnRule, values: pd.Series[Any]) -> FloatArray:
    """Return numbers, or lengths of texts, in ascending order."""
    known = values.dropna()
    if not on_a_scale(rule.column.kind):
        asked = any(c.test in (RowTest.SHORTER, RowTest.LONGER) for c in rule.learned)
        known = known.str.len() if asked else known[:0].astype(np.float64)
    return np.sort(known.to_numpy(np.float64))


def _beyond(sizes: FloatArray, test: RowTest, at: float) -> int:
    if test in _LESS:
        return int(np.searchsorted(sizes, at, side="left"))
    return len(sizes) - int(np.searchsorted(sizes, at, side="right"))


def rows_where(
    frame: pd.DataFrame, k: int, rule: ColumnRule, test: RowTest, at: float | str | None
) -> NDArray[np.bool_]:
    """Return for which rows a statement about the k-th rule's column holds, shape (n_samples,)."""
    value: pd.Series[Any] = frame[f"v{k}"]
    compared: Any = at
    if test is RowTest.EQUAL:
        found = value == compared
    elif test in _LESS or test in _MORE:
        sizes: pd.Series[Any] = value if on_a_scale(rule.column.kind) else value.str.len()
        found = sizes < compared if test in _LESS else sizes > compared
    else:
        found = _where(frame, k, rule, test, at)
    return np.asarray(found, dtype=bool)


def _where(frame: pd.DataFrame, k: int, rule: ColumnRule, test: RowTest, at: float | str | None) -> Any:
    value, present = frame[f"v{k}"], frame[f"p{k}"].to_numpy(bool)
    known = value.notna().to_numpy(bool)
    match test:
        case RowTest.MISSING:
            return ~present
        case RowTest.UNREADABLE:
            numbers = value.to_numpy(np.float64) if rule.column.kind is Kind.INTEGER else None
            fits = known if numbers is None else known & (numbers == np.floor(numbers))
            return present & ~fits
        case RowTest.OTHER_UNIT:
            return (
                ~frame[f"w{k}"].isin(rule.units).to_numpy(bool) & known
                if f"w{k}" in frame
                else np.zeros(len(frame), dtype=bool)
            )
        case RowTest.OTHER_VALUE:
            return ~value.isin(rule.demand.one_of if at == "demand" else rule.values).to_numpy(bool) & known
        case _:  # a text of another form
            pattern = rule.demand.pattern if at == "demand" else rule.pattern
            return known & ~value.str.fullmatch(f"(?:{pattern})").fillna(True).to_numpy(bool)


def _count_names(values: pd.Series[Any]) -> Mapping[float | str, int]:
    counts: dict[Any, int] = values.value_counts().to_dict()
    return counts


def _count_doubled(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[int, int]:
    known = frame[list(columns)].dropna()
    later = known[known.duplicated()]
    return len(later.drop_duplicates()), len(later)


def _count_apart(given: pd.Series[Any], fixed: pd.Series[Any]) -> tuple[int, int]:
    pairs = pd.DataFrame({"given": given, "fixed": fixed}).dropna()
    same = pairs.value_counts(sort=False)
    each = same.groupby(level="given")
    return int((each.sum() - each.max()).sum()), len(pairs)


def _count_reversed(lesser: pd.Series[Any], greater: pd.Series[Any]) -> tuple[int, int]:
    return int((lesser > greater).sum()), int((lesser.notna() & greater.notna()).sum())
