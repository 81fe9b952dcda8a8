"""Learn: what was expected of each trial and what came of it, as experience for the next build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeyman.entities.candidate import BASELINE
from journeyman.entities.experience import Expectation, Experience
from journeyman.entities.search import TrialOutcome
from journeyman.entities.trial import Trial

__all__ = ["learn"]


def learn(
    context: Mapping[str, float],
    trials: Sequence[Trial],
    expectations: Sequence[Expectation],
    outcomes: Sequence[TrialOutcome],
    optimum: float,
) -> tuple[Experience, ...]:
    """Pair each trial's expectation with its outcome.

    Parameters
    ----------
    context : mapping of str to float
        Meta-features of the table; what the trials before had shown is added from each expectation.
    optimum : float
        The score of predictions without a fault.

    Raises
    ------
    ValueError
        When a trial lacks its expectation or its outcome.
    """
    base = next((t.score for t in trials if t.candidate.algorithm == BASELINE), None)
    return tuple(
        Experience(
            context={**context, **expectation.context},
            algorithm=trial.candidate.learner,
            candidate=trial.candidate.name,
            expectation=expectation,
            succeeded=outcome.beyond_noise,
            gain=outcome.gain,
            seconds=trial.seconds,
            solo=_relative(trial.score, base, optimum),
        )
        for trial, expectation, outcome in zip(trials, expectations, outcomes, strict=True)
    )


def _relative(score: float | None, base: float | None, optimum: float) -> float | None:
    """Return a loss relative to the baseline's, or None where one of them is not known."""
    if score is None or base is None:
        return None
    loss, least = abs(optimum - score), abs(optimum - base)
    return loss / least if least > 0 else None
