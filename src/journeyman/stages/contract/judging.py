"""Whether what was counted in a table is more than chance: one probability for each statement of a contract."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from journeyman.entities.column import Kind
from journeyman.entities.contract import ColumnRule, Contract, RowTest
from journeyman.stages.contract.chance import excess_probability, new_value_probability
from journeyman.stages.contract.counts import Counts

__all__ = ["Judged", "column_chance", "presence_tests", "shape_tests"]

_EXTREME_WEIGHT = 4.0  # of a statement that held for no learned row: it is where most faults show


@dataclass(frozen=True)
class Judged:
    """What a statement holds for in a table and held for before.

    Attributes
    ----------
    test, at
        The statement; see :class:`LearnedCount`.
    found, rows : int
        Rows of the table that it holds for, and those that it could hold for.
    learned, learned_rows : int
        The same of the learned rows.
    fewer : bool
        Whether it holds for fewer rows than before, not for more.
    probability : float
        Of as much by chance, times the number of statements about the column: to be compared with the column's chance.
    """

    test: RowTest
    at: float | str | None
    found: int
    rows: int
    learned: int
    learned_rows: int
    fewer: bool
    probability: float

    @property
    def extreme(self) -> bool:
        """Whether no learned row was so."""
        return self.learned == 0 and not self.fewer


def column_chance(contract: Contract) -> float:
    """Return the probability of a false alarm that each half of a column's statements has, or a rule about several.

    The halves are whether values are there and readable, and what they are. By Bonferroni's inequality all together
    keep the contract's, however they depend on each other.
    """
    several = len(contract.keys) + len(contract.dependencies) + len(contract.orders)
    return contract.false_alarms / max(2 * len(contract.columns) + several, 1)


def presence_tests(rule: ColumnRule, contract: Contract, counts: Counts) -> tuple[Judged, ...]:
    """Judge whether more values are missing, unreadable or of another unit than before."""
    asked = [(RowTest.MISSING, counts.rows, contract.rows), (RowTest.UNREADABLE, counts.rows, contract.rows)]
    if rule.units:
        asked.append((RowTest.OTHER_UNIT, counts.readable[rule.name], _learned_readable(rule, contract)))
    judged = []
    for test, rows, learned_rows in asked:
        found, learned = counts.tests.get((rule.name, test, None), 0), rule.rows_where(test)
        probability = excess_probability(found, rows, learned, learned_rows)
        judged.append(Judged(test, None, found, rows, learned, learned_rows, False, len(asked) * probability))
    return tuple(judged)


def shape_tests(rule: ColumnRule, contract: Contract, counts: Counts) -> tuple[Judged, ...]:
    """Judge whether values are distributed, written or named as before.

    Statements that held for some learned rows may hold for more or for fewer, by more than ``drift`` of all rows.
    """
    rows, learned_rows = counts.readable[rule.name], _learned_readable(rule, contract)
    if not rows or learned_rows <= 0:
        return ()
    judged = list(_sides(rule, contract, counts, rows, learned_rows))
    new = [n for value, n in counts.values.get(rule.name, {}).items() if value not in set(rule.values)]
    if rule.closed:
        both = [c.rows + _value_count(counts, rule, c.at) for c in rule.learned if c.test is RowTest.EQUAL]
        unnamed = rows - sum(counts.values[rule.name].values())
        probability = new_value_probability([*new, *([1] * min(unnamed, 1000))], rows, both, learned_rows)
        judged.append(Judged(RowTest.OTHER_VALUE, None, sum(new), rows, 0, learned_rows, False, probability))
    weights = [_EXTREME_WEIGHT if j.extreme else 1.0 for j in judged]
    total = sum(weights)
    return tuple(
        Judged(j.test, j.at, j.found, rows, j.learned, learned_rows, j.fewer, j.probability * total / weight)
        for j, weight in zip(judged, weights, strict=True)
    )


def _sides(rule: ColumnRule, contract: Contract, counts: Counts, rows: int, learned_rows: int) -> Iterator[Judged]:
    drift = contract.drift if rule.drift is None else rule.drift
    spare = math.ceil(drift * learned_rows)
    for count in rule.learned:
        if count.test in (RowTest.MISSING, RowTest.UNREADABLE, RowTest.OTHER_UNIT):
            continue
        if count.test is RowTest.EQUAL:
            found = _value_count(counts, rule, count.at)
        else:
            found = counts.tests[rule.name, count.test, count.at]
        first = rule.column.kind is Kind.DATETIME or count.rows == 0
        more = excess_probability(found, rows, min(count.rows + (0 if first else spare), learned_rows), learned_rows)
        yield Judged(count.test, count.at, found, rows, count.rows, learned_rows, False, more)
        if count.rows and rule.column.kind is not Kind.DATETIME:
            left = min(learned_rows - count.rows + spare, learned_rows)
            fewer = excess_probability(rows - found, rows, left, learned_rows)
            yield Judged(count.test, count.at, found, rows, count.rows, learned_rows, True, fewer)


def _value_count(counts: Counts, rule: ColumnRule, value: float | str | None) -> int:
    return 0 if value is None else counts.values.get(rule.name, {}).get(value, 0)


def _learned_readable(rule: ColumnRule, contract: Contract) -> int:
    return contract.rows - rule.rows_where(RowTest.MISSING) - rule.rows_where(RowTest.UNREADABLE)
