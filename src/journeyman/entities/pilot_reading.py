"""What a pilot has shown so far."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from journeyman.entities.decided_case import PilotPlan

__all__ = ["PilotReading", "PilotVerdict"]


class PilotVerdict(StrEnum):
    """What is done after a look at a pilot."""

    GO = "GO"
    GO_ON = "GO ON WITH THE PILOT"
    NO_GO = "NO-GO"


@dataclass(frozen=True)
class PilotReading:
    """A look at a pilot; it may be taken every day.

    Attributes
    ----------
    name, version
        Of the model.
    unit : str
        Of all values.
    plan : PilotPlan
        What was planned.
    verdict : PilotVerdict
        The answer.
    reason : str
        Why, in a sentence.
    policy, today : int
        Cases of either arm.
    effect, low, high : float
        What a case gained by the policy, and the ends of its interval, each of which holds at every look but for a
        probability of ``plan.alpha``.
    evidence, against : float
        Odds made of 1 by betting that a case gains more than the hurdle, and that it gains less; the highest so far.
    ended : int or None
        Number of the case at which the answer was there.
    days : float
        How long the pilot may go on, by the plan.
    """

    name: str
    version: int
    unit: str
    plan: PilotPlan
    verdict: PilotVerdict
    reason: str
    policy: int
    today: int
    effect: float
    low: float
    high: float
    evidence: float
    against: float
    ended: int | None
    days: float
