"""The rows that a model is examined on, with its answers and those of the trivial models, in order of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Scheme, Task
from journeyman.entities.trial import Ensemble
from journeyman.interfaces import ArrangesSeries, Metric
from journeyman.panels.moments import moments_of
from journeyman.panels.series_key import series_codes, series_columns
from journeyman.stages.evaluate.baseline import trivial
from journeyman.stages.evaluate.repeating import Repeated, repeated
from journeyman.stages.evaluate.resample import Units
from journeyman.tasks import task_type

__all__ = ["Examined", "examine", "group_codes", "units_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_FEWEST_MOMENTS = 8
_MOST_ROWS = 50_000  # the standard error of a share is at most 0.0022 there; more rows cost time and say little


@dataclass(frozen=True)
class Examined:
    """Rows, answers, and what they are compared with.

    Attributes
    ----------
    rows : ndarray of int64, shape (n_samples,)
        Row positions in order of time (or of the table).
    on_holdout : bool
        Whether they taught nothing to anybody.
    y : ndarray of shape (n_samples,)
        Class codes or values.
    predictions : ndarray of shape (n_samples, n_outputs)
        The model's answers.
    units : Units
        Which rows depend on each other, and are resampled together.
    baselines : dict of str to ndarray of shape (n_samples, n_outputs)
        Answers of the trivial model, by metric.
    repeated : tuple of Repeated
        What repeating the past says; rows in order of time only.
    series : tuple of str
        Columns that tell several series in one table apart; empty where there is one, or no time.
    step, series_code : ndarray of int64, shape (n_table,)
        Moment and series of all rows of the table; zeros where time does not order them.
    """

    rows: IntArray
    on_holdout: bool
    y: FloatArray
    predictions: FloatArray
    units: Units
    baselines: dict[str, FloatArray]
    step: IntArray
    series_code: IntArray
    repeated: tuple[Repeated, ...] = ()
    series: tuple[str, ...] = ()


def examine(
    predict: Callable[[Block], FloatArray],
    ensemble: Ensemble,
    table: Table,
    task: Task,
    split: Split,
    metrics: Sequence[Metric],
    seed: int,
) -> Examined:
    """Return the holdout rows with the model's answers, or the folds' validated rows where there is no holdout."""
    target, kind = target_values(table, task.target), task_type(task)
    past = kind if isinstance(kind, ArrangesSeries) else None
    moments, series = None, tuple[str, ...]()
    step = codes = np.zeros(len(target), dtype=np.int64)
    if task.scheme is Scheme.TIME:
        moments = moments_of(table, task)
        step = moments.step
        series = series_columns(table, task, step) if task.panel is None else task.panel.series
        codes = series_codes(table, series)
    if len(split.holdout):
        rows = split.holdout
        if len(rows) > _MOST_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(rows, _MOST_ROWS, replace=False))
        rows = rows[np.argsort(step[rows], kind="stable")]
        predictions = predict(to_block(table.frame.iloc[rows], table.features))
        taught = target[split.train]
        if past is not None:
            baselines = dict.fromkeys((m.name for m in metrics), past.repeat_past(table, task, split.train, rows))
        else:
            baselines = {m.name: trivial(taught, task, m, len(rows)) for m in metrics}
    else:
        rows = np.concatenate([fold.validate for fold in split.folds])
        order = np.argsort(step[rows], kind="stable")
        rows, predictions = rows[order], ensemble.predictions[order]
        # one constant for all folds: shares of each fold's own rows run against the rows left out, which would put the
        # baseline below chance and flatter the model
        baselines = {m.name: trivial(target[rows], task, m, len(rows)) for m in metrics}
    return Examined(
        rows=rows,
        on_holdout=bool(len(split.holdout)),
        y=target[rows],
        predictions=np.asarray(predictions, dtype=np.float64),
        units=units_of(table, task, split, rows, step, codes),
        baselines=baselines,
        step=step,
        series_code=codes,
        repeated=()
        if moments is None or past is not None or not kind.needs_target
        else repeated(task, split, target, moments, codes, rows),
        series=series,
    )


def group_codes(table: Table, task: Task, rows: IntArray) -> IntArray:
    """Return codes from 0 of the groups that occur; each row its own where the task has no groups."""
    if task.group_column is None:
        return np.arange(len(rows), dtype=np.int64)
    codes, _ = pd.factorize(table.frame[task.group_column].iloc[rows], use_na_sentinel=False)
    return codes.astype(np.int64)


def units_of(table: Table, task: Task, split: Split, rows: IntArray, step: IntArray, series: IntArray) -> Units:
    """Return which of the rows depend on each other.

    By time, all rows of a moment: they share its luck. Where moments are too few for that, the rows of a series, or
    single rows. Else groups, and copies of a record.
    """
    if task.scheme is Scheme.TIME:
        moments = np.unique(step[rows], return_inverse=True)[1].astype(np.int64)
        if len(moments) and int(moments.max()) + 1 >= _FEWEST_MOMENTS:
            return Units(moments, in_time=True)
        if series[rows].any():
            return Units(np.unique(series[rows], return_inverse=True)[1].astype(np.int64))
        return Units(np.arange(len(rows), dtype=np.int64), in_time=True)
    if task.scheme is Scheme.GROUPED and task.group_column is not None:
        return Units(group_codes(table, task, rows))
    if split.copies is not None:
        return Units(np.unique(split.copies[rows], return_inverse=True)[1].astype(np.int64))
    return Units(np.arange(len(rows), dtype=np.int64))
