"""Frame the task: what kind of answer the target asks for, decided from its values."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from journeyman.entities.column import Column, Kind, kind_option
from journeyman.entities.finding import accept_option
from journeyman.entities.table import Table
from journeyman.entities.task import Scheme, Task, TaskKind
from journeyman.errors import SettingsError, TargetError
from journeyman.metrics import default_metric, find_metric
from journeyman.settings import BuildSettings
from journeyman.sources.parsing import label_order, label_texts, merged_labels
from journeyman.sources.parsing.names import is_class_code

__all__ = ["frame_task"]

_MANY_VALUES = 20
_MANY_CODES = 100
_LARGEST = 1e150  # of a target that is estimated: errors are squared


def frame_task(table: Table, settings: BuildSettings) -> Task:
    """Decide kind, metric and labels of the task.

    A target of texts is classes. A target of numbers is a value to estimate when it has fractions or more than 20
    distinct values; whole numbers of 20 values or fewer are classes, unless they are scattered, or counts (from 0 on,
    each at most half as frequent as the one before). More than 20 whole numbers are classes only where the column is
    named so and they are codes without gaps, about equally frequent.

    Parameters
    ----------
    table : Table
        As ingested.
    settings : BuildSettings
        ``task`` and ``metric`` overrule what is decided here.

    Returns
    -------
    Task
        Labels that differ only in case, blanks, quotes or a trailing dot are one; code 1 of two is the one that
        says yes, else the last by alphabet.

    Raises
    ------
    TargetError
        The target is missing throughout, constant, one row against all others, or nothing that can be predicted.
    SettingsError
        There is no such kind of task.
    """
    column = table.column(settings.target)
    values = table.frame[settings.target]
    if not values.notna().any():
        raise TargetError(f"the target {column.name!r} is missing in every row", hint="choose another target")
    wanted = _parse_task_kind(settings.task)
    kind, reason = (wanted, "the settings say so") if wanted else _kind(values, column)
    if kind is TaskKind.REGRESSION:
        _check_numbers(values, column)
        return _task(column, settings, kind, (), reason)
    counts = _label_counts(values, column)
    if len(counts) < 2:
        only = f"the target {column.name!r} is constant: every row is {next(iter(counts))!r}"
        signs = [m for m in column.missing_markers if m]
        if signs:
            raise TargetError(
                f"{only} or {signs[0]!r}, which is read as missing",
                hint=f"{accept_option('DQ002', column.name)} keeps it as a class",
            )
        raise TargetError(only, hint="choose another target")
    if wanted is TaskKind.BINARY and len(counts) > 2:
        raise TargetError(
            f"the target {column.name!r} has {len(counts)} classes where two are wanted", hint="use --task multiclass"
        )
    kind = TaskKind.BINARY if len(counts) == 2 else TaskKind.MULTICLASS
    rows = sum(counts.values())
    if kind is TaskKind.BINARY and min(counts.values()) < 2:
        rare = min(counts, key=lambda label: counts[label])
        raise TargetError(
            f"the target {column.name!r} has only one row of class {rare!r}", hint="give more rows of that class"
        )
    if len(counts) > max(_MANY_CODES, 0.5 * rows) or max(counts.values()) < 2:
        raise TargetError(
            f"the target {column.name!r} has {len(counts)} different values in {rows} rows: these are no classes",
            hint=f"choose another target{_as_numbers(values, column, '; to estimate them as numbers, add ')}",
        )
    labels = column.categories if column.kind is Kind.ORDERED else label_order(counts)
    return _task(column, settings, kind, tuple(x for x in labels if x in counts), reason)


def _task(column: Column, settings: BuildSettings, kind: TaskKind, labels: tuple[str, ...], reason: str) -> Task:
    metric = settings.metric or default_metric(kind)
    scheme = Scheme.TIME if settings.time else Scheme.GROUPED if settings.group else Scheme.SHUFFLED
    return Task(
        target=column.name,
        kind=kind,
        metric=metric,
        metric_loss=find_metric(metric, kind).loss,
        labels=labels,
        scheme=scheme,
        time_column=settings.time,
        group_column=settings.group,
        reason=reason,
        label_types=_label_types(column),
    )


def _parse_task_kind(task: str | None) -> TaskKind | None:
    if task is None:
        return None
    if task not in set(TaskKind):
        raise SettingsError(f"there is no task {task!r}", hint=f"use one of {', '.join(TaskKind)}")
    return TaskKind(task)


def _label_types(column: Column) -> str:
    if column.raw:
        return column.raw
    if column.kind is Kind.BOOLEAN and column.categories != ("0", "1"):
        return "bool" if column.native else "str"
    if column.kind in (Kind.INTEGER, Kind.BOOLEAN):
        return "int"
    return "float" if column.kind is Kind.NUMBER else "str"


def _label_counts(values: pd.Series, column: Column) -> dict[str, int]:
    """Return rows a class, near-equal spellings joined."""
    spelled = label_texts(values, column).value_counts(sort=False)
    counts = {str(label): int(n) for label, n in spelled.items()}
    joined: dict[str, int] = {}
    for spelling, label in merged_labels(counts).items():
        joined[label] = joined.get(label, 0) + counts[spelling]
    return joined


def _check_numbers(values: pd.Series, column: Column) -> None:
    if column.kind is Kind.CONSTANT:
        raise TargetError(
            f"the target {column.name!r} is constant: every row is {values.dropna().iloc[0]!r}",
            hint="choose another target",
        )
    if not column.kind.numeric:
        raise TargetError(
            f"the target {column.name!r} is {column.kind.noun}, and only numbers can be estimated",
            hint=f"leave --task regression out{_as_numbers(values, column, ', or say that these are numbers: ')}",
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


def _as_numbers(values: pd.Series, column: Column, words: str) -> str:
    """Return the option that has a target read as numbers, behind some words; empty where its values are none."""
    numbers = pd.to_numeric(values.dropna(), errors="coerce").notna().all()
    return f"{words}{kind_option(column.name, Kind.NUMBER)}" if numbers else ""


def _kind(values: pd.Series, column: Column) -> tuple[TaskKind, str]:
    """Decide between classes (reported as multiclass; two are binary) and a value, with the reason."""
    if column.kind is Kind.DATETIME:
        raise TargetError(f"the target {column.name!r} is a date", hint="predict a number of days instead")
    if column.kind is Kind.BOOLEAN:
        return TaskKind.BINARY, "The target is yes or no"
    if not column.kind.numeric:
        return TaskKind.MULTICLASS, "The target holds categories"
    numbers, counts = np.unique(values.dropna().to_numpy(np.float64), return_counts=True)
    if len(numbers) == 2:
        return TaskKind.BINARY, "The target has two values"
    if len(numbers) < 2:
        return TaskKind.REGRESSION, "The target is a number"
    return _numbers(numbers, counts, column)


def _numbers(numbers: NDArray[np.float64], counts: NDArray[np.int64], column: Column) -> tuple[TaskKind, str]:
    many = len(numbers)
    if not bool((numbers == np.floor(numbers)).all()):
        return TaskKind.REGRESSION, f"The target has fractions ({many} values)"
    low, high = float(numbers[0]), float(numbers[-1])
    named = is_class_code(column.name)
    if many > _MANY_VALUES:
        gapless = high - low + 1 == many and low in (0.0, 1.0)
        even = counts.max() <= 3 * counts.min() and counts.min() >= 10
        if named and gapless and even and many <= _MANY_CODES:
            return TaskKind.MULTICLASS, f"{many} codes without gaps, about equally frequent, in a column named so"
        return TaskKind.REGRESSION, f"The target has {many} different whole numbers"
    if not named and counts.sum() < 5 * many:
        return TaskKind.REGRESSION, f"{many} whole numbers in only {counts.sum()} rows"
    if not named and high - low > 10 * many:
        return TaskKind.REGRESSION, f"{many} whole numbers, scattered from {low:g} to {high:g}"
    # Events that happen at random leave such frequencies; codes of classes hardly ever do.
    if not named and low == 0 and bool((counts[1:] * 2 <= counts[:-1]).all()):
        return TaskKind.REGRESSION, "whole numbers from 0, each at most half as frequent as the one before: counts"
    return TaskKind.MULTICLASS, f"The target has {many} different whole numbers"
