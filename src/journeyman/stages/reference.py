"""Reference: what a release was like on rows that did not teach it, small enough to be kept for its whole life."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.evaluation import Importance
from journeyman.entities.image import with_image_measures
from journeyman.entities.split import Split
from journeyman.entities.table import Table, row_times, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.traffic import Reference
from journeyman.entities.trial import Ensemble
from journeyman.tasks import task_type

__all__ = ["MOST_ROWS", "design_effect", "make_reference"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
MOST_ROWS = 5_000
_RUN = 200  # rows of each stretch that is kept where time orders them
_LEAST_BLOCKS = 20


def make_reference(
    table: Table, task: Task, division: Split, chosen: Ensemble, importances: Sequence[Importance], seed: int
) -> Reference:
    """Gather at most 5,000 validated rows with their out-of-fold answers, and what all validated rows say of the loss.

    Parameters
    ----------
    division : Split
        Its folds' validated rows are meant; the holdout is not read.
    chosen : Ensemble
        As released, calibrated; its predictions are those of the validated rows, in the order of the folds.
    importances : sequence of Importance
        As evaluated.
    seed : int
        Of the sample. Where time orders the rows, stretches of rows that followed one another are kept instead, spread
        over the whole table.
    """
    rows = np.concatenate([fold.validate for fold in division.folds])
    order = _order(table, task, rows)
    order = order[rows[order] < table.real_rows]
    rows, answers = rows[order], chosen.predictions[order]
    truths = target_values(table, task.target)[rows]
    scale = task_type(task).loss_scale(truths, answers)
    losses = task_type(task).live_losses(truths, answers, scale)
    usable = np.isfinite(losses)
    rows, answers, truths, losses = rows[usable], answers[usable], truths[usable], losses[usable]
    dependence = _dependence(table, task, division, rows, losses)
    taken, run = _sample(len(rows), task, seed)
    return Reference(
        rows=with_image_measures(to_block(table.frame.iloc[rows[taken]], table.features), table.features),
        answers=answers[taken],
        truths=truths[taken],
        losses=losses[taken],
        importance=_shares(importances),
        columns=table.features,
        scale=scale,
        mean=float(losses.mean()),
        error=float(losses.std()) * float(np.sqrt(dependence / max(1, len(losses)))),
        dependence=dependence,
        run=run,
    )


def design_effect(losses: FloatArray) -> float:
    """Return how many neighbours tell of the mean as much as one independent value does; at least 1.

    The largest over lengths of blocks of (variance of their means, times length, over the variance of single values);
    with at least 20 blocks, so that the variance of their means is known to a third or so.

    Examples
    --------
    >>> independent = np.random.default_rng(0).random(4_000)
    >>> design_effect(independent) < 2, 8 < design_effect(np.repeat(independent, 10)) < 20
    (True, True)
    """
    spread = float(losses.var())
    most, length = 1.0, 2
    while spread > 0 and len(losses) // length >= _LEAST_BLOCKS:
        means = losses[: len(losses) // length * length].reshape(-1, length).mean(axis=1)
        most = max(most, length * float(means.var(ddof=1)) / spread)
        length *= 2
    return most


def _order(table: Table, task: Task, rows: IntArray) -> IntArray:
    """Return the order of rows in time, or in the table."""
    if task.scheme is not Scheme.TIME or task.time_column is None:
        return np.argsort(rows, kind="stable")
    return np.lexsort((rows, np.nan_to_num(row_times(table, task.time_column)[rows], nan=-np.inf)))


def _dependence(table: Table, task: Task, division: Split, rows: IntArray, losses: FloatArray) -> float:
    """Return how many rows count as one: neighbours in time, rows of one group and copies of a record err alike."""
    if task.scheme is Scheme.TIME:
        return design_effect(losses)
    if losses.std() <= 0:
        return 1.0
    if task.scheme is Scheme.GROUPED and task.group_column is not None:
        codes = table.frame[task.group_column].iloc[rows].factorize()[0] + 1
    elif division.copies is not None:
        codes = division.copies[rows]
    else:
        return 1.0
    pulls = np.bincount(codes, losses - losses.mean())
    return max(1.0, float((pulls**2).sum() / (len(losses) * losses.var())))


def _sample(count: int, task: Task, seed: int) -> tuple[IntArray, int]:
    """Return positions of at most 5,000 rows, and how many of them followed one another."""
    in_time = task.scheme is Scheme.TIME
    if count <= MOST_ROWS:
        return np.arange(count, dtype=np.int64), max(1, count) if in_time else 1
    if not in_time:
        return np.sort(np.random.default_rng(seed).choice(count, MOST_ROWS, replace=False)).astype(np.int64), 1
    starts = np.linspace(0, count - _RUN, MOST_ROWS // _RUN).astype(np.int64)
    return (starts[:, None] + np.arange(_RUN, dtype=np.int64)[None, :]).ravel(), _RUN


def _shares(importances: Sequence[Importance]) -> dict[str, float]:
    falls = {i.column: max(0.0, i.mean) if np.isfinite(i.mean) else 0.0 for i in importances}
    total = sum(falls.values())
    return {name: fall / total for name, fall in falls.items()} if total > 0 else {}
