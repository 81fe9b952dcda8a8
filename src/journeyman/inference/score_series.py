"""Forecasts beside the truth that came later: what a model of series would have forecast, horizon by horizon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.table import Block
from journeyman.errors import SchemaError
from journeyman.inference.following import asked_of, history_of, with_rows_numbered
from journeyman.inference.release import Release
from journeyman.panels.naive import naive_forecast
from journeyman.panels.words import step_words
from journeyman.transformers.series import SeriesStep

__all__ = ["ScoredSeries", "score_series"]

FloatArray = NDArray[np.float64]
_ENDS = {"80%": ("0.1", "0.9"), "95%": ("0.025", "0.975")}


@dataclass(frozen=True)
class ScoredSeries:
    """Rows whose truth is known, with what would have been forecast of them.

    Attributes
    ----------
    rows : DataFrame
        As they were given.
    block : Block
        As the model reads them.
    answers : ndarray of shape (n_samples, n_outputs)
        Quantiles, the median first, and the scale; each from what was known before its horizon.
    naive : ndarray of shape (n_samples,)
        What repeating the past says: for each series its last value, or that of a season before.
    truths : ndarray of shape (n_samples,)
        Values that came.
    words : str
        The scores in one sentence.
    """

    rows: pd.DataFrame
    block: Block
    answers: FloatArray
    naive: FloatArray
    truths: FloatArray
    words: str


def score_series(release: Release, rows: pd.DataFrame) -> ScoredSeries | None:
    """Forecast rows that have a value, one horizon after the other; None where no row has one.

    Each horizon is forecast from the history of the release and from all rows before it, without a refit. Rows inside
    the history teach nothing about the model, and are left out.

    Raises
    ------
    SchemaError
        Where no row with a value is later than the history, or a column is missing.
    """
    panel, task = release.task.panel, release.task
    assert panel is not None  # of forecasts alone
    step = history_of(release.plan)
    target = next(c for c in release.report.columns if c.name == task.target)
    came = asked_of(with_rows_numbered(rows, step, task), task, target)
    if not len(came.happened):
        return None
    block = release.read_rows(came.happened)
    steps = step.steps_of(block)
    end = step.history.end
    later = np.flatnonzero((steps >= end) & (steps < end + _most_steps(steps, end)))
    if not len(later):
        steps_of = step_words(panel.calendar)
        raise SchemaError(
            f"no row has a value of {task.target!r} after the {steps_of} that {release.name} has learned from",
            hint="give rows that came later: what a model has seen says nothing of it",
        )
    answers = np.empty((len(steps), len(task.output_names)))
    naive = np.empty(len(steps))
    model = release
    for begin in range(end, int(steps[later].max()) + 1, panel.horizon):
        part = later[(steps[later] >= begin) & (steps[later] < begin + panel.horizon)]
        if not len(part):
            continue
        own = {name: values[part] for name, values in block.items()}
        answers[part] = model.answer_block(own)
        known: SeriesStep = history_of(model.plan)
        place = known.rows_of(own).astype(np.float64)
        told = naive_forecast(
            known.history,
            panel.seasons,
            panel.horizon,
            np.where(place >= 0, place, np.nan),
            steps[part],
            np.array([0.5]),
        )
        naive[part] = told.quantiles[:, 0]
        model = model.lengthened(own, came.values[part])
    taken = {name: values[later] for name, values in block.items()}
    truths = came.values[later]
    words = _words(release, answers[later], naive[later], truths)
    return ScoredSeries(came.happened.iloc[later], taken, answers[later], naive[later], truths, words)


def _most_steps(steps: NDArray[np.int64], end: int) -> int:
    """Return how far rows may lie ahead: a slip of a date must not make thousands of horizons."""
    ahead = np.sort(np.unique(steps[steps >= end])) - end
    return int(max(1, 20 * len(ahead)))


def _words(release: Release, answers: FloatArray, naive: FloatArray, truths: FloatArray) -> str:
    task, panel = release.task, release.task.panel
    assert panel is not None
    scale = answers[:, -1]
    model, past = (float(np.mean(np.abs(truths - told) / scale)) for told in (answers[:, 0], naive))
    place = {name: k for k, name in enumerate(task.output_names)}
    held = []
    for name, (low, high) in _ENDS.items():
        inside = (truths >= answers[:, place[low]]) & (truths <= answers[:, place[high]])
        held.append(f"the {name} interval held {inside.mean():.0%}")
    return (
        f"MASE {model:.3f}, by repeating the past {past:.3f}; {' and '.join(held)}; up to {panel.horizon:,} "
        f"{step_words(panel.calendar, panel.horizon != 1)} ahead"
    )
