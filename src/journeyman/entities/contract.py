"""A data contract: what a table should be, learned from tables or written by a person; and what a table broke of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from journeyman.entities.column import Column
from journeyman.entities.finding import Finding, Severity

__all__ = [
    "Breach",
    "ColumnRule",
    "Contract",
    "Demand",
    "DependencyRule",
    "FreshnessRule",
    "KeyRule",
    "LearnedContract",
    "LearnedCount",
    "OrderRule",
    "RowCountRule",
    "RowTest",
    "Verification",
]


class RowTest(StrEnum):
    """A statement about one value of a row; how many rows it holds for is what is learned and counted again."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    OTHER_UNIT = "other_unit"
    BELOW = "below"
    ABOVE = "above"
    EQUAL = "equal"
    OTHER_VALUE = "other_value"
    SHORTER = "shorter"
    LONGER = "longer"
    UNLIKE = "unlike"


@dataclass(frozen=True)
class LearnedCount:
    """In how many of the learned rows a statement held.

    Attributes
    ----------
    test : RowTest
        The statement.
    at : float, str or None
        The number, length or text that it compares with; None where it compares with nothing or with the rule's own
        units, values or pattern.
    rows : int
        Rows that it held for.
    """

    test: RowTest
    at: float | str | None
    rows: int


@dataclass(frozen=True)
class Demand:
    """What a person wants of every single row, whatever was learned.

    Attributes
    ----------
    at_least, at_most : float or None
        Bounds of a number, or of a date in seconds since 1970.
    one_of : tuple of str
        The only values that are allowed; empty for any.
    pattern : str
        A regular expression that the whole text must match; "" for any.
    most_missing : float or None
        Largest share of missing values.
    unique : bool
        Whether no two rows may have the same value.
    """

    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()
    pattern: str = ""
    most_missing: float | None = None
    unique: bool = False


@dataclass(frozen=True)
class ColumnRule:
    """What a column should be.

    Attributes
    ----------
    column : Column
        Name, kind, and how raw values are read.
    storage : str
        Of what type a typed file held it: "number", "text", "date" or "boolean"; "" where it came from a text.
    required : bool
        Whether a table without the column is refused.
    units : tuple of str
        What stood beside the digits of numbers in texts; empty where that was not looked at.
    pattern : str
        What all learned texts looked like, as a regular expression; "" where they had no form in common.
    closed : bool
        Whether the learned counts of equal values name every value that was seen.
    limits : (float, float) or None
        Where a single number is not believed, in the light of how far the learned ones lay apart.
    learned : tuple of LearnedCount
        What held for how many of the learned rows.
    demand : Demand
        What must hold for every row.
    drift : float or None
        By how much a share of rows may move beyond chance; None takes the contract's.
    """

    column: Column
    storage: str = ""
    required: bool = True
    units: tuple[str, ...] = ()
    pattern: str = ""
    closed: bool = False
    limits: tuple[float, float] | None = None
    learned: tuple[LearnedCount, ...] = ()
    demand: Demand = field(default_factory=Demand)
    drift: float | None = None

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name

    @property
    def values(self) -> tuple[float | str, ...]:
        """The values whose frequency was learned, in the order of the rule."""
        return tuple(c.at for c in self.learned if c.test is RowTest.EQUAL and c.at is not None)

    def rows_where(self, test: RowTest) -> int:
        """Return in how many learned rows a statement without a number held."""
        return next((c.rows for c in self.learned if c.test is test), 0)


@dataclass(frozen=True)
class KeyRule:
    """Columns whose values together name a row: no two rows have the same ones."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class DependencyRule:
    """Rows with the same value of ``given`` have the same value of ``fixed``."""

    given: str
    fixed: str


@dataclass(frozen=True)
class OrderRule:
    """The value of ``lesser`` is never greater than that of ``greater``, where both are there."""

    lesser: str
    greater: str


@dataclass(frozen=True)
class RowCountRule:
    """How many rows a table may have."""

    at_least: int = 1
    at_most: int | None = None


@dataclass(frozen=True)
class FreshnessRule:
    """The newest date of ``column`` is at most ``within`` seconds old when the table is looked at."""

    column: str
    within: float


@dataclass(frozen=True)
class Contract:
    """What a table should be.

    Attributes
    ----------
    name : str
        Of the table, or of what the contract was made of.
    rows : int
        Rows that were learned from; 0 where nothing was.
    columns : tuple of ColumnRule
        In the order of the table.
    keys, dependencies, orders : tuple
        Rules about several columns.
    row_count : RowCountRule
        How many rows a table may have.
    freshness : FreshnessRule or None
        How old its newest row may be.
    false_alarms : float
        The probability that all rules together refuse a table whose rows are like the learned ones.
    drift : float
        By how much shares of rows may move beyond chance: 0.02 is two rows of a hundred.
    left_out : tuple of str
        Rules of another tool's contract that could not be kept.
    targets : tuple of str
        Columns whose rules are kept apart: what a model predicts, which rows to predict do not have.

    Examples
    --------
    >>> from journeyman.entities.column import Kind
    >>> Contract("t", 0, (ColumnRule(Column("age", Kind.INTEGER)),)).rule("age").column.kind.value
    'integer'
    """

    name: str
    rows: int
    columns: tuple[ColumnRule, ...]
    keys: tuple[KeyRule, ...] = ()
    dependencies: tuple[DependencyRule, ...] = ()
    orders: tuple[OrderRule, ...] = ()
    row_count: RowCountRule = RowCountRule()
    freshness: FreshnessRule | None = None
    false_alarms: float = 0.01
    drift: float = 0.02
    left_out: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def without(self, names: Collection[str]) -> Contract:
        """Return the contract without some columns and the rules that need them."""
        return replace(
            self,
            columns=tuple(r for r in self.columns if r.name not in names),
            keys=tuple(k for k in self.keys if not set(k.columns) & set(names)),
            dependencies=tuple(d for d in self.dependencies if not {d.given, d.fixed} & set(names)),
            orders=tuple(o for o in self.orders if not {o.lesser, o.greater} & set(names)),
            freshness=None if self.freshness is None or self.freshness.column in names else self.freshness,
            targets=tuple(t for t in self.targets if t not in names),
        )

    def rule(self, name: str) -> ColumnRule:
        """Return the rule of a column; KeyError where there is none."""
        for rule in self.columns:
            if rule.name == name:
                return rule
        raise KeyError(name)


@dataclass(frozen=True)
class Breach:
    """A rule that a table breaks: the finding, and a few of the rows, as column to text."""

    finding: Finding
    examples: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Verification:
    """Whether a table is what its contract says.

    Attributes
    ----------
    contract, table : str
        Their names.
    rows : int
        Rows of the table.
    breaches : tuple of Breach
        The gravest first.
    """

    contract: str
    table: str
    rows: int
    breaches: tuple[Breach, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether a rule is broken beyond chance."""
        return any(b.finding.severity is Severity.ERROR for b in self.breaches)


@dataclass(frozen=True)
class LearnedContract:
    """What a build has learned of its table, and which of a person's demands the table breaks itself."""

    contract: Contract
    findings: tuple[Finding, ...] = ()
