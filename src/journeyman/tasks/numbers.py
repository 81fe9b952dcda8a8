"""Tasks whose predictions are numbers: regression, and what other kinds take over of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, Role, kind_option
from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.entities.task_traits import Bound, Picture, TaskTraits
from journeyman.entities.weakness import Cause, TreatmentKind
from journeyman.errors import TargetError
from journeyman.interfaces import Metric
from journeyman.metrics.regression import REGRESSION
from journeyman.settings import BuildSettings
from journeyman.tasks.framing import check_options, drafted, refuse_missing, with_loss

__all__ = ["NUMBER_TRAITS", "Regression", "drafted_number"]

FloatArray = NDArray[np.float64]
_LARGEST = 1e150  # of a target that is estimated: errors are squared
_REACH = 4.0  # errors beyond four times what nine rows of ten stay below cost no more than that

NUMBER_TRAITS = TaskTraits(
    error_name="mean absolute error",
    error_metric="mae",
    loss_name="mean absolute error",
    strata_name="deciles of the target",
    pictures=frozenset({Picture.RESIDUALS}),
    bound=Bound.INTERVAL,
    rescaled=True,
    looked_up=True,
    examined_weaknesses=frozenset({Cause.WRONG_SCALE}),
    treatments=frozenset(
        {
            TreatmentKind.CORRECTED,
            TreatmentKind.DOUBT,
            TreatmentKind.QUIETED,
            TreatmentKind.FADING,
            TreatmentKind.FADING_FAST,
        }
    ),
)


@dataclass(frozen=True)
class Regression:
    """A number is predicted. The first output is the prediction; kinds with further outputs extend this one.

    Live losses are absolute errors over a scale of the reference's own errors, cut off at 1: without a bound no
    statement under continuous looking holds.
    """

    name: str = "regression"
    needs_target: bool = True
    default_metric: str = "rmse"
    traits: TaskTraits = NUMBER_TRAITS

    def frame(self, table: Table, settings: BuildSettings, reason: str) -> Task:
        """Return the task; TargetError where the target holds no numbers, one alone, or numbers beyond all squares."""
        check_options(settings, self.name)
        metric = settings.metric or self.default_metric
        return with_loss(self, drafted_number(table, settings, self.name, metric, reason))

    def encode(
        self, values: pd.Series, column: Column, task: Task, merged: Mapping[str, str], metric: str | None
    ) -> tuple[pd.Series, Column, Task]:
        """Return the numbers; TargetError where they are none, or all the same."""
        if not column.kind.numeric:
            raise TargetError(
                f"the target '{column.name}' is {column.kind.noun}, and only numbers can be estimated",
                hint=f"leave --task {task.kind} out, or say that these are numbers: "
                f"{kind_option(column.name, Kind.NUMBER)}",
            )
        numbers = values.astype(np.float64)
        if numbers.nunique() < 2:
            raise TargetError(f"the target '{column.name}' is constant", hint="choose another target")
        return numbers, replace(column, role=Role.TARGET), task

    def metrics(self, task: Task) -> tuple[Metric, ...]:
        """Return the metrics of numbers."""
        return tuple(REGRESSION)

    def strata(self, y: FloatArray) -> NDArray[np.int64]:
        """Return the tenth of the values that each row lies in.

        Examples
        --------
        >>> np.bincount(Regression().strata(np.arange(100.0)))
        array([10, 10, 10, 10, 10, 10, 10, 10, 10, 10])
        """
        edges = np.unique(np.quantile(y, np.linspace(0.1, 0.9, 9)))
        return np.searchsorted(edges, y, side="right").astype(np.int64)

    def repeat_previous(self, y: FloatArray, before: FloatArray, asked: FloatArray, task: Task) -> FloatArray:
        """Return the value of the row before, and the mean of training rows where there is none.

        Examples
        --------
        >>> task = Task("y", "regression", "rmse")
        >>> Regression().repeat_previous(
        ...     np.array([1.0, 3.0]), np.array([np.nan, 1.0]), np.array([5.0, np.nan]), task
        ... )
        array([[5.], [2.]])
        """
        return np.repeat(np.where(np.isnan(asked), y.mean(), asked)[:, None], task.outputs, axis=1)

    def errors(self, y: FloatArray, predictions: FloatArray, threshold: float | None) -> FloatArray:
        """Return absolute errors."""
        return np.abs(y - predictions[:, 0])

    def misses(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return absolute errors."""
        return np.abs(y - predictions[:, 0])

    def residuals(self, y: FloatArray, predictions: FloatArray) -> FloatArray:
        """Return labels less predictions, shape (n_samples, 1)."""
        return y[:, None] - predictions[:, :1]

    def smooth_losses(self, y: FloatArray, predictions: FloatArray) -> FloatArray | None:
        """Return None: metrics of numbers are smooth."""
        return None

    def loss_scale(self, y: FloatArray, predictions: FloatArray) -> float:
        """Return four times the error that nine rows of ten stay below, in the target's unit.

        Examples
        --------
        >>> Regression().loss_scale(np.zeros(4), np.full((4, 1), 2.5))
        10.0
        """
        errors = np.abs(y - predictions[:, 0])
        errors = errors[np.isfinite(errors)]
        scale = _REACH * float(np.quantile(errors, 0.9)) if len(errors) else 0.0
        if scale > 0:
            return scale
        return float(errors.max()) if len(errors) and errors.max() > 0 else 1.0

    def live_losses(self, y: FloatArray, predictions: FloatArray, scale: float) -> FloatArray:
        """Return absolute errors over the scale, cut off at 1."""
        return np.asarray(np.minimum(np.abs(y - predictions[:, 0]) / scale, 1.0))

    def uncertainty(self, predictions: FloatArray) -> FloatArray:
        """Return the prediction: errors mostly grow with it."""
        return predictions[:, 0]

    def interval_outputs(self, task: Task) -> tuple[int, int]:
        """Return the prediction itself twice."""
        return 0, 0

    def decode(self, predictions: FloatArray, task: Task, threshold: float | None) -> NDArray[Any]:
        """Return the first output."""
        return predictions[:, 0]

    def named_outputs(self, predictions: FloatArray, task: Task) -> Mapping[str, NDArray[Any]]:
        """Return nothing more."""
        return {}

    def label_reader(self, task: Task) -> Callable[[Any], float]:
        """Return what makes a number of a label."""
        return float


def drafted_number(table: Table, settings: BuildSettings, kind: str, metric: str, reason: str) -> Task:
    """Return a task with a target of numbers, its metric's loss still to be named.

    Raises
    ------
    TargetError
        Where the target holds no numbers, one alone, or numbers whose squares are none.
    """
    column, values = table.column(settings.target_column), table.frame[settings.target_column]
    refuse_missing(column, values)
    _check_numbers(values, column, kind)
    return drafted(column, settings, kind, metric, reason)


def _check_numbers(values: pd.Series, column: Column, kind: str) -> None:
    if column.kind is Kind.CONSTANT:
        raise TargetError(
            f"the target {column.name!r} is constant: every row is {values.dropna().iloc[0]!r}",
            hint="choose another target",
        )
    if not column.kind.numeric:
        numbers = pd.to_numeric(values.dropna(), errors="coerce").notna().all()
        other = f", or say that these are numbers: {kind_option(column.name, Kind.NUMBER)}" if numbers else ""
        raise TargetError(
            f"the target {column.name!r} is {column.kind.noun}, and only numbers can be estimated",
            hint=f"leave --task {kind} out{other}",
        )
    distinct = values.dropna().unique()
    if len(distinct) < 2:
        raise TargetError(
            f"the target {column.name!r} is constant: every row is {distinct[0]:g}", hint="choose another target"
        )
    largest = float(np.abs(distinct).max())
    if largest > _LARGEST:
        raise TargetError(
            f"the target {column.name!r} reaches {largest:.3g}, and the square of that is no number any more",
            hint="give it in another unit",
        )
