"""How many rows each statement of a contract holds for, as Ibis expressions that any engine runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis

from journeyman.entities.column import Column, Kind
from journeyman.entities.contract import ColumnRule, Contract, RowTest
from journeyman.interfaces import Engine, Relation, place
from journeyman.sources.parsing.typed_relation import typed_values
from journeyman.stages.contract.counts import Counts, all_keys, asked_tests, on_a_scale

__all__ = ["count_contract", "count_values", "row_test", "typed_rows"]

_MOST_VALUES = 5_000
_DIGITS = r"[0-9.,:/' \x{00a0}\x{202f}+\-()\x{2212}]"
_AT_ONCE = 300  # expressions in one query: engines plan thousands slowly, and Spark compiles no longer function


def typed_rows(relation: Relation, names: Sequence[str], rules: Sequence[ColumnRule]) -> Relation:
    """Return what tests look at, by the place k of a rule among ``rules``.

    Columns: ``v`` + k the value, null where it is missing or unreadable; ``p`` + k whether there is one at all; and of
    numbers and dates that are written as texts, ``w`` + k what stands beside the digits and ``r`` + k the text itself.

    Parameters
    ----------
    relation : ibis.Table
        All rows of a source, columns named by their place among ``names``.
    """
    places = {name: place(i) for i, name in enumerate(names)}
    chosen: dict[str, Any] = {}
    for k, rule in enumerate(rules):
        raw = relation[places[rule.name]]
        values, written = _views(raw, rule.column)
        chosen[f"v{k}"] = values
        chosen[f"p{k}"] = values.notnull() if written is None else written.notnull()
        if raw.type().is_floating():
            chosen[f"p{k}"] = values.notnull() | raw.isinf().fill_null(False)
        if written is not None and on_a_scale(rule.column.kind):
            chosen[f"w{k}"] = written.re_replace(_DIGITS, "")
            chosen[f"r{k}"] = written
    return relation.select(**chosen)


def _views(raw: Any, column: Column) -> tuple[Any, Any]:
    """Return a column's values, and its texts without those that stand for a missing one, where it holds texts."""
    kind = column.kind if on_a_scale(column.kind) else Kind.TEXT
    column = replace(column, kind=kind)
    values = typed_values(raw, column)
    written = typed_values(raw, replace(column, kind=Kind.TEXT)) if raw.type().is_string() else None
    if kind is Kind.TEXT and raw.type().is_floating():
        values = values.re_replace(r"^(-?[0-9]+)\.0$", r"\1")  # a whole number is written alike whoever stored it
    return values, written


def row_test(rows: Relation, k: int, rule: ColumnRule, test: RowTest, at: float | str | None) -> Any:
    """Return a statement about the k-th rule's column as an expression, true for the rows that it holds for."""
    value, present = rows[f"v{k}"], rows[f"p{k}"]
    match test:
        case RowTest.MISSING:
            return ~present
        case RowTest.UNREADABLE:
            no_number = value.isnull()
            if rule.column.kind is Kind.INTEGER:
                no_number |= value != value.floor()
            return present & no_number
        case RowTest.OTHER_UNIT:
            return ~rows[f"w{k}"].isin(rule.units) & value.notnull() if f"w{k}" in rows.columns else ibis.literal(False)
        case RowTest.BELOW:
            return value < at
        case RowTest.ABOVE:
            return value > at
        case RowTest.EQUAL:
            return value == at
        case RowTest.OTHER_VALUE:
            return ~value.isin(rule.demand.one_of if at == "demand" else rule.values)
        case RowTest.SHORTER:
            return value.length() < at
        case RowTest.LONGER:
            return value.length() > at
        case RowTest.UNLIKE:
            return ~value.re_search(f"^(?:{rule.demand.pattern if at == 'demand' else rule.pattern})$")


def count_contract(engine: Engine, rows: Relation, contract: Contract) -> Counts:
    """Return what a contract asks about rows, from one aggregate and a count of values for each column that has names.

    Parameters
    ----------
    engine : Engine
        Where the rows are open.
    rows : ibis.Table
        As :func:`typed_rows` gives them, in the order of the contract's columns.
    """
    keys = list(asked_tests(contract.columns))
    wanted: dict[str, Any] = {"rows": rows.count()}
    places = {rule.name: k for k, rule in enumerate(contract.columns)}
    rules = {rule.name: rule for rule in contract.columns}
    for n, (name, test, at) in enumerate(keys):
        wanted[f"t{n}"] = row_test(rows, places[name], rules[name], test, at).sum()
    for name, k in places.items():
        value = rows[f"v{k}"]
        wanted[f"n{k}"] = value.count()
        if on_a_scale(rules[name].column.kind):
            wanted |= {f"l{k}": value.min(), f"h{k}": value.max()}
    for n, order in enumerate(contract.orders):
        lesser, greater = rows[f"v{places[order.lesser]}"], rows[f"v{places[order.greater]}"]
        wanted |= {f"o{n}": (lesser > greater).sum(), f"b{n}": (lesser.notnull() & greater.notnull()).sum()}
    found = _aggregate(engine, rows, wanted)
    return Counts(
        int(found["rows"] or 0),
        {name: int(found[f"n{k}"] or 0) for name, k in places.items()},
        {name: (found[f"l{k}"], found[f"h{k}"]) for name, k in places.items() if found.get(f"l{k}") is not None},
        {key: int(found[f"t{n}"] or 0) for n, key in enumerate(keys)},
        {rule.name: count_values(engine, rows[f"v{places[rule.name]}"]) for rule in contract.columns if rule.closed},
        tuple(_count_doubled(engine, rows, [places[c] for c in key.columns]) for key in all_keys(contract)),
        tuple(_count_apart(engine, rows, places[d.given], places[d.fixed]) for d in contract.dependencies),
        tuple((int(found[f"o{n}"] or 0), int(found[f"b{n}"] or 0)) for n in range(len(contract.orders))),
    )


def _aggregate(engine: Engine, rows: Relation, wanted: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = list(wanted)
    for start in range(0, len(names), _AT_ONCE):
        found |= engine.aggregate(rows.aggregate(**{n: wanted[n] for n in names[start : start + _AT_ONCE]}))[0]
    return found


def count_values(engine: Engine, value: Any) -> dict[float | str, int]:
    """Return how many rows have each value, the most frequent ones first, of at most 5,000 values."""
    values = value.name("value").as_table()
    counted = values.filter(values.value.notnull()).group_by("value").aggregate(n=lambda t: t.count())
    found = engine.aggregate(counted.order_by([ibis.desc("n"), "value"]).limit(_MOST_VALUES))
    return {row["value"]: int(row["n"]) for row in found}


def _count_doubled(engine: Engine, rows: Relation, places: Sequence[int]) -> tuple[int, int]:
    values = rows.select(**{f"v{k}": rows[f"v{k}"] for k in places}).drop_null(how="any")
    same = values.group_by(values.columns).aggregate(n=lambda t: t.count())
    several = same.filter(same.n > 1)
    found = engine.aggregate(several.aggregate(values=several.count(), rows=several.n.sum()))[0]
    return int(found["values"] or 0), int(found["rows"] or 0) - int(found["values"] or 0)


def _count_apart(engine: Engine, rows: Relation, given: int, fixed: int) -> tuple[int, int]:
    pairs = rows.select(given=rows[f"v{given}"], fixed=rows[f"v{fixed}"]).drop_null(how="any")
    same = pairs.group_by(["given", "fixed"]).aggregate(n=lambda t: t.count())
    each = same.group_by("given").aggregate(every=same.n.sum(), most=same.n.max())
    found = engine.aggregate(each.aggregate(apart=(each.every - each.most).sum(), rows=each.every.sum()))[0]
    return int(found["apart"] or 0), int(found["rows"] or 0)
