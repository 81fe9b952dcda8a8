"""Forecasts: the next steps of one or many series, with their quantiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.algorithms.forecasting.scale import series_scale
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.conformal import Conformal
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.metric import FORECAST_LOSS
from journeyman.entities.panel import History, Panel, StepUnit
from journeyman.entities.repaired import Repaired
from journeyman.entities.split import Fold, Split
from journeyman.entities.spread import QuantileSpread
from journeyman.entities.table import Table, row_times, target_values
from journeyman.entities.task import Scheme, Task
from journeyman.entities.task_traits import Bound, TaskTraits
from journeyman.errors import SourceError
from journeyman.interfaces import Metric
from journeyman.panels.layout import Cells, cells_of, series_texts
from journeyman.panels.naive import naive_forecast
from journeyman.panels.time_parts import joined_times
from journeyman.panels.words import panel_words, step_words, write_times
from journeyman.settings import BuildSettings
from journeyman.tasks.forecast_framing import OPTIONS, find_panel
from journeyman.tasks.forecast_metrics import FORECAST_METRICS, LEVELS, OUTPUTS, interval_columns
from journeyman.tasks.forecast_times import Times, find_time, part_values
from journeyman.tasks.framing import check_options, with_loss
from journeyman.tasks.numbers import Regression, drafted_number
from journeyman.tasks.spreading import calibrated_spread

__all__ = ["Forecast"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_KIND = "forecast"
_COVERAGE = 0.8
_WINDOWS, _FEW_WINDOWS, _MANY_ROWS = 5, 3, 20_000
_FEWEST_STEPS = 3
_SHOWN = 3
_TRAITS = TaskTraits(
    error_name="mean absolute scaled error",
    error_metric="mase",
    loss_name="mean absolute scaled error",
    strata_name="nothing, since time divides them",
    pictures=frozenset(),
    bound=Bound.INTERVAL,
    outputs_name="quantiles",
    sliced=False,
    baseline="by repeating the past",
    explained=False,
    lone_target=True,
)


@dataclass(frozen=True)
class Forecast(Regression):
    """The next steps of series are forecast; a row is one step of one series.

    The first output is the median, which stands for the forecast; then come other quantiles, and last the scale of the
    row's series: the mean absolute error of the seasonal naive inside its history.
    """

    name: str = _KIND
    default_metric: str = "mase"
    traits: TaskTraits = _TRAITS

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task with its panel.

        Options: ``horizon`` steps ahead, ``series`` and ``known`` columns, ``season`` steps, ``time`` columns that tell
        it together, ``holidays`` of a country. Where they are not named, all but ``known`` and ``holidays`` are found.

        Raises
        ------
        TargetError, SettingsError
            As for a regression; for options that are none, and a horizon that the series do not hold.
        SourceError
            Where there are no regular series.
        """
        check_options(settings, self.name, OPTIONS)
        draft = drafted_number(table, settings, self.name, settings.metric or self.default_metric, reason)
        times = find_time(table, draft, settings)
        panel = find_panel(table, draft, times, settings)
        task = replace(
            draft,
            scheme=Scheme.TIME,
            time_column=_free_name(table, times) if times.parts or times.column is None else times.column,
            group_column=None,
            copies_together=False,
            metric_loss=FORECAST_LOSS,
            output_names=OUTPUTS,
            panel=panel,
        )
        return with_loss(self, task)

    def arrange(self, table: Table, task: Task) -> Repaired:
        """Return the table with series as texts, steps, and rows that have no place left out; findings DQ701 to DQ703.

        Columns that are neither known ahead nor tell series apart are left out: nobody knows their values to come.
        """
        panel = _panel(task)
        table = _with_times(table, task)
        frame, made, roles = table.frame, {}, {}
        texts = {*panel.series, *(part.column for part in panel.time_parts if part.texts)}
        for name, column in {c.name: c for c in table.columns}.items():
            if name in texts:
                made[name] = pd.Series(series_texts(frame[name], column), dtype=object)
                roles[name] = replace(column, kind=Kind.IDENTIFIER, role=Role.FEATURE, categories=(), unit=None)
            elif any(part.column == name for part in panel.time_parts):
                roles[name] = replace(column, role=Role.FEATURE)
            elif name == task.time_column:
                roles[name] = replace(column, role=Role.TIME if panel.time_parts else Role.FEATURE)
                if column.kind is not Kind.DATETIME and not column.kind.numeric:
                    made[name] = pd.to_numeric(frame[name].astype(object), errors="coerce").astype(np.float64)
                    roles[name] = replace(roles[name], kind=Kind.NUMBER, categories=())
            elif name == task.target:
                made[name] = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
                roles[name] = replace(column, role=Role.TARGET)
            else:
                roles[name] = replace(column, role=Role.FEATURE if name in panel.known else Role.IGNORED)
        frame = frame.assign(**made)
        whole = replace(table, frame=frame, columns=tuple(roles.values()))
        kept, findings = _rows_on_grid(whole, task)
        frame = frame.iloc[kept].reset_index(drop=True)
        arranged = replace(whole, frame=frame)
        unused = [c.name for c in arranged.columns if c.role is Role.IGNORED]
        if unused:
            findings.append(_left_out_columns(unused))
        return Repaired(arranged, task, (*findings, *_odd_series(arranged, task)))

    def describe_series(self, table: Table, task: Task) -> str:
        """Say in one sentence what was found."""
        panel = _panel(task)
        assert task.time_column is not None
        times = row_times(table, task.time_column)
        ends = np.array([np.nanmin(times), np.nanmax(times)])
        if panel.calendar.unit is StepUnit.ROW:
            span = ("the first", f"the {int(ends[1]) + 1:,}th")
        else:
            first, last = write_times(ends, table.column(task.time_column))
            span = (str(first), str(last))
        return panel_words(panel, len(cells_of(table, task).keys), span)

    def divide(self, table: Table, task: Task) -> Split:
        """Return windows of one horizon each before the holdout, which is the last one, on one calendar for all series.

        Rows of series that begin inside a window examine nothing: nobody could have known them.
        """
        panel, cells = _panel(task), cells_of(table, task)
        step, horizon = cells.step, panel.horizon
        first, end = int(step.min()), int(step.max())
        left = end - first + 1 - horizon
        season = panel.seasons[0] if panel.seasons else 1
        least = max(_FEWEST_STEPS, min(2 * season, left // 2), min(horizon, left // 2))
        most = _WINDOWS if _WINDOWS * horizon * len(cells.keys) <= _MANY_ROWS else _FEW_WINDOWS
        size, windows = horizon, min(most, (left - least) // horizon)
        if windows < 1:  # shorter windows than the horizon are better than none
            size = max(1, min(horizon, left // 4))
            windows = max(1, min(_FEW_WINDOWS, (left - _FEWEST_STEPS) // size))
        folds = []
        for k in range(windows, 0, -1):
            fold = _window(cells, end - horizon - k * size, size)
            if len(fold.fit) and len(fold.validate):
                folds.append(fold)
        last = _window(cells, end - horizon, horizon)
        if not folds or not len(last.validate):
            raise SourceError(
                "no series goes on long enough to be examined on its last steps",
                hint="give a shorter --task-option horizon=N, or a longer table",
            )
        steps = step_words(panel.calendar, horizon != 1)
        reason = (
            f"the last {horizon:,} {steps} ({len(last.validate):,} rows) are kept for the end; {len(folds)} "
            f"{'windows' if len(folds) > 1 else 'window'} of {size:,} before them choose the models, each examined by "
            "what was known before it"
        )
        return Split(Scheme.TIME, last.fit, last.validate, tuple(folds), reason)

    def repeat_past(self, table: Table, task: Task, known: IntArray, asked: IntArray) -> FloatArray:
        """Return the naive forecasts of rows: the better of a series' last value and those of its seasons before."""
        panel, cells = _panel(task), cells_of(table, task)
        history = cells.history(target_values(table, task.target), known)
        there = np.asarray(np.isfinite(history.values).any(axis=1))
        row = np.where(there[cells.series[asked]], cells.series[asked], np.nan)
        told = naive_forecast(history, panel.seasons, panel.horizon, row, cells.step[asked], np.array(LEVELS)).quantiles
        told = np.maximum(told, 0.0) if panel.counts else told
        return np.column_stack([told, series_scale(history, panel)[cells.series[asked]]])

    def spread(self, y: FloatArray, predictions: FloatArray, task: Task) -> QuantileSpread | None:
        """Return the spread under which intervals held the values of the windows as often as they promise."""
        return calibrated_spread(y, predictions, LEVELS, 0.0 if _panel(task).counts else None)

    def bound(self, task: Task) -> Conformal:
        """Return the interval between the quantiles of 10% and 90%."""
        low, high = interval_columns(_COVERAGE)
        return Conformal(_COVERAGE, 0.0, 0.0, low_output=low, high_output=high)

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return MASE, the weighted quantile loss, plain errors, and how far intervals are off their promise."""
        return FORECAST_METRICS

    def strata(self, y: FloatArray) -> IntArray:
        """Return one stratum: time divides the rows."""
        return np.zeros(len(y), dtype=np.int64)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the value of the row before plus quantiles of the steps from row to row."""
        moved = (y - before)[np.isfinite(before)]
        steps = np.quantile(moved, LEVELS) if len(moved) else np.zeros(len(LEVELS))
        steps = steps - steps[0]
        scale = float(np.abs(moved).mean()) if len(moved) else 0.0
        told = np.where(np.isnan(asked), np.median(y), asked)[:, None] + steps
        return np.column_stack([told, np.full(len(asked), scale if scale > 0 else 1.0)])

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return absolute errors over the scale of each row's series."""
        return np.asarray(np.abs(y - predictions[:, 0]) / predictions[:, -1])

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return absolute errors over the scale of each row's series."""
        return self.errors(y, predictions, None)

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return four times the scaled error that nine rows of ten stay below."""
        return super().loss_scale(self.errors(y, predictions, None), np.zeros((len(y), 1)))

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return scaled errors over the scale, cut off at 1."""
        return np.asarray(np.minimum(self.errors(y, predictions, None) / scale, 1.0))

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return the width of the 80% interval over the scale of each row's series."""
        low, high = interval_columns(_COVERAGE)
        return np.asarray((predictions[:, high] - predictions[:, low]) / predictions[:, -1])

    def interval_outputs(self, task: Task) -> tuple[int, int]:
        """Return the outputs of the 80% interval."""
        return interval_columns(_COVERAGE)

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return the ends of the 80% and of the 95% interval: columns "y 10%", "y 90%", "y 2.5%" and "y 97.5%"."""
        ends = (*interval_columns(_COVERAGE), *interval_columns(0.95))
        return {f"{task.target} {100 * LEVELS[k]:g}%": predictions[:, k] for k in ends}


def _panel(task: Task) -> Panel:
    assert task.panel is not None  # ``frame`` gives every task of this kind one
    return task.panel


def _free_name(table: Table, times: Times) -> str:
    name, taken = times.column or "row", {c.name for c in table.columns}
    while name in taken:
        name += "_"
    return name


def _with_times(table: Table, task: Task) -> Table:
    """Return the table with a column of times where it has none: what several columns tell, or the order of rows."""
    panel, name, frame = _panel(task), task.time_column, table.frame
    assert name is not None
    if panel.time_parts:
        values = joined_times(panel.time_parts, {p.column: part_values(table, p) for p in panel.time_parts})
        known = np.isfinite(values)
        micros = (np.where(known, values, 0.0) * 1e6).round().astype(np.int64).astype("datetime64[us]")
        column = Column(name, Kind.DATETIME, reason="told by several columns")
        frame = frame.assign(**{name: np.where(known, micros, np.datetime64("NaT"))})
    elif any(c.name == name for c in table.columns):
        return table
    else:
        keys = pd.MultiIndex.from_frame(frame[list(panel.series)].astype(object)) if panel.series else None
        codes = np.zeros(len(frame), dtype=np.int64) if keys is None else keys.factorize()[0]
        column = Column(name, Kind.INTEGER, reason="the order of the rows")
        frame = frame.assign(**{name: pd.Series(codes).groupby(codes).cumcount().to_numpy(np.float64)})
    return replace(table, frame=frame, columns=(*table.columns, column))


def _window(cells: Cells, origin: int, size: int) -> Fold:
    """Return rows up to an origin, and those of the next steps whose series had begun by then."""
    past = cells.step <= origin
    begun = np.zeros(len(cells.keys), dtype=bool)
    begun[cells.series[past]] = True
    inside = ~past & (cells.step <= origin + size) & begun[cells.series]
    return Fold(np.flatnonzero(past), np.flatnonzero(inside))


def _rows_on_grid(table: Table, task: Task) -> tuple[IntArray, list[Finding]]:
    """Return the rows that have a value and a place on the grid, and a finding of the others."""
    panel = _panel(task)
    assert task.time_column is not None
    step = panel.calendar.steps(row_times(table, task.time_column))
    valued = table.frame[task.target].notna().to_numpy()
    timed = np.isfinite(row_times(table, task.time_column))
    kept = np.flatnonzero(valued & np.isfinite(step))
    place = table.frame[list(panel.series)].assign(**{"\x1f": step}).iloc[kept]
    again = place.duplicated(keep="last").to_numpy()
    counts = {
        f"without a value of '{task.target}'": int((~valued).sum()),
        "without a time": int((valued & ~timed).sum()),
        f"off the grid of {step_words(panel.calendar)}": int((valued & timed & ~np.isfinite(step)).sum()),
        "of a time of their series that a later row has, too": int(again.sum()),
    }
    said = [f"{count:,} {what}" for what, count in counts.items() if count]
    if not said:
        return kept, []
    finding = Finding(
        "DQ701",
        Severity.NOTE,
        (task.target,),
        f"Rows are left out: {', '.join(said)}.",
        "Nothing to do: gaps stay gaps, are filled for models from the past alone, and are never scored.",
        {"rows": len(table.frame) - int((~again).sum())},
    )
    return kept[~again], [finding]


def _left_out_columns(names: list[str]) -> Finding:
    shown = ", ".join(f"'{name}'" for name in names[:6]) + (", ..." if len(names) > 6 else "")
    return Finding(
        "DQ703",
        Severity.NOTE,
        tuple(names),
        f"{shown}: not used, since nobody knows the values to come.",
        f"Where they are known ahead, add --task-option known={','.join(names[:3])}.",
        {"columns": len(names)},
    )


def _odd_series(table: Table, task: Task) -> list[Finding]:
    """Return what is to be said of series that end early, never change, or are very short."""
    panel, cells = _panel(task), cells_of(table, task)
    every = np.arange(len(table.frame), dtype=np.int64)
    history = cells.history(target_values(table, task.target), every)
    points = np.isfinite(history.values).sum(axis=1)
    spans = {
        f"{'ends' if not panel.series else 'end'} more than {panel.horizon:,} {step_words(panel.calendar)} before the "
        "others and are forecast only where rows ask for them": history.last_steps() < history.end - 1 - panel.horizon,
        "never change": (points > 1) & (_range(history) == 0.0),
        "have a single value and are forecast as the others go": points == 1,
    }
    found = []
    for what, holds in spans.items():
        if not holds.any():
            continue
        names = [cells.keys[k] or task.target for k in np.flatnonzero(holds)[:_SHOWN]]
        more = f" and {int(holds.sum()) - _SHOWN:,} more" if holds.sum() > _SHOWN else ""
        message = f"{int(holds.sum()):,} of {len(cells.keys):,} series {what}: {'; '.join(names)}{more}."
        found.append(Finding("DQ702", Severity.NOTE, panel.series, message, "", {"series": int(holds.sum())}))
    return found


def _range(history: History) -> FloatArray:
    known = np.isfinite(history.values)
    high = np.where(known, history.values, -np.inf).max(axis=1)
    low = np.where(known, history.values, np.inf).min(axis=1)
    return np.where(known.any(axis=1), high - low, 0.0)
