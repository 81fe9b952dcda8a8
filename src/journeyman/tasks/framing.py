"""What all kinds of task with a target frame alike."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from journeyman.entities.column import Column, Kind
from journeyman.entities.task import Scheme, Task
from journeyman.errors import SettingsError, TargetError
from journeyman.interfaces import TaskType
from journeyman.metrics import find_metric
from journeyman.settings import BuildSettings

__all__ = ["check_options", "drafted", "parse_share", "refuse_missing", "with_loss"]


def refuse_missing(column: Column, values: pd.Series) -> None:
    """Raise TargetError where no row has a label."""
    if not values.notna().any():
        raise TargetError(f"the target {column.name!r} is missing in every row", hint="choose another target")


def check_options(settings: BuildSettings, kind: str, known: Sequence[str] = ()) -> None:
    """Raise SettingsError where an option was given that a kind of task does not know.

    Examples
    --------
    >>> check_options(BuildSettings("t.csv", "y", "t", task_options={"level": "0.9"}), "quantiles", ("levels",))
    Traceback (most recent call last):
    journeyman.errors.SettingsError: a task of kind quantiles has no option 'level' (hint: did you mean 'levels'?)
    """
    for name in settings.task_options:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            has = f"it has {', '.join(known)}" if known else "it has none"
            hint = f"did you mean {near[0]!r}?" if near else has
            raise SettingsError(f"a task of kind {kind} has no option {name!r}", hint=hint)


def parse_share(text: str) -> float:
    """Read a share of rows, "0.05" or "5%"; ValueError where it is no number.

    Examples
    --------
    >>> parse_share("5%"), parse_share(" 0.05")
    (0.05, 0.05)
    """
    text = text.strip()
    return float(text.removesuffix("%")) / 100.0 if text.endswith("%") else float(text)


def drafted(column: Column, settings: BuildSettings, kind: str, metric: str, reason: str) -> Task:
    """Return a task whose rows are divided as the settings say; its metric's loss is still to be named."""
    scheme = Scheme.TIME if settings.time else Scheme.GROUPED if settings.group else Scheme.SHUFFLED
    return Task(
        target=column.name,
        kind=kind,
        metric=metric,
        scheme=scheme,
        time_column=settings.time,
        group_column=settings.group,
        reason=reason,
        label_types=_label_types(column),
    )


def with_loss(kind: TaskType, task: Task) -> Task:
    """Return the task with what models minimise for its metric.

    Raises
    ------
    SettingsError
        No such metric, or one that does not fit the kind of task.
    """
    own = {metric.name: metric for metric in kind.metrics(task)}
    metric = own.get(task.metric) or find_metric(task.metric, kind.name, own)
    return replace(task, metric_loss=metric.loss)


def _label_types(column: Column) -> str:
    if column.raw:
        return column.raw
    if column.kind is Kind.BOOLEAN and column.categories != ("0", "1"):
        return "bool" if column.native else "str"
    if column.kind in (Kind.INTEGER, Kind.BOOLEAN):
        return "int"
    return "float" if column.kind is Kind.NUMBER else "str"
