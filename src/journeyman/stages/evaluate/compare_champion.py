"""Champion against challenger: both on the same rows that neither has learned from, paired, before one takes over."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from journeyman.entities.comparison import ChampionPredictions, Comparison, JudgedRows
from journeyman.entities.metric import RANKING_LOSS, SURVIVAL_LOSS, Loss
from journeyman.entities.split import Split
from journeyman.entities.table import Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.interfaces import Metric
from journeyman.metrics.weighted import weighted_score
from journeyman.stages.evaluate.baseline import trivial
from journeyman.stages.evaluate.examined import group_codes
from journeyman.stages.evaluate.resample import block_length
from journeyman.stages.evaluate.scores import at_threshold
from journeyman.tasks import metric_of, task_type

__all__ = ["FEWEST_ROWS", "compare_champion", "error_level", "paired_interval"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

FEWEST_ROWS = 50
"""Rows below which nothing is compared: intervals of fewer are guesses."""
_FEWEST_UNITS = 20  # groups, groups of copies or blocks in time
_ALPHA = 0.05
_FALLEN = 0.5  # a champion that keeps less than half of its gain met another kind of rows
_CELLS = 10_000_000
_CHUNK = 2_000_000
_FEWEST_DRAWS, _MOST_DRAWS = 200, 1_000


def compare_champion(
    version: int,
    challenger: JudgedRows,
    champion: ChampionPredictions,
    table: Table,
    task: Task,
    split: Split,
    seed: int,
) -> Comparison:
    """Compare two models on the rows that neither has learned from.

    Parameters
    ----------
    version : int
        Of the challenger.
    challenger : JudgedRows
        All rows that judge the new model.
    champion : ChampionPredictions
        The champion's predictions for some of them, or why there are none.
    split : Split
        Copies stay together when rows are resampled, groups and neighbours in time as well.
    seed : int
        Of the resampling.
    """
    metric = metric_of(task)
    plain = Comparison(
        name=champion.name,
        champion=champion.version,
        challenger=version,
        judged=len(challenger.rows),
        earlier=champion.earlier,
        confidence=1.0 - 2.0 * error_level(champion.earlier),
        obstacle=champion.obstacle,
        set_aside=champion.set_aside,
        reads=champion.reads,
    )
    if champion.obstacle:
        return plain
    rows = _in_order(champion.rows, table, task)
    y = target_values(table, task.target)[rows]
    new = _align_predictions(challenger.rows, challenger.predictions, rows)
    old = _align_predictions(champion.rows, champion.predictions, rows)
    units = _units(task_type(task).errors(y, new, challenger.threshold), rows, table, task, split)
    count = int(units.max()) + 1 if len(units) else 0
    if len(rows) < FEWEST_ROWS or count < _FEWEST_UNITS:
        return replace(plain, rows=len(rows), obstacle=_too_few(count, len(rows), plain))
    if metric.on_labels:
        new, old = at_threshold(new, challenger.threshold), at_threshold(old, champion.threshold)
    scores = (metric.score(y, old), metric.score(y, new))
    low, high = 0.0, 0.0
    if not np.allclose(new, old, rtol=1e-9, atol=1e-12):  # what is kept of two classes is one number
        low, high = paired_interval(metric, y, (new, old), units, error_level(champion.earlier), seed)
    if not all(math.isfinite(v) for v in (*scores, low, high)):
        return replace(plain, rows=len(rows), obstacle="the score could not be measured on the rows that are left")
    found = replace(plain, rows=len(rows), champion_score=scores[0], challenger_score=scores[1], low=low, high=high)
    if low > 0 and 2 * champion.recorded < len(rows):
        base = metric.score(y, trivial(target_values(table, task.target)[split.train], task, metric, len(rows)))
        if _share(metric, scores[0], base) < _FALLEN * champion.share:
            return replace(found, obstacle=_fallen(champion.version))
    return found


def error_level(earlier: int) -> float:
    """Return the one-sided error that one comparison may have, so that all of a champion's together stay below 5%.

    The n-th has 5% / (n (n + 1)); these sum up to 5% however many there are.

    Examples
    --------
    >>> [round(error_level(n), 4) for n in (0, 1, 4)]
    [0.025, 0.0083, 0.0017]
    """
    return _ALPHA / ((earlier + 1) * (earlier + 2))


def paired_interval(
    metric: Metric, y: FloatArray, predictions: tuple[FloatArray, FloatArray], units: IntArray, error: float, seed: int
) -> tuple[float, float]:
    """Return an interval of the gain of a model over another one on the same rows.

    The Bayesian bootstrap (Rubin 1981) over units, with one imagined row at each end: for the lower end one on which
    the first model errs as badly as either might (classes: as sure as on any row, and wrong; numbers: by the largest
    error of any row) and the second one is right; for the upper end the reverse. So a model that is better on every
    row that was seen, and might be disastrous on one in a thousand, is not called better on a hundred rows (Gaffke
    2005; Learned-Miller and Thomas 2019, arXiv:1905.06208). An error larger than all that were seen is not covered.

    Parameters
    ----------
    metric : Metric
        What is compared.
    y : ndarray of shape (n_samples,)
        Class codes or values.
    predictions : pair of ndarray of shape (n_samples, n_outputs)
        The challenger's and the champion's.
    units : ndarray of int64, shape (n_samples,)
        Rows of one number are drawn together.
    error : float
        Probability with which the gain may lie beyond each end.
    seed : int
        Randomness.

    Returns
    -------
    low, high : float
        Above 0 is better, whatever the metric's direction. NaN where the metric has no value.
    """
    new, old = predictions
    sign = 1.0 if metric.greater_is_better else -1.0
    worst = _worst_row(metric, new, old, y)
    y_all = np.concatenate([y, [worst[0], worst[0]]])
    new_all = np.vstack([new, worst[1], worst[2]])
    old_all = np.vstack([old, worst[2], worst[1]])
    score_new, score_old = weighted_score(metric, y_all, new_all), weighted_score(metric, y_all, old_all)
    n, count = len(y), int(units.max()) + 1
    rng = np.random.default_rng(seed)
    wanted = int(np.clip(_CELLS // max(n, 1), _FEWEST_DRAWS, _MOST_DRAWS))
    at_once = max(1, _CHUNK // max(n, 1))
    ends: tuple[list[FloatArray], list[FloatArray]] = ([], [])
    for start in range(0, wanted, at_once):
        drawn = rng.exponential(size=(min(at_once, wanted - start), count))[:, units]
        extra = rng.exponential(size=len(drawn))
        for side, gains in enumerate(ends):
            weights = np.zeros((len(drawn), n + 2))
            weights[:, :n], weights[:, n + side] = drawn, extra
            gains.append(sign * (score_new(weights) - score_old(weights)))
    low = -_upper_end(-np.concatenate(ends[0]), error, count)
    return low, _upper_end(np.concatenate(ends[1]), error, count)


def _upper_end(values: FloatArray, error: float, units: int) -> float:
    """Return the end that values stay below but for ``error``: their quantile, or Student's where draws are few."""
    some = values[np.isfinite(values)]
    if len(some) < 0.9 * len(values):
        return float("nan")
    spread = float(some.std(ddof=1)) * math.sqrt((units + 1) / (units - 1))
    return max(float(np.quantile(some, 1 - error)), float(some.mean() + stats.t.ppf(1 - error, units - 1) * spread))


def _worst_row(metric: Metric, new: FloatArray, old: FloatArray, y: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return a truth with the worst and the best prediction of it that either model might give.

    Classes: the surest prediction of any row, and it is wrong. Numbers: the largest error of any row. What predictions
    are no estimates of: the row that costs most, and the prediction of any other row that would have cost it least.
    """
    both = np.vstack([new, old])
    if metric.loss in (SURVIVAL_LOSS, RANKING_LOSS):
        truth = np.concatenate([y, y])
        worst = int(metric.row_losses(truth, both).argmax())
        instead = metric.row_losses(np.full(len(both), truth[worst]), both)
        return float(truth[worst]), both[worst], both[int(instead.argmin())]
    if metric.loss not in (Loss.LOG, Loss.ORDERED):
        truth = np.concatenate([y, y])
        worst = int(np.abs(both[:, 0] - truth).argmax())
        return float(truth[worst]), both[worst], np.full(both.shape[1], truth[worst])
    surest = both[int(both.max(axis=1).argmax())]
    code = int(surest.argmin())
    return float(code), surest, both[int(both[:, code].argmax())]


def _units(losses: FloatArray, rows: IntArray, table: Table, task: Task, split: Split) -> IntArray:
    """Return the number of the unit that each row is drawn with: its group, its copies, or its neighbours in time."""
    if split.scheme is Scheme.TIME:
        return np.arange(len(rows), dtype=np.int64) // max(1, block_length(losses))
    if split.scheme is Scheme.GROUPED:
        return np.unique(group_codes(table, task, rows), return_inverse=True)[1].astype(np.int64)
    if split.copies is not None:
        return np.unique(split.copies[rows], return_inverse=True)[1].astype(np.int64)
    return np.arange(len(rows), dtype=np.int64)


def _in_order(rows: IntArray, table: Table, task: Task) -> IntArray:
    """Return rows in order of time where time orders them."""
    if task.scheme is not Scheme.TIME or task.time_column is None:
        return np.sort(rows)
    times = to_block(table.frame.iloc[rows], (table.column(task.time_column),))[task.time_column]
    keys = times if times.dtype != object else np.array([str(v) for v in times])
    return rows[np.argsort(keys, kind="stable")]


def _align_predictions(known: IntArray, predictions: FloatArray, rows: IntArray) -> FloatArray:
    order = np.argsort(known, kind="stable")
    return np.asarray(predictions[order[np.searchsorted(known[order], rows)]])


def _too_few(units: int, rows: int, plain: Comparison) -> str:
    of = f"of the {plain.judged:,} rows that judge the new version" if plain.judged else "of the new table"
    if not rows:
        return f"version {plain.champion} has learned from all {of.removeprefix('of ')}"
    what = f"only {rows:,} {of} {'is' if rows == 1 else 'are'} unknown to version {plain.champion}"
    return what if units == rows else f"{what}, which count as {units:,} independent ones"


def _fallen(version: int) -> str:
    return (
        f"on the new rows version {version} keeps less than half of the gain that it had when it was built, so the "
        "table has changed or is damaged"
    )


def _share(metric: Metric, value: float, base: float) -> float:
    """Return the share of the way from the baseline's score to a perfect one."""
    return (value - base) / (metric.optimum - base) if metric.optimum != base else 0.0
