"""Experience: what was proposed in which context, what was expected of it, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        Relative gain of the ensemble's score that is expected if it does.
    seconds : float
        Expected wall time.
    context : mapping of str to float
        What was known when this was stated: the table's meta-features, and what the earlier trials had shown.
    """

    candidate: str
    probability: float
    gain: float
    seconds: float
    context: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Experience:
    """One proposal and its outcome.

    Attributes
    ----------
    context : mapping of str to float
        Meta-features (rows, columns, shares of kinds, missing, class balance, kind of task), and what the earlier
        trials of its search had shown.
    algorithm : str
        Registered name.
    candidate : str
        The candidate's name: algorithm and style.
    expectation : Expectation
        What was stated in advance.
    succeeded : bool
        Whether it lifted the ensemble beyond noise.
    gain : float
        Relative gain of the ensemble's score.
    seconds : float
        Wall time it took.
    solo : float or None
        Its own loss relative to the baseline's; None where it has no score.
    job : str
        The run that it comes from; trials of one job are in the order they were run.
    """

    context: Mapping[str, float]
    algorithm: str
    candidate: str
    expectation: Expectation
    succeeded: bool
    gain: float
    seconds: float
    solo: float | None = None
    job: str = ""
