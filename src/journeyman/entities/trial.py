"""A trial: what came of a candidate. A failed trial is a value with its cause."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.spread import QuantileSpread

__all__ = ["Ensemble", "Member", "SmallerEnsemble", "Trial", "TrialStatus", "answers_within", "temper"]

_TINY = 1e-7


class TrialStatus(StrEnum):
    """How a trial ended."""

    DONE = "done"
    FAILED = "failed"
    OUT_OF_TIME = "out of time"
    STOPPED = "stopped early"


@dataclass(frozen=True)
class Trial:
    """The outcome of a candidate on the folds.

    Attributes
    ----------
    candidate : Candidate
        What was tried.
    status : TrialStatus
        How it ended.
    score : float or None
        The task's metric over all out-of-fold predictions; None unless done.
    fold_scores : tuple of float
        The same fold by fold.
    rounds : tuple of int
        Boosting rounds kept in each fold that was run; zeros where the algorithm has none.
    predictions : ndarray of shape (n_validated, n_outputs) or None
        Out-of-fold predictions for the validated rows of the folds, in the order of the folds:
        probabilities (n_classes columns) or values (1 column).
    seconds : float
        Wall time it took.
    preparing : float
        Seconds of these that went into a preparation, which later trials share.
    fit_seconds : float
        Seconds of one of its final fits, when what is loaded or compiled once is behind it; 0 where not known.
    started : float
        Seconds since the run began when it started.
    answer_seconds : float
        Expected seconds of one answer among many, judged by the models' sizes.
    cause : str
        Why it failed, in one line.
    unfinished : bool
        Whether time ended a fit that was still learning.
    learned_long : bool
        Whether the validation rows of all folds profited for longer than is usual.
    measured_seconds : float
        Seconds that one answer among many took; 0 where not known. ``answer_seconds`` is the same on every run.
    """

    candidate: Candidate
    status: TrialStatus
    score: float | None = None
    fold_scores: tuple[float, ...] = ()
    rounds: tuple[int, ...] = ()
    predictions: NDArray[np.float64] | None = None
    seconds: float = 0.0
    preparing: float = 0.0
    fit_seconds: float = 0.0
    started: float = 0.0
    answer_seconds: float = 0.0
    cause: str = ""
    unfinished: bool = False
    learned_long: bool = False
    measured_seconds: float = 0.0


@dataclass(frozen=True)
class Member:
    """One part of an ensemble.

    Attributes
    ----------
    candidate : Candidate
        What is fitted.
    weight : float
        Share in the ensemble's answer; weights sum to 1.
    rounds : int
        Boosting rounds to fit with (0 where the algorithm has none).
    copies : int
        Seed replicas: final fits, each from another seed, whose predictions are averaged.
    """

    candidate: Candidate
    weight: float
    rounds: int = 0
    copies: int = 1


@dataclass(frozen=True)
class SmallerEnsemble:
    """An ensemble of some of a released one's members, in the proportions that they have there.

    Attributes
    ----------
    kept : tuple of int
        Positions of its members, ascending.
    score : float
        The task's metric out of fold.
    """

    kept: tuple[int, ...]
    score: float


@dataclass(frozen=True)
class Ensemble:
    """A weighted mean of candidates.

    Attributes
    ----------
    members : tuple of Member
        Heaviest first.
    score : float
        The task's metric out of fold.
    predictions : ndarray of shape (n_validated, n_outputs)
        Out-of-fold predictions, in the order of the folds.
    temperature : float
        Probabilities are raised to 1 / temperature and normalised again; 1.0 leaves them.
    threshold : float or None
        Binary tasks: the positive label is given from this probability on.
    answer_seconds : float
        Expected seconds of one answer among many.
    spread : QuantileSpread or None
        How quantiles are drawn apart so that intervals hold; None leaves them.
    """

    members: tuple[Member, ...]
    score: float
    predictions: NDArray[np.float64]
    temperature: float = 1.0
    threshold: float | None = None
    answer_seconds: float = 0.0
    spread: QuantileSpread | None = None

    def answers_within(self, seconds: float, most: int) -> int:
        """Return how many answers such a time holds, at most ``most``, judged by sizes alone."""
        return answers_within(self.answer_seconds, seconds, most)


def answers_within(answer_seconds: float, seconds: float, most: int) -> int:
    """Return how many answers of so many seconds each a time holds, at most ``most``.

    Examples
    --------
    >>> answers_within(0.001, 2.0, 50_000)
    2000
    """
    return most if answer_seconds * most <= seconds else int(seconds / answer_seconds)


def temper(predictions: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Raise probabilities to 1 / temperature and normalise them again.

    Examples
    --------
    >>> temper(np.array([[0.2, 0.8]]), 1.0)
    array([[0.2, 0.8]])
    """
    if temperature == 1.0:
        return predictions
    powered = np.clip(predictions, _TINY, 1.0) ** (1.0 / temperature)
    return np.asarray(powered / powered.sum(axis=1, keepdims=True))
