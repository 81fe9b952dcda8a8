"""A business case: what acting on predictions is worth, what is done today, and how often it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["LARGEST_AMOUNT", "LEAVE", "BusinessCase", "Effect", "Rule", "RuleKind", "Today", "Volume", "Worth"]

LARGEST_AMOUNT = 1e15
"""Of any amount or count: squares and sums of larger ones lose cents, and then everything."""

LEAVE = "leave"
"""The action that leaves a case alone; it takes no capacity and no budget."""


class Effect(StrEnum):
    """What is known of whether an action changes what happens."""

    NONE = "none"
    """It cannot: an order is checked or not, and is a fraud or not."""
    MEASURED = "measured"
    """A trial has measured it, and the worths hold what came of it."""
    ASSUMED = "assumed"
    """The worths rest on what somebody believes."""


@dataclass(frozen=True)
class Worth:
    """What one case earns (positive) or costs (negative): a number, and a rate of each of some columns.

    Attributes
    ----------
    plus : float
        The number, in the unit of the business case.
    rates : mapping of str to float
        By column; the target's own column stands for what came.

    Examples
    --------
    >>> Worth(-15.0, {"amount": 0.2}).words("EUR")
    '-15 EUR + 0.2 x amount'
    """

    plus: float = 0.0
    rates: Mapping[str, float] = field(default_factory=dict)

    def words(self, unit: str) -> str:
        """Return it as people write it."""
        parts = [f"{rate:g} x {name}" for name, rate in self.rates.items()]
        if self.plus or not parts:
            parts.insert(0, f"{self.plus:,.10g} {unit}".strip())
        return " + ".join(parts)


class RuleKind(StrEnum):
    """How a column's rule compares."""

    IS = "is"
    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True)
class Rule:
    """Cases where a column has a value, or lies above or below one."""

    column: str
    kind: RuleKind
    value: str | float

    def words(self) -> str:
        """Return it as people say it.

        Examples
        --------
        >>> Rule("tenure", RuleKind.BELOW, 12.0).words()
        "'tenure' is below 12"
        """
        value = f"{self.value:g}" if isinstance(self.value, float) else f"'{self.value}'"
        return f"'{self.column}' is {value}" if self.kind is RuleKind.IS else f"'{self.column}' is {self.kind} {value}"


@dataclass(frozen=True)
class Today:
    """What is done now, without the model: an action for all, or one where a rule holds and another elsewhere."""

    action: str
    rule: Rule | None = None
    otherwise: str = LEAVE

    def words(self) -> str:
        """Return it as people say it.

        Examples
        --------
        >>> Today("act").words(), Today("leave").words()
        ('every case: act', 'every case: leave')
        """
        if self.rule is None:
            return f"every case: {self.action}"
        return f"{self.action} where {self.rule.words()}, else {self.otherwise}"


@dataclass(frozen=True)
class Volume:
    """How many cases come, and how many can be acted on.

    Attributes
    ----------
    cases : float
        That come a day.
    days : float
        That the model will be used.
    capacity : float or None
        Most cases a day that can be acted on; None where there is no limit.
    budget : float or None
        Most that acting may take a day; None where there is no limit.
    price : Worth
        What acting on a case takes out of that budget, as a positive number.
    """

    cases: float
    days: float
    capacity: float | None = None
    budget: float | None = None
    price: Worth = field(default_factory=Worth)

    @property
    def total(self) -> float:
        """Cases while the model is used."""
        return self.cases * self.days


@dataclass(frozen=True)
class BusinessCase:
    """What an economics file says.

    Attributes
    ----------
    unit : str
        Of all worths, such as "EUR".
    effect : Effect
        What is known of what acting does.
    worth : mapping of str to mapping of str to Worth
        By action and outcome: what one case is worth. Outcomes are the classes of the target; of a number there is one,
        "each".
    today : Today
        The status quo.
    volume : Volume
        How many cases, for how long.
    fixed : float
        What the model costs once, as a positive number.
    running : float
        What it costs each day, as a positive number.
    retraining : float or None
        What learning again costs, for the loop; None where that is not said.
    prevalence : mapping of str to float
        Shares of the classes among the cases to come, where they differ from those of the held-out rows; else empty.
    protected : str
        Column whose groups are compared; empty where none is named.
    replies : mapping of str to str
        Questions that a person has answered, by their names.
    text : str
        The file as it was written.
    sure : float
        Probability of a gain that GO asks for.
    """

    unit: str
    effect: Effect
    worth: Mapping[str, Mapping[str, Worth]]
    today: Today
    volume: Volume
    fixed: float = 0.0
    running: float = 0.0
    retraining: float | None = None
    prevalence: Mapping[str, float] = field(default_factory=dict)
    protected: str = ""
    replies: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    sure: float = 0.95

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of what can be done with a case, in the order of the file."""
        return tuple(self.worth)

    @property
    def overhead(self) -> float:
        """What the model itself costs while it is used."""
        return self.fixed + self.running * self.volume.days

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that the file names, each once."""
        named = [c for row in self.worth.values() for worth in row.values() for c in worth.rates]
        named += list(self.volume.price.rates)
        named += [self.today.rule.column] if self.today.rule is not None else []
        named += [self.protected] if self.protected else []
        return tuple(dict.fromkeys(named))
