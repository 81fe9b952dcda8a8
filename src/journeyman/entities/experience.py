"""Experience: what was proposed in which context, what was expected of it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Expectation", "Experience"]


@dataclass(frozen=True)
class Expectation:
    """What is stated before a trial.

    Attributes
    ----------
    candidate : str
        Key of the candidate.
    probability : float
        That it lifts the ensemble beyond noise.
    gain : float
        Expected relative gain of the ensemble's score.
    seconds : float
        Expected wall time.
    """

    candidate: str
    probability: float
    gain: float
    seconds: float


@dataclass(frozen=True)
class Experience:
    """One proposal and its outcome.

    Attributes
    ----------
    context : mapping of str to float
        Meta-features: rows, columns, share of kinds, missing, class balance, trials before it.
    algorithm : str
        Registered name.
    candidate : str
        Key of the candidate.
    expectation : Expectation
        What was stated in advance.
    succeeded : bool
        Whether it lifted the ensemble beyond noise.
    gain : float
        Relative gain of the ensemble's score.
    seconds : float
        Wall time it took.
    """

    context: Mapping[str, float]
    algorithm: str
    candidate: str
    expectation: Expectation
    succeeded: bool
    gain: float
    seconds: float
