"""Learn: what was expected of each trial and what came of it, as experience for the next build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.trial import Trial

__all__ = ["Outcome", "learn"]

Outcome = tuple[bool, float]
"""Whether a trial lifted the ensemble beyond noise, and its relative gain."""


def learn(
    context: Mapping[str, float],
    trials: Sequence[Trial],
    expectations: Sequence[Expectation],
    outcomes: Sequence[Outcome],
) -> tuple[Experience, ...]:
    """Pair each trial's expectation with its outcome.

    Raises
    ------
    ValueError
        When a trial lacks its expectation or its outcome.
    """
    return tuple(
        Experience(
            context=dict(context),
            algorithm=trial.candidate.algorithm,
            candidate=trial.candidate.name,
            expectation=expectation,
            succeeded=outcome[0],
            gain=outcome[1],
            seconds=trial.seconds,
        )
        for trial, expectation, outcome in zip(trials, expectations, outcomes, strict=True)
    )
