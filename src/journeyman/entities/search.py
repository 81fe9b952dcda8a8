"""A search: what was tried, what was expected of it, what came of it, and why it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from journeyman.entities.candidate import NotTried
from journeyman.entities.experience import Expectation
from journeyman.entities.trial import Ensemble, Trial
from journeyman.entities.weakness import Attempt, Weakness

__all__ = ["ASKED_TO_FINISH", "Choice", "Search", "SearchLimits", "TrialOutcome"]

ASKED_TO_FINISH = "you asked it to finish with what it had"
"""Reason of a search that its user ended (Ctrl+C)."""


@dataclass(frozen=True)
class Choice:
    """What is tried next, or why nothing is.

    Attributes
    ----------
    expectation : Expectation or None
        What is stated of the candidate; None where the search ends.
    seconds : float or None
        That its trial may take; None where time does not bound it.
    reason : str
        Why the search ends, in words.
    started : float
        Seconds since the run began when this was chosen.
    work : float
        Seconds that a small fixed piece of work took then (``runtime/machine_speed.py``); 0 where no clock counts.
    """

    expectation: Expectation | None
    seconds: float | None
    reason: str
    started: float
    work: float = 0.0


class TrialOutcome(NamedTuple):
    """What a trial did to the ensemble: whether it gained beyond noise, and its relative gain (0 where it stayed)."""

    beyond_noise: bool
    gain: float


@dataclass(frozen=True)
class Search:
    """The outcome of ranking, training and combining.

    Attributes
    ----------
    ensemble : Ensemble
        The best that was found.
    trials : tuple of Trial
        In the order they were run.
    expectations : tuple of Expectation
        What was stated before each trial.
    outcomes : tuple of TrialOutcome
        Of each trial.
    scores : tuple of float
        Score of the best ensemble after each trial.
    stop_reason : str
        Why it ended, in words.
    limited : str
        What the limit on memory has changed, in words; empty where nothing.
    weaknesses : tuple of Weakness
        Where the ensemble failed on the way, in the order found.
    attempts : tuple of Attempt
        What was tried against them.
    slowness : float
        How many times longer things took at its end than on the machine that expected seconds were measured on.
    stopped : float
        Seconds since the run began when it ended; 0 where no clock counts.
    thin : str
        Where time ended it before much was tried: what was tried, and what more time would try. Empty elsewhere.
    not_tried : tuple of NotTried
        Algorithms that proposed nothing, and why.
    """

    ensemble: Ensemble
    trials: tuple[Trial, ...]
    expectations: tuple[Expectation, ...]
    outcomes: tuple[TrialOutcome, ...]
    scores: tuple[float, ...]
    stop_reason: str
    limited: str = ""
    weaknesses: tuple[Weakness, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    slowness: float = 1.0
    stopped: float = 0.0
    thin: str = ""
    not_tried: tuple[NotTried, ...] = ()


@dataclass(frozen=True)
class SearchLimits:
    """What kept a search from a better model.

    Attributes
    ----------
    latency : float or None
        Seconds of an answer that the user asked for.
    score : float
        Of the ensemble that was taken, out of fold.
    unlimited : float or None
        Of the best ensemble whatever its answers take; None where that is the one that was taken.
    thin : str
        As ``Search.thin``.
    """

    latency: float | None = None
    score: float = float("nan")
    unlimited: float | None = None
    thin: str = ""
