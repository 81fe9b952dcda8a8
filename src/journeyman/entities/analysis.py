"""An analysis: what was found in a table and confirmed on other rows, what was done about it, and what that gained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.column import Column
from journeyman.entities.gain import Gain
from journeyman.entities.profile import Profile

__all__ = [
    "ActionKind",
    "ActionTrial",
    "Analysis",
    "Curve",
    "Discovery",
    "Effect",
    "Evidence",
    "Level",
    "ModelAction",
    "RowParts",
]


class ActionKind(StrEnum):
    """What can be done for a model because of a discovery; the words are part of what people read."""

    CROSS = "a feature of both columns"
    DIFFERENCE = "a feature: the difference to the mean within a group"
    SIDE = "a feature: which side of a value"
    GAPS = "features: which values are missing"
    MONOTONE = "a constraint: predictions only rise or only fall with the column"
    FADING = "older rows weigh less"
    DROP = "columns that repeat others are left out"


@dataclass(frozen=True)
class ModelAction:
    """Something that a model can be given.

    Attributes
    ----------
    kind : ActionKind
        What it is.
    columns : tuple of str
        Of which columns.
    value : float
        The value whose side is told; the direction of a constraint, 1 or -1; else 0.

    Examples
    --------
    >>> ModelAction(ActionKind.MONOTONE, ("age",), -1.0).text
    "predictions may only fall with 'age'"
    """

    kind: ActionKind
    columns: tuple[str, ...]
    value: float = 0.0

    @property
    def text(self) -> str:
        """What is done, in words."""
        names = " and ".join(f"'{name}'" for name in self.columns)
        if self.kind is ActionKind.MONOTONE:
            return f"predictions may only {'rise' if self.value > 0 else 'fall'} with {names}"
        if self.kind is ActionKind.CROSS:
            return f"a feature of {names} together"
        if self.kind is ActionKind.DIFFERENCE:
            return f"a feature: '{self.columns[0]}' less its mean within '{self.columns[1]}'"
        if self.kind is ActionKind.SIDE:
            return f"a feature: whether {names} is {self.value:.6g} or more"
        if self.kind is ActionKind.GAPS:
            return f"features: whether {names} {'is' if len(self.columns) == 1 else 'are'} missing"
        if self.kind is ActionKind.DROP:
            return f"{names} left out: {'it repeats' if len(self.columns) == 1 else 'they repeat'} another column"
        return "older rows weigh less"


@dataclass(frozen=True)
class Evidence:
    """What rows say of a hypothesis that other rows suggested.

    Attributes
    ----------
    p_value : float
        That chance alone makes it look so, two-sided.
    statistic : float
        Its size in standard errors; positive where these rows agree with those that suggested it.
    """

    p_value: float
    statistic: float


@dataclass(frozen=True)
class Effect:
    """How much, with an interval that holds the true figure with a probability of 95%.

    Attributes
    ----------
    value, low, high : float
        In ``unit``.
    unit : str
        Unit of the target; "share" for a share of rows, "correlation" for one.
    """

    value: float
    low: float
    high: float
    unit: str = ""


@dataclass(frozen=True)
class Level:
    """A mean over the rows of one part of a column, with its interval of 95%."""

    label: str
    mean: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class Curve:
    """Levels of one column, over all rows or over those that ``name`` says."""

    name: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Discovery:
    """A hypothesis that was confirmed on rows that did not suggest it.

    Attributes
    ----------
    kind : str
        Name of the analysis that proposed it ("associations").
    columns : tuple of str
        What it is about, the target not counted.
    sentence : str
        What was found, in words with figures.
    effect : Effect
        On the confirming rows.
    p_value : float
        On the confirming rows.
    rows : int
        Confirming rows that have the values it needs.
    weight : float
        By which discoveries of one kind are ordered: the effect in standard deviations.
    action : ModelAction or None
        What a model can be given because of it.
    curves : tuple of Curve
        What a picture of it shows.
    """

    kind: str
    columns: tuple[str, ...]
    sentence: str
    effect: Effect
    p_value: float
    rows: int
    weight: float
    action: ModelAction | None = None
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class ActionTrial:
    """What actions gained: a model with them beside the same model without, on rows that neither learned from.

    Attributes
    ----------
    actions : tuple of ModelAction
        What was tried together.
    discoveries : tuple of int
        Positions of the discoveries that it follows from.
    gain : Gain or None
        What came of it; None where it was not tried here.
    p_value : float
        That it gains nothing, one-sided, corrected for the number of trials.
    accepted : bool
        Whether the gain is proved.
    reason : str
        Why it was not tried; "" where it was.
    """

    actions: tuple[ModelAction, ...]
    discoveries: tuple[int, ...]
    gain: Gain | None
    p_value: float = 1.0
    accepted: bool = False
    reason: str = ""


@dataclass(frozen=True)
class RowParts:
    """How many rows had which part.

    Attributes
    ----------
    explored, confirmed : int
        Rows that suggested, and rows that confirmed; no row did both, and models were compared on the latter.
    reserved : int
        Rows that nobody looked at: the holdout of a build with the same settings.
    clusters : int
        Confirming rows that do not depend on one another: copies, members of a group and neighbours in time count once.
    """

    explored: int
    confirmed: int
    reserved: int
    clusters: int


@dataclass(frozen=True)
class Analysis:
    """All that an analysis says of a table.

    Attributes
    ----------
    source : str
        Where the table came from.
    digest : str
        Of the table.
    target : str
        Column that is to be predicted; "" where none was named.
    task : str
        Kind of task; "" without a target.
    seed : int
        Seed of everything random; a build whose holdout the analysis has not seen has the same.
    rows, analysed_rows : int
        Of the table, and those that were read for the analysis.
    parts : RowParts
        Which rows did what.
    looked_at, tested : int
        Relations that the exploring rows were searched for, and those that the confirming rows were asked about.
    rate : float
        Share of false statements among the discoveries, at most, in expectation.
    discoveries : tuple of Discovery
        By kind, the most certain kinds of use first.
    trials : tuple of ActionTrial
        What was done, and what that gained.
    columns : tuple of Column
        Of the table, the target among them.
    profile : Profile
        Of each column.
    notes : tuple of str
        What limits the analysis, in sentences.
    seconds : float
        That it took.
    reach : str
        Digest of the rows that it could look at: a build that learns from other rows may not follow it.
    """

    source: str
    digest: str
    target: str
    task: str
    seed: int
    rows: int
    analysed_rows: int
    parts: RowParts
    looked_at: int
    tested: int
    rate: float
    discoveries: tuple[Discovery, ...]
    trials: tuple[ActionTrial, ...]
    columns: tuple[Column, ...]
    profile: Profile
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    reach: str = ""

    @property
    def actions(self) -> tuple[ModelAction, ...]:
        """What discoveries call for, each once, what gained first."""
        tried = [action for trial in self.trials for action in trial.actions]
        called_for = [discovery.action for discovery in self.discoveries if discovery.action is not None]
        return tuple(dict.fromkeys([*tried, *called_for]))
