"""Frame the task: what kind of prediction the target asks for, decided from its values."""

from __future__ import annotations

from journeyman.entities.table import Table
from journeyman.entities.task import Task
from journeyman.settings import BuildSettings
from journeyman.tasks import find_task_type
from journeyman.tasks.framing import refuse_missing
from journeyman.tasks.guess import guess_kind

__all__ = ["frame_task"]


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
    if settings.task is not None:
        return find_task_type(settings.task).frame(table, settings, "the settings say so")
    column, values = table.column(settings.target_column), table.frame[settings.target_column]
    refuse_missing(column, values)
    kind, reason = guess_kind(values, column)
    return find_task_type(kind).frame(table, settings, reason)
