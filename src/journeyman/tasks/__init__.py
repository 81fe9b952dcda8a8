"""Kinds of task, one a file: the only room that knows what a kind does."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journeyman.entities.task import Task
from journeyman.errors import SettingsError
from journeyman.interfaces import FlagsRows, HasOptions, Metric, TaskType
from journeyman.metrics import all_metrics, refuse_metric
from journeyman.plugins import load_parts
from journeyman.settings import BuildSettings

__all__ = [
    "all_task_types",
    "check_target",
    "find_task_type",
    "fitting_metrics",
    "metric_of",
    "outputs_together",
    "task_type",
]


@cache
def all_task_types() -> Mapping[str, TaskType]:
    """Return the kinds of task of installed packages, the built-in ones among them, by name.

    What is installed does not change while a process runs, so it is looked up once.

    Examples
    --------
    >>> {"binary", "multiclass", "regression"} <= set(all_task_types())
    True
    """
    return MappingProxyType({kind.name: kind for kind in load_parts("journeyman.tasks").values()})


def find_task_type(name: str) -> TaskType:
    """Return the kind of task of that name.

    Raises
    ------
    SettingsError
        Where nobody offers it.

    Examples
    --------
    >>> find_task_type("binary").default_metric
    'roc_auc'
    >>> find_task_type("regresion")
    Traceback (most recent call last):
    journeyman.errors.SettingsError: there is no task 'regresion' (hint: did you mean 'regression'? ...)
    """
    known = all_task_types()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise SettingsError(f"there is no task {name!r}", hint=f"{guess}use one of {', '.join(known)}")
    return known[name]


def check_target(settings: BuildSettings) -> None:
    """Refuse settings without a target where the kind of task needs one, and with one where it needs none.

    Raises
    ------
    SettingsError
        Saying which, or that there is no such kind of task.

    Examples
    --------
    >>> check_target(BuildSettings("t.csv", None, "t"))
    Traceback (most recent call last):
    journeyman.errors.SettingsError: no column to predict was named (hint: add --target COLUMN; ...)
    """
    if settings.task is None or find_task_type(settings.task).needs_target:
        assert settings.target_column
    elif settings.target is not None:
        raise SettingsError(
            f"a task of kind {settings.task} has no target, and {settings.target!r} was named as one",
            hint=f"leave it out of the model with --ignore {settings.target}, or learn from it with --task binary",
        )


def task_type(task: Task) -> TaskType:
    """Return what a task's kind does, as the task has chosen its options."""
    kind = find_task_type(task.kind)
    return kind.of(task) if isinstance(kind, HasOptions) else kind


def outputs_together(predictions: NDArray[np.float64], task: Task) -> Mapping[str, NDArray[Any]]:
    """Return what is said of rows besides their predictions, by name, where they came together.

    It is what is said of each alone, except that no more rows are flagged than a capacity allows for.
    """
    kind = task_type(task)
    named = kind.named_outputs(predictions, task)
    return {**named, "flagged": kind.within_capacity(predictions, task)} if isinstance(kind, FlagsRows) else named


def fitting_metrics(task: Task) -> Mapping[str, Metric]:
    """Return the metrics that can score a task, by name: its kind's own, and those that name its kind."""
    own = {metric.name: metric for metric in task_type(task).metrics(task)}
    return {**{name: m for name, m in all_metrics().items() if task.kind in m.kinds}, **own}


def metric_of(task: Task) -> Metric:
    """Return the metric that a task is scored by.

    Raises
    ------
    SettingsError
        No such metric, or one that does not fit the kind of task.
    """
    fitting = fitting_metrics(task)
    if task.metric not in fitting:
        raise refuse_metric(task.metric, task.kind, sorted(fitting))
    return fitting[task.metric]
