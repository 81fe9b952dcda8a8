"""Operations: what the loop decided about a served model, why, what it cost and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from journeyman.entities.decision import Action

__all__ = ["Economics", "Move", "Operation", "Outcome", "WindowKind", "WindowPlan", "action_words"]


class WindowKind(StrEnum):
    """Which rows a retraining learns from."""

    ALL = "all"
    SLIDING = "sliding"
    WEIGHTED = "weighted"


@dataclass(frozen=True)
class WindowPlan:
    """Rows that a retraining learns from.

    Attributes
    ----------
    kind : WindowKind
        All rows, the latest ones, or all with weights that fall with age.
    rows : int
        Latest rows that are taken; for WEIGHTED, the rows after which a weight has halved; 0 for ALL.
    loss : float or None
        Loss of a model learned so, by prequential back-test; None where there was too little to test.
    tested : mapping of str to float
        Loss of each plan that was tested, by its name.
    since : int
        Moment since which rows are taken that nobody has labelled, in milliseconds since 1970; without a target alone.
    """

    kind: WindowKind
    rows: int = 0
    loss: float | None = None
    tested: Mapping[str, float] = field(default_factory=dict)
    since: int = 0


@dataclass(frozen=True)
class Economics:
    """What staleness and work cost, in the user's unit.

    Attributes
    ----------
    unit : str
        "EUR" or what the user says; by default "points", of which a retraining costs one.
    retraining : float
        Cost of one retraining.
    loss : float
        Cost of one unit of loss on one prediction; 0 means that it is set so that a loss as large as the reference's
        noise over ``horizon`` predictions costs as much as one retraining.
    horizon : int
        Predictions over which a retraining has to pay for itself.
    approval : bool
        Whether a person approves promotions.
    """

    unit: str = "points"
    retraining: float = 1.0
    loss: float = 0.0
    horizon: int = 10_000
    approval: bool = False


@dataclass(frozen=True)
class Move:
    """What a policy wants done, before it is done.

    Attributes
    ----------
    action : Action
        Keep, retrain, promote, roll back or ask.
    reason : str
        One sentence in plain words.
    signals : tuple of str
        Codes of the signals that spoke for it.
    version : int or None
        Release that is to be promoted, dropped or returned to.
    window : WindowPlan or None
        For a retraining.
    cost, benefit : float
        Expected, in the user's unit.
    evidence : mapping of str to str, int or float
        Figures behind it.
    wanted : Action or None
        Where a person is asked: what is done when they approve.
    """

    action: Action
    reason: str
    signals: tuple[str, ...] = ()
    version: int | None = None
    window: WindowPlan | None = None
    cost: float = 0.0
    benefit: float = 0.0
    evidence: Mapping[str, str | int | float] = field(default_factory=dict)
    wanted: Action | None = None


def action_words(action: Action, version: int | None) -> str:
    """Say what an action does.

    Examples
    --------
    >>> action_words(Action.PROMOTE, 4), action_words(Action.KEEP, 3), action_words(Action.KEEP, None)
    ('promote release 4', 'drop challenger 3, keep the champion', 'keep the champion')
    """
    which = "" if version is None else f" release {version}"
    return {
        Action.PROMOTE: f"promote{which}",
        Action.ROLL_BACK: f"return to{which or ' the release before'}",
        Action.RETRAIN: "retrain",
        Action.KEEP: "keep the champion" if version is None else f"drop challenger {version}, keep the champion",
        Action.ASK: "ask a person",
    }[action]


@dataclass(frozen=True)
class Outcome:
    """What came of a move, told when it can be measured.

    Attributes
    ----------
    gain : float
        Loss that each prediction was spared, measured on the truths that came after; negative where it was worse.
    labels : int
        Truths behind that.
    seconds : float
        Wall time it took.
    version : int or None
        Release that came of it.
    note : str
        What happened, in words.
    """

    gain: float = 0.0
    labels: int = 0
    seconds: float = 0.0
    version: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Operation:
    """A decision record: what was seen, so what, what was done, what it cost, what came of it.

    Attributes
    ----------
    number : int
        1, 2, 3 ... for one model.
    model : str
        Its name.
    round : int
        The round of the loop that decided it.
    at : int
        End of the span that was looked at, in milliseconds since 1970.
    move : Move
        What was decided.
    champion : int
        Release in use when it was decided.
    context : mapping of str to float
        What was known then, for learning.
    outcome : Outcome or None
        None until it can be measured.
    """

    number: int
    model: str
    round: int
    at: int
    move: Move
    champion: int
    context: Mapping[str, float] = field(default_factory=dict)
    outcome: Outcome | None = None
