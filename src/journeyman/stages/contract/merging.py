"""What a person wrote into a contract, carried over to one that was learned."""

from __future__ import annotations

from dataclasses import replace

from journeyman.entities.contract import Contract, Demand, FreshnessRule, RowCountRule

__all__ = ["has_own_rules", "with_own_rules"]

_USUAL = Contract("", 0, ())


def with_own_rules(learned: Contract, own: Contract) -> Contract:
    """Return a learned contract with what people write into one: demands, columns that may be absent, and bounds.

    What was learned of the rows stays as it is; the rest of the other contract is passed over, since its counts are
    those of other rows.

    Examples
    --------
    >>> from journeyman.entities.column import Column, Kind
    >>> from journeyman.entities.contract import ColumnRule
    >>> own = Contract("mine", 0, (ColumnRule(Column("age", Kind.INTEGER), demand=Demand(at_least=0)),))
    >>> learned = Contract("t", 9, (ColumnRule(Column("age", Kind.INTEGER), closed=True),))
    >>> rule = with_own_rules(learned, own).columns[0]
    >>> rule.demand.at_least, rule.closed
    (0, True)
    """
    wanted = {rule.name: rule for rule in own.columns}
    columns = tuple(
        replace(
            rule,
            demand=wanted[rule.name].demand,
            required=rule.required and wanted[rule.name].required,
            drift=wanted[rule.name].drift if wanted[rule.name].drift is not None else rule.drift,
        )
        if rule.name in wanted
        else rule
        for rule in learned.columns
    )
    names = {rule.name for rule in learned.columns}
    freshness: FreshnessRule | None = own.freshness if own.freshness and own.freshness.column in names else None
    return replace(
        learned,
        columns=columns,
        row_count=own.row_count if own.row_count != RowCountRule() else learned.row_count,
        freshness=freshness,
        false_alarms=own.false_alarms,
        drift=own.drift,
    )


def has_own_rules(contract: Contract) -> bool:
    """Return whether a person has written anything into a contract that was learned from one table."""
    return (
        any(rule.demand != Demand() or rule.drift is not None for rule in contract.columns)
        or contract.freshness is not None
        or contract.row_count != RowCountRule()
        or (contract.false_alarms, contract.drift) != (_USUAL.false_alarms, _USUAL.drift)
    )
