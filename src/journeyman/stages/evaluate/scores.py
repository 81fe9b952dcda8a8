"""Every metric of the task with its interval, beside the trivial model's on the same resamples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.evaluation import Score
from journeyman.entities.task import Task
from journeyman.interfaces import Metric
from journeyman.metrics.weighted import weighted_score
from journeyman.stages.evaluate.examined import Examined
from journeyman.stages.evaluate.repeating import Repeated
from journeyman.stages.evaluate.resample import draws, independent_units, leave_out
from journeyman.tasks import task_type

__all__ = ["at_threshold", "compare"]

FloatArray = NDArray[np.float64]
_FEW_UNITS = 10
_MANY_UNITS = 5_000
_LEFT_OUT = 0.025  # on each side: a 95 % interval
_LEFT_OUT_WHERE_CHOSEN = 0.005  # the same rows chose the model: among some ten candidates the best one is flattered


def at_threshold(predictions: FloatArray, threshold: float | None) -> FloatArray:
    """Return binary probabilities moved so that the most probable label is the one given at the threshold.

    Examples
    --------
    >>> at_threshold(np.array([[0.8, 0.2], [0.7, 0.3]]), 0.3).argmax(axis=1)
    array([0, 1])
    """
    if threshold is None or predictions.shape[1] != 2:
        return predictions
    positive = (predictions[:, 1] >= threshold).astype(np.float64)
    return np.column_stack([1 - positive, positive])


def compare(
    metrics: Sequence[Metric], examined: Examined, task: Task, threshold: float | None, seed: int
) -> tuple[tuple[Score, ...], tuple[str, Score] | None]:
    """Return a score for each metric, and the first metric beside the rule of the past that is best on these rows.

    That rule (None where time does not order rows) is chosen in hindsight, so that a model is praised for beating the
    past only where no simple way to repeat it would have done better.

    Intervals are percentiles of the bootstrap, widened for few rows, groups or blocks (Hesterberg 2015, the expanded
    percentile interval), and at each end the bias-corrected and accelerated one (BCa, Efron 1987) where that reaches
    further; below 10 units Student's t with the bootstrap's standard error, since resamples are too much alike to have
    tails. Where the same rows chose the model (no holdout), they are those of 99 %. Labels are given at
    the threshold, as a release gives them. Where an accuracy has no spread (all rows right or all wrong) its interval
    is the exact one of Clopper and Pearson (1934), a perfect ranking is no surer than its rarest class has rows, and
    nor is a class of which all rows, or none, were told right.

    The interval of a score also holds the same quantiles of resamples to which one more unit was added, as bad as the
    worst of those that were seen, with the weight of an exponential draw (after Gaffke 2005; Learned-Miller and Thomas
    2019, arXiv:1905.06208): a rare great error may have been lucky to be seen so seldom. What strikes fewer than about
    3 of so many rows may not have been seen at all, and no interval holds that.
    """
    pairs = [(m, _scored_predictions(m, examined, threshold), examined.baselines[m.name]) for m in metrics]
    past = _best_past(metrics[0], examined)
    if past is not None:
        pairs.append((metrics[0], pairs[0][1], past.answers))
    scorers = [(weighted_score(m, examined.y, p), weighted_score(m, examined.y, b)) for m, p, b in pairs]
    losses = task_type(task).errors(examined.y, examined.predictions, threshold)

    def scored(weights: FloatArray) -> FloatArray:
        return np.array([[m(weights), b(weights)] for m, b in scorers])

    worst, rng = _worst_unit(examined, losses, task), np.random.default_rng([seed, 1])
    drawn = []
    for weights in draws(examined.units, losses, seed):
        plain = scored(weights)
        more = rng.exponential(size=(len(weights), 1)) * worst
        drawn.append((plain, scored(weights + more) if worst.any() else plain))
    resampled, worsened = (np.concatenate(parts, axis=2) for parts in zip(*drawn, strict=True))
    without = np.concatenate([scored(weights) for weights in leave_out(examined.units, losses)], axis=2)
    left_out = _LEFT_OUT if examined.on_holdout else _LEFT_OUT_WHERE_CHOSEN
    sure = _Sure(independent_units(examined.units, losses), left_out)
    rule = task_type(task).traits.baseline
    scores = tuple(
        replace(_score(m, examined.y, (p, b), (resampled[i], without[i], worsened[i]), sure), rule=rule)
        for i, (m, p, b) in enumerate(pairs)
    )
    return scores[: len(metrics)], None if past is None else (past.words, scores[len(metrics)])


def _worst_unit(examined: Examined, losses: FloatArray, task: Task) -> FloatArray:
    """Return 1 for the rows of the unit on which the model errs most, 0 for all others.

    All are 0 where units are so many that one more says nothing.
    """
    code = examined.units.blocks(losses)
    if int(code.max()) >= _MANY_UNITS:
        return np.zeros(len(losses))
    missed = task_type(task).misses(examined.y, examined.predictions)
    return np.asarray(code == np.bincount(code, missed - missed.mean()).argmax(), dtype=np.float64)


def _best_past(metric: Metric, examined: Examined) -> Repeated | None:
    """Return the rule with the best score; the first of equals."""
    sign = 1.0 if metric.greater_is_better else -1.0
    scores = [sign * metric.score(examined.y, rule.answers) for rule in examined.repeated]
    if not scores:
        return None
    return examined.repeated[int(np.argmax(np.nan_to_num(scores, nan=-np.inf)))]


def _scored_predictions(metric: Metric, examined: Examined, threshold: float | None) -> FloatArray:
    return at_threshold(examined.predictions, threshold) if metric.on_labels else examined.predictions


@dataclass(frozen=True)
class _Sure:
    """How an interval is made: from so many independent units, with such a share left out on each side."""

    units: int
    left_out: float

    def interval(
        self, value: float, resampled: FloatArray, without: FloatArray, worsened: FloatArray
    ) -> tuple[float, float]:
        """Return the ends; NaN where one unit alone says nothing of what others would have said.

        Parameters
        ----------
        value : float
            Of all rows.
        resampled, without : ndarray of shape (n_resamples,) and (n_parts,)
            Of resamples, and of all rows but a part.
        worsened : ndarray of shape (n_resamples,)
            Of the resamples with one more unit, as bad as the worst.
        """
        some = resampled[np.isfinite(resampled)]
        if not len(some) or self.units < 2:
            return float("nan"), float("nan")
        widen = np.sqrt(self.units / (self.units - 1))
        quantile = float(stats.t.ppf(self.left_out, self.units - 1)) * widen
        if self.units < _FEW_UNITS:
            reach = abs(quantile) * float(some.std())
            return value - reach, value + reach
        z = np.array([quantile, -quantile])
        bias = float(stats.norm.ppf(np.clip((some < value).mean() + (some == value).mean() / 2, 0.001, 0.999)))
        shifted = bias + z
        moved = bias + shifted / np.maximum(1 - _acceleration(without) * shifted, 0.2)
        known = worsened[np.isfinite(worsened)]
        ends = np.array([np.quantile(v, stats.norm.cdf(at)) for v, at in ((some, z), (some, moved), (known, z))])
        return float(ends[:, 0].min()), float(ends[:, 1].max())


def _acceleration(without: FloatArray) -> float:
    """Return how fast the spread of a score grows with the score: a sixth of the skewness of the jackknife's values."""
    some = without[np.isfinite(without)]
    pull = some.mean() - some if len(some) else some
    spread = float((pull**2).sum())
    return float((pull**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0


def _score(
    metric: Metric,
    y: FloatArray,
    answers: tuple[FloatArray, FloatArray],
    drawn: tuple[FloatArray, FloatArray, FloatArray],
    sure: _Sure,
) -> Score:
    sign = 1.0 if metric.greater_is_better else -1.0
    value, baseline = (metric.score(y, given) for given in answers)
    of_model, of_baseline = zip(*drawn, strict=True)
    low, high = _within_scale(metric, *sure.interval(value, *of_model))
    baseline_low, baseline_high = _within_scale(metric, *sure.interval(baseline, *of_baseline))
    # A gain is paired: what is rare and great for both takes nothing from it, so no worst unit is imagined.
    gains, without = (sign * (model - base) for model, base in (drawn[0], drawn[1]))
    gain_low, gain_high = sure.interval(sign * (value - baseline), gains, without, gains)
    if metric.proportion and low == high:
        low, high = _exact(round(value * sure.units), sure.units, sure.left_out)
    elif metric.on_labels and metric.rare_cost:
        down, up = _beyond_all_or_none(metric, y, answers[0], sure)
        low, high = max(0.0, low - down), min(1.0, high + up)
    elif metric.rare_cost and low == high == metric.optimum:
        low = _low_of_perfect(metric, y, sure)
    return Score(
        metric=metric.name,
        value=value,
        low=low,
        high=high,
        baseline=baseline,
        baseline_low=baseline_low,
        baseline_high=baseline_high,
        gain_low=gain_low,
        gain_high=gain_high,
        greater_is_better=metric.greater_is_better,
        optimum=metric.optimum,
        words=metric.words,
    )


def _within_scale(metric: Metric, low: float, high: float) -> tuple[float, float]:
    """Return an interval without what no model can reach."""
    return (low, min(high, metric.optimum)) if metric.greater_is_better else (max(low, metric.optimum), high)


def _low_of_perfect(metric: Metric, y: FloatArray, sure: _Sure) -> float:
    """Return how low a score may be of which no row of the rarest class has shown a miss.

    The exact bound of the share of such rows that the model knows nothing of; these are ranked as chance ranks them.
    """
    rarest = float(np.unique(y, return_counts=True)[1].min()) * sure.units / len(y)
    missed = 1.0 - math.pow(sure.left_out, 1 / max(1.0, rarest))
    return metric.optimum - missed * metric.rare_cost


def _beyond_all_or_none(metric: Metric, y: FloatArray, answers: FloatArray, sure: _Sure) -> tuple[float, float]:
    """Return by how much the ends lie further down and up for classes of which all rows, or none, were told right.

    However often such rows are drawn, they never differ; the exact bound of a share says how many others may.
    """
    positive_only = not metric.by_class and answers.shape[1] == 2
    codes, counts = np.unique(y, return_counts=True)
    classes = [(code, rows) for code, rows in zip(codes, counts, strict=True) if not positive_only or code == 1]
    told, down, up = answers.argmax(axis=1), 0.0, 0.0
    for code, rows in classes:
        right = float((told[y == code] == code).mean())
        other = 1.0 - math.pow(sure.left_out, 1 / max(1.0, rows * sure.units / len(y)))
        if right == 0.0:  # what a recall gives at most: its F1, where nothing else is taken for the class
            up += 2 * other / (1 + other)
        elif right == 1.0:
            down += other
    return (down / len(classes), up / len(classes)) if classes else (0.0, 0.0)


def _exact(right: int, n: int, left_out: float) -> tuple[float, float]:
    low = float(stats.beta.ppf(left_out, right, n - right + 1)) if right else 0.0
    high = float(stats.beta.ppf(1 - left_out, right + 1, n - right)) if right < n else 1.0
    return low, high
