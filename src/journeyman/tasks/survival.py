"""Survival: how long until an event, where for some rows it is only known that it took longer."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Role
from journeyman.entities.evaluation import Curve
from journeyman.entities.finding import Finding, Severity
from journeyman.entities.metric import SURVIVAL_LOSS
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound, TaskTraits
from journeyman.errors import SettingsError, TargetError
from journeyman.interfaces import Metric
from journeyman.metrics.survival import (
    BrierScore,
    Concordance,
    brier_losses,
    curve_name,
    curve_of_all,
    kaplan_meier,
    times_of,
    with_risk,
)
from journeyman.settings import BuildSettings
from journeyman.sources.parsing import canonical_label, label_order, label_texts
from journeyman.tasks.framing import check_options
from journeyman.tasks.numbers import Regression, drafted_number

__all__ = ["Survival"]

FloatArray = NDArray[np.float64]
_EVENT, _HAPPENED, _TIMES = "event", "happened", "times"
_OPTIONS = (_EVENT, _HAPPENED, _TIMES)
_RISK = "risk"
_USUAL_SHARES = np.arange(1, 10) / 10  # of the times of events
_MOST_TIMES = 30
_LEAST_EVENTS = 10
_THIRDS, _PARTS = 3, 5
_SAY_YES = frozenset(
    ["1", "true", "yes", "y", "t", "event", "dead", "died", "death", "deceased", "failed", "failure", "churned", "left"]
)
_TRAITS = TaskTraits(
    error_name="Brier score over time",
    error_metric="integrated_brier_score",
    loss_name="Brier score over time",
    strata_name="event and time",
    pictures=frozenset(),
    bound=Bound.NONE,
    outputs_name="chances to survive",
)


@dataclass(frozen=True)
class Survival(Regression):
    """A time until an event is predicted: the chance to survive some times, and a risk to rank rows by.

    The target holds times, the column that the option ``event`` names whether the event happened then; where it did
    not, the row was only seen for so long (censored). Labels are times, of censored rows below zero. Outputs are the
    risk, which is the mean chance that it has happened, and the curve of survival at the tenths of the times of events,
    or at those that the option ``times`` names.
    """

    name: str = "survival"
    default_metric: str = Concordance.name
    traits: TaskTraits = _TRAITS
    times: tuple[float, ...] = ()

    truth_words = '{"time": 12.5, "event": true}'

    def of(self, task: Task) -> Survival:
        """Return the kind with the times of a task."""
        return replace(self, times=tuple(times_of(task).tolist()))

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task.

        Raises
        ------
        SettingsError
            No column of events, one that is not there, or options that say nothing.
        TargetError
            Where times are below zero, the events are not two values, or are too few.
        """
        check_options(settings, self.name, _OPTIONS)
        task = drafted_number(table, settings, self.name, settings.metric or self.default_metric, reason)
        column = _event_column(table, task.target, settings)
        words = _event_words(table, column, settings)
        labels = _labels(table, task.target, column, words)
        events = labels[labels > 0]
        if len(events) < _LEAST_EVENTS:
            raise TargetError(
                f"the event happened in {len(events)} rows, too few to learn from",
                hint=f"give a table with {_LEAST_EVENTS} or more, or say which value happened: "
                f"--task-option {_HAPPENED}={words[0]}",
            )
        times = _times(settings.task_options.get(_TIMES), events)
        names = (_RISK, *(curve_name(time) for time in times))
        task = replace(task, output_names=names, metric_loss=SURVIVAL_LOSS)
        task = replace(
            task, label_columns=(column.name,), label_words=words, label_types="float", prediction_name=_RISK
        )
        self.of(task)._check_metric(task)
        return task

    def _check_metric(self, task: Task) -> None:
        # Late: that module imports this room.
        from journeyman.tasks import metric_of  # noqa: PLC0415 - see above

        metric_of(task)

    def combine(self, table: Table, task: Task) -> tuple[Table, tuple[Finding, ...]]:
        """Return the table with labels for times, the events ignored, and without rows that lasted no time."""
        column = table.column(task.label_columns[0])
        labels = _labels(table, task.target, column, task.label_words)
        lasted = labels != 0.0
        frame = table.frame.assign(**{task.target: labels})[lasted].reset_index(drop=True)
        said = f"says with {task.target!r} when, and whether it happened ({task.label_words[1]!r})"
        ignored = replace(column, role=Role.IGNORED, reason=said)
        columns = tuple(ignored if c.name == column.name else c for c in table.columns)
        found: tuple[Finding, ...] = ()
        if not lasted.all():
            gone = int((~lasted).sum())
            rows, are = ("1 row", "is") if gone == 1 else (f"{gone} rows", "are")
            message = f"{rows} whose {task.target!r} is 0 {are} left out: nothing can have happened before."
            evidence = {"rows": gone}
            found = (Finding("DQ603", Severity.NOTE, (task.target,), message, evidence=evidence),)
        return replace(table, frame=frame, columns=columns), found

    def separate(self, labels: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return times, and the words of whether it happened then."""
        happened = np.array(task.label_words, dtype=object)[(labels > 0).astype(np.int64)]
        return {task.target: np.abs(labels), task.label_columns[0]: happened}

    def label_text(self, label: float, task: Task) -> str:
        """Return the time, and whether it had not happened until then.

        Examples
        --------
        >>> task = Task("months", "survival", "c_index")
        >>> Survival().label_text(12.0, task), Survival().label_text(-30.5, task)
        ('12', 'more than 30.5')
        """
        return f"{label:.6g}" if label > 0 else f"more than {-label:.6g}"

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return the C-index and the Brier score over time."""
        times = tuple(times_of(task).tolist())
        return Concordance(times), BrierScore(times)

    def strata(self, y: FloatArray) -> NDArray[np.int64]:
        """Return whether it happened, and the fifth of the times.

        Examples
        --------
        >>> Survival().strata(np.array([1.0, -1.0, 9.0, -9.0]))
        array([6, 1, 9, 4])
        """
        times = np.abs(y)
        edges = np.unique(np.quantile(times, np.linspace(0.2, 0.8, 4)))
        return (np.searchsorted(edges, times, side="right") + 5 * (y > 0)).astype(np.int64)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the Kaplan-Meier curve of training rows: the row before says nothing of a time."""
        return np.repeat(with_risk(curve_of_all(y, times_of(task))), len(asked), axis=0)

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return Brier losses, their mean over times."""
        return np.asarray(brier_losses(y, predictions[:, 1:], self._times(predictions)).mean(axis=1))

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return live losses: they weigh no row more than another."""
        return self.live_losses(y, predictions, 1.0)

    def residuals(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return whether it happened, less the risk."""
        return np.asarray(((y > 0).astype(np.float64) - predictions[:, 0])[:, None])

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return Brier losses."""
        return self.errors(y, predictions, None)

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return 1: such a loss is never greater."""
        return 1.0

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return squared errors of the curve, their mean over times.

        After a row was censored, what the curve itself expects stands for what is not known.

        Examples
        --------
        >>> kind = Survival(times=(2.0, 4.0))
        >>> curves = np.array([[0.5, 1.0, 0.0], [0.25, 1.0, 0.5], [0.5, 1.0, 0.0]])
        >>> kind.live_losses(np.array([3.0, -3.0, np.nan]), curves, 1.0)
        array([0.   , 0.125,   nan])
        """
        known = np.isfinite(y)
        labels, times, curves = np.where(known, y, 1.0), self._times(predictions), np.clip(predictions[:, 1:], 0, 1)
        ends = np.abs(labels)[:, None]
        alive, happened = ends > times, (labels[:, None] > 0) & (ends <= times)
        steps = np.clip(np.searchsorted(times, ends[:, 0], side="right") - 1, 0, None)
        so_far = np.where(ends[:, 0] < times[0], 1.0, curves[np.arange(len(y)), steps]) if len(times) else ends[:, 0]
        still = np.clip(curves / np.maximum(so_far, 1e-9)[:, None], 0.0, 1.0)
        expected = still * (1.0 - curves) ** 2 + (1.0 - still) * curves**2
        losses = np.where(alive, (1.0 - curves) ** 2, np.where(happened, curves**2, expected))
        return np.asarray(np.where(known, losses.mean(axis=1), np.nan))

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return the loss that curves predict of themselves."""
        return np.asarray((predictions[:, 1:] * (1.0 - predictions[:, 1:])).mean(axis=1))

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return the chances to survive each time, and the median time where the curve falls below one half."""
        curves = {name: predictions[:, k] for k, name in enumerate(task.output_names) if k}
        return {**curves, "median time": _median_times(predictions[:, 1:], times_of(task))}

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes a label of a number; NaN of zero."""
        return lambda value: float(value) or float("nan")

    def read_truth(self, given: object) -> float | None:
        """Return the label of a time and whether it happened; None where that cannot be told.

        Examples
        --------
        >>> Survival().read_truth({"time": 12.5, "event": False}), Survival().read_truth(12.5)
        (-12.5, None)
        """
        if not isinstance(given, Mapping) or set(given) != {"time", "event"}:
            return None
        time, event = given["time"], given["event"]
        plain = isinstance(time, int | float) and not isinstance(time, bool)
        if not plain or event not in (0, 1) or not 0 < time < 1e300:
            return None
        return float(time) if event else -float(time)

    def draw(
        self, y: FloatArray, predictions: FloatArray, task: Task, rows: pd.DataFrame
    ) -> Mapping[str, tuple[Curve, ...]]:
        """Return curves of thirds by risk, predicted and by Kaplan-Meier, and calibration at the median time."""
        times, curves = times_of(task), predictions[:, 1:]
        rank = np.argsort(np.argsort(predictions[:, 0], kind="stable"), kind="stable")
        drawn: list[Curve] = []
        for third, words in enumerate(("lowest third of risk", "middle third", "highest third")):
            own = rank * _THIRDS // len(y) == third
            if not own.any():
                continue
            happened = kaplan_meier(y[own])
            kept = np.unique(np.linspace(0, len(happened.times) - 1, min(200, len(happened.times))).astype(np.int64))
            ends = (happened.times[kept], happened.values[kept]) if len(kept) else (times, np.ones(len(times)))
            for name, (x, values) in ((words, (times, curves[own].mean(axis=0))), (f"{words}, observed", ends)):
                at = (0.0, *x.tolist())
                drawn.append(
                    Curve(name, task.target, "share surviving", at, (1.0, *values.tolist()), (int(own.sum()),))
                )
        median = int(np.argmin(np.abs(times - np.median(y[y > 0])))) if (y > 0).any() else len(times) // 2
        said = curves[:, median]
        part = np.argsort(np.argsort(said, kind="stable"), kind="stable") * _PARTS // len(y)
        pairs = [
            (said[part == k].mean(), kaplan_meier(y[part == k]).at(times[[median]])[0], int((part == k).sum()))
            for k in range(_PARTS)
            if (part == k).any()
        ]
        means, told, counts = (tuple(map(float, values)) for values in zip(*pairs, strict=True))
        calibration = Curve(f"{times[median]:.6g}", "predicted chance to survive", "observed", means, told, counts)
        return {"survival by risk": tuple(drawn), "survival calibration": (calibration,)}

    def same_outputs(self, task: Task) -> Mapping[str, str]:
        """Return the times of the curve as an option."""
        return {_TIMES: ",".join(f"{time:.6g}" for time in times_of(task).tolist())}

    def _times(self, predictions: FloatArray) -> FloatArray:
        """Return the times of the curves; steps of one where the kind was not given those of a task."""
        return np.array(self.times) if self.times else np.arange(1.0, predictions.shape[1])


def _event_column(table: Table, target: str, settings: BuildSettings) -> Column:
    name = settings.task_options.get(_EVENT)
    others = [c.name for c in table.columns if c.name != target]
    if name is None:
        raise SettingsError(
            "a survival task needs the column that says whether the event happened",
            hint=f"add --task-option {_EVENT}=COLUMN",
        )
    if name not in others:
        near = difflib.get_close_matches(name, others, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"its columns are {', '.join(others[:12])}"
        raise SettingsError(f"the table has no further column {name!r}", hint=hint)
    return table.column(name)


def _event_words(table: Table, column: Column, settings: BuildSettings) -> tuple[str, str]:
    """Return how a column spells that the event did not happen, and that it did."""
    counts = label_texts(table.frame[column.name], column).value_counts()
    values = label_order(str(value) for value in counts.index)
    if len(values) != 2:
        found = f"only the value {values[0]!r}" if len(values) == 1 else f"{len(values)} values"
        raise TargetError(
            f"the event column {column.name!r} holds {found}, and two are wanted: 1 where it happened, 0 where not yet",
            hint=f"name another column with --task-option {_EVENT}=COLUMN",
        )
    said = settings.task_options.get(_HAPPENED)
    by_key = {canonical_label(value).casefold(): value for value in values}
    if said is not None:
        happened = by_key.get(canonical_label(said).casefold())
        if happened is None:
            raise SettingsError(
                f"{_HAPPENED}={said} is no value of {column.name!r}", hint=f"use {values[0]!r} or {values[1]!r}"
            )
    else:
        sure = [value for key, value in by_key.items() if key in _SAY_YES]
        if len(sure) != 1:
            raise TargetError(
                f"{column.name!r} holds {values[0]!r} and {values[1]!r}: which of them says that it happened?",
                hint=f"say so: --task-option {_HAPPENED}={values[1]}",
            )
        happened = sure[0]
    return (values[0] if happened == values[1] else values[1]), happened


def _labels(table: Table, target: str, column: Column, words: tuple[str, ...]) -> FloatArray:
    """Return times, of rows where it has not happened below zero; NaN where time or event is missing.

    Raises
    ------
    TargetError
        Where a time is below zero.
    """
    times = table.frame[target].to_numpy(np.float64)
    below = np.flatnonzero(times < 0)
    if len(below):
        rows = "a time of {0!r} lies" if len(below) == 1 else f"{len(below)} times of {{0!r}} lie"
        raise TargetError(
            f"{rows.format(target)} below zero, such as {times[below[0]]:g} in row {below[0] + 1}",
            hint="count times from when a row came under observation",
        )
    texts = label_texts(table.frame[column.name], column)
    signs = texts.map({words[0]: -1.0, words[1]: 1.0}).to_numpy(np.float64)
    return np.asarray(times * signs)


def _times(text: str | None, events: FloatArray) -> FloatArray:
    """Return the times of the curve, which rise: those that are named, or the tenths of the times of events."""
    if text is None:
        found = np.quantile(events, _USUAL_SHARES, method="higher")
        return np.unique([float(f"{time:.6g}") for time in found])
    hint = f"write times with commas: --task-option {_TIMES}=6,12,24"
    try:
        times = np.unique([float(f"{float(part):.6g}") for part in text.split(",")])
    except ValueError:
        raise SettingsError(f"{_TIMES}={text} holds something that is no number", hint=hint) from None
    if not (np.isfinite(times).all() and times[0] > 0 and times[-1] <= events.max()):
        raise SettingsError(f"{_TIMES}={text}: times lie above 0, and up to {events.max():g}", hint=hint)
    if len(times) > _MOST_TIMES:
        raise SettingsError(f"{len(times)} times are too many", hint=f"name at most {_MOST_TIMES}")
    return times


def _median_times(curves: FloatArray, times: FloatArray) -> FloatArray:
    """Return when each curve reaches one half, on a line from time to time; NaN where it does not get there.

    Examples
    --------
    >>> _median_times(np.array([[0.75, 0.25], [0.9, 0.8]]), np.array([2.0, 4.0]))
    array([ 3., nan])
    """
    values = np.column_stack([np.ones(len(curves)), np.minimum.accumulate(curves, axis=1)])
    at = np.concatenate([[0.0], times])
    below = values <= 0.5
    first = np.maximum(below.argmax(axis=1), 1)
    row = np.arange(len(values))
    high, low = values[row, first - 1], values[row, first]
    share = (high - 0.5) / np.where(high > low, high - low, 1.0)
    return np.where(below.any(axis=1), at[first - 1] + share * (at[first] - at[first - 1]), np.nan)
