"""Tasks without a target: which rows are odd. Planted rows examine the model, and marked ones where there are some."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.anomaly import MARKED_ODD, MARKED_ORDINARY, PLANTED, UNMARKED, are_odd
from journeyman.entities.column import Column, Kind, Role
from journeyman.entities.metric import ANOMALY_LOSS
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task
from journeyman.entities.task_traits import Bound, Picture, TaskTraits
from journeyman.errors import SourceError
from journeyman.interfaces import Metric
from journeyman.settings import BuildSettings
from journeyman.tasks.alarms import CAPACITY, FALSE_ALARMS, ROWS_A_DAY, USUAL_SHARE, AlarmBudget, read_alarms
from journeyman.tasks.anomaly_metrics import MARKED, PLANTED_METRICS
from journeyman.tasks.framing import check_options
from journeyman.tasks.numbers import Regression
from journeyman.tasks.planted_rows import planted_rows, read_marks

__all__ = ["Anomaly"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_KIND = "anomaly"
_SCORE = "anomaly score"
_MARKS = "marks"
_LEAST_ROWS = 20
_JUDGED_BY = 20  # marks of either side from which on the model is judged by them, and not by planted rows
_TRAITS = TaskTraits(
    error_name="distance of scores from marks",
    error_metric="planted_roc_auc",
    loss_name="distance of scores from marks",
    strata_name="real and planted rows",
    pictures=frozenset({Picture.RANKING, Picture.STRANGEST}),
    bound=Bound.NONE,
    sliced=False,  # rare rows score high, which is no error
    marked=True,
)


@dataclass(frozen=True)
class Anomaly(Regression):
    """Odd rows are found without labels; the one output is a score, the share of rows that are less odd.

    Rows that score at least one less the share of false alarms are flagged. Detectors are not asked what share of the
    rows is anomalous: that is the question, not a setting. Labels that come while it serves say whether a row was an
    anomaly: true or false, 1 or 0.
    """

    name: str = _KIND
    needs_target: bool = False
    default_metric: str = PLANTED_METRICS[0].name
    traits: TaskTraits = _TRAITS

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task, whose target is a column that the table does not have.

        Raises
        ------
        SettingsError
            An option that makes no sense.
        SourceError
            Where rows are too few.
        """
        check_options(settings, self.name, (FALSE_ALARMS, CAPACITY, _MARKS))
        options: dict[str, float | str] = {**read_alarms(settings.task_options, table, settings.time)}
        metric = self.default_metric
        marks = settings.task_options.get(_MARKS)
        if marks is not None:
            said = read_marks(table, marks)
            options[_MARKS] = marks
            if min((said == MARKED_ODD).sum(), (said == MARKED_ORDINARY).sum()) >= _JUDGED_BY:
                metric = MARKED[0].name
        if len(table.frame) < _LEAST_ROWS:
            raise SourceError(
                f"{len(table.frame)} rows are too few to tell odd ones from others", hint=f"give {_LEAST_ROWS} or more"
            )
        scheme = Scheme.TIME if settings.time else Scheme.GROUPED if settings.group else Scheme.SHUFFLED
        return Task(
            target=_free_name({c.name for c in table.columns}),
            kind=self.name,
            metric=settings.metric or metric,
            scheme=scheme,
            time_column=settings.time,
            group_column=settings.group,
            reason=reason,
            label_types="float",
            metric_loss=ANOMALY_LOSS,
            options=options,
        )

    def pose(self, table: Table, task: Task, seed: int) -> Table:
        """Return the table with texts and marks left out, and one planted row to two real ones at its end."""
        marks = task.options.get(_MARKS)
        columns = tuple(
            replace(c, role=Role.IGNORED) if c.role is Role.FEATURE and (c.kind is Kind.TEXT or c.name == marks) else c
            for c in table.columns
        )
        features = [c for c in columns if c.role is Role.FEATURE and c.kind is not Kind.DATETIME]
        if not features:
            raise SourceError(
                "only texts and dates are left, in which odd rows are not looked for",
                hint="give the table columns of numbers or categories",
            )
        said = np.full(len(table.frame), UNMARKED) if marks is None else read_marks(table, str(marks))
        planted = planted_rows(table.frame, features, np.random.default_rng([seed, 7]))
        both = pd.concat([table.frame, planted], ignore_index=True)
        both[task.target] = np.r_[said, np.full(len(planted), PLANTED)]
        target = Column(task.target, Kind.NUMBER, Role.TARGET, native=True)
        return replace(table, frame=both, columns=(*columns, target), planted=len(planted))

    def encode(
        self, values: pd.Series, column: Column, task: Task, merged: Mapping[str, str], metric: str | None
    ) -> tuple[pd.Series, Column, Task]:
        """Return marks as numbers."""
        return values.astype(np.float64), replace(column, role=Role.TARGET), task

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return how well planted rows are found, and marked ones where there are some."""
        return (*PLANTED_METRICS, *MARKED) if _MARKS in task.options else PLANTED_METRICS

    def strata(self, y: FloatArray) -> IntArray:
        """Return what is known of each row: planted and marked ones are strata of their own."""
        return y.astype(np.int64)

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return how far scores are from marks."""
        return np.abs(are_odd(y) - predictions[:, 0])

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return how far scores are from marks."""
        return np.abs(are_odd(y) - predictions[:, 0])

    def residuals(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return marks less scores, shape (n_samples, 1)."""
        return are_odd(y)[:, None] - predictions[:, :1]

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the same for all rows: that the row before was planted says nothing."""
        return np.full((len(asked), 1), 0.5)

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return 1: such a loss is never greater."""
        return 1.0

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return how far scores are from marks: one half in the mean of ordinary rows, little where marks are told.

        Examples
        --------
        >>> Anomaly().live_losses(np.array([1.0, 0.0, np.nan]), np.array([[0.75], [0.75], [0.5]]), 1.0)
        array([0.25, 0.75,  nan])
        """
        return np.asarray(np.clip(np.abs(are_odd(y) - predictions[:, 0]), 0.0, 1.0))

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return which rows are flagged.

        Examples
        --------
        >>> task = Task("anomaly score", "anomaly", "planted_roc_auc", options={"false_alarms": 0.01})
        >>> Anomaly().named_outputs(np.array([[0.98], [0.995]]), task)["flagged"]
        array([False,  True])
        """
        return {"flagged": self.unfamiliar(predictions, task)}

    def unfamiliar(self, predictions: FloatArray, task: Task) -> NDArray[np.bool_]:
        """Return which rows score as the oddest share of ordinary rows do."""
        return predictions[:, 0] >= 1.0 - self.alarm_share(task)

    def unfamiliar_share(self, task: Task) -> float:
        """Return the share of ordinary rows that are flagged."""
        return self.alarm_share(task)

    def alarm_share(self, task: Task) -> float:
        """Return the share of ordinary rows that may be flagged."""
        return float(task.options.get(FALSE_ALARMS, USUAL_SHARE))

    def surprise(self, predictions: FloatArray) -> FloatArray:
        """Return negative logs of the share of ordinary rows that are as odd, shape (n_samples,).

        Examples
        --------
        >>> Anomaly().surprise(np.array([[0.0], [0.99]])).round(2).tolist()
        [0.0, 4.61]
        """
        return 0.0 - np.log(np.maximum(1.0 - predictions[:, 0], np.finfo(np.float64).tiny))

    def within_capacity(self, predictions: FloatArray, task: Task) -> NDArray[np.bool_]:
        """Return which of the rows that came together are flagged: with a capacity, no more than it allows for.

        Examples
        --------
        >>> task = Task("anomaly score", "anomaly", "planted_roc_auc", options={"false_alarms": 0.2, "capacity": 200.0})
        >>> Anomaly().within_capacity(np.array([[0.81], [0.9], [0.95], [0.1], [0.99]]), task).tolist()
        [False, False, False, False, True]
        """
        flagged = np.asarray(self.named_outputs(predictions, task)["flagged"])
        if CAPACITY in task.options:
            most = math.ceil(self.alarm_share(task) * len(flagged))
            flagged[np.argsort(-predictions[:, 0], kind="stable")[most:]] = False
        return flagged

    def alarm_budget(self, task: Task) -> AlarmBudget | None:
        """Return what keeps alarms within the capacity while rows come one by one; None where there is none."""
        if CAPACITY not in task.options:
            return None
        return AlarmBudget(self.alarm_share(task), float(task.options[CAPACITY]), bool(task.options[ROWS_A_DAY]))

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes 0 or 1 of a mark; NaN of anything else."""
        return lambda value: float(value) if value in (0, 1) else float("nan")


def _free_name(taken: set[str]) -> str:
    name = _SCORE
    while name in taken:
        name += "_"
    return name
