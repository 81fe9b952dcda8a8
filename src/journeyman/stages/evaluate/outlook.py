"""Outlook: forecasts beside what came, by steps ahead and by series, and those of the steps to come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.outlook import AheadError, ForecastLine, Outlook, SeriesError
from journeyman.entities.panel import Panel
from journeyman.entities.split import Split
from journeyman.entities.table import Block, Table, target_values, to_block
from journeyman.entities.task import Task
from journeyman.interfaces import ArrangesSeries
from journeyman.panels.layout import Cells, cells_of
from journeyman.panels.words import step_words, write_times
from journeyman.tasks import task_type
from journeyman.transformers.series import SeriesStep

__all__ = ["look_ahead"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_PAST, _SEASONS = 3, 3  # horizons, or seasons, of the past that are drawn before a forecast
_LONGEST = 400
_LINES, _WORST = 4, 10


@dataclass(frozen=True)
class _Ground:
    """What forecasts are drawn on; ``ends`` are the outputs of the 80% and of the 95% interval."""

    cells: Cells
    y: FloatArray
    panel: Panel
    time: Column
    target: str
    ends: tuple[int, ...]


def look_ahead(
    predict: Callable[[Block], FloatArray],
    forecast: Callable[[Block], FloatArray],
    history: SeriesStep | None,
    table: Table,
    task: Task,
    split: Split,
) -> Outlook | None:
    """Return what a report shows of forecasts; None for tasks that are none.

    Parameters
    ----------
    predict, forecast : callable
        Blocks of features to quantiles: of the model that did not know the holdout, and of the released one.
    history : SeriesStep or None
        Of the released model.
    """
    kind, panel = task_type(task), task.panel
    if not isinstance(kind, ArrangesSeries) or panel is None or history is None:
        return None
    cells, y, rows = cells_of(table, task), target_values(table, task.target), split.holdout
    told = predict(to_block(table.frame.iloc[rows], table.features))
    naive = kind.repeat_past(table, task, split.train, rows)
    errors, past_errors = kind.errors(y[rows], told, None), kind.errors(y[rows], naive, None)
    series = cells.series[rows]
    counts = np.bincount(series, minlength=len(cells.keys))
    shown = np.flatnonzero(counts)
    own = np.bincount(series, errors, len(cells.keys))[shown] / counts[shown]
    beside = np.bincount(series, past_errors, len(cells.keys))[shown] / counts[shown]
    worst = [
        SeriesError(cells.keys[shown[k]], int(counts[shown[k]]), float(own[k]), float(beside[k]))
        for k in np.argsort(-own, kind="stable")[:_WORST]
    ]
    ground = _Ground(cells, y, panel, table.column(task.time_column or ""), task.target, _ends(task))
    lines = [_line(ground, number, why, rows, told) for number, why in _chosen(cells, y, shown, own)]
    low, high, lowest, highest = ground.ends
    held_80 = (y[rows] >= told[:, low]) & (y[rows] <= told[:, high])
    held_95 = (y[rows] >= told[:, lowest]) & (y[rows] <= told[:, highest])
    ahead = cells.step[rows] - (int(cells.step.max()) - panel.horizon)
    by_step = []
    for number in np.unique(ahead).tolist():
        here = ahead == number
        by_step.append(
            AheadError(
                int(number),
                int(here.sum()),
                float(errors[here].mean()),
                float(past_errors[here].mean()),
                float(held_80[here].mean()),
                float(held_95[here].mean()),
            )
        )
    return Outlook(
        step=step_words(panel.calendar, many=False),
        steps=step_words(panel.calendar),
        series=len(cells.keys),
        kept=tuple(lines),
        ahead=tuple(by_step),
        worst=tuple(worst) if len(shown) > 1 else (),
        beaten=int((own > beside).sum()),
        coming=_coming(ground, forecast, history),
    )


def _ends(task: Task) -> tuple[int, ...]:
    """Return the outputs of the 80% and of the 95% interval."""
    levels = np.array(task.output_names[:-1], dtype=np.float64)
    return tuple(int(np.abs(levels - q).argmin()) for q in (0.1, 0.9, 0.025, 0.975))


def _chosen(cells: Cells, y: FloatArray, shown: IntArray, errors: FloatArray) -> list[tuple[int, str]]:
    """Return the series that are drawn: the largest, the best, the median and the worst forecast."""
    if len(shown) == 1:
        return [(int(shown[0]), "")]
    size = np.bincount(cells.series, np.abs(y), len(cells.keys))[shown]
    order = np.argsort(errors, kind="stable")
    wanted = {
        int(shown[size.argmax()]): "the largest",
        int(shown[order[0]]): "the best forecast",
        int(shown[order[len(order) // 2]]): "the median forecast",
        int(shown[order[-1]]): "the worst forecast",
    }
    return list(wanted.items())[:_LINES]


def _line(ground: _Ground, number: int, why: str, rows: IntArray, told: FloatArray) -> ForecastLine:
    cells = ground.cells
    own = np.flatnonzero(cells.series[rows] == number)
    own = own[np.argsort(cells.step[rows[own]], kind="stable")]
    steps = cells.step[rows[own]]
    came = tuple(ground.y[rows[own]].tolist())
    return _drawn(ground, number, why, steps, (came, told[own]))


def _drawn(
    ground: _Ground, number: int, why: str, steps: IntArray, values: tuple[tuple[float, ...], FloatArray]
) -> ForecastLine:
    """Return a line of what came, if anything, and of quantiles at some steps."""
    came, told = values
    first = int(steps[0])
    past = _past(ground, number, first)
    times = ground.panel.calendar.times(np.r_[np.arange(first - len(past), first), steps])
    return ForecastLine(
        ground.cells.keys[number] or ground.target,
        why,
        tuple(map(str, write_times(times, ground.time))),
        tuple(past.tolist()),
        came,
        *(tuple(told[:, k].tolist()) for k in (0, *ground.ends)),
    )


def _past(ground: _Ground, number: int, first: int) -> FloatArray:
    """Return the values of a series before a step, NaN in gaps."""
    panel, cells = ground.panel, ground.cells
    season = panel.seasons[0] if panel.seasons else 1
    length = min(max(_PAST * panel.horizon, _SEASONS * season), _LONGEST)
    rows = np.flatnonzero((cells.series == number) & (cells.step < first) & (cells.step >= first - length))
    values = np.full(length, np.nan)
    values[cells.step[rows] - (first - length)] = ground.y[rows]
    known = np.flatnonzero(np.isfinite(values))
    return values[known[0] :] if len(known) else values[:0]


def _coming(ground: _Ground, forecast: Callable[[Block], FloatArray], history: SeriesStep) -> tuple[ForecastLine, ...]:
    """Return the next steps of the largest series."""
    horizon = ground.panel.horizon
    alive = history.going_on(horizon)
    if ground.panel.known or not len(alive):
        return ()
    values = np.where(np.isfinite(history.values[alive]), np.abs(history.values[alive]), 0.0).sum(axis=1)
    order = alive[np.argsort(-values, kind="stable")[:_LINES]]
    told = forecast(history.following(order, horizon)).reshape(len(order), horizon, -1)
    steps = np.arange(history.history.end, history.history.end + horizon)
    return tuple(_drawn(ground, number, "", steps, ((), told[k])) for k, number in enumerate(order.tolist()))
