"""Try a candidate on the folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.task import Task
from journeyman.entities.trial import Trial, TrialStatus
from journeyman.errors import EngineError
from journeyman.interfaces import (
    Algorithm,
    Clock,
    Ends,
    FitRequest,
    FitRunner,
    FoldFits,
    LearnsLong,
    Metric,
)
from journeyman.metrics.weighted import score_rows
from journeyman.stages.train.fit import fit_scaled
from journeyman.stages.train.folds import Folds, FoldsInTurn, PreparedFold
from journeyman.stages.train.local_fits import LOCAL_FITS

__all__ = ["Allowance", "Terms", "train"]

FloatArray = NDArray[np.float64]
_MIXES = (0.1, 0.3, 0.6, 1.0)
_MOST_RACED = 10_000  # rows that a race is judged by


@dataclass(frozen=True)
class Allowance:
    """How long a trial may take: seconds from a moment of the clock, or for ever.

    ``starting`` of them are expected to go into what an algorithm loads or compiles once a process.
    """

    clock: Clock
    started: float
    seconds: float | None
    starting: float = 0.0

    def share(self, waves_left: int, first: bool) -> Callable[[], float] | None:
        """Return what gives the seconds left of the next wave's share of the time; None where no clock counts.

        What the first fit of all loads or compiles is for all waves, so it is not taken off the first one's share.
        """
        if self.seconds is None:
            return None
        now = self.clock.monotonic()
        left = max(0.0, self.seconds - (now - self.started))
        starting = min(left, self.starting) if first else 0.0
        deadline = now + starting + (left - starting) / waves_left
        return lambda: deadline - self.clock.monotonic()


@dataclass(frozen=True)
class Terms:
    """How a trial is run.

    Attributes
    ----------
    metric : Metric
        What scores it.
    allowance : Allowance
        Its time; boosting stops where it is when its share is used, what cannot stop gives up.
    threads : int
        Of this process.
    incumbent : ndarray of shape (n_validated, n_outputs) or None
        What the best ensemble says of the validated rows. A candidate that could not help it on the first folds is
        spared the others.
    runner : FitRunner
        Where the folds are fitted.
    """

    metric: Metric
    allowance: Allowance
    threads: int
    incumbent: FloatArray | None = None
    runner: FitRunner = LOCAL_FITS


def train(
    algorithm: Algorithm,
    folds: Callable[[], Folds],
    terms: Terms,
    candidate: Candidate,
    task: Task,
    seed: int,
) -> Trial:
    """Try a candidate on every fold, or on the first ones where they show that it is without hope.

    Parameters
    ----------
    folds : callable
        Gives the prepared folds; called only when the trial is really run.

    Returns
    -------
    Trial
        With out-of-fold predictions; a failure is a value with its cause.

    Raises
    ------
    EngineError
        Where the machines that fit were lost: that says nothing of the candidate.
    """
    clock = terms.allowance.clock
    started = clock.monotonic()
    trial = Trial(candidate, TrialStatus.FAILED)
    try:
        prepared = folds()
        trial = replace(trial, preparing=clock.monotonic() - started)
        outcome = _run(algorithm, prepared, terms, trial, task, seed)
    except TimeoutError:
        outcome = replace(trial, status=TrialStatus.OUT_OF_TIME, cause="no fold could be finished in its time")
    except EngineError:
        raise
    except Exception as error:  # noqa: BLE001 - a part may fail in any way; the build goes on and the journal says why
        lines = str(error).strip().splitlines() or [type(error).__name__]
        outcome = replace(trial, cause=f"{type(error).__name__}: {lines[0]}"[:300])
    return replace(outcome, seconds=clock.monotonic() - started)


@dataclass(frozen=True)
class _Answered:
    """What one fold gave."""

    predictions: FloatArray
    truth: FloatArray
    score: float
    rounds: int
    answer_seconds: float
    measured_seconds: float
    seconds: float
    unfinished: bool
    learned_long: bool
    weights: FloatArray | None


@dataclass(frozen=True)
class _Fit:
    """A candidate's fit on one fold; all that goes to the machine that does it, besides the rows."""

    algorithm: Algorithm
    metric: Metric
    clock: Clock
    candidate: Candidate
    task: Task
    seed: int


def _run(algorithm: Algorithm, folds: Folds, terms: Terms, trial: Trial, task: Task, seed: int) -> Trial:
    wide = 1 if isinstance(folds, FoldsInTurn) else terms.runner.at_once(terms.threads)
    side = max(1, min(wide, len(folds)))
    waves = [range(i, min(i + side, len(folds))) for i in range(0, len(folds), side)]
    half, raced = (len(folds) + 1) // 2, False
    done: list[_Answered] = []
    fit = partial(_fit_fold, _Fit(algorithm, terms.metric, terms.allowance.clock, trial.candidate, task, seed))
    for number, wave in enumerate(waves):
        seconds_left = terms.allowance.share(len(waves) - number, number == 0)
        done += terms.runner.run(FoldFits(fit, [folds[p] for p in wave], terms.threads, seconds_left))
        # Judged by the same folds whatever the number of threads, so that this does not change the outcome.
        if not raced and len(done) >= half:
            raced = True
            # What was cut short while it learned says too little of what it would have come to.
            learned = not any(d.unfinished for d in done[:half])
            if half < len(folds) and learned and _hopeless(terms, done[:half]):
                cause = f"would not help, judged by {half} of {len(folds)} folds"
                return replace(_with_fold_results(trial, done[:half]), status=TrialStatus.STOPPED, cause=cause)
    answers = np.vstack([d.predictions for d in done])
    score = score_rows(terms.metric, np.concatenate([d.truth for d in done]), answers, _weights(done))
    return replace(_with_fold_results(trial, done), status=TrialStatus.DONE, score=score, predictions=answers)


def _weights(done: Sequence[_Answered]) -> FloatArray | None:
    weights = [d.weights for d in done if d.weights is not None]
    return np.concatenate(weights) if weights else None


def _with_fold_results(trial: Trial, done: Sequence[_Answered]) -> Trial:
    return replace(
        trial,
        fold_scores=tuple(d.score for d in done),
        rounds=tuple(d.rounds for d in done),
        answer_seconds=float(np.mean([d.answer_seconds for d in done])),
        fit_seconds=float(np.median([d.seconds for d in done[len(done) // 2 :]])),
        measured_seconds=float(np.mean([d.measured_seconds for d in done])),
        unfinished=any(d.unfinished for d in done),
        learned_long=all(d.learned_long for d in done),
    )


def _fit_fold(what: _Fit, fold: PreparedFold, threads: int, ends: Ends) -> _Answered:
    clock, algorithm = what.clock, what.algorithm
    started = clock.monotonic()
    request = FitRequest(
        x=fold.x_fit,
        y=fold.y_fit,
        valid_x=fold.x_valid,
        valid_y=fold.y_valid,
        shared=fold.shared,
        task=what.task,
        parameters=what.candidate.parameters,
        rounds=0,
        seed=what.seed,
        threads=threads,
        out_of_time=ends.out_of_time,
        seconds_left=ends.seconds_left,
        weights=fold.w_fit,
        valid_weights=fold.w_valid,
    )
    model = fit_scaled(algorithm, request, what.candidate, fold.when)
    unfinished = ends.out_of_time()  # where the trial is given up as a whole nobody looks at this
    asked = clock.monotonic()
    answer = model.predict(fold.x_valid)
    ended = clock.monotonic()
    if not np.isfinite(answer).all():
        raise ValueError(f"{algorithm.name} gave predictions that are not finite")
    return _Answered(
        predictions=answer,
        truth=fold.y_valid,
        score=score_rows(what.metric, fold.y_valid, answer, fold.w_valid),
        rounds=model.rounds,
        answer_seconds=model.answer_seconds,
        measured_seconds=(ended - asked) / max(1, len(answer)),
        seconds=ended - started,
        unfinished=unfinished,
        learned_long=isinstance(model, LearnsLong) and model.learned_long,
        weights=fold.w_valid,
    )


def _hopeless(terms: Terms, done: Sequence[_Answered]) -> bool:
    """Say whether no mix of the candidate with the incumbent is better than the incumbent on the folds done."""
    if terms.incumbent is None:
        return False
    truth = np.concatenate([d.truth for d in done])
    rows = np.linspace(0, len(truth) - 1, min(len(truth), _MOST_RACED)).astype(np.int64)
    answers = np.vstack([d.predictions for d in done])[rows]
    weights = _weights(done)
    weights = None if weights is None else weights[rows]
    incumbent, truth = terms.incumbent[rows], truth[rows]
    sign = 1.0 if terms.metric.greater_is_better else -1.0
    bar = sign * score_rows(terms.metric, truth, incumbent, weights)
    mixes = (sign * score_rows(terms.metric, truth, (1 - w) * incumbent + w * answers, weights) for w in _MIXES)
    return all(mix <= bar for mix in mixes)
