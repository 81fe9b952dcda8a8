"""Train: a candidate on the folds, or on given rows for good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.candidate import Candidate
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, row_times, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Member, Trial, TrialStatus
from journeyman.interfaces import (
    Algorithm,
    Averaging,
    Clock,
    FitRequest,
    FittedModel,
    FittedPreparation,
    LearnsLong,
    Matrix,
    Metric,
    Preparation,
)
from journeyman.metrics.weighted import score_rows
from journeyman.transformers.derived import derived_columns, with_derived
from journeyman.transformers.target_scale import ScaledModel, TargetScale
from journeyman.transformers.treated import fit_treated

__all__ = [
    "Allowance",
    "FittedPart",
    "Folds",
    "FoldsInTurn",
    "PreparedFold",
    "PreparedRows",
    "Terms",
    "fit_member",
    "fit_preparation",
    "prepare_folds",
    "take",
    "train",
]

FloatArray = NDArray[np.float64]
_MIXES = (0.1, 0.3, 0.6, 1.0)
_MOST_RACED = 10_000  # rows that a race is judged by


@dataclass(frozen=True)
class PreparedFold:
    """A fold's rows, prepared by what its training rows taught; ``shared`` is for :class:`FitRequest`.

    ``when`` holds the times of the training rows where they are divided by time; ``w_fit`` and ``w_valid`` the weights
    of rows where they do not count alike.
    """

    x_fit: Matrix
    y_fit: FloatArray
    x_valid: Matrix
    y_valid: FloatArray
    shared: dict[str, Any] = field(default_factory=dict)
    when: FloatArray | None = None
    w_fit: FloatArray | None = None
    w_valid: FloatArray | None = None


class Folds(Protocol):
    """Prepared folds: a list of them, or :class:`FoldsInTurn`."""

    def __len__(self) -> int:
        """Return their number."""
        ...

    def __getitem__(self, position: int, /) -> PreparedFold:
        """Return one."""
        ...


@dataclass(frozen=True)
class FoldsInTurn:
    """Folds of which each is prepared when it is asked for and none is kept, where memory is short."""

    number: int
    prepare: Callable[[int], PreparedFold]

    def __len__(self) -> int:
        """Return the number of folds."""
        return self.number

    def __getitem__(self, position: int) -> PreparedFold:
        """Prepare a fold."""
        return self.prepare(position)


@dataclass(frozen=True)
class FittedPart:
    """A fitted preparation or model as the files that a release stores."""

    name: str
    files: Mapping[str, bytes]


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
        Folds run side by side, one a thread, while there are enough of them: that is quicker than one after the other
        on all threads, since threads that share a fit wait for each other (docs/decisions/0019).
    incumbent : ndarray of shape (n_validated, n_outputs) or None
        What the best ensemble says of the validated rows. A candidate that could not help it on the first folds is
        spared the others.
    """

    metric: Metric
    allowance: Allowance
    threads: int
    incumbent: FloatArray | None = None


def take(block: Block, rows: NDArray[np.int64]) -> Block:
    """Return those rows of a block."""
    return {name: values[rows] for name, values in block.items()}


def _times(table: Table, task: Task, rows: NDArray[np.int64]) -> FloatArray | None:
    """Return when rows happened, in any unit; None where they are not divided by time."""
    if task.scheme is not Scheme.TIME:
        return None
    if task.time_column is None:
        return rows.astype(np.float64)
    return np.asarray(np.nan_to_num(row_times(table, task.time_column), nan=-np.inf)[rows])


def prepare_folds(
    preparation: Preparation,
    table: Table,
    task: Task,
    split: Split,
    seed: int,
    threads: int | None,
    derived: Folds | None = None,
) -> Folds:
    """Fit a preparation inside each fold; every candidate that asks for it shares the result.

    Parameters
    ----------
    threads : int or None
        Folds prepared side by side; None prepares each when it is asked for, and keeps none.
    derived : sequence of PreparedFold, optional
        Features of the same folds that the preparation finds as further columns (docs/decisions/0018).
    """
    block, y = to_block(table.frame, table.features), target_values(table, task.target)

    def prepare(position: int) -> PreparedFold:
        fold = split.folds[position]
        fit, validate, columns = take(block, fold.fit), take(block, fold.validate), table.features
        if derived is not None:
            texts = derived[position]
            fit, validate = with_derived(fit, texts.x_fit), with_derived(validate, texts.x_valid)
            columns = (*columns, *derived_columns(texts.x_fit))
        y_fit = y[fold.fit]
        fitted, x_fit = preparation.fit(fit, columns, y_fit, task, seed)
        when = _times(table, task, fold.fit)
        return PreparedFold(
            x_fit,
            y_fit,
            fitted.transform(validate),
            y[fold.validate],
            when=when,
            w_fit=table.weights_of(fold.fit),
            w_valid=table.weights_of(fold.validate),
        )

    if threads is None:
        return FoldsInTurn(len(split.folds), prepare)
    with ThreadPoolExecutor(max(1, min(threads, len(split.folds)))) as pool:
        return list(pool.map(prepare, range(len(split.folds))))


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


def _run(algorithm: Algorithm, folds: Folds, terms: Terms, trial: Trial, task: Task, seed: int) -> Trial:
    side = max(1, min(terms.threads, len(folds)))
    waves = [range(i, min(i + side, len(folds))) for i in range(0, len(folds), side)]
    given_up = threading.Event()
    half, raced = (len(folds) + 1) // 2, False
    done: list[_Answered] = []
    with ThreadPoolExecutor(side) as pool:
        try:
            for number, wave in enumerate(waves):
                fit = partial(_fit_fold, algorithm, terms, trial.candidate, task, seed, terms.threads // len(wave))
                ends = _Ends(given_up.is_set, terms.allowance.share(len(waves) - number, number == 0))
                done.extend(pool.map(partial(fit, ends), [folds[position] for position in wave]))
                # Judged by the same folds whatever the number of threads, so that this does not change the outcome.
                if not raced and len(done) >= half:
                    raced = True
                    # What was cut short while it learned says too little of what it would have come to.
                    learned = not any(d.unfinished for d in done[:half])
                    if half < len(folds) and learned and _hopeless(terms, done[:half]):
                        cause = f"would not help, judged by {half} of {len(folds)} folds"
                        return replace(_told(trial, done[:half]), status=TrialStatus.STOPPED, cause=cause)
        finally:
            given_up.set()  # an interrupt or a failure leaves no fit running behind
    answers = np.vstack([d.predictions for d in done])
    score = score_rows(terms.metric, np.concatenate([d.truth for d in done]), answers, _weights(done))
    return replace(_told(trial, done), status=TrialStatus.DONE, score=score, predictions=answers)


@dataclass(frozen=True)
class _Ends:
    """When a fit ends: when all is given up, or when there are no seconds left."""

    given_up: Callable[[], bool]
    seconds_left: Callable[[], float] | None

    def out_of_time(self) -> bool:
        return self.given_up() or (self.seconds_left is not None and self.seconds_left() <= 0.0)


def _weights(done: Sequence[_Answered]) -> FloatArray | None:
    weights = [d.weights for d in done if d.weights is not None]
    return np.concatenate(weights) if weights else None


def _told(trial: Trial, done: Sequence[_Answered]) -> Trial:
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


def _fit_fold(
    algorithm: Algorithm,
    terms: Terms,
    candidate: Candidate,
    task: Task,
    seed: int,
    threads: int,
    ends: _Ends,
    fold: PreparedFold,
) -> _Answered:
    clock = terms.allowance.clock
    started = clock.monotonic()
    request = FitRequest(
        x=fold.x_fit,
        y=fold.y_fit,
        valid_x=fold.x_valid,
        valid_y=fold.y_valid,
        shared=fold.shared,
        task=task,
        parameters=candidate.parameters,
        rounds=0,
        seed=seed,
        threads=threads,
        out_of_time=ends.out_of_time,
        seconds_left=ends.seconds_left,
        weights=fold.w_fit,
        valid_weights=fold.w_valid,
    )
    model = _fit(algorithm, request, candidate, fold.when)
    unfinished = ends.out_of_time()  # where the trial is given up as a whole nobody looks at this
    asked = clock.monotonic()
    answer = model.predict(fold.x_valid)
    ended = clock.monotonic()
    if not np.isfinite(answer).all():
        raise ValueError(f"{algorithm.name} gave answers that are not finite")
    return _Answered(
        predictions=answer,
        truth=fold.y_valid,
        score=score_rows(terms.metric, fold.y_valid, answer, fold.w_valid),
        rounds=model.rounds,
        answer_seconds=model.answer_seconds,
        measured_seconds=(ended - asked) / max(1, len(answer)),
        seconds=ended - started,
        unfinished=unfinished,
        learned_long=isinstance(model, LearnsLong) and model.learned_long,
        weights=fold.w_valid,
    )


def _fit(algorithm: Algorithm, request: FitRequest, candidate: Candidate, when: FloatArray | None) -> FittedModel:
    """Fit with the treatment and on the scale of the target that the candidate asks for."""
    if candidate.target_scale == "plain":
        return fit_treated(algorithm, request, candidate.treatment, when)
    scale = TargetScale(candidate.target_scale, float(request.y.min()), float(request.y.max()))
    scaled = replace(
        request,
        y=scale.forward(request.y),
        valid_y=None if request.valid_y is None else scale.forward(request.valid_y),
        shared=request.shared.setdefault(f"target on the scale of {scale.name}", {}),
    )
    return ScaledModel(fit_treated(algorithm, scaled, candidate.treatment, when), scale)


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


@dataclass(frozen=True)
class PreparedRows:
    """Rows prepared for good: what was learned, the features and the target; ``shared`` is for :class:`FitRequest`."""

    fitted: FittedPreparation
    x: Matrix
    y: FloatArray
    shared: dict[str, Any] = field(default_factory=dict)
    when: FloatArray | None = None
    weights: FloatArray | None = None


def fit_preparation(
    preparation: Preparation,
    table: Table,
    task: Task,
    rows: NDArray[np.int64],
    seed: int,
    derived: Matrix | None = None,
) -> PreparedRows:
    """Fit a preparation on the given rows for good; ``derived`` holds further columns for these rows."""
    block, y = take(to_block(table.frame, table.features), rows), target_values(table, task.target)[rows]
    columns = table.features
    if derived is not None:
        block, columns = with_derived(block, derived), (*columns, *derived_columns(derived))
    fitted, x = preparation.fit(block, columns, y, task, seed)
    return PreparedRows(fitted, x, y, when=_times(table, task, rows), weights=table.weights_of(rows))


def fit_member(
    algorithm: Algorithm,
    parts: Sequence[Callable[[], PreparedRows]],
    threads: int,
    seconds_left: Callable[[], float] | None,
    enough: Callable[[], bool],
    member: Member,
    task: Task,
    seed: int,
) -> tuple[FittedPart, ...]:
    """Fit a member for good on each of some parts of the rows, side by side, as long as its trial found best.

    Parameters
    ----------
    parts : sequence of callable
        Each gives prepared rows; called only when the fits are really run.
    seconds_left : callable or None
        Seconds until boosting must stop where it is, because the promise to end in time weighs more than a few rounds;
        a further copy that was cut short is thrown away. None where no clock counts.
    enough : callable
        True once no further copy is begun.
    """
    given_up = threading.Event()
    ends = _Ends(given_up.is_set, seconds_left)
    side = max(1, min(threads // len(parts), member.copies))

    def learn(worker: int, rows: PreparedRows) -> dict[int, FittedModel]:
        """Fit every ``side``-th copy; who works beside others has bins of its own, since fits change them."""
        shared = rows.shared if worker == 0 else {}
        models: dict[int, FittedModel] = {}
        for copy in range(worker, member.copies, side):
            if copy > 0 and (ends.out_of_time() or enough()):
                break
            request = FitRequest(
                x=rows.x,
                y=rows.y,
                valid_x=None,
                valid_y=None,
                shared=shared,
                task=task,
                parameters=member.candidate.parameters,
                rounds=member.rounds,
                seed=seed + copy,
                threads=max(1, threads // (len(parts) * side)),
                out_of_time=ends.out_of_time,
                seconds_left=ends.seconds_left,
                weights=rows.weights,
            )
            try:
                model = _fit(algorithm, request, member.candidate, rows.when)
            except TimeoutError:
                if copy > 0 or given_up.is_set():
                    break
                # What cannot stop where it is is fitted whole: a release that comes late is worth more than none.
                request = replace(request, out_of_time=given_up.is_set, seconds_left=None)
                model = _fit(algorithm, request, member.candidate, rows.when)
            if copy == 0 or not ends.out_of_time():
                models[copy] = model
        return models

    def learn_part(part: Callable[[], PreparedRows]) -> dict[int, FittedModel]:
        rows = part()
        with ThreadPoolExecutor(side) as pool:
            some = list(pool.map(lambda worker: learn(worker, rows), range(side)))
        return {copy: model for models in some for copy, model in models.items()}

    with ThreadPoolExecutor(min(threads, len(parts))) as pool:
        try:
            done = list(pool.map(learn_part, parts))
        finally:
            given_up.set()
    # In the order of the copies whatever the number of threads, so that this does not change the sum of their trees.
    fitted = [_averaged(algorithm, [models[copy] for copy in sorted(models)]) for models in done]
    return tuple(FittedPart(member.candidate.key, model.to_files()) for model in fitted)


def _averaged(algorithm: Algorithm, models: Sequence[FittedModel]) -> FittedModel:
    """Return one model for all copies, on the scale that they learned on."""
    if len(models) == 1 or not isinstance(algorithm, Averaging):
        return models[0]
    scaled = [model for model in models if isinstance(model, ScaledModel)]
    if scaled:
        return replace(scaled[0], model=algorithm.average([model.model for model in scaled]))
    return algorithm.average(models)
