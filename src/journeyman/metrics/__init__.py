"""Metrics, one family a file."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from journeyman.entities.task import TaskKind
from journeyman.errors import SettingsError
from journeyman.metrics.classification import CLASSIFICATION
from journeyman.metrics.regression import REGRESSION
from journeyman.plugins import load_parts

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import Metric

__all__ = ["METRICS", "all_metrics", "default_metric", "find_metric"]

_BUILT_IN: tuple[Metric, ...] = (*CLASSIFICATION, *REGRESSION)

METRICS: Mapping[str, Metric] = MappingProxyType({m.name: m for m in _BUILT_IN})
"""The built-in metrics by name."""

_DEFAULTS = {TaskKind.BINARY: "roc_auc", TaskKind.MULTICLASS: "log_loss", TaskKind.REGRESSION: "rmse"}


def default_metric(kind: TaskKind) -> str:
    """Return the metric that models are chosen by unless the user names one (the choice of the AMLB benchmark).

    Examples
    --------
    >>> default_metric(TaskKind.BINARY)
    'roc_auc'
    """
    return _DEFAULTS[kind]


@cache
def all_metrics() -> Mapping[str, Metric]:
    """Return the built-in metrics and those of installed packages (entry points of ``journeyman.metrics``), by name.

    What is installed does not change while a process runs, so it is looked up once.

    Raises
    ------
    SettingsError
        Where a package's metric cannot be used, or has the name of another.
    """
    found = dict(METRICS)
    for metric in load_parts("journeyman.metrics").values():
        if metric.name in found:
            raise SettingsError(
                f"two metrics are called {metric.name!r}", hint="uninstall the package that offers the second one"
            )
        found[metric.name] = metric
    return MappingProxyType(found)


def find_metric(name: str, kind: TaskKind) -> Metric:
    """Return the metric of that name.

    Raises
    ------
    SettingsError
        No such metric, or one that does not fit the kind of task.

    Examples
    --------
    >>> find_metric("rmse", TaskKind.REGRESSION).greater_is_better
    False
    >>> find_metric("auc", TaskKind.BINARY)
    Traceback (most recent call last):
    journeyman.errors.SettingsError: unknown metric 'auc' (hint: did you mean 'roc_auc'? for a binary task: ...)
    """
    metrics = all_metrics()
    fitting = sorted(n for n, m in metrics.items() if kind in m.kinds)
    if name not in metrics:
        near = difflib.get_close_matches(name, fitting, n=1, cutoff=0.4)
        guess = f"did you mean {near[0]!r}? " if near else ""
        raise SettingsError(f"unknown metric {name!r}", hint=f"{guess}for a {kind} task: {', '.join(fitting)}")
    if name not in fitting:
        raise SettingsError(f"metric {name!r} does not fit a {kind} task", hint=f"use one of {', '.join(fitting)}")
    return metrics[name]
