"""A kind of task: how a target is framed and encoded, what predictions are, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import TaskTraits
from journeyman.interfaces.metric import Metric
from journeyman.settings import BuildSettings

__all__ = ["TaskType"]

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
