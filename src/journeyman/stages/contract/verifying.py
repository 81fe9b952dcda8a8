"""Verify: what a table breaks of its contract, as findings with example rows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from journeyman.entities.column import Kind
from journeyman.entities.contract import Breach, ColumnRule, Contract, RowTest, Verification
from journeyman.entities.contract_words import shown_value
from journeyman.entities.finding import Finding, Severity
from journeyman.interfaces import Engine, Source
from journeyman.sources.batches import source_is_typed
from journeyman.stages.contract.chance import excess_probability, pair_probability
from journeyman.stages.contract.counts import Counts, demand_tests
from journeyman.stages.contract.example_rows import ExampleRows
from journeyman.stages.contract.judging import Judged, column_chance, presence_tests, shape_tests
from journeyman.stages.contract.opened import TableInMemory, open_table
from journeyman.stages.contract.units import likely_conversion
from journeyman.stages.contract.wording import (
    demand_message,
    gone_message,
    judged_message,
    time_words,
)

__all__ = ["broken_in_memory", "broken_relations", "demand_findings", "judge_counts", "judged_finding", "verify_table"]

_EXAMPLES = 3
_SHOWN = 6
_CODES = {
    RowTest.MISSING: "DC201",
    RowTest.UNREADABLE: "DC104",
    RowTest.OTHER_UNIT: "DC105",
    RowTest.EQUAL: "DC204",
    RowTest.OTHER_VALUE: "DC205",
    RowTest.SHORTER: "DC206",
    RowTest.LONGER: "DC206",
    RowTest.UNLIKE: "DC206",
}
_HINTS = {
    "DC104": "Repair the values at their source, or say what they are in the contract.",
    "DC105": "Give the column in the unit that it had, or add the unit to the contract.",
    "DC201": "Find out why values are gone, or learn the contract again if that is how it will stay.",
    "DC202": "Look at the rows: a unit, a sign, a digit too many; or learn the contract again with such rows.",
    "DC203": "Find out what changed at the source, or learn the contract again if that is how it will stay.",
    "DC204": "Look whether codes were swapped; learn the contract again if that is how it will stay.",
    "DC205": "Correct the values, or add them to the contract.",
    "DC206": "Look at how the texts are written now, or learn the contract again with such rows.",
}


def verify_table(source: Source, engine: Engine, contract: Contract, now: float) -> Verification:
    """Return what a table breaks of a contract.

    Each learned statement is compared with what the table shows by an exact test; all together they refuse a table
    whose rows are exchangeable with the learned ones with at most the contract's probability (``false_alarms``).

    Parameters
    ----------
    source : Source
        The table.
    engine : Engine
        What goes over its rows.
    contract : Contract
        What it should be.
    now : float
        Seconds since 1970, for freshness.
    """
    lacking = [rule for rule in contract.columns if rule.name not in source.names]
    extra = [name for name in source.names if name not in {rule.name for rule in contract.columns}]
    lost = [rule for rule in lacking if rule.name not in contract.targets]
    found = [*_lacking_columns(lacking, extra, contract.targets), *_unknown_columns(lost, extra)]
    here = contract.without({rule.name for rule in lacking})
    with open_table(source, engine, len(here.columns)) as table:
        storages = table.storages()
        if source_is_typed(source):
            found += [b for rule in here.columns if (b := _other_type(rule, storages[rule.name])) is not None]
        rows = table.rows(here.columns)
        counts = rows.count(here)
        found += judge_counts(contract, here, counts, rows.examples(here))
        found += _freshness(contract, counts, now)
    found.sort(key=lambda breach: breach.finding.severity.rank)
    return Verification(contract.name, source.name, counts.rows, tuple(found))


def judge_counts(contract: Contract, here: Contract, counts: Counts, looked: ExampleRows | None) -> list[Breach]:
    """Return what rows that were counted break of a contract.

    Parameters
    ----------
    contract, here : Contract
        What is wanted, and the part of it whose columns the table has.
    looked : _Rows or None
        Where example rows come from; None for findings without them.
    """
    found = list(_row_count(contract, counts.rows))
    if counts.rows:
        chance = column_chance(contract)
        for rule in here.columns:
            found += _broken_demands(rule, counts, looked)
            found += _judge_column(rule, here, counts, chance, looked)
        found += _broken_relations(contract, here, counts, chance, looked)
    return found


def _examples(
    looked: ExampleRows | None, rule: ColumnRule, test: RowTest, at: float | str | None, negated: bool = False
) -> tuple[Mapping[str, str], ...]:
    return () if looked is None else looked.that(rule, test, at, negated)


def _lacking_columns(rules: Sequence[ColumnRule], extra: Sequence[str], targets: Sequence[str]) -> Iterator[Breach]:
    for rule in rules:
        if rule.name in targets:
            continue  # rows to predict have none
        near = difflib.get_close_matches(rule.name.lower(), {e.lower(): e for e in extra}, n=1, cutoff=0.6)
        named = next((e for e in extra if near and e.lower() == near[0]), "")
        if not named and len(rules) == len(extra) == 1:
            named = extra[0]
        severity = Severity.ERROR if rule.required else Severity.NOTE
        hint = (
            f"The table has {named!r}: was it renamed?" if named else "Give the column, or take it out of the contract."
        )
        yield Breach(Finding("DC101", severity, (rule.name,), gone_message(rule), hint))


def _unknown_columns(lacking: Sequence[ColumnRule], extra: Sequence[str]) -> Iterator[Breach]:
    if extra:
        shown = ", ".join(repr(e) for e in extra[:_SHOWN]) + (", ..." if len(extra) > _SHOWN else "")
        message = f"{len(extra)} {'column' if len(extra) == 1 else 'columns'} the contract does not know: {shown}."
        severity = Severity.WARNING if lacking else Severity.NOTE
        yield Breach(
            Finding("DC102", severity, tuple(extra), message, "Learn the contract again to have them checked.")
        )


def _other_type(rule: ColumnRule, storage: str) -> Breach | None:
    if not rule.storage or storage == rule.storage:
        return None
    message = f"{rule.name!r} is stored as a {storage}, the contract wants a {rule.storage}."
    return Breach(
        Finding("DC103", Severity.ERROR, (rule.name,), message, f"Write the column as a {rule.storage} again.")
    )


def _row_count(contract: Contract, rows: int) -> Iterator[Breach]:
    least, most = contract.row_count.at_least, contract.row_count.at_most
    if rows < least or (most is not None and rows > most):
        wanted = f"at least {least:,}" if most is None else f"{least:,} to {most:,}"
        message = f"The table has {rows:,} {'row' if rows == 1 else 'rows'}, the contract wants {wanted}."
        yield Breach(
            Finding("DC401", Severity.ERROR, (), message, "Look whether it was delivered whole.", {"rows": rows})
        )


def broken_in_memory(raw: pd.DataFrame, typed: bool, contract: Contract) -> list[Breach]:
    """Return which demands of a person rows in memory break, which have all columns of the contract."""
    rows = TableInMemory(raw, typed).rows(contract.columns)
    counts, looked = rows.count(contract), rows.examples(contract)
    found = [breach for rule in contract.columns for breach in _broken_demands(rule, counts, looked)]
    return found + list(_doubled_demands(contract, counts, looked))


def demand_findings(rule: ColumnRule, counts: Counts) -> tuple[Finding, ...]:
    """Return which demands of a person for a column rows break that were counted."""
    return tuple(breach.finding for breach in _broken_demands(rule, counts, None))


def judged_finding(rule: ColumnRule, judged: Judged, hint: str = "") -> Finding:
    """Return what a statement that is more than chance says of a column."""
    code = _code(judged)
    message = judged_message(rule, judged)
    return Finding(code, Severity.ERROR, (rule.name,), message, hint or _HINTS[code], _evidence(judged))


def _broken_demands(rule: ColumnRule, counts: Counts, looked: ExampleRows | None) -> Iterator[Breach]:
    for test, at in demand_tests(rule):
        found = counts.tests[rule.name, test, at]
        if found:
            message = demand_message(rule, test, found, counts.rows)
            examples = _examples(looked, rule, test, at)
            yield Breach(_demand_finding(rule, message, found), examples)
    most = rule.demand.most_missing
    missing = counts.tests[rule.name, RowTest.MISSING, None]
    if most is not None and missing > most * counts.rows:
        message = demand_message(rule, RowTest.MISSING, missing, counts.rows)
        yield Breach(_demand_finding(rule, message, missing))


def _demand_finding(rule: ColumnRule, message: str, rows: int) -> Finding:
    hint = f"Correct the rows, or change `must` of {rule.name!r} in the contract."
    return Finding("DC501", Severity.ERROR, (rule.name,), message, hint, {"rows": rows})


def _judge_column(
    rule: ColumnRule, contract: Contract, counts: Counts, chance: float, looked: ExampleRows | None
) -> Iterator[Breach]:
    """Yield the most telling statement about whether values are there, and about what they are."""
    presence = [j for j in presence_tests(rule, contract, counts) if j.probability <= chance]
    shape = [j for j in shape_tests(rule, contract, counts) if j.probability <= chance]
    named = [j for j in shape if j.test is RowTest.OTHER_VALUE] or shape  # frequencies follow from new names
    for judged in (*presence, *sorted(named, key=_telling)[:1]):
        hint = ""
        if _code(judged) in ("DC202", "DC203") and looked is not None:
            hint = likely_conversion(looked, rule, judged.learned_rows)
        yield Breach(judged_finding(rule, judged, hint), _examples(looked, rule, judged.test, judged.at, judged.fewer))
    if not shape:
        yield from _far_numbers(rule, counts, looked)
        yield from _few_new_names(rule, counts, looked)


def _telling(judged: Judged) -> tuple[bool, float]:
    """Return a key that puts first what rows show that were not so before, and what most rows show."""
    return judged.fewer, judged.learned / judged.learned_rows - judged.found / judged.rows


def _code(judged: Judged) -> str:
    if judged.test in (RowTest.BELOW, RowTest.ABOVE):
        return "DC202" if judged.extreme else "DC203"
    return _CODES[judged.test]


def _evidence(judged: Judged) -> dict[str, str | int | float]:
    return {
        "rows": judged.found,
        "of": judged.rows,
        "learned": judged.learned,
        "learned of": judged.learned_rows,
        "probability": judged.probability,
    }


def _far_numbers(rule: ColumnRule, counts: Counts, looked: ExampleRows | None) -> Iterator[Breach]:
    """Yield what single rows hold that is far from all that was learned: a warning, since it may be a rare truth."""
    if rule.limits is None:
        return
    for test, limit in ((RowTest.BELOW, rule.limits[0]), (RowTest.ABOVE, rule.limits[1])):
        found = counts.tests[rule.name, test, limit]
        if found:
            message = (
                f"{rule.name!r} is {test.value} {shown_value(rule, limit)} in {found:,} of {counts.rows:,} rows, far "
                "from all that was learned."
            )
            finding = Finding("DC202", Severity.WARNING, (rule.name,), message, _HINTS["DC202"], {"rows": found})
            yield Breach(finding, _examples(looked, rule, test, limit))


def _few_new_names(rule: ColumnRule, counts: Counts, looked: ExampleRows | None) -> Iterator[Breach]:
    known = set(rule.values)
    new = [value for value in counts.values.get(rule.name, {}) if value not in known]
    if not rule.closed or not new or not known:
        return
    rows = sum(counts.values[rule.name][value] for value in new)
    once = sum(c.test is RowTest.EQUAL and c.rows == 1 for c in rule.learned)
    if once and rows <= 1 + 2 * once * counts.rows / max(
        sum(c.rows for c in rule.learned if c.test is RowTest.EQUAL), 1
    ):
        return  # names that came once tell that others are still to come
    texts = ", ".join(repr(shown_value(rule, v)) for v in new[:_EXAMPLES]) + (", ..." if len(new) > _EXAMPLES else "")
    message = f"{rule.name!r} is {texts} in {rows:,} of {counts.rows:,} rows, which no learned row was."
    names = {str(v): v for v in known}
    near = difflib.get_close_matches(str(new[0]), list(names), n=1, cutoff=0.75)
    hint = f"Was {near[0]!r} meant?" if near else _HINTS["DC205"]
    finding = Finding("DC205", Severity.WARNING, (rule.name,), message, hint, {"rows": rows})
    yield Breach(finding, _examples(looked, rule, RowTest.OTHER_VALUE, None))


def _broken_relations(
    contract: Contract, here: Contract, counts: Counts, chance: float, looked: ExampleRows | None
) -> Iterator[Breach]:
    for n, key in enumerate(here.keys):
        values, rows = counts.doubled[n]
        if pair_probability(values, counts.rows, contract.rows) <= chance:
            yield _doubled_key(key.columns, values, rows, "DC301", looked)
    yield from _doubled_demands(here, counts, looked)
    yield from broken_relations(replace(here, rows=contract.rows), counts, chance, looked)


def broken_relations(
    here: Contract, counts: Counts, chance: float, looked: ExampleRows | None = None
) -> Iterator[Breach]:
    """Yield the dependencies and orders that rows break beyond chance."""
    for rule, (found, rows) in zip(here.dependencies, counts.apart, strict=True):
        if excess_probability(found, rows, 0, here.rows) <= chance:
            message = (
                f"{rule.fixed!r} is not the same in all rows of one {rule.given!r}: {found:,} of {rows:,} rows differ "
                "from most of their like."
            )
            hint = "Look whether the columns were mixed up, or take the dependency out of the contract."
            yield Breach(Finding("DC302", Severity.ERROR, (rule.fixed, rule.given), message, hint, {"rows": found}))
    for order, (found, rows) in zip(here.orders, counts.reversed, strict=True):
        if excess_probability(found, rows, 0, here.rows) <= chance:
            message = f"{order.lesser!r} is greater than {order.greater!r} in {found:,} of {rows:,} rows; it never was."
            hint = "Look whether the columns were mixed up, or take the order out of the contract."
            examples = () if looked is None else looked.reversed(order.lesser, order.greater)
            subject = (order.lesser, order.greater)
            yield Breach(Finding("DC303", Severity.ERROR, subject, message, hint, {"rows": found}), examples)


def _doubled_demands(here: Contract, counts: Counts, looked: ExampleRows | None) -> Iterator[Breach]:
    unique = [rule.name for rule in here.columns if rule.demand.unique]
    for name, (values, rows) in zip(unique, counts.doubled[len(here.keys) :], strict=True):
        if values:
            yield _doubled_key((name,), values, rows, "DC501", looked)


def _doubled_key(columns: tuple[str, ...], values: int, rows: int, code: str, looked: ExampleRows | None) -> Breach:
    named = " and ".join(map(repr, columns)) if len(columns) < 4 else "the whole row"
    verb = "names" if len(columns) == 1 or len(columns) >= 4 else "name"
    message = (
        f"{named[:1].upper()}{named[1:]} no longer {verb} a row: {values:,} "
        f"{'value has' if values == 1 else 'values have'} {rows:,} {'row' if rows == 1 else 'rows'} too many."
    )
    examples = () if looked is None else looked.doubled(columns)
    finding = Finding(code, Severity.ERROR, columns, message, "Look whether rows were delivered twice.", {"rows": rows})
    return Breach(finding, examples)


def _freshness(contract: Contract, counts: Counts, now: float) -> Iterator[Breach]:
    rule = contract.freshness
    if rule is None or rule.column not in counts.readable:
        return
    newest = counts.ends.get(rule.column, (0.0, float("-inf")))[1]
    if now - newest > rule.within and contract.rule(rule.column).column.kind is Kind.DATETIME:
        age = f"{time_words(now - newest)} old" if rule.column in counts.ends else "not known"
        message = f"The newest {rule.column!r} is {age}, the contract wants at most {time_words(rule.within)}."
        yield Breach(Finding("DC402", Severity.ERROR, (rule.column,), message, "Look whether deliveries stopped."))
