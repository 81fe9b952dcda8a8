"""Metrics, one family a file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from journeyman.errors import SettingsError
from journeyman.metrics.classification import CLASSIFICATION
from journeyman.metrics.regression import REGRESSION
from journeyman.plugins import load_parts

if TYPE_CHECKING:  # the protocols load pandas, which a list of releases does without
    from journeyman.interfaces import Metric

__all__ = ["METRICS", "all_metrics", "find_metric", "refuse_metric"]

_BUILT_IN: tuple[Metric, ...] = (*CLASSIFICATION, *REGRESSION)

METRICS: Mapping[str, Metric] = MappingProxyType({m.name: m for m in _BUILT_IN})
"""The built-in metrics by name."""


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


def find_metric(name: str, kind: str, own: Iterable[str] = ()) -> Metric:
    """Return the metric of that name; ``own`` are names of others that fit the kind, for the hint.

    Raises
    ------
    SettingsError
        No such metric, or one that does not fit the kind of task.

    Examples
    --------
    >>> find_metric("rmse", "regression").greater_is_better
    False
    >>> find_metric("auc", "binary")
    Traceback (most recent call last):
    journeyman.errors.SettingsError: unknown metric 'auc' (hint: did you mean 'roc_auc'? for a binary task: ...)
    """
    metrics = all_metrics()
    fitting = {n for n, m in metrics.items() if kind in m.kinds}
    if name not in fitting:
        raise refuse_metric(name, kind, sorted(fitting.union(own)))
    return metrics[name]


def refuse_metric(name: str, kind: str, fitting: Sequence[str]) -> SettingsError:
    """Return the error of a metric that does not exist, or is none of those that fit a kind of task."""
    if name not in all_metrics():
        near = difflib.get_close_matches(name, fitting, n=1, cutoff=0.4)
        guess = f"did you mean {near[0]!r}? " if near else ""
        return SettingsError(f"unknown metric {name!r}", hint=f"{guess}for a {kind} task: {', '.join(fitting)}")
    return SettingsError(f"metric {name!r} does not fit a task of kind {kind}", hint=f"use one of {', '.join(fitting)}")
