"""Learn a contract: what held for how many rows of one table, or of several batches of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pandas as pd
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
from journeyman.interfaces import Engine, Source
from journeyman.stages.contract.counts import NAMED, Counts, on_a_scale
from journeyman.stages.contract.drafting import draft_rule
from journeyman.stages.contract.judging import column_chance, shape_tests
from journeyman.stages.contract.opened import OpenedRows, TableInMemory, open_table
from journeyman.stages.contract.relations import find_dependencies, find_keys, find_orders
from journeyman.stages.contract.typed_frame import canonical_frame

__all__ = ["learn_contract", "learn_frame"]

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
    chance = Contract(table.name, total, ()).false_alarms / (20.0 * len(columns))
    with ExitStack() as opened:
        tables = [opened.enter_context(open_table(source, engine, len(columns))) for source in sources]
        storages, whole = tables[0].storages(), replace(table, source_rows=total)
        rules = [draft_rule(whole, c, storages[c.name], chance) for c in columns]
        batches = [t.rows(rules) for t in tables]
        draft = _draft_contract(table, rules, batches, set(names))
        counts = [rows.count(draft) for rows in batches]
    contract = _fill_counts(draft, counts)
    if len(counts) >= _BATCHES:
        contract = _learn_batches(contract, draft, counts, now)
    return contract


def learn_frame(raw: pd.DataFrame, typed: bool, columns: Sequence[Column], name: str, total: int) -> Contract:
    """Return what held for raw rows in memory, which may be a sample drawn at random of a table of ``total`` rows.

    Parameters
    ----------
    raw : pandas.DataFrame of shape (n_samples, n_columns)
        As a source gives it, with all the columns.
    typed : bool
        Whether the source has types.
    columns : sequence of Column
        How the columns are read.
    name : str
        Of the table.
    """
    columns = [_reading_facts(c) for c in columns if c.name in raw.columns]
    opened = TableInMemory(raw, typed)
    rows = opened.rows([ColumnRule(c) for c in columns])
    table = _drafting_sample(Table(name, canonical_frame(rows.frame, columns), tuple(columns), "", total))
    storages, chance = opened.storages(), Contract(name, total, ()).false_alarms / (20.0 * max(len(columns), 1))
    rules = [draft_rule(table, c, storages[c.name], chance) for c in columns]
    draft = _draft_contract(table, rules, [rows], {c.name for c in columns})
    return _fill_counts(draft, [rows.count(draft)])


def _draft_contract(
    table: Table, rules: Sequence[ColumnRule], batches: Sequence[OpenedRows], names: set[str]
) -> Contract:
    """Return the rules with every count at 0, and the rules about several columns."""
    rules = [_with_units(batches, k, rule) for k, rule in enumerate(rules)]
    if table.sampled or len(batches) > 1:
        rules = [_with_ends(batches, k, rule) for k, rule in enumerate(rules)]
    return Contract(
        table.name,
        table.source_rows,
        tuple(rules),
        find_keys(table),
        find_dependencies(table),
        tuple(o for o in find_orders(table) if {o.lesser, o.greater} <= names),
    )


def _drafting_sample(table: Table) -> Table:
    """Return rows evenly spread over a table: enough to say what is worth counting; all rows are counted."""
    if len(table.frame) <= _DRAFTED:
        return table
    rows = np.linspace(0, len(table.frame) - 1, _DRAFTED).astype(np.int64)
    frame = table.frame.iloc[rows].reset_index(drop=True)
    return replace(table, frame=frame, source_rows=max(table.source_rows, len(table.frame)))


def _reading_facts(column: Column) -> Column:
    """Return how a column is read, without what a build makes of it."""
    return replace(Column(column.name, column.kind), **{name: getattr(column, name) for name in _READING})


_READING = ("unit", "missing_markers", "decimal", "date_formats")  # what the typed values are read by


def _with_units(batches: Sequence[OpenedRows], k: int, rule: ColumnRule) -> ColumnRule:
    """Add what stands beside the digits of numbers in texts, where it is one of a few units."""
    if not on_a_scale(rule.column.kind) or rule.column.kind is Kind.DATETIME:
        return rule
    seen = [units for rows in batches if (units := rows.units(k)) is not None]
    units = set[str]().union(*seen)
    if not seen or len(units) > _UNITS:
        return rule
    return replace(rule, units=tuple(sorted(units)), learned=(*rule.learned, LearnedCount(RowTest.OTHER_UNIT, None, 0)))


def _with_ends(batches: Sequence[OpenedRows], k: int, rule: ColumnRule) -> ColumnRule:
    """Compare with the least and the greatest number of all rows, not of the sample."""
    if not on_a_scale(rule.column.kind):
        return rule
    found = [pair for rows in batches if (pair := rows.ends(k)) is not None]
    if not found:
        return rule
    ends = {RowTest.BELOW: min(low for low, _ in found), RowTest.ABOVE: max(high for _, high in found)}
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
