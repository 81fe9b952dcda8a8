"""A kind of task: how a target is framed and encoded, what predictions are, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.evaluation import Curve
from journeyman.entities.finding import Finding
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import TaskTraits
from journeyman.interfaces.metric import Metric
from journeyman.settings import BuildSettings

__all__ = [
    "AlarmLimit",
    "CombinesColumns",
    "DrawsCurves",
    "FlagsRows",
    "HasOptions",
    "KeepsNames",
    "PosesExamination",
    "RaisesObjections",
    "ReadsTruth",
    "SettlesTask",
    "TaskType",
]

FloatArray = NDArray[np.float64]


class TaskType(Protocol):
    """A kind of task; predictions have the shape (n_samples, n_outputs), labels (n_samples,)."""

    @property
    def name(self) -> str:
        """In settings and facts, such as "regression"."""
        ...

    @property
    def needs_target(self) -> bool:
        """Whether a column to predict has to be named."""
        ...

    @property
    def default_metric(self) -> str:
        """Name of the metric that chooses models unless the user names one."""
        ...

    @property
    def traits(self) -> TaskTraits:
        """What stages have to know of it."""
        ...

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task of a table as it was ingested; TargetError or SettingsError where it is none of this kind."""
        ...

    def encode(
        self, values: pd.Series, column: Column, task: Task, merged: Mapping[str, str], metric: str | None
    ) -> tuple[pd.Series, Column, Task]:
        """Return the target as a repaired table holds it, its column, and the task that this leaves."""
        ...

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return the metrics that only this task has; those of ``journeyman.metrics`` that name its kind come along."""
        ...

    def strata(self, y: FloatArray) -> NDArray[np.int64]:
        """Return the stratum of each row, which folds and holdout share evenly."""
        ...

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return what one would predict who knows the label of the row before alone (see Numbers, Classes)."""
        ...

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return each row's error as people count it, shape (n_samples,)."""
        ...

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return how far each row's prediction is off before it is decoded, shape (n_samples,)."""
        ...

    def residuals(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return what predictions leave to be explained, shape (n_samples, n_outputs)."""
        ...

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return losses in which small changes of predictions show, shape (n_samples,); None for the metric's own."""
        ...

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return the error that counts as 1 in ``live_losses``."""
        ...

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return losses from 0 to 1, so that a sum of them can be bet on; NaN where a label lacks."""
        ...

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return what a row's loss goes along with before its label is known, shape (n_samples,)."""
        ...

    def interval_outputs(self, task: Task) -> tuple[int, int]:
        """Return the outputs below and above which an interval reaches."""
        ...

    def decode(self, predictions: FloatArray, task: Task, threshold: float | None) -> NDArray[Any]:
        """Return predictions of the target's own type, shape (n_samples,)."""
        ...

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return what a file of predictions holds besides them, by column name."""
        ...

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes a code or value of a recorded label; NaN where this task does not know it."""
        ...


@runtime_checkable
class HasOptions(Protocol):
    """What a kind of task offers besides whose errors depend on what a task has chosen, such as levels of quantiles."""

    def of(self, task: Task) -> TaskType:
        """Return the kind as a task has chosen it."""
        ...


@runtime_checkable
class DrawsCurves(Protocol):
    """What a kind of task offers besides that draws curves of its own, which a section of the report shows."""

    def draw(
        self, y: FloatArray, predictions: FloatArray, task: Task, rows: pd.DataFrame
    ) -> Mapping[str, tuple[Curve, ...]]:
        """Return curves of examined rows, y of shape (n_samples,), by the name that the section looks for."""
        ...


@runtime_checkable
class CombinesColumns(Protocol):
    """What a kind of task offers besides whose label is told by several columns, or by their place in the table."""

    def combine(self, table: Table, task: Task) -> tuple[Table, tuple[Finding, ...]]:
        """Return the table with labels in the target's column, and what was found on the way.

        It comes right after the task is framed, so that all that follows sees one label a row.
        """
        ...

    def separate(self, labels: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return what a table would hold for labels, by its columns: the way back, where a loop learns again."""
        ...

    def label_text(self, label: float, task: Task) -> str:
        """Return a label as people read it."""
        ...


@runtime_checkable
class ReadsTruth(Protocol):
    """What a kind of task offers besides whose recorded labels are more than a number."""

    @property
    def truth_words(self) -> str:
        """What a label looks like, in JSON: 'a number', '{"time": 12.5, "event": true}'."""
        ...

    def read_truth(self, given: object) -> float | None:
        """Return the label that a caller's JSON says; None where it says none."""
        ...


@runtime_checkable
class PosesExamination(Protocol):
    """What a kind of task offers besides that needs no target."""

    def pose(self, table: Table, task: Task, seed: int) -> Table:
        """Return a repaired table with a target of its own, and with planted rows that examine a model.

        Raises
        ------
        InputError
            Where nothing can be learned from the table.
        """
        ...


@runtime_checkable
class SettlesTask(Protocol):
    """What a kind of task offers besides whose task is known in full only when the examination is posed."""

    def settle(self, table: Table, task: Task) -> Task:
        """Return the task of a posed table, such as with the labels that were found."""
        ...


@runtime_checkable
class KeepsNames(Protocol):
    """What a kind of task offers besides whose labels are made up, and are to stay the same from version to version."""

    def follow(self, table: Table, task: Task, former: Sequence[str]) -> tuple[Table, Task]:
        """Return a posed table and its task with labels as the version before had them.

        Parameters
        ----------
        former : sequence of str
            Label that the version before gives each row.
        """
        ...


@runtime_checkable
class RaisesObjections(Protocol):
    """What a kind of task offers besides that may speak against a release whatever the scores are."""

    def objections(self, task: Task) -> tuple[tuple[bool, str], ...]:
        """Return reasons in words, each with whether it forbids a release."""
        ...


class AlarmLimit(Protocol):
    """What keeps the number of flagged rows within a capacity while rows come one by one."""

    def admit(self, flagged: NDArray[np.bool_], scores: FloatArray, now: float) -> NDArray[np.bool_]:
        """Return which of the rows that came together are flagged; ``now`` is in seconds and never goes back."""
        ...


@runtime_checkable
class FlagsRows(Protocol):
    """What a kind of task offers besides that flags rows as odd."""

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return "flagged", whether each row would be for its score alone."""
        ...

    def alarm_share(self, task: Task) -> float:
        """Return the share of ordinary rows that may be flagged."""
        ...

    def surprise(self, predictions: FloatArray) -> FloatArray:
        """Return how odd rows are on a scale on which columns are compared, shape (n_samples,)."""
        ...

    def within_capacity(self, predictions: FloatArray, task: Task) -> NDArray[np.bool_]:
        """Return which of the rows that came together are flagged, shape (n_samples,)."""
        ...

    def alarm_budget(self, task: Task) -> AlarmLimit | None:
        """Return a new limit for rows that come one by one; None where the number of alarms is not limited."""
        ...
