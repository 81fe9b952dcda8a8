"""A look back: how good the stated probabilities were, and what was learned of each algorithm."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["AlgorithmRecord", "ExpectationReview", "Regret", "StatedAndCame"]


@dataclass(frozen=True)
class StatedAndCame:
    """Trials of which about the same was stated.

    Attributes
    ----------
    low, high : float
        Probabilities that were stated, from ``low`` on and below ``high``.
    trials : int
        How many.
    stated, came : float
        Mean of what was stated, and share that lifted the ensemble beyond noise.
    """

    low: float
    high: float
    trials: int
    stated: float
    came: float


@dataclass(frozen=True)
class Regret:
    """What the first picks of some jobs left to later ones.

    Attributes
    ----------
    first, last : int
        Which jobs, counted from 1, the oldest first.
    regret : float
        Mean share of the loss after the first picks that later picks still took off.
    """

    first: int
    last: int
    regret: float


@dataclass(frozen=True)
class AlgorithmRecord:
    """What came of an algorithm's candidates.

    Attributes
    ----------
    stated, came : float
        Mean of the stated probabilities, and share that lifted the ensemble beyond noise.
    gain : float
        Median relative gain of those that did; 0 where none did.
    seconds : float
        Median wall time.
    """

    algorithm: str
    trials: int
    stated: float
    came: float
    gain: float
    seconds: float


@dataclass(frozen=True)
class ExpectationReview:
    """How good the judgement has been.

    Attributes
    ----------
    jobs, trials : int
        Judged; the simple models, which every search begins with, are not.
    brier : float
        Mean squared difference of what was stated and what came: 0 is perfect.
    brier_of_mean : float
        The same for one who states the overall share of successes each time.
    calibration_error : float
        Mean distance of what was stated and what came, weighted by trials.
    calibration : tuple of StatedAndCame
        By what was stated.
    picks : int
        How many first picks the regret is about.
    regrets : tuple of Regret
        Over the number of past jobs; only jobs with more picks than those count.
    algorithms : tuple of AlgorithmRecord
        The most often tried first.
    seconds_off : float
        Factor within which half of the trials that ran to their end took what was expected; NaN where none did.
    """

    jobs: int
    trials: int
    brier: float
    brier_of_mean: float
    calibration_error: float
    calibration: tuple[StatedAndCame, ...]
    picks: int
    regrets: tuple[Regret, ...]
    algorithms: tuple[AlgorithmRecord, ...]
    seconds_off: float = math.nan
