"""Learn a contract: what held for how many rows of one table, or of several batches of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from scipy.stats import t as student

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import (
    ColumnRule,
    Contract,
    DependencyRule,
    FreshnessRule,
    LearnedCount,
    OrderRule,
    RowCountRule,
    RowTest,
)
from journeyman.entities.table import Table
from journeyman.interfaces import Engine, Source, place
from journeyman.sources.batches import source_is_typed
from journeyman.stages.contract.counting import NAMED, Counts, count_values, on_a_scale
from journeyman.stages.contract.drafting import draft_rule
from journeyman.stages.contract.judging import column_chance, shape_tests
from journeyman.stages.contract.opened import OpenedRows, open_rows
from journeyman.stages.contract.relations import find_dependencies, find_keys, find_orders

__all__ = ["learn_contract", "storage_of"]

_Rule = TypeVar("_Rule", DependencyRule, OrderRule)

_UNITS = 10
_DRAFTED = 50_000
_BATCHES = 3  # from so many on, they say how batches differ
_MARGIN = 1.25  # of what batches moved beyond chance
_WITHIN = 3.0  # of the longest time between two batches


def learn_contract(sources: Sequence[Source], engine: Engine, table: Table, now: float) -> Contract:
    """Return what held for the rows of one table, or of several batches.

    Parameters
    ----------
    sources : sequence of Source
        The table, or the batches, with the same columns.
    engine : Engine
        What goes over all rows.
    table : Table
        Rows of the first source in memory, which decide how columns are read and what is worth counting.
    now : float
        Seconds since 1970; freshness is learned of batches that are fresh.
    """
    names = [c.name for c in table.columns]
    columns = [_reading_facts(c) for c in table.columns]
    total, table = sum(s.rows() for s in sources), _drafting_sample(table)
    with ExitStack() as opened:
        relations = [opened.enter_context(engine.open(source)) for source in sources]
        storages = {
            name: storage_of(relations[0][place(i)].type()) if source_is_typed(sources[0]) else ""
            for i, name in enumerate(sources[0].names)
        }
        chance = Contract(table.name, total, ()).false_alarms / (20.0 * len(columns))
        whole = replace(table, source_rows=total)
        rules = [draft_rule(whole, c, storages[c.name], chance) for c in columns]
        batches = [open_rows(engine, r, s, rules) for r, s in zip(relations, sources, strict=True)]
        rules = [_with_units(batches, k, rule) for k, rule in enumerate(rules)]
        if table.sampled or len(sources) > 1:
            rules = [_with_ends(batches, k, rule) for k, rule in enumerate(rules)]
        draft = Contract(
            table.name,
            total,
            tuple(rules),
            find_keys(table),
            find_dependencies(table),
            tuple(o for o in find_orders(table) if {o.lesser, o.greater} <= set(names)),
        )
        counts = [rows.count(draft) for rows in batches]
    contract = _fill_counts(draft, counts)
    if len(counts) >= _BATCHES:
        contract = _learn_batches(contract, draft, counts, now)
    return contract


def _drafting_sample(table: Table) -> Table:
    """Return rows evenly spread over a table: enough to say what is worth counting; all rows are counted."""
    if len(table.frame) <= _DRAFTED:
        return table
    rows = np.linspace(0, len(table.frame) - 1, _DRAFTED).astype(np.int64)
    frame = table.frame.iloc[rows].reset_index(drop=True)
    return replace(table, frame=frame, source_rows=max(table.source_rows, len(table.frame)))


def storage_of(kind: Any) -> str:
    """Return what a typed source holds, of the type of an Ibis column.

    Examples
    --------
    >>> import ibis
    >>> storage_of(ibis.dtype("int64")), storage_of(ibis.dtype("string"))
    ('number', 'text')
    """
    if kind.is_boolean():
        return "boolean"
    if kind.is_numeric():
        return "number"
    return "date" if kind.is_temporal() else "text"


def _reading_facts(column: Column) -> Column:
    """Return how a column is read, without what a build makes of it."""
    return replace(Column(column.name, column.kind), **{name: getattr(column, name) for name in _READING})


_READING = ("unit", "missing_markers", "decimal", "date_formats")  # what the typed values are read by


def _with_units(batches: Sequence[OpenedRows], k: int, rule: ColumnRule) -> ColumnRule:
    """Add what stands beside the digits of numbers in texts, where it is one of a few units."""
    if rule.column.kind is Kind.DATETIME or f"w{k}" not in batches[0].relation.columns:
        return rule
    units: set[str] = set()
    for rows in batches:
        relation = rows.relation
        if f"w{k}" in relation.columns:
            known = relation.filter(relation[f"v{k}"].notnull())
            units |= {str(u) for u in count_values(rows.engine, known[f"w{k}"])}
    if len(units) > _UNITS:
        return rule
    return replace(rule, units=tuple(sorted(units)), learned=(*rule.learned, LearnedCount(RowTest.OTHER_UNIT, None, 0)))


def _with_ends(batches: Sequence[OpenedRows], k: int, rule: ColumnRule) -> ColumnRule:
    """Compare with the least and the greatest number of all rows, not of the sample."""
    if not on_a_scale(rule.column.kind):
        return rule
    lows, highs = [], []
    for rows in batches:
        value = rows.relation[f"v{k}"]
        found = rows.engine.aggregate(rows.relation.aggregate(low=value.min(), high=value.max()))[0]
        if found["low"] is not None:
            lows.append(float(found["low"]))
            highs.append(float(found["high"]))
    if not lows:
        return rule
    ends = {RowTest.BELOW: min(lows), RowTest.ABOVE: max(highs)}
    asked = {c.test for c in rule.learned}
    more = [LearnedCount(test, at, 0) for test, at in ends.items() if test in asked]
    low, high = rule.limits or (-math.inf, math.inf)
    limits = rule.limits and (min(low, ends[RowTest.BELOW]), max(high, ends[RowTest.ABOVE]))
    return replace(rule, limits=limits, learned=tuple(dict.fromkeys((*rule.learned, *more))))


def _fill_counts(draft: Contract, counts: Sequence[Counts]) -> Contract:
    """Put in what was counted in all batches; rules that the rows break themselves are left out."""
    rules = tuple(_with_counts(rule, counts) for rule in draft.columns)
    return replace(
        draft,
        rows=sum(c.rows for c in counts),
        columns=rules,
        keys=tuple(k for i, k in enumerate(draft.keys) if not any(c.doubled[i][0] for c in counts)),
        dependencies=_unbroken_rules(draft.dependencies, [c.apart for c in counts]),
        orders=_unbroken_rules(draft.orders, [c.reversed for c in counts]),
    )


def _unbroken_rules(rules: Sequence[_Rule], broken: Sequence[Sequence[tuple[int, int]]]) -> tuple[_Rule, ...]:
    return tuple(rule for i, rule in enumerate(rules) if not any(b[i][0] for b in broken))


def _with_counts(rule: ColumnRule, counts: Sequence[Counts]) -> ColumnRule:
    def rows(test: RowTest, at: float | str | None) -> int:
        return sum(c.tests[rule.name, test, at] for c in counts)

    learned = [LearnedCount(c.test, c.at, rows(c.test, c.at)) for c in rule.learned]
    if not rule.closed:
        return replace(rule, learned=tuple(learned))
    values: dict[float | str, int] = {}
    for count in counts:
        for value, n in count.values[rule.name].items():
            values[value] = values.get(value, 0) + n
    if len(values) > NAMED:
        return replace(rule, closed=False, learned=tuple(learned))
    ordered = sorted(values.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return replace(rule, learned=(*learned, *(LearnedCount(RowTest.EQUAL, v, n) for v, n in ordered)))


def _learn_batches(contract: Contract, draft: Contract, counts: Sequence[Counts], now: float) -> Contract:
    """Let shares move as far as they moved between batches, and learn row counts and freshness of them."""
    rules = []
    for position, rule in enumerate(contract.columns):
        moved = 0.0
        for left_out, count in enumerate(counts):
            others = [c for i, c in enumerate(counts) if i != left_out]
            rest = replace(contract, rows=sum(c.rows for c in others))
            known = _with_counts(draft.columns[position], others)
            moved = max(moved, _largest_move(known, rest, count, column_chance(contract)))
        rules.append(rule if moved <= contract.drift else replace(rule, drift=round(_MARGIN * moved, 3)))
    contract = replace(contract, columns=tuple(rules), row_count=_row_count([c.rows for c in counts]))
    return replace(contract, freshness=_freshness(contract, counts, now))


def _largest_move(rule: ColumnRule, contract: Contract, counts: Counts, chance: float) -> float:
    """Return how far a batch's shares moved from those of the others, where that is more than chance."""
    return max(
        (
            abs(t.found / t.rows - t.learned / t.learned_rows)
            for t in shape_tests(rule, contract, counts)
            if t.probability < chance
        ),
        default=0.0,
    )


def _row_count(rows: Sequence[int]) -> RowCountRule:
    """Return where the next batch's row count lies: its logarithm as a normal one, and a factor 2 at least."""
    logs = np.log(np.maximum(rows, 1))
    reach = float(student.ppf(0.9995, len(rows) - 1) * logs.std(ddof=1) * math.sqrt(1 + 1 / len(rows)))
    reach = max(reach, math.log(2.0))
    middle = float(logs.mean())
    return RowCountRule(max(1, math.floor(math.exp(middle - reach))), math.ceil(math.exp(min(middle + reach, 40.0))))


def _freshness(contract: Contract, counts: Sequence[Counts], now: float) -> FreshnessRule | None:
    """Return how old the newest row may be, where batches follow each other and the last one is fresh."""
    for rule in contract.columns:
        newest = sorted(c.ends[rule.name][1] for c in counts if rule.name in c.ends)
        if rule.column.kind is not Kind.DATETIME or len(newest) < _BATCHES:
            continue
        within = _WITHIN * max(b - a for a, b in pairwise(newest))
        if within > 0 and 0 <= now - newest[-1] <= within:
            return FreshnessRule(rule.name, within)
    return None
