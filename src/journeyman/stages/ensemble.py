"""Ensemble: a weighted mean of trials, chosen greedily out of fold; the incumbent stays unless it is beaten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from journeyman.entities.candidate import BASELINE, Turn
from journeyman.entities.search import TrialOutcome
from journeyman.entities.task import Task
from journeyman.entities.trial import Ensemble, Member, Trial, TrialStatus, temper
from journeyman.interfaces import ArrangesSeries, Metric
from journeyman.metrics import METRICS
from journeyman.metrics.weighted import score_rows
from journeyman.tasks import metric_of, task_type

__all__ = [
    "MOST_COPIES",
    "EnsembleLimits",
    "ReplicaCost",
    "calibrate",
    "ensemble",
    "fastest_alike",
    "lift",
    "metric_losses",
    "with_seed_replicas",
]

FloatArray = NDArray[np.float64]
_ROUNDS = 25
_MOST_MEMBERS = 5
_MOST_ROWS = 10_000  # rows that weights are chosen on; scores are always of all rows
_POOL = 12
_ANSWERS_A_LATENCY = 60.0
_QUICK_ROWS = 35_000
_MOST_OF_LATENCY = 0.4
"""Answers by the thousand share the work that one alone must pay, so each may take a 60th of the time of a lone one
(with 1 ms: 17 microseconds on one core, 100,000 rows a second on two). So it is on tables of 35,000 rows or more; on
smaller ones, where so many are seldom asked for, longer by the cube of that, up to the part of a lone row's time that
reading and preparing it leave. Of several classes, each has that time."""
_QUICK = 0.001
"""Seconds of one row's answer that are quick enough for any use."""
_FASTER = ((0.25 * _QUICK, 0.001), (_QUICK, 0.01), (4.0 * _QUICK, 0.01), (16.0 * _QUICK, 0.01))
"""Limits on one row's answer, and the share of the loss that an ensemble within it may be worse than the best, where
that is noise: much to become quick, next to nothing to become quicker than that."""
_TINY_LOSS = 1e-9
_LONE_MEMBER = 1.5e-4  # seconds that one row costs in each member, whatever its size
_PATIENCE = 4
_STEADY, _MEAN_IS_WORTH, _BEYOND_NOISE = 3, 200, 1.5
"""The plain mean of the three best is worth 200 rows of evidence, where none is worse by 1.5 standard errors."""
_LEAST_SHARE = 0.05
_TINY = 1e-7
_PLAIN_COPIES = 4  # where no clock bounds the build
MOST_COPIES = 8
"""Final fits of one member: of what averaging takes off the loss, two bring half and eight seven eighths."""


@dataclass(frozen=True)
class EnsembleLimits:
    """How long predictions and final fits of an ensemble may take.

    Attributes
    ----------
    latency : float or None
        Seconds that the prediction of one row may take; None for an ensemble as good as can be, however slow.
    seconds : float
        For the final fits of all members together.
    each : mapping of str to float
        Seconds of each candidate's final fits, by its key.
    """

    latency: float | None = None
    seconds: float = float("inf")
    each: Mapping[str, float] = field(default_factory=dict)

    def of(self, trial: Trial) -> float:
        """Return the seconds of a trial's final fits."""
        return self.each.get(trial.candidate.key, 0.0)


@dataclass(frozen=True)
class _Room:
    """What the members of an ensemble take, one row a trial of the pool, and what they may take together.

    Attributes
    ----------
    costs : ndarray of shape (n_trials, 2)
        Seconds of one answer, and of final fits.
    limits : ndarray of shape (2,)
        Of the members together.
    most : int
        Members.
    """

    costs: FloatArray
    limits: FloatArray
    most: int

    def alone(self, i: int) -> bool:
        return bool((self.costs[i] <= self.limits).all())

    def beside(self, i: int, members: set[int]) -> bool:
        """Say whether a trial is a member, or finds room beside the members."""
        if i in members:
            return True
        together = self.costs[sorted(members)].sum(axis=0) + self.costs[i]
        return len(members) < self.most and bool((together <= self.limits).all())


def ensemble(
    metric: Metric,
    trials: Sequence[Trial],
    y: FloatArray,
    task: Task,
    incumbent: Ensemble | None,
    limits: EnsembleLimits = EnsembleLimits(),
    row_weights: FloatArray | None = None,
) -> Ensemble | None:
    """Choose weights by greedy selection with replacement, drawn towards equal ones where rows are few.

    Parameters
    ----------
    trials : sequence of Trial
        All so far; failed ones are passed over.
    y : ndarray of shape (n_validated,)
        Truth of the validated rows, in the order of the folds.
    incumbent : Ensemble or None
        Kept unless the new one scores better out of fold.
    limits : EnsembleLimits
        How long predictions and final fits may take; where no trial fits in, the one that is nearest to it is taken.
    row_weights : ndarray of shape (n_validated,), or None
        How much each validated row counts.

    Returns
    -------
    Ensemble or None
        None while no trial has succeeded.

    References
    ----------
    Caruana et al. 2004, "Ensemble selection from libraries of models"; Claeskens et al. 2016, "The forecast
    combination puzzle: a simple theoretical explanation".
    """
    sign = 1.0 if metric.greater_is_better else -1.0
    done = [t for t in trials if t.status is TrialStatus.DONE and t.score is not None and np.isfinite(t.score)]
    # A constant answer adds nothing to one that varies; it is an ensemble only while there is nothing else.
    done = [t for t in done if t.candidate.algorithm != BASELINE] or done
    better = [t for t in done if t.candidate.turn is not Turn.FALLBACK]
    if better:
        fallback = incumbent is not None and any(m.candidate.turn is Turn.FALLBACK for m in incumbent.members)
        done, incumbent = better, None if fallback else incumbent
    pool = sorted(done, key=lambda t: -sign * _score(t))[:_POOL]
    if not pool:
        return incumbent
    rows = np.linspace(0, len(y) - 1, min(len(y), _MOST_ROWS)).astype(np.int64)
    truth, counting = y[rows], _select_weights(row_weights, rows)
    answers = [_trial_predictions(t)[rows] for t in pool]
    latency = limits.latency
    longest = np.inf if latency is None else _limit(latency, len(y), _outputs(pool[0], task))
    most = _MOST_MEMBERS if latency is None else max(1, min(_MOST_MEMBERS, int(latency / _LONE_MEMBER)))
    together = np.array([longest, limits.seconds])
    room = _Room(np.array([[t.answer_seconds, limits.of(t)] for t in pool]), together, most)
    quick = [i for i in range(len(pool)) if room.alone(i)]
    quick = quick or [min(range(len(pool)), key=lambda i: tuple(np.maximum(room.costs[i] / together, 1.0)[::-1]))]
    pool = [pool[i] for i in quick]
    answers = [answers[i] for i in quick]
    room = replace(room, costs=room.costs[quick])
    chosen = [0]
    total = answers[0].copy()
    best_chosen, best_score = list(chosen), sign * score_rows(metric, truth, total, counting)
    while len(chosen) < _ROUNDS and len(chosen) < len(best_chosen) + _PATIENCE:
        allowed = [i for i in range(len(pool)) if room.beside(i, set(chosen))]
        mixed = ((i, (total + answers[i]) / (len(chosen) + 1)) for i in allowed)
        scores = {i: sign * score_rows(metric, truth, mix, counting) for i, mix in mixed}
        pick = max(scores, key=lambda i: (scores[i], -i))
        chosen.append(pick)
        total += answers[pick]
        if scores[pick] > best_score:
            best_chosen, best_score = list(chosen), scores[pick]
    weights = _steadied(best_chosen, lambda i: _weighted(_smooth_losses(truth, answers[i], task), counting), room)
    members = tuple(
        Member(pool[i].candidate, weight, _rounds(pool[i]))
        for i, weight in sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    )
    predictions = np.asarray(sum(weight * _trial_predictions(pool[i]) for i, weight in sorted(weights.items())))
    took = sum(pool[i].answer_seconds for i in weights)
    score = score_rows(metric, y, predictions, row_weights)
    challenger = Ensemble(members, score, predictions, answer_seconds=took)
    if incumbent is not None and sign * challenger.score <= sign * incumbent.score:
        return incumbent
    return challenger


def _steadied(chosen: Sequence[int], losses: Callable[[int], FloatArray], room: _Room) -> dict[int, float]:
    """Return weights by position in the pool: between those that were chosen, and equal ones of the best.

    What was chosen on few rows fits them too well, and a plain mean is hard to beat. So the mean of the three best that
    there is room for, without those that are worse than the best beyond noise, counts as if it had been seen on some
    rows more (docs/decisions/0033).

    Parameters
    ----------
    chosen : sequence of int
        Positions in the pool, whose best is first; one that was chosen twice weighs twice.
    losses : callable
        Returns the losses of a trial of the pool on the rows that were chosen on.
    """
    weights = {i: n / len(chosen) for i, n in Counter(chosen).items()}
    least = losses(0)
    rows = len(least)
    share = _MEAN_IS_WORTH / (_MEAN_IS_WORTH + rows)
    if share < _LEAST_SHARE:
        return weights
    best, members = [0], set(weights)
    for i in range(1, len(room.costs)):
        if len(best) == _STEADY:
            break
        if not room.beside(i, members):
            continue
        best.append(i)
        members.add(i)
    worse = {i: losses(i) - least for i in best}
    best = [i for i in best if i == 0 or worse[i].mean() < _BEYOND_NOISE * worse[i].std() / np.sqrt(rows)]
    mixed = {i: (1.0 - share) * weight for i, weight in weights.items()}
    return mixed | {i: mixed.get(i, 0.0) + share / len(best) for i in best}


def fastest_alike(
    metric: Metric,
    trials: Sequence[Trial],
    y: FloatArray,
    task: Task,
    best: Ensemble,
    limits: EnsembleLimits = EnsembleLimits(),
    row_weights: FloatArray | None = None,
) -> Ensemble:
    """Return the fastest ensemble that is as good as the best one, as far as the rows can tell.

    As good is a loss that is greater by no more than one standard error of the paired difference, and by no more than
    a hundredth, of the rows' losses and of the metric alike (docs/decisions/0039).

    Parameters
    ----------
    best : Ensemble
        Chosen by its score alone.
    limits, row_weights
        As ``ensemble`` takes them; predictions as fast as here, whatever their limit is.
    """
    for latency, share in _FASTER:
        if best.answer_seconds <= _limit(latency, len(y), _numbers(best, task)):
            return best
        found = ensemble(metric, trials, y, task, None, replace(limits, latency=latency), row_weights)
        faster = found is not None and found.answer_seconds < best.answer_seconds
        if found is not None and faster and _alike(metric, y, task, best, found, share):
            return found
    return best


def _alike(metric: Metric, y: FloatArray, task: Task, best: Ensemble, other: Ensemble, share: float) -> bool:
    """Say whether the second ensemble is worse neither beyond noise nor by more than a share of the loss."""
    old, new = (metric_losses(y, e.predictions, task) for e in (best, other))
    worse = new - old
    most = min(float(worse.std()) / np.sqrt(len(y)), share * float(old.mean()))
    perfect = metric.optimum
    before, after = abs(perfect - best.score), abs(perfect - other.score)
    return float(worse.mean()) <= most + _TINY_LOSS and after <= before * (1.0 + share) + _TINY_LOSS


def _numbers(chosen: Ensemble, task: Task) -> int:
    """Return how many numbers an answer is made of; two classes share one."""
    return task.outputs


@dataclass(frozen=True)
class ReplicaCost:
    """What one more fit of a member costs.

    Attributes
    ----------
    seconds : float
        To fit it.
    answer_seconds : float
        That it adds to an answer.
    averaged : bool
        Whether its algorithm can make one model of several fits.
    """

    seconds: float
    answer_seconds: float
    averaged: bool


def with_seed_replicas(
    chosen: Ensemble, costs: Sequence[ReplicaCost], latency: float | None, left: Callable[[float], float] | None
) -> Ensemble:
    """Let members be fitted several times, from other seeds, as often as the time of an answer and of fits allows.

    The next copy goes where it takes most off the variance for its share of both times. What copies of a member take
    off is the square of its weight, shared by their number; how much its fits differ is not known and taken alike.

    Parameters
    ----------
    costs : sequence of ReplicaCost
        For each member.
    latency : float or None
        Seconds that the answer for one row may take; None where the user named none: then copies are made as long as
        the answer stays quick.
    left : callable or None
        Seconds for all fits, by the seconds of an answer; None where no clock counts, and then there are a few of each.
    """
    latency = _QUICK if latency is None else latency
    outputs = chosen.predictions.shape[1]
    limit = _limit(latency, len(chosen.predictions), 1 if outputs == 2 else outputs)
    allowed = max(_TINY, min(limit, latency - len(chosen.members) * _LONE_MEMBER))
    copies = [1] * len(costs)
    answer, spent = sum(c.answer_seconds for c in costs), sum(c.seconds for c in costs)
    seconds = np.inf if left is None else max(left(answer), _TINY)
    most = _PLAIN_COPIES if left is None else MOST_COPIES

    def worth(i: int) -> float:
        taken_off = chosen.members[i].weight ** 2 / (copies[i] * (copies[i] + 1))
        return float(taken_off / (costs[i].answer_seconds / allowed + costs[i].seconds / seconds + _TINY))

    def affordable(i: int) -> bool:
        longer = answer + costs[i].answer_seconds
        in_time = left is None or spent + costs[i].seconds <= left(longer)
        return costs[i].averaged and copies[i] < most and longer <= allowed and in_time

    while able := [i for i in range(len(costs)) if affordable(i)]:
        best = max(able, key=lambda i: (worth(i), -i))
        copies[best] += 1
        answer += costs[best].answer_seconds
        spent += costs[best].seconds
    members = tuple(replace(member, copies=n) for member, n in zip(chosen.members, copies, strict=True))
    return replace(chosen, members=members, answer_seconds=answer)


def _score(trial: Trial) -> float:
    assert trial.score is not None  # only finished trials are asked
    return trial.score


def _limit(latency: float, rows: int, outputs: int) -> float:
    """Return the seconds that one answer among many may take."""
    share = max(1.0, _QUICK_ROWS / rows) ** 3 / _ANSWERS_A_LATENCY
    return latency * min(_MOST_OF_LATENCY, share) * outputs


def _outputs(trial: Trial, task: Task) -> int:
    """Return how many numbers an answer is made of; two classes share one."""
    return 1 if len(task.labels) == 2 else _trial_predictions(trial).shape[1]


def _trial_predictions(trial: Trial) -> FloatArray:
    assert trial.predictions is not None  # only finished trials are asked
    return trial.predictions


def _rounds(trial: Trial) -> int:
    """Return the length to fit with on all rows: the median over the folds (docs/decisions/0006)."""
    return int(np.median(trial.rounds))


def metric_losses(y: FloatArray, predictions: FloatArray, task: Task) -> FloatArray:
    """Return each row's loss as the metric counts it, shape (n_samples,)."""
    return metric_of(task).row_losses(y, predictions)


def _smooth_losses(y: FloatArray, predictions: FloatArray, task: Task) -> FloatArray:
    """Return each row's loss, shape (n_samples,), in which small changes of the predictions show."""
    smooth = task_type(task).smooth_losses(y, predictions)
    return metric_losses(y, predictions, task) if smooth is None else smooth


def _select_weights(weights: FloatArray | None, rows: NDArray[np.int64]) -> FloatArray | None:
    return None if weights is None else weights[rows]


def _weighted(losses: FloatArray, weights: FloatArray | None) -> FloatArray:
    return losses if weights is None else losses * weights / weights.mean()


def lift(
    y: FloatArray, before: Ensemble | None, after: Ensemble, task: Task, weights: FloatArray | None = None
) -> TrialOutcome:
    """Say whether an ensemble gained beyond noise, and its relative gain.

    Noise is one standard error of the paired difference of the rows' losses; where the metric counts classes alike,
    of their errors, so that rare classes count as much as frequent ones.

    The gain is relative to the loss before; 0 where the incumbent stayed.
    """
    if before is None:
        return TrialOutcome(True, 1.0)
    if before is after:
        return TrialOutcome(False, 0.0)
    old, new = (_weighted(metric_losses(y, e.predictions, task), weights) for e in (before, after))
    difference = old - new
    error = float(difference.std()) / np.sqrt(len(y))
    mean, scale = float(difference.mean()), float(np.abs(old).mean())
    return TrialOutcome(mean > error, mean / scale if scale > 0 else 0.0)


def calibrate(
    metric: Metric, chosen: Ensemble, y: FloatArray, task: Task, weights: FloatArray | None = None
) -> Ensemble:
    """Set the temperature where it lowers the log loss, and the threshold where the metric depends on one.

    Quantiles of series are drawn apart so that intervals between them hold.

    References
    ----------
    Guo et al. 2017, "On calibration of modern neural networks" (temperature scaling).
    """
    kind = task_type(task)
    traits, calibrated = kind.traits, chosen
    if isinstance(kind, ArrangesSeries) and (spread := kind.spread(y, chosen.predictions, task)) is not None:
        predictions = spread.adjust(chosen.predictions)
        score = score_rows(metric, y, predictions, weights)
        return replace(chosen, spread=spread, predictions=predictions, score=score)
    if traits.tempered and len(y) >= 1000:
        calibrated = _tempered(metric, chosen, y, task, weights)
    if traits.thresholded:
        calibrated = replace(calibrated, threshold=_threshold(metric, calibrated.predictions, y, weights))
    return calibrated


def _tempered(metric: Metric, chosen: Ensemble, y: FloatArray, task: Task, weights: FloatArray | None) -> Ensemble:
    def loss(log_temperature: float) -> float:
        tempered = temper(chosen.predictions, float(np.exp(log_temperature)))
        return float(_weighted(METRICS["log_loss"].row_losses(y, tempered), weights).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.5), np.log(2.0)), method="bounded")
    if loss(0.0) - float(found.fun) < 1e-4:
        return chosen
    temperature = float(np.exp(found.x))
    predictions = temper(chosen.predictions, temperature)
    score = score_rows(metric, y, predictions, weights)
    return replace(chosen, temperature=temperature, predictions=predictions, score=score)


def _threshold(metric: Metric, predictions: FloatArray, y: FloatArray, weights: FloatArray | None) -> float:
    """Return the probability from which on the positive label is given; 0.5 unless the metric is of labels."""
    if not (metric.on_labels and metric.rare_cost):  # of others, one half is best
        return 0.5
    best, threshold = -np.inf, 0.5
    for candidate in np.unique(np.quantile(predictions[:, 1], np.linspace(0.01, 0.99, 99))):
        hard = (predictions[:, 1] >= candidate).astype(np.float64)
        score = score_rows(metric, y, np.column_stack([1.0 - hard, hard]), weights)
        if score > best:
            best, threshold = score, float(candidate)
    return threshold
