"""What of a contract may hold for every row: other tools know no chance, so only what has a margin is written."""

from __future__ import annotations

from dataclasses import dataclass

from journeyman.entities.column import Kind
from journeyman.entities.contract import ColumnRule, Contract, RowTest

__all__ = ["HardRule", "hard_rules"]

_OFTEN = 5  # rows of the rarest name, so that a name that was not seen is not to be expected


@dataclass(frozen=True)
class HardRule:
    """A column as another tool is to check it.

    Attributes
    ----------
    name : str
        Of the column.
    kind : Kind
        Of its values.
    required : bool
        Whether the column must be there.
    nullable : bool
        Whether values may be missing.
    unique : bool
        Whether no value may come twice.
    at_least, at_most : float or None
        Bounds that a person wrote, or else the limits of what is believed; seconds since 1970 for dates.
    one_of : tuple of str
        Names that are allowed; empty for any.
    pattern : str
        What a whole text must match; "" for any.
    """

    name: str
    kind: Kind
    required: bool
    nullable: bool
    unique: bool
    at_least: float | None
    at_most: float | None
    one_of: tuple[str, ...]
    pattern: str

    @property
    def whole(self) -> bool:
        """Whether values are whole numbers."""
        return self.kind is Kind.INTEGER


def hard_rules(contract: Contract) -> tuple[HardRule, ...]:
    """Return the rules of all columns, in their order."""
    keys = {key.columns[0] for key in contract.keys if len(key.columns) == 1}
    return tuple(_hard_rule(rule, contract.rows, rule.name in keys) for rule in contract.columns)


def _hard_rule(rule: ColumnRule, rows: int, key: bool) -> HardRule:
    demand, limits = rule.demand, rule.limits or (None, None)
    counts = [c for c in rule.learned if c.test is RowTest.EQUAL]
    named = rule.closed and counts and all(isinstance(c.at, str) and c.rows >= _OFTEN for c in counts)
    never_missing = rows >= 100 and rule.rows_where(RowTest.MISSING) == 0
    formed = rule.pattern if rule.rows_where(RowTest.UNLIKE) == 0 else ""
    dated = rule.column.kind is Kind.DATETIME  # later rows come later
    return HardRule(
        rule.name,
        rule.column.kind,
        rule.required,
        demand.most_missing != 0.0 and not never_missing,
        demand.unique or key,
        demand.at_least if demand.at_least is not None else limits[0],
        demand.at_most if demand.at_most is not None or dated else limits[1],
        demand.one_of or (tuple(sorted(str(c.at) for c in counts)) if named else ()),
        demand.pattern or formed,
    )
