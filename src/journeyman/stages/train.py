"""Train: a candidate on the folds, or on given rows for good."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.split import Fold, Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.entities.trial import Member, Trial, TrialStatus
from journeyman.interfaces import Algorithm, Clock, FitRequest, FittedPreparation, Matrix, Metric, Preparation

__all__ = [
    "Allowance",
    "FittedPart",
    "PreparedFold",
    "PreparedRows",
    "fit_member",
    "fit_preparation",
    "prepare_folds",
    "take",
    "train",
]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PreparedFold:
    """A fold's rows, prepared by what its training rows taught."""

    x_fit: Matrix
    y_fit: FloatArray
    x_valid: Matrix
    y_valid: FloatArray


@dataclass(frozen=True)
class FittedPart:
    """A fitted preparation or model as the files that a release stores."""

    name: str
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class Allowance:
    """How long a trial may take: seconds from a moment of the clock, or for ever."""

    clock: Clock
    started: float
    seconds: float | None

    def fold(self, folds_left: int) -> Callable[[], bool]:
        """Return a check that turns true when the next fold's share of the time is used."""
        if self.seconds is None:
            return _never
        now = self.clock.monotonic()
        deadline = now + max(0.0, self.seconds - (now - self.started)) / folds_left
        return lambda: self.clock.monotonic() >= deadline


def _never() -> bool:
    return False


def take(block: Block, rows: NDArray[np.int64]) -> Block:
    """Return those rows of a block."""
    return {name: values[rows] for name, values in block.items()}


def prepare_folds(preparation: Preparation, table: Table, task: Task, split: Split, seed: int) -> list[PreparedFold]:
    """Fit a preparation inside each fold; every candidate that asks for it shares the result."""
    block, y = to_block(table.frame, table.features), target_values(table, task.target)
    return [_prepare(preparation, block, y, table, task, fold, seed) for fold in split.folds]


def _prepare(
    preparation: Preparation, block: Block, y: FloatArray, table: Table, task: Task, fold: Fold, seed: int
) -> PreparedFold:
    y_fit = y[fold.fit]
    fitted, x_fit = preparation.fit(take(block, fold.fit), table.features, y_fit, task, seed)
    return PreparedFold(x_fit, y_fit, fitted.transform(take(block, fold.validate)), y[fold.validate])


def train(
    algorithm: Algorithm,
    folds: Callable[[], Sequence[PreparedFold]],
    metric: Metric,
    allowance: Allowance,
    threads: int,
    candidate: Candidate,
    task: Task,
    seed: int,
) -> Trial:
    """Try a candidate on every fold.

    Parameters
    ----------
    folds : callable
        Gives the prepared folds; called only when the trial is really run.
    allowance : Allowance
        Time; boosting stops where it is when a fold's share is used, what cannot stop gives up.

    Returns
    -------
    Trial
        With out-of-fold predictions; a failure is a value with its cause.
    """
    started = allowance.clock.monotonic()
    trial = Trial(candidate, TrialStatus.FAILED)
    try:
        outcome = _run(algorithm, folds(), metric, allowance, threads, trial, task, seed)
    except TimeoutError:
        outcome = replace(trial, status=TrialStatus.OUT_OF_TIME, cause="no fold could be finished in its time")
    except Exception as error:  # noqa: BLE001 - a part may fail in any way; the build goes on and the journal says why
        lines = str(error).strip().splitlines() or [type(error).__name__]
        outcome = replace(trial, cause=f"{type(error).__name__}: {lines[0]}"[:300])
    return replace(outcome, seconds=allowance.clock.monotonic() - started)


def _run(
    algorithm: Algorithm,
    folds: Sequence[PreparedFold],
    metric: Metric,
    allowance: Allowance,
    threads: int,
    trial: Trial,
    task: Task,
    seed: int,
) -> Trial:
    predictions, scores, rounds, costs = [], [], [], []
    for position, fold in enumerate(folds):
        request = FitRequest(
            x=fold.x_fit,
            y=fold.y_fit,
            valid_x=fold.x_valid,
            valid_y=fold.y_valid,
            task=task,
            parameters=trial.candidate.parameters,
            rounds=0,
            seed=seed,
            threads=threads,
            out_of_time=allowance.fold(len(folds) - position),
        )
        model = algorithm.fit(request)
        answer = model.predict(fold.x_valid)
        costs.append(model.answer_seconds)
        if not np.isfinite(answer).all():
            raise ValueError(f"{algorithm.name} gave answers that are not finite")
        predictions.append(answer)
        scores.append(metric.score(fold.y_valid, answer))
        rounds.append(model.rounds)
    answers = np.vstack(predictions)
    truth = np.concatenate([fold.y_valid for fold in folds])
    return replace(
        trial,
        status=TrialStatus.DONE,
        score=metric.score(truth, answers),
        fold_scores=tuple(scores),
        rounds=tuple(rounds),
        predictions=answers,
        answer_seconds=float(np.mean(costs)),
    )


@dataclass(frozen=True)
class PreparedRows:
    """Rows prepared for good: what was learned, the features and the target."""

    fitted: FittedPreparation
    x: Matrix
    y: FloatArray


def fit_preparation(
    preparation: Preparation, table: Table, task: Task, rows: NDArray[np.int64], seed: int
) -> PreparedRows:
    """Fit a preparation on the given rows for good."""
    block, y = to_block(table.frame, table.features), target_values(table, task.target)[rows]
    fitted, x = preparation.fit(take(block, rows), table.features, y, task, seed)
    return PreparedRows(fitted, x, y)


def fit_member(
    algorithm: Algorithm,
    prepared: Callable[[], PreparedRows],
    threads: int,
    out_of_time: Callable[[], bool],
    member: Member,
    task: Task,
    seed: int,
) -> FittedPart:
    """Fit a member on prepared rows for good, as long as its trial found best.

    Parameters
    ----------
    prepared : callable
        Gives the prepared rows; called only when the fit is really run.
    out_of_time : callable
        True once boosting must stop where it is, because the promise to end in time weighs more than a few rounds.
    """
    rows = prepared()
    request = FitRequest(
        x=rows.x,
        y=rows.y,
        valid_x=None,
        valid_y=None,
        task=task,
        parameters=member.candidate.parameters,
        rounds=member.rounds,
        seed=seed,
        threads=threads,
        out_of_time=out_of_time,
    )
    return FittedPart(member.candidate.key, algorithm.fit(request).to_files())
