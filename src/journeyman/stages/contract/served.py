"""Whether served rows keep what a contract says of every row and of columns together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from journeyman.entities.contract import ColumnRule, Contract, Demand, RowTest
from journeyman.entities.finding import Finding
from journeyman.stages.contract.counting_in_memory import count_frame
from journeyman.stages.contract.counts import Counts
from journeyman.stages.contract.judging import shape_tests
from journeyman.stages.contract.typed_frame import typed_frame
from journeyman.stages.contract.verifying import broken_relations, demand_findings, judged_finding

__all__ = ["feed_rules", "judge_served"]

_TWO = 2.0  # halves: forms of texts, and relations between columns


def feed_rules(contract: Contract, columns: Collection[str]) -> Contract:
    """Return the part of a contract that served rows are judged by, of some columns.

    That is what a person demands of every row, the forms of texts, dependencies and orders. Left out is what detectors
    of the feed say of single columns already (values that are gone, other units, new names, rows that come twice), and
    what is drift rather than a fault: frequencies and distributions, which the other tiers judge.

    Examples
    --------
    >>> from journeyman.entities.column import Column, Kind
    >>> rules = [ColumnRule(Column("a", Kind.NUMBER), demand=Demand(at_least=0)), ColumnRule(Column("b", Kind.NUMBER))]
    >>> [rule.name for rule in feed_rules(Contract("t", 9, tuple(rules)), ["a", "b"]).columns]
    ['a']
    """
    here = contract.without({r.name for r in contract.columns if r.name not in columns} | {*contract.targets})
    related = {n for d in here.dependencies for n in (d.given, d.fixed)} | {
        n for o in here.orders for n in (o.lesser, o.greater)
    }
    rules = tuple(_feed_rule(rule) for rule in here.columns)
    kept = tuple(r for r in rules if r.demand != Demand() or r.pattern or r.name in related)
    return replace(here, columns=kept, keys=(), freshness=None)


def judge_served(rows: Sequence[Mapping[str, object]], contract: Contract, chance: float) -> tuple[Finding, ...]:
    """Return which rules rows break that were served together, with the words of ``journeyman verify``.

    Parameters
    ----------
    rows : sequence of mappings
        As they came.
    contract : Contract
        From :func:`feed_rules`.
    chance : float
        The probability that all learned rules together call sound rows broken.
    """
    if not rows or not contract.columns:
        return ()
    raw = pd.DataFrame({rule.name: pd.Series([row.get(rule.name) for row in rows]) for rule in contract.columns})
    counts = count_frame(typed_frame(raw, contract.columns), contract)
    return tuple(_with_rows(finding, counts) for finding in _broken(contract, counts, chance))


def _broken(contract: Contract, counts: Counts, chance: float) -> Iterator[Finding]:
    several = len(contract.dependencies) + len(contract.orders)
    each = chance / max(_TWO * len(contract.columns) + several, 1.0)
    for rule in contract.columns:
        yield from demand_findings(rule, counts)
        for judged in shape_tests(rule, contract, counts):
            if judged.test is RowTest.UNLIKE and not judged.fewer and judged.probability <= each:
                yield judged_finding(rule, judged)
    for breach in broken_relations(contract, counts, each):
        yield breach.finding


def _feed_rule(rule: ColumnRule) -> ColumnRule:
    form = tuple(c for c in rule.learned if c.test in (RowTest.MISSING, RowTest.UNREADABLE, RowTest.UNLIKE))
    return replace(rule, closed=False, limits=None, units=(), learned=form, demand=replace(rule.demand, unique=False))


def _with_rows(finding: Finding, counts: Counts) -> Finding:
    return replace(finding, evidence={**finding.evidence, "of": counts.rows})
